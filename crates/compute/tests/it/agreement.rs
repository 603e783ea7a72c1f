//! The numbers of the operations are the same on both sides.

use std::collections::BTreeMap;

use hydra_compute::ops;

fn numbers<'a>(names: impl Iterator<Item = (&'a str, &'a str)>) -> BTreeMap<&'a str, i32> {
    names
        .map(|(name, number)| (name.trim(), number.trim().parse().unwrap()))
        .collect()
}

#[test]
fn the_library_of_the_guest_has_the_same_numbers() {
    let rust = include_str!("../../src/ops.rs");
    let rust = rust.lines().filter_map(|line| {
        line.strip_prefix("pub const ")?
            .trim_end_matches(';')
            .split_once(": i32 = ")
    });
    let guest = include_str!("../../../../guests/javascript/library/compute/ops.js");
    let (_, table) = guest.split_once("export const OPS = {").unwrap();
    let (table, _) = table.split_once('}').unwrap();
    let table = table.split(',').filter_map(|entry| entry.split_once(':'));
    let (rust, guest) = (
        numbers(rust.filter(|(name, _)| *name != "RANGE")),
        numbers(table),
    );
    assert!(rust.len() > 30);
    assert_eq!(rust, guest);
    assert!(rust.values().all(|number| ops::RANGE.contains(number)));
}
