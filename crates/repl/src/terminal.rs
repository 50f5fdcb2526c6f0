//! Inputs typed at a terminal: the editor, its completion, hints and colours.

use std::borrow::Cow;

use golite::session::{Part, is_incomplete, parts};
use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::{MemHistory, SearchDirection};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Editor, Helper};

use crate::engine::Engine;
use crate::{After, Options, history, is_command};

/// Reads inputs until the session ends. Gives the exit status.
pub(crate) fn read(engine: &Engine, options: &Options) -> i32 {
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .history_ignore_dups(true)
        .and_then(|config| config.max_history_size(10_000));
    let config = match config {
        Ok(config) => config.auto_add_history(false).tab_stop(4).build(),
        Err(_) => Config::default(),
    };
    let mut editor: Editor<Typing<'_>, MemHistory> =
        match Editor::with_history(config.clone(), MemHistory::with_config(&config)) {
            Ok(editor) => editor,
            Err(error) => {
                eprintln!("golite repl: the terminal cannot be used: {error}");
                return 2;
            }
        };
    editor.set_helper(Some(Typing { engine, colours: std::env::var_os("NO_COLOR").is_none() }));
    let mut kept = if options.history { history::load() } else { Vec::new() };
    for input in &kept {
        // A line that is refused is one that is there already.
        let _ = editor.add_history_entry(input);
    }
    println!("golite {}; :help lists the commands, Ctrl-D ends", options.version);
    loop {
        let count = engine.goroutines();
        let prompt = if count == 0 { "golite> ".to_string() } else { format!("golite({count})> ") };
        match editor.readline(&prompt) {
            Ok(line) => {
                if line.trim().is_empty() {
                    continue;
                }
                let _ = editor.add_history_entry(&line);
                kept.push(line.clone());
                if engine.line(&(line + "\n")) == After::Quit {
                    break;
                }
            }
            Err(ReadlineError::Interrupted) => println!("(Ctrl-D ends the session)"),
            Err(ReadlineError::Eof) => break,
            Err(error) => {
                eprintln!("golite repl: {error}");
                break;
            }
        }
    }
    if options.history
        && let Err(error) = history::save(&kept)
    {
        eprintln!("golite repl: the history cannot be kept: {error}");
    }
    0
}

/// What the editor asks about a line.
struct Typing<'e> {
    engine: &'e Engine,
    colours: bool,
}

impl Helper for Typing<'_> {}

impl Validator for Typing<'_> {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let text = context.input();
        let whole = is_command(text) || !is_incomplete(text);
        Ok(if whole { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}

/// Where the name or selector before a position begins.
fn word_start(line: &str, at: usize) -> usize {
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let before = &line[..at];
    let start = before
        .rfind(|c| !part(c))
        .map_or(0, |last| last + before[last..].chars().next().map_or(1, char::len_utf8));
    if before.starts_with(':') && start == 1 { 0 } else { start }
}

impl Completer for Typing<'_> {
    type Candidate = Pair;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let start = word_start(line, at);
        let word = &line[start..at];
        // Behind the last dot only the last name is replaced.
        let dot = word.rfind('.').map_or(0, |dot| dot + 1);
        let found = self.engine.complete(word);
        let pairs = found.into_iter().map(|(replacement, display)| Pair { display, replacement });
        Ok((start + dot, pairs.collect()))
    }
}

impl Hinter for Typing<'_> {
    type Hint = String;

    fn hint(&self, line: &str, at: usize, context: &Context<'_>) -> Option<String> {
        if line.is_empty() || at < line.len() || line.contains('\n') {
            return None;
        }
        let history = context.history();
        let last = history.len().checked_sub(1)?;
        let found = history.starts_with(line, last, SearchDirection::Reverse).ok()??;
        let rest = found.entry.get(line.len()..)?;
        (!rest.is_empty() && !rest.contains('\n')).then(|| rest.to_string())
    }
}

impl Highlighter for Typing<'_> {
    fn highlight<'l>(&self, line: &'l str, at: usize) -> Cow<'l, str> {
        if !self.colours || line.starts_with(':') {
            return Cow::Borrowed(line);
        }
        let matching = matching_bracket(line, at);
        let mut out = String::with_capacity(line.len() * 2);
        let mut done = 0;
        for (range, part) in parts(line) {
            out += &line[done..range.start];
            let code = match part {
                Part::Keyword => "35",
                Part::Text => "32",
                Part::Number => "36",
                Part::Comment => "2",
                Part::Other if matching == Some(range.start) => "1;34",
                Part::Other => "",
            };
            if code.is_empty() {
                out += &line[range.clone()];
            } else {
                out += &format!("\x1b[{code}m{}\x1b[0m", &line[range.clone()]);
            }
            done = range.end;
        }
        Cow::Owned(out + &line[done..])
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        if self.colours { Cow::Owned(format!("\x1b[2m{hint}\x1b[0m")) } else { Cow::Borrowed(hint) }
    }

    fn highlight_char(&self, _: &str, _: usize, _: CmdKind) -> bool {
        self.colours
    }
}

/// The bracket that belongs to the one at or before the cursor.
fn matching_bracket(line: &str, at: usize) -> Option<usize> {
    let bytes = line.as_bytes();
    let is_bracket = |at: &usize| bytes.get(*at).is_some_and(|byte| b"()[]{}".contains(byte));
    let here = [Some(at), at.checked_sub(1)].into_iter().flatten().find(is_bracket)?;
    let (open, close) = match bytes[here] {
        b'(' | b')' => (b'(', b')'),
        b'[' | b']' => (b'[', b']'),
        _ => (b'{', b'}'),
    };
    let forward = bytes[here] == open;
    let mut depth = 0i32;
    let mut position = here;
    loop {
        match bytes[position] {
            byte if byte == open => depth += 1,
            byte if byte == close => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(position);
        }
        position = if forward { position + 1 } else { position.checked_sub(1)? };
        if position >= bytes.len() {
            return None;
        }
    }
}
