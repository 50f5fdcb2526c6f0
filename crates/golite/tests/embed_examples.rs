//! The examples of embedding do what they say.

#[path = "../examples/host_package.rs"]
mod host_package;
#[path = "../examples/rules.rs"]
mod rules;
#[path = "../examples/sandbox.rs"]
mod sandbox;

#[test]
fn rules_are_applied() {
    assert_eq!(rules::run().expect("it runs"), rules::TOLD);
}

#[test]
fn a_package_of_rust_functions_is_used() {
    assert_eq!(host_package::run().expect("it runs"), host_package::TOLD);
}

#[test]
fn programs_of_strangers_are_held() {
    assert_eq!(sandbox::run().expect("it runs"), sandbox::TOLD);
}
