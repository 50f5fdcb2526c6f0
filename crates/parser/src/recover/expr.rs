//! Expressions.

use golite_syntax::ast::{
    BinaryOp, ChanDir, CompositeLit, Expr, ExprKind, FuncLit, LitKind, SliceExpr, UnaryOp,
};
use golite_syntax::token::Token;

use super::Reader;
use crate::actions::precedence;

impl Reader<'_, '_, '_> {
    pub(super) fn expr(&mut self) -> Expr {
        self.binary(None, 0)
    }

    /// Operators of a higher precedence than `above`; the first operand may have been read.
    pub(super) fn binary(&mut self, first: Option<Expr>, above: u8) -> Expr {
        let mut left = match first {
            Some(first) => first,
            None => self.unary(),
        };
        while let Some(op) = binary_op(self.token())
            && precedence(op) > above
        {
            let (start, _, end) = self.current();
            self.next();
            let right = self.binary(None, precedence(op));
            left = self.ctx.binary(left, op, start, end, right);
        }
        left
    }

    fn unary(&mut self) -> Expr {
        self.nested(Self::unary_here)
    }

    fn unary_here(&mut self) -> Expr {
        let start = self.start();
        let op = match self.token() {
            Token::Star => {
                self.next();
                let inner = self.unary();
                return self.ctx.expr(start, ExprKind::Star(Box::new(inner)), self.end());
            }
            Token::Arrow => {
                self.next();
                let x = self.unary();
                return self.receive(start, x);
            }
            Token::Plus => UnaryOp::Plus,
            Token::Minus => UnaryOp::Neg,
            Token::Not => UnaryOp::Not,
            Token::Caret => UnaryOp::BitNot,
            Token::Amp => UnaryOp::Addr,
            Token::Tilde => UnaryOp::Tilde,
            _ => return self.primary(),
        };
        self.next();
        let inner = self.unary();
        self.ctx.expr(start, ExprKind::Unary(op, Box::new(inner)), self.end())
    }

    /// `<-x`: a receive, or, before a channel type, part of that type.
    fn receive(&mut self, start: u32, x: Expr) -> Expr {
        let mut at = &x;
        loop {
            match &at.kind {
                ExprKind::Chan(ChanDir::Send, elem) => at = elem,
                ExprKind::Chan(ChanDir::Recv, _) => {
                    self.wrong_here("unexpected <-, expected chan");
                    return x;
                }
                ExprKind::Chan(ChanDir::Both, _) => break,
                _ if std::ptr::eq(at, &raw const x) => break,
                _ => {
                    let text = self.text_of(at);
                    self.wrong_here(&format!("unexpected {text}, expected chan"));
                    return x;
                }
            }
        }
        self.ctx.receive(start, x, self.end())
    }

    fn operand(&mut self) -> Expr {
        let (start, token, end) = self.current();
        let literal = match token {
            Token::Ident => {
                let name = self.name();
                return self.ctx.name(name);
            }
            Token::Int => LitKind::Int,
            Token::Float => LitKind::Float,
            Token::Imag => LitKind::Imag,
            Token::Char => LitKind::Char,
            Token::String => LitKind::String,
            Token::LParen => {
                self.next();
                self.level += 1;
                let inner = self.expr();
                self.level -= 1;
                self.want(Token::RParen);
                return self.ctx.expr(start, ExprKind::Paren(Box::new(inner)), self.end());
            }
            Token::Func => {
                self.next();
                let (_, mut ty) = self.func_type(Some("function type"));
                ty.func = self.ctx.span(start, end);
                if self.token() != Token::LBrace {
                    return self.ctx.func_type_expr(ty);
                }
                self.level += 1;
                let body = self.func_body();
                self.level -= 1;
                let lit = FuncLit { ty, body };
                return self.ctx.expr(start, ExprKind::FuncLit(std::sync::Arc::new(lit)), self.end());
            }
            Token::LBrack | Token::Chan | Token::Map | Token::Struct | Token::Interface => return self.ty(),
            _ => {
                let bad = self.bad_expr();
                self.expected("expression");
                self.skip_to(&[Token::RParen, Token::RBrack, Token::RBrace]);
                return bad;
            }
        };
        self.next();
        self.ctx.literal(start, literal, end)
    }

    pub(super) fn primary(&mut self) -> Expr {
        let operand = self.operand();
        self.suffixes(operand)
    }

    /// Selectors, indices, slices, assertions, arguments and literal values after an operand.
    pub(super) fn suffixes(&mut self, mut x: Expr) -> Expr {
        loop {
            x = match self.token() {
                Token::Dot => {
                    self.next();
                    self.after_dot(x)
                }
                Token::LBrack => {
                    self.next();
                    self.index_or_slice(x)
                }
                Token::LParen => {
                    self.next();
                    self.call(x)
                }
                Token::LBrace if self.may_be_literal(&x) => {
                    if matches!(x.kind, ExprKind::Paren(_)) {
                        self.wrong_here("cannot parenthesize type in composite literal");
                    }
                    let value = self.literal_value();
                    self.ctx.composite(x, value)
                }
                _ => return x,
            }
        }
    }

    fn after_dot(&mut self, x: Expr) -> Expr {
        match self.token() {
            Token::Ident => {
                let name = self.name();
                self.ctx.selector(x, name)
            }
            Token::LParen => {
                self.next();
                let ty = if self.got(Token::Type) { None } else { Some(self.ty()) };
                self.want(Token::RParen);
                self.ctx.assertion(x, ty, self.end())
            }
            _ => {
                self.expected("name or (");
                self.skip_to(&[Token::Semi, Token::RParen]);
                self.bad_at(x.span)
            }
        }
    }

    fn index_or_slice(&mut self, x: Expr) -> Expr {
        let mut lo = None;
        if self.token() != Token::Colon {
            let (mut list, comma);
            if self.token() == Token::RBrack {
                self.expected("operand");
                (list, comma) = (vec![self.bad_expr()], false);
            } else {
                self.level += 1;
                let first = self.expr();
                (list, comma) = self.more_types(first);
                self.level -= 1;
            }
            if comma || self.token() == Token::RBrack {
                self.want(Token::RBrack);
                return self.ctx.index(x, list, self.end());
            }
            lo = list.pop();
        }
        if !self.got(Token::Colon) {
            self.expected("comma, : or ]");
            self.skip_to(&[Token::Comma, Token::Colon, Token::RBrack]);
        }
        self.level += 1;
        let (mut hi, mut max, mut three) = (None, None, false);
        if self.token() != Token::Colon && self.token() != Token::RBrack {
            hi = Some(self.expr());
        }
        if self.token() == Token::Colon {
            three = true;
            if hi.is_none() {
                let here = self.here();
                self.plain(here, "middle index required in 3-index slice");
                hi = Some(self.bad_expr());
            }
            self.next();
            if self.token() == Token::RBrack {
                let here = self.here();
                self.plain(here, "final index required in 3-index slice");
                max = Some(self.bad_expr());
            } else {
                max = Some(self.expr());
            }
        }
        self.level -= 1;
        self.want(Token::RBrack);
        let span = self.ctx.span(0, self.end());
        let span = golite_source::Span::new(x.span.start, span.end);
        let slice = SliceExpr { base: x, lo, hi, max, three };
        Expr { span, kind: ExprKind::Slice(Box::new(slice)), ..self.bad_expr() }
    }

    fn call(&mut self, func: Expr) -> Expr {
        let (mut args, mut ellipsis) = (Vec::new(), None);
        self.level += 1;
        let close = self.list("argument list", Token::Comma, Token::RParen, |reader| {
            args.push(reader.expr());
            let dots = reader.here();
            if reader.got(Token::Ellipsis) {
                ellipsis = Some(dots);
            }
            ellipsis.is_some()
        });
        self.level -= 1;
        let paren = close.start - self.ctx.base;
        self.ctx.call(func, (args, ellipsis), paren, self.end().max(paren))
    }

    /// Whether `{` after an expression begins a composite literal of that type.
    fn may_be_literal(&self, x: &Expr) -> bool {
        match &x.unparen().kind {
            ExprKind::Ident(_) | ExprKind::Selector(..) => self.level >= 0,
            ExprKind::Index(..) => self.level >= 0 && !is_value(x.unparen()),
            ExprKind::Array(..) | ExprKind::Struct(_) | ExprKind::Map(..) => true,
            _ => false,
        }
    }

    /// `{...}` of a composite literal: its elements and the offsets of its parts.
    fn literal_value(&mut self) -> (Vec<Expr>, u32, u32, u32) {
        let start = self.start();
        self.level += 1;
        self.want(Token::LBrace);
        let mut elements = Vec::new();
        let close = self.list("composite literal", Token::Comma, Token::RBrace, |reader| {
            let mut element = reader.element();
            if reader.got(Token::Colon) {
                let value = reader.element();
                element = reader.ctx.key_value(element, value);
            }
            elements.push(element);
            false
        });
        self.level -= 1;
        let close = close.start - self.ctx.base;
        (elements, start, close, self.end().max(close))
    }

    fn element(&mut self) -> Expr {
        if self.token() == Token::LBrace {
            let value = self.literal_value();
            return self.ctx.untyped_composite(value);
        }
        self.expr()
    }
}

