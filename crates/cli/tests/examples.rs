//! Every program of `examples/` does what it says.

fn main() -> std::process::ExitCode {
    golite_testkit::harness::examples(env!("CARGO_BIN_EXE_golite"))
}
