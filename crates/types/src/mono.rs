//! Instantiations without end. Spec: Instantiations; Go refuses programs that would need infinitely
//! many instances.
//!
//! Type parameters are the vertices of a graph. An instantiation `F[T]` has an edge from each type
//! parameter in `T` to the one it is given for; it is heavy if `T` is more than that parameter. A
//! circle with a heavy edge makes ever larger types.

use golite_diag::Code;
use golite_source::Span;
use rustc_hash::FxHashMap;

use crate::check::Checker;
use crate::object::{ObjId, PkgId};
use crate::ty::{Type, TypeId};

/// One type argument that mentions a type parameter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    from: TypeId,
    to: TypeId,
    heavy: bool,
    /// The type argument.
    arg: TypeId,
    span: Span,
}

/// What is known about a type parameter while circles are looked for.
#[derive(Clone, Copy, Debug, Default)]
struct Vertex {
    weight: u32,
    /// The edge the weight comes from.
    edge: Option<usize>,
    /// Edges on the way.
    length: usize,
}

impl Checker {
    /// Notes an instantiation. Places are those of written type arguments, or the whole's.
    pub(crate) fn note_instance(&mut self, params: &[TypeId], args: &[TypeId], span: Span, spans: &[Span]) {
        for (i, (param, arg)) in params.iter().zip(args).enumerate() {
            let mut found = Vec::new();
            self.params_within(*arg, &mut found, &mut Vec::new());
            let span = spans.get(i).copied().unwrap_or(span);
            for from in found {
                self.edges.push(Edge { from, to: *param, heavy: from != *arg, arg: *arg, span });
            }
        }
    }

    fn params_within(&self, ty: TypeId, found: &mut Vec<TypeId>, seen: &mut Vec<TypeId>) {
        if seen.contains(&ty) {
            return;
        }
        seen.push(ty);
        let parts: Vec<TypeId> = match self.types.get(ty) {
            Type::Basic(_) => return,
            Type::Param(_) => {
                if !found.contains(&ty) {
                    found.push(ty);
                }
                return;
            }
            Type::Named(named) => {
                let info = self.types.named_info(*named);
                match &info.origin {
                    Some((_, args)) => args.clone(),
                    None => info.hidden.clone(),
                }
            }
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
            self.params_within(part, found, seen);
        }
    }

    /// Reports the first circle of instantiations that grows, when a package is checked.
    pub(crate) fn check_instance_cycles(&mut self, pkg: PkgId) {
        let mut edges = std::mem::take(&mut self.edges);
        let canonical = self.canonical_params(pkg);
        for edge in &mut edges {
            edge.from = canonical.get(&edge.from).copied().unwrap_or(edge.from);
            edge.to = canonical.get(&edge.to).copied().unwrap_or(edge.to);
        }
        let mut vertices: FxHashMap<TypeId, Vertex> = FxHashMap::default();
        for edge in &edges {
            vertices.entry(edge.from).or_default();
            vertices.entry(edge.to).or_default();
        }
        loop {
            let mut changed = false;
            for (i, edge) in edges.iter().enumerate() {
                let source = vertices[&edge.from];
                let weight = source.weight + u32::from(edge.heavy);
                if weight <= vertices[&edge.to].weight {
                    continue;
                }
                let length = source.length + 1;
                vertices.insert(edge.to, Vertex { weight, edge: Some(i), length });
                if length > vertices.len() {
                    self.report_instance_cycle(&edges, &vertices, edge.to);
                    return;
                }
                changed = true;
            }
            if !changed {
                return;
            }
        }
    }

    /// Type parameters of receivers stand for those of their types.
    fn canonical_params(&self, pkg: PkgId) -> FxHashMap<TypeId, TypeId> {
        let mut canonical = FxHashMap::default();
        for func in &self.package(pkg).funcs {
            let object = self.object(*func);
            let Some(named) = object.receiver.and_then(|receiver| self.types.as_named(receiver)) else {
                continue;
            };
            let info = self.types.named_info(named);
            let origin = info.origin.as_ref().map_or(info, |(origin, _)| self.types.named_info(*origin));
            canonical.extend(object.type_params.iter().copied().zip(origin.type_params.iter().copied()));
        }
        canonical
    }

    fn report_instance_cycle(&mut self, edges: &[Edge], vertices: &FxHashMap<TypeId, Vertex>, last: TypeId) {
        // Back along the edges until a parameter comes up again: from there on it is a circle.
        let mut path: Vec<TypeId> = Vec::new();
        let mut at = last;
        while !path.contains(&at) {
            path.push(at);
            let Some(edge) = vertices[&at].edge else { return };
            at = edges[edge].from;
        }
        let start = path.iter().position(|param| *param == at).unwrap_or(0);
        let mut message = "instantiation cycle:".to_string();
        for param in &path[start..] {
            let Some(edge) = vertices[param].edge.map(|edge| edges[edge]) else { continue };
            let (name, arg) = (self.show(edge.to), self.show(edge.arg));
            let place = self.place(edge.span);
            message += &format!("\n\t{place}: {name} instantiated as {arg}");
        }
        let span = self.object(self.param_object(at)).span;
        self.error(Code::InstantiationCycle, span, message);
    }

    fn param_object(&self, param: TypeId) -> ObjId {
        self.types.as_param(param).map_or(ObjId(0), |id| self.types.param_info(id).obj)
    }
}
