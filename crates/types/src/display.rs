//! Types as text: as messages show them, and as programs see them with `%T`.

use golite_source::sym;
use golite_syntax::ast::ChanDir;

use crate::check::Checker;
use crate::object::{ObjId, PkgId};
use crate::ty::{Basic, Type, TypeId, TypeTable};

/// How names of packages appear.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Qualify {
    /// By name, but for this package.
    Except(PkgId),
    /// By name always, as at run time.
    Always,
}

impl Checker {
    /// A type as messages show it.
    #[must_use]
    pub fn show(&self, ty: TypeId) -> String {
        let mut out = String::new();
        self.write_type(&mut out, ty, Qualify::Except(self.env.pkg), 0);
        out
    }

    /// A type as programs see it with `%T`.
    #[must_use]
    pub fn runtime_name(&self, ty: TypeId) -> String {
        let mut out = String::new();
        self.write_type(&mut out, ty, Qualify::Always, 0);
        out
    }

    fn write_object(&self, out: &mut String, obj: ObjId, qualify: Qualify) {
        let object = self.object(obj);
        let qualified = object.pkg != PkgId(0)
            && match qualify {
                Qualify::Except(pkg) => pkg != object.pkg,
                Qualify::Always => true,
            };
        if qualified {
            *out += self.name(self.package(object.pkg).name);
            out.push('.');
        }
        *out += self.name(object.name);
    }

    fn write_type(&self, out: &mut String, ty: TypeId, qualify: Qualify, depth: u32) {
        if depth > 100 {
            *out += "...";
            return;
        }
        let runtime = qualify == Qualify::Always;
        match self.types.get(ty) {
            Type::Basic(_) if ty == TypeTable::BYTE && !runtime => *out += "byte",
            Type::Basic(_) if ty == TypeTable::RUNE && !runtime => *out += "rune",
            Type::Basic(basic) => *out += basic.name(),
            Type::Named(named) => {
                let info = self.types.named_info(*named);
                self.write_object(out, info.obj, qualify);
                if let Some((origin, args)) = &info.origin {
                    let shown = self.types.named_info(*origin).type_params.len();
                    if shown > 0 {
                        out.push('[');
                        for (i, arg) in args.iter().take(shown).enumerate() {
                            if i > 0 {
                                out.push(',');
                            }
                            self.write_type(out, *arg, qualify, depth + 1);
                        }
                        out.push(']');
                    }
                } else if !info.type_params.is_empty() && !runtime {
                    out.push('[');
                    for (i, param) in info.type_params.iter().enumerate() {
                        if i > 0 {
                            *out += ", ";
                        }
                        self.write_type(out, *param, qualify, depth + 1);
                        if let Some(param) = self.types.as_param(*param) {
                            out.push(' ');
                            self.write_type(out, self.types.param_info(param).constraint, qualify, depth + 1);
                        }
                    }
                    out.push(']');
                }
            }
            Type::Param(param) => *out += self.name(self.types.param_info(*param).name),
            Type::Pointer(elem) => {
                out.push('*');
                self.write_type(out, *elem, qualify, depth + 1);
            }
            Type::Slice(elem) => {
                *out += "[]";
                self.write_type(out, *elem, qualify, depth + 1);
            }
            Type::Array(len, elem) => {
                *out += &format!("[{len}]");
                self.write_type(out, *elem, qualify, depth + 1);
            }
            Type::Map(key, value) => {
                *out += "map[";
                self.write_type(out, *key, qualify, depth + 1);
                out.push(']');
                self.write_type(out, *value, qualify, depth + 1);
            }
            Type::Chan(dir, elem) => {
                *out += match dir {
                    ChanDir::Both => "chan ",
                    ChanDir::Send => "chan<- ",
                    ChanDir::Recv => "<-chan ",
                };
                let paren = *dir != ChanDir::Send
                    && matches!(self.types.get(*elem), Type::Chan(ChanDir::Recv, _))
                    && *dir == ChanDir::Both;
                if paren {
                    out.push('(');
                }
                self.write_type(out, *elem, qualify, depth + 1);
                if paren {
                    out.push(')');
                }
            }
            Type::Struct(fields) => {
                *out += "struct";
                *out += if runtime && !fields.is_empty() { " { " } else { "{" };
                for (i, field) in fields.iter().enumerate() {
                    if i > 0 {
                        *out += "; ";
                    }
                    if !field.embedded {
                        *out += self.name(field.name);
                        out.push(' ');
                    }
                    self.write_type(out, field.ty, qualify, depth + 1);
                    if !field.tag.is_empty() {
                        *out += &format!(" {:?}", String::from_utf8_lossy(&field.tag));
                    }
                }
                *out += if runtime && !fields.is_empty() { " }" } else { "}" };
            }
            Type::Tuple(types) => {
                out.push('(');
                self.write_list(out, types, false, qualify, depth, &[]);
                out.push(')');
            }
            Type::Signature(_) => {
                *out += "func";
                self.write_signature(out, ty, qualify, depth);
            }
            Type::Interface(info) => {
                if ty == TypeTable::EMPTY_INTERFACE {
                    *out += if runtime { "interface {}" } else { "interface{}" };
                    return;
                }
                if ty == self.types.any() {
                    *out += if runtime { "interface {}" } else { "any" };
                    return;
                }
                if info.implicit && info.methods.is_empty() && info.embeds.len() == 1 {
                    return self.write_type(out, info.embeds[0].0, qualify, depth + 1);
                }
                *out += if runtime { "interface { " } else { "interface{" };
                let mut first = true;
                let mut methods = info.methods.clone();
                if runtime {
                    methods.sort_by_key(|method| self.name(method.name).to_string());
                }
                for method in &methods {
                    if !std::mem::take(&mut first) {
                        *out += "; ";
                    }
                    if runtime && !self.session.names.is_exported(method.name) && method.pkg != PkgId(0) {
                        *out += self.name(self.package(method.pkg).name);
                        out.push('.');
                    }
                    *out += self.name(method.name);
                    self.write_signature(out, method.sig, qualify, depth + 1);
                }
                for (embedded, _) in &info.embeds {
                    if !std::mem::take(&mut first) {
                        *out += "; ";
                    }
                    self.write_type(out, *embedded, qualify, depth + 1);
                }
                *out += if runtime { " }" } else { "}" };
            }
            Type::Union(terms) => {
                for (i, term) in terms.iter().enumerate() {
                    if i > 0 {
                        *out += " | ";
                    }
                    if term.tilde {
                        out.push('~');
                    }
                    self.write_type(out, term.ty, qualify, depth + 1);
                }
            }
        }
    }

