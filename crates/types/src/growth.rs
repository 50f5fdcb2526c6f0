//! Instances that beget ever larger instances.
//!
//! An edge leads from a type parameter to one whose argument mentions it. It is a growing edge if
//! the argument is more than the parameter itself. A cycle through a growing edge would need
//! infinitely many instances; types that are declared in generic functions are no exception, since
//! their hidden parameters are arguments as well.

use std::collections::BTreeMap;

use golite_diag::Code;
use golite_source::Span;

use crate::check::Checker;
use crate::object::PkgId;
use crate::ty::{ParamId, Type, TypeId};

/// A mention of a type parameter in an argument for another one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Growth {
    from: ParamId,
    to: ParamId,
    grows: bool,
    arg: TypeId,
    span: Span,
}

impl Checker {
    /// Notes what an instance's arguments mention. `spans` are the places of those that are written.
    pub(crate) fn record_growth(&mut self, params: &[TypeId], args: &[TypeId], span: Span, spans: &[Span]) {
        for (i, (param, arg)) in params.iter().zip(args).enumerate() {
            let span = spans.get(i).copied().unwrap_or(span);
            let Some(to) = self.types.as_param(*param) else { continue };
            let mut mentioned = Vec::new();
            self.mentioned_params(*arg, &mut mentioned, 0);
            for from in mentioned {
                let from = self.canonical_params.get(&from).copied().unwrap_or(from);
                let to = self.canonical_params.get(&to).copied().unwrap_or(to);
                let grows = self.types.as_param(*arg).is_none();
                let known =
                    self.growth.iter().any(|edge| edge.from == from && edge.to == to && edge.grows >= grows);
                if !known {
                    self.growth.push(Growth { from, to, grows, arg: *arg, span });
                }
            }
        }
    }

    fn mentioned_params(&self, ty: TypeId, out: &mut Vec<ParamId>, depth: u32) {
        if depth > 100 {
            return;
        }
        let mut each = |types: &[TypeId]| {
            for ty in types {
                self.mentioned_params(*ty, out, depth + 1);
            }
        };
        match self.types.get(ty) {
            Type::Param(param) => {
                if !out.contains(param) {
                    out.push(*param);
                }
            }
            Type::Named(named) => {
                let info = self.types.named_info(*named);
                match &info.origin {
                    Some((_, args)) => each(args),
                    None => each(&info.hidden),
                }
            }
            Type::Pointer(elem) | Type::Slice(elem) | Type::Array(_, elem) | Type::Chan(_, elem) => {
                each(&[*elem])
            }
            Type::Map(key, value) => each(&[*key, *value]),
            Type::Struct(fields) => fields.iter().for_each(|field| each(&[field.ty])),
            Type::Tuple(types) => each(types),
            Type::Signature(sig) => {
                each(&sig.params);
                each(&sig.results);
            }
            Type::Interface(info) => info.methods.iter().for_each(|method| each(&[method.sig])),
            Type::Union(terms) => terms.iter().for_each(|term| each(&[term.ty])),
            Type::Basic(_) => {}
        }
    }

    /// Reports cycles of type parameters through which instances grow without end.
    pub(crate) fn check_growth(&mut self, pkg: PkgId) {
        let edges = self.growth.clone();
        let mut after: BTreeMap<ParamId, Vec<usize>> = BTreeMap::new();
        for (i, edge) in edges.iter().enumerate() {
            after.entry(edge.from).or_default().push(i);
        }
        for (i, edge) in edges.iter().enumerate().filter(|(_, edge)| edge.grows) {
            let obj = self.types.param_info(edge.to).obj;
            if self.object(obj).pkg != pkg {
                continue;
            }
            let Some(mut path) = way_back(&edges, &after, edge.to, edge.from) else { continue };
            path.insert(0, i);
            let mut lines = Vec::new();
            for i in path {
                let Growth { from, arg, span, .. } = edges[i];
                let name = self.owned_name(self.types.param_info(from).name);
                lines.push((span, format!("{name} instantiated as {}", self.show(arg))));
            }
            let first = self.types.param_info(edge.from).obj;
            let span = self.object(first).span;
            self.error_with(Code::InstantiationCycle, span, "instantiation cycle:".into(), &lines);
            return;
        }
    }
}

/// The edges of a way between two parameters.
fn way_back(
    edges: &[Growth],
    after: &BTreeMap<ParamId, Vec<usize>>,
    from: ParamId,
    to: ParamId,
) -> Option<Vec<usize>> {
    // By which edge a parameter was reached.
    let mut reached: BTreeMap<ParamId, usize> = BTreeMap::new();
    let mut queue = vec![from];
    if from == to {
        return Some(Vec::new());
    }
    while let Some(at) = queue.pop() {
        for i in after.get(&at).into_iter().flatten() {
            let next = edges[*i].to;
            if next == from || reached.contains_key(&next) {
                continue;
            }
            reached.insert(next, *i);
            if next == to {
                let mut path = Vec::new();
                let mut at = to;
                while at != from {
                    let edge = reached[&at];
                    path.insert(0, edge);
                    at = edges[edge].from;
                }
                return Some(path);
            }
            queue.push(next);
        }
    }
    None
}
