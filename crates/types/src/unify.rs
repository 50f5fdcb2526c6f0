//! Unification of types, the core of type inference. Spec: Type unification.
//!
//! Each type parameter that is solved for has a handle; unified parameters share one. A handle holds
//! the type found for it, if any.

use golite_syntax::ast::ChanDir;
use rustc_hash::FxHashMap;

use crate::check::Checker;
use crate::lookup::Lookup;
use crate::ty::{SigInfo, Type, TypeId};

/// Deeper types than this do not unify; only types that grow without end are so deep.
const MAX_DEPTH: u32 = 50;

/// How exactly types must match.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Match {
    /// Defined types match their underlying types, directions of channels do not matter.
    Loose,
    /// Loosely at the top, parts exactly.
    Assign,
    /// Identical.
    Exact,
}

impl Match {
    fn of_parts(self) -> Match {
        match self {
            Match::Loose => Match::Loose,
            Match::Assign | Match::Exact => Match::Exact,
        }
    }
}

/// The state of unification.
#[derive(Debug, Default)]
pub(crate) struct Unifier {
    handle_of: FxHashMap<TypeId, usize>,
    handles: Vec<Option<TypeId>>,
    depth: u32,
    /// Pairs of interfaces being compared.
    pairs: Vec<(TypeId, TypeId)>,
}

impl Unifier {
    /// Solves for the type parameters, some of which may be known.
    pub(crate) fn new(params: &[TypeId], args: &[Option<TypeId>]) -> Unifier {
        let handles = (0..params.len()).map(|i| args.get(i).copied().flatten()).collect();
        let handle_of = params.iter().enumerate().map(|(i, param)| (*param, i)).collect();
        Unifier { handle_of, handles, depth: 0, pairs: Vec::new() }
    }

    /// The type found for a parameter.
    pub(crate) fn at(&self, param: TypeId) -> Option<TypeId> {
        self.handle_of.get(&param).and_then(|handle| self.handles[*handle])
    }

    /// Sets the type of a parameter.
    pub(crate) fn set(&mut self, param: TypeId, ty: TypeId) {
        if let Some(handle) = self.handle_of.get(&param) {
            self.handles[*handle] = Some(ty);
        }
    }

    /// The number of parameters without a type.
    pub(crate) fn unknown(&self) -> usize {
        self.handle_of.values().filter(|handle| self.handles[**handle].is_none()).count()
    }

    /// What is found for each of the parameters.
    pub(crate) fn inferred(&self, params: &[TypeId]) -> Vec<Option<TypeId>> {
        params.iter().map(|param| self.at(*param)).collect()
    }

    fn is_bound(&self, ty: TypeId) -> bool {
        self.handle_of.contains_key(&ty)
    }

    /// Lets two parameters share a type; false if each has its own already.
    fn join(&mut self, x: TypeId, y: TypeId) -> bool {
        let (a, b) = (self.handle_of[&x], self.handle_of[&y]);
        if a == b {
            return true;
        }
        let (from, to) = match (self.handles[a], self.handles[b]) {
            (Some(_), Some(_)) => return false,
            (Some(_), None) => (b, a),
            _ => (a, b),
        };
        for handle in self.handle_of.values_mut() {
            if *handle == from {
                *handle = to;
            }
        }
        true
    }

    /// Makes two types match by finding types for parameters. False if that is impossible.
    pub(crate) fn unify(&mut self, checker: &mut Checker, x: TypeId, y: TypeId, mode: Match) -> bool {
        if x == y {
            return true;
        }
        if self.depth > MAX_DEPTH {
            return false;
        }
        self.depth += 1;
        let result = self.unify_different(checker, x, y, mode);
        self.depth -= 1;
        result
    }

    fn unify_different(&mut self, checker: &mut Checker, x: TypeId, y: TypeId, mode: Match) -> bool {
        // A defined type goes to the right, a parameter that is solved for to the left.
        let (x, mut y) =
            if checker.types.as_named(x).is_some() || self.is_bound(y) { (y, x) } else { (x, y) };
        let literal = !matches!(checker.types.get(x), Type::Named(_) | Type::Param(_));
        if mode != Match::Exact
            && checker.types.as_named(y).is_some()
            && literal
            && !matches!(checker.types.get(x), Type::Interface(_))
        {
            y = checker.types.underlying(y);
            if x == y {
                return true;
            }
        }
        match (self.is_bound(x), self.is_bound(y)) {
            (true, true) => {
                if self.join(x, y) {
                    return true;
                }
                match (self.at(x), self.at(y)) {
                    (Some(a), Some(b)) => self.unify(checker, a, b, mode),
                    _ => false,
                }
            }
            (true, false) => match self.at(x) {
                Some(known) => self.unify_known(checker, x, known, y, mode),
                None => {
                    self.set(x, y);
                    true
                }
            },
            _ => self.unify_free(checker, x, y, mode),
        }
    }

