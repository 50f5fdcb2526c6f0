//! `:trace` and `:profile`: records that are switched on, off, and written to files.

use crate::After;
use crate::engine::State;

/// Functions of a profile, and entries of a trace's summary, that are told.
const TOLD: usize = 10;

/// What was recorded last, until it is written or recorded anew.
#[derive(Default, Debug)]
pub(crate) struct Records {
    trace: Option<Vec<u8>>,
    profile: Option<Vec<u8>>,
}

/// What follows the command.
enum Wish<'t> {
    On,
    Off,
    Save(&'t str),
}

fn wish(text: &str) -> Option<Wish<'_>> {
    match text.split_once(char::is_whitespace) {
        Some(("save", path)) => Some(Wish::Save(path.trim())),
        _ => match text {
            "on" => Some(Wish::On),
            "off" => Some(Wish::Off),
            _ => None,
        },
    }
}

/// `:trace on|off|save FILE`
pub(crate) fn trace(state: &mut State, text: &str) -> After {
    match wish(text) {
        None => state.complain(":trace needs on, off or save FILE"),
        Some(Wish::On) => match state.session.trace_on() {
            true => state.tell("what goroutines do is recorded until :trace off"),
            false => state.complain("a trace is being made already"),
        },
        Some(Wish::Off) => {
            let Some(bytes) = state.session.trace_off() else {
                return state.complain("no trace is being made; :trace on begins one");
            };
            let text = golite_tools::trace::summary(&bytes, TOLD);
            state.records.trace = Some(bytes);
            match text {
                Ok(text) => state.tell(text.trim_end()),
                Err(error) => state.complain(&error),
            }
        }
        Some(Wish::Save(path)) => {
            if let Some(bytes) = state.session.trace_off() {
                state.records.trace = Some(bytes);
            }
            let Some(bytes) = &state.records.trace else {
                return state.complain("there is no trace; :trace on begins one");
            };
            let written = match path.ends_with(".json") {
                true => golite_tools::trace::json(bytes).and_then(|text| write(path, text.as_bytes())),
                false => write(path, bytes),
            };
            match written {
                Ok(()) if path.ends_with(".json") => {
                    state.tell(&format!("the trace is in {path}, for Perfetto"))
                }
                Ok(()) => state.tell(&format!("the trace is in {path}; golite trace shows it")),
                Err(message) => state.complain(&message),
            }
        }
    }
}

/// `:profile on|off|save FILE`
pub(crate) fn profile(state: &mut State, text: &str) -> After {
    match wish(text) {
        None => state.complain(":profile needs on, off or save FILE"),
        Some(Wish::On) => match state.session.profile_on() {
            true => state.tell("where the time goes is recorded until :profile off"),
            false => state.complain("a profile is being made already"),
        },
        Some(Wish::Off) => {
            let Some(bytes) = state.session.profile_off() else {
                return state.complain("no profile is being made; :profile on begins one");
            };
            let view = golite_tools::profile::View { sample: None, functions: TOLD, least_percent: 1.0 };
            let text = golite_tools::profile::show(&bytes, view);
            state.records.profile = Some(bytes);
            match text {
                Ok(text) => state.tell(text.trim_end()),
                Err(error) => state.complain(&error),
            }
        }
        Some(Wish::Save(path)) => {
            if let Some(bytes) = state.session.profile_off() {
                state.records.profile = Some(bytes);
            }
            let Some(bytes) = &state.records.profile else {
                return state.complain("there is no profile; :profile on begins one");
            };
            match write(path, bytes) {
                Ok(()) => state.tell(&format!("the profile is in {path}; golite pprof shows it")),
                Err(message) => state.complain(&message),
            }
        }
    }
}

fn write(path: &str, bytes: &[u8]) -> Result<(), String> {
    std::fs::write(path, bytes).map_err(|error| format!("{path}: {}", golite::load::io_text(&error)))
}
