//! Types as text: as messages show them, and as programs see them with `%T`.

use golite_source::sym;
use golite_syntax::ast::ChanDir;

use crate::check::Checker;
use crate::object::{ObjId, ObjKind, Object, Package, PkgId};
use crate::ty::{Basic, Type, TypeId, TypeTable};

/// How names of packages appear.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Qualify {
    /// By name, but for this package.
    Except(PkgId),
    /// As messages do that this package gets: likewise, but by quoted path where a name is not enough.
    Message(PkgId),
    /// By path, as Go shows the terms of constraints.
    Terms,
    /// By name always, as at run time.
    Always,
    /// By path, as at run time among type arguments: types of equal names stay apart.
    Path,
}

impl Qualify {
    fn is_runtime(self) -> bool {
        match self {
            Qualify::Except(_) | Qualify::Message(_) | Qualify::Terms => false,
            Qualify::Always | Qualify::Path => true,
        }
    }

    /// For type arguments.
    fn of_arguments(self) -> Qualify {
        if self.is_runtime() { Qualify::Path } else { self }
    }
}

impl Checker {
    /// A type as messages show it.
    #[must_use]
    pub fn show(&self, ty: TypeId) -> String {
        let mut out = String::new();
        self.write_type(&mut out, ty, Qualify::Message(self.env.pkg), 0);
        out
    }

    /// A type as a package writes it.
    #[must_use]
    pub fn show_in(&self, ty: TypeId, pkg: PkgId) -> String {
        let mut out = String::new();
        self.write_type(&mut out, ty, Qualify::Except(pkg), 0);
        out
    }

    /// A list of type parameters with their constraints.
    pub(crate) fn show_type_params(&self, params: &[TypeId]) -> String {
        let mut out = String::new();
        self.write_type_params(&mut out, params, Qualify::Message(self.env.pkg), 0);
        out
    }

    /// Several results with their names.
    pub(crate) fn show_results(&self, types: &[TypeId], names: &crate::ty::ParamNames) -> String {
        let mut out = String::from("(");
        self.write_list(&mut out, types, false, Qualify::Message(self.env.pkg), 0, &names.0.1);
        out.push(')');
        out
    }

    /// A type with the paths of all packages, as Go shows the terms of constraints.
    pub(crate) fn show_with_path(&self, ty: TypeId) -> String {
        let mut out = String::new();
        self.write_type(&mut out, ty, Qualify::Terms, 0);
        out
    }

    /// A type as programs see it with `%T`.
    #[must_use]
    pub fn runtime_name(&mut self, ty: TypeId) -> String {
        self.find_type_sets(ty, 0);
        let mut out = String::new();
        self.write_type(&mut out, ty, Qualify::Always, 0);
        out
    }

    /// Computes the type sets of the interface literals in a type, which its name at run time shows.
    fn find_type_sets(&mut self, ty: TypeId, depth: u32) {
        if depth > 100 {
            return;
        }
        let inner = match self.types.get(ty) {
            Type::Basic(_) | Type::Param(_) | Type::Union(_) => Vec::new(),
            Type::Named(named) => match &self.types.named_info(*named).origin {
                Some((_, args)) => args.to_vec(),
                None => Vec::new(),
            },
            Type::Pointer(elem) | Type::Slice(elem) | Type::Array(_, elem) | Type::Chan(_, elem) => {
                vec![*elem]
            }
            Type::Map(key, value) => vec![*key, *value],
            Type::Struct(fields) => fields.iter().map(|field| field.ty).collect(),
            Type::Tuple(types) => types.to_vec(),
            Type::Signature(sig) => sig.params.iter().chain(&sig.results).copied().collect(),
            Type::Interface(_) => {
                let set = self.types.type_set(ty);
                set.methods.iter().map(|method| method.sig).collect()
            }
        };
        for ty in inner {
            self.find_type_sets(ty, depth + 1);
        }
    }

