//! Damaged, foreign and forged files are refused with an error that says what is wrong.

use std::fs;

use hydra_image::{FORMAT_VERSION, GuestId, Image, ImageError, PAGE_BYTES, parse};

use crate::{
    examine::{Verdict, examine},
    fixture::{Fixture, GLOBALS, Numbers, base_memory, guest, snapshot},
};

/// Where the tables begin: prefix, globals and meta of [`snapshot`].
const RUNS_AT: usize = 108 + GLOBALS.len() * 9 + b"meta".len();

struct Files {
    base: Vec<u8>,
    /// Three patches, no run.
    small: Vec<u8>,
    /// Two runs, of pages 0..16 and 32..48, and patches of pages 20 and 22.
    runs: Vec<u8>,
}

fn files() -> Files {
    let fixture = Fixture::new();
    let base_memory = base_memory(4);
    let base = fixture.store.publish_base(&snapshot(&base_memory)).unwrap();
    let function = |pages: &[usize]| {
        let mut memory = base_memory.clone();
        pages
            .iter()
            .for_each(|page| memory[page * PAGE_BYTES + 100] ^= 1);
        let image = fixture
            .store
            .publish_function(&snapshot(&memory), &base, &base_memory)
            .unwrap();
        fs::read(fixture.path("function", image.id())).unwrap()
    };
    let runs: Vec<usize> = (0..16).chain([20, 22]).chain(32..48).collect();
    let one_page = fixture
        .store
        .publish_base(&snapshot(&base_memory[..16 * PAGE_BYTES]))
        .unwrap();
    Files {
        base: fs::read(fixture.path("base", one_page.id())).unwrap(),
        small: function(&[1, 5, 9]),
        runs: function(&runs),
    }
}

#[test]
fn every_flipped_byte_is_noticed() {
    let check = |file: &[u8], step: usize| {
        assert_eq!(examine(file), Verdict::Accepted);
        let mut damaged = file.to_vec();
        for at in (0..RUNS_AT.min(file.len())).chain((RUNS_AT..file.len()).step_by(step)) {
            for flip in [0x01, 0x80, 0xff] {
                damaged[at] ^= flip;
                assert!(parse::image(&damaged).is_err(), "byte {at} ^ {flip}");
                damaged[at] ^= flip;
            }
        }
    };
    let files = files();
    check(&files.small, 1);
    check(&files.base, 61);
    check(&files.runs, 127);
}

#[test]
fn every_truncation_and_every_addition_is_noticed() {
    let check = |file: &[u8], step: usize| {
        for length in (0..file.len()).step_by(step) {
            let error = parse::image(&file[..length]).unwrap_err();
            assert!(
                matches!(error, ImageError::Truncated { .. }),
                "{length}: {error}"
            );
        }
        let longer = [file, &[0]].concat();
        let error = parse::image(&longer).unwrap_err().to_string();
        assert!(error.contains("corrupt tail"), "{error}");
    };
    let files = files();
    check(&files.small, 1);
    check(&files.base, 61);
    check(&files.runs, 127);
}

#[test]
fn the_store_opens_no_damaged_file_and_repairs_it_on_publication() {
    let fixture = Fixture::new();
    let base_memory = base_memory(2);
    let base = fixture.store.publish_base(&snapshot(&base_memory)).unwrap();
    let mut memory = base_memory.clone();
    memory[5] = 9;
    let publish = || {
        fixture
            .store
            .publish_function(&snapshot(&memory), &base, &base_memory)
    };
    let id = publish().unwrap().id();
    let path = fixture.path("function", id);
    let whole = fs::read(&path).unwrap();
    let put = |content: &[u8]| {
        fs::remove_file(&path).unwrap();
        fs::write(&path, content).unwrap();
    };
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        put(&damaged);
        let error = fixture.store.open_function(id, guest(), &base).unwrap_err();
        let ImageError::InFile { path: named, .. } = &error else {
            panic!("byte {at}: {error}");
        };
        assert_eq!(named, &path);
    }
    for length in 0..whole.len() {
        put(&whole[..length]);
        assert!(fixture.store.open_function(id, guest(), &base).is_err());
    }
    assert_eq!(publish().unwrap().id(), id);
    assert_eq!(fs::read(&path).unwrap(), whole);
}

