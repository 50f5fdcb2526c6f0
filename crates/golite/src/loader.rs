//! Where the checker's packages come from: folders of the program's module, and the standard library.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use golite_diag::{Code, Diagnostic};
use golite_parser::{ParsedFile, has_package_clause, parse_body, parse_decl, parse_file, parse_script};
use golite_source::outline::body_of;
use golite_source::{FileId, SourceMap, Span, Symbol, Text, sym};
use golite_syntax::ast::{Block, Decl, File, LateBody};
use golite_types::{Loaded, Loader, Session};

use crate::go_packages;
use crate::load::{GoModule, PackageFiles, SourceText, load_folder, relative};

/// A standard package.
#[derive(Clone, Debug)]
pub struct StdPackage {
    /// Its files, by name and text.
    pub files: Vec<(String, Text)>,
    /// The words of their outline, if it was made before.
    pub outline: Option<&'static [u32]>,
}

/// Finds a standard package.
pub type FindStd = fn(path: &str) -> Option<StdPackage>;

/// Outlines of the standard packages, made by the build: folder, names of the files, words.
type Outlines = &'static [(&'static str, &'static [&'static str], &'static [u32])];

const OUTLINES: Outlines = include!(concat!(env!("OUT_DIR"), "/outlines.rs"));

/// The standard packages built into go-lite.
#[must_use]
pub fn find_std(path: &str) -> Option<StdPackage> {
    let package = golite_stdlib::find(path)?;
    let mut files: Vec<_> = package.files.to_vec();
    files.sort_unstable_by_key(|(name, _)| *name);
    let folder = path.replace('/', "_");
    let outline = OUTLINES.iter().find(|(other, names, _)| {
        *other == folder && names.iter().copied().eq(files.iter().map(|(name, _)| *name))
    });
    Some(StdPackage {
        files: files.into_iter().map(|(name, text)| (name.to_string(), Text::Static(text))).collect(),
        outline: outline.map(|(.., words)| *words),
    })
}

/// As `find_std`, for programs that are looked at for leaks: package sync tells who holds a mutex.
#[must_use]
pub fn find_std_traced(path: &str) -> Option<StdPackage> {
    let mut package = find_std(path)?;
    if path == "sync" {
        for (_, text) in &mut package.files {
            *text = Text::Shared(Arc::from(text.replace("//traced: ", "")));
        }
        // The outline is that of the text as it was.
        package.outline = None;
    }
    Some(package)
}

/// Loads packages for the checker.
#[derive(Debug)]
pub struct PackageLoader {
    module: Option<GoModule>,
    find_std: FindStd,
    /// The folder of the script, which may import packages below it by relative paths.
    script_folder: Option<PathBuf>,
    extra: Arc<Extra>,
}

/// Packages that are neither standard ones nor in folders.
#[derive(Debug, Default)]
pub(crate) struct Extra {
    /// The texts of packages of the host, by path. They have natives.
    pub(crate) host: HashMap<String, Arc<str>>,
    /// The files of other packages, by path.
    pub(crate) packages: HashMap<String, Vec<SourceText>>,
}

/// A package that hosts need; its name is one that nobody can write.
pub(crate) const HOST_HELPER: &str = "·host";

const HOST_HELPER_TEXT: &str = "package host\n\nfunc ErrorText(err error) string { return err.Error() }\n";

impl PackageLoader {
    /// A loader for a program of a module, with the standard packages that `find_std` knows.
    #[must_use]
    pub fn new(module: Option<GoModule>, find_std: FindStd) -> PackageLoader {
        PackageLoader { module, find_std, script_folder: None, extra: Arc::default() }
    }

    /// The same for a script: paths that begin with `./` or `../` are relative to its folder.
    #[must_use]
    pub fn for_script(self, folder: PathBuf) -> PackageLoader {
        PackageLoader { script_folder: Some(folder), ..self }
    }

    /// The same with other packages, which go before those of folders.
    #[must_use]
    pub(crate) fn with_extra(self, extra: Arc<Extra>) -> PackageLoader {
        PackageLoader { extra, ..self }
    }

    /// The folder of a package of the user.
    fn folder_of(&self, path: &str) -> Result<PathBuf, String> {
        if path.starts_with("./") || path.starts_with("../") {
            let script = self.script_folder.as_ref().map(|folder| folder.join(path));
            return script.ok_or_else(|| {
                format!("\"{path}\" is relative, but relative import paths are not supported in module mode")
            });
        }
        self.module.as_ref().and_then(|module| module.folder_of(path)).ok_or_else(|| not_found(path))
    }
}

/// The part of the session that the parser works on.
pub(crate) fn parsing(session: &mut Session) -> (&SourceMap, golite_parser::Session<'_>) {
    let Session { map, names, next_id, errors, .. } = session;
    (map, golite_parser::Session { names, next_id, errors })
}