    /// A package as messages name it: by its quoted path if that is not the only one of its name.
    fn message_name(&self, pkg: PkgId) -> String {
        let package = self.package(pkg);
        let name = self.name(package.name);
        // Packages that others import count in Go. Of the standard ones it is these that have an inner
        // package of their name.
        let twin_inside = package.std && matches!(&*package.path, "sync" | "strconv");
        let imported =
            |pkg: PkgId| self.packages.iter().any(|package| !package.std && package.imports.contains(&pkg));
        let is_twin = |(i, other): (usize, &Package)| {
            let id = PkgId(i as u32);
            id != pkg && other.name == package.name && !other.fake && (!other.std || imported(id))
        };
        if twin_inside || self.packages.iter().enumerate().any(is_twin) {
            format!("\"{}\"", package.path)
        } else {
            name.to_string()
        }
    }

    fn write_object(&self, out: &mut String, obj: ObjId, qualify: Qualify) {
        let object = self.object(obj);
        if object.pkg != PkgId(0) {
            let package = self.package(object.pkg);
            match qualify {
                Qualify::Except(pkg) | Qualify::Message(pkg) if pkg == object.pkg => {}
                Qualify::Message(_) => {
                    *out += &self.message_name(object.pkg);
                    out.push('.');
                }
                Qualify::Except(_) | Qualify::Always => {
                    *out += self.name(package.name);
                    out.push('.');
                }
                // The path of the package that was asked for is only a word for it.
                Qualify::Terms if &*package.path == "main" => {
                    *out += self.name(package.name);
                    out.push('.');
                }
                Qualify::Path | Qualify::Terms => {
                    *out += &package.path;
                    out.push('.');
                }
            }
        }
        *out += if qualify.is_runtime() { self.name_at_run_time(obj) } else { self.name(object.name) };
    }

    /// The name that a type was declared by: what a session calls one that was declared again is for messages alone.
    #[must_use]
    pub fn name_at_run_time(&self, obj: ObjId) -> &str {
        let name = self.name(self.object(obj).name);
        name.split('·').next().unwrap_or(name)
    }

    /// The number of a local type among those of its package, from 1 in source order; 0 for others.
    fn local_number(&self, obj: ObjId) -> usize {
        let object = self.object(obj);
        let is_local = |object: &Object| {
            matches!(object.kind, ObjKind::TypeName) && object.decl_is_local() && !object.alias
        };
        if object.pkg == PkgId(0) || !is_local(object) {
            return 0;
        }
        let before = |other: &&Object| {
            other.pkg == object.pkg
                && is_local(other)
                && other.span.start <= object.span.start
                && matches!(self.types.get(other.ty), Type::Named(_))
        };
        self.objects.iter().filter(before).count()
    }

