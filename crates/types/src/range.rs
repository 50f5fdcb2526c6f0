//! `for ... range`. Spec: For statements with range clause.

use golite_diag::Code;
use golite_source::{Span, sym};
use golite_syntax::ast::{ChanDir, Expr, RangeStmt};

use crate::check::Checker;
use crate::info::{Fact, Mode};
use crate::object::{FuncLevel, VarFacts};
use crate::operand::Operand;
use crate::stmt::Context;
use crate::text::start_span;
use crate::ty::{Basic, Type, TypeId, TypeTable};
use crate::version::ITERATION_VARIABLES;

/// The types of the iteration values; `None` where there is none.
#[derive(Clone, Copy)]
struct Values {
    key: Option<TypeId>,
    value: Option<TypeId>,
}

impl Checker {
    pub(crate) fn range_stmt(&mut self, stmt: &RangeStmt, span: Span) {
        let mut x = self.check_expr(&stmt.subject, None);
        let mut values = Values { key: None, value: None };
        let mut failed = true;
        if x.is_valid() {
            let text = self.describe(&x);
            match self.range_values(x.ty) {
                Err(cause) => {
                    let tail = if cause.is_empty() { String::new() } else { format!(": {cause}") };
                    self.error(Code::BadRange, x.span, format!("cannot range over {text}{tail}"));
                }
                Ok(found) => {
                    failed = false;
                    let needs = if self.is_func(x.ty) {
                        23
                    } else if self.all_basic(x.ty, Basic::is_integer) {
                        22
                    } else {
                        0
                    };
                    self.require_version(x.span, needs, &format!("cannot range over {text}:"));
                    values = found;
                    let problem = match (&stmt.key, &stmt.value, &stmt.extra) {
                        (Some(key), ..) if values.key.is_none() => {
                            Some((key, format!("range over {text} permits no iteration variables")))
                        }
                        (_, Some(value), _) if values.value.is_none() => {
                            Some((value, format!("range over {text} permits only one iteration variable")))
                        }
                        (.., Some(extra)) => {
                            Some((extra, "range clause permits at most two iteration variables".to_string()))
                        }
                        _ => None,
                    };
                    if let Some((at, message)) = problem {
                        self.error(Code::BadRange, at.span, message);
                    }
                }
            }
        }
        let over_int = !failed && self.is_basic(x.ty, Basic::is_integer)
            || (!failed && self.is_param(x.ty) && self.all_basic(x.ty, Basic::is_integer));
        // The body of a range-over-func loop is a function of its own: it captures.
        let level = self.env.level;
        if !failed && self.is_func(x.ty) {
            self.levels += 1;
            self.env.level = FuncLevel(self.levels);
        }
        let outer = self.open_scope();
        let sides = [(stmt.key.as_ref(), values.key), (stmt.value.as_ref(), values.value)];
        if stmt.define {
            self.range_define(&mut x, sides, over_int, span);
        } else if stmt.key.is_some() {
            self.range_assign(&mut x, sides, over_int);
        } else if over_int {
            self.assign_to(&mut x, None, "range clause");
        }
        let body = Context { can_break: true, can_continue: true, ..Context::default() };
        self.check_block(body, &stmt.body);
        self.close_scope(outer);
        self.env.level = level;
    }

    /// A function, or a type parameter of functions.
    fn is_func(&mut self, ty: TypeId) -> bool {
        self.types.core(ty).is_some_and(|core| matches!(self.types.get(core), Type::Signature(_)))
    }

