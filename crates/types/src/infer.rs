//! Inference of type arguments. Spec: Type inference.

use golite_source::Span;

use crate::check::Checker;
use crate::lookup::Lookup;
use crate::operand::Operand;
use crate::subst::Subst;
use crate::ty::{ParamInfo, SigInfo, Term, Type, TypeId};
use crate::unify::{Match, Unifier};

/// What is solved for, and what is known.
#[derive(Debug, Default)]
pub(crate) struct Inference {
    /// The type parameters, renamed so that they occur nowhere else.
    pub params: Vec<TypeId>,
    /// The type arguments, where they are given.
    pub args: Vec<Option<TypeId>>,
    /// Where errors about the whole are reported.
    pub span: Span,
    /// The one argument is what the function is assigned to.
    pub reverse: bool,
    /// What went wrong.
    pub error: Option<(Span, String)>,
}

impl Checker {
    /// New type parameters with the same constraints, and the renaming.
    pub(crate) fn rename_params(&mut self, params: &[TypeId]) -> (Vec<TypeId>, Subst) {
        let mut renamed = Vec::new();
        for param in params {
            let Some(id) = self.types.as_param(*param) else { continue };
            let ParamInfo { obj, name, index, constraint } = self.types.param_info(id).clone();
            renamed.push(self.types.new_param(ParamInfo { obj, name, index, constraint }));
        }
        let map: Subst = params.iter().copied().zip(renamed.iter().copied()).collect();
        for param in &renamed {
            let Some(id) = self.types.as_param(*param) else { continue };
            let constraint = self.types.param_info(id).constraint;
            let constraint = self.types.subst(constraint, &map);
            self.types.params[id.0 as usize].constraint = constraint;
        }
        (renamed, map)
    }

    /// Whether a type mentions one of the type parameters.
    pub(crate) fn mentions(&self, ty: TypeId, params: &[TypeId]) -> bool {
        let any = |types: &[TypeId]| types.iter().any(|ty| self.mentions(*ty, params));
        match self.types.get(ty) {
            Type::Basic(_) => false,
            Type::Param(_) => params.contains(&ty),
            Type::Named(named) => match &self.types.named_info(*named).origin {
                Some((_, args)) => any(args),
                None => false,
            },
            Type::Pointer(elem) | Type::Slice(elem) | Type::Array(_, elem) | Type::Chan(_, elem) => {
                self.mentions(*elem, params)
            }
            Type::Map(key, value) => any(&[*key, *value]),
            Type::Struct(fields) => fields.iter().any(|field| self.mentions(field.ty, params)),
            Type::Tuple(types) => any(types),
            Type::Signature(sig) => any(&sig.params) || any(&sig.results),
            Type::Interface(info) => {
                info.methods.iter().any(|method| self.mentions(method.sig, params))
                    || info.embeds.iter().any(|(ty, _)| self.mentions(*ty, params))
            }
            Type::Union(terms) => terms.iter().any(|term| self.mentions(term.ty, params)),
        }
    }