    fn write_type(&self, out: &mut String, ty: TypeId, qualify: Qualify, depth: u32) {
        if depth > 100 {
            *out += "...";
            return;
        }
        let runtime = qualify.is_runtime();
        if !runtime && let Some(alias) = self.types.as_alias(ty) {
            self.write_object(out, alias.obj, qualify);
            return self.write_arguments(out, &alias.args, qualify, depth);
        }
        match self.types.get(ty) {
            Type::Basic(_) if ty == TypeTable::BYTE && !runtime => *out += "byte",
            Type::Basic(_) if ty == TypeTable::RUNE && !runtime => *out += "rune",
            Type::Basic(basic) => *out += basic.name(),
            Type::Named(named) => {
                let info = self.types.named_info(*named);
                self.write_object(out, info.obj, qualify);
                if let Some((origin, args)) = &info.origin {
                    // A local type of a generic function has the function's arguments, too.
                    let shown =
                        if runtime { args.len() } else { self.types.named_info(*origin).type_params.len() };
                    self.write_arguments(out, &args[..shown.min(args.len())], qualify, depth);
                } else if !info.type_params.is_empty() && !runtime {
                    self.write_type_params(out, &info.type_params, qualify, depth);
                }
                if qualify == Qualify::Path {
                    match self.local_number(info.obj) {
                        0 => {}
                        number => *out += &format!("·{number}"),
                    }
                }
            }
            Type::Param(param) => {
                let info = self.types.param_info(*param);
                *out += self.name(info.name);
                // A type parameter named as a predeclared type would be mistaken for that.
                if !runtime && self.scopes[0].names.contains_key(&info.name) {
                    let (name, place) = (self.name(info.name), self.place(self.object(info.obj).span));
                    *out += &format!(" /* with {name} declared at {place} */");
                }
            }
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
                *out += match (runtime, fields.is_empty()) {
                    (true, true) => "struct {",
                    (true, false) => "struct { ",
                    (false, _) => "struct{",
                };
                for (i, field) in fields.iter().enumerate() {
                    if i > 0 {
                        *out += "; ";
                    }
                    if !field.embedded {
                        if qualify == Qualify::Path && !self.session.names.is_exported(field.name) {
                            *out += &self.package(field.pkg).path;
                            out.push('.');
                        }
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
                if runtime {
                    return self.write_runtime_interface(out, ty, qualify, depth);
                }
                *out += "interface{";
                let mut first = true;
                for method in &info.methods {
                    if !std::mem::take(&mut first) {
                        *out += "; ";
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
                out.push('}');
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

    /// A list of type parameters; those that follow each other share one mention of their constraint.
    fn write_type_params(&self, out: &mut String, params: &[TypeId], qualify: Qualify, depth: u32) {
        let bound =
            |param: &TypeId| self.types.as_param(*param).map(|param| self.types.param_info(param).constraint);
        out.push('[');
        for (i, param) in params.iter().enumerate() {
            if i > 0 {
                *out += ", ";
            }
            self.write_type(out, *param, qualify, depth + 1);
            if let Some(constraint) = bound(param)
                && params.get(i + 1).and_then(bound) != Some(constraint)
            {
                out.push(' ');
                self.write_type(out, constraint, qualify, depth + 1);
            }
        }
        out.push(']');
    }

    /// Type arguments, if there are any.
    fn write_arguments(&self, out: &mut String, args: &[TypeId], qualify: Qualify, depth: u32) {
        if args.is_empty() {
            return;
        }
        out.push('[');
        for (i, arg) in args.iter().enumerate() {
            if i > 0 {
                *out += if qualify.is_runtime() { "," } else { ", " };
            }
            self.write_type(out, *arg, qualify.of_arguments(), depth + 1);
        }
        out.push(']');
    }

    /// All methods of an interface literal, those of embedded interfaces included.
    fn write_runtime_interface(&self, out: &mut String, ty: TypeId, qualify: Qualify, depth: u32) {
        let set = self.types.type_sets.get(&ty).cloned().unwrap_or_default();
        if set.methods.is_empty() {
            *out += "interface {}";
            return;
        }
        let mut methods = set.methods.clone();
        // Exported names come first: their bytes are smaller.
        methods.sort_by_key(|method| self.name(method.name).to_string());
        *out += "interface { ";
        for (i, method) in methods.iter().enumerate() {
            if i > 0 {
                *out += "; ";
            }
            if !self.session.names.is_exported(method.name) && method.pkg != PkgId(0) {
                let package = self.package(method.pkg);
                *out += if qualify == Qualify::Path { &package.path } else { self.name(package.name) };
                out.push('.');
            }
            *out += self.name(method.name);
            self.write_signature(out, method.sig, qualify, depth + 1);
        }
        *out += " }";
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
            if !qualify.is_runtime()
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
        if !sig.type_params.is_empty() && !qualify.is_runtime() {
            self.write_type_params(out, &sig.type_params, qualify, depth);
        }
        let (params, results) = &*sig.names.0;
        out.push('(');
        self.write_list(out, &sig.params, sig.variadic, qualify, depth, params);
        out.push(')');
        let named = !qualify.is_runtime() && results.iter().any(|name| *name != sym::EMPTY);
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
        self.write_signature_info(&mut out, sig, Qualify::Message(self.env.pkg), 0);
        out
    }
}
