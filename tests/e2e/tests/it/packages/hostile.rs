//! Zips that were made to do harm: refused as the client's fault, with the reason.

use std::io::{Cursor, Write};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::harness::{code, site::Site};

const GOOD: &[u8] = b"exports.handler = () => 'good'";

/// What a zip may take of the server's memory for a moment.
const PEAK_MIB: u64 = 512;

fn with(more: impl FnOnce(&mut ZipWriter<Cursor<Vec<u8>>>)) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("index.js", SimpleFileOptions::default())
        .unwrap();
    zip.write_all(GOOD).unwrap();
    more(&mut zip);
    zip.finish().unwrap().into_inner()
}

/// A zip with files that inflate to as many blanks.
fn bomb(files: usize, mib_each: usize) -> Vec<u8> {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let blanks = vec![b' '; 1 << 20];
    with(|zip| {
        for number in 0..files {
            zip.start_file(format!("{number}.txt"), options).unwrap();
            for _ in 0..mib_each {
                zip.write_all(&blanks).unwrap();
            }
        }
    })
}

fn named(name: &str) -> Vec<u8> {
    with(|zip| {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
    })
}

fn link(target: &str) -> Vec<u8> {
    with(|zip| {
        zip.add_symlink("data.txt", target, SimpleFileOptions::default())
            .unwrap();
    })
}

/// A zip that has `index.js` twice, the second in the place of another of the same length.
fn twice() -> Vec<u8> {
    let mut zip = with(|zip| {
        zip.start_file("other.js", SimpleFileOptions::default())
            .unwrap();
        zip.write_all(b"exports.handler = () => 'evil'").unwrap();
    });
    while let Some(at) = zip.windows(8).position(|part| part == b"other.js") {
        zip[at..at + 8].copy_from_slice(b"index.js");
    }
    zip
}

/// The zip whose directory says that a file has another size than it has.
fn lying(mut zip: Vec<u8>, size: u32) -> Vec<u8> {
    let entry = zip.windows(4).rposition(|part| part == b"PK\x01\x02");
    let at = entry.unwrap() + 24;
    zip[at..at + 4].copy_from_slice(&size.to_le_bytes());
    zip
}

#[test]
fn zips_that_were_made_to_do_harm_are_refused_with_the_reason() {
    let site = Site::take();
    let server = site.start(&[]);
    let mut client = server.client();
    let good = with(|_| ());
    let many = with(|zip| {
        for number in 0..60_000 {
            zip.start_file(format!("{number}"), SimpleFileOptions::default())
                .unwrap();
        }
    });
    let deep = format!("{}a.js", "d/".repeat(300));
    let long = format!("{}.js", "n".repeat(5000));
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("one large file", bomb(1, 600), "MiB"),
        ("many that are large together", bomb(40, 30), "MiB"),
        ("up and out", named("../evil.js"), "outside"),
        ("deep, up and out", named("a/b/../../../evil.js"), "outside"),
        ("an absolute path", named("/etc/evil.js"), "evil.js"),
        ("a drive", named("C:\\evil.js"), "evil.js"),
        ("backslashes", named("..\\evil.js"), "evil.js"),
        ("a NUL in a name", named("evil\0.js"), "evil"),
        ("a link out", link("/etc/passwd"), "link"),
        ("a link inside", link("index.js"), "link"),
        ("a name twice", twice(), "of one name"),
        (
            "a file that is also a folder",
            named("index.js/evil.js"),
            "index.js",
        ),
        ("too many files", many, "more than"),
        ("too deep a folder", named(&deep), "deep"),
        ("too long a name", named(&long), "more than"),
        ("half of it", good[..good.len() / 2].to_vec(), "zip"),
        (
            "without its last byte",
            good[..good.len() - 1].to_vec(),
            "zip",
        ),
        ("less than there is", lying(good.clone(), 3), "index.js"),
        (
            "more than there is",
            lying(good.clone(), 0x7fff_ffff),
            "MiB",
        ),
    ];
    let mut wrong = Vec::new();
    for (what, zip, says) in &cases {
        let reply = client.put("hostile", "runtime=javascript", zip);
        let refused = matches!(reply.status, 400 | 413) && !reply.code().is_empty();
        if !refused || !reply.says().contains(says) {
            let text = reply.text();
            wrong.push(format!(
                "{what} should say {says:?}: {} {text}",
                reply.status
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    client.register("good", "runtime=javascript", &good);
    assert_eq!(client.call("good", "null"), "good");
    let peak_mib = server.process().peak_resident_mib();
    assert!(peak_mib <= PEAK_MIB, "{peak_mib} MiB");
    server.assert_no_complaint();
    server.stop();
}

#[test]
fn a_compressed_file_that_is_damaged_is_refused_where_it_is_read() {
    let site = Site::take();
    let server = site.start(&[]);
    let mut client = server.client();
    let text = "exports.handler = () => 'good'; //".to_owned() + &"abcdefgh".repeat(2000);
    let mut zip = code::zip(&[("index.js", text.as_bytes())]);
    let at = 30 + "index.js".len() + 20;
    zip[at] ^= 0xff;
    let reply = client.put("hostile", "runtime=javascript", &zip);
    assert_eq!(reply.status, 400, "{reply:?}");
    assert!(reply.says().contains("index.js"), "{}", reply.says());
    server.stop();
}
