//! The order of initialisation. Spec: Package initialization.
//!
//! Objects of package level depend on each other through references. Variables are initialised in
//! the order of their declaration, each one after those it depends on, also through functions.
//! Functions are taken out of the graph first: who refers to a function depends on what it refers to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use golite_diag::Code;
use golite_syntax::ast::VarSpec;
use rustc_hash::FxHashSet;

use crate::check::Checker;
use crate::object::{DeclRef, ObjId, ObjKind, PkgId};

/// One step of a package's initialisation.
#[derive(Clone, Debug)]
pub struct InitStep {
    /// The variables, in the order of the specification's names; one unless they share a call.
    pub vars: Vec<ObjId>,
    /// The specification: one value a variable, or one for all.
    pub spec: Arc<VarSpec>,
    /// The place of the value in the specification.
    pub value: usize,
}

/// A constant or variable in the graph.
#[derive(Default)]
struct Node {
    before: BTreeSet<ObjId>,
    after: BTreeSet<ObjId>,
}

impl Checker {
    /// The steps of a package's initialisation, in order.
    #[must_use]
    pub fn init_order(&self, pkg: PkgId) -> &[InitStep] {
        self.init_steps.get(&pkg).map_or(&[], Vec::as_slice)
    }

    /// The objects of package level and methods that the declaration or body of an object refers
    /// to, as far as it has been checked.
    #[must_use]
    pub fn references(&self, obj: ObjId) -> &[ObjId] {
        self.deps.get(&obj).map_or(&[], Vec::as_slice)
    }

    /// The step that initialises a variable of package level, if it has a value.
    #[must_use]
    pub fn init_step(&self, var: ObjId) -> Option<InitStep> {
        let DeclRef::Var(spec, index) = &self.object(var).decl else { return None };
        if spec.values.is_empty() {
            return None;
        }
        let shared = spec.values.len() == 1 && spec.names.len() > 1;
        if !shared {
            return Some(InitStep { vars: vec![var], spec: spec.clone(), value: *index });
        }
        let pkg = self.object(var).pkg;
        let (_, vars) = self.package(pkg).vars.iter().find(|(other, _)| Arc::ptr_eq(other, spec))?;
        Some(InitStep { vars: vars.clone(), spec: spec.clone(), value: 0 })
    }

    /// Finds the order of a package's steps; reports cycles.
    pub(crate) fn check_init_order(&mut self, pkg: PkgId) {
        let mut graph = self.dependency_graph(pkg);
        let mut steps = Vec::new();
        let mut emitted: FxHashSet<ObjId> = FxHashSet::default();
        let mut queue: BTreeSet<(bool, usize, ObjId)> =
            graph.iter().map(|(obj, node)| (!self.is_const_object(*obj), node.after.len(), *obj)).collect();
        let mut counts: BTreeMap<ObjId, usize> =
            graph.iter().map(|(obj, node)| (*obj, node.after.len())).collect();
        while let Some((_, count, obj)) = queue.pop_first() {
            if count > 0
                && let Some(cycle) = self.find_path(pkg, obj, obj)
            {
                self.report_init_cycle(&cycle);
            }
            let before = graph.remove(&obj).unwrap_or_default().before;
            for dependent in before {
                let Some(count) = counts.get_mut(&dependent) else { continue };
                let rank = !self.is_const_object(dependent);
                if queue.remove(&(rank, *count, dependent)) {
                    *count -= 1;
                    queue.insert((rank, *count, dependent));
                }
            }
            if !matches!(self.object(obj).kind, ObjKind::Var(_)) || emitted.contains(&obj) {
                continue;
            }
            if let Some(step) = self.init_step(obj) {
                emitted.extend(&step.vars);
                steps.push(step);
            }
        }
        self.init_steps.insert(pkg, steps);
    }

    /// Reports constants among objects that refer to themselves.
    pub(crate) fn check_constant_cycles(&mut self, pkg: PkgId, objects: &[ObjId]) {
        let mut reported: FxHashSet<ObjId> = FxHashSet::default();
        for obj in objects {
            if self.is_const_object(*obj)
                && !reported.contains(obj)
                && let Some(cycle) = self.find_path(pkg, *obj, *obj)
            {
                self.report_init_cycle(&cycle);
                reported.extend(cycle);
            }
        }
    }

