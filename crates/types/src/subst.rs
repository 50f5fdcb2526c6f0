//! Substitution of type parameters.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::ty::{
    Basic, FieldInfo, InterfaceInfo, MethodInfo, ParamNames, SigInfo, Term, Type, TypeId, TypeTable,
};

/// What stands for which type parameter.
pub type Subst = FxHashMap<TypeId, TypeId>;

impl TypeTable {
    /// The type with type parameters replaced.
    pub fn subst(&mut self, id: TypeId, map: &Subst) -> TypeId {
        if map.is_empty() {
            return id;
        }
        if let Some(alias) = self.as_alias(id) {
            let mut alias = alias.clone();
            let target = self.subst(alias.target, map);
            if target == alias.target {
                return id;
            }
            alias.target = target;
            for arg in &mut alias.args {
                *arg = self.subst(*arg, map);
            }
            return self.alias(alias);
        }
        match self.get(id).clone() {
            Type::Basic(_) => id,
            Type::Param(_) => map.get(&id).copied().unwrap_or(id),
            Type::Named(named) => {
                let info = self.named_info(named);
                match &info.origin {
                    Some((origin, args)) => {
                        let (origin, args) = (*origin, args.clone());
                        let generic = self.named_info(origin);
                        // A wrong number of type arguments was reported.
                        if args.len() != generic.type_params.len() + generic.hidden.len() {
                            return Basic::Invalid.id();
                        }
                        let new: Vec<TypeId> = args.iter().map(|arg| self.subst(*arg, map)).collect();
                        if new == args { id } else { self.instance(origin, new) }
                    }
                    None if info.hidden.iter().any(|param| map.contains_key(param)) => {
                        let args: Vec<TypeId> =
                            info.type_params.iter().chain(&info.hidden).copied().collect();
                        let args = args.iter().map(|arg| self.subst(*arg, map)).collect();
                        self.instance(named, args)
                    }
                    None => id,
                }
            }
            Type::Pointer(elem) => {
                let elem = self.subst(elem, map);
                self.intern(Type::Pointer(elem))
            }
            Type::Slice(elem) => {
                let elem = self.subst(elem, map);
                self.intern(Type::Slice(elem))
            }
            Type::Array(len, elem) => {
                let elem = self.subst(elem, map);
                self.intern(Type::Array(len, elem))
            }
            Type::Map(key, value) => {
                let (key, value) = (self.subst(key, map), self.subst(value, map));
                self.intern(Type::Map(key, value))
            }
            Type::Chan(dir, elem) => {
                let elem = self.subst(elem, map);
                self.intern(Type::Chan(dir, elem))
            }
            Type::Struct(fields) => {
                let fields: Vec<FieldInfo> = fields
                    .iter()
                    .map(|field| FieldInfo { ty: self.subst(field.ty, map), ..field.clone() })
                    .collect();
                self.intern(Type::Struct(fields.into()))
            }
            Type::Tuple(types) => {
                let types: Vec<TypeId> = types.iter().map(|ty| self.subst(*ty, map)).collect();
                self.intern(Type::Tuple(types.into()))
            }
            Type::Signature(sig) => {
                let sig = self.subst_sig(&sig, map);
                self.intern(Type::Signature(Arc::new(sig)))
            }
            Type::Interface(info) => {
                let methods = info
                    .methods
                    .iter()
                    .map(|method| MethodInfo { sig: self.subst(method.sig, map), ..*method })
                    .collect();
                let embeds = info.embeds.iter().map(|(ty, span)| (self.subst(*ty, map), *span)).collect();
                let info = InterfaceInfo { methods, embeds, implicit: info.implicit };
                self.intern(Type::Interface(Arc::new(info)))
            }
            Type::Union(terms) => {
                let terms: Vec<Term> =
                    terms.iter().map(|term| Term { ty: self.subst(term.ty, map), ..*term }).collect();
                self.intern(Type::Union(terms.into()))
            }
        }
    }

    /// A signature with type parameters replaced; its own stay.
    pub fn subst_sig(&mut self, sig: &SigInfo, map: &Subst) -> SigInfo {
        SigInfo {
            type_params: sig.type_params.clone(),
            params: sig.params.iter().map(|ty| self.subst(*ty, map)).collect(),
            results: sig.results.iter().map(|ty| self.subst(*ty, map)).collect(),
            variadic: sig.variadic,
            names: ParamNames(sig.names.0.clone()),
        }
    }

    /// Whether a type mentions any type parameter.
    #[must_use]
    pub fn is_parameterized(&self, id: TypeId) -> bool {
        match self.get(id) {
            Type::Basic(_) => false,
            Type::Param(_) => true,
            Type::Named(named) => {
                let info = self.named_info(*named);
                match &info.origin {
                    Some((_, args)) => args.iter().any(|arg| self.is_parameterized(*arg)),
                    None => !info.hidden.is_empty(),
                }
            }
            Type::Pointer(elem) | Type::Slice(elem) | Type::Array(_, elem) | Type::Chan(_, elem) => {
                self.is_parameterized(*elem)
            }
            Type::Map(key, value) => self.is_parameterized(*key) || self.is_parameterized(*value),
            Type::Struct(fields) => fields.iter().any(|field| self.is_parameterized(field.ty)),
            Type::Tuple(types) => types.iter().any(|ty| self.is_parameterized(*ty)),
            Type::Signature(sig) => {
                sig.params.iter().chain(&sig.results).any(|ty| self.is_parameterized(*ty))
            }
            Type::Interface(info) => {
                info.methods.iter().any(|method| self.is_parameterized(method.sig))
                    || info.embeds.iter().any(|(ty, _)| self.is_parameterized(*ty))
            }
            Type::Union(terms) => terms.iter().any(|term| self.is_parameterized(term.ty)),
        }
    }
}
