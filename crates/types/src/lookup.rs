//! Fields and methods of types; method sets; what a type lacks for an interface.
//! Spec: Selectors, Method sets, Implementing an interface.

use golite_source::{Symbol, sym};

use crate::check::Checker;
use crate::object::{ObjId, PkgId};
use crate::ty::{NamedId, ParamInfo, SigInfo, Term, Type, TypeId};

/// Fields embedded in more levels of instances are not searched: generic types can embed ever new ones.
const MAX_DEPTH: usize = 100;

/// What `x.name` finds in the type of `x`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Lookup {
    /// A field.
    Field {
        /// Embedded fields to follow and the field itself.
        path: Vec<usize>,
        /// Its type.
        ty: TypeId,
        /// A pointer was followed on the way (the receiver's own included).
        indirect: bool,
    },
    /// A method.
    Method {
        /// Embedded fields to follow.
        path: Vec<usize>,
        /// The declaration; `None` for methods of interfaces and type parameters.
        func: Option<ObjId>,
        /// The signature without receiver, type parameters of the receiver replaced.
        ty: TypeId,
        /// A pointer was followed on the way (the receiver's own included).
        indirect: bool,
        /// The method has a pointer receiver.
        pointer_receiver: bool,
    },
    /// Found in two embedded fields of the same depth.
    Ambiguous,
    /// Not there.
    Missing,
}

/// Why a type does not implement an interface: the whole sentence from [`Checker::implements`], the
/// part in parentheses from [`Checker::missing_method`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Reason(pub String);

/// A method that a type has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MethodEntry {
    /// The name.
    pub name: Symbol,
    /// The package, which matters for names that are not exported.
    pub pkg: PkgId,
    /// The embedded fields to follow.
    pub path: Vec<usize>,
    /// The declaration; `None` for a method of an embedded interface.
    pub func: Option<ObjId>,
    /// The method has a pointer receiver.
    pub pointer_receiver: bool,
    /// The type of the method, without receiver.
    pub ty: TypeId,
}

/// A name to look for.
#[derive(Clone, Copy)]
struct Wanted<'n> {
    name: Symbol,
    pkg: PkgId,
    /// In lower case, when case does not matter.
    folded: Option<&'n str>,
}

/// A type whose members are looked at, and the way to it.
struct Embedded {
    ty: TypeId,
    path: Vec<usize>,
    indirect: bool,
    /// It is reached in several ways at this depth.
    multiple: bool,
}

impl Checker {
    /// Finds the field or method a selector means. An unexported name is one of the current package.
    pub(crate) fn lookup_selection(&mut self, ty: TypeId, name: Symbol) -> Lookup {
        self.lookup_member(ty, name, self.env.pkg)
    }

    /// As [`Checker::lookup_selection`], for a name of a package.
    pub(crate) fn lookup_member(&mut self, ty: TypeId, name: Symbol, pkg: PkgId) -> Lookup {
        // Methods of a pointer type with a name are not found, its fields are.
        let pointer = match (self.types.as_named(ty), self.types.under(ty)) {
            (Some(_), Type::Pointer(_)) => Some(self.types.underlying(ty)),
            _ => None,
        };
        let found = self.search(pointer.unwrap_or(ty), Wanted { name, pkg, folded: None }).1;
        match found {
            Lookup::Method { .. } if pointer.is_some() => Lookup::Missing,
            found => found,
        }
    }

    /// The name of a member that differs from a name only in upper and lower case.
    pub(crate) fn lookup_folded(&mut self, ty: TypeId, name: Symbol) -> Option<Symbol> {
        self.search_folded(ty, name, self.env.pkg).map(|(name, _)| name)
    }

    fn search_folded(&mut self, ty: TypeId, name: Symbol, pkg: PkgId) -> Option<(Symbol, Lookup)> {
        let folded = self.name(name).to_lowercase();
        match self.search(ty, Wanted { name, pkg, folded: Some(&folded) }) {
            (name, found @ (Lookup::Field { .. } | Lookup::Method { .. })) => Some((name, found)),
            _ => None,
        }
    }

    fn matches(&self, wanted: Wanted<'_>, name: Symbol, pkg: PkgId) -> bool {
        match wanted.folded {
            Some(folded) => self.name(name).to_lowercase() == folded,
            None => self.same_member(name, pkg, wanted.name, wanted.pkg),
        }
    }

