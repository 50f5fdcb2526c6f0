//! Files and declarations.

use std::sync::Arc;

use golite_source::Span;
use golite_syntax::ast::{ArrayLen, ConstSpec, Decl, ExprKind, File, ImportSpec, TypeSpec, VarSpec};
use golite_syntax::token::Token;

use super::{DECLARATIONS, Reader};
use crate::actions::{Parsed, Split};

impl Reader<'_, '_, '_> {
    /// A file; `broken` gets the declarations with syntax errors.
    pub(super) fn source_file(&mut self, broken: &mut Vec<Span>) -> File {
        let whole = self.ctx.span(0, self.ctx.text.len() as u32);
        let package = self.ctx.blank(0);
        let mut file = File { package, imports: Vec::new(), decls: Vec::new(), script: None, span: whole };
        if !self.got(Token::Package) {
            self.wrong_here("package statement must be first");
            return file;
        }
        file.package = self.name();
        if !self.got_semi() {
            self.expected("semicolon or newline");
            self.next();
        }
        if self.wrong > 0 {
            return file;
        }
        let mut imports = Vec::new();
        file.decls = self.declaration_list(&mut imports, broken);
        file.imports = imports;
        file
    }

    /// Declarations up to the end.
    pub(super) fn declaration_list(
        &mut self,
        imports: &mut Vec<Arc<ImportSpec>>,
        broken: &mut Vec<Span>,
    ) -> Vec<Decl> {
        let mut all: Vec<Decl> = Vec::new();
        let mut previous = Token::Import;
        while self.token() != Token::Eof {
            let token = self.token();
            if token == Token::Import && previous != Token::Import {
                self.wrong_here("imports must appear before other declarations");
            }
            previous = token;
            let (start, before) = (self.start(), self.wrong);
            if !DECLARATIONS.contains(&token) {
                let headless = matches!(all.last(), Some(Decl::Func(func)) if !func.has_body());
                if token == Token::LBrace && headless {
                    self.wrong_here("unexpected semicolon or newline before {");
                } else {
                    self.wrong_here("non-declaration statement outside function body");
                }
                self.skip_to_declaration();
                continue;
            }
            self.next();
            match token {
                Token::Import => imports.extend(self.imports()),
                Token::Func => {
                    if let Parsed::Decls(decls) = self.func_decl(start) {
                        all.extend(decls);
                    }
                }
                _ => all.extend(self.specs(token)),
            }
            if self.token() != Token::Eof && !self.got_semi() {
                self.unexpected(" after top level declaration");
                self.skip_to_declaration();
            }
            if self.wrong > before {
                broken.push(self.ctx.span(start, self.end()));
            }
        }
        all
    }

    /// The rest of an `import` declaration, whose keyword is read.
    pub(super) fn imports(&mut self) -> Vec<Arc<ImportSpec>> {
        self.group(Self::import_spec).into_iter().flatten().collect()
    }

    /// One specification, or several in parentheses.
    fn group<T>(&mut self, mut spec: impl FnMut(&mut Self) -> T) -> Vec<T> {
        if !self.got(Token::LParen) {
            return vec![spec(self)];
        }
        let mut specs = Vec::new();
        self.list("grouped declaration", Token::Semi, Token::RParen, |reader| {
            specs.push(spec(reader));
            false
        });
        specs
    }

    /// The rest of a declaration that begins with `const`, `var` or `type`.
    pub(super) fn specs(&mut self, keyword: Token) -> Vec<Decl> {
        match keyword {
            Token::Const => {
                let specs = self.group(Self::const_spec);
                self.ctx.const_group(specs)
            }
            Token::Var => self.group(Self::var_spec).into_iter().map(Decl::Var).collect(),
            _ => self.group(Self::type_spec).into_iter().map(Decl::Type).collect(),
        }
    }

    fn import_spec(&mut self) -> Option<Arc<ImportSpec>> {
        let (start, token, end) = self.current();
        let name = match token {
            Token::Ident => Some(self.name()),
            Token::Dot => {
                self.next();
                Some(self.ctx.dot(start, end))
            }
            _ => None,
        };
        let (l, token, r) = self.current();
        match token {
            Token::String => {
                self.next();
                Some(self.ctx.import(name, l, r))
            }
            Token::Int | Token::Float | Token::Imag | Token::Char => {
                self.wrong_here("import path must be a string");
                self.next();
                None
            }
            _ => {
                self.wrong_here("missing import path");
                self.skip_to(&[Token::Semi, Token::RParen]);
                None
            }
        }
    }

    fn const_spec(&mut self) -> ConstSpec {
        let start = self.start();
        let first = self.name();
        let names = self.name_list(first);
        let (mut ty, mut values) = (None, None);
        if self.token() != Token::Eof && !self.at_semi() && self.token() != Token::RParen {
            ty = self.type_or_none();
            if self.got_assign() {
                values = Some(self.expr_list());
            }
        }
        self.ctx.const_spec(start, names, ty, values, self.end())
    }

    fn var_spec(&mut self) -> Arc<VarSpec> {
        let start = self.start();
        let first = self.name();
        let names = self.name_list(first);
        let (mut ty, mut values) = (None, Vec::new());
        if self.got_assign() {
            values = self.expr_list();
        } else {
            ty = Some(self.ty());
            if self.got_assign() {
                values = self.expr_list();
            }
        }
        let span = self.ctx.span(start, self.end());
        Arc::new(VarSpec { names, ty, values, span })
    }

    fn type_spec(&mut self) -> Arc<TypeSpec> {
        let start = self.start();
        let name = self.name();
        let (mut type_params, mut alias) = (Vec::new(), false);
        let bracket = self.start();
        let ty = if !self.got(Token::LBrack) {
            alias = self.got_assign();
            self.type_or_none()
        } else if self.got(Token::RBrack) {
            Some(self.slice_of(bracket))
        } else if self.token() == Token::Ident {
            let x = self.array_length_or_parameter();
            let comma = self.token() == Token::Comma;
            let closes = self.token() == Token::RBrack;
            let split = if comma { Split::Always } else { Split::IfType };
            match self.ctx.split_type_parameter(x, split) {
                Ok((param, constraint)) if constraint.is_some() || !closes => {
                    type_params = self.type_params_after(param, constraint);
                    alias = self.got_assign();
                    self.type_or_none()
                }
                Ok((param, _)) => {
                    let len = self.ctx.name(param);
                    Some(self.array_of(bracket, Some(ArrayLen::Len(Box::new(len)))))
                }
                Err(len) => Some(self.array_of(bracket, Some(ArrayLen::Len(Box::new(len))))),
            }
        } else {
            Some(self.array_of(bracket, None))
        };
        let ty = match ty {
            Some(ty) => ty,
            None => {
                let bad = self.bad_expr();
                self.unexpected(" in type declaration");
                self.skip_to(&[Token::Semi, Token::RParen]);
                bad
            }
        };
        self.ctx.type_spec(start, name, type_params, alias, ty, self.end())
    }

    /// What follows `[` and begins with a name: the length of an array or a type parameter, perhaps
    /// with its constraint.
    fn array_length_or_parameter(&mut self) -> golite_syntax::ast::Expr {
        let name = self.name();
        let mut x = self.ctx.name(name);
        // `P []E` is no index expression: that could not be a length.
        if self.token() != Token::LBrack {
            self.level += 1;
            x = self.suffixes(x);
            x = self.binary(Some(x), 0);
            self.level -= 1;
        }
        x
    }

    /// A function or method, after `func`.
    fn func_decl(&mut self, start: u32) -> Parsed {
        let mut receiver = None;
        let has_receiver = self.got(Token::LParen);
        if has_receiver {
            let fields = self.params(Token::RParen, super::params::Dots::Refused);
            let here = self.here();
            match fields.len() {
                0 => self.plain(here, "method has no receiver"),
                1 => {}
                _ => self.plain(here, "method has multiple receivers"),
            }
            receiver = fields.into_iter().next().map(|field| vec![field]);
        }
        let (name, type_params, ty);
        if self.token() == Token::Ident {
            name = self.name();
            (type_params, ty) = self.func_type(None);
        } else {
            name = self.ctx.blank(self.start());
            self.expected(if has_receiver { "name" } else { "name or (" });
            self.skip_to(&[Token::LBrace, Token::Semi]);
            let end = self.end();
            type_params = Vec::new();
            ty = self.ctx.signature(end, Vec::new(), Vec::new(), end);
        }
        let body = (self.token() == Token::LBrace).then(|| self.func_body());
        self.ctx.func_decl(start, receiver, name, type_params, ty, body, self.end())
    }

    pub(super) fn func_body(&mut self) -> golite_syntax::ast::Block {
        self.functions += 1;
        let body = self.block("");
        self.functions -= 1;
        body
    }

    /// An expression that stands where there is none.
    pub(super) fn bad_at(&mut self, span: Span) -> golite_syntax::ast::Expr {
        golite_syntax::ast::Expr { kind: ExprKind::Bad, span, ..self.bad_expr() }
    }
}
