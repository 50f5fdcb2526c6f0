//! The commands of a session, which begin with a colon.

use golite::RunConfig;
use golite::session::NamedKind;

use crate::engine::{Made, State, new_session};
use crate::measure::{self, Start, bytes, duration};
use crate::{After, heap, help, records, step};

/// A command.
pub(crate) struct Command {
    /// With its colon.
    pub(crate) name: &'static str,
    /// What follows it: nothing, something, or, in brackets, what may follow.
    pub(crate) args: &'static str,
    /// What it does.
    pub(crate) what: &'static str,
    run: fn(&mut State, &str) -> After,
}

const fn command(
    name: &'static str,
    args: &'static str,
    what: &'static str,
    run: fn(&mut State, &str) -> After,
) -> Command {
    Command { name, args, what, run }
}

/// The commands.
pub(crate) const ALL: &[Command] = &[
    command(":help", "[TOPIC]", "the commands, one of them, or a topic with an example", help::run),
    command(":type", "EXPR", "the type of an expression, which is not run", type_of),
    command(":full", "EXPR", "the value of an expression, not cut", full),
    command(
        ":doc",
        "NAME",
        "what a function, type or package of the library, or a name of the session is",
        doc,
    ),
    command(
        ":dis",
        "NAME",
        "the bytecode of a function beside its source: f, T.Method, strings.Fields",
        listing,
    ),
    command(":ast", "CODE", "the syntax tree of code, with types", tree),
    command(":tokens", "CODE", "the tokens of code", tokens),
    command(":step", "CODE", "run code instruction by instruction, with registers", step::run),
    command(":vars", "", "the variables and constants", variables),
    command(":funcs", "", "the functions", functions),
    command(":types", "", "the types", types),
    command(":imports", "", "the packages in use", imports),
    command(":goroutines", "", "the goroutines and where they are", goroutines),
    command(":stack", "ID", "the stack of a goroutine and what it waits on", stack),
    command(
        ":heap",
        "[EXPR]",
        "the heap by generation, size and type; what a value holds and who holds that",
        heap::run,
    ),
    command(":gc", "", "collect garbage", collect),
    command(":gcstats", "", "what the collector has done", heap::collector),
    command(":trace", "on|off|save FILE", "record what goroutines do", records::trace),
    command(":profile", "on|off|save FILE", "record where the time goes", records::profile),
    command(":time", "CODE", "run, and say what it took", time),
    command(":bench", "EXPR", "run again and again, and say what one run takes", measure::bench),
    command(":load", "FILE", "run a file as one input", load),
    command(":save", "FILE", "write the inputs that were right as a script", save),
    command(":reset", "", "begin again without names", reset),
    command(":seed", "N", "begin again; every choice of the runtime comes from N", seed),
    command(":limits", "", "the limits of the session", limits),
    command(":version", "", "the version", version),
    command(":quit", "", "end the session; so do Ctrl-D, :q, exit and quit", |_, _| After::Quit),
];

/// Finds a command by its name or the beginning of it.
///
/// # Errors
/// Why there is none.
pub(crate) fn find(name: &str) -> Result<&'static Command, String> {
    let name = if name == ":q" { ":quit" } else { name };
    let matching: Vec<&Command> = ALL.iter().filter(|command| command.name.starts_with(name)).collect();
    match &matching[..] {
        [one] => Ok(one),
        [] => {
            let near = ALL.iter().map(|command| command.name);
            let hint = golite_diag::similar::nearest(name, near)
                .map_or_else(String::new, |near| format!("did you mean {near}? "));
            Err(format!("there is no command {name}; {hint}:help lists all"))
        }
        many => match many.iter().find(|command| command.name == name) {
            Some(exact) => Ok(exact),
            None => {
                let names: Vec<&str> = many.iter().map(|command| command.name).collect();
                Err(format!("{name} may be {}", names.join(" or ")))
            }
        },
    }
}

/// Runs a command.
pub(crate) fn run(state: &mut State, line: &str) -> After {
    let (name, rest) = match line.split_once(char::is_whitespace) {
        Some((name, rest)) => (name, rest.trim()),
        None => (line, ""),
    };
    if matches!(name, "exit" | "quit" | "exit()" | "quit()") {
        return After::Quit;
    }
    let name = if name == "help" { ":help" } else { name };
    let command = match find(name) {
        Ok(command) => command,
        Err(message) => return state.complain(&message),
    };
    let (name, args) = (command.name, command.args);
    if !args.is_empty() && !args.starts_with('[') && rest.is_empty() {
        return state.complain(&format!("{name} needs {args}"));
    }
    if args.is_empty() && !rest.is_empty() {
        return state.complain(&format!("{name} takes nothing"));
    }
    (command.run)(state, rest)
}

fn type_of(state: &mut State, text: &str) -> After {
    match state.session.type_of(text) {
        Ok(ty) => state.tell(&ty),
        Err(errors) => state.show_errors(&errors),
    }
}

fn full(state: &mut State, text: &str) -> After {
    state.session.show_everything();
    state.eval(text)
}

fn doc(state: &mut State, name: &str) -> After {
    match golite::doc::find_text(name) {
        Ok(text) => state.tell(text.trim_end()),
        Err(message) => match state.session.source_of(name) {
            Some(text) => state.tell(text.trim_end()),
            None => state.complain(&message),
        },
    }
}

