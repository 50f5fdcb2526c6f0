//! The commands of a session, which begin with a colon.

use golite::RunConfig;
use golite::session::NamedKind;

use crate::After;
use crate::engine::{State, new_session};
use crate::measure::{Start, bytes, duration};

/// The commands: name, arguments, what each does.
pub(crate) const NAMES: [(&str, &str, &str); 21] = [
    (":help", "", "list the commands"),
    (":type", "EXPR", "the type of an expression, which is not run"),
    (":full", "EXPR", "the value of an expression, not cut"),
    (":doc", "NAME", "what a function, type or package of the library is"),
    (":dis", "NAME", "the bytecode of a function: f, T.Method"),
    (":vars", "", "the variables and constants"),
    (":funcs", "", "the functions"),
    (":types", "", "the types"),
    (":imports", "", "the packages in use"),
    (":goroutines", "", "the goroutines and where they are"),
    (":heap", "", "what is in the heap, by size"),
    (":gc", "", "collect garbage"),
    (":gcstats", "", "what the collector has done"),
    (":time", "EXPR", "run, and say what it took"),
    (":load", "FILE", "run a file as one input"),
    (":save", "FILE", "write the inputs so far as a script"),
    (":reset", "", "begin again without names"),
    (":seed", "N", "begin again; every choice of the runtime comes from N"),
    (":limits", "", "the limits of the session"),
    (":version", "", "the version"),
    (":quit", "", "end the session; so do Ctrl-D and :q"),
];

/// Runs a command.
pub(crate) fn run(state: &mut State, line: &str) -> After {
    let (name, rest) = match line.split_once(char::is_whitespace) {
        Some((name, rest)) => (name, rest.trim()),
        None => (line, ""),
    };
    if matches!(name, "exit" | "quit" | "exit()" | "quit()" | ":q") {
        return After::Quit;
    }
    let matching: Vec<&(&str, &str, &str)> =
        NAMES.iter().filter(|(full, ..)| full.starts_with(name)).collect();
    let found = match &matching[..] {
        [one] => one,
        many => match many.iter().find(|(full, ..)| *full == name) {
            Some(exact) => exact,
            None if many.is_empty() => {
                return state.complain(&format!("there is no command {name}; :help lists all"));
            }
            None => {
                let names: Vec<&str> = many.iter().map(|(name, ..)| *name).collect();
                return state.complain(&format!("{name} may be {}", names.join(" or ")));
            }
        },
    };
    let (name, wanted, _) = **found;
    if !wanted.is_empty() && rest.is_empty() {
        return state.complain(&format!("{name} needs {wanted}"));
    }
    if wanted.is_empty() && !rest.is_empty() {
        return state.complain(&format!("{name} takes nothing"));
    }
    match name {
        ":help" => help(state),
        ":type" => match state.session.type_of(rest) {
            Ok(ty) => say(state, &ty),
            Err(errors) => {
                state.show_errors(&errors);
                After::Wrong
            }
        },
        ":full" => {
            state.session.show_everything();
            state.eval(rest)
        }
        ":doc" => match golite::doc::find_text(rest) {
            Ok(text) => say(state, text.trim_end()),
            Err(message) => state.complain(&message),
        },
        ":dis" => match state.session.listing(rest) {
            Ok(listing) => say(state, listing.trim_end()),
            Err(message) => state.complain(&message),
        },
        ":vars" => names(state, &[NamedKind::Var, NamedKind::Const]),
        ":funcs" => names(state, &[NamedKind::Func]),
        ":types" => names(state, &[NamedKind::Type]),
        ":imports" => {
            for (name, path) in state.session.imports() {
                state.say(&format!("{name} {path:?}"));
            }
            After::Right
        }
        ":goroutines" => {
            let text = state.session.goroutines();
            say(state, if text.is_empty() { "none" } else { text.trim_end() })
        }
        ":heap" => heap(state),
        ":gc" => {
            let before = state.session.heap().heap_alloc;
            state.session.collect_garbage();
            let after = state.session.heap().heap_alloc;
            say(state, &format!("{} before, {} after", bytes(before), bytes(after)))
        }
        ":gcstats" => collector(state),
        ":time" => {
            let start = Start::now(&mut state.session);
            let after = state.eval(rest);
            let line = start.line(&mut state.session);
            state.say(&line);
            after
        }
        ":load" => match std::fs::read_to_string(rest) {
            Ok(text) => state.eval(&text),
            Err(error) => state.complain(&format!("{rest}: {}", golite::load::io_text(&error))),
        },
        ":save" => {
            let text: String = state.inputs.iter().map(|input| format!("{input}\n")).collect();
            match std::fs::write(rest, text) {
                Ok(()) => say(state, &format!("{} inputs in {rest}", state.inputs.len())),
                Err(error) => state.complain(&format!("{rest}: {}", golite::load::io_text(&error))),
            }
        }
        ":reset" => begin_again(state, state.config, "the session begins again"),
        ":seed" => match rest.parse() {
            Ok(seed) => {
                let config = RunConfig { seed, ..state.config };
                begin_again(state, config, &format!("the session begins again with seed {seed}"))
            }
            Err(_) => state.complain(":seed needs a number"),
        },
        ":limits" => limits(state),
        ":version" => {
            let version = state.options.version.clone();
            say(state, &version)
        }
        _ => After::Quit,
    }
}

