//! The picture in the README shows what happens.

use std::path::Path;

use golite_testkit::look;

#[test]
fn the_picture_is_what_golite_prints() {
    let drawn = look::draw(Path::new(env!("CARGO_BIN_EXE_golite"))).expect("golite can be drawn");
    let committed = std::fs::read_to_string(look::path()).expect("docs/look.svg can be read");
    assert!(drawn == committed, "docs/look.svg is stale: `cargo xtask look` draws it again\n{drawn}");
}
