//! Zips that were made to do harm, or were harmed.

use std::io::{Cursor, Write};

use bytes::Bytes;
use hydra_package::Package;
use proptest::prelude::*;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::{options, package, zip};

/// What a zip is refused with.
fn refused(zip: Bytes) -> String {
    let error = Package::open(zip, "index.js").unwrap_err();
    assert!(error.hint().is_some_and(|hint| !hint.is_empty()));
    error.to_string()
}

/// A zip whose entries get names that the writer would not take: of the same length, put in afterwards.
fn with_name(placeholder: &str, name: &str) -> Bytes {
    assert_eq!(placeholder.len(), name.len());
    let bytes = zip(&[(placeholder, "x")]);
    replaced(&bytes, placeholder.as_bytes(), name.as_bytes())
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Bytes {
    let mut bytes = bytes.to_vec();
    let places: Vec<usize> = (0..bytes.len().saturating_sub(from.len()))
        .filter(|at| bytes[*at..].starts_with(from))
        .collect();
    for at in places {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    bytes.into()
}

#[test]
fn names_that_lead_outside_or_cannot_be_shown_are_refused() {
    for (name, expected) in [
        ("../evil.js", "leads outside"),
        ("a/../../b.", "leads outside"),
        ("a/../bc.js", "leads outside"),
        ("/etc/passw", "leads outside"),
        ("C:/evil.js", "leads outside"),
        ("a//evil.js", "leads outside"),
        ("a/./b/c.js", "leads outside"),
        ("a\\b\\evil.j", "backslash"),
        ("a\0b.js", "control character"),
        ("a\nb.js", "control character"),
    ] {
        let message = refused(with_name(&"p".repeat(name.len()), name));
        assert!(message.contains(expected), "{name:?}: {message}");
        assert!(!message.contains('\0') && !message.contains('\n'));
    }
}

#[test]
fn names_that_are_too_long_or_too_deep_are_refused() {
    let long = format!("{}.js", "x".repeat(1100));
    assert!(refused(zip(&[(&long, "")])).contains("more than 1024 bytes"));
    let deep = format!("{}x.js", "a/".repeat(65));
    assert!(refused(zip(&[(&deep, "")])).contains("64 folders deep"));
}

#[test]
fn links_and_special_files_are_refused() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer
        .add_symlink("link", "/etc/passwd", options())
        .unwrap();
    let link = writer.finish().unwrap().into_inner();
    assert!(refused(link.into()).contains("\"link\" is a link or a special file"));
}

#[test]
fn names_that_are_there_twice_are_refused() {
    let twice = replaced(&zip(&[("a.js", "1"), ("b.js", "2")]), b"b.js", b"a.js");
    assert!(refused(twice).contains("several entries of one name"));
    for files in [
        [("a", ""), ("a/b.js", "")],
        [("a/b.js", ""), ("a", "")],
        [("a.js", ""), ("./a.js", "")],
    ] {
        assert!(refused(zip(&files)).contains("twice"), "{files:?}");
    }
}

#[test]
fn encrypted_and_unknown_methods_are_refused() {
    let bytes = zip(&[("a.js", "hello")]);
    // The general flags lie 6 bytes into a local header and 8 into a central one, the method 2 bytes further.
    let patch = |offset: usize, value: u8| {
        let mut bytes = bytes.to_vec();
        let central = (0..bytes.len())
            .find(|at| bytes[*at..].starts_with(b"PK\x01\x02"))
            .unwrap();
        bytes[6 + offset] = value;
        bytes[central + 8 + offset] = value;
        Bytes::from(bytes)
    };
    assert!(refused(patch(0, 1)).contains("encrypted"));
    assert!(refused(patch(2, 12)).contains("other than deflate"));
}

#[test]
fn entries_that_share_bytes_are_refused() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("a.js", options()).unwrap();
    writer.write_all(b"hello").unwrap();
    writer.shallow_copy_file("a.js", "b.js").unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    assert!(refused(bytes.into()).contains("share bytes"));
}

#[test]
fn too_many_entries_are_refused_before_they_are_read() {
    let mut bytes = zip(&[("a.js", "")]).to_vec();
    let end = bytes.len() - 22;
    bytes[end + 8..end + 12].copy_from_slice(&[0x51, 0xc3, 0x51, 0xc3]);
    assert!(refused(bytes.into()).contains("more than 50000 entries"));

    // A 64-bit end record that promises four billion.
    let mut bytes = zip(&[("a.js", "")]).to_vec();
    let at = bytes.len() - 22;
    let mut end_64 = b"PK\x06\x06".to_vec();
    end_64.extend(44_u64.to_le_bytes());
    end_64.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for number in [1_u64 << 32, 1 << 32, 46 << 32, 30] {
        end_64.extend(number.to_le_bytes());
    }
    end_64.extend(b"PK\x06\x07\0\0\0\0");
    end_64.extend((at as u64).to_le_bytes());
    end_64.extend([1, 0, 0, 0]);
    bytes.splice(at..at, end_64);
    let end = bytes.len() - 22;
    bytes[end + 8..end + 12].fill(0xff);
    assert!(refused(bytes.into()).contains("more than 50000 entries"));
}