    fn search(&mut self, ty: TypeId, wanted: Wanted<'_>) -> (Symbol, Lookup) {
        let missing = (wanted.name, Lookup::Missing);
        if wanted.name == sym::BLANK {
            return missing;
        }
        let (base, pointer) = match self.types.get(ty) {
            Type::Pointer(base) => (*base, true),
            _ => (ty, false),
        };
        if pointer && matches!(self.types.under(base), Type::Interface(_) | Type::Param(_)) {
            return missing;
        }
        let base = self.types.unalias(base);
        let mut current = vec![Embedded { ty: base, path: Vec::new(), indirect: pointer, multiple: false }];
        let mut seen: Vec<TypeId> = Vec::new();
        let mut depth = 0;
        while depth < MAX_DEPTH {
            // Only instances can go on without end; other types come up again.
            depth += usize::from(current.iter().any(|embedded| self.types.is_instance(embedded.ty)));
            let mut next: Vec<Embedded> = Vec::new();
            let mut found: Option<(Symbol, Lookup)> = None;
            for embedded in &current {
                if self.types.as_named(embedded.ty).is_some() {
                    if seen.contains(&embedded.ty) {
                        continue;
                    }
                    seen.push(embedded.ty);
                }
                let Some(here) = self.member_of(embedded, wanted, found.is_none().then_some(&mut next))
                else {
                    continue;
                };
                if found.is_some() || embedded.multiple {
                    return (wanted.name, Lookup::Ambiguous);
                }
                found = Some(here);
            }
            if let Some(found) = found {
                return found;
            }
            if next.is_empty() {
                return missing;
            }
            // The same type twice at one depth hides what is below, unless something is found before.
            current = Vec::new();
            for embedded in next {
                match current.iter_mut().find(|other: &&mut Embedded| other.ty == embedded.ty) {
                    Some(other) => other.multiple = true,
                    None => current.push(embedded),
                }
            }
        }
        missing
    }

    /// A member declared by a type itself. Its embedded fields go to `next`.
    fn member_of(
        &mut self,
        at: &Embedded,
        wanted: Wanted<'_>,
        mut next: Option<&mut Vec<Embedded>>,
    ) -> Option<(Symbol, Lookup)> {
        if let Some(named) = self.types.as_named(at.ty) {
            for method in self.methods_of(named) {
                let (name, pkg) = (self.object(method).name, self.object(method).pkg);
                if self.matches(wanted, name, pkg) {
                    let ty = self.method_type(method, named);
                    let pointer_receiver = self.object(method).pointer_receiver;
                    let (path, indirect) = (at.path.clone(), at.indirect);
                    return Some((
                        name,
                        Lookup::Method { path, func: Some(method), ty, indirect, pointer_receiver },
                    ));
                }
            }
        }
        match self.types.under(at.ty) {
            Type::Struct(fields) => {
                let mut found = None;
                for (i, field) in fields.iter().enumerate() {
                    if found.is_none() && self.matches(wanted, field.name, field.pkg) {
                        let mut path = at.path.clone();
                        path.push(i);
                        found =
                            Some((field.name, Lookup::Field { path, ty: field.ty, indirect: at.indirect }));
                        continue;
                    }
                    if field.embedded
                        && found.is_none()
                        && let Some(next) = &mut next
                    {
                        let (ty, pointer) = match self.types.get(field.ty) {
                            Type::Pointer(base) => (*base, true),
                            _ => (field.ty, false),
                        };
                        let mut path = at.path.clone();
                        path.push(i);
                        let indirect = at.indirect || pointer;
                        let ty = self.types.unalias(ty);
                        next.push(Embedded { ty, path, indirect, multiple: at.multiple });
                    }
                }
                found
            }
            Type::Interface(_) | Type::Param(_) => {
                let set = self.types.type_set(at.ty);
                let method =
                    set.methods.iter().find(|method| self.matches(wanted, method.name, method.pkg))?;
                let (path, indirect, ty) = (at.path.clone(), at.indirect, method.sig);
                let found = Lookup::Method { path, func: None, ty, indirect, pointer_receiver: false };
                Some((method.name, found))
            }
            _ => None,
        }
    }

    /// The methods declared for a named type or its origin.
    pub(crate) fn methods_of(&self, named: NamedId) -> Vec<ObjId> {
        let info = self.types.named_info(named);
        match &info.origin {
            Some((origin, _)) => self.types.named_info(*origin).methods.clone(),
            None => info.methods.clone(),
        }
    }

