//! The same programs under go-lite and real Go: standard output, exit status, standard error without
//! what differs between two correct runs, and the errors of wrong programs with their places.

use std::path::{Path, PathBuf};
use std::time::Duration;

use golite_testkit::case::{Case, cases_below};
use golite_testkit::expect::{self, Expectation};
use golite_testkit::process::{Outcome as Ended, Run};
use golite_testkit::{diff, mask, workspace};

use crate::real_go::{Built, Go};
use crate::{Outcome, golite, parallel};

/// What came of one program.
enum Verdict {
    Same,
    Skipped(&'static str),
    Different(String),
}

/// Runs every program whose name contains the filter.
pub(crate) fn run(filter: &str) -> Outcome {
    let go = match Go::find() {
        Ok(go) => go,
        Err(why) => {
            println!("differential: {why}; nothing is compared");
            return Ok(());
        }
    };
    let golite = golite::build()?;
    let mut cases = Vec::new();
    for folder in ["lang-tests", "examples"] {
        let found = cases_below(&workspace::root().join(folder)).into_iter();
        cases.extend(found.map(|case| Case { name: format!("{folder}/{}", case.name), ..case }));
    }
    cases.retain(|case| case.name.contains(filter));
    let verdicts =
        parallel::map(&cases, |case| compare(case, &go, &golite).unwrap_or_else(Verdict::Different));
    let (mut same, mut skipped, mut different) = (0, 0, 0);
    for (case, verdict) in cases.iter().zip(&verdicts) {
        match verdict {
            Verdict::Same => same += 1,
            Verdict::Skipped(_) => skipped += 1,
            Verdict::Different(why) => {
                different += 1;
                println!("{}:\n{}\n", case.name, why.trim_end());
            }
        }
    }
    for reason in [EXTENSION, LISTING_ONLY] {
        let count =
            verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Skipped(why) if *why == reason));
        println!("{} not compared: {reason}", count.count());
    }
    let summary = format!("{same} the same, {different} different, {skipped} not compared ({})", go.version);
    println!("{summary}");
    if different == 0 { Ok(()) } else { Err("there are differences".into()) }
}

const EXTENSION: &str = "an extension of go-lite";
const LISTING_ONLY: &str = "expects a listing or a rendering only";

fn compare(case: &Case, go: &Go, golite: &Path) -> Result<Verdict, String> {
    let text = std::fs::read_to_string(&case.main).map_err(|error| error.to_string())?;
    let expectation = expect::parse(&text)?;
    let is_script = !case.path.is_dir() && !text.lines().any(|line| line.starts_with("package "));
    if is_script && expectation.runs() {
        return compare_script(case, go, golite, &expectation);
    }
    if is_script || expectation.options.extension {
        return Ok(Verdict::Skipped(EXTENSION));
    }
    if !expectation.runs() && !expectation.checks() {
        return Ok(Verdict::Skipped(LISTING_ONLY));
    }
    let copy = Copy::of(case)?;
    let theirs = go.kept(&(&copy.content, format!("{:?}", expectation.options)), || {
        Ok(match go.build(&copy.folder)? {
            Built::Errors(errors) => format!("errors\n{}", go_errors(&errors)),
            Built::Program(program) if expectation.runs() => {
                format!(
                    "ran\n{}",
                    shown(&run_at(&program, Vec::new(), &copy.folder, &expectation), &copy.folder, &go.root)
                )
            }
            Built::Program(_) => "errors\n".to_string(),
        })
    })?;
    let ours = if theirs.starts_with("ran") || expectation.runs() {
        let seed: &[&str] = if expectation.options.seeds > 0 { &["--seed", "1"] } else { &[] };
        let args = [&["run"], seed, &[copy.argument.as_str()]].concat();
        let args = args.into_iter().map(str::to_string).collect();
        format!("ran\n{}", shown(&run_at(golite, args, &copy.folder, &expectation), &copy.folder, &go.root))
    } else {
        let args = ["check", "--format", "short", &copy.argument].map(str::to_string).to_vec();
        let outcome = run_at(golite, args, &copy.folder, &expectation);
        format!("errors\n{}{}", outcome.stdout, outcome.stderr)
    };
    // Where real Go shows everything (stack overflow, out of memory), the tracebacks are not compared.
    let everything = theirs.lines().any(|line| line.starts_with("goroutine ") && line.contains(" gp=0x"));
    let cut = |text: String| if everything { mask::before_traceback(&text) } else { text };
    let (ours, theirs) = (plain_literals(&cut(ours)), plain_literals(&cut(theirs)));
    if ours == theirs {
        return Ok(Verdict::Same);
    }
    let (theirs, ours): (Vec<&str>, Vec<&str>) = (theirs.lines().collect(), ours.lines().collect());
    Ok(Verdict::Different(format!("(- real Go, + go-lite)\n{}", diff::lines(&theirs, &ours))))
}

/// Names of function literals as they are where Go inlines nothing: `f.func1.2` for `f.func1.func2`, and
/// `f-range1.2` for `f-range1.func2`.
fn plain_literals(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(".func") {
        let (before, after) = rest.split_at(at);
        plain.push_str(before);
        // The number, and before it the word, of what the literal is in.
        let outer = plain.trim_end_matches(|c: char| c.is_ascii_digit());
        let numbered = outer.len() < plain.len();
        let inner = numbered && [".func", "-range", "."].iter().any(|word| outer.ends_with(word));
        let number = after[".func".len()..].starts_with(|c: char| c.is_ascii_digit());
        plain.push_str(if inner && number { "." } else { ".func" });
        rest = &after[".func".len()..];
    }
    plain.push_str(rest);
    plain
}

