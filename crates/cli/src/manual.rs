//! What is made of the description of the command line: completions for shells, the manual page.

use std::process::ExitCode;

use clap::{CommandFactory, ValueEnum};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use golite_diag::Code;

use crate::args::Cli;
use crate::report::to_stdout;

/// `golite completions`.
pub(crate) fn completions(shell: Shell) -> ExitCode {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "golite", &mut text);
    to_stdout(&with_files(shell, &String::from_utf8_lossy(&text)));
    ExitCode::SUCCESS
}

/// Adds what the generator does not know: in the place of a command there may be a script, and for fish also
/// what arguments without a flag can be.
fn with_files(shell: Shell, text: &str) -> String {
    match shell {
        Shell::Zsh => {
            let commands = "    _describe -t commands 'golite commands' commands \"$@\"\n";
            let files = format!("    local found=1\n{commands}").replace("$@\"\n", "$@\" && found=0\n");
            text.replacen(
                commands,
                &format!("{files}    _files -g '*.go-lite' && found=0\n    return found\n"),
                1,
            )
        }
        Shell::Fish => {
            let shells: Vec<String> = Shell::value_variants().iter().map(ToString::to_string).collect();
            let codes: Vec<&str> = Code::ALL.iter().map(|code| code.text()).collect();
            let mut text = text.to_string();
            let mut add = |command: &str, what: &str| {
                text += &format!("complete -c golite -n \"{command}\" {what}\n");
            };
            add("__fish_golite_needs_command", "-a \"(__fish_complete_suffix .go-lite)\"");
            add("__fish_golite_using_subcommand completions", &format!("-f -a \"{}\"", shells.join(" ")));
            add("__fish_golite_using_subcommand explain", &format!("-f -a \"{}\"", codes.join(" ")));
            add("__fish_golite_using_subcommand doc", "-f");
            text
        }
        _ => text.to_string(),
    }
}

/// `golite man`: one page with all commands.
pub(crate) fn manual() -> ExitCode {
    match page() {
        Ok(text) => {
            to_stdout(&String::from_utf8_lossy(&text));
            ExitCode::SUCCESS
        }
        Err(error) => {
            crate::report::fail(&format!("golite man: {error}"));
            ExitCode::from(crate::FAILED)
        }
    }
}

fn page() -> std::io::Result<Vec<u8>> {
    let mut command = Cli::command();
    command.build();
    let mut text = Vec::new();
    let man = Man::new(command.clone());
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    heading(&mut text, "COMMANDS")?;
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help" && !inner.is_hide_set())
    {
        let mut roff = Roff::default();
        let usage = inner.clone().render_usage().to_string();
        let usage = usage.trim_start_matches("Usage: ").split('\n').next().unwrap_or_default().to_string();
        roff.control("TP", []);
        roff.text([bold(usage)]);
        roff.text([roman(inner.get_about().map(ToString::to_string).unwrap_or_default())]);
        for argument in inner.get_arguments().filter(|argument| !argument.is_hide_set()) {
            let Some(long) = argument.get_long().filter(|long| *long != "help") else { continue };
            let value = argument.get_value_names().filter(|_| argument.get_action().takes_values());
            let value = value.map(|names| format!(" {}", names.join(" "))).unwrap_or_default();
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            roff.control("RS", []);
            roff.control("TP", []);
            roff.text([bold(format!("--{long}{value}"))]);
            roff.text([roman(help)]);
            roff.control("RE", []);
        }
        roff.to_writer(&mut text)?;
    }
    heading(&mut text, "EXIT STATUS")?;
    let mut roff = Roff::default();
    for (status, meaning) in STATUSES {
        roff.control("TP", []);
        roff.text([bold(*status)]);
        roff.text([roman(*meaning)]);
    }
    roff.to_writer(&mut text)?;
    heading(&mut text, "ENVIRONMENT")?;
    let mut roff = Roff::default();
    roff.text([roman(
        "GOGC, GOMEMLIMIT, GODEBUG, GOMAXPROCS and GOTRACEBACK mean to a program what they mean in Go. \
         NO_COLOR turns colours off.",
    )]);
    roff.to_writer(&mut text)?;
    Ok(text)
}

fn heading(text: &mut Vec<u8>, title: &str) -> std::io::Result<()> {
    let mut roff = Roff::default();
    roff.control("SH", [title]);
    roff.to_writer(text)
}

/// Exit statuses and their meaning.
const STATUSES: &[(&str, &str)] = &[
    ("0", "The program ended well; the check found no error."),
    ("1", "The program has errors and was not run, or a file could not be read or written."),
    ("2", "A panic, a fatal error, or a limit that was passed."),
    ("64", "A wrong command line."),
    ("other", "What the program gave to os.Exit. A signal ends golite as it ends a Go program."),
];
