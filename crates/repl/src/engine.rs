//! The thread that owns the session.

use std::cell::RefCell;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::time::Duration;

use golite::session::{Background, Reply, Session};
use golite::{RunConfig, StdHost};
use golite_diag::Diagnostic;
use golite_diag::render::{self, Colour};

use crate::{After, Options, commands};

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
    /// End.
    Close,
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

    pub(crate) fn close(&self) {
        // It may have ended already.
        let _ = self.requests.borrow().send(Request::Close);
    }
}

/// The session with what belongs to it.
pub(crate) struct State {
    pub(crate) session: Session,
    pub(crate) config: RunConfig,
    pub(crate) options: Options,
    pub(crate) colour: Colour,
    pub(crate) terminal: bool,
    /// The inputs that were right, to be saved.
    pub(crate) inputs: Vec<String>,
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
    let session = new_session(options, options.config)?;
    let mut state = State {
        session,
        config: options.config,
        options: options.clone(),
        colour,
        terminal,
        inputs: Vec::new(),
    };
    loop {
        let wait = match state.session.run_background() {
            Background::Running => Duration::ZERO,
            Background::Sleeping(nanos) => PATIENCE.min(Duration::from_nanos(nanos.unsigned_abs())),
            Background::Waiting => PATIENCE,
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
                let after = state.line(&text);
                state.session.flush();
                let _ = answer.send(after);
            }
            Request::Complete(beginning, answer) => {
                let _ = answer.send(state.complete(&beginning));
            }
            Request::Goroutines(answer) => {
                let _ = answer.send(state.session.goroutine_count());
            }
            Request::Close => return Ok(()),
        }
    }
}

/// A session whose programs SIGINT interrupts.
pub(crate) fn new_session(options: &Options, config: RunConfig) -> Result<Session, String> {
    use signal_hook::consts::SIGINT;
    let host = StdHost::new(options.args.clone(), options.permissions.clone());
    let waker = host.waker();
    let failed = |error: std::io::Error| format!("golite: no signal can be handled: {error}\n");
    signal_hook::flag::register_usize(SIGINT, waker.interrupt().word(), SIGINT as usize).map_err(failed)?;
    let stream = waker.stream().map_err(failed)?;
    signal_hook::low_level::pipe::register(SIGINT, stream).map_err(failed)?;
    Session::new(config, Box::new(host))
}

impl State {
    fn line(&mut self, text: &str) -> After {
        if crate::is_command(text) {
            return commands::run(self, text.trim());
        }
        self.eval(text)
    }

    /// Runs an input and shows what came of it.
    pub(crate) fn eval(&mut self, text: &str) -> After {
        match self.session.eval(text) {
            Reply::Errors(errors) => {
                self.show_errors(&errors);
                After::Wrong
            }
            Reply::Done(done) => {
                if let Some(ty) = &done.shown {
                    let line = self.dim(&format!(" : {ty}"));
                    self.say(&line);
                }
                for line in done.declared {
                    let line = self.dim(&line);
                    self.say(&line);
                }
                for note in done.notes {
                    let line = self.dim(&format!("note: {note}"));
                    self.say(&line);
                }
                if !text.trim().is_empty() {
                    self.inputs.push(text.trim_end().to_string());
                }
                After::Right
            }
            Reply::Failed => After::Wrong,
            Reply::Exit(status) => {
                self.say(&format!("the input ended with exit status {status}; the session goes on"));
                if status == 0 { After::Right } else { After::Wrong }
            }
            Reply::Interrupted => {
                self.say("interrupted");
                After::Wrong
            }
        }
    }

    /// Writes a line behind what programs wrote.
    pub(crate) fn say(&mut self, line: &str) {
        self.session.write(1, format!("{line}\n").as_bytes());
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

    pub(crate) fn show_errors(&mut self, errors: &[Diagnostic]) {
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
    }

    fn complete(&mut self, beginning: &str) -> Vec<(String, String)> {
        if beginning.starts_with(':') {
            return commands::NAMES
                .iter()
                .filter(|(name, ..)| name.starts_with(beginning))
                .map(|(name, args, what)| ((*name).to_string(), format!("{name} {args}  {what}")))
                .collect();
        }
        self.session.complete(beginning)
    }
}
