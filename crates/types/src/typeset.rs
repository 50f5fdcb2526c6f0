//! Type sets of interfaces. Spec: Interface types.

use std::sync::Arc;

use golite_source::Symbol;

use crate::object::PkgId;
use crate::ty::{Basic, MethodInfo, Term, Type, TypeId, TypeTable};

/// What satisfies an interface: all these methods, one of the terms, and comparability if asked.
#[derive(Clone, Debug, Default)]
pub struct TypeSet {
    /// The methods, sorted by name.
    pub methods: Vec<MethodInfo>,
    /// The permitted types; `None` for all.
    pub terms: Option<Vec<Term>>,
    /// The interface is or embeds `comparable`.
    pub comparable: bool,
}

impl TypeSet {
    /// Every type belongs to it.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.methods.is_empty() && self.terms.is_none() && !self.comparable
    }

    /// It can be used as the type of a variable.
    #[must_use]
    pub fn is_method_set(&self) -> bool {
        self.terms.is_none() && !self.comparable
    }
}

impl TypeTable {
    /// The type set of an interface type, or of a type parameter's constraint.
    pub fn type_set(&mut self, id: TypeId) -> Arc<TypeSet> {
        let id = match *self.get(id) {
            Type::Param(param) => self.param_info(param).constraint,
            _ => id,
        };
        let under = self.underlying(id);
        if let Some(set) = self.type_sets.get(&under) {
            return set.clone();
        }
        // A cycle finds the empty set; it is reported where the type is declared.
        self.type_sets.insert(under, Arc::default());
        let met = self.unresolved_met;
        let set = Arc::new(self.compute_type_set(under));
        if self.unresolved_met == met {
            self.type_sets.insert(under, set.clone());
        } else {
            // It will be another one when all types are declared.
            self.type_sets.remove(&under);
        }
        set
    }

    fn compute_type_set(&mut self, under: TypeId) -> TypeSet {
        let info = match self.get(under).clone() {
            Type::Interface(info) => info,
            // A constraint that is no interface stands for itself.
            _ => {
                return TypeSet { terms: Some(vec![Term { tilde: false, ty: under }]), ..TypeSet::default() };
            }
        };
        let mut set = TypeSet { methods: info.methods.clone(), ..TypeSet::default() };
        for (embedded, _) in &info.embeds {
            let embedded_under = self.underlying(*embedded);
            if self.as_named(*embedded).is_some_and(|named| !self.named_info(named).resolved) {
                self.unresolved_met += 1;
            }
            let terms = match self.get(embedded_under).clone() {
                Type::Interface(_) => {
                    if self.is_comparable_interface(*embedded) {
                        set.comparable = true;
                        continue;
                    }
                    let inner = self.type_set(*embedded);
                    for method in &inner.methods {
                        let known = set
                            .methods
                            .iter()
                            .any(|m| self.same_name(m.name, m.pkg, method.name, method.pkg));
                        if !known {
                            set.methods.push(*method);
                        }
                    }
                    set.comparable |= inner.comparable;
                    inner.terms.clone()
                }
                Type::Union(terms) => {
                    let mut all = Some(Vec::new());
                    for term in terms.iter() {
                        let term_under = self.underlying(term.ty);
                        if matches!(self.get(term_under), Type::Interface(_)) {
                            match (&mut all, self.type_set(term.ty).terms.clone()) {
                                (Some(all), Some(terms)) => all.extend(terms),
                                _ => all = None,
                            }
                        } else if let Some(all) = &mut all
                            // No type has a type as underlying that is not its own.
                            && (!term.tilde || self.identical(term.ty, term_under))
                        {
                            all.push(*term);
                        }
                    }
                    all
                }
                Type::Basic(Basic::Invalid) => continue,
                _ => Some(vec![Term { tilde: false, ty: *embedded }]),
            };
            set.terms = match (set.terms.take(), terms) {
                (None, terms) | (terms, None) => terms,
                (Some(a), Some(b)) => Some(self.intersect(&a, &b)),
            };
        }
        // With `comparable`, only terms that compare without panic are left, and say so themselves.
        if set.comparable
            && let Some(terms) = &mut set.terms
        {
            terms.retain(|term| self.comparable(term.ty, false));
            set.comparable = false;
        }
        set.methods.sort_by_key(|method| method.name);
        set
    }

