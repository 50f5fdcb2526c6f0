//! Warnings: programs that run, but hardly as meant.
//!
//! A package without errors is walked once; each kind of warning looks at one sort of node. A warning
//! is given only where the mistake follows from the source around it, with no guess about what other
//! functions do: a false one costs more than a missing one.

mod flow;
mod locks;
mod numbers;
mod printf;
mod vars;

use golite_diag::{Code, Diagnostic};
use golite_source::Span;
use golite_syntax::ast::{CallExpr, Decl, Expr, ExprKind, File, FuncDecl, StmtKind};
use golite_syntax::walk::Node;

use crate::check::Checker;
use crate::object::{ObjId, ObjKind, PkgId};
use crate::ty::{Type, TypeId};

/// A function of a standard package: the path and the name.
type StdFunc = (String, String);

impl Checker {
    /// The warnings about a package that has no errors.
    pub fn warnings(&mut self, pkg: PkgId, files: &[File]) -> Vec<Diagnostic> {
        let outer = std::mem::replace(&mut self.env.pkg, pkg);
        let mut found = Vec::new();
        for file in files {
            let script = file.script.as_ref().and_then(|script| script.main.clone());
            if let Some(main) = script {
                self.warn_function(&main, &mut found);
                if let Some(body) = main.body() {
                    self.warn_below(Node::Block(body), &mut found);
                }
            }
            for decl in &file.decls {
                if let Decl::Func(func) = decl {
                    self.warn_function(func, &mut found);
                }
                self.warn_below(Node::Decl(decl), &mut found);
            }
        }
        self.env.pkg = outer;
        golite_diag::sort(&mut found);
        found
    }

    /// Looks at every node below one.
    fn warn_below(&mut self, top: Node<'_>, found: &mut Vec<Diagnostic>) {
        let mut waiting = vec![top];
        while let Some(node) = waiting.pop() {
            match node {
                Node::Expr(expr) => self.warn_expr(expr, found),
                Node::Stmt(stmt) => {
                    match &stmt.kind {
                        StmtKind::Expr(expr) => self.warn_dropped(expr, found),
                        StmtKind::For(_) | StmtKind::Range(_) => self.warn_loop(stmt, found),
                        _ => {}
                    }
                    self.warn_copies(stmt, found);
                    self.warn_self_assignment(stmt, found);
                }
                Node::Block(block) => self.warn_unreachable(&block.stmts, found),
                Node::Case(clause) => self.warn_unreachable(&clause.body, found),
                Node::Comm(clause) => self.warn_unreachable(&clause.body, found),
                Node::Decl(_) => {}
            }
            node.children(&mut waiting);
        }
    }

    fn warn_expr(&mut self, expr: &Expr, found: &mut Vec<Diagnostic>) {
        match &expr.kind {
            ExprKind::Call(call) => {
                self.warn_format(call, found);
                self.warn_conversion(expr, call, found);
                self.warn_lock_arguments(call, found);
            }
            ExprKind::Binary(binary) => {
                self.warn_comparison(expr, binary, found);
                self.warn_division(expr, binary, found);
            }
            _ => {}
        }
    }

    fn warn_function(&mut self, func: &FuncDecl, found: &mut Vec<Diagnostic>) {
        let Some(body) = func.body() else { return };
        self.warn_lock_params(func, found);
        self.warn_recursion(func, body, found);
        self.warn_local_variables(func, body, found);
    }

    // ---- facts

    /// The function of a standard package that a call calls.
    fn std_func(&self, call: &CallExpr) -> Option<StdFunc> {
        let ExprKind::Selector(base, name) = &call.func.kind else { return None };
        let ObjKind::PkgName(pkg) = self.object(self.info.object(base.as_ident()?.id)?).kind else {
            return None;
        };
        let package = self.package(pkg);
        package.std.then(|| (package.path.to_string(), self.owned_name(name.name)))
    }

    /// The variable that an expression is, if it is one.
    fn variable(&self, expr: &Expr) -> Option<ObjId> {
        let obj = self.info.object(expr.unparen().as_ident()?.id)?;
        matches!(self.object(obj).kind, ObjKind::Var(_)).then_some(obj)
    }

    /// The path and name of a defined type of a standard package.
    fn std_type(&self, ty: TypeId) -> Option<StdFunc> {
        let named = self.types.as_named(ty)?;
        let info = self.types.named_info(named);
        let obj = info.origin.as_ref().map_or(info.obj, |(origin, _)| self.types.named_info(*origin).obj);
        let object = self.object(obj);
        let package = self.package(object.pkg);
        package.std.then(|| (package.path.to_string(), self.owned_name(object.name)))
    }

    /// What a call of a standard function that only computes has to say when nobody takes its result.
    fn warn_dropped(&mut self, expr: &Expr, found: &mut Vec<Diagnostic>) {
        let ExprKind::Call(call) = &expr.unparen().kind else { return };
        let Some((path, name)) = self.std_func(call) else { return };
        let pure = match path.as_str() {
            "strings" => {
                name != "Repeat" && !name.starts_with("New") && !name.contains("Func") && name != "Map"
            }
            "strconv" => name.starts_with("Format") || name.starts_with("Quote") || name == "Itoa",
            "fmt" => name.starts_with("Sprint") || name == "Errorf",
            "errors" => name != "As",
            "math" | "unicode" | "unicode/utf8" => !name.starts_with("Append"),
            "slices" => matches!(
                name.as_str(),
                "Clone"
                    | "Compact"
                    | "Concat"
                    | "Contains"
                    | "Delete"
                    | "Equal"
                    | "Index"
                    | "Insert"
                    | "Max"
                    | "Min"
            ),
            "sort" => name == "Reverse",
            _ => false,
        };
        let shown = format!("{path}.{name}");
        if pure {
            let message = format!("result of {shown} call not used");
            let mut warning = Diagnostic::warning(Code::IgnoredResult, expr.span, message);
            warning.about("this value goes nowhere");
            warning.note(format!("{shown} only gives a value, it changes nothing"));
            found.push(warning);
            return;
        }
        let fallible = match path.as_str() {
            "strconv" => true,
            "os" => matches!(
                name.as_str(),
                "WriteFile"
                    | "ReadFile"
                    | "Open"
                    | "Create"
                    | "Mkdir"
                    | "MkdirAll"
                    | "Rename"
                    | "Chdir"
                    | "Setenv"
            ),
            _ => false,
        };
        if fallible && self.last_result_is_error(call) {
            let message = format!("error of {shown} call not checked");
            let mut warning = Diagnostic::warning(Code::UncheckedError, expr.span, message);
            warning.about("if this fails, nobody learns of it");
            warning.help("test the error, or drop it on purpose with _ =");
            found.push(warning);
        }
    }

    fn last_result_is_error(&mut self, call: &CallExpr) -> bool {
        let Some(core) = self.types.core(self.info.fact(call.func.id).ty) else { return false };
        let Type::Signature(sig) = self.types.get(core).clone() else { return false };
        sig.results.last().is_some_and(|last| self.show(*last) == "error")
    }
}

/// The part of a function type from its name on.
fn head(func: &FuncDecl) -> Span {
    Span::new(func.name.span.start, func.ty.span.end)
}