    /// The signature of a method of a named type, with the type's arguments in place.
    pub(crate) fn method_type(&mut self, method: ObjId, named: NamedId) -> TypeId {
        self.declare_object(method);
        let ty = self.object(method).ty;
        let Some((_, args)) = self.types.named_info(named).origin.clone() else { return ty };
        let params = self.object(method).type_params.clone();
        if params == args || params.is_empty() {
            return ty;
        }
        let key = (method, args.clone());
        if let Some(known) = self.method_types.get(&key) {
            return *known;
        }
        let mut map: crate::subst::Subst = params.into_iter().zip(args).collect();
        let mut result = self.types.subst(ty, &map);
        // Own type parameters of the method have constraints that may speak of the receiver's.
        if let Type::Signature(sig) = self.types.get(ty).clone()
            && !sig.type_params.is_empty()
        {
            let mut fresh = Vec::with_capacity(sig.type_params.len());
            for param in &sig.type_params {
                if let Some(param) = self.types.as_param(*param) {
                    let info: ParamInfo = self.types.param_info(param).clone();
                    fresh.push(self.types.new_param(info));
                }
            }
            map.extend(sig.type_params.iter().copied().zip(fresh.iter().copied()));
            for param in &fresh {
                if let Some(param) = self.types.as_param(*param) {
                    let constraint = self.types.param_info(param).constraint;
                    let constraint = self.types.subst(constraint, &map);
                    self.types.params[param.0 as usize].constraint = constraint;
                }
            }
            let info = SigInfo { type_params: fresh, ..self.types.subst_sig(&sig, &map) };
            result = self.types.intern(Type::Signature(std::sync::Arc::new(info)));
        }
        self.method_types.insert(key, result);
        result
    }

    // ---- method sets

    /// The method set of a type, sorted by name.
    pub fn method_set(&mut self, ty: TypeId) -> Vec<MethodEntry> {
        let names = self.method_names(ty);
        self.methods_named(ty, names)
    }

    /// The names of all methods of a type and of pointers to it, in no order: none of them is declared for that.
    pub fn method_names(&mut self, ty: TypeId) -> Vec<(Symbol, PkgId)> {
        let mut names: Vec<(Symbol, PkgId)> = Vec::new();
        let base = match self.types.get(ty) {
            Type::Pointer(base) => *base,
            _ => ty,
        };
        self.collect_method_names(base, &mut names, &mut Vec::new());
        names
    }

    /// The methods of the method set that have these names, sorted by name.
    pub fn methods_named(&mut self, ty: TypeId, names: Vec<(Symbol, PkgId)>) -> Vec<MethodEntry> {
        let mut set = Vec::new();
        for (name, pkg) in names {
            if let Lookup::Method { path, func, ty, indirect, pointer_receiver } =
                self.lookup_member(ty, name, pkg)
                && (indirect || !pointer_receiver)
            {
                set.push(MethodEntry { name, pkg, path, func, pointer_receiver, ty });
            }
        }
        set.sort_by(|a, b| self.name(a.name).cmp(self.name(b.name)).then(a.pkg.cmp(&b.pkg)));
        set
    }

    fn collect_method_names(&mut self, ty: TypeId, names: &mut Vec<(Symbol, PkgId)>, seen: &mut Vec<TypeId>) {
        if seen.contains(&ty) || seen.len() > MAX_DEPTH * 10 {
            return;
        }
        seen.push(ty);
        let mut add = |checker: &Checker, name: Symbol, pkg: PkgId| {
            if !names.iter().any(|(other, other_pkg)| checker.same_member(*other, *other_pkg, name, pkg)) {
                names.push((name, pkg));
            }
        };
        if let Some(named) = self.types.as_named(ty) {
            for method in self.methods_of(named) {
                add(self, self.object(method).name, self.object(method).pkg);
            }
        }
        match self.types.under(ty) {
            Type::Struct(fields) => {
                for field in fields.iter().filter(|field| field.embedded) {
                    let base = match self.types.get(field.ty) {
                        Type::Pointer(base) => *base,
                        _ => field.ty,
                    };
                    self.collect_method_names(base, names, seen);
                }
            }
            Type::Interface(_) | Type::Param(_) => {
                for method in &self.types.type_set(ty).methods {
                    add(self, method.name, method.pkg);
                }
            }
            _ => {}
        }
    }

    // ---- interfaces

    fn is_interface_pointer(&mut self, ty: TypeId) -> Option<String> {
        let Type::Pointer(base) = self.types.under(ty) else { return None };
        let shown = self.show(ty);
        match self.types.under(base) {
            Type::Param(_) => Some(format!("type {shown} is pointer to type parameter, not type parameter")),
            Type::Interface(_) => Some(format!("type {shown} is pointer to interface, not interface")),
            _ => None,
        }
    }

