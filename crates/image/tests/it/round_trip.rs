//! Whatever changed in a memory, base and function image together give it back, and nothing more is stored.

use hydra_image::{ImageError, MAX_RUNS, MIN_RUN_PAGES, PAGE_BYTES};
use proptest::prelude::*;

use crate::fixture::{Fixture, GLOBALS, UNIT, base_memory, guest, restore, snapshot};

#[derive(Clone, Debug)]
enum Edit {
    Byte {
        at: usize,
        value: u8,
    },
    Pages {
        first: usize,
        count: usize,
        value: u8,
    },
    SparsePages {
        first: usize,
        count: usize,
        value: u8,
    },
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let edit = prop_oneof![
        4 => (any::<usize>(), any::<u8>()).prop_map(|(at, value)| Edit::Byte { at, value }),
        2 => (any::<usize>(), 1..40usize, any::<u8>())
            .prop_map(|(first, count, value)| Edit::Pages { first, count, value }),
        1 => (any::<usize>(), 1..40usize, Just(0u8))
            .prop_map(|(first, count, value)| Edit::Pages { first, count, value }),
        1 => (any::<usize>(), 1..40usize, any::<u8>())
            .prop_map(|(first, count, value)| Edit::SparsePages { first, count, value }),
    ];
    prop::collection::vec(edit, 0..24)
}

fn apply(edit: &Edit, memory: &mut [u8]) {
    let pages = memory.len() / PAGE_BYTES;
    if pages == 0 {
        return;
    }
    match *edit {
        Edit::Byte { at, value } => memory[at % (pages * PAGE_BYTES)] = value,
        Edit::Pages {
            first,
            count,
            value,
        } => {
            let first = first % pages;
            let end = (first + count).min(pages);
            memory[first * PAGE_BYTES..end * PAGE_BYTES].fill(value);
        }
        Edit::SparsePages {
            first,
            count,
            value,
        } => {
            let first = first % pages;
            for page in first..(first + count).min(pages) {
                memory[page * PAGE_BYTES + page % PAGE_BYTES] ^= value;
            }
        }
    }
}

fn changed_pages(memory: &[u8], base: &[u8]) -> Vec<u32> {
    let mut grown = base.to_vec();
    grown.resize(memory.len(), 0);
    (0u32..)
        .zip(memory.chunks(PAGE_BYTES).zip(grown.chunks(PAGE_BYTES)))
        .filter(|(_, (new, old))| new != old)
        .map(|(page, _)| page)
        .collect()
}

/// Publishes `memory` over `base_memory`, opens it again, and checks that restoring gives `memory` back and that
/// exactly the changed pages are stored. Returns the number of runs.
fn check(base_memory: &[u8], memory: &[u8]) -> usize {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let base = store.publish_base(&snapshot(base_memory)).unwrap();
    let data = base.read_data().unwrap();
    let published = store
        .publish_function(&snapshot(memory), &base, &data)
        .unwrap();
    assert!(restore(&base, &published) == memory);
    let id = published.id();
    drop(published);
    let image = store.open_function(id, guest(), &base).unwrap();
    assert!(restore(&base, &image) == memory);
    assert_eq!(image.globals(), &GLOBALS);
    assert_eq!(image.meta(), b"meta");

    let mut stored: Vec<u32> = image.patches().iter().map(|patch| patch.page).collect();
    for run in image.runs() {
        assert!(run.pages >= MIN_RUN_PAGES);
        stored.extend(run.page..run.page + run.pages);
    }
    stored.sort_unstable();
    assert_eq!(stored, changed_pages(memory, base_memory));
    assert!(image.runs().len() <= MAX_RUNS);
    assert_eq!(store.bytes_used().0, base.file_bytes() + image.file_bytes());
    image.runs().len()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn base_and_delta_together_are_the_memory(units in 0..4usize, growth in 0..40usize, edits in edits()) {
        let base_memory = base_memory(units);
        let mut memory = base_memory.clone();
        memory.resize((units + growth) * UNIT, 0);
        edits.iter().for_each(|edit| apply(edit, &mut memory));
        check(&base_memory, &memory);
    }
}

#[test]
fn more_runs_than_an_image_holds_lose_nothing() {
    let base_memory = base_memory(16);
    let mut memory = base_memory.clone();
    for (index, first) in (0..256).step_by(32).enumerate() {
        let pages = 16 + index % 3;
        memory[first * PAGE_BYTES..][..pages * PAGE_BYTES].fill(0xee);
    }
    assert_eq!(check(&base_memory, &memory), MAX_RUNS);
}