/// The parsed files of a package.
#[derive(Debug, Default)]
pub struct ParsedPackage {
    /// The trees.
    pub trees: Vec<File>,
    /// A syntax error was found.
    pub broken: bool,
    /// The declarations with syntax errors.
    pub broken_decls: Vec<Span>,
    /// Names in the parts of files that belong to no declaration.
    pub lost: Vec<Symbol>,
    /// What is wrong with directives if nothing else is.
    pub late: Vec<Diagnostic>,
    /// Names that directives link: where, and whether the file may do that.
    pub linknames: Vec<(Span, String, bool)>,
    /// Where functions begin, behind the keyword, that a directive wants without body.
    pub bodiless: Vec<u32>,
}

/// Parses the files of the program that is to run: a package, or a script.
pub fn parse_program(files: &[SourceText], session: &mut Session) -> ParsedPackage {
    match files {
        [file] if is_script(file) => parse_files(files, session, parse_script),
        _ => parse_package(files, session),
    }
}

/// Whether a file is a script: it has no package clause, and Go's compiler is not to read it.
#[must_use]
pub fn is_script(file: &SourceText) -> bool {
    !file.name.ends_with(".go") && !has_package_clause(&file.text)
}

/// Parses the files of a package of the user.
pub fn parse_package(files: &[SourceText], session: &mut Session) -> ParsedPackage {
    let package = parse_files(files, session, parse_file);
    check_clauses(&package, session);
    package
}

fn parse_files(
    files: &[SourceText],
    session: &mut Session,
    parse: fn(&SourceMap, FileId, &mut golite_parser::Session<'_>) -> ParsedFile,
) -> ParsedPackage {
    let mut package = ParsedPackage::default();
    for source in files {
        let id = session.map.add(source.name.as_str(), source.text.clone());
        let (map, mut parsing) = parsing(session);
        let ParsedFile { file, broken, broken_decls, lost, relocations, pragmas, .. } =
            parse(map, id, &mut parsing);
        session.map.relocate(id, relocations);
        let base = session.map.file(id).base;
        for error in pragmas.errors {
            let span = Span::new(base + error.at, base + error.end);
            let list = if error.late { &mut package.late } else { &mut session.errors };
            list.push(Diagnostic::error(Code::BadDirective, span, error.message));
        }
        let may_link = file.imports.iter().any(|import| import.path_text == "unsafe");
        package.linknames.extend(
            pragmas.linknames.into_iter().map(|linkname| {
                (Span::new(base + linkname.at, base + linkname.end), linkname.local, may_link)
            }),
        );
        package.bodiless.extend(pragmas.bodiless.into_iter().map(|at| base + at));
        if let Some(version) = source.version {
            session.set_version(id, version);
        }
        package.broken |= broken;
        package.broken_decls.extend(broken_decls);
        package.lost.extend(lost);
        package.trees.push(file);
    }
    package
}

/// All files of a package have the same package clause.
fn check_clauses(package: &ParsedPackage, session: &mut Session) {
    let files = &package.trees;
    let Some(first) = files.first() else { return };
    if first.package.name == sym::BLANK && !package.broken {
        let message = "invalid package name _";
        session.errors.push(Diagnostic::error(Code::PackageClause, first.package.span, message));
    }
    for file in &files[1..] {
        if file.package.name != first.package.name {
            let name = session.names.name(first.package.name);
            let other = session.names.name(file.package.name);
            let message = format!("package {other}; expected package {name}");
            session.errors.push(Diagnostic::error(Code::PackageClause, file.package.span, message));
        }
    }
}

impl Loader for PackageLoader {
    fn load(&mut self, path: &str, session: &mut Session) -> Result<Loaded, String> {
        if let Some(StdPackage { files, outline }) = (self.find_std)(path) {
            let ids = files
                .into_iter()
                .map(|(name, text)| session.map.add(format!("$GOROOT/src/{path}/{name}"), text))
                .collect();
            return Ok(Loaded::Std(ids, outline));
        }
        let host = match path {
            HOST_HELPER => Some(Text::Static(HOST_HELPER_TEXT)),
            _ => self.extra.host.get(path).map(|text| Text::Shared(text.clone())),
        };
        if let Some(text) = host {
            let id = session.map.add(format!("$GOROOT/src/{path}/host.go-lite"), text);
            return Ok(Loaded::Std(vec![id], None));
        }
        if let Some(files) = self.extra.packages.get(path) {
            return Ok(Loaded::Files(parse_package(files, session).trees));
        }
        let folder = self.folder_of(path)?;
        if !folder.is_dir() {
            return Err(format!("package {path} is not in std and not in the module ({})", shown(&folder)));
        }
        let PackageFiles { files, .. } = load_folder(&relative(&folder)).map_err(|error| error.0)?;
        Ok(Loaded::Files(parse_package(&files, session).trees))
    }

    fn parse_decl(&mut self, file: FileId, range: Range<u32>, session: &mut Session) -> Vec<Decl> {
        let (map, mut session) = parsing(session);
        let text = &map.file(file).text[range.start as usize..range.end as usize];
        let Some(body) = body_of(text) else {
            return parse_decl(map, file, range, &mut session);
        };
        let body = range.start + body.start..range.start + body.end;
        let mut decls = parse_decl(map, file, range.start..body.start, &mut session);
        if let [Decl::Func(func)] = &mut decls[..] {
            let base = map.file(file).base;
            let func = Arc::get_mut(func).expect("nobody has seen it yet");
            func.span.end = base + body.end;
            func.late = Some(LateBody { file, range: body, block: OnceLock::new() });
        }
        decls
    }

    fn parse_body(&mut self, body: &LateBody, session: &mut Session) -> Block {
        let (map, mut session) = parsing(session);
        parse_body(map, body.file, body.range.clone(), &mut session)
    }

    fn std_named(&self, name: &str) -> Option<String> {
        // What shows values of a session has a name that nobody can write.
        if name == "·show" {
            return Some("internal/show".into());
        }
        let standard = golite_stdlib::find_by_name(name).map(|package| package.path.to_string());
        standard.or_else(|| {
            let is_named = |path: &&String| path.rsplit('/').next() == Some(name);
            self.extra.host.keys().filter(is_named).min().cloned()
        })
    }

    fn known_in_go(&self, path: &str, name: &str) -> bool {
        go_packages::is_missing_name(path, name)
    }

    fn std_packages(&self, name: &str) -> Vec<&'static str> {
        go_packages::with_name(name)
    }

    fn missing_package(&self, name: &str) -> Option<&'static str> {
        go_packages::missing_with_name(name)
    }

    fn missing_path(&self, path: &str) -> bool {
        go_packages::is_missing(path)
    }

    fn near_package(&self, text: &str) -> Option<String> {
        let beside = format!("./{text}");
        let local = self.script_folder.as_ref().map(|folder| folder.join(&beside));
        match local.is_some_and(|folder| load_folder(&folder).is_ok()) {
            true => Some(beside),
            false => go_packages::nearest(text),
        }
    }
}

