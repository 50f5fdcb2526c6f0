//! Chooses the dispatch backend: tail calls need optimisation without debug assertions, see
//! `src/dispatch/mod.rs`.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(golite_tail_calls)");
    println!("cargo::rerun-if-changed=build.rs");
    let var = |name| std::env::var(name).unwrap_or_default();
    let optimised = matches!(var("OPT_LEVEL").as_str(), "2" | "3" | "s" | "z");
    let checked = std::env::var_os("CARGO_CFG_DEBUG_ASSERTIONS").is_some();
    if optimised && !checked && var("CARGO_CFG_TARGET_ARCH") == "x86_64" {
        println!("cargo::rustc-cfg=golite_tail_calls");
    }
}