    /// A parameter has a type already, which must match.
    fn unify_known(
        &mut self,
        checker: &mut Checker,
        param: TypeId,
        known: TypeId,
        y: TypeId,
        mode: Match,
    ) -> bool {
        if !self.unify(checker, known, y, mode) {
            return false;
        }
        let known_named = checker.types.as_named(known).is_some();
        let y_named = checker.types.as_named(y).is_some();
        match (checker.is_interface_type(known), checker.is_interface_type(y)) {
            (true, true) => {
                if known_named && y_named {
                    return checker.types.identical(known, y);
                }
                let methods = checker.types.type_set(known).methods.len();
                if methods != checker.types.type_set(y).methods.len() {
                    return false;
                }
            }
            // Either could be meant; the choice would depend on the order.
            (true, false) | (false, true) => return false,
            (false, false) => {}
        }
        if mode != Match::Exact && !known_named {
            // Keep a name, or the direction of a channel: such a type can be assigned to.
            let directed = matches!(checker.types.under(y), Type::Chan(ChanDir::Send | ChanDir::Recv, _));
            if y_named || directed {
                self.set(param, y);
            }
        }
        true
    }

    /// Neither type is a parameter that is solved for.
    fn unify_free(&mut self, checker: &mut Checker, x: TypeId, y: TypeId, mode: Match) -> bool {
        if mode != Match::Exact {
            match (checker.is_interface_type(x), checker.is_interface_type(y)) {
                (true, true) => return self.unify_interfaces(checker, x, y, Subset::Allowed),
                (true, false) => return self.unify_methods(checker, x, y),
                (false, true) => return self.unify_methods(checker, y, x),
                (false, false) => {}
            }
        }
        let (x, y) = if checker.is_param(y) { (y, x) } else { (x, y) };
        let parts = mode.of_parts();
        match (checker.types.get(x).clone(), checker.types.get(y).clone()) {
            // `rune` and `int32`, `byte` and `uint8`.
            (Type::Basic(a), Type::Basic(b)) => a == b,
            (Type::Array(n, a), Type::Array(m, b)) => {
                (n == m || n < 0 || m < 0) && self.unify(checker, a, b, parts)
            }
            (Type::Slice(a), Type::Slice(b)) | (Type::Pointer(a), Type::Pointer(b)) => {
                self.unify(checker, a, b, parts)
            }
            (Type::Struct(a), Type::Struct(b)) => {
                a.len() == b.len()
                    && a.iter().zip(b.iter()).all(|(f, g)| {
                        f.embedded == g.embedded
                            && f.tag == g.tag
                            && f.name == g.name
                            && (f.pkg == g.pkg || checker.session.names.is_exported(f.name))
                            && self.unify(checker, f.ty, g.ty, parts)
                    })
            }
            (Type::Tuple(a), Type::Tuple(b)) => self.unify_lists(checker, &a, &b, mode),
            (Type::Signature(a), Type::Signature(b)) => self.unify_signatures(checker, &a, &b, parts),
            (Type::Interface(_), Type::Interface(_)) => self.unify_interfaces(checker, x, y, Subset::Refused),
            (Type::Map(k, a), Type::Map(l, b)) => {
                self.unify(checker, k, l, parts) && self.unify(checker, a, b, parts)
            }
            (Type::Chan(d, a), Type::Chan(e, b)) => {
                (mode != Match::Exact || d == e) && self.unify(checker, a, b, parts)
            }
            (Type::Named(a), Type::Named(b)) => {
                let (a, b) =
                    (checker.types.named_info(a).origin.clone(), checker.types.named_info(b).origin.clone());
                match (a, b) {
                    (Some((a, xs)), Some((b, ys))) => self.unify_lists(checker, &xs, &ys, mode) && a == b,
                    _ => false,
                }
            }
            // Another type parameter stands for its core type.
            (Type::Param(_), _) => match checker.common_under(x) {
                Ok(core) => self.unify(checker, core, y, Match::Assign),
                Err(_) => false,
            },
            _ => false,
        }
    }

    fn unify_lists(&mut self, checker: &mut Checker, xs: &[TypeId], ys: &[TypeId], mode: Match) -> bool {
        xs.len() == ys.len() && xs.iter().zip(ys).all(|(x, y)| self.unify(checker, *x, *y, mode))
    }

    fn unify_signatures(&mut self, checker: &mut Checker, x: &SigInfo, y: &SigInfo, mode: Match) -> bool {
        x.variadic == y.variadic
            && self.unify_lists(checker, &x.params, &y.params, mode)
            && self.unify_lists(checker, &x.results, &y.results, mode)
    }

