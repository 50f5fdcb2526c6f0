//! `:heap` and `:gcstats`.

use golite::session::{Held, ObjectLine, Reply};

use crate::After;
use crate::commands::counted;
use crate::engine::State;
use crate::measure::{bytes, duration};

/// Most types that are told.
const TYPES: usize = 12;

/// `:heap` and `:heap EXPR`.
pub(crate) fn run(state: &mut State, text: &str) -> After {
    if text.is_empty() { whole(state) } else { value(state, text) }
}

fn whole(state: &mut State) -> After {
    let view = state.session.heap_view();
    let stats = state.session.heap();
    state.say(&format!(
        "{} of {}; {} from the system, {} for stacks and the runtime",
        counted(stats.heap_objects, "object"),
        bytes(stats.heap_alloc),
        bytes(stats.heap_sys),
        bytes(stats.external)
    ));
    state.say("generations");
    let notes =
        ["no collection has met them", "survived one", "never freed: constants, variables of packages"];
    let generations = [("young", view.young), ("old", view.old), ("immortal", view.immortal)];
    for ((name, (objects, size)), note) in generations.into_iter().zip(notes) {
        state.say(&format!("{objects:>10} {name:<9} {:>9}   {note}", bytes(size)));
    }
    state.say("size classes");
    for (size, allocated, freed) in &stats.by_size {
        let live = allocated.saturating_sub(*freed);
        match (live, *size) {
            (0, _) => {}
            (_, 0) => state.say(&format!("{live:>10} large")),
            (_, size) => {
                let total = live * u64::from(size);
                state.say(&format!("{live:>10} of up to {size:>6} bytes: {}", bytes(total)));
            }
        }
    }
    state.say("largest types");
    for ty in view.types.iter().take(TYPES) {
        state.say(&format!("{:>10} {:>9}   {}", ty.objects, bytes(ty.bytes), ty.name));
    }
    if view.types.len() > TYPES {
        state.say(&format!("... and {} more types", view.types.len() - TYPES));
    }
    After::Right
}

fn value(state: &mut State, text: &str) -> After {
    let (ty, view) = match state.session.object_view(text) {
        Ok(found) => found,
        Err(Reply::Done(_)) => return state.complain(":heap needs an expression with one value"),
        Err(reply) => return state.show(text, reply),
    };
    if view.held.is_empty() {
        return state.tell(&format!("{text} : {ty} holds nothing of the heap"));
    }
    let (objects, size) = view.reaches;
    state.say(&format!("{text} : {ty} reaches {} of {}", counted(objects, "object"), bytes(size)));
    for held in &view.held {
        object(state, text, held);
    }
    After::Right
}

fn object(state: &mut State, text: &str, held: &Held) {
    let line = |object: &ObjectLine| {
        format!("{:#x} {}, {}, {}", object.address, object.name, bytes(object.bytes), object.generation)
    };
    state.say(&format!("{text}{} -> {}", held.path, line(&held.object)));
    if !held.holds.is_empty() {
        state.say("  holds");
        for (path, object) in &held.holds {
            let path = if path.is_empty() { "its value" } else { path };
            state.say(&format!("    {path} -> {}", line(object)));
        }
    }
    if held.holders.is_empty() {
        state.say("  held by nobody else");
    } else {
        state.say("  held by");
        for holder in &held.holders {
            state.say(&format!("    {holder}"));
        }
    }
}

/// `:gcstats`
pub(crate) fn collector(state: &mut State, _: &str) -> After {
    let stats = state.session.heap();
    let time = |nanos| duration(std::time::Duration::from_nanos(nanos));
    state.say(&format!(
        "{}, {} in all",
        counted(stats.num_minor, "minor collection"),
        time(stats.minor_pause_total_ns)
    ));
    state.say(&format!(
        "{} ({} asked for), {} in all",
        counted(stats.num_major, "major collection"),
        stats.num_forced,
        time(stats.pause_total_ns)
    ));
    if stats.num_major > 0 {
        state.say(&format!(
            "the last major: {} before, {} after, {} marked; the longest of the last pauses {}",
            bytes(stats.last_before),
            bytes(stats.last_after),
            bytes(stats.last_marked),
            time(stats.pauses.iter().map(|(_, pause)| *pause).max().unwrap_or(0)),
        ));
    }
    let next =
        if stats.next_gc == u64::MAX { "never".into() } else { format!("at {}", bytes(stats.next_gc)) };
    state.tell(&format!(
        "{} allocated, {} freed; the next major one {next}",
        counted(stats.mallocs, "object"),
        stats.frees,
    ))
}
