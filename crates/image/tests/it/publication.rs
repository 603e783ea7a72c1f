//! The store: publication, reuse, capacity, retirement, keys, and several users of one directory.

use std::{fs, sync::Arc, thread};

use hydra_image::{FunctionImage, ImageError, ImageId, ImageStore, StoreLimits};
use hydra_types::Bytes;

use crate::fixture::{Fixture, base_memory, guest, restore, snapshot};

fn function(store: &ImageStore, mark: u8) -> Arc<FunctionImage> {
    let memory = base_memory(1);
    let base = store.publish_base(&snapshot(&memory)).unwrap();
    let mut changed = memory.clone();
    changed[100] = mark;
    store
        .publish_function(&snapshot(&changed), &base, &memory)
        .unwrap()
}

fn open(store: &ImageStore, id: ImageId) -> Result<Arc<FunctionImage>, ImageError> {
    let base = store.publish_base(&snapshot(&base_memory(1))).unwrap();
    store.open_function(id, guest(), &base)
}

#[test]
fn equal_content_is_stored_once_and_shares_its_handle() {
    let fixture = Fixture::new();
    let first = function(&fixture.store, 1);
    let used = fixture.store.bytes_used();
    let second = function(&fixture.store, 1);
    assert!(Arc::ptr_eq(&first, &second));
    assert!(Arc::ptr_eq(
        &first,
        &open(&fixture.store, first.id()).unwrap()
    ));
    assert_eq!(fixture.store.bytes_used(), used);
    assert_eq!(fixture.store.function_images().unwrap(), [first.id()]);
}

#[test]
fn what_does_not_fit_is_refused_before_anything_is_written() {
    let memory = base_memory(1);
    let fixture = Fixture::with_capacity(Bytes::kib(100));
    let base = fixture.store.publish_base(&snapshot(&memory)).unwrap();
    let used = fixture.store.bytes_used();
    let large = vec![7; 64 << 10];
    let error = fixture
        .store
        .publish_function(&snapshot(&large), &base, &memory)
        .unwrap_err();
    let ImageError::Full {
        needed,
        used: counted,
        capacity,
    } = error
    else {
        panic!("{error}");
    };
    assert!(needed.0 > 64 << 10);
    assert_eq!((counted, capacity), (used, Bytes::kib(100)));
    assert_eq!(fixture.store.bytes_used(), used);
    assert_eq!(
        fs::read_dir(fixture.dir.path().join("draft"))
            .unwrap()
            .count(),
        0
    );
    // A smaller one still fits.
    assert!(
        fixture
            .store
            .publish_function(&snapshot(&memory), &base, &memory)
            .is_ok()
    );
}

#[test]
fn a_retired_image_goes_with_its_last_reader() {
    let fixture = Fixture::new();
    let (store, image) = (&fixture.store, function(&fixture.store, 1));
    let (id, path) = (image.id(), fixture.path("function", image.id()));
    let used_by_image = image.file_bytes();
    let reader = open(store, id).unwrap();
    let used = store.bytes_used().0;
    store.retire(id).unwrap();
    assert!(matches!(open(store, id), Err(ImageError::Missing { .. })));
    drop(image);
    assert!(path.exists());
    assert!(reader.patched_pages(&base_memory(1)).is_ok());
    drop(reader);
    assert!(!path.exists());
    assert_eq!(store.bytes_used().0, used - used_by_image);
    assert!(matches!(open(store, id), Err(ImageError::Missing { .. })));
}

#[test]
fn an_image_without_readers_is_deleted_at_once_and_twice_is_no_error() {
    let fixture = Fixture::new();
    let id = function(&fixture.store, 1).id();
    assert!(fixture.path("function", id).exists());
    fixture.store.retire(id).unwrap();
    assert!(!fixture.path("function", id).exists());
    fixture.store.retire(id).unwrap();
}

#[test]
fn publishing_again_takes_a_retirement_back() {
    let fixture = Fixture::new();
    let image = function(&fixture.store, 1);
    fixture.store.retire(image.id()).unwrap();
    let again = function(&fixture.store, 1);
    let id = image.id();
    drop((image, again));
    assert!(open(&fixture.store, id).is_ok());
}

#[test]
fn a_handle_outlives_its_store_and_still_deletes() {
    let fixture = Fixture::new();
    let store = fixture.another();
    let image = function(&store, 1);
    let path = fixture.path("function", image.id());
    store.retire(image.id()).unwrap();
    drop(store);
    assert!(path.exists());
    drop(image);
    assert!(!path.exists());
}