    fn range_define(
        &mut self,
        x: &mut Operand<'_>,
        sides: [(Option<&Expr>, Option<TypeId>); 2],
        over_int: bool,
        span: Span,
    ) {
        let top = self.later.len();
        let mut vars = Vec::new();
        for (side, ty) in sides {
            let Some(side) = side else { continue };
            let (name, at) =
                side.as_ident().map_or((sym::BLANK, side.span), |ident| (ident.name, ident.span));
            // One variable for all iterations is assigned to by each of them.
            let assigned = !self.allows(at, ITERATION_VARIABLES);
            let facts = VarFacts { assigned, ..VarFacts::default() };
            let var = self.new_var(name, at, Basic::Invalid.id(), facts);
            if side.as_ident().is_some() {
                self.info.set_object(side.id, var);
                if name != sym::BLANK {
                    vars.push((name, var));
                }
            } else {
                let message = format!("invalid syntax tree: cannot declare {}", self.expr_text(side));
                self.error(Code::BadDeclaration, start_span(side), message);
            }
            // What is wrong is known: nothing more is said about the variable.
            let ty = ty.filter(|ty| *ty != Basic::Invalid.id());
            match ty {
                None => self.with_var(var, |facts| facts.used = true),
                Some(_) if over_int => self.init_var(var, None, x, "range clause"),
                Some(ty) => {
                    let mut y = Operand::value(ty, side.span, self.expr_text(side));
                    self.init_var(var, None, &mut y, "assignment");
                }
            }
            let ty = self.object(var).ty;
            self.info.set(side.id, Fact { mode: Mode::Variable, ty });
        }
        self.run_later_from(top);
        if vars.is_empty() {
            self.error(Code::NoNewVariables, span, "no new variables on left side of :=");
        }
        for (name, var) in vars {
            self.declare_local(name, var);
        }
    }

    fn range_assign(
        &mut self,
        x: &mut Operand<'_>,
        sides: [(Option<&Expr>, Option<TypeId>); 2],
        over_int: bool,
    ) {
        for (side, ty) in sides {
            let (Some(side), Some(ty)) = (side, ty) else { continue };
            if over_int {
                self.assign_operand(side, x, "range clause");
                if x.is_valid() && !self.all_basic(x.ty, Basic::is_integer) {
                    let message = format!("cannot use iteration variable of type {}", self.show(x.ty));
                    self.error(Code::BadRange, start_span(side), message);
                }
            } else {
                let mut y = Operand::value(ty, side.span, self.expr_text(side));
                self.assign_operand(side, &mut y, "assignment");
            }
        }
    }

    /// What ranging over a type gives; otherwise why it cannot be ranged over, or nothing to say.
    fn range_values(&mut self, ty: TypeId) -> Result<Values, String> {
        if let Some(types) = self.specific_types(ty) {
            for (ty, under) in types {
                if matches!(self.types.get(under), Type::Chan(ChanDir::Send, _)) {
                    return Err(format!("receive from send-only channel {}", self.show(ty)));
                }
            }
        }
        let under = self.common_under(ty)?;
        let both = |key, value| Ok(Values { key: Some(key), value: Some(value) });
        let int = Basic::Int.id();
        match self.types.get(under).clone() {
            Type::Basic(basic) if basic.is_string() => both(int, TypeTable::RUNE),
            Type::Basic(basic) if basic.is_integer() => Ok(Values { key: Some(ty), value: None }),
            Type::Array(_, elem) | Type::Slice(elem) => both(int, elem),
            Type::Pointer(base) => match self.types.under(base) {
                Type::Array(_, elem) => both(int, elem),
                _ => Err(String::new()),
            },
            Type::Map(key, value) => both(key, value),
            Type::Chan(_, elem) => Ok(Values { key: Some(elem), value: None }),
            Type::Signature(sig) => {
                let refuse = |why: &str| Err(format!("func must be func(yield func(...) bool): {why}"));
                if sig.params.len() != 1 {
                    return refuse("wrong argument count");
                }
                if !sig.results.is_empty() {
                    return refuse("unexpected results");
                }
                let yielded = match self.common_under(sig.params[0]) {
                    Ok(under) => under,
                    Err(cause) => return refuse(&format!("in yield type, {cause}")),
                };
                let Type::Signature(yielded_sig) = self.types.get(yielded).clone() else {
                    return refuse("argument is not func");
                };
                if yielded_sig.params.len() > 2 {
                    return refuse("yield func has too many parameters");
                }
                match yielded_sig.results.as_slice() {
                    [result] if self.types.unalias(*result) == Basic::Bool.id() => {}
                    [result] if self.is_basic(*result, Basic::is_boolean) => {
                        return refuse("yield func returns user-defined boolean, not bool");
                    }
                    _ => return refuse("yield func does not return bool"),
                }
                if yielded_sig.variadic {
                    return Err(format!("yield func of type {} cannot be variadic", self.show(yielded)));
                }
                let mut params = yielded_sig.params.iter().copied();
                Ok(Values { key: params.next(), value: params.next() })
            }
            _ => Err(String::new()),
        }
    }
}
