//! The tables of natives and the sources fit together.

use std::collections::BTreeSet;

use crate::PACKAGES;

/// The name of a function that is declared without a body: `Name` or `Type.Name`.
fn native_name(line: &str) -> Option<String> {
    let rest = line.strip_prefix("func ")?;
    if line.ends_with('{') || line.ends_with('}') {
        return None;
    }
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    if let Some(method) = rest.strip_prefix('(') {
        let (receiver, name) = method.split_once(')')?;
        let ty = receiver.rsplit([' ', '*']).next()?;
        return Some(format!("{}.{}", word(ty), word(name.trim_start())));
    }
    Some(word(rest))
}

#[test]
fn each_function_without_body_has_a_native_and_no_native_is_left_over() {
    for package in PACKAGES {
        let declared: BTreeSet<String> =
            package.files.iter().flat_map(|(_, text)| text.lines()).filter_map(native_name).collect();
        let native: BTreeSet<String> = package.natives.iter().map(|n| n.name.to_owned()).collect();
        assert_eq!(declared, native, "package {}", package.path);
    }
}

#[test]
fn packages_are_sorted_and_their_clauses_fit() {
    assert!(PACKAGES.is_sorted_by_key(|package| package.path));
    for package in PACKAGES {
        let version = |part: &&str| !(part.len() == 2 && part.starts_with('v'));
        let name = package.path.rsplit('/').find(version).expect("a path has a last element");
        for (file, text) in package.files {
            let clause = format!("package {name}");
            assert!(text.lines().any(|line| line == clause), "{}/{file}", package.path);
        }
    }
}

/// The package for real Go has the same declarations; what is native here has a body there.
#[test]
fn the_stub_of_package_inspect_is_as_the_package() {
    let stub = include_str!("../../../examples/runtime/generations/golite/inspect/inspect.go");
    let own = crate::golite_inspect::PACKAGE.files.iter().map(|(_, text)| *text).collect::<String>();
    let code = |text: &str| {
        let (_, code) = text.split_once("\npackage inspect\n").expect("the package clause");
        let line = |line: &str| match line.strip_prefix("func ") {
            Some(_) if line.ends_with('}') => line.split_once(" {").expect("a body").0.to_string(),
            _ => line.to_string(),
        };
        code.lines().map(line).collect::<Vec<_>>()
    };
    assert_eq!(code(stub), code(&own));
}