#[test]
fn another_process_may_retire_what_this_one_reads() {
    let fixture = Fixture::new();
    let (ours, theirs) = (&fixture.store, fixture.another());
    let image = function(ours, 1);
    let memory = base_memory(1);
    let base = ours.publish_base(&snapshot(&memory)).unwrap();
    theirs.retire(image.id()).unwrap();
    assert!(!fixture.path("function", image.id()).exists());
    assert_eq!(restore(&base, &image)[100], 1);
    assert_eq!(ours.bytes_used().0, base.file_bytes());
    // Publishing the content again brings the file back.
    let again = function(ours, 1);
    assert!(fixture.path("function", again.id()).exists());
    assert_eq!(ours.bytes_used().0, base.file_bytes() + image.file_bytes());
}

#[test]
fn users_of_one_directory_publish_and_retire_at_once_without_losing_count() {
    let fixture = Fixture::new();
    let stores = [
        fixture.store.clone(),
        fixture.store.clone(),
        fixture.another(),
        fixture.another(),
    ];
    thread::scope(|scope| {
        for store in &stores {
            scope.spawn(move || {
                for round in 0..60u8 {
                    // Few marks, so that threads meet on the same image.
                    let image = function(store, 1 + round % 5);
                    assert!(image.patched_pages(&base_memory(1)).is_ok());
                    if round % 3 == 0 {
                        store.retire(image.id()).unwrap();
                    }
                }
            });
        }
    });
    let on_disk: u64 = ["base", "function"]
        .iter()
        .flat_map(|folder| fs::read_dir(fixture.dir.path().join(folder)).unwrap())
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    assert_eq!(fixture.store.bytes_used().0, on_disk);
    for id in fixture.store.function_images().unwrap() {
        assert!(open(&fixture.another(), id).is_ok());
    }
}

#[test]
fn keys_survive_the_process_and_go_with_their_image() {
    let fixture = Fixture::new();
    let image = function(&fixture.store, 1);
    let (key, other) = ([1; 32], [2; 32]);
    fixture.store.remember(&key, image.id()).unwrap();
    assert_eq!(fixture.store.recall(&key), Some(image.id()));
    assert_eq!(fixture.store.recall(&other), None);
    assert_eq!(fixture.another().recall(&key), Some(image.id()));
    fixture.store.retire(image.id()).unwrap();
    assert_eq!(fixture.store.recall(&key), None);
    drop(image);
    assert_eq!(
        fs::read_dir(fixture.dir.path().join("key"))
            .unwrap()
            .count(),
        0
    );
}

#[test]
fn a_key_with_anything_wrong_is_absent() {
    let fixture = Fixture::new();
    let (image, elsewhere) = (function(&fixture.store, 1), function(&fixture.store, 2));
    let key = [0xab; 32];
    fixture.store.remember(&key, image.id()).unwrap();
    let path = fixture.dir.path().join("key").join("ab".repeat(32));
    let whole = fs::read(&path).unwrap();
    let check = |content: &[u8], expected: Option<ImageId>| {
        fs::remove_file(&path).unwrap();
        fs::write(&path, content).unwrap();
        assert_eq!(fixture.store.recall(&key), expected);
    };
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 4;
        check(&damaged, None);
        check(&whole[..at], None);
    }
    check(&[whole.as_slice(), b"x"].concat(), None);
    let mut redirected = whole.clone();
    redirected[..32].copy_from_slice(elsewhere.id().as_bytes());
    check(&redirected, None);
    check(&whole, Some(image.id()));
    // Another key's file under this key's name.
    fixture.store.remember(&[1; 32], elsewhere.id()).unwrap();
    let others = fs::read(fixture.dir.path().join("key").join("01".repeat(32))).unwrap();
    check(&others, None);
    // Opening the store sweeps it away.
    drop(fixture.another());
    assert!(!path.exists());
}

#[test]
fn a_store_opened_over_its_capacity_refuses_only_more() {
    let fixture = Fixture::new();
    let image = function(&fixture.store, 1);
    let capacity = Bytes(10);
    let small = ImageStore::open(fixture.dir.path(), StoreLimits { capacity }).unwrap();
    assert!(open(&small, image.id()).is_ok());
    let more = small.publish_base(&snapshot(&base_memory(2)));
    assert!(matches!(more, Err(ImageError::Full { .. })));
}

#[test]
fn a_path_that_cannot_hold_a_store_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let capacity = Bytes::mib(1);
    let error = ImageStore::open(&file, StoreLimits { capacity })
        .unwrap_err()
        .to_string();
    assert!(error.contains(&file.display().to_string()), "{error}");
}
