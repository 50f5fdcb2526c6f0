//! Cycles: declarations that need each other, types that contain themselves, types whose length or
//! size depends on their own. Spec: Type declarations.
//!
//! A defined type is incomplete from its name to the end of its right side: it has no underlying type
//! yet. It may be mentioned there (`*T`, `[]T`, `func(T)`), but no value of it can be looked at.

use golite_diag::{Code, Diagnostic};
use golite_source::Span;

use crate::check::Checker;
use crate::object::{DeclRef, ObjId, ObjKind};
use crate::ty::{Basic, Type, TypeId};

/// Instances of generic types that contain each other deeper than this count as endless.
const MAX_INSTANCES: usize = 200;

/// A declaration in a cycle.
struct CycleLink {
    name: String,
    span: Span,
}

impl Checker {
    // ---- declarations

    pub(crate) fn valid_cycle(&mut self, obj: ObjId) -> bool {
        let Some(start) = self.path.iter().position(|other| *other == obj) else { return true };
        let cycle = self.path[start..].to_vec();
        let (mut values, mut definitions) = (0, 0);
        for obj in &cycle {
            let object = self.object(*obj);
            match object.kind {
                ObjKind::Const(_) | ObjKind::Var(_) => values += 1,
                ObjKind::TypeName => {
                    let generic = self
                        .types
                        .as_named(object.ty)
                        .is_some_and(|named| !self.types.named_info(named).type_params.is_empty());
                    if self.in_type_params && generic {
                        return true;
                    }
                    if !matches!(&object.decl, DeclRef::Type(spec) if spec.alias) && !object.alias {
                        definitions += 1;
                    }
                }
                _ => {}
            }
        }
        // Cycles of values alone are found when the order of initialisation is.
        if values == cycle.len() || (values == 0 && definitions > 0) {
            return true;
        }
        self.object_cycle_error(&cycle);
        false
    }

    pub(crate) fn object_cycle_error(&mut self, cycle: &[ObjId]) {
        let start = self.first_in_source(cycle);
        let links: Vec<CycleLink> = (0..cycle.len())
            .map(|i| {
                let obj = cycle[(start + i) % cycle.len()];
                CycleLink { name: self.object_name(obj), span: self.object(obj).span }
            })
            .collect();
        let is_type = matches!(self.object(cycle[start]).kind, ObjKind::TypeName);
        self.cycle_error(&links, is_type);
    }

    /// The name of an object, qualified if it belongs to another package.
    fn object_name(&self, obj: ObjId) -> String {
        let object = self.object(obj);
        let text = self.name(object.name);
        if object.pkg == self.env.pkg {
            text.to_string()
        } else {
            format!("{}.{text}", self.name(self.package(object.pkg).name))
        }
    }

    fn first_in_source(&self, objects: &[ObjId]) -> usize {
        (0..objects.len()).min_by_key(|i| self.object(objects[*i]).span.start).unwrap_or(0)
    }

    /// Reports a cycle; its first link is where it is reported.
    fn cycle_error(&mut self, cycle: &[CycleLink], is_type: bool) {
        let Some(first) = cycle.first() else { return };
        let mut message = match (is_type, cycle.len()) {
            (true, 1) => format!("invalid recursive type: {} refers to itself", first.name),
            (false, 1) => format!("invalid cycle in declaration: {} refers to itself", first.name),
            (true, _) => format!("invalid recursive type {}", first.name),
            (false, _) => format!("invalid cycle in declaration of {}", first.name),
        };
        if cycle.len() > 1 {
            for (i, link) in cycle.iter().enumerate() {
                let next = &cycle[(i + 1) % cycle.len()];
                message += &format!("\n\t{}: {} refers to {}", self.place(link.span), link.name, next.name);
            }
        }
        let mut error =
            Diagnostic::error(Code::TypeCycle, self.env.error_span.unwrap_or(first.span), message);
        for (i, link) in cycle.iter().enumerate() {
            let next = &cycle[(i + 1) % cycle.len()];
            error = error.label(link.span, format!("{} refers to {}", link.name, next.name));
        }
        self.report(error);
    }

    // ---- types that contain themselves

    /// Whether a defined type is of finite size: it does not contain itself but through pointers.
    pub(crate) fn valid_type(&mut self, ty: TypeId) {
        self.valid_type_in(ty, &mut Vec::new(), &mut Vec::new());
    }