#[test]
fn a_base_image_ends_at_its_last_page_that_is_not_zero() {
    let check = |last_byte: Option<usize>, expected_bytes: u64| {
        let fixture = Fixture::new();
        let mut memory = vec![0; 40 * UNIT];
        if let Some(at) = last_byte {
            memory[at] = 1;
        }
        let base = fixture.store.publish_base(&snapshot(&memory)).unwrap();
        assert_eq!(base.data_bytes(), expected_bytes);
        assert_eq!(base.memory_bytes(), memory.len() as u64);
        assert!(expected_bytes == 0 || base.data_offset().is_multiple_of(4096));
        let mut read = base.read_data().unwrap();
        read.resize(memory.len(), 0);
        assert!(read == memory);
        let again = fixture.store.open_base(base.id(), guest()).unwrap();
        assert_eq!(
            (again.globals(), again.meta()),
            (base.globals(), base.meta())
        );
    };
    check(None, 0);
    check(Some(0), 4096);
    check(Some(4095), 4096);
    check(Some(4096), 8192);
    // More than one checksummed range of 1 MiB.
    check(Some(2 * (1 << 20) + 5), (2 << 20) + 4096);
    check(Some(40 * UNIT - 1), (40 * UNIT) as u64);
}

#[test]
fn a_small_function_takes_far_less_than_64_kib() {
    let fixture = Fixture::new();
    let base_memory = base_memory(32);
    let base = fixture.store.publish_base(&snapshot(&base_memory)).unwrap();
    let mut memory = base_memory.clone();
    for page in 0..35 {
        for line in [1, 20, 21, 63] {
            memory[page * 2 * PAGE_BYTES + line * 64 + 3] ^= 0xff;
        }
    }
    let image = fixture
        .store
        .publish_function(&snapshot(&memory), &base, &base_memory)
        .unwrap();
    assert_eq!(image.patches().len(), 35);
    assert!(
        image.file_bytes() < 12 << 10,
        "{} bytes",
        image.file_bytes()
    );
}

#[test]
fn equal_content_has_an_equal_id_and_any_difference_another() {
    let fixture = Fixture::new();
    let memory = base_memory(2);
    let id = |snapshot| fixture.store.publish_base(&snapshot).unwrap().id();
    let first = id(snapshot(&memory));
    let copy = memory.clone();
    assert_eq!(id(snapshot(&copy)), first);
    let mut other = snapshot(&memory);
    other.meta = b"meto";
    assert_ne!(id(other), first);
    other = snapshot(&memory);
    other.globals = &GLOBALS[1..];
    assert_ne!(id(other), first);
    other = snapshot(&memory);
    other.guest = hydra_image::GuestId::of(b"b");
    assert_ne!(id(other), first);
    let grown = [memory.clone(), vec![0; UNIT]].concat();
    assert_ne!(id(snapshot(&grown)), first);
}

#[test]
fn snapshots_that_the_format_cannot_hold_are_refused() {
    let fixture = Fixture::new();
    let memory = base_memory(2);
    let base = fixture.store.publish_base(&snapshot(&memory)).unwrap();
    let publish = |snapshot| fixture.store.publish_function(&snapshot, &base, &memory);
    let check = |snapshot, expected: &str| {
        let error = publish(snapshot).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check(snapshot(&memory[..UNIT]), "smaller than the base's");
    let ragged = [memory.as_slice(), &[0]].concat();
    check(snapshot(&ragged), "multiple of 64 KiB");
    let meta = vec![0; (64 << 10) + 1];
    let mut large = snapshot(&memory);
    large.meta = &meta;
    check(large, "meta bytes: 65537 exceeds the limit of 65536");
    let globals = vec![GLOBALS[0]; 1025];
    let mut many = snapshot(&memory);
    many.globals = &globals;
    check(many, "globals: 1025 exceeds the limit of 1024");
    let mut foreign = snapshot(&memory);
    foreign.guest = hydra_image::GuestId::of(b"b");
    assert!(matches!(
        publish(foreign),
        Err(ImageError::ForeignGuest { .. })
    ));
    let short = fixture
        .store
        .publish_function(&snapshot(&memory), &base, &memory[..4096]);
    assert!(matches!(short, Err(ImageError::BadSnapshot { .. })));
}
