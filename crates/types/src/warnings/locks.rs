//! Copies of locks.

use golite_diag::{Code, Diagnostic};
use golite_source::Span;
use golite_syntax::ast::{CallExpr, Decl, Expr, FuncDecl, Stmt, StmtKind};

use crate::check::Checker;
use crate::info::Mode;
use crate::ty::{Type, TypeId};

/// Types of `sync` and `sync/atomic` that must stay where they are.
const LOCKS: &[&str] = &["Mutex", "RWMutex", "WaitGroup", "Once", "Cond", "Pool", "Map"];

impl Checker {
    /// The lock in a type: the way to it as fields, and its name.
    fn lock_in(&mut self, ty: TypeId) -> Option<String> {
        self.find_lock(ty, &mut Vec::new())
    }

    fn find_lock(&mut self, ty: TypeId, seen: &mut Vec<TypeId>) -> Option<String> {
        if seen.contains(&ty) || seen.len() > 50 {
            return None;
        }
        seen.push(ty);
        if let Some((path, name)) = self.std_type(ty) {
            let is_lock =
                path == "sync" && LOCKS.contains(&name.as_str()) || path == "sync/atomic" && name != "Value";
            // Types of other standard packages guard themselves.
            return is_lock.then(|| format!("{}.{name}", path.rsplit('/').next().unwrap_or(&path)));
        }
        match self.types.under(ty) {
            Type::Struct(fields) => fields.iter().find_map(|field| self.find_lock(field.ty, seen)),
            Type::Array(_, elem) => self.find_lock(elem, seen),
            _ => None,
        }
    }

    fn copies(&mut self, what: &str, value: Span, ty: TypeId, found: &mut Vec<Diagnostic>) {
        let Some(lock) = self.lock_in(ty) else { return };
        let shown = self.show_in(ty, self.env.pkg);
        let contains = if shown == lock { String::new() } else { format!(" contains {lock}") };
        let message = format!("{what} copies lock value: {shown}{contains}");
        let mut warning = Diagnostic::warning(Code::CopiedLock, value, message);
        warning.about("the copy has a lock of its own");
        warning.help("use a pointer: what guards the value must be one lock");
        found.push(warning);
    }

    /// Whether an expression is something that exists already, so that taking its value copies it.
    fn is_stored(&self, expr: &Expr) -> bool {
        matches!(self.info.fact(expr.id).mode, Mode::Variable | Mode::MapIndex)
    }

    pub(super) fn warn_copies(&mut self, stmt: &Stmt, found: &mut Vec<Diagnostic>) {
        match &stmt.kind {
            StmtKind::Assign(left, right, _) | StmtKind::Define(left, right, _) => {
                for (left, value) in left.iter().zip(right) {
                    if self.is_stored(value) && self.text(left.span) != "_" {
                        let what = format!("assignment to {}", self.expr_text(left));
                        self.copies(&what, value.span, self.info.fact(value.id).ty, found);
                    }
                }
            }
            StmtKind::Decl(decls) => {
                for decl in decls {
                    if let Decl::Var(spec) = decl {
                        for value in &spec.values {
                            if self.is_stored(value) {
                                self.copies(
                                    "variable declaration",
                                    value.span,
                                    self.info.fact(value.id).ty,
                                    found,
                                );
                            }
                        }
                    }
                }
            }
            StmtKind::Range(range) => {
                if let Some(value) = &range.value
                    && let Some(obj) = value.as_ident().and_then(|ident| self.info.object(ident.id))
                {
                    let text = self.text(value.span).to_string();
                    self.copies(&format!("range var {text}"), value.span, self.object(obj).ty, found);
                }
            }
            StmtKind::Return(values) => {
                for value in values {
                    if self.is_stored(value) {
                        self.copies("return", value.span, self.info.fact(value.id).ty, found);
                    }
                }
            }
            _ => {}
        }
    }

    pub(super) fn warn_lock_arguments(&mut self, call: &CallExpr, found: &mut Vec<Diagnostic>) {
        let mode = self.info.fact(call.func.id).mode;
        if matches!(mode, Mode::Type | Mode::Builtin(_)) {
            return;
        }
        for arg in &call.args {
            if self.is_stored(arg) {
                let what = format!("call of {}", self.expr_text(&call.func));
                self.copies(&what, arg.span, self.info.fact(arg.id).ty, found);
            }
        }
    }

    /// Receivers and parameters that are passed as copies.
    pub(super) fn warn_lock_params(&mut self, func: &FuncDecl, found: &mut Vec<Diagnostic>) {
        let name = self.owned_name(func.name.name);
        for field in func.receiver.iter().flatten().chain(&func.ty.params) {
            let ty = self.info.fact(field.ty.id).ty;
            self.copies(&format!("{name} passes lock by value and"), field.ty.span, ty, found);
        }
    }
}
