//! Any lines are checked as the inputs of one session: the type of each is asked for, none is run.

#![no_main]

use golite::session::{Session, is_incomplete, parts};
use golite::{Permissions, RunConfig, StdHost};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    is_incomplete(text);
    let mut end = 0;
    for (range, _) in parts(text) {
        assert!(end <= range.start && text.get(range.clone()).is_some());
        end = range.end;
    }
    let host = Box::new(StdHost::new(Vec::new(), Permissions::default()));
    let mut session = Session::new(RunConfig::default(), host).expect("a session starts");
    for line in text.lines() {
        let _ = session.type_of(line);
        session.complete(line);
    }
});
