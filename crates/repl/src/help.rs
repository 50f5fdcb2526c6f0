//! `:help`: the commands, one command, and topics with examples that are run.

use crate::After;
use crate::commands::{self, ALL};
use crate::engine::{Made, State, new_session};

/// What can be asked about beside commands: name, text, inputs to run.
const TOPICS: &[(&str, &str, &[&str])] = &[
    (
        "channels",
        "A channel hands values from one goroutine to another. Without a buffer, who sends waits for who receives.",
        &[
            "ch := make(chan int)",
            "go func() { for i := range 3 { ch <- i * i }; close(ch) }()",
            "for n := range ch { fmt.Println(n) }",
            "n, ok := <-ch; fmt.Println(n, ok)",
        ],
    ),
    (
        "closures",
        "A function literal keeps the variables around it, not copies of them.",
        &["n := 0", "next := func() int { n++; return n }", "next(); next()", "n"],
    ),
    (
        "defer",
        "A deferred call runs when its function ends, also by a panic; recover ends that.",
        &[
            "func safe(f func()) (err error) {\n\tdefer func() { if r := recover(); r != nil { err = fmt.Errorf(\"caught: %v\", r) } }()\n\tf()\n\treturn nil\n}",
            "safe(func() { panic(\"no\") })",
        ],
    ),
    (
        "errors",
        "An error is a value. Wrapped with %w, it is found again by errors.Is and errors.AsType.",
        &[
            "_, err := strconv.Atoi(\"x\")",
            "err",
            "wrapped := fmt.Errorf(\"first line: %w\", err)",
            "errors.Is(wrapped, strconv.ErrSyntax)",
        ],
    ),
    (
        "generics",
        "A function or type with type parameters is made anew for each type it is used with.",
        &[
            "func last[T any](list []T) T { return list[len(list)-1] }",
            "last([]string{\"a\", \"b\"})",
            "type pair[K comparable, V any] struct { key K; value V }",
            "pair[string, int]{\"a\", 1}",
        ],
    ),
    (
        "goroutines",
        "A goroutine goes on between inputs; the prompt counts them, :goroutines shows them, :stack one of them.",
        &[
            "var group sync.WaitGroup",
            "for i := range 3 { group.Go(func() { fmt.Println(\"goroutine\", i) }) }",
            "group.Wait()",
        ],
    ),
    (
        "maps",
        "A map finds values by keys; a key that is not there gives the zero value.",
        &[
            "ages := map[string]int{\"Ada\": 36, \"Alan\": 41}",
            "ages[\"Grace\"]",
            "age, ok := ages[\"Ada\"]; fmt.Println(age, ok)",
            "delete(ages, \"Alan\")",
            "ages",
        ],
    ),
    (
        "redeclaring",
        "A name can be declared again: functions from before use the new function, and the new value of a variable of the same type. A type is a new type; values of the old one keep it.",
        &[
            "func f() int { return 1 }",
            "func g() int { return 10 * f() }",
            "func f() int { return 2 }",
            "g()",
        ],
    ),
    (
        "select",
        "select waits for the first of several channels that is ready.",
        &[
            "data := make(chan string, 1)",
            "data <- \"x\"",
            "select { case s := <-data: fmt.Println(s); case <-time.After(time.Second): fmt.Println(\"too late\") }",
        ],
    ),
    (
        "slices",
        "A slice is a window on an array: slicing shares it, append may make a larger one.",
        &["a := []int{1, 2, 3, 4}", "b := a[1:3]", "b[0] = 20", "a", "append(b, 5, 6)", "a"],
    ),
    (
        "types",
        "A type can have methods; an interface is satisfied by having its methods.",
        &[
            "type celsius float64",
            "func (c celsius) String() string { return fmt.Sprintf(\"%.1f °C\", float64(c)) }",
            "celsius(21)",
            "var s fmt.Stringer = celsius(3)",
        ],
    ),
];

/// `:help` and `:help TOPIC`
pub(crate) fn run(state: &mut State, text: &str) -> After {
    if text.is_empty() {
        return list(state);
    }
    if let Some((_, what, inputs)) = TOPICS.iter().find(|(name, ..)| *name == text) {
        state.say(what);
        return example(state, inputs);
    }
    let own = |name: &str| name == text || name.strip_prefix(':') == Some(text);
    if let Some(command) = ALL.iter().find(|command| own(command.name)) {
        state.say(format!("{} {}", command.name, command.args).trim_end());
        return state.tell(&format!("    {}", command.what));
    }
    if text.starts_with(':') {
        return match commands::find(text) {
            Ok(command) => run(state, command.name),
            Err(message) => state.complain(&message),
        };
    }
    match golite::doc::find_text(text) {
        Ok(found) => state.tell(found.trim_end()),
        Err(_) => state.complain(&format!("there is no topic {text}; :help lists all")),
    }
}

fn list(state: &mut State) -> After {
    for command in ALL {
        state.say(&format!("{:28} {}", format!("{} {}", command.name, command.args), command.what));
    }
    state.say("Anything else is Go: statements, declarations, expressions. ans and _1 are the last value, _2 and _3");
    state.say("those before it. A beginning of a command is enough. :help TOPIC runs an example of");
    let names: Vec<&str> = TOPICS.iter().map(|(name, ..)| *name).collect();
    state.tell(&names.join(", "))
}

/// Runs inputs in a session of their own.
fn example(state: &mut State, inputs: &[&str]) -> After {
    let Made { session, signals } = match new_session(&state.options, state.config) {
        Ok(made) => made,
        Err(error) => return state.complain(error.trim_end()),
    };
    state.session.flush();
    let session = std::mem::replace(&mut state.session, session);
    let signals = std::mem::replace(&mut state.signals, signals);
    let kept = std::mem::take(&mut state.inputs);
    let mut after = After::Right;
    for input in inputs {
        state.say(&format!("golite> {}", input.replace('\n', "\n   ...> ")));
        after = state.eval(input);
        if after == After::Wrong {
            break;
        }
    }
    state.run_deferred();
    state.session.flush();
    state.session = session;
    state.signals = signals;
    state.inputs = kept;
    after
}

/// Names of topics that begin so.
pub(crate) fn topics(beginning: &str) -> impl Iterator<Item = &'static str> {
    TOPICS.iter().map(|(name, ..)| *name).filter(move |name| name.starts_with(beginning))
}