    fn valid_type_in(&mut self, ty: TypeId, nest: &mut Vec<TypeId>, path: &mut Vec<TypeId>) -> bool {
        let ty = self.types.unalias(ty);
        match self.types.get(ty).clone() {
            Type::Array(_, elem) => self.valid_type_in(elem, nest, path),
            Type::Struct(fields) => fields.iter().all(|field| self.valid_type_in(field.ty, nest, path)),
            Type::Union(terms) => terms.iter().all(|term| self.valid_type_in(term.ty, nest, path)),
            Type::Interface(info) => info.embeds.iter().all(|(ty, _)| self.valid_type_in(*ty, nest, path)),
            Type::Named(named) => {
                let info = self.types.named_info(named);
                let (generic, is_instance) = match &info.origin {
                    Some((origin, _)) => (*origin, true),
                    None => (named, false),
                };
                if self.finite.contains(&named) {
                    return true;
                }
                if nest.contains(&ty) || (is_instance && path.len() > MAX_INSTANCES) {
                    self.types.set_underlying(generic, Basic::Invalid.id());
                    self.right_sides.insert(generic, Basic::Invalid.id());
                    if let Some(start) = path.iter().position(|other| *other == ty) {
                        let links: Vec<CycleLink> =
                            path[start..].iter().filter_map(|ty| self.type_link(*ty)).collect();
                        self.cycle_error(&links, true);
                    }
                    return false;
                }
                let Some(right) = self.right_sides.get(&generic).copied() else { return true };
                nest.push(ty);
                path.push(ty);
                let valid = self.valid_type_in(right, nest, path);
                nest.pop();
                path.pop();
                // What holds of a type that depends on no type parameter holds everywhere.
                let info = self.types.named_info(named);
                let plain = info.type_params.is_empty() && info.hidden.is_empty();
                if valid && !is_instance && (plain || nest.is_empty()) {
                    self.finite.insert(named);
                }
                valid
            }
            Type::Param(_) => {
                // The argument is what counts, in the surroundings of the instance.
                let Some(inst) = nest.last().copied() else { return true };
                let Some(named) = self.types.as_named(inst) else { return true };
                let Some((origin, args)) = self.types.named_info(named).origin.clone() else { return true };
                let params = self.types.named_info(origin).type_params.clone();
                let Some(arg) =
                    params.iter().position(|param| *param == ty).and_then(|i| args.get(i).copied())
                else {
                    return true;
                };
                nest.pop();
                let valid = self.valid_type_in(arg, nest, path);
                nest.push(inst);
                valid
            }
            _ => true,
        }
    }

    /// A defined type in a cycle; instances stand where they are written first.
    fn type_link(&self, ty: TypeId) -> Option<CycleLink> {
        let obj = self.types.named_info(self.types.as_named(ty)?).obj;
        let declared = self.object(obj).span;
        Some(match self.instance_places.get(&ty) {
            Some(span) => CycleLink { name: self.show(ty), span: *span },
            None => CycleLink { name: self.object_name(obj), span: declared },
        })
    }

    // ---- incomplete types

    /// Whether a type may be one of a value that is looked at; reports the cycle if it is still being
    /// declared.
    pub(crate) fn require_complete(&mut self, ty: TypeId) -> bool {
        let Some(obj) = self.incomplete(ty) else { return true };
        let Some(start) = self.path.iter().position(|other| *other == obj) else { return true };
        let cycle = self.path[start..].to_vec();
        self.object_cycle_error(&cycle);
        false
    }

    /// The declaration being read that a type waits for.
    fn incomplete(&mut self, ty: TypeId) -> Option<ObjId> {
        let mut at = ty;
        // Definitions that wait for others form no circle: `define` has looked.
        loop {
            if let Some(alias) = self.types.as_pending(at) {
                return Some(alias);
            }
            let named = self.types.as_named(at)?;
            if self.is_resolved(at) {
                return None;
            }
            let info = self.types.named_info(named);
            let (obj, origin) = (info.obj, info.origin.as_ref().map_or(named, |(origin, _)| *origin));
            match self.forwards.iter().find(|(waiting, _)| *waiting == origin) {
                Some((_, right)) => at = *right,
                None => return Some(obj),
            }
        }
    }

    /// As [`Checker::require_complete`], for a type whose size is asked for: what it contains must be
    /// complete, too.
    pub(crate) fn require_size(&mut self, ty: TypeId) -> bool {
        self.sized(ty, &mut Vec::new())
    }

    fn sized(&mut self, ty: TypeId, nest: &mut Vec<ObjId>) -> bool {
        if self.types.as_pending(ty).is_some() {
            return self.require_complete(ty);
        }
        match self.types.get(ty).clone() {
            Type::Array(_, elem) => self.sized(elem, nest),
            Type::Struct(fields) => fields.iter().all(|field| self.sized(field.ty, nest)),
            Type::Named(named) => {
                if self.types.has_size(ty) {
                    return true;
                }
                if let Some(obj) = self.incomplete(ty) {
                    let Some(start) = self.path.iter().position(|other| *other == obj) else { return true };
                    let mut cycle = self.path[start..].to_vec();
                    cycle.extend(nest.iter().copied().filter(|obj| !self.path.contains(obj)));
                    self.object_cycle_error(&cycle);
                    return false;
                }
                let obj = self.types.named_info(named).obj;
                if nest.contains(&obj) {
                    // It contains itself; that is an error of its own.
                    self.valid_type(ty);
                    return false;
                }
                nest.push(obj);
                let under = self.types.underlying(ty);
                let sized = self.sized(under, nest);
                nest.pop();
                if sized {
                    self.types.size_align(ty);
                }
                sized
            }
            _ => true,
        }
    }
}