/// Whether an expression can only be a value.
pub(crate) fn is_value(x: &Expr) -> bool {
    match &x.kind {
        ExprKind::BasicLit(_)
        | ExprKind::CompositeLit(CompositeLit { .. })
        | ExprKind::FuncLit(_)
        | ExprKind::Slice(_)
        | ExprKind::TypeAssert(..)
        | ExprKind::Call(_)
        | ExprKind::Unary(..)
        | ExprKind::Binary(_) => true,
        ExprKind::Paren(inner) => is_value(inner),
        ExprKind::Index(base, indices) => is_value(base) || indices.len() == 1 && is_value(&indices[0]),
        ExprKind::Bad
        | ExprKind::Ident(_)
        | ExprKind::Selector(..)
        | ExprKind::Star(_)
        | ExprKind::KeyValue(..)
        | ExprKind::Array(..)
        | ExprKind::Struct(_)
        | ExprKind::Func(_)
        | ExprKind::Interface(_)
        | ExprKind::Map(..)
        | ExprKind::Chan(..)
        | ExprKind::Ellipsis(_) => false,
    }
}

fn binary_op(token: Token) -> Option<BinaryOp> {
    Some(match token {
        Token::Plus => BinaryOp::Add,
        Token::Minus => BinaryOp::Sub,
        Token::Star => BinaryOp::Mul,
        Token::Slash => BinaryOp::Div,
        Token::Percent => BinaryOp::Rem,
        Token::Amp => BinaryOp::And,
        Token::Pipe => BinaryOp::Or,
        Token::Caret => BinaryOp::Xor,
        Token::AmpCaret => BinaryOp::AndNot,
        Token::Shl => BinaryOp::Shl,
        Token::Shr => BinaryOp::Shr,
        Token::AndAnd => BinaryOp::LogAnd,
        Token::OrOr => BinaryOp::LogOr,
        Token::EqEq => BinaryOp::Eq,
        Token::NotEq => BinaryOp::Ne,
        Token::Less => BinaryOp::Lt,
        Token::LessEq => BinaryOp::Le,
        Token::Greater => BinaryOp::Gt,
        Token::GreaterEq => BinaryOp::Ge,
        _ => return None,
    })
}
