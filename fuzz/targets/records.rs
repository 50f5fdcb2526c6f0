//! Any bytes are read as a profile and as a trace; what can be read can be shown.

#![no_main]

use golite_tools::profile::{self, View};
use golite_tools::trace;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = profile::show(bytes, View { sample: None, functions: 10, least_percent: 1.0 });
    let _ = trace::summary(bytes, 10);
    let _ = trace::json(bytes);
});