fn say(state: &mut State, text: &str) -> After {
    state.say(text);
    After::Right
}

fn help(state: &mut State) -> After {
    for (name, args, what) in NAMES {
        state.say(&format!("{:18} {what}", format!("{name} {args}")));
    }
    say(
        state,
        "Anything else is Go: statements, declarations, expressions. ans and _1 are the last value, _2 and _3 \
         those before it. A beginning of a command is enough.",
    )
}

fn names(state: &mut State, kinds: &[NamedKind]) -> After {
    for named in state.session.names().into_iter().filter(|named| kinds.contains(&named.kind)) {
        let (name, ty) = (named.name, named.ty);
        state.say(&match named.kind {
            NamedKind::Type => format!("type {name} {ty}"),
            NamedKind::Const => format!("const {name} {ty}"),
            NamedKind::Var => format!("{name} {ty}"),
            NamedKind::Func => format!("func {name}{}", ty.strip_prefix("func").unwrap_or(&ty)),
        });
    }
    After::Right
}

fn heap(state: &mut State) -> After {
    let stats = state.session.heap();
    state.say(&format!(
        "{} objects of {}; {} from the system, {} for stacks and the runtime",
        stats.heap_objects,
        bytes(stats.heap_alloc),
        bytes(stats.heap_sys),
        bytes(stats.external)
    ));
    for (size, allocated, freed) in &stats.by_size {
        let live = allocated.saturating_sub(*freed);
        if live > 0 {
            let total = live * u64::from(*size);
            state.say(&format!("{live:>10} of up to {size:>6} bytes: {}", bytes(total)));
        }
    }
    After::Right
}

fn collector(state: &mut State) -> After {
    let stats = state.session.heap();
    let time = |nanos| duration(std::time::Duration::from_nanos(nanos));
    state.say(&format!("{} minor collections, {} in all", stats.num_minor, time(stats.minor_pause_total_ns)));
    state.say(&format!(
        "{} major collections ({} asked for), {} in all",
        stats.num_major,
        stats.num_forced,
        time(stats.pause_total_ns)
    ));
    say(
        state,
        &format!(
            "{} objects allocated, {} freed; the next major one at {}",
            stats.mallocs,
            stats.frees,
            bytes(stats.next_gc)
        ),
    )
}

fn begin_again(state: &mut State, config: RunConfig, message: &str) -> After {
    state.session.flush();
    match new_session(&state.options, config) {
        Ok(session) => {
            state.session = session;
            state.config = config;
            state.inputs.clear();
            say(state, message)
        }
        Err(error) => state.complain(error.trim_end()),
    }
}

fn limits(state: &mut State) -> After {
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
    say(state, &format!("stack       {}", size(config.max_stack)))
}