    fn is_const_object(&self, obj: ObjId) -> bool {
        matches!(self.object(obj).kind, ObjKind::Const(_))
    }

    /// Constants and variables of a package, with edges through functions.
    fn dependency_graph(&self, pkg: PkgId) -> BTreeMap<ObjId, Node> {
        let mut graph: BTreeMap<ObjId, Node> = BTreeMap::new();
        let mut funcs: Vec<ObjId> = Vec::new();
        for index in 0..self.objects.len() as u32 {
            let obj = ObjId(index);
            let object = self.object(obj);
            if object.pkg != pkg || object.decl_is_local() {
                continue;
            }
            match object.kind {
                ObjKind::Const(_) | ObjKind::Var(_) => {}
                ObjKind::Func => funcs.push(obj),
                _ => continue,
            }
            graph.entry(obj).or_default();
        }
        for obj in graph.keys().copied().collect::<Vec<_>>() {
            for dep in self.references(obj) {
                if !graph.contains_key(dep) {
                    continue;
                }
                graph.entry(obj).or_default().after.insert(*dep);
                graph.entry(*dep).or_default().before.insert(obj);
            }
        }
        // Functions with few edges first, as the number of edges is what this costs.
        funcs.sort_by_key(|func| graph.get(func).map_or(0, |node| node.before.len() * node.after.len()));
        for func in funcs {
            let Some(node) = graph.remove(&func) else { continue };
            for dependent in node.before.iter().filter(|dependent| **dependent != func) {
                for dep in node.after.iter().filter(|dep| **dep != func) {
                    if let Some(dep) = graph.get_mut(dep) {
                        dep.before.insert(*dependent);
                    }
                    if let Some(dependent) = graph.get_mut(dependent) {
                        dependent.after.insert(*dep);
                    }
                }
            }
            for dependent in &node.before {
                if let Some(dependent) = graph.get_mut(dependent) {
                    dependent.after.remove(&func);
                }
            }
            for dep in &node.after {
                if let Some(dep) = graph.get_mut(dep) {
                    dep.before.remove(&func);
                }
            }
        }
        graph
    }

    /// A way from an object back to itself: the objects after it, last first.
    fn find_path(&self, pkg: PkgId, from: ObjId, to: ObjId) -> Option<Vec<ObjId>> {
        let mut seen: FxHashSet<ObjId> = FxHashSet::default();
        seen.insert(from);
        // Each entry: an object and its references that are still to be tried.
        let sorted = |obj: ObjId| {
            let mut deps: Vec<ObjId> =
                self.references(obj).iter().copied().filter(|dep| self.object(*dep).pkg == pkg).collect();
            deps.sort_by(|a, b| b.cmp(a));
            deps
        };
        let mut stack = vec![(from, sorted(from))];
        while let Some((_, deps)) = stack.last_mut() {
            let Some(dep) = deps.pop() else {
                stack.pop();
                continue;
            };
            if dep == to {
                let mut path = vec![to];
                path.extend(stack.iter().skip(1).rev().map(|(obj, _)| *obj));
                return Some(path);
            }
            if seen.insert(dep) {
                stack.push((dep, sorted(dep)));
            }
        }
        None
    }

    fn report_init_cycle(&mut self, cycle: &[ObjId]) {
        let first = cycle[0];
        let name = |checker: &Checker, obj: ObjId| checker.name(checker.object(obj).name).to_string();
        let span = self.object(first).span;
        if cycle.len() == 1 {
            let message = format!("initialization cycle: {} refers to itself", name(self, first));
            self.error(Code::InitializationCycle, span, message);
            return;
        }
        let mut lines = Vec::new();
        let mut obj = first;
        for next in cycle.iter().rev() {
            lines.push((
                self.object(obj).span,
                format!("{} refers to {}", name(self, obj), name(self, *next)),
            ));
            obj = *next;
        }
        let message = format!("initialization cycle for {}", name(self, first));
        self.error_with(Code::InitializationCycle, span, message, &lines);
    }
}
