//! Identity and comparability of types. Spec: Type identity, Comparison operators.

use crate::subst::Subst;
use crate::ty::{Basic, SigInfo, Type, TypeId, TypeTable};

impl TypeTable {
    /// Whether two types are identical. Interfaces are compared by type set; a pair met again while
    /// it is being compared counts as equal.
    pub fn identical(&mut self, a: TypeId, b: TypeId) -> bool {
        a == b || self.identical_in(a, b, false, &mut Vec::new())
    }

    /// As [`TypeTable::identical`], but struct tags do not matter.
    pub fn identical_ignoring_tags(&mut self, a: TypeId, b: TypeId) -> bool {
        a == b || self.identical_in(a, b, true, &mut Vec::new())
    }

    fn identical_in(&mut self, a: TypeId, b: TypeId, tags: bool, path: &mut Vec<(TypeId, TypeId)>) -> bool {
        let (a, b) = (self.unalias(a), self.unalias(b));
        if a == b {
            return true;
        }
        match (self.get(a).clone(), self.get(b).clone()) {
            (Type::Basic(x), Type::Basic(y)) => x == y,
            (Type::Named(x), Type::Named(y)) => {
                let (x, y) = (self.named_info(x).origin.clone(), self.named_info(y).origin.clone());
                match (x, y) {
                    (Some((x, xs)), Some((y, ys))) => {
                        x == y
                            && xs.len() == ys.len()
                            && xs.iter().zip(&ys).all(|(x, y)| self.identical_in(*x, *y, tags, path))
                    }
                    _ => false,
                }
            }
            (Type::Pointer(x), Type::Pointer(y)) | (Type::Slice(x), Type::Slice(y)) => {
                self.identical_in(x, y, tags, path)
            }
            (Type::Array(n, x), Type::Array(m, y)) => {
                (n == m || n < 0 || m < 0) && self.identical_in(x, y, tags, path)
            }
            (Type::Map(k, v), Type::Map(l, w)) => {
                self.identical_in(k, l, tags, path) && self.identical_in(v, w, tags, path)
            }
            (Type::Chan(d, x), Type::Chan(e, y)) => d == e && self.identical_in(x, y, tags, path),
            (Type::Struct(x), Type::Struct(y)) => {
                x.len() == y.len()
                    && x.iter().zip(y.iter()).all(|(f, g)| {
                        f.embedded == g.embedded
                            && (tags || f.tag == g.tag)
                            && f.name == g.name
                            && (f.pkg == g.pkg || f.pkg.0 == 0 || g.pkg.0 == 0)
                            && self.identical_in(f.ty, g.ty, tags, path)
                    })
            }
            (Type::Tuple(x), Type::Tuple(y)) => {
                x.len() == y.len()
                    && x.iter().zip(y.iter()).all(|(x, y)| self.identical_in(*x, *y, tags, path))
            }
            (Type::Signature(x), Type::Signature(y)) => self.identical_signatures(&x, &y, tags, path),
            (Type::Union(x), Type::Union(y)) => {
                x.len() == y.len()
                    && x.iter()
                        .zip(y.iter())
                        .all(|(x, y)| x.tilde == y.tilde && self.identical_in(x.ty, y.ty, tags, path))
            }
            (Type::Interface(_), Type::Interface(_)) => {
                if path.contains(&(a, b)) {
                    return true;
                }
                let (x, y) = (self.type_set(a), self.type_set(b));
                if x.methods.len() != y.methods.len() || x.comparable != y.comparable {
                    return false;
                }
                path.push((a, b));
                let same_terms = match (&x.terms, &y.terms) {
                    (None, None) => true,
                    (Some(s), Some(t)) => {
                        let mut has = |s: &[crate::ty::Term], t: &[crate::ty::Term]| {
                            s.iter().all(|x| {
                                t.iter()
                                    .any(|y| x.tilde == y.tilde && self.identical_in(x.ty, y.ty, tags, path))
                            })
                        };
                        has(s, t) && has(t, s)
                    }
                    _ => false,
                };
                let same = same_terms
                    && x.methods.iter().zip(&y.methods).all(|(m, n)| {
                        self.same_name(m.name, m.pkg, n.name, n.pkg)
                            && self.identical_in(m.sig, n.sig, tags, path)
                    });
                path.pop();
                same
            }
            _ => false,
        }
    }

