//! Inputs typed at a terminal: the editor, its completion, hints and colours.

use std::borrow::Cow;

use golite::session::{Part, is_incomplete, parts};
use rustyline::completion::{Completer, FilenameCompleter, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::{MemHistory, SearchDirection};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Editor, ExternalPrinter, Helper};

use crate::engine::Engine;
use crate::printer::Printer;
use crate::{After, Options, help, history, is_command};

/// Reads inputs until the session ends. Gives the exit status.
pub(crate) fn read(engine: &Engine, options: &Options) -> i32 {
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .history_ignore_dups(true)
        .and_then(|config| config.max_history_size(history::MAX_INPUTS));
    let config = match config {
        Ok(config) => config.auto_add_history(false).history_ignore_space(true).tab_stop(4).build(),
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
    editor.set_helper(Some(Typing {
        engine,
        colours: std::env::var_os("NO_COLOR").is_none(),
        files: FilenameCompleter::new(),
    }));
    let mut kept = if options.history { history::load() } else { Vec::new() };
    for input in &kept {
        // A line that is refused is one that is there already.
        let _ = editor.add_history_entry(input);
    }
    println!("golite {}; :help lists the commands, Ctrl-D ends", options.version);
    if let Ok(mut printer) = editor.create_external_printer() {
        // Without an editor nobody is there to read it.
        let print = move |text| drop(printer.print(text));
        engine.print_with(Printer::new(print));
    }
    loop {
        let count = engine.goroutines();
        let prompt = if count == 0 { "golite> ".to_string() } else { format!("golite({count})> ") };
        match editor.readline(&prompt) {
            Ok(line) => {
                if line.trim().is_empty() {
                    continue;
                }
                if matches!(editor.add_history_entry(&line), Ok(true)) {
                    kept.push(line.clone());
                    if kept.len() > 2 * history::MAX_INPUTS {
                        kept.drain(..history::MAX_INPUTS);
                    }
                }
                match engine.line(&(line + "\n")) {
                    After::Quit => break,
                    After::Main => {
                        if wants_main(&mut editor) && engine.line("main()\n") == After::Quit {
                            break;
                        }
                    }
                    After::Right | After::Wrong => {}
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

/// Asks whether a program that has been declared is to be run.
fn wants_main(editor: &mut Editor<Typing<'_>, MemHistory>) -> bool {
    match editor.readline("run main()? [Y/n] ") {
        Ok(answer) => matches!(answer.trim(), "" | "y" | "Y" | "yes"),
        Err(_) => false,
    }
}

/// What the editor asks about a line.
struct Typing<'e> {
    engine: &'e Engine,
    colours: bool,
    files: FilenameCompleter,
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

/// Where the path of a file begins that a command wants, if it does.
fn file_start(before: &str) -> Option<usize> {
    let (command, rest) = before.split_once(' ')?;
    match command {
        ":load" | ":save" => Some(before.len() - rest.trim_start().len()),
        ":trace" | ":profile" => {
            let path = rest.trim_start().strip_prefix("save ")?;
            Some(before.len() - path.trim_start().len())
        }
        _ => None,
    }
}

/// What can follow a command other than code.
fn words_after(before: &str) -> Option<Vec<String>> {
    let (command, rest) = before.split_once(' ')?;
    let word = rest.trim_start();
    let found: Vec<&str> = match command {
        ":help" => help::topics(word).collect(),
        ":trace" | ":profile" => {
            ["on", "off", "save"].into_iter().filter(|name| name.starts_with(word)).collect()
        }
        _ => return None,
    };
    Some(found.into_iter().map(str::to_string).collect())
}

/// Where the path of an import begins that is typed.
fn import_start(before: &str) -> Option<usize> {
    let quote = before.rfind('"')?;
    let open = before.matches('"').count() % 2 == 1;
    let line = before[..quote].trim_end();
    let line = line.rsplit('\n').next().unwrap_or(line);
    (open && (before.trim_start().starts_with("import") || line.ends_with("import"))).then_some(quote + 1)
}

impl Completer for Typing<'_> {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        at: usize,
        context: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let before = &line[..at];
        if let Some(start) = file_start(before) {
            let (from, found) = self.files.complete(&line[start..], at - start, context)?;
            return Ok((start + from, found));
        }
        if let Some(words) = words_after(before) {
            let start = before.rfind(' ').map_or(0, |space| space + 1);
            let pairs = words.into_iter().map(|word| Pair { display: word.clone(), replacement: word });
            return Ok((start, pairs.collect()));
        }
        if let Some(start) = import_start(before) {
            let paths = golite::session::package_paths().filter(|path| path.starts_with(&before[start..]));
            let pairs = paths.map(|path| Pair { display: path.into(), replacement: path.into() });
            return Ok((start, pairs.collect()));
        }
        let start = word_start(line, at);
        let word = &line[start..at];
        // Behind the last dot only the last name is replaced.
        let dot = word.rfind('.').map_or(0, |dot| dot + 1);
        let found = self.engine.complete(word);
        let pairs = found.into_iter().map(|(replacement, display)| Pair { display, replacement });
        Ok((start + dot, pairs.collect()))
    }
}

/// What is shown behind the cursor.
pub(crate) struct Hint {
    text: String,
    /// It can be taken over: the rest of an earlier line, not a signature.
    is_rest: bool,
}

impl rustyline::hint::Hint for Hint {
    fn display(&self) -> &str {
        &self.text
    }

    fn completion(&self) -> Option<&str> {
        self.is_rest.then_some(&self.text)
    }
}

impl Hinter for Typing<'_> {
    type Hint = Hint;

    fn hint(&self, line: &str, at: usize, context: &Context<'_>) -> Option<Hint> {
        if line.is_empty() || at < line.len() {
            return None;
        }
        if line.ends_with('(') {
            return self.parameters(line);
        }
        if line.contains('\n') {
            return None;
        }
        let history = context.history();
        let last = history.len().checked_sub(1)?;
        let found = history.starts_with(line, last, SearchDirection::Reverse).ok()??;
        let rest = found.entry.get(line.len()..)?;
        (!rest.is_empty() && !rest.contains('\n')).then(|| Hint { text: rest.to_string(), is_rest: true })
    }
}

impl Typing<'_> {
    /// The parameters of the function whose call is begun.
    fn parameters(&self, line: &str) -> Option<Hint> {
        let at = line.len() - 1;
        let word = &line[word_start(line, at)..at];
        if word.is_empty() || word.starts_with('.') {
            return None;
        }
        let name = word.rsplit('.').next().unwrap_or(word);
        let (_, shown) = self.engine.complete(word).into_iter().find(|(found, _)| found == name)?;
        let signature = &shown[shown.find('(')? + 1..];
        // Behind a receiver comes the name.
        let signature = match signature.split_once(&format!(") {name}(")) {
            Some((_, parameters)) if shown.starts_with("func (") => parameters,
            _ => signature,
        };
        Some(Hint { text: signature.to_string(), is_rest: false })
    }
}

impl Highlighter for Typing<'_> {
    fn highlight<'l>(&self, line: &'l str, at: usize) -> Cow<'l, str> {
        if !self.colours {
            return Cow::Borrowed(line);
        }
        // Of a command only the code behind it.
        let code = if is_command(line) { line.find(' ').unwrap_or(line.len()) } else { 0 };
        let matching = matching_bracket(line, at);
        let mut out = String::with_capacity(line.len() * 2);
        out += &line[..code];
        let mut done = code;
        for (range, part) in parts(&line[code..]) {
            let range = range.start + code..range.end + code;
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

/// The bracket that belongs to the one at or before the cursor; brackets in strings and comments are none.
fn matching_bracket(line: &str, at: usize) -> Option<usize> {
    let brackets: Vec<usize> = parts(line)
        .into_iter()
        .filter(|(range, part)| *part == Part::Other && range.len() == 1)
        .map(|(range, _)| range.start)
        .filter(|start| b"()[]{}".contains(&line.as_bytes()[*start]))
        .collect();
    let here = brackets
        .iter()
        .position(|start| *start == at)
        .or_else(|| brackets.iter().position(|start| start + 1 == at))?;
    let opens = |start: usize| b"([{".contains(&line.as_bytes()[start]);
    let forward = opens(brackets[here]);
    let mut depth = 0;
    let mut place = here;
    loop {
        depth += if opens(brackets[place]) { 1 } else { -1 };
        if depth == 0 {
            return Some(brackets[place]);
        }
        place = if forward { place + 1 } else { place.checked_sub(1)? };
        if place >= brackets.len() {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{file_start, import_start, matching_bracket, word_start};

    #[test]
    fn what_is_completed_is_found() {
        assert_eq!(word_start("f(x.Na", 6), 2);
        assert_eq!(word_start(":he", 3), 0);
        assert_eq!(file_start(":load a/b"), Some(6));
        assert_eq!(file_start(":trace save  t"), Some(13));
        assert_eq!(file_start(":type a"), None);
        assert_eq!(import_start("import \"str"), Some(8));
        assert_eq!(import_start("import (\n\t\"a\"\n\t\"st"), Some(16));
        assert_eq!(import_start("fmt.Println(\"st"), None);
    }

    #[test]
    fn brackets_match_as_tokens() {
        assert_eq!(matching_bracket("f(\")\", x)", 9), Some(1));
        assert_eq!(matching_bracket("f(\")\", x)", 1), Some(8));
        assert_eq!(matching_bracket("f(", 2), None);
        assert_eq!(matching_bracket("a[(1)]", 6), Some(1));
    }
}