fn shown(folder: &Path) -> String {
    relative(folder).display().to_string()
}

fn not_found(path: &str) -> String {
    // A path whose first part has a dot would be another module's.
    if path.split('/').next().is_some_and(|first| first.contains('.')) {
        format!("no required module provides package {path}; go-lite does not load other modules")
    } else {
        format!("package {path} is not in std")
    }
}

#[cfg(test)]
mod tests {
    use golite_parser::{Session, parse_body, parse_decl};
    use golite_source::outline::body_of;
    use golite_source::{Interner, Outline, SourceMap};
    use golite_syntax::ast::Decl;

    use super::find_std;

    #[test]
    fn bodies_are_found_without_parsing() {
        let mut bodies = 0;
        for package in golite_stdlib::PACKAGES {
            for (name, text) in find_std(package.path).expect("it is built in").files {
                let mut map = SourceMap::default();
                let file = map.add(name.to_string(), text.clone());
                let (mut names, mut next_id, mut errors) = (Interner::default(), 0, Vec::new());
                let mut session = Session { names: &mut names, next_id: &mut next_id, errors: &mut errors };
                for (start, _) in text.match_indices("\nfunc ") {
                    let start = start as u32 + 1;
                    let rest = &text[start as usize..];
                    let end = start + rest.find("\nfunc ").map_or(rest.len(), |end| end + 1) as u32;
                    let whole = parse_decl(&map, file, start..end, &mut session);
                    let Some(Decl::Func(whole)) = whole.first() else { continue };
                    let found = body_of(&text[start as usize..end as usize]);
                    assert_eq!(found.is_some(), whole.has_body(), "{} {start}", package.path);
                    let (Some(found), Some(body)) = (found, whole.body()) else { continue };
                    let late = parse_body(&map, file, start + found.start..start + found.end, &mut session);
                    let what = format!("{} {}", package.path, &rest[..60.min(rest.len())]);
                    assert_eq!((late.span, late.stmts.len()), (body.span, body.stmts.len()), "{what}");
                    let spans = |block: &golite_syntax::ast::Block| {
                        block.stmts.iter().map(|stmt| stmt.span).collect::<Vec<_>>()
                    };
                    assert_eq!(spans(&late), spans(body), "{what}");
                    bodies += 1;
                }
            }
        }
        assert!(bodies > 1000, "{bodies}");
    }

    #[test]
    fn every_standard_package_has_its_outline() {
        for package in golite_stdlib::PACKAGES {
            let found = find_std(package.path).expect("it is built in");
            let texts: Vec<&str> = found.files.iter().map(|(_, text)| &**text).collect();
            let made = Outline::of(&texts);
            assert_eq!(found.outline, Some(made.words()), "package {}", package.path);
        }
    }
}