    fn identical_signatures(
        &mut self,
        x: &SigInfo,
        y: &SigInfo,
        tags: bool,
        path: &mut Vec<(TypeId, TypeId)>,
    ) -> bool {
        if x.type_params.len() != y.type_params.len()
            || x.params.len() != y.params.len()
            || x.results.len() != y.results.len()
            || x.variadic != y.variadic
        {
            return false;
        }
        // Signatures are equal up to renaming of their type parameters.
        let renamed;
        let y = if x.type_params.is_empty() {
            y
        } else {
            let map: Subst = y.type_params.iter().copied().zip(x.type_params.iter().copied()).collect();
            for (a, b) in x.type_params.iter().zip(&y.type_params) {
                let (Some(a), Some(b)) = (self.as_param(*a), self.as_param(*b)) else { return false };
                let (a, b) = (self.param_info(a).constraint, self.param_info(b).constraint);
                let b = self.subst(b, &map);
                if !self.identical_in(a, b, tags, path) {
                    return false;
                }
            }
            renamed = self.subst_sig(y, &map);
            &renamed
        };
        x.params.iter().zip(&y.params).all(|(x, y)| self.identical_in(*x, *y, tags, path))
            && x.results.iter().zip(&y.results).all(|(x, y)| self.identical_in(*x, *y, tags, path))
    }

    /// Whether `==` is defined; with `dynamic`, interfaces count although they may panic.
    pub fn comparable(&mut self, id: TypeId, dynamic: bool) -> bool {
        self.incomparable_part(id, dynamic, &mut Vec::new()).is_none()
    }

    /// The reason why values cannot be compared, for a message; empty if there is nothing to say.
    pub fn incomparable_part(
        &mut self,
        id: TypeId,
        dynamic: bool,
        seen: &mut Vec<TypeId>,
    ) -> Option<Incomparable> {
        if seen.contains(&id) {
            return None;
        }
        seen.push(id);
        if self.as_param(id).is_some() {
            let set = self.type_set(id);
            if set.comparable {
                return None;
            }
            let Some(terms) = set.terms.clone() else { return Some(Incomparable::Param) };
            let bad = terms.iter().any(|term| self.incomparable_part(term.ty, false, seen).is_some());
            return (bad || terms.is_empty()).then_some(Incomparable::Param);
        }
        match self.under(id) {
            Type::Basic(Basic::UntypedNil) => Some(Incomparable::Plain),
            Type::Basic(_) | Type::Pointer(_) | Type::Chan(..) => None,
            Type::Interface(_) => {
                let set = self.type_set(id);
                if dynamic || set.comparable {
                    return None;
                }
                match set.terms.clone() {
                    Some(terms) => terms
                        .iter()
                        .any(|term| self.incomparable_part(term.ty, false, seen).is_some())
                        .then_some(Incomparable::Plain),
                    None => Some(Incomparable::Plain),
                }
            }
            Type::Struct(fields) => fields.iter().find_map(|field| {
                self.incomparable_part(field.ty, dynamic, seen).map(|_| Incomparable::Field(field.ty))
            }),
            Type::Array(_, elem) => {
                self.incomparable_part(elem, dynamic, seen).map(|_| Incomparable::Elem(id))
            }
            Type::Param(_) | Type::Named(_) => None,
            Type::Slice(_) | Type::Map(..) | Type::Signature(_) | Type::Tuple(_) | Type::Union(_) => {
                Some(Incomparable::Plain)
            }
        }
    }
}

/// Why values of a type cannot be compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Incomparable {
    /// The type itself.
    Plain,
    /// A type parameter.
    Param,
    /// A struct that contains this type.
    Field(TypeId),
    /// An array of this type.
    Elem(TypeId),
}
