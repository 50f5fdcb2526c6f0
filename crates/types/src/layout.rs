//! Sizes, alignments and offsets, as Go lays types out on amd64. Spec: Size and alignment guarantees.
//!
//! Sizes are kept for defined types, so that a type of many levels that each contain the next twice is
//! not measured level by level again and again.

use std::sync::Arc;

use golite_diag::{Code, Diagnostic, Severity};
use golite_source::{Span, sym};
use golite_syntax::ast::{Decl, Expr, ExprKind, File, Stmt, StmtKind};
use golite_syntax::walk::{At, Node};

use crate::check::Checker;
use crate::ty::{Basic, Type, TypeId, TypeTable};

/// Types of more bytes are refused, as by Go on this machine.
const MAX_TYPE_BYTES: i64 = (1 << 50) - 1;

/// The elements of channels are at most so large, as in Go.
const MAX_CHAN_ELEM_BYTES: i64 = (1 << 16) - 1;

/// The sizes of defined types, and whether one was met that is still being declared.
#[derive(Debug, Default)]
pub(crate) struct Sizes {
    known: rustc_hash::FxHashMap<TypeId, (i64, i64)>,
    incomplete: bool,
}

impl Sizes {
    /// Forgets the sizes of the last types: all but so many.
    pub(crate) fn forget_from(&mut self, count: usize) {
        self.known.retain(|id, _| (id.0 as usize) < count);
    }
}

impl TypeTable {
    /// Size and alignment in bytes. A size beyond what 64 bits hold is [`i64::MAX`].
    pub fn size_align(&mut self, id: TypeId) -> (i64, i64) {
        let Type::Named(named) = *self.get(id) else { return self.measure(id) };
        if let Some(known) = self.sizes.known.get(&id) {
            return *known;
        }
        let under = self.underlying(id);
        let incomplete = !self.named_info(named).resolved;
        let outer = std::mem::replace(&mut self.sizes.incomplete, incomplete);
        // A type that contains itself is an error of its own; it must only not be measured forever.
        self.sizes.known.insert(id, (8, 8));
        let measured = self.measure(under);
        if self.sizes.incomplete {
            self.sizes.known.remove(&id);
        } else {
            self.sizes.known.insert(id, measured);
        }
        self.sizes.incomplete |= outer;
        measured
    }

    /// Whether the size of a defined type has been asked for and found.
    pub(crate) fn has_size(&self, id: TypeId) -> bool {
        self.sizes.known.contains_key(&id)
    }

    fn measure(&mut self, id: TypeId) -> (i64, i64) {
        match self.get(id).clone() {
            Type::Basic(basic) => {
                let align = match basic {
                    Basic::Complex64 => 4,
                    _ => basic.size().min(8),
                };
                (basic.size(), align)
            }
            Type::Array(len, elem) => {
                let (size, align) = self.size_align(elem);
                (size.saturating_mul(len.max(0)), align)
            }
            Type::Struct(fields) => {
                let (mut offset, mut most) = (0i64, 1);
                let mut last = 1;
                for field in fields.iter() {
                    let (size, align) = self.size_align(field.ty);
                    offset = round_up(offset, align).saturating_add(size);
                    most = most.max(align);
                    last = size;
                }
                // A pointer to a last field of size zero must not point past the struct.
                if last == 0 && offset > 0 {
                    offset = offset.saturating_add(1);
                }
                (round_up(offset, most), most)
            }
            Type::Slice(_) => (24, 8),
            Type::Interface(_) => (16, 8),
            _ => (8, 8),
        }
    }

    /// Offsets of the fields of a struct.
    pub fn field_offsets(&mut self, id: TypeId) -> Arc<[i64]> {
        let Type::Struct(fields) = self.under(id) else { return Arc::new([]) };
        let mut offset = 0i64;
        fields
            .iter()
            .map(|field| {
                let (size, align) = self.size_align(field.ty);
                let at = round_up(offset, align);
                offset = at.saturating_add(size);
                at
            })
            .collect()
    }

    /// The part of a type that no address space holds: the type itself if none of its parts is one.
    pub fn too_large(&mut self, id: TypeId) -> Option<TypeId> {
        if self.size_align(id).0 <= MAX_TYPE_BYTES {
            return None;
        }
        let under = self.underlying(id);
        match self.get(under).clone() {
            Type::Array(_, elem) => self.too_large(elem),
            Type::Struct(fields) => fields.iter().find_map(|field| self.too_large(field.ty)),
            _ => None,
        }
        .or(Some(under))
    }
}

impl Checker {
    /// An array or struct must fit into memory.
    pub(crate) fn check_size(&mut self, ty: TypeId, span: Span) {
        let Some(part) = self.types.too_large(ty) else { return };
        if self.has_variable_size(ty, &mut Vec::new()) {
            return;
        }
        // A part that is written elsewhere is reported there; those of an instance are written nowhere.
        if self.types.is_instance(ty) || part == ty {
            let message = format!("type {} larger than address space", self.show(part));
            self.oversized.push(Diagnostic::error(Code::Limit, span, message));
        }
    }

    /// What goes through a channel is small.
    pub(crate) fn check_chan_elem(&mut self, elem: TypeId, span: Span) {
        let size = self.types.size_align(elem).0;
        // What is too large for anything is reported as that.
        let large = size > MAX_CHAN_ELEM_BYTES && size <= MAX_TYPE_BYTES;
        if large && !self.has_variable_size(elem, &mut Vec::new()) {
            let message = "channel element type too large (>64kB)";
            self.oversized.push(Diagnostic::error(Code::Limit, span, message));
        }
    }

    /// Reports what is too large. As in Go, that is looked at when nothing else is wrong, and told at the
    /// name that is declared.
    pub(crate) fn report_oversized(&mut self, files: &[File]) {
        let mut oversized = std::mem::take(&mut self.oversized);
        if self.session.errors.iter().all(|error| error.severity != Severity::Error) {
            for error in &mut oversized {
                if let Some(name) = At::new(files, error.span).and_then(|at| self.declared_name(&at)) {
                    error.at = name.start;
                }
            }
            self.session.errors.extend(oversized);
        }
    }

    /// The first name that the innermost declaration around a place declares: the type for a method.
    fn declared_name(&self, at: &At<'_>) -> Option<Span> {
        let in_body = at.function().is_some_and(|(_, body)| {
            at.path.iter().any(|node| match node {
                Node::Block(block) => block.span == body.span,
                _ => false,
            })
        });
        at.path.iter().rev().find_map(|node| match node {
            Node::Decl(Decl::Var(spec)) => spec.names.first().map(|name| name.span),
            Node::Decl(Decl::Const(spec)) => spec.names.first().map(|name| name.span),
            Node::Decl(Decl::Type(spec)) => Some(spec.name.span),
            Node::Decl(Decl::Func(func)) if !in_body => {
                let mut objects = self.package(self.env.pkg).funcs.iter().map(|obj| self.object(*obj));
                let method = objects.find(|object| object.span == func.name.span);
                let receiver = method.and_then(|method| self.types.as_named(method.receiver?));
                let base = receiver.map(|named| self.object(self.types.named_info(named).obj).span);
                Some(base.unwrap_or(func.name.span))
            }
            Node::Stmt(Stmt { kind: StmtKind::Define(left, ..), .. }) => {
                let named = |expr: &&Expr| matches!(expr.kind, ExprKind::Ident(name) if name != sym::BLANK);
                left.iter().find(named).map(|expr| expr.span)
            }
            _ => None,
        })
    }
}

fn round_up(offset: i64, align: i64) -> i64 {
    offset.saturating_add(align - 1) / align * align
}
