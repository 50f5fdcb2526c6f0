//! `golite completions` and `golite man`.

use std::path::Path;
use std::time::Duration;

use golite_testkit::process::{End, Outcome, Run};

const COMMANDS: &[&str] =
    &["run", "eval", "check", "dis", "repl", "doc", "script", "explain", "pprof", "trace"];

fn golite(args: &[&str], stdin: &str) -> Outcome {
    run(env!("CARGO_BIN_EXE_golite"), args, stdin)
}

fn run(program: &str, args: &[&str], stdin: &str) -> Outcome {
    Run {
        program: Path::new(program),
        args: args.iter().map(ToString::to_string).collect(),
        folder: Path::new(env!("CARGO_MANIFEST_DIR")),
        stdin,
        env: Vec::new(),
        timeout: Duration::from_secs(60),
    }
    .run()
}

#[test]
fn completions_know_commands_flags_and_values() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let outcome = golite(&["completions", shell], "");
        assert_eq!((outcome.end, outcome.stderr.as_str()), (End::Exit(0), ""), "{shell}");
        for command in COMMANDS {
            assert!(outcome.stdout.contains(command), "{shell}: {command}");
        }
        assert!(outcome.stdout.contains("max-memory"), "{shell}");
    }
    let outcome = golite(&["completions", "tcsh"], "");
    assert_eq!(outcome.end, End::Exit(64));
    assert!(outcome.stderr.contains("invalid value 'tcsh'"), "{}", outcome.stderr);
}

#[test]
fn bash_completes() {
    if !Path::new("/bin/bash").exists() {
        return;
    }
    let script = golite(&["completions", "bash"], "").stdout;
    let ask =
        "COMP_WORDS=(golite run --max-m); COMP_CWORD=2; _golite golite --max-m run; echo \"${COMPREPLY[@]}\"";
    let outcome = run("/bin/bash", &["-s"], &format!("{script}\n{ask}\n"));
    assert_eq!((outcome.end, outcome.stdout.trim()), (End::Exit(0), "--max-memory"), "{}", outcome.stderr);
}

/// What fish offers for a line; the folder is that of this package.
fn fish_offers(line: &str) -> Vec<String> {
    let script = golite(&["completions", "fish"], "").stdout;
    let outcome = run("/usr/bin/fish", &["--no-config"], &format!("{script}\ncomplete -C '{line}'\n"));
    assert_eq!((outcome.end, outcome.stderr.as_str()), (End::Exit(0), ""), "{line}");
    outcome.stdout.lines().map(|line| line.split('\t').next().unwrap_or_default().to_string()).collect()
}

#[test]
fn fish_completes() {
    if !Path::new("/usr/bin/fish").exists() {
        return;
    }
    assert_eq!(fish_offers("golite run --max-m"), ["--max-memory"]);
    assert_eq!(fish_offers("golite ex")[0], "explain");
    assert_eq!(fish_offers("golite completions z"), ["zsh"]);
    assert_eq!(fish_offers("golite explain unused-v"), ["unused-variable"]);
    assert_eq!(fish_offers("golite run Cargo.t"), ["Cargo.toml"]);
    let program = "../../examples/tour/";
    let offered = fish_offers(&format!("golite {program}"));
    assert!(offered.iter().any(|name| name.ends_with(".go-lite")), "{offered:?}");
}

#[test]
fn zsh_reads_its_completions() {
    if !Path::new("/usr/bin/zsh").exists() {
        return;
    }
    let script = golite(&["completions", "zsh"], "").stdout;
    assert!(script.contains("_files -g '*.go-lite'"));
    let ask = "compdef() { echo \"$@\" }; compadd() { }; _describe() { echo \"$2\"; return 1 }; _files() { echo \"$@\" }";
    let outcome = run("/usr/bin/zsh", &["-f", "-s"], &format!("{ask}\n{script}\n_golite_commands\n"));
    assert_eq!((outcome.end, outcome.stderr.as_str()), (End::Exit(0), ""));
    assert!(outcome.stdout.ends_with("commands\n-g *.go-lite\n"), "{}", outcome.stdout);
}

#[test]
fn the_manual_page_has_all_commands_and_flags() {
    let outcome = golite(&["man"], "");
    assert_eq!((outcome.end, outcome.stderr.as_str()), (End::Exit(0), ""));
    assert!(outcome.stdout.contains(".TH golite 1"), "{}", outcome.stdout);
    for command in COMMANDS {
        assert!(outcome.stdout.contains(&format!("\\fBgolite {command}")), "{command}");
    }
    for flag in ["\\-\\-max\\-memory", "\\-\\-cpuprofile", "\\-\\-format", ".SH \"EXIT STATUS\""] {
        assert!(outcome.stdout.contains(flag), "{flag}");
    }
}
