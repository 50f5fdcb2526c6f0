//! dev tool
use std::sync::Arc;
fn find(path: &str) -> Option<Vec<(String, Arc<str>)>> {
    let dir = format!("{}/../stdlib/src/{}", env!("CARGO_MANIFEST_DIR"), path.replace('/', "_"));
    let mut out = Vec::new();
    for e in std::fs::read_dir(dir).into_iter().flatten() {
        let p = e.ok()?.path();
        if p.extension().is_some_and(|x| x == "go-lite") {
            out.push((p.file_name()?.to_str()?.to_string(), std::fs::read_to_string(&p).ok()?.into()));
        }
    }
    if out.is_empty() {
        let root = std::env::var("GOROOT").ok()?;
        let files = golite::load::load_folder(std::path::Path::new(&format!("{root}/src/{path}"))).ok()?;
        for f in files.files { out.push((f.name.rsplit('/').next()?.to_string(), f.text)); }
    }
    (!out.is_empty()).then_some(out)
}
fn main() {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    let all = std::env::var("ALL").is_ok();
    let one = |paths: &[String]| {
        let files = match golite::load::load_paths(paths) { Ok(f) => f, Err(e) => { println!("{}", e.0); return; } };
        let mut checked = golite::check_files(&files, find);
        if std::env::var("BODIES").is_ok() {
            let mut done = std::collections::HashSet::new();
            loop {
                let mut work = Vec::new();
                for i in 0..checked.checker.objects.len() as u32 {
                    let o = golite_types::ObjId(i);
                    if matches!(checked.checker.object(o).kind, golite_types::ObjKind::Func) && checked.checker.object(o).progress == golite_types::Progress::Done && !matches!(checked.checker.object(o).decl, golite_types::DeclRef::None) && done.insert(o) { work.push(o); }
                }
                if work.is_empty() { break; }
                for o in work { checked.checker.check_body(o); }
            }
            eprintln!("{} bodies", done.len());
        }
        for d in checked.diagnostics() {
            println!("{}", golite_diag::render::short(&checked.checker.session.map, d));
        }
    };
    if all {
        for p in &paths {
            let r = std::panic::catch_unwind(|| one(std::slice::from_ref(p)));
            if r.is_err() { println!("{p}:1:1: PANIC"); }
        }
    } else { one(&paths); }
}
