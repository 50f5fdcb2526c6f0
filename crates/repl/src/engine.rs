//! The thread that owns the session.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::time::Duration;

use golite::session::{Background, Done, Reply, Session};
use golite::{Diversion, RunConfig, StdHost, Waker};
use golite_diag::Diagnostic;
use golite_diag::render::{self, Colour};
use signal_hook::SigId;

use crate::inputs::Inputs;
use crate::printer::Printer;
use crate::records::Records;
use crate::{After, Options, commands, history, inputs};

/// How long the session waits before it looks at its goroutines again.
const PATIENCE: Duration = Duration::from_millis(20);

/// Most errors of one input that are shown.
const MAX_ERRORS: usize = 10;

/// What can be asked of the session.
enum Request {
    /// Run an input, or a command.
    Line(String, Sender<After>),
    /// Names that can follow: those that begin with the text, with what they are.
    Complete(String, Sender<Vec<(String, String)>>),
    /// How many goroutines are there that no input waits for.
    Goroutines(Sender<usize>),
    /// Declarations that wait for names.
    Waiting(Sender<Vec<String>>),
    /// What goroutines write while a line is typed goes here.
    Printer(Printer),
    /// End: run what is deferred. Tells whether that was right.
    Close(Sender<After>),
}

/// The other side of the thread that owns the session.
pub(crate) struct Engine {
    requests: RefCell<Sender<Request>>,
}

/// What the thread waits for.
pub(crate) struct Requests(Receiver<Request>);

impl Engine {
    pub(crate) fn new() -> (Engine, Requests) {
        let (sender, receiver) = channel();
        (Engine { requests: RefCell::new(sender) }, Requests(receiver))
    }

    fn ask<T>(&self, request: impl FnOnce(Sender<T>) -> Request, otherwise: T) -> T {
        let (sender, receiver) = channel();
        // The thread ends only when the session could not be made.
        match self.requests.borrow().send(request(sender)) {
            Ok(()) => receiver.recv().unwrap_or(otherwise),
            Err(_) => otherwise,
        }
    }

    /// Runs an input or a command to its end.
    pub(crate) fn line(&self, text: &str) -> After {
        self.ask(|answer| Request::Line(text.to_string(), answer), After::Quit)
    }

    /// What can stand for a beginning.
    pub(crate) fn complete(&self, beginning: &str) -> Vec<(String, String)> {
        self.ask(|answer| Request::Complete(beginning.to_string(), answer), Vec::new())
    }

    /// How many goroutines go on between inputs.
    pub(crate) fn goroutines(&self) -> usize {
        self.ask(Request::Goroutines, 0)
    }

    /// Declarations that wait for names, a line each.
    pub(crate) fn waiting(&self) -> Vec<String> {
        self.ask(Request::Waiting, Vec::new())
    }

    /// What goroutines write while a line is typed is given to a printer.
    pub(crate) fn print_with(&self, printer: Printer) {
        // It may have ended already.
        let _ = self.requests.borrow().send(Request::Printer(printer));
    }

    /// Ends the session. Tells whether what was deferred was right.
    pub(crate) fn close(&self) -> After {
        self.ask(Request::Close, After::Right)
    }
}

/// The session with what belongs to it.
pub(crate) struct State {
    pub(crate) session: Session,
    pub(crate) signals: Signals,
    pub(crate) config: RunConfig,
    pub(crate) options: Options,
    pub(crate) colour: Colour,
    pub(crate) terminal: bool,
    /// What is told is not shown.
    pub(crate) quiet: bool,
    /// It has been said what a goroutine's failure would be elsewhere.
    pub(crate) told_of_others: bool,
    /// The inputs that were right, to be saved.
    pub(crate) inputs: Inputs,
    /// What was recorded.
    pub(crate) records: Records,
}

