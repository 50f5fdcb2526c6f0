//! Every block of code in `docs/` and `README.md` shows what happens.

fn main() -> std::process::ExitCode {
    golite_testkit::harness::book(env!("CARGO_BIN_EXE_golite"))
}