    /// Finds all type arguments, from the arguments of a call and from constraints. Says what went
    /// wrong in `inference.error`, or nothing if that was reported before.
    pub(crate) fn infer(
        &mut self,
        inference: &mut Inference,
        params: &[TypeId],
        values: &[Operand<'_>],
    ) -> Option<Vec<TypeId>> {
        if let Some(all) = inference.args.iter().copied().collect::<Option<Vec<TypeId>>>()
            && all.len() == inference.params.len()
        {
            return Some(all);
        }
        if values.iter().any(|value| !value.is_valid()) {
            return None;
        }
        let solve = inference.params.clone();
        let known: Subst = pairs(&solve, &inference.args);
        let params: Vec<TypeId> = params.iter().map(|param| self.types.subst(*param, &known)).collect();
        let mut unifier = Unifier::new(&solve, &inference.args);
        let mut untyped = Vec::new();
        for (i, (param, value)) in params.iter().zip(values).enumerate() {
            if !self.mentions(*param, &solve) && !self.mentions(value.ty, &solve) {
                continue;
            }
            if !self.is_untyped(value.ty) {
                if !unifier.unify(self, *param, value.ty, Match::Assign) {
                    let message = self.mismatch(&unifier, inference, *param, value);
                    inference.error = Some((value.span, message));
                    return None;
                }
            } else if self.is_param(*param) && !value.is_nil() {
                untyped.push(i);
            }
        }
        self.infer_from_constraints(&mut unifier, inference)?;
        self.infer_from_untyped(&mut unifier, inference, &params, values, &untyped)?;
        self.complete(&unifier, inference)
    }

    fn mismatch(
        &mut self,
        unifier: &Unifier,
        inference: &Inference,
        param: TypeId,
        value: &Operand<'_>,
    ) -> String {
        let (ty, text, shown) = (self.show(value.ty), self.operand_text(value), self.show(param));
        let found = unifier.inferred(&inference.params);
        if found.iter().all(Option::is_none) {
            let names = self.param_names(&inference.params);
            return format!("type {ty} of {text} does not match {shown} (cannot infer {names})");
        }
        let inferred = self.types.subst(param, &pairs(&inference.params, &found));
        if inferred == param {
            return format!("type {ty} of {text} does not match {shown}");
        }
        let inferred = self.show(inferred);
        if inference.reverse {
            format!("inferred type {inferred} for {shown} does not match type {ty} of {text}")
        } else {
            format!("type {ty} of {text} does not match inferred type {inferred} for {shown}")
        }
    }

    fn param_names(&self, params: &[TypeId]) -> String {
        let names: Vec<String> = params.iter().map(|param| self.show(*param)).collect();
        match names.as_slice() {
            [] => String::new(),
            [one] => one.clone(),
            [one, two] => format!("{one} and {two}"),
            [many @ .., last] => format!("{}, and {last}", many.join(", ")),
        }
    }

    /// Unifies type arguments with the core types and methods of their constraints while that finds
    /// out something.
    fn infer_from_constraints(&mut self, unifier: &mut Unifier, inference: &mut Inference) -> Option<()> {
        let solve = inference.params.clone();
        loop {
            let unknown = unifier.unknown();
            for param in &solve {
                let known = unifier.at(*param);
                match (self.core_term(*param), known) {
                    (Some((core, _)), Some(known)) if !unifier.unify(self, known, core.ty, Match::Loose) => {
                        inference.error = Some((inference.span, self.unsatisfied(*param, known, "")));
                        return None;
                    }
                    (Some((core, Single::Yes)), None) if !core.tilde => unifier.set(*param, core.ty),
                    _ => {}
                }
                if let Some(known) = known
                    && !self.mentions(known, &solve)
                    && let Err(cause) = self.unify_constraint_methods(unifier, *param, known)
                {
                    inference.error = Some((inference.span, self.unsatisfied(*param, known, &cause)));
                    return None;
                }
            }
            if unifier.unknown() == unknown {
                return Some(());
            }
        }
    }

    fn unsatisfied(&mut self, param: TypeId, ty: TypeId, cause: &str) -> String {
        let constraint = match self.types.as_param(param) {
            Some(id) => self.types.param_info(id).constraint,
            None => param,
        };
        let (param, ty, constraint) = (self.show(param), self.show(ty), self.show(constraint));
        let space = if cause.is_empty() { "" } else { " " };
        format!("{param} (type {ty}) does not satisfy {constraint}{space}{cause}")
    }

    fn unify_constraint_methods(
        &mut self,
        unifier: &mut Unifier,
        param: TypeId,
        ty: TypeId,
    ) -> Result<(), String> {
        let set = self.types.type_set(param);
        for method in &set.methods {
            let fits = match self.lookup_selection(ty, method.name) {
                Lookup::Method { ty, indirect, pointer_receiver, .. } if indirect || !pointer_receiver => {
                    unifier.unify(self, ty, method.sig, Match::Exact)
                }
                _ => false,
            };
            if !fits {
                let Some(id) = self.types.as_param(param) else { return Ok(()) };
                let constraint = self.types.param_info(id).constraint;
                let cause = match self.missing_method(ty, constraint, false) {
                    Err(reason) => reason.0,
                    Ok(()) => return Ok(()),
                };
                return Err(if cause.starts_with('(') { cause } else { format!("({cause})") });
            }
        }
        Ok(())
    }

    /// The one type of a type parameter's type set, or its core type.
    fn core_term(&mut self, param: TypeId) -> Option<(Term, Single)> {
        let terms = self.types.type_set(param).terms.clone()?;
        match terms.as_slice() {
            [] => None,
            [one] => Some((*one, Single::Yes)),
            many => {
                let tilde = many.iter().any(|term| term.tilde);
                let ty = self.common_under(param).ok()?;
                Some((Term { tilde, ty }, Single::No))
            }
        }
    }

    /// Parameters that have only untyped constants as arguments get the default type of the largest.
    fn infer_from_untyped(
        &mut self,
        unifier: &mut Unifier,
        inference: &mut Inference,
        params: &[TypeId],
        values: &[Operand<'_>],
        untyped: &[usize],
    ) -> Option<()> {
        let mut largest: Vec<(TypeId, TypeId)> = Vec::new();
        for i in untyped {
            let (param, value) = (params[*i], &values[*i]);
            if unifier.at(param).is_some() {
                continue;
            }
            match largest.iter_mut().find(|(other, _)| *other == param) {
                None => largest.push((param, value.ty)),
                Some((_, most)) => match self.max_untyped(*most, value.ty) {
                    Some(max) => *most = max,
                    None => {
                        let (a, b, name) = (self.show(*most), self.show(value.ty), self.show(param));
                        let message = format!("mismatched types {a} and {b} (cannot infer {name})");
                        inference.error = Some((value.span, message));
                        return None;
                    }
                },
            }
        }
        for (param, ty) in largest {
            unifier.set(param, self.default_type(ty));
        }
        Some(())
    }

    /// Replaces type parameters inside of inferred types by what is inferred for them.
    fn complete(&mut self, unifier: &Unifier, inference: &mut Inference) -> Option<Vec<TypeId>> {
        let solve = inference.params.clone();
        let mut inferred = unifier.inferred(&solve);
        for param in &solve {
            self.kill_cycles(*param, &solve, &mut inferred, &mut Vec::new());
        }
        let mut open: Vec<usize> = (0..inferred.len())
            .filter(|i| inferred[*i].is_some() && inference.args.get(*i).copied().flatten().is_none())
            .collect();
        while !open.is_empty() {
            let map = pairs(&solve, &inferred);
            let mut changed = Vec::new();
            for i in open {
                let Some(before) = inferred[i] else { continue };
                let mut after = self.types.subst(before, &map);
                if after == before {
                    continue;
                }
                // A generic function all of whose type parameters are known is not generic any more.
                if let Type::Signature(sig) = self.types.get(after).clone()
                    && !sig.type_params.is_empty()
                    && !self.mentions(after, &solve)
                {
                    let plain = SigInfo { type_params: Vec::new(), ..(*sig).clone() };
                    after = self.types.intern(Type::Signature(std::sync::Arc::new(plain)));
                }
                inferred[i] = Some(after);
                changed.push(i);
            }
            open = changed;
        }
        let mut result = Vec::new();
        for (i, ty) in inferred.iter().enumerate() {
            match ty {
                Some(ty) if !self.mentions(*ty, &solve) => result.push(*ty),
                _ => {
                    let place = self.declared_at(solve[i]);
                    let name = self.types.as_param(solve[i]).map_or("", |param| {
                        let name = self.types.param_info(param).name;
                        self.name(name)
                    });
                    let message = format!("cannot infer {name}{place}");
                    inference.error = Some((inference.span, message));
                    return None;
                }
            }
        }
        Some(result)
    }

    fn declared_at(&self, param: TypeId) -> String {
        let Some(id) = self.types.as_param(param) else { return String::new() };
        let span = self.object(self.types.param_info(id).obj).span;
        let place = self.place(span);
        if place.is_empty() { place } else { format!(" (declared at {place})") }
    }

    /// Forgets what is inferred for parameters that would contain themselves.
    fn kill_cycles(
        &self,
        ty: TypeId,
        solve: &[TypeId],
        inferred: &mut [Option<TypeId>],
        path: &mut Vec<TypeId>,
    ) {
        let index = solve.iter().position(|param| *param == ty);
        if path.contains(&ty) {
            if let Some(index) = index {
                inferred[index] = None;
            }
            return;
        }
        path.push(ty);
        let parts: Vec<TypeId> = match self.types.get(ty) {
            Type::Basic(_) => Vec::new(),
            Type::Param(_) => index.and_then(|index| inferred[index]).into_iter().collect(),
            Type::Named(named) => match &self.types.named_info(*named).origin {
                Some((_, args)) => args.clone(),
                None => Vec::new(),
            },
            Type::Pointer(elem) | Type::Slice(elem) | Type::Array(_, elem) | Type::Chan(_, elem) => {
                vec![*elem]
            }
            Type::Map(key, value) => vec![*key, *value],
            Type::Struct(fields) => fields.iter().map(|field| field.ty).collect(),
            Type::Tuple(types) => types.to_vec(),
            Type::Signature(sig) => sig.params.iter().chain(&sig.results).copied().collect(),
            Type::Interface(info) => {
                let methods = info.methods.iter().map(|method| method.sig);
                methods.chain(info.embeds.iter().map(|(ty, _)| *ty)).collect()
            }
            Type::Union(terms) => terms.iter().map(|term| term.ty).collect(),
        };
        for part in parts {
            self.kill_cycles(part, solve, inferred, path);
        }
        path.pop();
    }
}

/// Whether a core type is the only type of its type set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Single {
    Yes,
    No,
}

fn pairs(params: &[TypeId], args: &[Option<TypeId>]) -> Subst {
    params.iter().zip(args).filter_map(|(param, arg)| arg.map(|arg| (*param, arg))).collect()
}