    /// A method's name and signature without names of parameters.
    fn method_text(&mut self, name: Symbol, sig: TypeId) -> String {
        let plain = match self.types.get(sig).clone() {
            Type::Signature(info) => {
                let info = SigInfo { names: crate::ty::ParamNames::default(), ..(*info).clone() };
                self.show_plain_signature(&info)
            }
            _ => String::new(),
        };
        format!("{}{plain}", self.name(name))
    }

    /// The first method of an interface that a type lacks. `asserting`: for a type assertion, where
    /// an interface type need only not contradict.
    ///
    /// # Errors
    /// The reason, in parentheses and with further lines.
    pub(crate) fn missing_method(
        &mut self,
        ty: TypeId,
        iface: TypeId,
        asserting: bool,
    ) -> Result<(), Reason> {
        let wanted = self.types.type_set(iface).methods.clone();
        let by_set = matches!(self.types.under(ty), Type::Interface(_) | Type::Param(_));
        // Whether a value of an interface type has another one's methods shows at run time only.
        if asserting && by_set {
            return Ok(());
        }
        // What is told is the first in the order of names.
        let mut first: Option<(String, Reason)> = None;
        for method in wanted {
            let name = self.name(method.name).to_string();
            if first.as_ref().is_some_and(|(before, _)| *before < name) {
                continue;
            }
            let mut found = self.lookup_member(ty, method.name, method.pkg);
            if by_set && !matches!(found, Lookup::Method { .. }) {
                found = Lookup::Missing;
            }
            let reason = match found {
                Lookup::Method { pointer_receiver: true, indirect: false, .. } => {
                    format!("(method {name} has pointer receiver)")
                }
                Lookup::Method { ty: sig, .. } => {
                    if self.types.identical(sig, method.sig) {
                        continue;
                    }
                    let (have, want) =
                        (self.method_text(method.name, sig), self.method_text(method.name, method.sig));
                    if have == want {
                        format!("(wrong type for method {name})")
                    } else {
                        format!("(wrong type for method {name})\n\t\thave {have}\n\t\twant {want}")
                    }
                }
                Lookup::Field { .. } => format!("({}.{name} is a field, not a method)", self.show(ty)),
                Lookup::Ambiguous => format!("(ambiguous selector {}.{name})", self.show(ty)),
                Lookup::Missing => {
                    self.reason_missing(ty, iface, method.name, method.pkg, method.sig, by_set)
                }
            };
            first = Some((name, Reason(reason)));
        }
        first.map_or(Ok(()), |(_, reason)| Err(reason))
    }

    fn reason_missing(
        &mut self,
        ty: TypeId,
        iface: TypeId,
        name: Symbol,
        pkg: PkgId,
        sig: TypeId,
        by_set: bool,
    ) -> String {
        let text = self.name(name).to_string();
        if !by_set && let Some((other, Lookup::Method { ty: have, .. })) = self.search_folded(ty, name, pkg) {
            if other == name {
                return format!("(unexported method {text})");
            }
            let (have, want) = (self.method_text(other, have), self.method_text(name, sig));
            return format!("(missing method {text})\n\t\thave {have}\n\t\twant {want}");
        }
        if let Some(error) = self.is_interface_pointer(ty) {
            return format!("({error})");
        }
        if let Some(error) = self.is_interface_pointer(iface) {
            return format!("({error})");
        }
        format!("(missing method {text})")
    }

    /// Whether some embedded field is in error, so that methods may be missing for that reason.
    fn has_invalid_embedded(&mut self, ty: TypeId, seen: &mut Vec<TypeId>) -> bool {
        let base = match self.types.under(ty) {
            Type::Pointer(base) => base,
            _ => ty,
        };
        let Type::Struct(fields) = self.types.under(base) else { return false };
        if seen.contains(&base) || seen.len() > MAX_DEPTH {
            return false;
        }
        seen.push(base);
        fields.iter().filter(|field| field.embedded).any(|field| {
            self.types.underlying(field.ty) == crate::ty::Basic::Invalid.id()
                || self.has_invalid_embedded(field.ty, seen)
        })
    }

