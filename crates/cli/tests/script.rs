//! Scripts on the command line: `eval`, standard input, local packages, and `script to-go`, whose program
//! must do what the script does.

use std::path::{Path, PathBuf};
use std::time::Duration;

use golite_testkit::case::cases_below;
use golite_testkit::expect;
use golite_testkit::process::{End, Outcome, Run};
use golite_testkit::workspace;

const GOLITE: &str = env!("CARGO_BIN_EXE_golite");

fn golite(folder: &Path, args: &[&str], stdin: &str) -> Outcome {
    Run {
        program: Path::new(GOLITE),
        args: args.iter().map(ToString::to_string).collect(),
        folder,
        stdin,
        env: Vec::new(),
        timeout: Duration::from_secs(120),
    }
    .run()
}

/// A folder of its own for one test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("golite-script-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path.canonicalize().unwrap())
    }

    fn write(&self, name: &str, content: &str) {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left in the folder of temporary files does no harm.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[track_caller]
fn evaluates(code: &str, stdout: &str) {
    let outcome = golite(&std::env::temp_dir(), &["eval", code], "");
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), (stdout, ""), "{code}");
    assert_eq!(outcome.end, End::Exit(0), "{code}");
}

#[test]
fn eval_prints_the_value_of_the_last_expression() {
    evaluates("1 + 2", "3\n");
    evaluates("strings.ToUpper(\"a\")", "A\n");
    evaluates("x := 4; x * x", "16\n");
    evaluates("1, \"a\", 2.5", "1 a 2.5\n");
    evaluates("x := 4; x, x+1\n", "4 5\n");
    evaluates("strconv.Atoi(\"12\")", "12 <nil>\n");
    evaluates("fmt.Println(\"once\")", "once\n");
    evaluates("func f() {}\nf()", "");
    evaluates("x := 1\nx++", "");
    evaluates("", "");
    evaluates("1 << 70", "1180591620717411303424\n");
    evaluates("math.MaxUint64", "18446744073709551615\n");
}

#[test]
fn eval_reports_errors_where_they_are() {
    let outcome = golite(&std::env::temp_dir(), &["eval", "x := 1\nx + undefined"], "");
    assert_eq!((outcome.end, outcome.stderr.as_str()), (End::Exit(1), "<eval>:2:5: undefined: undefined\n"));
    let outcome = golite(&std::env::temp_dir(), &["eval", "panic(\"no\")"], "");
    assert_eq!(outcome.end, End::Exit(2));
    assert!(
        outcome.stderr.starts_with("panic: no\n\ngoroutine 1 [running]:\nmain.main()\n\t<eval>:1"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn eval_has_arguments_and_limits() {
    let outcome = golite(&std::env::temp_dir(), &["eval", "--max-steps", "1000", "for {}"], "");
    let text = "golite: limit reached: 1000 steps (--max-steps)\n";
    assert_eq!((outcome.end, outcome.stderr.as_str()), (End::Exit(2), text));
    let outcome = golite(&std::env::temp_dir(), &["eval", "os.Args", "a", "-b"], "");
    assert_eq!(outcome.stdout, "[eval a -b]\n");
}

#[test]
fn a_script_comes_from_standard_input() {
    let outcome = golite(&std::env::temp_dir(), &["run", "-", "x"], "fmt.Println(os.Args[1:])");
    assert_eq!((outcome.end, outcome.stdout.as_str()), (End::Exit(0), "[x]\n"));
}

#[test]
fn a_file_for_go_is_no_script() {
    let folder = Folder::new("go");
    folder.write("a.go", "println(1)\n");
    let outcome = golite(&folder.0, &["run", "a.go"], "");
    assert_eq!(outcome.stderr, "a.go:1:1: syntax error: package statement must be first\n");
}

#[test]
fn packages_in_the_folder_of_a_script_are_imported() {
    let folder = Folder::new("local");
    folder.write("tool/shape/shape.go-lite", "package shape\n\nfunc Area(a, b int) int { return a * b }\n");
    folder.write("tool/main.go-lite", "import \"./shape\"\n\nfmt.Println(shape.Area(2, 3))\n");
    let outcome = golite(&folder.0, &["tool/main.go-lite"], "");
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("6\n", ""));
}

#[test]
fn the_go_program_of_a_script_is_readable() {
    let folder = Folder::new("togo");
    folder.write(
        "a.go-lite",
        "#!/usr/bin/env golite\n// Counts words.\nwords := strings.Fields(`a\nb`) // two\nvar n, m int\n\
         n, err := len(words), error(nil)\n\n// add adds.\nfunc add(a int) { n += a }\n\nif err == nil {\n\tadd(1)\n}\n\
         var _ = m\nfmt.Println(n)\n",
    );
    let program = "package main\n\nimport (\n\t\"fmt\"\n\t\"strings\"\n)\n\nvar (\n\twords []string\n\tn     int\n\
                   \tm     int\n\terr   error\n)\n\n// add adds.\nfunc add(a int) { n += a }\n\nfunc main() {\n\
                   \t// Counts words.\n\twords = strings.Fields(`a\nb`) // two\n\n\tn, err = len(words), error(nil)\n\n\
                   \tif err == nil {\n\t\tadd(1)\n\t}\n\t_ = m\n\tfmt.Println(n)\n}\n";
    let outcome = golite(&folder.0, &["script", "to-go", "a.go-lite"], "");
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), (program, ""));
}

