//! A slot shows its image, keeps writes to itself, and gives memory back.

use std::{fs::File, io::Write, ops::Range};

use hydra_sys::{
    PAGE_BYTES,
    pagemap::{Method, private_pages_by},
    slot::Slot,
};

fn image(pages: usize) -> File {
    let mut file = tempfile::tempfile().unwrap();
    for page in 0..pages {
        file.write_all(&[u8::try_from(page % 251).unwrap() + 1; PAGE_BYTES])
            .unwrap();
    }
    file
}

fn slot(pages: usize, open_pages: usize) -> (Slot, File) {
    let file = image(pages);
    let mut slot = Slot::reserve().unwrap();
    slot.map_image(&file, 0, pages * PAGE_BYTES, open_pages * PAGE_BYTES)
        .unwrap();
    (slot, file)
}

fn private(slot: &Slot, method: Method) -> Vec<Range<u32>> {
    let mut found = Vec::new();
    private_pages_by(method, slot.as_ptr(), slot.open_bytes(), |run| {
        found.push(run)
    })
    .unwrap();
    found
}

#[test]
fn a_slot_shows_its_image_and_zeroes_behind_it() {
    let (slot, _file) = slot(3, 5);
    assert_eq!(slot.bytes()[2 * PAGE_BYTES], 3);
    assert_eq!(slot.bytes()[3 * PAGE_BYTES..], [0; 2 * PAGE_BYTES]);
}

#[test]
fn written_pages_are_private_by_either_method_and_read_ones_are_not() {
    let (mut slot, _file) = slot(8, 16);
    let sum: u64 = slot.bytes().iter().map(|&b| u64::from(b)).sum();
    assert!(sum > 0);
    for page in [1, 2, 5, 12] {
        slot.bytes_mut()[page * PAGE_BYTES + 7] = 99;
    }
    assert_eq!(private(&slot, Method::Scan), [1..3, 5..6, 12..13]);
    // All anonymous pages were read above, which the older interface cannot tell from written.
    assert_eq!(private(&slot, Method::Read), [1..3, 5..6, 8..16]);
}

#[test]
fn more_runs_than_one_scan_holds_are_all_found() {
    let (mut slot, _file) = slot(400, 400);
    for page in (0..400).step_by(2) {
        slot.bytes_mut()[page * PAGE_BYTES] = 0;
    }
    for method in [Method::Scan, Method::Read] {
        assert_eq!(private(&slot, method).len(), 200, "{method:?}");
    }
}

#[test]
fn forgetting_shows_the_image_again() {
    let (mut slot, _file) = slot(4, 6);
    slot.bytes_mut().fill(77);
    slot.forget(0..6 * PAGE_BYTES).unwrap();
    assert_eq!(private(&slot, Method::Read), []);
    assert_eq!(slot.bytes()[PAGE_BYTES], 2);
    assert_eq!(slot.bytes()[5 * PAGE_BYTES], 0);
}

#[test]
fn shrinking_and_growing_again_gives_zeroes() {
    let (mut slot, _file) = slot(1, 8);
    slot.bytes_mut()[7 * PAGE_BYTES] = 1;
    slot.resize(2 * PAGE_BYTES).unwrap();
    assert_eq!(slot.bytes().len(), 2 * PAGE_BYTES);
    slot.resize(8 * PAGE_BYTES).unwrap();
    assert_eq!(slot.bytes()[7 * PAGE_BYTES], 0);
    assert!(slot.resize(0).is_err(), "image mappings are not cut");
}

#[test]
fn an_overlay_replaces_part_of_the_image_and_a_new_image_replaces_all() {
    let (mut slot, file) = slot(4, 4);
    slot.overlay(&file, 3 * PAGE_BYTES as u64, PAGE_BYTES..2 * PAGE_BYTES)
        .unwrap();
    assert_eq!(slot.bytes()[PAGE_BYTES], 4);
    slot.map_image(&file, 2 * PAGE_BYTES as u64, PAGE_BYTES, 2 * PAGE_BYTES)
        .unwrap();
    assert_eq!(slot.bytes()[0], 3);
    assert_eq!(slot.bytes()[PAGE_BYTES], 0);
}