    /// Whether a type implements an interface, or (`constraint`) satisfies it.
    ///
    /// # Errors
    /// The reason why not.
    pub(crate) fn implements(&mut self, ty: TypeId, iface: TypeId, constraint: bool) -> Result<(), Reason> {
        let invalid = crate::ty::Basic::Invalid.id();
        let (under, iface_under) = (self.types.underlying(ty), self.types.underlying(iface));
        if under == invalid || iface_under == invalid {
            return Ok(());
        }
        if let Type::Pointer(base) = *self.types.get(under)
            && self.types.underlying(base) == invalid
        {
            return Ok(());
        }
        let verb = if constraint { "satisfy" } else { "implement" };
        let (shown, shown_iface) = (self.show(ty), self.show(iface));
        if !matches!(self.types.get(iface_under), Type::Interface(_)) {
            let detail = match self.is_interface_pointer(iface) {
                Some(detail) => detail,
                None => format!("{shown_iface} is not an interface"),
            };
            return Err(Reason(format!("{shown} does not {verb} {shown_iface} ({detail})")));
        }
        let wanted = self.types.type_set(iface);
        if wanted.is_all() {
            return Ok(());
        }
        let own = match self.types.get(under) {
            Type::Interface(_) | Type::Param(_) => Some(self.types.type_set(ty)),
            _ => None,
        };
        if own.as_ref().is_some_and(|own| own.terms.as_ref().is_some_and(Vec::is_empty)) {
            return Ok(());
        }
        if wanted.terms.as_ref().is_some_and(Vec::is_empty) {
            return Err(Reason(format!("cannot {verb} {shown_iface} (empty type set)")));
        }
        if let Err(Reason(reason)) = self.missing_method(ty, iface, false)
            && !self.has_invalid_embedded(ty, &mut Vec::new())
        {
            return Err(Reason(format!("{shown} does not {verb} {shown_iface} {reason}")));
        }
        if let Some(terms) = &wanted.terms {
            match own {
                Some(own) => {
                    let subset = own.terms.as_ref().is_some_and(|own| {
                        own.iter().all(|x| terms.iter().any(|y| self.term_within(*x, *y)))
                    });
                    if !subset {
                        return Err(Reason(format!("{shown} does not {verb} {shown_iface}")));
                    }
                }
                None => {
                    let this = Term { tilde: false, ty };
                    if !terms.iter().any(|term| self.term_within(this, *term)) {
                        let detail = self.reason_not_in(ty, iface, terms);
                        return Err(Reason(format!("{shown} does not {verb} {shown_iface} ({detail})")));
                    }
                }
            }
        }
        // Spec: Satisfying a type constraint: types that compare with a possible panic will do.
        let comparable = !self.is_comparable_set(&wanted)
            || self.types.comparable(ty, false)
            || (constraint && self.types.comparable(ty, true));
        if comparable { Ok(()) } else { Err(Reason(format!("{shown} does not {verb} comparable"))) }
    }

    /// Whether a type satisfies a constraint for comparable types only because a panic is allowed.
    pub(crate) fn compares_with_panic(&mut self, ty: TypeId, constraint: TypeId) -> bool {
        let wanted = self.types.type_set(constraint);
        self.is_comparable_set(&wanted) && !self.types.comparable(ty, false)
    }

    fn is_comparable_set(&mut self, set: &crate::typeset::TypeSet) -> bool {
        match &set.terms {
            None => set.comparable,
            Some(terms) => set.comparable || terms.iter().all(|term| self.types.comparable(term.ty, false)),
        }
    }

    /// Whether all types of a term belong to another.
    fn term_within(&mut self, x: Term, y: Term) -> bool {
        let of = if y.tilde { self.types.underlying(x.ty) } else { x.ty };
        self.types.identical(of, y.ty) && (y.tilde || !x.tilde)
    }

    fn reason_not_in(&mut self, ty: TypeId, iface: TypeId, terms: &[Term]) -> String {
        let under = self.types.underlying(ty);
        let (shown, shown_iface) = (self.show(ty), self.show(iface));
        for term in terms.iter().filter(|term| !term.tilde) {
            if self.types.identical(under, term.ty) {
                return format!("possibly missing ~ for {} in {shown_iface}", self.show(term.ty));
            }
        }
        let iface_under = self.types.underlying(iface);
        if self.has_element(iface_under, ty) {
            return format!(
                "{shown_iface} mentions {shown}, but {shown} is not in the type set of {shown_iface}"
            );
        }
        let list: Vec<String> = terms
            .iter()
            .map(|term| format!("{}{}", if term.tilde { "~" } else { "" }, self.show_with_path(term.ty)))
            .collect();
        format!("{shown} missing in {}", list.join(" | "))
    }

    fn has_element(&mut self, within: TypeId, ty: TypeId) -> bool {
        match self.types.get(within).clone() {
            Type::Interface(info) => info.embeds.iter().any(|(embedded, _)| self.has_element(*embedded, ty)),
            Type::Union(terms) => terms.iter().any(|term| self.has_element(term.ty, ty)),
            _ => self.types.identical(within, ty),
        }
    }
}