#[test]
fn what_has_no_go_program_is_refused() {
    let folder = Folder::new("refused");
    folder.write("wrong.go-lite", "x := y\n");
    folder.write("whole.go-lite", "package main\n\nfunc main() {}\n");
    folder.write("p/p.go-lite", "package p\n\ntype hidden int\n\nfunc Make() hidden { return 1 }\n");
    folder.write("go.mod", "module m\n");
    folder.write("hidden.go-lite", "import \"m/p\"\nx := p.Make()\n_ = x\n");
    folder.write("relative.go-lite", "import \"./p\"\nfmt.Println(p.Make())\n");
    folder.write("above.go-lite", "x := len(\"abc\")\nlen := func(string) int { return 7 }\n_, _ = x, len\n");
    folder.write("type.go-lite", "type int string\nx := 3\n_ = x\n");
    folder.write("package.go-lite", "t, _ := os.Stat(\".\")\nm := t.ModTime()\ntime := 3\n_, _ = m, time\n");
    for (file, text) in [
        ("above.go-lite", "golite script to-go: len means something else above the line that declares it\n"),
        ("type.go-lite", "golite script to-go: the type of x is int, but int is a name of the script\n"),
        (
            "package.go-lite",
            "golite script to-go: the type of m belongs to time, but time is a name of the script\n",
        ),
        ("wrong.go-lite", "wrong.go-lite:1:6: undefined: y\n"),
        ("whole.go-lite", "golite script to-go: whole.go-lite has a package clause: it is Go already\n"),
        (
            "relative.go-lite",
            "golite script to-go: Go's modules do not accept the relative import of \"./p\"\n",
        ),
        (
            "hidden.go-lite",
            "golite script to-go: the type of x has no name in Go outside of its package: p.hidden\n",
        ),
    ] {
        let outcome = golite(&folder.0, &["script", "to-go", file], "");
        assert_eq!((outcome.end, outcome.stderr.as_str()), (End::Exit(1), text));
    }
}

#[test]
fn types_are_written_by_the_names_of_their_aliases() {
    let folder = Folder::new("alias");
    folder.write("a.go-lite", "\u{feff}info, _ := os.Stat(\".\")\nfmt.Println(info.IsDir())\n");
    let program = "package main\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n\nvar (\n\tinfo os.FileInfo\n)\n\n\
                   func main() {\n\tinfo, _ = os.Stat(\".\")\n\tfmt.Println(info.IsDir())\n}\n";
    let outcome = golite(&folder.0, &["script", "to-go", "a.go-lite"], "");
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), (program, ""));
}

#[test]
fn packages_beside_a_script_are_pointed_to() {
    let folder = Folder::new("beside");
    folder.write("shape/shape.go", "package shape\n\nfunc Area(a, b int) int { return a * b }\n");
    folder.write("main.go-lite", "fmt.Println(shape.Area(2, 3))\n");
    let outcome = golite(&folder.0, &["run", "--format", "pretty", "main.go-lite"], "");
    assert!(outcome.stderr.contains("did you mean the package \"./shape\"?"), "{}", outcome.stderr);
}

/// Every script of the tests does the same as its Go program.
#[test]
fn scripts_and_their_go_programs_do_the_same() {
    let folder = Folder::new("same");
    let mut count = 0;
    for case in cases_below(&workspace::root().join("lang-tests/script")) {
        let text = std::fs::read_to_string(&case.main).unwrap();
        let expectation = expect::parse(&text).unwrap();
        if !expectation.runs() {
            continue;
        }
        let program = golite(case.folder(), &["script", "to-go", &case.argument()], "");
        assert_eq!(program.stderr, "", "{}", case.name);
        folder.write("main.go", &program.stdout);
        let args = |path: &str| -> Vec<String> {
            [vec!["run".to_string(), path.to_string()], expectation.options.args.clone()].concat()
        };
        let run = |path: &str, folder: &Path| {
            let args = args(path);
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            golite(folder, &args, &expectation.options.stdin)
        };
        let (ours, theirs) = (run(&case.argument(), case.folder()), run("main.go", &folder.0));
        assert_eq!(
            (ours.end, &ours.stdout),
            (theirs.end, &theirs.stdout),
            "{}\n{}",
            case.name,
            theirs.stderr
        );
        count += 1;
    }
    assert!(count > 5, "there are scripts");
}
