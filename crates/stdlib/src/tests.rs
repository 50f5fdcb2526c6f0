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
