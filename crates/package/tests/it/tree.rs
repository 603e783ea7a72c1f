//! Opening, reading and listing.

use bytes::Bytes;
use hydra_package::{Metadata, Package};

use crate::{package, zip};

#[test]
fn a_single_file_is_a_tree_of_one() {
    let package = Package::open(Bytes::from_static(b"export {}"), "index.mjs").unwrap();
    assert!(package.is_single());
    assert_eq!(package.read("/index.mjs").unwrap().unwrap(), "export {}");
    assert_eq!(package.read("/index.js").unwrap(), None);
    assert_eq!(
        package.list("/").unwrap(),
        [("index.mjs".to_owned(), false)]
    );
    assert_eq!(package.metadata("/index.mjs").unwrap().len, 9);
}

#[test]
fn files_are_read_by_any_spelling_of_their_path_and_folders_are_not() {
    let package = package(&[("a/b.txt", "hello"), ("index.js", ""), ("./c.txt", "dot")]);
    assert!(!package.is_single());
    for path in ["/a/b.txt", "a/b.txt", "/a/../a/./b.txt", "/../a//b.txt"] {
        assert_eq!(package.read(path).unwrap().unwrap(), "hello", "{path}");
    }
    assert_eq!(package.read("/c.txt").unwrap().unwrap(), "dot");
    for path in ["/a", "/", "/a/b", "/a/b.txt/c", "/A/b.txt"] {
        assert_eq!(package.read(path).unwrap(), None, "{path}");
    }
}

#[test]
fn folders_are_there_whether_the_zip_lists_them_or_not() {
    let package = package(&[
        ("index.js", ""),
        ("a/b-c/x.js", ""),
        ("a/b/deep/er/x.js", ""),
        ("a/b.js", ""),
        ("empty/", ""),
        ("__MACOSX/a/._b.js", ""),
        ("a/.DS_Store", ""),
    ]);
    let check = |folder: &str, expected: &[(&str, bool)]| {
        let listed = package.list(folder).unwrap();
        let listed: Vec<(&str, bool)> = listed.iter().map(|(n, d)| (n.as_str(), *d)).collect();
        assert_eq!(listed, expected, "{folder}");
    };
    check("/", &[("a", true), ("empty", true), ("index.js", false)]);
    check("/a", &[("b", true), ("b-c", true), ("b.js", false)]);
    check("/a/b/deep", &[("er", true)]);
    check("/empty", &[]);
    assert_eq!(package.list("/a/b.js"), None);
    assert_eq!(package.list("/nowhere"), None);
}

#[test]
fn metadata_comes_from_the_zip() {
    let package = package(&[("a/x.txt", "hello")]);
    let expected = Metadata {
        is_dir: false,
        len: 5,
        modified_s: 1_709_294_400,
    };
    assert_eq!(package.metadata("/a/x.txt"), Some(expected));
    assert!(package.metadata("/a").unwrap().is_dir);
    assert!(package.metadata("/").unwrap().is_dir);
    assert_eq!(package.metadata("/b"), None);
}

#[test]
fn a_folder_that_was_zipped_itself_is_the_root_where_it_looks_like_one() {
    for (files, expected) in [
        (&["app/index.js", "app/lib/x.js"][..], "/index.js"),
        (&["app/", "app/package.json", "app/main.js"], "/main.js"),
        (
            &["app/index.ts", "__MACOSX/app/._index.ts", ".DS_Store"],
            "/index.ts",
        ),
        (&["src/app.js", "src/lib.js"], "/src/app.js"),
        (&["app/index.js", "README.md"], "/app/index.js"),
        (&["app/index.js", "lib/"], "/app/index.js"),
        (&["node_modules/index.js"], "/node_modules/index.js"),
    ] {
        let files: Vec<(&str, &str)> = files.iter().map(|name| (*name, "")).collect();
        let package = package(&files);
        assert!(package.metadata(expected).is_some(), "{files:?}");
    }
}

#[test]
fn an_empty_zip_is_an_empty_package() {
    let package = Package::open(zip(&[]), "index.js").unwrap();
    assert_eq!(package.list("/").unwrap(), []);
    assert!(package.entry(None).is_err());
}
