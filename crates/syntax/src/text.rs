//! Expressions as messages show them: on one line, bodies of literals left out.

use golite_source::{Interner, SourceMap};

use crate::ast::{
    ArrayLen, ChanDir, Expr, ExprKind, Field, FuncType, Ident, InterfaceElement, InterfaceType, StructType,
};

/// Deeper parts of an expression are left out.
const DEPTH: u32 = 200;

/// The text of an expression.
#[must_use]
pub fn expr_text(map: &SourceMap, names: &Interner, expr: &Expr) -> String {
    let mut out = String::new();
    Writer { map, names }.write_expr(&mut out, expr, DEPTH);
    out
}

/// Where texts and names come from.
struct Writer<'m> {
    map: &'m SourceMap,
    names: &'m Interner,
}

impl Writer<'_> {
    fn write_name(&self, out: &mut String, ident: &Ident) {
        *out += self.names.name(ident.name);
    }

    fn write_exprs(&self, out: &mut String, exprs: &[Expr], depth: u32) {
        for (i, expr) in exprs.iter().enumerate() {
            if i > 0 {
                *out += ", ";
            }
            self.write_expr(out, expr, depth);
        }
    }

    fn write_expr(&self, out: &mut String, expr: &Expr, depth: u32) {
        let Some(depth) = depth.checked_sub(1) else {
            *out += "…";
            return;
        };
        match &expr.kind {
            ExprKind::Bad => *out += "<bad expr>",
            ExprKind::Ident(name) => *out += self.names.name(*name),
            ExprKind::BasicLit(_) => *out += self.map.text(expr.span),
            ExprKind::FuncLit(lit) => {
                self.write_func(out, &lit.ty, depth);
                *out += if lit.body.stmts.is_empty() { " {}" } else { " {…}" };
            }
            ExprKind::CompositeLit(lit) => {
                if let Some(ty) = &lit.ty {
                    self.write_expr(out, ty, depth);
                }
                *out += if lit.elements.is_empty() { "{}" } else { "{…}" };
            }
            ExprKind::Paren(inner) => {
                out.push('(');
                self.write_expr(out, inner, depth);
                out.push(')');
            }
            ExprKind::Selector(base, name) => {
                self.write_expr(out, base, depth);
                out.push('.');
                self.write_name(out, name);
            }
            ExprKind::Index(base, indices) => {
                self.write_expr(out, base, depth);
                out.push('[');
                self.write_exprs(out, indices, depth);
                out.push(']');
            }
            ExprKind::Slice(slice) => {
                self.write_expr(out, &slice.base, depth);
                out.push('[');
                if let Some(lo) = &slice.lo {
                    self.write_expr(out, lo, depth);
                }
                out.push(':');
                if let Some(hi) = &slice.hi {
                    self.write_expr(out, hi, depth);
                }
                if let Some(max) = &slice.max {
                    out.push(':');
                    self.write_expr(out, max, depth);
                }
                out.push(']');
            }
            ExprKind::TypeAssert(base, ty) => {
                self.write_expr(out, base, depth);
                *out += ".(";
                match ty {
                    Some(ty) => self.write_expr(out, ty, depth),
                    None => *out += "type",
                }
                out.push(')');
            }
            ExprKind::Call(call) => {
                self.write_expr(out, &call.func, depth);
                out.push('(');
                self.write_exprs(out, &call.args, depth);
                if call.ellipsis.is_some() {
                    *out += "...";
                }
                out.push(')');
            }
            ExprKind::Star(inner) => {
                out.push('*');
                self.write_expr(out, inner, depth);
            }
            ExprKind::Unary(op, inner) => {
                *out += op.text();
                self.write_expr(out, inner, depth);
            }
            ExprKind::Binary(_) => self.write_chain(out, expr, depth),
            ExprKind::KeyValue(key, value) => {
                self.write_expr(out, key, depth);
                *out += ": ";
                self.write_expr(out, value, depth);
            }
            ExprKind::Array(len, elem) => {
                out.push('[');
                match len {
                    ArrayLen::Slice => {}
                    ArrayLen::Auto => *out += "...",
                    ArrayLen::Len(len) => self.write_expr(out, len, depth),
                }
                out.push(']');
                self.write_expr(out, elem, depth);
            }
            ExprKind::Struct(ty) => self.write_struct(out, ty, depth),
            ExprKind::Func(ty) => self.write_func(out, ty, depth),
            ExprKind::Interface(ty) => self.write_interface(out, ty, depth),
            ExprKind::Map(key, value) => {
                *out += "map[";
                self.write_expr(out, key, depth);
                out.push(']');
                self.write_expr(out, value, depth);
            }
            ExprKind::Chan(dir, elem) => {
                *out += match dir {
                    ChanDir::Both => "chan ",
                    ChanDir::Send => "chan<- ",
                    ChanDir::Recv => "<-chan ",
                };
                let paren = *dir == ChanDir::Both && matches!(elem.kind, ExprKind::Chan(ChanDir::Recv, _));
                if paren {
                    out.push('(');
                }
                self.write_expr(out, elem, depth);
                if paren {
                    out.push(')');
                }
            }
            ExprKind::Ellipsis(elem) => {
                *out += "...";
                self.write_expr(out, elem, depth);
            }
        }
    }

    /// A chain of binary operators, which may be long, from its leftmost operand.
    fn write_chain(&self, out: &mut String, expr: &Expr, depth: u32) {
        let mut spine = Vec::new();
        let mut left = expr;
        while let ExprKind::Binary(binary) = &left.kind {
            spine.push(binary);
            left = &binary.left;
        }
        self.write_expr(out, left, depth);
        for binary in spine.into_iter().rev() {
            out.push(' ');
            *out += binary.op.text();
            out.push(' ');
            self.write_expr(out, &binary.right, depth);
        }
    }

    fn write_struct(&self, out: &mut String, ty: &StructType, depth: u32) {
        *out += "struct{";
        let mut before: Option<*const Expr> = None;
        for (i, field) in ty.fields.iter().enumerate() {
            let this: *const Expr = &raw const *field.ty;
            let grouped = !field.embedded && before == Some(this);
            if i > 0 {
                *out += if grouped { ", " } else { "; " };
            }
            before = (!field.embedded).then_some(this);
            if !field.embedded {
                self.write_name(out, &field.name);
                let next = ty.fields.get(i + 1);
                if next.is_some_and(|next| !next.embedded && std::ptr::eq(&raw const *next.ty, this)) {
                    continue;
                }
                out.push(' ');
            }
            self.write_expr(out, &field.ty, depth);
            if let Some(tag) = field.tag {
                out.push(' ');
                *out += self.map.text(tag);
            }
        }
        out.push('}');
    }

    fn write_interface(&self, out: &mut String, ty: &InterfaceType, depth: u32) {
        *out += "interface{";
        for (i, element) in ty.elements.iter().enumerate() {
            if i > 0 {
                *out += "; ";
            }
            match element {
                InterfaceElement::Method(name, sig) => {
                    self.write_name(out, name);
                    self.write_params(out, sig, depth);
                }
                InterfaceElement::Embedded(ty) => self.write_expr(out, ty, depth),
            }
        }
        out.push('}');
    }

    fn write_func(&self, out: &mut String, ty: &FuncType, depth: u32) {
        *out += "func";
        self.write_params(out, ty, depth);
    }

    fn write_params(&self, out: &mut String, ty: &FuncType, depth: u32) {
        self.write_fields(out, &ty.params, depth);
        match ty.results.as_slice() {
            [] => {}
            [one] if one.name.is_none() => {
                out.push(' ');
                self.write_expr(out, &one.ty, depth);
            }
            many => {
                out.push(' ');
                self.write_fields(out, many, depth);
            }
        }
    }

    fn write_fields(&self, out: &mut String, fields: &[Field], depth: u32) {
        out.push('(');
        for (i, field) in fields.iter().enumerate() {
            if i > 0 {
                *out += ", ";
            }
            if let Some(name) = &field.name {
                self.write_name(out, name);
                let next = fields.get(i + 1);
                if next.is_some_and(|next| next.name.is_some() && std::sync::Arc::ptr_eq(&next.ty, &field.ty))
                {
                    continue;
                }
                out.push(' ');
            }
            self.write_expr(out, &field.ty, depth);
        }
        out.push(')');
    }
}