    /// Two interfaces: the same methods with matching signatures, or those of one are a subset.
    fn unify_interfaces(&mut self, checker: &mut Checker, x: TypeId, y: TypeId, subset: Subset) -> bool {
        let (a, b) = (checker.types.type_set(x), checker.types.type_set(y));
        if a.comparable != b.comparable || !same_terms(checker, a.terms.as_deref(), b.terms.as_deref()) {
            return false;
        }
        if self.pairs.contains(&(x, y)) || self.pairs.contains(&(y, x)) {
            return true;
        }
        let (few, many) = if a.methods.len() > b.methods.len() { (&b, &a) } else { (&a, &b) };
        if subset == Subset::Refused && few.methods.len() != many.methods.len() {
            return false;
        }
        self.pairs.push((x, y));
        let same = few.methods.iter().all(|method| {
            let other = many
                .methods
                .iter()
                .find(|other| checker.types.same_name(method.name, method.pkg, other.name, other.pkg));
            other.is_some_and(|other| self.unify(checker, method.sig, other.sig, Match::Exact))
        });
        self.pairs.pop();
        same
    }

    /// An interface and another type, which must have its methods.
    fn unify_methods(&mut self, checker: &mut Checker, iface: TypeId, other: TypeId) -> bool {
        let set = checker.types.type_set(iface);
        set.methods.iter().all(|method| match checker.lookup_selection(other, method.name) {
            Lookup::Method { ty, .. } => {
                let generic =
                    matches!(checker.types.get(ty), Type::Signature(sig) if !sig.type_params.is_empty());
                !generic && self.unify(checker, method.sig, ty, Match::Exact)
            }
            Lookup::Field { .. } | Lookup::Ambiguous | Lookup::Missing => false,
        })
    }
}

/// Whether one of two interfaces may have more methods.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Subset {
    Allowed,
    Refused,
}

fn same_terms(checker: &mut Checker, a: Option<&[crate::ty::Term]>, b: Option<&[crate::ty::Term]>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => {
            let mut within = |a: &[crate::ty::Term], b: &[crate::ty::Term]| {
                a.iter().all(|x| b.iter().any(|y| x.tilde == y.tilde && checker.types.identical(x.ty, y.ty)))
            };
            within(a, b) && within(b, a)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use golite_source::Symbol;
    use golite_syntax::ast::{Block, LateBody};

    use super::{Match, Unifier};
    use crate::check::{Checker, Loaded, Loader, Session};
    use crate::object::ObjId;
    use crate::ty::{Basic, ParamInfo, TypeId};

    struct Nothing;

    impl Loader for Nothing {
        fn parse_body(&mut self, _: &LateBody, _: &mut Session) -> Block {
            unreachable!("there are no packages")
        }

        fn load(&mut self, _: &str, _: &mut Session) -> Result<Loaded, String> {
            Err("no packages".into())
        }

        fn parse_decl(
            &mut self,
            _: golite_source::FileId,
            _: std::ops::Range<u32>,
            _: &mut Session,
        ) -> Vec<golite_syntax::ast::Decl> {
            Vec::new()
        }

        fn known_in_go(&self, _: &str, _: &str) -> bool {
            false
        }

        fn std_packages(&self, _: &str) -> Vec<&'static str> {
            Vec::new()
        }

        fn missing_package(&self, _: &str) -> Option<&'static str> {
            None
        }

        fn missing_path(&self, _: &str) -> bool {
            false
        }

        fn near_package(&self, _: &str) -> Option<String> {
            None
        }
    }

    fn param(checker: &mut Checker, index: usize) -> TypeId {
        let constraint = checker.types.any();
        checker.types.new_param(ParamInfo { obj: ObjId(0), name: Symbol(0), index, constraint })
    }

    #[test]
    fn a_parameter_takes_the_type_it_meets() {
        let mut checker = Checker::new(Box::new(Nothing));
        let p = param(&mut checker, 0);
        let int = Basic::Int.id();
        let (slice, ints) = (checker.types.slice(p), checker.types.slice(int));
        let mut unifier = Unifier::new(&[p], &[None]);
        assert!(unifier.unify(&mut checker, slice, ints, Match::Assign));
        assert_eq!(unifier.at(p), Some(int));
        assert!(!unifier.unify(&mut checker, p, Basic::String.id(), Match::Assign));
    }

    #[test]
    fn unified_parameters_share_a_type() {
        let mut checker = Checker::new(Box::new(Nothing));
        let (p, q) = (param(&mut checker, 0), param(&mut checker, 1));
        let mut unifier = Unifier::new(&[p, q], &[None, None]);
        assert!(unifier.unify(&mut checker, p, q, Match::Exact));
        assert_eq!(unifier.unknown(), 2);
        assert!(unifier.unify(&mut checker, q, Basic::Bool.id(), Match::Exact));
        assert_eq!(unifier.at(p), Some(Basic::Bool.id()));
    }

    #[test]
    fn types_without_end_do_not_unify() {
        let mut checker = Checker::new(Box::new(Nothing));
        let p = param(&mut checker, 0);
        let pointer = checker.types.pointer(p);
        let mut unifier = Unifier::new(&[p], &[None]);
        assert!(unifier.unify(&mut checker, p, pointer, Match::Exact));
        assert!(!unifier.unify(&mut checker, p, Basic::Int.id(), Match::Exact));
    }
}