#[test]
fn lines_that_change_after_the_image_was_opened_are_noticed() {
    let fixture = Fixture::new();
    let base_memory = base_memory(2);
    let base = fixture.store.publish_base(&snapshot(&base_memory)).unwrap();
    let mut memory = base_memory.clone();
    memory[5] = 9;
    let image = fixture
        .store
        .publish_function(&snapshot(&memory), &base, &base_memory)
        .unwrap();
    let path = fixture.path("function", image.id());
    let mut content = fs::read(&path).unwrap();
    *content.last_mut().unwrap() ^= 1;
    // In place, as a failing disk would.
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&path, content).unwrap();
    let error = image.patched_pages(&base_memory).unwrap_err();
    assert!(
        matches!(error.fault(), ImageError::Corrupt { .. }),
        "{error}"
    );
}

#[test]
fn a_newer_format_is_told_apart_from_damage() {
    let mut file = files().small;
    file[8..12].copy_from_slice(&(FORMAT_VERSION + 1).to_le_bytes());
    let error = parse::image(&file).unwrap_err();
    assert!(matches!(
        error,
        ImageError::NewerFormat { found, known } if found == FORMAT_VERSION + 1 && known == FORMAT_VERSION
    ));
    assert!(matches!(
        parse::image(b"\x7fELF...."),
        Err(ImageError::NotAnImage)
    ));
    assert!(matches!(
        parse::image(b""),
        Err(ImageError::Truncated { .. })
    ));
}

#[test]
fn images_of_another_guest_base_kind_or_name_are_refused() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let memory = base_memory(2);
    let base = store.publish_base(&snapshot(&memory)).unwrap();
    let other = store.publish_base(&snapshot(&base_memory(1))).unwrap();
    let image = store
        .publish_function(&snapshot(&memory), &base, &memory)
        .unwrap();
    let stranger = GuestId::of(b"stranger");

    let foreign = store.open_base(base.id(), stranger);
    assert!(matches!(foreign, Err(ImageError::ForeignGuest { .. })));
    let foreign = store.open_function(image.id(), stranger, &base);
    assert!(matches!(foreign, Err(ImageError::ForeignGuest { .. })));
    let wrong = store.open_function(image.id(), guest(), &other);
    assert!(matches!(wrong, Err(ImageError::WrongBase { .. })));
    let missing = store.open_base(image.id(), guest());
    assert!(matches!(missing, Err(ImageError::Missing { .. })));

    let path = fixture.path("base", image.id());
    fs::copy(fixture.path("function", image.id()), &path).unwrap();
    let error = store
        .open_base(image.id(), guest())
        .unwrap_err()
        .to_string();
    assert!(error.contains("not a base image"), "{error}");
    fs::remove_file(&path).unwrap();
    fs::copy(fixture.path("base", base.id()), &path).unwrap();
    let error = store
        .open_base(image.id(), guest())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("another image than its file name says"),
        "{error}"
    );
}

#[test]
fn links_and_pipes_are_not_followed_or_waited_for() {
    let fixture = Fixture::new();
    let memory = base_memory(1);
    let base = fixture.store.publish_base(&snapshot(&memory)).unwrap();
    let link = fixture.dir.path().join("link");
    std::os::unix::fs::symlink(fixture.path("base", base.id()), &link).unwrap();
    assert!(matches!(Image::open(&link), Err(ImageError::Io { .. })));
    let pipe = fixture.dir.path().join("pipe");
    let made = std::process::Command::new("mkfifo")
        .arg(&pipe)
        .status()
        .unwrap();
    assert!(made.success());
    assert!(matches!(Image::open(&pipe), Err(ImageError::Io { .. })));
}

