//! Parameters and type parameters.

use std::sync::Arc;

use golite_source::Span;
use golite_syntax::ast::{Expr, ExprKind, Field, Ident};
use golite_syntax::token::Token;

use super::Reader;
use super::types::Brackets;

/// Whether the last parameter may be `...T`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dots {
    /// It may.
    Allowed,
    /// It is an error.
    Refused,
}

/// Whether every entry must have a name: so for type parameters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    Required,
    Optional,
}

/// An entry of a list: a name, a type (which may turn out to be a name), or both.
struct Entry {
    name: Option<Ident>,
    ty: Option<Expr>,
}

impl Reader<'_, '_, '_> {
    /// Parameters or results, after the opening bracket.
    pub(super) fn params(&mut self, close: Token, dots: Dots) -> Vec<Field> {
        let mut entries = Vec::new();
        let end = self.list("parameter list", Token::Comma, close, |reader| {
            entries.extend(reader.entry(None, close));
            false
        });
        let entries = self.give_types(entries, end, Names::Optional);
        self.check_dots(entries, dots)
    }

    /// Type parameters, after the opening bracket.
    pub(super) fn type_params(&mut self) -> Vec<Field> {
        self.type_params_from(Vec::new(), None)
    }

    /// Type parameters of which the first name, and perhaps its constraint, are read.
    pub(super) fn type_params_after(&mut self, name: Ident, constraint: Option<Expr>) -> Vec<Field> {
        let Some(ty) = constraint else { return self.type_params_from(Vec::new(), Some(name)) };
        if self.got(Token::RBrack) {
            return vec![Self::field((Some(name), Arc::new(ty)))];
        }
        if !self.got(Token::Comma) {
            self.unexpected(" in parameter list; possibly missing comma or ]");
            self.skip_to(&[Token::RParen, Token::RBrack, Token::RBrace]);
            if self.token() != Token::RBrack {
                return vec![Self::field((Some(name), Arc::new(ty)))];
            }
        }
        self.type_params_from(vec![Entry { name: Some(name), ty: Some(ty) }], None)
    }

    fn type_params_from(&mut self, mut entries: Vec<Entry>, mut name: Option<Ident>) -> Vec<Field> {
        let close = Token::RBrack;
        let end = self.list("parameter list", Token::Comma, close, |reader| {
            entries.extend(reader.entry(name.take(), close));
            false
        });
        let entries = self.give_types(entries, end, Names::Required);
        self.check_dots(entries, Dots::Refused)
    }

    /// One entry; its name may have been read. Constraints stand in brackets only.
    fn entry(&mut self, name: Option<Ident>, close: Token) -> Option<Entry> {
        let constraints = close == Token::RBrack;
        if name.is_none() && constraints && self.token() == Token::Tilde {
            return Some(Entry { name: None, ty: Some(self.union(None)) });
        }
        let name = name.or_else(|| (self.token() == Token::Ident).then(|| self.name()));
        if let Some(name) = name {
            let union_follows = |reader: &Self| constraints && reader.token() == Token::Pipe;
            match self.token() {
                Token::LBrack => {
                    let (mut entry, ty) = match self.brackets() {
                        Brackets::Type(ty) => (Entry { name: Some(name), ty: None }, ty),
                        Brackets::Arguments(args) => {
                            let base = self.ctx.name(name);
                            let end = self.end();
                            (Entry { name: None, ty: None }, self.ctx.index(base, args, end))
                        }
                    };
                    entry.ty = Some(if union_follows(self) { self.union(Some(ty)) } else { ty });
                    return Some(entry);
                }
                Token::Dot => {
                    let ty = self.qualified_name(Some(name));
                    let ty = if union_follows(self) { self.union(Some(ty)) } else { ty };
                    return Some(Entry { name: None, ty: Some(ty) });
                }
                Token::Pipe if constraints => {
                    let first = self.ctx.name(name);
                    return Some(Entry { name: None, ty: Some(self.union(Some(first))) });
                }
                _ => {}
            }
        }
        let start = self.start();
        if self.got(Token::Ellipsis) {
            let ty = match self.type_or_none() {
                Some(elem) => self.ctx.expr(start, ExprKind::Ellipsis(Box::new(elem)), self.end()),
                None => {
                    let bad = self.bad_expr();
                    self.wrong_here("... is missing type");
                    bad
                }
            };
            return Some(Entry { name, ty: Some(ty) });
        }
        if constraints && self.token() == Token::Tilde {
            return Some(Entry { name, ty: Some(self.union(None)) });
        }
        let mut ty = self.type_or_none();
        if constraints && self.token() == Token::Pipe && ty.is_some() {
            ty = Some(self.union(ty));
        }
        if name.is_some() || ty.is_some() {
            return Some(Entry { name, ty });
        }
        self.expected(super::name_of(close));
        self.skip_to(&[Token::Comma, close]);
        None
    }

    /// Decides which entries are names and which are types, and gives each name its type.
    fn give_types(
        &mut self,
        entries: Vec<Entry>,
        end: Span,
        names: Names,
    ) -> Vec<(Option<Ident>, Arc<Expr>)> {
        let count = entries.len();
        let named = entries.iter().filter(|entry| entry.name.is_some() && entry.ty.is_some()).count();
        let typed = entries.iter().filter(|entry| entry.ty.is_some()).count();
        let mut fields = Vec::with_capacity(count);
        if named == 0 && names == Names::Optional {
            for Entry { name, ty } in entries {
                let ty = ty.or_else(|| name.map(|name| self.ctx.name(name)));
                fields.extend(ty.map(|ty| (None, Arc::new(ty))));
            }
            return fields;
        }
        let mut wrong = None;
        let mut following: Option<Arc<Expr>> = None;
        for Entry { name, ty } in entries.into_iter().rev() {
            if let Some(ty) = ty {
                following = Some(Arc::new(ty));
            }
            let ty = match (&following, name) {
                (Some(ty), _) => ty.clone(),
                (None, name) => {
                    let span = name.map_or(end, |name| name.span);
                    wrong = Some(span);
                    Arc::new(self.bad_at(span))
                }
            };
            let name = name.unwrap_or_else(|| {
                wrong = Some(ty.span);
                Ident { span: ty.span, ..self.ctx.blank(0) }
            });
            fields.push((Some(name), ty));
        }
        fields.reverse();
        if let Some(span) = wrong {
            let (at, message) = match (named == typed, names) {
                (true, Names::Required) => (end, "missing type constraint"),
                (true, Names::Optional) => (end, "missing parameter type"),
                (false, Names::Required) if count == 1 => {
                    (span, "missing type parameter name or invalid array length")
                }
                (false, Names::Required) => (span, "missing type parameter name"),
                (false, Names::Optional) => (span, "missing parameter name"),
            };
            self.wrong(at, message);
        }
        fields
    }

    fn check_dots(&mut self, entries: Vec<(Option<Ident>, Arc<Expr>)>, dots: Dots) -> Vec<Field> {
        let last = entries.len().saturating_sub(1);
        let misplaced = entries.iter().enumerate().find(|(i, (_, ty))| {
            matches!(ty.kind, ExprKind::Ellipsis(_)) && (dots == Dots::Refused || *i < last)
        });
        if let Some((_, (_, ty))) = misplaced {
            let span = ty.span;
            self.plain(
                span,
                match dots {
                    Dots::Allowed => "can only use ... with final parameter",
                    Dots::Refused => "invalid use of ...",
                },
            );
        }
        entries.into_iter().map(Self::field).collect()
    }

    fn field((name, ty): (Option<Ident>, Arc<Expr>)) -> Field {
        let span = name.map_or(ty.span, |name| name.span.to(ty.span));
        Field { name, span, ty }
    }
}