    fn intersect(&mut self, a: &[Term], b: &[Term]) -> Vec<Term> {
        let mut out: Vec<Term> = Vec::new();
        for x in a {
            for y in b {
                let same = self.identical(x.ty, y.ty);
                let (ux, uy) = (self.underlying(x.ty), self.underlying(y.ty));
                let term = match (x.tilde, y.tilde) {
                    (true, true) | (false, false) if same => *x,
                    (true, false) if self.identical(ux, uy) => *y,
                    (false, true) if self.identical(ux, uy) => *x,
                    _ => continue,
                };
                if !out.contains(&term) {
                    out.push(term);
                }
            }
        }
        out
    }

    /// Whether names of fields or methods are the same: unexported ones only within a package.
    #[must_use]
    pub fn same_name(&self, a: Symbol, a_pkg: PkgId, b: Symbol, b_pkg: PkgId) -> bool {
        a == b && (a_pkg == b_pkg || a_pkg == PkgId(0) || b_pkg == PkgId(0))
    }

    /// The predeclared `comparable`.
    pub(crate) fn is_comparable_interface(&mut self, id: TypeId) -> bool {
        self.as_named(id) == Some(crate::ty::NamedId(1))
    }

    /// The terms of a type parameter or constraint; for other types the type itself.
    pub fn terms_of(&mut self, id: TypeId) -> Option<Vec<Term>> {
        if self.as_param(id).is_some() {
            self.type_set(id).terms.clone()
        } else {
            Some(vec![Term { tilde: false, ty: id }])
        }
    }

    /// Whether all types of the type set have a property of their underlying types; false for an
    /// unrestricted type parameter.
    pub fn all_under(&mut self, id: TypeId, mut test: impl FnMut(&mut TypeTable, &Type) -> bool) -> bool {
        if self.as_param(id).is_none() {
            let under = self.under(id);
            return test(self, &under);
        }
        let Some(terms) = self.type_set(id).terms.clone() else { return false };
        !terms.is_empty()
            && terms.iter().all(|term| {
                let under = self.under(term.ty);
                test(self, &under)
            })
    }

    /// The one underlying type of all types in the type set, if there is one. Channels may differ in
    /// direction. Spec: Core types (as far as operations still need them).
    pub fn core(&mut self, id: TypeId) -> Option<TypeId> {
        if self.as_param(id).is_none() {
            return Some(self.underlying(id));
        }
        let terms = self.type_set(id).terms.clone()?;
        let mut core: Option<TypeId> = None;
        for term in terms {
            let under = self.underlying(term.ty);
            core = Some(match core {
                None => under,
                Some(before) if self.identical(before, under) => before,
                Some(before) => match (self.get(before).clone(), self.get(under).clone()) {
                    (Type::Chan(a, x), Type::Chan(b, y)) if self.identical(x, y) => {
                        use golite_syntax::ast::ChanDir;
                        match (a, b) {
                            (ChanDir::Both, _) => under,
                            (_, ChanDir::Both) => before,
                            _ => return None,
                        }
                    }
                    _ => return None,
                },
            });
        }
        core
    }

    /// As [`TypeTable::core`], but a mix of strings and byte slices counts as string.
    pub fn core_string(&mut self, id: TypeId) -> Option<TypeId> {
        if let Some(core) = self.core(id) {
            return Some(core);
        }
        let bytes = self.slice(Basic::Uint8.id());
        let all = self.all_under(id, |table, under| match under {
            Type::Basic(Basic::String) => true,
            Type::Slice(_) => {
                let id = table.intern(under.clone());
                table.identical(id, bytes)
            }
            _ => false,
        });
        all.then(|| Basic::String.id())
    }
}
