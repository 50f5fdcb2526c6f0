//! Random programs that know what must be reachable in them.
//!
//! A program has types of random shape and makes, links and drops objects of them at random: in variables, on
//! stacks, in other goroutines, in channels, in closures. Beside it keeps, by numbers and without pointers, what
//! refers to what (the *shadow*). Now and then it collects and compares: what the shadow reaches must be there,
//! linked as the shadow says; of what it does not reach the weak pointer must be nil, the cleanup called once and,
//! where there is one, the finalizer too. The same programs run under real Go.

use std::fmt::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use golite_testkit::process::{End, Run};

use crate::{Outcome, golite};

/// What stands in every program, whatever its types.
const FRAME: &str = include_str!("soak.go.txt");

/// How a program is run: name and value of an environment variable, and how many operations it does.
const WAYS: &[(&str, &str, u32)] = &[
    ("GOGC", "100", 40_000),
    ("GOGC", "5", 20_000),
    ("GODEBUG", "gcstress=1", 1_500),
    ("GOGC", "off", 20_000),
];

/// Runs programs until the time is over.
pub(crate) fn run(args: &[&str]) -> Outcome {
    let (mut seconds, mut seed, mut binary) = (60, 1, None);
    let mut rest = args;
    while let [name, value, more @ ..] = rest {
        let number = || value.parse().map_err(|_| format!("{value} is not a number"));
        match *name {
            "--seconds" => seconds = number()?,
            "--seed" => seed = number()?,
            "--golite" => binary = Some(PathBuf::from(value)),
            _ => break,
        }
        rest = more;
    }
    if !rest.is_empty() {
        return Err("usage: cargo xtask soak [--seconds N] [--seed N] [--golite BINARY]".into());
    }
    let binary = match binary {
        Some(binary) => binary,
        None => golite::build()?,
    };
    let folder = std::env::temp_dir().join("golite-soak");
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let end = Instant::now() + Duration::from_secs(seconds);
    let first = seed;
    let mut runs = 0;
    while Instant::now() < end {
        let name = format!("soak{seed}.go");
        std::fs::write(folder.join(&name), program(seed)).map_err(|error| error.to_string())?;
        for (variable, value, operations) in WAYS {
            let args = ["run", "--seed", &seed.to_string(), &name, &operations.to_string()]
                .map(str::to_string)
                .to_vec();
            let env = vec![(variable.to_string(), value.to_string())];
            let timeout = Duration::from_secs(240);
            let run = Run { program: &binary, args, folder: &folder, stdin: "", env, timeout };
            let ended = run.run();
            if !matches!(ended.end, End::Exit(0)) {
                let (out, err) = (ended.stdout, ended.stderr);
                return Err(format!(
                    "{}: {}\n$ {variable}={value} {}\n{out}{err}",
                    folder.join(name).display(),
                    ended.end,
                    run.shown()
                ));
            }
            runs += 1;
        }
        std::fs::remove_file(folder.join(&name)).map_err(|error| error.to_string())?;
        seed += 1;
    }
    println!("{runs} runs of {} programs, from seed {first} on: nothing lost, nothing kept", seed - first);
    Ok(())
}

/// Numbers from a seed (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % n
    }
}

/// The text of a program.
fn program(seed: u64) -> String {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut out = FRAME.replace("SEED", &seed.to_string());
    let types = 3 + random.below(4);
    let mut makers = String::new();
    for number in 0..types {
        // The first type has no pointers, and so may have a finalizer.
        let fields = if number == 0 { 0 } else { 1 + random.below(5) };
        let maker = one_type(&mut random, &mut out, number, fields, types);
        makers += &maker;
    }
    let _ = writeln!(out, "var makers = []func(id int) object{{\n{makers}}}");
    out
}