/// Serves requests until the session ends.
///
/// # Errors
/// Why there is no session.
pub(crate) fn serve(
    options: &Options,
    terminal: bool,
    colour: Colour,
    requests: &Requests,
) -> Result<(), String> {
    let Made { session, signals } = new_session(options, options.config)?;
    let mut state = State {
        session,
        signals,
        config: options.config,
        options: options.clone(),
        colour,
        terminal,
        quiet: false,
        told_of_others: false,
        inputs: Inputs::default(),
        records: Records::default(),
    };
    inputs::begin(&mut state);
    let mut printer: Option<Printer> = None;
    loop {
        let wait = match printer.as_mut().map(|printer| printer.hand_on(&state.signals.diversion)) {
            // Who writes more than can be shown waits.
            Some(false) => PATIENCE,
            Some(true) | None => match state.session.run_background() {
                Background::Running => {
                    state.tell_of_others();
                    Duration::ZERO
                }
                Background::Sleeping(nanos) => PATIENCE.min(Duration::from_nanos(nanos.unsigned_abs())),
                Background::Waiting => PATIENCE,
            },
        };
        let request = if wait.is_zero() {
            match requests.0.try_recv() {
                Ok(request) => request,
                Err(TryRecvError::Empty) => continue,
                Err(TryRecvError::Disconnected) => return Ok(()),
            }
        } else {
            match requests.0.recv_timeout(wait) {
                Ok(request) => request,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        };
        // Whoever asked may have gone.
        match request {
            Request::Line(text, answer) => {
                state.signals.diversion.set(false);
                let aside = state.signals.diversion.take();
                state.session.write(1, &aside);
                let after = state.line(&text);
                state.tell_of_others();
                state.session.flush();
                state.signals.diversion.set(printer.is_some());
                let _ = answer.send(after);
            }
            Request::Complete(beginning, answer) => {
                let _ = answer.send(state.complete(&beginning));
            }
            Request::Goroutines(answer) => {
                let _ = answer.send(state.session.goroutine_count());
            }
            Request::Waiting(answer) => {
                let _ = answer.send(state.session.waiting());
            }
            Request::Printer(new) => {
                state.session.flush();
                state.signals.diversion.set(true);
                printer = Some(new);
            }
            Request::Close(answer) => {
                state.signals.diversion.set(false);
                let aside = state.signals.diversion.take();
                state.session.write(1, &aside);
                let after = state.run_deferred();
                state.session.flush();
                let _ = answer.send(after);
                return Ok(());
            }
        }
    }
}

/// A session, and how it is reached from outside.
pub(crate) struct Made {
    pub(crate) session: Session,
    pub(crate) signals: Signals,
}

/// What reaches a session from outside: SIGINT interrupts its programs as long as this lives.
pub(crate) struct Signals {
    handlers: Vec<SigId>,
    pub(crate) waker: Waker,
    pub(crate) diversion: Diversion,
}

impl Drop for Signals {
    fn drop(&mut self) {
        for handler in &self.handlers {
            signal_hook::low_level::unregister(*handler);
        }
    }
}

/// A session whose programs SIGINT interrupts.
pub(crate) fn new_session(options: &Options, config: RunConfig) -> Result<Made, String> {
    use signal_hook::consts::SIGINT;
    let host = StdHost::new(options.args.clone(), options.permissions.clone())
        .map_err(|error| format!("golite: {}\n", golite::load::io_text(&error)))?;
    let (waker, diversion) = (host.waker(), host.diversion());
    let mut signals = Signals { handlers: Vec::new(), waker: waker.clone(), diversion };
    let failed = |error: std::io::Error| format!("golite: no signal can be handled: {error}\n");
    let handler = signal_hook::flag::register_usize(SIGINT, waker.interrupt().word(), SIGINT as usize)
        .map_err(failed)?;
    signals.handlers.push(handler);
    let stream = waker.stream().map_err(failed)?;
    signals.handlers.push(signal_hook::low_level::pipe::register(SIGINT, stream).map_err(failed)?);
    Ok(Made { session: Session::new(config, Box::new(host))?, signals })
}

impl State {
    /// Runs a line; a defect of go-lite ends the session, not the process.
    fn line(&mut self, text: &str) -> After {
        let run = AssertUnwindSafe(|| match crate::is_command(text) {
            true => commands::run(self, text.trim()),
            false => self.eval(text),
        });
        match catch_unwind(run) {
            Ok(after) => after,
            Err(panic) => self.recover(&panic_text(&*panic)),
        }
    }

    /// Runs an input of the file that begins every session.
    pub(crate) fn init_line(&mut self, path: &Path, text: &str) {
        self.quiet = true;
        let after = self.line(text);
        self.quiet = false;
        if after == After::Wrong {
            self.complain(&format!("this is in {}", path.display()));
        }
    }

    /// Begins again after a defect; what was there is in a file.
    fn recover(&mut self, message: &str) -> After {
        self.recover_into(history::state_folder(), message)
    }

    fn recover_into(&mut self, folder: Option<std::path::PathBuf>, message: &str) -> After {
        let saved = folder.and_then(|folder| {
            let path = folder.join(format!("session-{}.go-lite", std::process::id()));
            std::fs::create_dir_all(&folder)
                .and_then(|()| std::fs::write(&path, self.inputs.script().text))
                .ok()?;
            Some(path)
        });
        let mut text = format!("golite: this is a defect of go-lite, please report it: {message}\n");
        text += &match saved {
            Some(path) => format!(
                "the session begins again; its inputs are in {0}, :load {0} runs them\n",
                path.display()
            ),
            None => "the session begins again\n".to_string(),
        };
        match new_session(&self.options, self.config) {
            Ok(Made { session, signals }) => {
                // What is left of the old one may be in no state to be dropped.
                std::mem::forget(std::mem::replace(&mut self.session, session));
                self.signals = signals;
                self.inputs.clear();
                self.session.write(2, text.as_bytes());
                After::Wrong
            }
            Err(error) => {
                eprint!("{text}{error}");
                After::Quit
            }
        }
    }

    /// Says once what a goroutine's failure would be elsewhere.
    fn tell_of_others(&mut self) {
        if self.session.take_others_failed() && !std::mem::replace(&mut self.told_of_others, true) {
            let line = self.dim("note: this would end a program; in a session it ends the goroutine alone");
            self.session.write(2, format!("{line}\n").as_bytes());
        }
    }

    /// Runs an input and shows what came of it.
    pub(crate) fn eval(&mut self, text: &str) -> After {
        let reply = self.session.eval(text);
        self.show(text, reply)
    }

    /// Runs what inputs have deferred, the last first.
    pub(crate) fn run_deferred(&mut self) -> After {
        let mut after = After::Right;
        while let Some(reply) = self.session.run_deferred() {
            if self.show("", reply) == After::Wrong {
                after = After::Wrong;
            }
        }
        after
    }

    /// Shows what came of an input.
    pub(crate) fn show(&mut self, text: &str, reply: Reply) -> After {
        match reply {
            Reply::Errors(errors) => self.show_errors(&errors),
            Reply::Done(done) => {
                if let Some(ty) = &done.shown {
                    let line = self.dim(&format!(" : {ty}"));
                    self.say(&line);
                }
                for line in &done.declared {
                    let line = self.dim(line);
                    self.say(&line);
                }
                // Where programs are typed by people: others know what they import.
                if self.terminal && !done.imported.is_empty() {
                    let line = self.dim(&format!("uses {}", done.imported.join(", ")));
                    self.say(&line);
                }
                for note in &done.notes {
                    let line = self.dim(&format!("note: {note}"));
                    self.say(&line);
                }
                self.note_inputs(text, &done);
                if done.declared.iter().any(|line| line == "main : func()") {
                    After::Main
                } else {
                    After::Right
                }
            }
            Reply::Described => After::Right,
            Reply::Failed => After::Wrong,
            Reply::Exit(status) => {
                self.say(&format!("the input ended with exit status {status}; the session goes on"));
                if status == 0 { After::Right } else { After::Wrong }
            }
            Reply::Interrupted(waited) => {
                let why = waited.map_or_else(String::new, |reason| format!(" while it waited: {reason}"));
                self.say(&format!("interrupted{why}"));
                After::Wrong
            }
        }
    }

    /// Notes an input that was right. What waits for names is one when it is declared.
    fn note_inputs(&mut self, text: &str, done: &Done) {
        let waits = done.declared.iter().any(|line| line.contains(" : waits for "));
        let completes = done.also.iter().any(|(also, _)| also.ends_with(text.trim_end()));
        if !text.trim().is_empty() && !waits && !completes {
            let of_others = |line: &&String| done.also.iter().any(|(_, declared)| declared.contains(line));
            let own: Vec<String> = done.declared.iter().filter(|line| !of_others(line)).cloned().collect();
            self.inputs.add(text, &own);
        }
        for (text, declared) in &done.also {
            self.inputs.add(text, declared);
        }
    }

    /// Writes a line behind what programs wrote.
    pub(crate) fn say(&mut self, line: &str) {
        if self.quiet {
            return;
        }
        self.session.write(1, format!("{line}\n").as_bytes());
    }

    /// Writes what a command had to tell.
    pub(crate) fn tell(&mut self, text: &str) -> After {
        self.say(text);
        After::Right
    }

    /// Writes a line that says what is wrong.
    pub(crate) fn complain(&mut self, line: &str) -> After {
        self.session.flush();
        self.session.write(2, format!("{line}\n").as_bytes());
        After::Wrong
    }

    fn dim(&self, text: &str) -> String {
        match self.colour {
            Colour::On => format!("\x1b[2m{text}\x1b[0m"),
            Colour::Off => text.to_string(),
        }
    }

    pub(crate) fn show_errors(&mut self, errors: &[Diagnostic]) -> After {
        let (colour, terminal) = (self.colour, self.terminal);
        let map = self.session.sources();
        let mut text = String::new();
        for error in errors.iter().take(MAX_ERRORS) {
            if terminal {
                text += &render::pretty(map, error, colour);
            } else {
                text += &render::short(map, error);
                text.push('\n');
            }
        }
        if errors.len() > MAX_ERRORS {
            text += &format!("... and {} more\n", errors.len() - MAX_ERRORS);
        }
        self.session.flush();
        self.session.write(2, text.as_bytes());
        After::Wrong
    }

    fn complete(&mut self, beginning: &str) -> Vec<(String, String)> {
        if beginning.starts_with(':') {
            return commands::ALL
                .iter()
                .filter(|command| command.name.starts_with(beginning))
                .map(|command| {
                    let (name, args) = (command.name, command.args);
                    (name.to_string(), format!("{name} {args}  {}", command.what))
                })
                .collect();
        }
        self.session.complete(beginning)
    }
}

/// What a panic said.
fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_string(),
        (None, Some(text)) => text.clone(),
        (None, None) => "a panic without text".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_defect_leaves_a_session() {
        let folder = std::env::temp_dir().join(format!("golite-defect-{}", std::process::id()));
        let options = Options {
            config: RunConfig::default(),
            permissions: golite::Permissions::default(),
            args: vec![b"repl".to_vec()],
            history: false,
            init: false,
            version: "test".into(),
        };
        golite::on_deep_stack(|| {
            let Made { session, signals } =
                new_session(&options, options.config).expect("a session can be made");
            let mut state = State {
                session,
                signals,
                config: options.config,
                options: options.clone(),
                colour: Colour::Off,
                terminal: false,
                quiet: true,
                told_of_others: false,
                inputs: Inputs::default(),
                records: Records::default(),
            };
            assert_eq!(state.line("x := 1\n"), After::Right);
            assert_eq!(state.recover_into(Some(folder.clone()), "a test"), After::Wrong);
            assert_eq!(state.line("x\n"), After::Wrong);
            let saved = folder.join(format!("session-{}.go-lite", std::process::id()));
            assert_eq!(state.line(&format!(":load {}\n", saved.display())), After::Right);
            assert_eq!(state.line("x\n"), After::Right);
        });
        std::fs::remove_dir_all(&folder).expect("the inputs were saved");
    }
}
