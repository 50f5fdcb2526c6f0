//! Generates the parser from the grammar.

fn main() {
    println!("cargo::rerun-if-changed=src/go.lalrpop");
    lalrpop::Configuration::new()
        .emit_rerun_directives(false)
        .use_cargo_dir_conventions()
        .process()
        .expect("the grammar is free of conflicts");
}
