//! Places: where a value is, before it is read, written, or its address taken.
//!
//! A place holds registers only; nothing is checked until it is used, so the order of panics is
//! that of the accesses.

use golite_bytecode::{GlobalIx, LeafKind, Reg};
use golite_syntax::ast::{Expr, ExprKind, Ident};
use golite_types::{Mode, Selection, SelectionKind, Type, TypeId};

use crate::arith::Num;
use crate::asm::Mark;
use crate::func::{FuncCompiler, Home};
use crate::lower::{Form, Shape};

/// Where a value is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// In registers.
    Regs(Reg),
    /// In captured words, read only.
    Captured(u16),
    /// A package-level variable as a whole.
    Global(GlobalIx),
    /// At an address.
    Mem { ptr: Reg, offset: u32 },
    /// Inside an element of a slice (or string).
    Elem { view: Reg, idx: Reg, size: u32, offset: u32 },
    /// Inside an element of an array in memory.
    Array { ptr: Reg, idx: Reg, len: u32, size: u32, offset: u32 },
    /// An element of a map.
    Map { map: Reg, key: Reg, ty: TypeId },
}

impl FuncCompiler<'_> {
    /// The place of an expression; of a plain value, the registers it is put into.
    pub fn place(&mut self, expr: &Expr) -> Place {
        let expr = expr.unparen();
        match &expr.kind {
            ExprKind::Ident(_) => {
                if let Some(obj) = self.variable(expr) {
                    return self.home_place(obj);
                }
            }
            ExprKind::Selector(base, name) => {
                if let Some(obj) = self.qualified_var(name) {
                    return self.home_place(obj);
                }
                if let Some(selection) = self.field_selection(expr) {
                    let (place, ty) = self.value_place(base);
                    return self.field_path(place, ty, &selection.path, expr.span).0;
                }
            }
            ExprKind::Star(base) if self.c.checker.info.fact(expr.id).mode != Mode::Type => {
                let ptr = self.expr(base);
                self.at_expr(expr);
                return Place::Mem { ptr, offset: 0 };
            }
            ExprKind::Index(base, index) if index.len() == 1 => {
                if let Some(place) = self.index_place(expr, base, &index[0]) {
                    return place;
                }
            }
            _ => {}
        }
        let shape = self.shape_of(expr);
        let reg = self.expr(expr);
        if shape.is_memory() { Place::Mem { ptr: reg, offset: 0 } } else { Place::Regs(reg) }
    }

    /// The variable that an identifier names.
    pub fn variable(&mut self, expr: &Expr) -> Option<golite_types::ObjId> {
        let obj = self.c.checker.info.object(expr.id)?;
        if self.f.const_params.contains_key(&obj) {
            return None;
        }
        matches!(self.c.checker.object(obj).kind, golite_types::ObjKind::Var(_)).then_some(obj)
    }

    /// The variable of another package that `pkg.Name` names.
    pub fn qualified_var(&mut self, name: &Ident) -> Option<golite_types::ObjId> {
        let obj = self.c.checker.info.object(name.id)?;
        self.c.is_global(obj).then_some(obj)
    }

    /// The selection when it is one of a field.
    pub fn field_selection(&self, expr: &Expr) -> Option<Selection> {
        let selection = self.c.checker.info.selections.get(&expr.id)?;
        (selection.kind == SelectionKind::Field).then(|| selection.clone())
    }

    pub fn home_place(&mut self, obj: golite_types::ObjId) -> Place {
        let home = self.home(obj);
        self.place_of_home(home)
    }

    pub fn place_of_home(&mut self, home: Home) -> Place {
        match home {
            Home::Regs(reg) => Place::Regs(reg),
            Home::Captured(first) => Place::Captured(first),
            Home::Global(global) => Place::Global(global),
            Home::Box(_) | Home::CapturedBox(_) => {
                let ptr = self.home_addr(home).expect("a box has an address");
                Place::Mem { ptr, offset: 0 }
            }
        }
    }

    /// The place of an expression and its type.
    pub fn value_place(&mut self, expr: &Expr) -> (Place, TypeId) {
        let ty = self.ty(expr);
        (self.place(expr), ty)
    }

    /// Follows fields, through embedded pointers too.
    pub fn field_path(
        &mut self,
        mut place: Place,
        mut ty: TypeId,
        path: &[usize],
        span: golite_source::Span,
    ) -> (Place, TypeId) {
        for field in path {
            if let Type::Pointer(elem) = self.under(ty) {
                let shape = self.shape(ty);
                let ptr = self.load_place(place, &shape, None);
                self.at(span);
                place = Place::Mem { ptr, offset: 0 };
                ty = elem;
            }
            (place, ty) = self.field(place, ty, *field);
        }
        (place, ty)
    }

    /// A field of a struct at a place.
    pub fn field(&mut self, place: Place, ty: TypeId, index: usize) -> (Place, TypeId) {
        let Type::Struct(fields) = self.under(ty) else {
            self.c.fail("a field of something that is no struct".into());
            return (place, ty);
        };
        let field_ty = fields[index].ty;
        let offset = self.c.checker.types.field_offsets(ty)[index] as u32;
        let place = match place {
            Place::Regs(_) | Place::Captured(_) => {
                let shape = self.shape(ty);
                let slot = shape.leaves.iter().take_while(|leaf| leaf.offset < offset).count() as u16;
                match place {
                    Place::Regs(reg) => Place::Regs(reg.plus(slot)),
                    Place::Captured(first) => Place::Captured(first + slot),
                    other => other,
                }
            }
            Place::Global(global) => Place::Mem { ptr: self.global_address(global), offset },
            Place::Mem { ptr, offset: at } => Place::Mem { ptr, offset: at + offset },
            Place::Elem { view, idx, size, offset: at } => {
                Place::Elem { view, idx, size, offset: at + offset }
            }
            Place::Array { ptr, idx, len, size, offset: at } => {
                Place::Array { ptr, idx, len, size, offset: at + offset }
            }
            Place::Map { .. } => {
                let shape = self.shape(ty);
                let reg = self.load_place(place, &shape, None);
                let inside =
                    if shape.is_memory() { Place::Mem { ptr: reg, offset: 0 } } else { Place::Regs(reg) };
                return self.field(inside, ty, index);
            }
        };
        (place, field_ty)
    }

    /// The key of an entry, which is only read or may be written too.
    fn map_key(&mut self, index: &Expr, key: TypeId, read: bool) -> Reg {
        match self.bytes_of_string(index).filter(|_| read && !self.needs_conversion(index, key)) {
            Some(bytes) => self.expr(bytes),
            None => self.expr_as(index, key),
        }
    }

    /// The place of `base[index]`, if it is not an instantiation.
    fn index_place(&mut self, expr: &Expr, base: &Expr, index: &Expr) -> Option<Place> {
        let base_ty = self.ty(base);
        if matches!(self.c.checker.info.fact(base.id).mode, Mode::Type | Mode::Builtin(_)) {
            return None;
        }
        let which = u8::from(self.is_unsigned_bound(index));
        self.f.asm.note_unsigned(expr.span, which);
        match self.under(base_ty) {
            Type::Map(key, _) => {
                let read = self.f.read_entry.take() == Some(expr.id);
                let order = self.calls_first(&[base, index]);
                let (map, key) = if order {
                    let key = self.map_key(index, key, read);
                    (self.expr(base), key)
                } else {
                    let map = self.expr(base);
                    (map, self.map_key(index, key, read))
                };
                self.at_expr(expr);
                Some(Place::Map { map, key, ty: base_ty })
            }
            Type::Slice(elem) => {
                let size = self.shape(elem).size as u32;
                let (view, idx) = self.view_and_index(base, index);
                self.at_expr(expr);
                Some(Place::Elem { view, idx, size, offset: 0 })
            }
            Type::Basic(_) => {
                let (view, idx) = self.view_and_index(base, index);
                self.at_expr(expr);
                Some(Place::Elem { view, idx, size: 1, offset: 0 })
            }
            Type::Pointer(array) => {
                let Type::Array(len, elem) = self.under(array) else { return None };
                let size = self.shape(elem).size as u32;
                let (ptr, idx) = self.view_and_index(base, index);
                self.at_expr(expr);
                Some(Place::Array { ptr, idx, len: len as u32, size, offset: 0 })
            }
            Type::Array(len, elem) => {
                let size = self.shape(elem).size as u32;
                // A constant index of an array in memory is a field of it.
                let known = self.c.checker.info.value(index.id).and_then(golite_types::Const::as_i64);
                if self.calls_first(&[base, index]) {
                    let idx = self.expr(index);
                    let place = self.place(base);
                    return Some(self.array_elem(place, base_ty, idx, len as u32, size));
                }
                let place = self.place(base);
                if let (Some(known), Place::Mem { ptr, offset }) = (known, place) {
                    return Some(Place::Mem { ptr, offset: offset + known as u32 * size });
                }
                if known.is_some() && matches!(place, Place::Regs(_) | Place::Captured(_)) {
                    return Some(place);
                }
                let idx = self.expr(index);
                self.at_expr(expr);
                Some(self.array_elem(place, base_ty, idx, len as u32, size))
            }
            _ => None,
        }
    }

    /// Whether a bound is a value of an unsigned type of 64 bits: a message shows it as it is.
    pub fn is_unsigned_bound(&mut self, bound: &Expr) -> bool {
        if self.const_value(bound).is_some() {
            return false;
        }
        let ty = self.ty(bound);
        self.c.num(ty) == Some(Num::U64)
    }

    fn array_elem(&mut self, place: Place, ty: TypeId, idx: Reg, len: u32, size: u32) -> Place {
        match place {
            Place::Regs(_) | Place::Captured(_) => {
                // At most one element: the index is 0 or wrong.
                let limit = self.f.asm.take(1);
                self.const_int(limit, i64::from(len));
                self.f.asm.line().check_index(idx, limit);
                match self.under(ty) {
                    // The check fails; what follows it still needs an element.
                    Type::Array(_, elem) if len == 0 => {
                        let shape = self.shape(elem);
                        let reg = self.f.asm.take(shape.slots);
                        self.zero(reg, &shape);
                        if shape.is_memory() { Place::Mem { ptr: reg, offset: 0 } } else { Place::Regs(reg) }
                    }
                    _ => place,
                }
            }
            Place::Mem { .. } | Place::Global(_) | Place::Elem { .. } | Place::Array { .. } => {
                let ptr = self.place_addr(place);
                Place::Array { ptr, idx, len, size, offset: 0 }
            }
            Place::Map { .. } => {
                let shape = self.shape(ty);
                let reg = self.load_place(place, &shape, None);
                if shape.is_memory() {
                    Place::Array { ptr: reg, idx, len, size, offset: 0 }
                } else {
                    self.array_elem(Place::Regs(reg), ty, idx, len, size)
                }
            }
        }
    }

    /// A slice, string or pointer and an index, evaluated in Go's order.
    fn view_and_index(&mut self, base: &Expr, index: &Expr) -> (Reg, Reg) {
        if self.calls_first(&[base, index]) {
            let idx = self.expr(index);
            return (self.expr(base), idx);
        }
        if matches!(base.unparen().kind, ExprKind::Index(..)) && self.pure_reads(index, &mut Vec::new()) {
            let base_ty = self.ty(base);
            let shape = self.shape(base_ty);
            if shape.form == Form::Slice {
                // The row last: it is nobody else's, and may be one instruction with the access to its element.
                let place = self.place(base);
                let idx = self.expr(index);
                self.at_expr(base);
                let view = self.load_place(place, &shape, None);
                self.f.asm.note_temporary();
                return (view, idx);
            }
        }
        let view = self.expr(base);
        (view, self.expr(index))
    }

    /// The address of a place in memory.
    pub fn place_addr(&mut self, place: Place) -> Reg {
        match place {
            Place::Mem { ptr, offset: 0 } => ptr,
            Place::Mem { ptr, offset } => {
                let dst = self.f.asm.take(1);
                self.f.asm.line().field_addr(dst, ptr, offset);
                dst
            }
            Place::Global(global) => self.global_address(global),
            Place::Elem { view, idx, size, offset } => {
                let dst = self.f.asm.take(1);
                self.f.asm.line().index_addr(dst, view, idx, size);
                if offset != 0 {
                    self.f.asm.line().field_addr(dst, dst, offset);
                }
                dst
            }
            Place::Array { ptr, idx, len, size, offset } => {
                let dst = self.f.asm.take(1);
                self.f.asm.line().array_addr(dst, ptr, idx, len, size);
                if offset != 0 {
                    self.f.asm.line().field_addr(dst, dst, offset);
                }
                dst
            }
            Place::Regs(_) | Place::Captured(_) | Place::Map { .. } => {
                self.c.fail("the address of something that has none".into());
                Reg(0)
            }
        }
    }

    /// Reads a place; a value in memory is copied. Registers are used where they are when no
    /// destination is asked for.
    pub fn load_place(&mut self, place: Place, shape: &Shape, dst: Option<Reg>) -> Reg {
        match place {
            Place::Regs(reg) => match dst {
                Some(dst) => {
                    self.mov(dst, reg, shape.slots);
                    dst
                }
                None => reg,
            },
            Place::Captured(first) => {
                let dst = self.dst(dst, shape);
                self.load_captured(first, dst, shape);
                dst
            }
            Place::Global(global) => {
                let dst = self.dst(dst, shape);
                self.load_global(dst, global, shape);
                dst
            }
            Place::Mem { ptr, offset } => {
                let dst = self.dst(dst, shape);
                self.load(dst, ptr, offset, shape);
                dst
            }
            Place::Elem { view, idx, size, offset } => {
                let dst = self.dst(dst, shape);
                let mark = self.f.asm.mark();
                self.load_elem(dst, view, idx, size, offset, shape);
                self.f.asm.reset(mark);
                dst
            }
            Place::Array { ptr, idx, len, size, offset } => {
                let dst = self.dst(dst, shape);
                let mark = self.f.asm.mark();
                let whole = offset == 0 && shape.first_offset() == 0 && u64::from(size) == shape.size;
                if !whole || !self.load_array(dst, ptr, idx, len, shape) {
                    let addr = self.f.asm.take(1);
                    self.f.asm.line().array_addr(addr, ptr, idx, len, size);
                    self.load(dst, addr, offset, shape);
                }
                self.f.asm.reset(mark);
                dst
            }
            Place::Map { map, key, ty } => {
                let dst = self.dst(dst, shape);
                let mark = self.f.asm.mark();
                let map_ix = self.c.type_ix(ty);
                let addr = self.f.asm.take(1);
                self.f.asm.line().map_get(addr, map, key, map_ix);
                self.load(dst, addr, 0, shape);
                self.f.asm.reset(mark);
                dst
            }
        }
    }

    /// Values in memory may be used where they are, for as long as nothing is written: the address.
    /// Other values are read.
    pub fn borrow_place(&mut self, place: Place, shape: &Shape) -> Reg {
        match place {
            Place::Mem { .. } | Place::Global(_) | Place::Elem { .. } | Place::Array { .. }
                if shape.is_memory() =>
            {
                self.place_addr(place)
            }
            Place::Map { map, key, ty } if shape.is_memory() => {
                let addr = self.f.asm.take(1);
                let map_ix = self.c.type_ix(ty);
                self.f.asm.line().map_get(addr, map, key, map_ix);
                addr
            }
            _ => self.load_place(place, shape, None),
        }
    }

    fn load_elem(&mut self, dst: Reg, view: Reg, idx: Reg, size: u32, offset: u32, shape: &Shape) {
        let at = offset + shape.first_offset();
        let whole = at == 0 && u64::from(size) == shape.size;
        if whole
            && let Form::Num(kind @ (LeafKind::U8 | LeafKind::W64)) = shape.form
            && let Some(row) = self.f.asm.take_back_row(view)
        {
            let b = self.f.asm.line();
            match kind {
                LeafKind::U8 => b.index_row_u8(dst, row.reg(0), row.reg(1), idx),
                _ => b.index_row_64(dst, row.reg(0), row.reg(1), idx),
            };
            return self.f.asm.note_taken(&row);
        }
        let b = self.f.asm.line();
        if whole {
            match shape.form {
                Form::Num(LeafKind::I8) => {
                    b.index_i8(dst, view, idx);
                    return;
                }
                Form::Num(LeafKind::I16) => {
                    b.index_i16(dst, view, idx);
                    return;
                }
                Form::Num(LeafKind::I32) => {
                    b.index_i32(dst, view, idx);
                    return;
                }
                Form::Num(LeafKind::U8) => {
                    b.index_u8(dst, view, idx);
                    return;
                }
                Form::Num(LeafKind::U16) => {
                    b.index_u16(dst, view, idx);
                    return;
                }
                Form::Num(LeafKind::U32) => {
                    b.index_u32(dst, view, idx);
                    return;
                }
                Form::Num(_) => {
                    b.index_64(dst, view, idx);
                    return;
                }
                Form::Ptr => {
                    b.index_ptr(dst, view, idx);
                    return;
                }
                Form::Str => {
                    b.index_str(dst, view, idx);
                    return;
                }
                Form::Slice => {
                    b.index_slice(dst, view, idx);
                    return;
                }
                Form::Iface => {
                    b.index_iface(dst, view, idx);
                    return;
                }
                Form::Empty | Form::Many | Form::Memory => {}
            }
        } else if let Ok(at) = u16::try_from(at) {
            match shape.form {
                Form::Num(LeafKind::I32) => {
                    b.index_field_i32(dst, view, idx, at, size);
                    return;
                }
                Form::Num(LeafKind::U8) => {
                    b.index_field_u8(dst, view, idx, at, size);
                    return;
                }
                Form::Num(LeafKind::U32) => {
                    b.index_field_u32(dst, view, idx, at, size);
                    return;
                }
                Form::Num(LeafKind::W64) => {
                    b.index_field_64(dst, view, idx, at, size);
                    return;
                }
                Form::Ptr => {
                    b.index_field_ptr(dst, view, idx, at, size);
                    return;
                }
                Form::Str => {
                    b.index_field_str(dst, view, idx, at, size);
                    return;
                }
                Form::Slice => {
                    b.index_field_slice(dst, view, idx, at, size);
                    return;
                }
                Form::Iface => {
                    b.index_field_iface(dst, view, idx, at, size);
                    return;
                }
                Form::Num(_) | Form::Empty | Form::Many | Form::Memory => {}
            }
        }
        let addr = self.f.asm.take(1);
        self.f.asm.line().index_addr(addr, view, idx, size);
        self.load(dst, addr, offset, shape);
    }

    fn load_array(&mut self, dst: Reg, ptr: Reg, idx: Reg, len: u32, shape: &Shape) -> bool {
        let b = self.f.asm.line();
        match (shape.form, shape.size) {
            (Form::Num(LeafKind::I32), 4) => b.array_i32(dst, ptr, idx, len),
            (Form::Num(LeafKind::U8), 1) => b.array_u8(dst, ptr, idx, len),
            (Form::Num(LeafKind::U32), 4) => b.array_u32(dst, ptr, idx, len),
            (Form::Num(LeafKind::W64), 8) => b.array_64(dst, ptr, idx, len),
            (Form::Ptr, 8) => b.array_ptr(dst, ptr, idx, len),
            (Form::Str, 16) => b.array_str(dst, ptr, idx, len),
            (Form::Iface, 16) => b.array_iface(dst, ptr, idx, len),
            _ => return false,
        };
        true
    }

    /// Writes a place.
    pub fn store_place(&mut self, place: Place, src: Reg, shape: &Shape) {
        let mark = self.f.asm.mark();
        match place {
            Place::Regs(reg) => self.mov(reg, src, shape.slots),
            Place::Captured(_) => self.c.fail("a variable captured by value is assigned".into()),
            Place::Global(global) => self.store_global(global, src, shape),
            Place::Mem { ptr, offset } => self.store(ptr, offset, src, shape, false),
            Place::Elem { view, idx, size, offset } => self.store_elem(view, idx, size, offset, src, shape),
            Place::Array { ptr, idx, len, size, offset } => {
                let whole = offset == 0 && shape.first_offset() == 0 && u64::from(size) == shape.size;
                if !whole || !self.store_array(ptr, idx, len, src, shape) {
                    let addr = self.f.asm.take(1);
                    self.f.asm.line().array_addr(addr, ptr, idx, len, size);
                    self.store(addr, offset, src, shape, false);
                }
            }
            Place::Map { map, key, ty } => {
                let map_ix = self.c.type_ix(ty);
                let addr = self.f.asm.take(1);
                self.f.asm.line().map_set(addr, map, key, map_ix);
                self.store(addr, 0, src, shape, false);
            }
        }
        self.f.asm.reset(mark);
    }

    fn store_elem(&mut self, view: Reg, idx: Reg, size: u32, offset: u32, src: Reg, shape: &Shape) {
        let at = offset + shape.first_offset();
        let whole = at == 0 && u64::from(size) == shape.size;
        if whole
            && let Form::Num(kind) = shape.form
            && matches!(kind.size(), 1 | 8)
            && let Some(row) = self.f.asm.take_back_row(view)
        {
            let b = self.f.asm.line();
            match kind.size() {
                1 => b.set_row_8(row.reg(0), row.reg(1), idx, src),
                _ => b.set_row_64(row.reg(0), row.reg(1), idx, src),
            };
            return self.f.asm.note_taken(&row);
        }
        let b = self.f.asm.line();
        if whole {
            match shape.form {
                Form::Num(kind) => {
                    match kind.size() {
                        1 => b.set_8(view, idx, src),
                        2 => b.set_16(view, idx, src),
                        4 => b.set_32(view, idx, src),
                        _ => b.set_64(view, idx, src),
                    };
                    return;
                }
                Form::Ptr => {
                    b.set_ptr(view, idx, src);
                    return;
                }
                Form::Str => {
                    b.set_str(view, idx, src);
                    return;
                }
                Form::Slice => {
                    b.set_slice(view, idx, src);
                    return;
                }
                Form::Iface => {
                    b.set_iface(view, idx, src);
                    return;
                }
                Form::Empty | Form::Many | Form::Memory => {}
            }
        } else if let Ok(at) = u16::try_from(at) {
            match shape.form {
                Form::Num(kind) if kind.size() == 1 => {
                    b.set_field_8(view, idx, src, at, size);
                    return;
                }
                Form::Num(kind) if kind.size() == 4 => {
                    b.set_field_32(view, idx, src, at, size);
                    return;
                }
                Form::Num(kind) if kind.size() == 8 => {
                    b.set_field_64(view, idx, src, at, size);
                    return;
                }
                Form::Ptr => {
                    b.set_field_ptr(view, idx, src, at, size);
                    return;
                }
                Form::Str => {
                    b.set_field_str(view, idx, src, at, size);
                    return;
                }
                Form::Slice => {
                    b.set_field_slice(view, idx, src, at, size);
                    return;
                }
                Form::Iface => {
                    b.set_field_iface(view, idx, src, at, size);
                    return;
                }
                Form::Num(_) | Form::Empty | Form::Many | Form::Memory => {}
            }
        }
        let addr = self.f.asm.take(1);
        self.f.asm.line().index_addr(addr, view, idx, size);
        self.store(addr, offset, src, shape, false);
    }

    fn store_array(&mut self, ptr: Reg, idx: Reg, len: u32, src: Reg, shape: &Shape) -> bool {
        let b = self.f.asm.line();
        match (shape.form, shape.size) {
            (Form::Num(_), 1) => b.array_set_8(ptr, idx, src, len),
            (Form::Num(_), 4) => b.array_set_32(ptr, idx, src, len),
            (Form::Num(_), 8) => b.array_set_64(ptr, idx, src, len),
            (Form::Ptr, 8) => b.array_set_ptr(ptr, idx, src, len),
            (Form::Str, 16) => b.array_set_str(ptr, idx, src, len),
            (Form::Iface, 16) => b.array_set_iface(ptr, idx, src, len),
            _ => return false,
        };
        true
    }

    /// Copies registers of a place that belong to variables, so that later assignments of the
    /// same statement do not change where it is. Registers above the mark are temporaries.
    pub fn freeze(&mut self, place: Place, mark: Mark) -> Place {
        match place {
            Place::Regs(_) | Place::Captured(_) | Place::Global(_) => place,
            Place::Mem { ptr, offset } => Place::Mem { ptr: self.own(ptr, 1, mark), offset },
            Place::Elem { view, idx, size, offset } => {
                Place::Elem { view: self.own(view, 2, mark), idx: self.own(idx, 1, mark), size, offset }
            }
            Place::Array { ptr, idx, len, size, offset } => {
                Place::Array { ptr: self.own(ptr, 1, mark), idx: self.own(idx, 1, mark), len, size, offset }
            }
            Place::Map { map, key, ty } => {
                let Type::Map(key_ty, _) = self.under(ty) else { return place };
                let slots = self.shape(key_ty).slots;
                Place::Map { map: self.own(map, 1, mark), key: self.own(key, slots, mark), ty }
            }
        }
    }

    fn own(&mut self, reg: Reg, slots: u16, mark: Mark) -> Reg {
        if self.f.asm.is_above(reg, mark) {
            return reg;
        }
        let copy = self.f.asm.take(slots);
        self.mov(copy, reg, slots);
        copy
    }

    /// `&x`: the address of a place, or of a fresh composite literal.
    pub fn address_of(&mut self, expr: &Expr, dst: Option<Reg>) -> Reg {
        let inner = expr.unparen();
        if matches!(inner.kind, ExprKind::CompositeLit(_)) {
            let ty = self.ty(inner);
            return self.new_literal_object(inner, ty, dst);
        }
        let mark = self.f.asm.mark();
        let want = self.dst(dst, &Shape::pointer());
        let after = self.f.asm.mark();
        let place = self.place(inner);
        self.at_expr(expr);
        match place {
            // Straight into the destination.
            Place::Mem { ptr, offset } if offset != 0 => {
                self.f.asm.line().field_addr(want, ptr, offset);
            }
            Place::Global(global) => {
                self.f.asm.line().global_addr(want, global);
            }
            Place::Elem { view, idx, size, offset: 0 } => {
                self.f.asm.line().index_addr(want, view, idx, size);
            }
            Place::Array { ptr, idx, len, size, offset: 0 } => {
                self.f.asm.line().array_addr(want, ptr, idx, len, size);
            }
            place => {
                let addr = self.place_addr(place);
                let variable = matches!(inner.kind, ExprKind::Ident(_));
                if matches!(place, Place::Mem { offset: 0, .. }) && !variable {
                    self.f.asm.line().nil_check(addr);
                }
                self.mov(want, addr, 1);
            }
        }
        self.f.asm.reset(if dst.is_some() { mark } else { after });
        want
    }
}

impl Shape {
    /// A single pointer, of no type in particular.
    pub(crate) fn pointer() -> Shape {
        Shape {
            ix: golite_bytecode::TypeIx(0),
            form: Form::Ptr,
            slots: 1,
            size: 8,
            leaves: std::sync::Arc::new([golite_bytecode::Leaf { offset: 0, kind: LeafKind::Ptr }]),
        }
    }
}