/// Forges a file that has the right checksum, and checks which rule refuses it.
#[test]
fn forged_tables_break_a_rule_even_with_the_right_checksum() {
    let files = files();
    let check = |file: &[u8], edits: &[(usize, &[u8])], expected: &str| {
        let mut forged = file.to_vec();
        for (at, bytes) in edits {
            forged[*at..at + bytes.len()].copy_from_slice(bytes);
        }
        parse::reseal(&mut forged);
        let error = parse::image(&forged).unwrap_err().to_string();
        assert!(error.contains(expected), "{edits:?}: {error}");
    };
    let page = |n: u32| n.to_le_bytes();
    let (small, runs) = (&files.small, &files.runs);
    let patches_at = RUNS_AT + 2 * 8;

    check(
        small,
        &[(12, &page(3))],
        "neither a base nor a function image",
    );
    check(small, &[(12, &page(1))], "field of the other kind");
    check(&files.base, &[(48, &[1])], "field of the other kind");
    check(small, &[(80, &1u64.to_le_bytes())], "no multiple of 64 KiB");
    check(
        small,
        &[(80, &(8u64 << 30).to_le_bytes())],
        "memory bytes: 8589934592 exceeds",
    );
    check(
        &files.base,
        &[(88, &page(17))],
        "data pages: 17 exceeds the limit of 16",
    );
    check(small, &[(92, &page(1025))], "globals: 1025 exceeds");
    check(small, &[(96, &page(65537))], "meta bytes: 65537 exceeds");
    check(small, &[(100, &page(5))], "runs: 5 exceeds the limit of 4");
    check(
        small,
        &[(104, &page(65))],
        "patched pages: 65 exceeds the limit of 64",
    );
    check(
        small,
        &[(104, &page(u32::MAX))],
        "patched pages: 4294967295 exceeds",
    );
    check(small, &[(108, &[9])], "no known type");
    check(small, &[(108 + 5, &[1])], "too wide a value");

    check(
        runs,
        &[(RUNS_AT, &page(64))],
        "a run is empty or beyond the memory",
    );
    check(
        runs,
        &[(RUNS_AT, &page(u32::MAX))],
        "a run is empty or beyond the memory",
    );
    check(
        runs,
        &[(RUNS_AT + 4, &page(0))],
        "a run is empty or beyond the memory",
    );
    check(
        runs,
        &[(RUNS_AT, &page(40))],
        "runs overlap or are out of order",
    );
    check(
        runs,
        &[(RUNS_AT + 8, &page(15))],
        "runs overlap or are out of order",
    );
    check(runs, &[(patches_at, &page(3))], "both in a run and patched");
    check(
        runs,
        &[(patches_at + 12, &page(47))],
        "both in a run and patched",
    );
    check(runs, &[(patches_at, &page(22))], "patches are out of order");
    check(runs, &[(patches_at, &page(23))], "patches are out of order");
    check(
        runs,
        &[(patches_at, &page(64))],
        "a patch is empty or beyond the memory",
    );
    check(
        runs,
        &[(patches_at + 4, &[0; 8])],
        "a patch is empty or beyond the memory",
    );
    check(small, &[(RUNS_AT + 4, &[0xff; 8])], "truncated");
    // Not the tables but the ranges behind them: the seal covers their checksums, and those them.
    check(
        runs,
        &[(runs.len() - 1, &[7])],
        "corrupt run 1: checksum differs",
    );
}

#[test]
fn twenty_thousand_mutations_never_panic_the_parser() {
    let files = files();
    let seeds = [&files.base, &files.small, &files.small, &files.runs];
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut refused = 0;
    for _ in 0..20_000 {
        let mut file = seeds[numbers.below(seeds.len())].clone();
        for _ in 0..=numbers.below(4) {
            mutate(&mut file, &mut numbers);
        }
        match examine(&file) {
            Verdict::Refused => refused += 1,
            Verdict::Accepted => assert!(seeds.contains(&&file), "a mutation was accepted"),
        }
    }
    assert!(
        refused > 19_000,
        "only {refused} were refused: the mutations mutate nothing"
    );
}

fn mutate(file: &mut Vec<u8>, numbers: &mut Numbers) {
    let values = [
        0,
        1,
        0x7f,
        0xff,
        0x100,
        0xffff,
        0x10_0000,
        0x7fff_ffff,
        u32::MAX,
    ];
    // Most bytes are page content; what is interesting is in the first few hundred.
    let head = file.len().min(512);
    match numbers.below(6) {
        0 => {
            let at = numbers.below(file.len());
            file.truncate(at);
        }
        1 => file.extend((0..numbers.below(100)).map(|_| 0xaa)),
        2 if !file.is_empty() => {
            let at = numbers.below(file.len());
            file[at] = file[at].wrapping_add(1);
        }
        _ if head >= 8 => {
            let at = numbers.below(head - 4);
            let value = values[numbers.below(values.len())];
            file[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        _ => file.push(1),
    }
}
