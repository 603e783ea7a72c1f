//! Code in a zip, honest and hostile.

use std::io::{Cursor, Write};

use hydra_sandbox::LoadError;
use hydra_types::{Runtime, SpecFields};
use zip::{ZipWriter, write::SimpleFileOptions};

use super::refusal;
use crate::harness;

const HANDLER: &[u8] = b"export const handler = () => 'zipped'";

fn zip(fill: impl FnOnce(&mut ZipWriter<Cursor<Vec<u8>>>)) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    fill(&mut writer);
    writer.finish().unwrap().into_inner()
}

pub(super) fn files(entries: &[(&str, &[u8])]) -> Vec<u8> {
    zip(|writer| {
        for (name, bytes) in entries {
            writer
                .start_file(*name, SimpleFileOptions::default())
                .unwrap();
            writer.write_all(bytes).unwrap();
        }
    })
}

#[test]
fn a_zip_with_one_source_file_is_a_function() {
    let check = |archive: &[u8]| {
        let program = harness::load(Runtime::JavaScript, SpecFields::default(), archive);
        let replied = harness::reply(&mut *program.restore().unwrap(), "null");
        assert_eq!(replied, r#""zipped""#);
    };
    check(&files(&[("index.js", HANDLER)]));
    check(&files(&[
        ("src/app.mjs", HANDLER),
        ("README.md", b"# Read me"),
    ]));
    check(&files(&[("other.js", b"throw 1"), ("index.js", HANDLER)]));
    check(&files(&[("main.cjs", b"exports.handler = () => 'zipped'")]));
    check(&zip(|writer| {
        writer
            .add_directory("src", SimpleFileOptions::default())
            .unwrap();
        let stored =
            SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        writer.start_file("src/index.js", stored).unwrap();
        writer.write_all(HANDLER).unwrap();
    }));
}

#[test]
fn a_files_ending_decides_its_kind() {
    let cjs = refusal(&files(&[("a.cjs", HANDLER)])).to_string();
    assert!(
        cjs.contains("SyntaxError") && cjs.contains("a.cjs:1:"),
        "{cjs}"
    );
    let esm = refusal(&files(&[("a.mjs", b"exports.handler = () => 1")]));
    let LoadError::TopLevel(failure) = esm else {
        panic!("{esm:?}");
    };
    assert!(failure.to_string().contains("exports"), "{failure}");
}

fn check(archive: &[u8], needle: &str) {
    let error = refusal(archive);
    assert!(matches!(error, LoadError::Code { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains(needle), "{text:?} does not say {needle:?}");
}

#[test]
fn archives_that_leave_the_choice_open_are_refused() {
    check(&files(&[]), "no file to begin with");
    check(&files(&[("a.txt", b"x")]), "no index.js");
    check(
        &files(&[("a.js", b""), ("b.js", b"")]),
        "none is called index",
    );
}

#[test]
fn a_bomb_is_refused_before_it_is_inflated() {
    let bomb = zip(|writer| {
        writer
            .start_file("index.js", SimpleFileOptions::default())
            .unwrap();
        let block = vec![b' '; 1 << 20];
        for _ in 0..64 {
            writer.write_all(&block).unwrap();
        }
    });
    assert!(bomb.len() < 1 << 17, "{} bytes", bomb.len());
    check(&bomb, "more than 16 MiB");
}

#[test]
fn entries_that_lead_outside_are_refused_even_when_nobody_asks_for_them() {
    for name in [
        "../evil.txt",
        "a/../../evil.txt",
        "/etc/passwd",
        "..\\evil.txt",
    ] {
        let archive = files(&[("index.js", HANDLER), (name, b"x")]);
        match harness::try_load(Runtime::JavaScript, SpecFields::default(), &archive) {
            Err(error) => {
                let text = error.to_string();
                assert!(
                    text.contains("outside") || text.contains("backslash"),
                    "{text}"
                );
            }
            // The writer made a harmless name of it.
            Ok(_) => {
                let mut read = zip::ZipArchive::new(Cursor::new(&archive)).unwrap();
                let kept = read.by_index(1).unwrap().enclosed_name();
                assert!(kept.is_some(), "{name:?} was let in");
            }
        }
    }
    check(
        &files(&[("index.js", HANDLER), ("../evil.txt", b"x")]),
        "outside",
    );
}

#[test]
fn symbolic_links_are_refused() {
    let archive = zip(|writer| {
        writer
            .start_file("index.js", SimpleFileOptions::default())
            .unwrap();
        writer.write_all(HANDLER).unwrap();
        writer
            .add_symlink("link.txt", "/etc/passwd", SimpleFileOptions::default())
            .unwrap();
    });
    check(&archive, "is a link");
}

#[test]
fn truncated_and_broken_archives_are_refused_wherever_they_are_cut() {
    let whole = files(&[("index.js", HANDLER), ("b.txt", &[b'x'; 100])]);
    for cut in (4..whole.len()).step_by(7) {
        let error = refusal(&whole[..cut]);
        assert!(matches!(error, LoadError::Code { .. }), "{error:?}");
    }
    for at in (0..whole.len()).step_by(3) {
        let mut broken = whole.clone();
        broken[at] ^= 0x55;
        // Some bytes do not matter; none may end the process or be Hydra's failure.
        let loaded = harness::try_load(Runtime::JavaScript, SpecFields::default(), &broken);
        if let Err(error) = loaded {
            assert!(
                !matches!(error, LoadError::Internal(_)),
                "byte {at}: {error:?}"
            );
        }
    }
}

#[test]
fn fifty_thousand_entries_are_looked_at_and_one_more_is_refused() {
    let many = |count: usize| {
        zip(|writer| {
            writer
                .start_file("index.js", SimpleFileOptions::default())
                .unwrap();
            writer.write_all(HANDLER).unwrap();
            for n in 1..count {
                writer
                    .start_file(format!("{n}"), SimpleFileOptions::default())
                    .unwrap();
            }
        })
    };
    let program = harness::load(Runtime::JavaScript, SpecFields::default(), &many(50_000));
    assert_eq!(
        harness::reply(&mut *program.restore().unwrap(), "null"),
        r#""zipped""#
    );
    check(&many(50_001), "50000 entries");
}