/// Adds a type with so many fields that refer to others; gives its maker.
fn one_type(random: &mut Random, out: &mut String, number: u64, fields: u64, types: u64) -> String {
    let mut declared = String::from("\tid int\n");
    let (mut gets, mut sets) = (String::new(), String::new());
    let mut made = String::new();
    let mut slots = 0;
    for field in 0..fields {
        if random.below(3) == 0 {
            let _ = writeln!(declared, "\tpad{field} [{}]int", 1 + random.below(9));
        }
        let name = format!("f{field}");
        let mut slot = |get: String, set: String| {
            let _ = writeln!(gets, "\tcase {slots}:\n\t\t{get}");
            let _ = writeln!(sets, "\tcase {slots}:\n\t\t{set}");
            slots += 1;
        };
        match random.below(8) {
            0 => {
                let target = random.below(types);
                let _ = writeln!(declared, "\t{name} *t{target}");
                slot(
                    format!("if o.{name} != nil {{\n\t\t\treturn o.{name}\n\t\t}}"),
                    format!(
                        "p, ok := v.(*t{target})\n\t\tif v != nil && !ok {{\n\t\t\treturn false\n\t\t}}\n\t\to.{name} = p"
                    ),
                );
            }
            1 => {
                let count = 1 + random.below(40);
                let _ = writeln!(declared, "\t{name} []object");
                let _ = writeln!(made, "\t\to.{name} = make([]object, {count})");
                let at = random.below(count);
                slot(format!("return o.{name}[{at}]"), format!("o.{name}[{at}] = v"));
            }
            2 => {
                let _ = writeln!(declared, "\t{name} map[int]object");
                let key = random.below(100);
                slot(
                    format!("return o.{name}[{key}]"),
                    format!(
                        "if o.{name} == nil {{\n\t\t\to.{name} = map[int]object{{}}\n\t\t}}\n\t\tif v == nil {{\n\t\t\tdelete(o.{name}, {key})\n\t\t}} else {{\n\t\t\to.{name}[{key}] = v\n\t\t}}"
                    ),
                );
            }
            3 => {
                let count = 1 + random.below(12);
                let _ = writeln!(declared, "\t{name} [{count}]object");
                let at = random.below(count);
                slot(format!("return o.{name}[{at}]"), format!("o.{name}[{at}] = v"));
            }
            4 => {
                let _ = writeln!(declared, "\t{name} func() object");
                slot(
                    format!("if o.{name} != nil {{\n\t\t\treturn o.{name}()\n\t\t}}"),
                    format!(
                        "o.{name} = nil\n\t\tif v != nil {{\n\t\t\to.{name} = func() object {{ return v }}\n\t\t}}"
                    ),
                );
            }
            5 => {
                let _ = writeln!(declared, "\t{name} chan object");
                let _ = writeln!(made, "\t\to.{name} = make(chan object, 1)");
                slot(
                    format!(
                        "select {{\n\t\tcase v := <-o.{name}:\n\t\t\to.{name} <- v\n\t\t\treturn v\n\t\tdefault:\n\t\t}}"
                    ),
                    format!(
                        "select {{\n\t\tcase <-o.{name}:\n\t\tdefault:\n\t\t}}\n\t\tif v != nil {{\n\t\t\to.{name} <- v\n\t\t}}"
                    ),
                );
            }
            6 => {
                let _ = writeln!(declared, "\t{name} struct {{\n\t\tn string\n\t\tp *object\n\t}}");
                slot(
                    format!("if o.{name}.p != nil {{\n\t\t\treturn *o.{name}.p\n\t\t}}"),
                    format!("o.{name}.p = nil\n\t\tif v != nil {{\n\t\t\to.{name}.p = &v\n\t\t}}"),
                );
            }
            _ => {
                let _ = writeln!(declared, "\t{name} object");
                slot(format!("return o.{name}"), format!("o.{name} = v"));
            }
        }
    }
    let tail = 1 + random.below(20);
    let _ = writeln!(declared, "\ttail [{tail}]int");
    let _ = write!(
        out,
        "\ntype t{number} struct {{\n{declared}}}\n\nfunc (o *t{number}) number() int {{\n\tif o.tail[{}] != o.id*7 {{\n\t\tfail(\"overwritten\", o.id)\n\t}}\n\treturn o.id\n}}\n\nfunc (o *t{number}) slots() int {{ return {slots} }}\n",
        tail - 1
    );
    if slots == 0 {
        let _ = write!(
            out,
            "\nfunc (o *t{number}) get(slot int) object {{ return nil }}\n\nfunc (o *t{number}) set(slot int, v object) bool {{ return false }}\n"
        );
    } else {
        let _ = write!(
            out,
            "\nfunc (o *t{number}) get(slot int) object {{\n\tswitch slot {{\n{gets}\t}}\n\treturn nil\n}}\n\nfunc (o *t{number}) set(slot int, v object) bool {{\n\tswitch slot {{\n{sets}\t}}\n\treturn true\n}}\n"
        );
    }
    let finalizer = if number == 0 {
        "\t\tif id%3 == 0 {\n\t\t\tshadow[id].finalizer = true\n\t\t\truntime.SetFinalizer(o, func(o *t0) { finalized[o.number()]++ })\n\t\t}\n"
    } else {
        ""
    };
    format!(
        "\tfunc(id int) object {{\n\t\to := &t{number}{{id: id}}\n\t\to.tail[{}] = id * 7\n{made}\t\twatch(o, id)\n{finalizer}\t\treturn o\n\t}},\n",
        tail - 1
    )
}
