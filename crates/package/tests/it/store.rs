//! Packages on disk.

use std::{fs, path::Path};

use hydra_package::PackageStore;

use crate::zip;

fn files_in(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

#[test]
fn equal_uploads_share_a_file_that_goes_with_the_last_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("packages");
    let store = PackageStore::open(&folder).unwrap();
    let code = zip(&[("index.js", "one")]);
    let first = store.keep(code.clone(), "index.js").unwrap();
    let second = store.keep(code, "index.js").unwrap();
    let other = store.keep("two".into(), "index.js").unwrap();
    assert_eq!(first.hash(), second.hash());
    assert_eq!(files_in(&folder), 2);
    let clone = first.clone();
    drop(first);
    drop(second);
    assert_eq!(
        clone.open().unwrap().read("/index.js").unwrap().unwrap(),
        "one"
    );
    drop(clone);
    assert_eq!(files_in(&folder), 1);
    assert_eq!(other.stored_bytes(), 3);
    assert_eq!(other.open().unwrap().source("/index.js").unwrap(), "two");
    drop(other);
    assert_eq!(files_in(&folder), 0);
}

#[test]
fn a_package_that_somebody_holds_outlives_forgetting_and_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = PackageStore::open(folder.path()).unwrap();
    let stored = store
        .keep(zip(&[("index.js", "hello"), ("a/b.js", "b")]), "index.js")
        .unwrap();
    let held = stored.open().unwrap();
    stored.forget();
    drop(stored);
    assert_eq!(files_in(folder.path()), 0);
    assert_eq!(held.read("/a/b.js").unwrap().unwrap(), "b");
}

#[test]
fn hostile_uploads_are_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = PackageStore::open(folder.path()).unwrap();
    let mut code = zip(&[("index.js", "hello")]).to_vec();
    code.truncate(code.len() - 5);
    assert!(store.keep(code.into(), "index.js").is_err());
    assert_eq!(files_in(folder.path()), 0);
}

#[test]
fn a_file_that_changed_on_disk_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let store = PackageStore::open(folder.path()).unwrap();
    let stored = store.keep("hello".into(), "index.js").unwrap();
    let file = fs::read_dir(folder.path())
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    fs::write(&file, "longer than it was").unwrap();
    assert!(stored.open().is_err());
    // The same upload puts it right.
    let again = store.keep("hello".into(), "index.js").unwrap();
    assert_eq!(again.open().unwrap().source("/index.js").unwrap(), "hello");
}
