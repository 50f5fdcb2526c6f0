//! Composite literals.
//!
//! A literal is built in fresh registers or a fresh object and given to its destination when it is
//! complete: a panic half-way leaves the destination as it was.

use golite_bytecode::Reg;
use golite_syntax::ast::{CompositeLit, Expr, ExprKind};
use golite_types::{Const, Type, TypeId};

use crate::func::FuncCompiler;
use crate::lower::{Form, Shape};

impl FuncCompiler<'_> {
    /// The value of a literal of type `ty`.
    pub fn composite(&mut self, expr: &Expr, ty: TypeId, dst: Option<Reg>) -> Reg {
        let ExprKind::CompositeLit(lit) = &expr.kind else { return self.expr_dst(expr, dst) };
        let shape = self.shape(ty);
        let mark = self.f.asm.mark();
        let want = self.dst(dst, &shape);
        let after = self.f.asm.mark();
        match self.under(ty) {
            // An elided `&T` in a literal of pointers.
            Type::Pointer(elem) => {
                self.new_literal_object(expr, elem, Some(want));
            }
            Type::Slice(elem) => self.slice_literal(expr, lit, elem, want, dst.is_none()),
            Type::Map(key, value) => self.map_literal(expr, lit, (key, value), &shape, want),
            Type::Struct(_) | Type::Array(..) if shape.is_memory() => {
                let object = if dst.is_none() { want } else { self.f.asm.take(1) };
                self.f.asm.line().alloc(object, shape.ix);
                self.fill_memory(lit, ty, object, 0);
                self.mov(want, object, 1);
            }
            Type::Struct(_) | Type::Array(..) => {
                // Straight into fresh registers; else through temporaries.
                let to = if dst.is_some() { self.take(&shape) } else { want };
                self.fill_regs(lit, ty, to);
                self.mov(want, to, shape.slots);
            }
            _ => self.c.fail("a composite literal of a type that has none".into()),
        }
        self.f.asm.reset(if dst.is_some() { mark } else { after });
        want
    }

    /// `&T{...}`: a fresh object.
    pub fn new_literal_object(&mut self, expr: &Expr, ty: TypeId, dst: Option<Reg>) -> Reg {
        let ExprKind::CompositeLit(lit) = &expr.kind else { return Reg(0) };
        let shape = self.shape(ty);
        let mark = self.f.asm.mark();
        let want = self.dst(dst, &Shape::pointer());
        let after = self.f.asm.mark();
        self.at_expr(expr);
        match self.under(ty) {
            Type::Struct(_)
                if !shape.is_memory() && shape.form != Form::Empty && !lit.elements.is_empty() =>
            {
                // The parts first, then the object and its stores together: no barrier.
                let parts = self.take(&shape);
                self.fill_regs(lit, ty, parts);
                // The parts have been read: the destination may hold the object at once.
                self.at_expr(expr);
                self.f.asm.line().alloc(want, shape.ix);
                self.init_leaves(want, parts, ty, 0);
            }
            Type::Struct(_) | Type::Array(..) => {
                let object = if dst.is_none() { want } else { self.f.asm.take(1) };
                self.f.asm.line().alloc(object, shape.ix);
                self.fill_memory(lit, ty, object, 0);
                self.mov(want, object, 1);
            }
            _ => {
                let value = self.composite(expr, ty, None);
                let object = self.f.asm.take(1);
                self.f.asm.line().alloc(object, shape.ix);
                self.store(object, 0, value, &shape, true);
                self.f.asm.line().mov(want, object);
            }
        }
        self.f.asm.reset(if dst.is_some() { mark } else { after });
        want
    }

    /// Stores the fields of a value in registers into a fresh object, with the plain stores.
    fn init_leaves(&mut self, object: Reg, src: Reg, ty: TypeId, offset: u32) {
        let shape = self.shape(ty);
        if shape.form != Form::Many {
            if shape.form != Form::Empty {
                self.store(object, offset, src, &shape, true);
            }
            return;
        }
        match self.under(ty) {
            Type::Struct(fields) => {
                let offsets = self.c.checker.types.field_offsets(ty);
                let mut reg = src;
                for (field, at) in fields.iter().zip(offsets.iter()) {
                    self.init_leaves(object, reg, field.ty, offset + *at as u32);
                    reg = reg.plus(self.shape(field.ty).slots);
                }
            }
            Type::Array(_, elem) => self.init_leaves(object, src, elem, offset),
            _ => self.store(object, offset, src, &shape, true),
        }
    }

    /// The fields of a struct literal: index and value.
    fn struct_elements<'e>(&mut self, lit: &'e CompositeLit, ty: TypeId) -> Vec<(Vec<usize>, &'e Expr)> {
        let Type::Struct(fields) = self.under(ty) else { return Vec::new() };
        let mut out = Vec::with_capacity(lit.elements.len());
        for (i, element) in lit.elements.iter().enumerate() {
            match &element.kind {
                ExprKind::KeyValue(key, value) => {
                    if let Some(path) = self.c.checker.info.selections.get(&key.id) {
                        out.push((path.path.clone(), &**value));
                        continue;
                    }
                    let name = key.as_ident().map(|ident| ident.name);
                    let index = fields.iter().position(|field| Some(field.name) == name);
                    match index {
                        Some(index) => out.push((vec![index], &**value)),
                        None => self.c.fail("an unknown field in a literal".into()),
                    }
                }
                _ => out.push((vec![i], element)),
            }
        }
        out
    }

    /// A struct, or an array of at most one element, into registers.
    fn fill_regs(&mut self, lit: &CompositeLit, ty: TypeId, to: Reg) {
        match self.under(ty) {
            Type::Struct(fields) => {
                let elements = self.struct_elements(lit, ty);
                // Fields without element, and outer fields of promoted ones, are zero first.
                for i in 0..fields.len() {
                    let whole = elements.iter().any(|(path, _)| path.len() == 1 && path[0] == i);
                    if !whole {
                        let (place, field_ty) = self.field(crate::place::Place::Regs(to), ty, i);
                        let shape = self.shape(field_ty);
                        if let crate::place::Place::Regs(reg) = place {
                            self.zero(reg, &shape);
                        }
                    }
                }
                let operands: Vec<&Expr> = elements.iter().map(|(_, value)| *value).collect();
                self.hoist_calls(&operands);
                let mut calls = Vec::with_capacity(elements.len());
                for (path, value) in &elements {
                    let ty = if path.len() == 1 { fields[path[0]].ty } else { self.ty(value) };
                    calls.push(self.is_ordered_as(value, ty));
                }
                let any_call = calls.contains(&true);
                for pass in [true, false] {
                    for (i, (path, value)) in elements.iter().enumerate() {
                        if any_call && calls[i] != pass || !any_call && pass {
                            continue;
                        }
                        let mut place = crate::place::Place::Regs(to);
                        let mut field_ty = ty;
                        for field in path {
                            (place, field_ty) = self.field(place, field_ty, *field);
                        }
                        match place {
                            crate::place::Place::Regs(reg) => self.element_to(value, field_ty, reg),
                            place => {
                                // A promoted field behind a value in memory.
                                let mark = self.f.asm.mark();
                                let shape = self.shape(field_ty);
                                let reg = self.element(value, field_ty);
                                self.store_place(place, reg, &shape);
                                self.f.asm.reset(mark);
                            }
                        }
                    }
                }
            }
            Type::Array(len, elem) => {
                let shape = self.shape(elem);
                match lit.elements.first() {
                    Some(element) if len > 0 => {
                        let value = match &element.kind {
                            ExprKind::KeyValue(_, value) => value,
                            _ => element,
                        };
                        self.element_to(value, elem, to);
                    }
                    _ if len > 0 => self.zero(to, &shape),
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// A struct or array into a fresh (zeroed) object.
    fn fill_memory(&mut self, lit: &CompositeLit, ty: TypeId, object: Reg, offset: u32) {
        match self.under(ty) {
            Type::Struct(fields) => {
                let elements = self.struct_elements(lit, ty);
                let field = |path: &[usize]| match path {
                    [index] => fields.get(*index).map(|field| field.ty),
                    _ => None,
                };
                for (path, value) in self.in_order(elements, |(path, value)| (value, field(path))) {
                    let mark = self.f.asm.mark();
                    let mut field_ty = ty;
                    let mut at = offset;
                    for index in path {
                        let Type::Struct(fields) = self.under(field_ty) else { return };
                        at += self.c.checker.types.field_offsets(field_ty)[index] as u32;
                        field_ty = fields[index].ty;
                    }
                    self.fill_element(value, field_ty, object, at);
                    self.f.asm.reset(mark);
                }
            }
            Type::Array(_, elem) => {
                let size = self.shape(elem).size as u32;
                self.fill_elements(lit, elem, object, offset, size);
            }
            _ => {}
        }
    }

    /// The elements of an array or slice into memory.
    fn fill_elements(&mut self, lit: &CompositeLit, elem: TypeId, object: Reg, offset: u32, size: u32) {
        let mut index = 0u64;
        let mut elements = Vec::with_capacity(lit.elements.len());
        for element in &lit.elements {
            let value = self.keyed(element, &mut index);
            elements.push((offset + index as u32 * size, value));
            index += 1;
        }
        for (offset, value) in self.in_order(elements, |(_, value)| (value, Some(elem))) {
            let mark = self.f.asm.mark();
            self.fill_element(value, elem, object, offset);
            self.f.asm.reset(mark);
        }
    }

    /// Elements in the order in which they are evaluated: those with calls come first. `value` gives the
    /// expression, and the type that it becomes if that may be another.
    fn in_order<'e, T>(
        &mut self,
        elements: Vec<T>,
        value: impl Fn(&T) -> (&'e Expr, Option<TypeId>),
    ) -> Vec<T> {
        let operands: Vec<&Expr> = elements.iter().map(|element| value(element).0).collect();
        self.hoist_calls(&operands);
        let (mut first, mut rest) = (Vec::with_capacity(elements.len()), Vec::new());
        for element in elements {
            let ordered = match value(&element) {
                (value, Some(ty)) => self.is_ordered_as(value, ty),
                (value, None) => self.is_ordered(value),
            };
            let list = if ordered { &mut first } else { &mut rest };
            list.push(element);
        }
        first.append(&mut rest);
        first
    }

    /// One element into memory: literals inside are built in place.
    fn fill_element(&mut self, value: &Expr, ty: TypeId, object: Reg, offset: u32) {
        let shape = self.shape(ty);
        if shape.is_memory()
            && let ExprKind::CompositeLit(inner) = &value.unparen().kind
        {
            return self.fill_memory(inner, ty, object, offset);
        }
        // Zeros are there already.
        if self.is_zero_const(value) && !self.needs_conversion(value, ty) {
            return;
        }
        let elided = matches!(&value.kind, ExprKind::CompositeLit(lit) if lit.ty.is_none());
        let reg = if elided { self.element(value, ty) } else { self.borrow_as(value, ty) };
        if shape.form != Form::Empty {
            self.store(object, offset, reg, &shape, false);
        }
    }

    fn is_zero_const(&self, value: &Expr) -> bool {
        match self.c.checker.info.value(value.id) {
            Some(Const::Bool(value)) => !value,
            Some(Const::Str(bytes)) => bytes.is_empty(),
            Some(value @ Const::Int(_)) => value.is_zero(),
            _ => self.is_nil(value),
        }
    }

    /// The value of an element at its index; the index moves on with a key.
    fn keyed<'e>(&mut self, element: &'e Expr, index: &mut u64) -> &'e Expr {
        match &element.kind {
            ExprKind::KeyValue(key, value) => {
                if let Some(key) = self.const_value(key).and_then(|key| key.as_i64()) {
                    *index = key as u64;
                }
                value
            }
            _ => element,
        }
    }

    /// An element's value: literals inside may leave out their type.
    pub fn element(&mut self, value: &Expr, ty: TypeId) -> Reg {
        let shape = self.shape(ty);
        let reg = self.take(&shape);
        self.element_to(value, ty, reg);
        reg
    }

    fn element_to(&mut self, value: &Expr, ty: TypeId, to: Reg) {
        match &value.kind {
            ExprKind::CompositeLit(lit) if lit.ty.is_none() => {
                self.composite(value, ty, Some(to));
            }
            _ => self.expr_as_to(value, ty, to),
        }
    }

    fn slice_literal(&mut self, expr: &Expr, lit: &CompositeLit, elem: TypeId, want: Reg, fresh: bool) {
        let shape = self.shape(elem);
        let mut len = 0u64;
        let mut index = 0u64;
        for element in &lit.elements {
            self.keyed(element, &mut index);
            index += 1;
            len = len.max(index);
        }
        let slice = if fresh { want } else { self.f.asm.take(3) };
        let length = self.f.asm.take(1);
        self.const_int(length, len as i64);
        self.at_expr(expr);
        self.f.asm.line().make_slice(slice, length, Reg::NONE, shape.ix);
        self.fill_elements(lit, elem, slice, 0, shape.size as u32);
        self.mov(want, slice, 3);
    }

    fn map_literal(
        &mut self,
        expr: &Expr,
        lit: &CompositeLit,
        (key_ty, value_ty): (TypeId, TypeId),
        shape: &Shape,
        want: Reg,
    ) {
        let map = self.f.asm.take(1);
        let hint = self.f.asm.take(1);
        self.const_int(hint, lit.elements.len() as i64);
        self.at_expr(expr);
        self.f.asm.line().make_map(map, hint, shape.ix);
        let value_shape = self.shape(value_ty);
        for element in &lit.elements {
            let ExprKind::KeyValue(key, value) = &element.kind else { continue };
            let mark = self.f.asm.mark();
            self.hoist_calls(&[key, value]);
            let (key, value) = if self.calls_first(&[key, value]) {
                let value = self.element(value, value_ty);
                (self.element(key, key_ty), value)
            } else {
                let key = self.element(key, key_ty);
                (key, self.element(value, value_ty))
            };
            let addr = self.f.asm.take(1);
            self.at(element.span);
            self.f.asm.line().map_set(addr, map, key, shape.ix);
            if value_shape.form != Form::Empty {
                self.store(addr, 0, value, &value_shape, false);
            }
            self.f.asm.reset(mark);
        }
        self.f.asm.line().mov(want, map);
    }
}