fn listing(state: &mut State, name: &str) -> After {
    match state.session.listing(name) {
        Ok(listing) => state.tell(listing.trim_end()),
        Err(message) => state.complain(&message),
    }
}

fn tree(state: &mut State, text: &str) -> After {
    match state.session.tree(text) {
        Ok(tree) => state.tell(tree.trim_end()),
        Err(errors) => state.show_errors(&errors),
    }
}

fn tokens(state: &mut State, text: &str) -> After {
    match golite::session::tokens_text(text) {
        Ok(text) => state.tell(text.trim_end()),
        Err(message) => state.complain(&message),
    }
}

fn variables(state: &mut State, _: &str) -> After {
    names(state, &[NamedKind::Var, NamedKind::Const])
}

fn functions(state: &mut State, _: &str) -> After {
    names(state, &[NamedKind::Func]);
    let waiting = state.session.waiting();
    waiting.iter().for_each(|line| state.say(line));
    After::Right
}

fn types(state: &mut State, _: &str) -> After {
    names(state, &[NamedKind::Type])
}

fn names(state: &mut State, kinds: &[NamedKind]) -> After {
    for named in state.session.names().into_iter().filter(|named| kinds.contains(&named.kind)) {
        let (name, ty) = (named.name, named.ty);
        state.say(&match named.kind {
            NamedKind::Type => format!("type {name}{} {ty}", named.params),
            NamedKind::Const => format!("const {name} {ty}"),
            NamedKind::Var => format!("{name} {ty}"),
            NamedKind::Func => format!("func {name}{}", ty.strip_prefix("func").unwrap_or(&ty)),
        });
    }
    After::Right
}

fn imports(state: &mut State, _: &str) -> After {
    for (name, path) in state.session.imports() {
        state.say(&format!("{name} {path:?}"));
    }
    After::Right
}

fn goroutines(state: &mut State, _: &str) -> After {
    let text = state.session.goroutines();
    state.tell(if text.is_empty() { "none" } else { text.trim_end() })
}

fn stack(state: &mut State, text: &str) -> After {
    let Ok(id) = text.parse() else { return state.complain(":stack needs the number of a goroutine") };
    match state.session.goroutine(id) {
        Some(text) => state.tell(text.trim_end()),
        None => state.complain(&format!("there is no goroutine {id}; :goroutines lists them")),
    }
}

fn collect(state: &mut State, _: &str) -> After {
    let before = state.session.heap().heap_alloc;
    state.session.collect_garbage();
    let after = state.session.heap().heap_alloc;
    state.tell(&format!("{} before, {} after", bytes(before), bytes(after)))
}

fn time(state: &mut State, text: &str) -> After {
    let start = Start::now(&mut state.session);
    let after = state.eval(text);
    let line = start.line(&mut state.session);
    state.say(&line);
    after
}

fn load(state: &mut State, path: &str) -> After {
    match std::fs::read_to_string(path) {
        Ok(text) => state.eval(&text),
        Err(error) => state.complain(&format!("{path}: {}", golite::load::io_text(&error))),
    }
}

fn save(state: &mut State, path: &str) -> After {
    let saved = state.inputs.script();
    match std::fs::write(path, saved.text) {
        Ok(()) => {
            let (count, note) = (state.inputs.len(), state.inputs.forgotten_note());
            state.say(&format!("{} in {path}{note}", counted(count as u64, "input")));
            if let Some(problem) = saved.problem {
                return state.complain(&format!("as a script it has an error: {path}:{problem}"));
            }
            After::Right
        }
        Err(error) => state.complain(&format!("{path}: {}", golite::load::io_text(&error))),
    }
}

/// A number of things: `1 input`, `2 inputs`.
pub(crate) fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn reset(state: &mut State, _: &str) -> After {
    begin_again(state, state.config, "the session begins again")
}

fn seed(state: &mut State, text: &str) -> After {
    let Ok(seed) = text.parse() else { return state.complain(":seed needs a number") };
    let config = RunConfig { seed, ..state.config };
    begin_again(state, config, &format!("the session begins again with seed {seed}"))
}

fn begin_again(state: &mut State, config: RunConfig, message: &str) -> After {
    state.run_deferred();
    state.session.flush();
    match new_session(&state.options, config) {
        Ok(Made { session, signals }) => {
            state.session = session;
            state.signals = signals;
            state.config = config;
            state.inputs.clear();
            state.tell(message)
        }
        Err(error) => state.complain(error.trim_end()),
    }
}

fn limits(state: &mut State, _: &str) -> After {
    let config = state.config;
    let number = |limit: Option<u64>| limit.map_or("none".to_string(), |limit| limit.to_string());
    let size = |limit: Option<u64>| limit.map_or("none".to_string(), bytes);
    state.say(&format!("memory      {}", size(config.max_memory)));
    state.say(&format!("steps       {}", number(config.max_steps)));
    let timeout = config.timeout.map_or("none".to_string(), |nanos| {
        format!("{} for each input", duration(std::time::Duration::from_nanos(nanos.unsigned_abs())))
    });
    state.say(&format!("time        {timeout}"));
    state.say(&format!("goroutines  {}", number(config.max_goroutines)));
    state.tell(&format!("stack       {}", size(config.max_stack)))
}

fn version(state: &mut State, _: &str) -> After {
    let version = state.options.version.clone();
    state.tell(&version)
}