/// A script, and the Go program that it means under real Go: standard output and exit status.
fn compare_script(case: &Case, go: &Go, golite: &Path, expectation: &Expectation) -> Result<Verdict, String> {
    let args = ["script", "to-go", &case.argument()].map(str::to_string).to_vec();
    let program = Run {
        program: golite,
        args,
        folder: case.folder(),
        stdin: "",
        env: Vec::new(),
        timeout: Duration::from_secs(60),
    }
    .run();
    if !program.stderr.is_empty() {
        return Ok(Verdict::Different(program.stderr));
    }
    let copy = Copy::of_text(&case.name, &program.stdout)?;
    let output = |ended: &Ended| format!("{}\n{}", ended.end, ended.stdout);
    let theirs = go.kept(&(&copy.content, format!("{:?}", expectation.options)), || {
        Ok(match go.build(&copy.folder)? {
            Built::Errors(errors) => format!("errors\n{errors}"),
            Built::Program(program) => output(&run_at(&program, Vec::new(), &copy.folder, expectation)),
        })
    })?;
    let args = ["run", &case.argument()].map(str::to_string).to_vec();
    let ours = output(&run_at(golite, args, case.folder(), expectation));
    if ours == theirs {
        return Ok(Verdict::Same);
    }
    let (theirs, ours): (Vec<&str>, Vec<&str>) = (theirs.lines().collect(), ours.lines().collect());
    Ok(Verdict::Different(format!("(- real Go, + go-lite)\n{}", diff::lines(&theirs, &ours))))
}

/// A copy of a program for real Go: the files end in `.go`, and there is a `go.mod`.
struct Copy {
    folder: PathBuf,
    /// What `golite` is given.
    argument: String,
    /// The names and texts of all files: what real Go's answer depends on.
    content: Vec<(String, String)>,
}

impl Copy {
    /// A program of one file.
    fn of_text(name: &str, text: &str) -> Result<Copy, String> {
        let name = name.replace('/', "-");
        let folder =
            std::env::temp_dir().join(format!("golite-differential-{}", std::process::id())).join(name);
        write(&folder.join("main.go"), text.as_bytes())?;
        write(&folder.join("go.mod"), b"module program\n\ngo 1.27\n")?;
        let content = vec![("main.go".to_string(), text.to_string())];
        Ok(Copy { folder, argument: "main.go".into(), content })
    }

    fn of(case: &Case) -> Result<Copy, String> {
        let name = case.name.replace('/', "-");
        let folder =
            std::env::temp_dir().join(format!("golite-differential-{}", std::process::id())).join(name);
        let whole = case.path.is_dir();
        let sources = if whole { workspace::files_below(&case.path, &[""]) } else { case.files.clone() };
        let mut content = Vec::new();
        for source in sources {
            let relative =
                source.strip_prefix(case.folder()).unwrap_or(&source).to_string_lossy().into_owned();
            let relative = relative.strip_suffix("-lite").map_or(relative.clone(), str::to_string);
            let text = std::fs::read(&source).map_err(|error| format!("{}: {error}", source.display()))?;
            write(&folder.join(&relative), &text)?;
            content.push((relative, String::from_utf8_lossy(&text).into_owned()));
        }
        if !content.iter().any(|(name, _)| name == "go.mod") {
            write(&folder.join("go.mod"), b"module program\n\ngo 1.27\n")?;
        }
        let argument = if whole { ".".to_string() } else { content[0].0.clone() };
        Ok(Copy { folder, argument, content })
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // What is left in the folder of temporary files does no harm.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn write(path: &Path, text: &[u8]) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    std::fs::create_dir_all(path.parent().unwrap_or(path)).map_err(failed)?;
    std::fs::write(path, text).map_err(failed)
}

fn run_at(program: &Path, mut args: Vec<String>, folder: &Path, expectation: &Expectation) -> Ended {
    let options = &expectation.options;
    args.extend(options.args.iter().cloned());
    let timeout = options.timeout.max(Duration::from_secs(60));
    Run { program, args, folder, stdin: &options.stdin, env: options.env.clone(), timeout }.run()
}

/// Everything that a run left behind, masked.
fn shown(ended: &Ended, folder: &Path, go_root: &str) -> String {
    let stderr = mask::arguments(&mask::stderr(&ended.stderr, &folder.to_string_lossy()));
    let stderr = mask::standard_frames(&stderr, &[go_root, "$GOROOT"]);
    format!("{}\n--- standard output\n{}\n--- standard error\n{stderr}", ended.end, ended.stdout)
}

/// The errors of `go build`, without headings.
fn go_errors(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("# "));
    // The linker, not the checker, misses main.
    let lines = lines.filter(|line| !line.contains("function main is undeclared in the main package"));
    lines.map(|line| format!("{}\n", without_dots(line))).collect()
}

/// A line with the names of files as `golite` is given them: `x.go`, not `./x.go`.
fn without_dots(line: &str) -> String {
    let line = line.strip_prefix("./").unwrap_or(line);
    line.replace(" ./", " ").replace("\t./", "\t")
}

#[cfg(test)]
mod tests {
    use super::plain_literals;

    #[test]
    fn literals_inside_literals_are_numbered_plainly() {
        assert_eq!(plain_literals("main.f.func1.func2.func3(...)"), "main.f.func1.2.3(...)");
        assert_eq!(plain_literals("main.main-range1.func1()"), "main.main-range1.1()");
        assert_eq!(
            plain_literals("main.init.func1 x.func main.v2.func1"),
            "main.init.func1 x.func main.v2.func1"
        );
    }
}