#[test]
fn what_says_that_it_inflates_to_too_much_is_refused() {
    let bytes = zip(&[("a.js", "x"), ("b.js", "x")]);
    let mut bytes = bytes.to_vec();
    for at in 0..bytes.len() {
        if bytes[at..].starts_with(b"PK\x01\x02") {
            bytes[at + 24..at + 28].copy_from_slice(&(300_u32 << 20).to_le_bytes());
        }
    }
    assert!(refused(bytes.into()).contains("more than 512 MiB (reached at \"b.js\")"));
}

#[test]
fn a_file_that_is_not_what_the_zip_says_is_an_error_when_it_is_read() {
    let stored = |bytes: &[u8]| {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        writer.start_file("index.js", options).unwrap();
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap().into_inner()
    };
    let wrong_sum = replaced(&stored(b"hello"), b"hello", b"jello");
    let package = Package::open(wrong_sum, "").unwrap();
    let message = package.read("/index.js").unwrap_err().to_string();
    assert!(message.contains("\"index.js\" cannot be read"), "{message}");

    // Says one byte and inflates to a million: what the zip says is the bound.
    let bomb = zip(&[("index.js", &" ".repeat(1 << 20))]);
    let lies = replaced(&bomb, &(1_u32 << 20).to_le_bytes(), &1_u32.to_le_bytes());
    let message = Package::open(lies, "")
        .unwrap()
        .read("/index.js")
        .unwrap_err()
        .to_string();
    assert!(message.contains("cannot be read"), "{message}");

    // Says more than there is.
    let short = replaced(
        &bomb,
        &(1_u32 << 20).to_le_bytes(),
        &(2_u32 << 20).to_le_bytes(),
    );
    assert!(Package::open(short, "").unwrap().read("/index.js").is_err());

    let large = zip(&[("index.js", &" ".repeat((64 << 20) + 1))]);
    let message = Package::open(large, "")
        .unwrap()
        .read("/index.js")
        .unwrap_err()
        .to_string();
    assert!(message.contains("more than 64 MiB"), "{message}");
}

/// Opens what it can and uses all of it.
fn exercise(bytes: Bytes) {
    let Ok(package) = Package::open(bytes, "index.js") else {
        return;
    };
    let mut folders = vec!["/".to_owned()];
    while let Some(folder) = folders.pop() {
        for (name, is_dir) in package.list(&folder).unwrap() {
            let path = format!("{}/{name}", folder.trim_end_matches('/'));
            assert!(package.metadata(&path).is_some());
            if is_dir {
                folders.push(path);
            } else {
                let _ = package.read(&path);
                let _ = package.kind(&path);
            }
        }
    }
    let _ = package.entry(None);
}

#[test]
fn every_beginning_of_a_zip_is_opened_or_refused() {
    let whole = zip(&[
        ("package.json", "{\"main\":\"a.js\"}"),
        ("a.js", "hello"),
        ("b/c.js", ""),
    ]);
    for end in 0..whole.len() {
        exercise(whole.slice(..end));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_harmed_zip_panics(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12)) {
        let mut bytes = zip(&[("package.json", "{\"main\":\"a.js\"}"), ("a.js", "hello"), ("b/c.js", "x")]).to_vec();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        exercise(bytes.into());
    }

    #[test]
    fn no_specifier_and_no_manifest_panic(specifier in ".{0,40}", json in "[\\[\\]{}\",:./*#a-c ]{0,60}", handler in ".{0,20}") {
        let manifest = format!("{{\"name\":\"a\",\"exports\":{json},\"imports\":{json}}}");
        let package = package(&[("package.json", &manifest), ("index.js", ""), ("node_modules/a/package.json", &json)]);
        for how in [hydra_package::How::Import, hydra_package::How::Require] {
            for specifier in [specifier.as_str(), "a", "a/b", "#a", "./index"] {
                let _ = package.resolve(specifier, "/index.js", how, &|_| false);
            }
        }
        let _ = package.entry(Some(&handler));
    }

    #[test]
    fn no_text_panics_the_stripper(text in "[a-z<>(){}\\[\\]?:;=,.!&|@#'\"`$\\\\ \n]{0,80}") {
        let _ = hydra_package::strip_types(&text, "/a.ts");
    }
}