    fn write_list(
        &self,
        out: &mut String,
        types: &[TypeId],
        variadic: bool,
        qualify: Qualify,
        depth: u32,
        names: &[golite_source::Symbol],
    ) {
        for (i, ty) in types.iter().enumerate() {
            if i > 0 {
                *out += ", ";
            }
            if qualify != Qualify::Always
                && let Some(name) = names.get(i).filter(|name| **name != sym::EMPTY)
            {
                *out += self.name(*name);
                out.push(' ');
            }
            match self.types.get(*ty) {
                Type::Slice(elem) if variadic && i + 1 == types.len() => {
                    *out += "...";
                    self.write_type(out, *elem, qualify, depth + 1);
                }
                // append([]byte, string...)
                Type::Basic(Basic::String) if variadic && i + 1 == types.len() => *out += "string...",
                _ => self.write_type(out, *ty, qualify, depth + 1),
            }
        }
    }

    /// Parameters and results, without `func`.
    fn write_signature(&self, out: &mut String, ty: TypeId, qualify: Qualify, depth: u32) {
        let Type::Signature(sig) = self.types.get(ty) else { return };
        self.write_signature_info(out, sig, qualify, depth);
    }

    fn write_signature_info(&self, out: &mut String, sig: &crate::ty::SigInfo, qualify: Qualify, depth: u32) {
        if !sig.type_params.is_empty() && qualify != Qualify::Always {
            out.push('[');
            for (i, param) in sig.type_params.iter().enumerate() {
                if i > 0 {
                    *out += ", ";
                }
                self.write_type(out, *param, qualify, depth + 1);
                if let Some(param) = self.types.as_param(*param) {
                    out.push(' ');
                    self.write_type(out, self.types.param_info(param).constraint, qualify, depth + 1);
                }
            }
            out.push(']');
        }
        let (params, results) = &*sig.names.0;
        out.push('(');
        self.write_list(out, &sig.params, sig.variadic, qualify, depth, params);
        out.push(')');
        let named = qualify != Qualify::Always && results.iter().any(|name| *name != sym::EMPTY);
        match sig.results.as_slice() {
            [] => {}
            [one] if !named => {
                out.push(' ');
                self.write_type(out, *one, qualify, depth + 1);
            }
            many => {
                *out += " (";
                self.write_list(out, many, false, qualify, depth, results);
                out.push(')');
            }
        }
    }

    /// Parameters and results of a signature, without `func`, as messages show them.
    pub(crate) fn show_plain_signature(&self, sig: &crate::ty::SigInfo) -> String {
        // The names do not take part in the identity of a signature, so the table may have others.
        let mut out = String::new();
        self.write_signature_info(&mut out, sig, Qualify::Except(self.env.pkg), 0);
        out
    }
}
