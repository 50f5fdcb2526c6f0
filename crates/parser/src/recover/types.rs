//! Types.

use golite_source::Span;
use golite_syntax::ast::{
    ArrayLen, BinaryOp, ChanDir, Expr, ExprKind, Field, FuncType, Ident, InterfaceElement, InterfaceType,
    StructField, UnaryOp,
};
use golite_syntax::token::Token;

use super::Reader;
use super::params::Dots;

/// What stands behind a name and `[`.
pub(super) enum Brackets {
    /// An array or slice type: the name is that of a field or parameter.
    Type(Expr),
    /// Type arguments for the name.
    Arguments(Vec<Expr>),
}

impl Reader<'_, '_, '_> {
    pub(super) fn ty(&mut self) -> Expr {
        if let Some(ty) = self.type_or_none() {
            return ty;
        }
        let bad = self.bad_expr();
        self.expected("type");
        self.skip_to(&[Token::Comma, Token::Colon, Token::Semi, Token::RParen, Token::RBrack, Token::RBrace]);
        bad
    }

    /// A type, if one begins here.
    pub(super) fn type_or_none(&mut self) -> Option<Expr> {
        self.nested(Self::type_here)
    }

    fn type_here(&mut self) -> Option<Expr> {
        let start = self.start();
        let kind = match self.token() {
            Token::Ident => return Some(self.qualified_name(None)),
            Token::Struct => return Some(self.struct_type()),
            Token::Interface => return Some(self.interface_type()),
            Token::Star => {
                self.next();
                ExprKind::Star(Box::new(self.ty()))
            }
            Token::Arrow => {
                self.next();
                self.want(Token::Chan);
                ExprKind::Chan(ChanDir::Recv, Box::new(self.channel_element()))
            }
            Token::Chan => {
                self.next();
                let dir = if self.got(Token::Arrow) { ChanDir::Send } else { ChanDir::Both };
                ExprKind::Chan(dir, Box::new(self.channel_element()))
            }
            Token::Func => {
                self.next();
                let (_, mut ty) = self.func_type(Some("function type"));
                ty.func = self.ctx.span(start, start + 4);
                return Some(self.ctx.func_type_expr(ty));
            }
            Token::LBrack => {
                self.next();
                return Some(if self.got(Token::RBrack) {
                    self.slice_of(start)
                } else {
                    self.array_of(start, None)
                });
            }
            Token::Map => {
                self.next();
                self.want(Token::LBrack);
                let key = self.ty();
                self.want(Token::RBrack);
                ExprKind::Map(Box::new(key), Box::new(self.ty()))
            }
            Token::LParen => {
                self.next();
                let inner = self.ty();
                self.want(Token::RParen);
                ExprKind::Paren(Box::new(inner))
            }
            _ => return None,
        };
        Some(self.ctx.expr(start, kind, self.end()))
    }

    fn channel_element(&mut self) -> Expr {
        self.type_or_none().unwrap_or_else(|| {
            let bad = self.bad_expr();
            self.wrong_here("missing channel element type");
            bad
        })
    }

    /// The element type of a slice type that begins at an offset.
    pub(super) fn slice_of(&mut self, start: u32) -> Expr {
        let elem = self.ty();
        self.ctx.array(start, ArrayLen::Slice, elem, self.end())
    }

    /// The rest of an array type, after `[` or after the length.
    pub(super) fn array_of(&mut self, start: u32, len: Option<ArrayLen>) -> Expr {
        let len = match len {
            Some(len) => len,
            None if self.got(Token::Ellipsis) => ArrayLen::Auto,
            None => {
                self.level += 1;
                let len = self.expr();
                self.level -= 1;
                ArrayLen::Len(Box::new(len))
            }
        };
        if self.token() == Token::Comma {
            self.wrong_here("unexpected comma; expected ]");
            self.next();
        }
        self.want(Token::RBrack);
        let elem = self.ty();
        self.ctx.array(start, len, elem, self.end())
    }

    /// `a`, `a.b`, `a[T]`, `a.b[T]`
    pub(super) fn qualified_name(&mut self, name: Option<Ident>) -> Expr {
        let first = match name {
            Some(name) => name,
            None if self.token() == Token::Ident => self.name(),
            None => {
                let blank = self.ctx.blank(self.start());
                self.expected("name");
                self.skip_to(&[Token::Dot, Token::Semi, Token::RBrace]);
                blank
            }
        };
        let mut x = self.ctx.name(first);
        if self.got(Token::Dot) {
            let sel = self.name();
            x = self.ctx.selector(x, sel);
        }
        if self.token() == Token::LBrack {
            x = self.type_instance(x);
        }
        x
    }

    fn type_instance(&mut self, base: Expr) -> Expr {
        self.want(Token::LBrack);
        let args = if self.token() == Token::RBrack {
            self.expected("type argument list");
            vec![self.bad_expr()]
        } else {
            self.level += 1;
            let first = self.ty();
            let (args, _) = self.more_types(first);
            self.level -= 1;
            args
        };
        self.want(Token::RBrack);
        self.ctx.index(base, args, self.end())
    }

    /// Types after the first element of a list, and whether there was a comma.
    pub(super) fn more_types(&mut self, first: Expr) -> (Vec<Expr>, bool) {
        let mut list = vec![first];
        let mut comma = false;
        while self.got(Token::Comma) {
            comma = true;
            match self.type_or_none() {
                Some(ty) => list.push(ty),
                None => break,
            }
        }
        (list, comma)
    }

    /// Parameters and results. In a context that is named there are no type parameters.
    pub(super) fn func_type(&mut self, context: Option<&str>) -> (Vec<Field>, FuncType) {
        let here = self.here();
        let mut type_params = Vec::new();
        if self.got(Token::LBrack) {
            if let Some(context) = context {
                self.wrong(here, &format!("{context} must have no type parameters"));
            }
            if self.token() == Token::RBrack {
                self.wrong_here("empty type parameter list");
                self.next();
            } else {
                type_params = self.type_params();
            }
        }
        let start = self.start();
        self.want(Token::LParen);
        let params = self.params(Token::RParen, Dots::Allowed);
        let results = if self.got(Token::LParen) {
            self.params(Token::RParen, Dots::Refused)
        } else {
            match self.type_or_none() {
                Some(ty) => self.ctx.one_result(ty),
                None => Vec::new(),
            }
        };
        (type_params, self.ctx.signature(start, params, results, self.end()))
    }

    // ---- structs

    fn struct_type(&mut self) -> Expr {
        let start = self.start();
        self.want(Token::Struct);
        self.want(Token::LBrace);
        let mut fields = Vec::new();
        self.list("struct type", Token::Semi, Token::RBrace, |reader| {
            fields.push(reader.field_decl());
            false
        });
        self.ctx.struct_type(start, fields, self.end())
    }

    fn tag(&mut self) -> Option<Span> {
        let (start, token, end) = self.current();
        if !matches!(token, Token::String | Token::Int | Token::Float | Token::Imag | Token::Char) {
            return None;
        }
        if token != Token::String {
            self.wrong_here("struct field tag must be a string");
        }
        self.next();
        (token == Token::String).then(|| self.ctx.span(start, end))
    }

    fn field_decl(&mut self) -> Vec<StructField> {
        let start = self.start();
        match self.token() {
            Token::Ident => self.named_field(),
            Token::Star => {
                self.next();
                let inner = self.embedded_name();
                let ty = self.ctx.expr(start, ExprKind::Star(Box::new(inner)), self.end());
                let tag = self.tag();
                self.ctx.embedded(ty, tag)
            }
            Token::LParen => {
                self.wrong_here("cannot parenthesize embedded type");
                self.next();
                let star = self.start();
                let pointer = self.got(Token::Star);
                let mut ty = self.qualified_name(None);
                if pointer {
                    ty = self.ctx.expr(star, ExprKind::Star(Box::new(ty)), self.end());
                }
                self.got(Token::RParen);
                let tag = self.tag();
                self.ctx.embedded(ty, tag)
            }
            _ => {
                self.expected("field name or embedded type");
                self.skip_to(&[Token::Semi, Token::RBrace]);
                Vec::new()
            }
        }
    }

    fn named_field(&mut self) -> Vec<StructField> {
        let name = self.name();
        let alone = matches!(self.token(), Token::Dot | Token::RBrace) || self.at_semi() || {
            matches!(self.token(), Token::String | Token::Int | Token::Float | Token::Imag | Token::Char)
        };
        if alone {
            let ty = self.qualified_name(Some(name));
            let tag = self.tag();
            return self.ctx.embedded(ty, tag);
        }
        let names = self.name_list(name);
        let ty = if names.len() == 1 && self.token() == Token::LBrack {
            match self.brackets() {
                Brackets::Type(ty) => ty,
                Brackets::Arguments(args) => {
                    let base = self.ctx.name(name);
                    let ty = self.ctx.index(base, args, self.end());
                    let tag = self.tag();
                    return self.ctx.embedded(ty, tag);
                }
            }
        } else {
            self.ty()
        };
        let tag = self.tag();
        let first = self.ctx.name(name);
        self.ctx.fields(first, names[1..].to_vec(), ty, tag)
    }

    /// The name behind the star of an embedded pointer.
    fn embedded_name(&mut self) -> Expr {
        if self.token() != Token::LParen {
            return self.qualified_name(None);
        }
        self.wrong_here("cannot parenthesize embedded type");
        self.next();
        let name = self.qualified_name(None);
        self.got(Token::RParen);
        name
    }

    /// `[...]` after a name: the name's type, or its type arguments.
    pub(super) fn brackets(&mut self) -> Brackets {
        let start = self.start();
        self.want(Token::LBrack);
        if self.got(Token::RBrack) {
            return Brackets::Type(self.slice_of(start));
        }
        self.level += 1;
        let first = self.expr();
        let (mut args, comma) = self.more_types(first);
        self.level -= 1;
        self.want(Token::RBrack);
        if !comma && let Some(elem) = self.type_or_none() {
            let len = ArrayLen::Len(Box::new(args.swap_remove(0)));
            return Brackets::Type(self.ctx.array(start, len, elem, self.end()));
        }
        Brackets::Arguments(args)
    }

    // ---- interfaces

    fn interface_type(&mut self) -> Expr {
        let start = self.start();
        self.want(Token::Interface);
        self.want(Token::LBrace);
        let mut elements = Vec::new();
        self.list("interface type", Token::Semi, Token::RBrace, |reader| {
            elements.push(reader.interface_element());
            false
        });
        self.ctx.expr(start, ExprKind::Interface(InterfaceType { elements }), self.end())
    }

    fn interface_element(&mut self) -> InterfaceElement {
        if self.token() != Token::Ident {
            let ty = self.union(None);
            return InterfaceElement::Embedded(ty);
        }
        match self.method_spec() {
            InterfaceElement::Embedded(ty) => InterfaceElement::Embedded(self.union(Some(ty))),
            method @ InterfaceElement::Method(..) => method,
        }
    }

    fn method_spec(&mut self) -> InterfaceElement {
        const CONTEXT: Option<&str> = Some("interface method");
        let name = self.name();
        match self.token() {
            Token::LParen => {
                let (_, ty) = self.func_type(CONTEXT);
                InterfaceElement::Method(name, Box::new(ty))
            }
            Token::LBrack => {
                let bracket = self.here();
                self.next();
                let close = self.here();
                if self.got(Token::RBrack) {
                    if self.token() == Token::LParen {
                        self.plain(close, "empty type parameter list");
                        let (_, ty) = self.func_type(CONTEXT);
                        return InterfaceElement::Method(name, Box::new(ty));
                    }
                    self.plain(close, "empty type argument list");
                    return InterfaceElement::Embedded(self.ctx.name(name));
                }
                let list = self.params(Token::RBrack, Dots::Refused);
                let generic = list.first().is_some_and(|field| field.name.is_some());
                if generic || list.is_empty() && self.token() == Token::LParen {
                    let (_, ty) = self.func_type(CONTEXT);
                    if generic {
                        self.plain(bracket, "interface method must have no type parameters");
                    }
                    return InterfaceElement::Method(name, Box::new(ty));
                }
                let base = self.ctx.name(name);
                let args: Vec<Expr> =
                    list.into_iter().filter_map(|field| std::sync::Arc::into_inner(field.ty)).collect();
                if args.is_empty() {
                    return InterfaceElement::Embedded(base);
                }
                InterfaceElement::Embedded(self.ctx.index(base, args, self.end()))
            }
            _ => InterfaceElement::Embedded(self.qualified_name(Some(name))),
        }
    }

    /// Terms with `|` between them; the first may have been read.
    pub(super) fn union(&mut self, first: Option<Expr>) -> Expr {
        let mut left = match first {
            Some(first) => first,
            None => self.term(),
        };
        while self.token() == Token::Pipe {
            let (start, _, end) = self.current();
            self.next();
            let right = self.term();
            left = self.ctx.binary(left, BinaryOp::Or, start, end, right);
        }
        left
    }

    fn term(&mut self) -> Expr {
        let start = self.start();
        if self.got(Token::Tilde) {
            let ty = self.ty();
            return self.ctx.expr(start, ExprKind::Unary(UnaryOp::Tilde, Box::new(ty)), self.end());
        }
        if let Some(ty) = self.type_or_none() {
            return ty;
        }
        let bad = self.bad_expr();
        self.expected("~ term or type");
        self.skip_to(&[Token::Pipe, Token::Tilde, Token::Semi, Token::RParen, Token::RBrack, Token::RBrace]);
        bad
    }
}
