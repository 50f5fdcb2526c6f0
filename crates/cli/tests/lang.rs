//! Every program of `lang-tests/` does what it says. The notation is described in `golite_testkit`.

fn main() -> std::process::ExitCode {
    golite_testkit::harness::lang_tests(env!("CARGO_BIN_EXE_golite"))
}
