//! Broken and hostile sources and zips.

use std::io::{Cursor, Write};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{check, mutate, refuse, upload};
use crate::harness::{chance::Chance, code, site::Site};

const SOURCE: &[u8] =
    b"export const handler = (event) => ({ event, at: [1, 2, 3].map((n) => n * 2) })";

/// A zip whose one file inflates to as many zeros.
fn bomb(name: &str, mib: usize) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    zip.start_file(name, options).unwrap();
    let zeros = vec![b' '; 1 << 20];
    for _ in 0..mib {
        zip.write_all(&zeros).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn link(name: &str, target: &str) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.add_symlink(name, target, SimpleFileOptions::default())
        .unwrap();
    zip.finish().unwrap().into_inner()
}

fn many_entries(count: usize) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..count {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        zip.start_file(format!("{index}.js"), options).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Writes another size into the zip's directory than there is.
fn lying_about_size(mut zip: Vec<u8>) -> Vec<u8> {
    let at = zip
        .windows(4)
        .rposition(|part| part == b"PK\x01\x02")
        .unwrap();
    zip[at + 24..at + 28].copy_from_slice(&[0xff, 0xff, 0xff, 0x7f]);
    zip
}

#[test]
fn hostile_zips_are_refused_with_the_reason() {
    let site = Site::take();
    let server = site.start(&[]);
    check(&server, |client| {
        let mut refuse =
            |what: &str, code: &[u8], says: &str| refuse(client, what, "javascript", code, says);
        let valid = code::zip(&[("index.js", SOURCE)]);
        refuse("a bomb", &bomb("index.js", 600), "MiB");
        refuse(
            "up and out",
            &code::zip(&[("../index.js", SOURCE)]),
            "outside",
        );
        refuse(
            "deep and out",
            &code::zip(&[("a/../../../b.js", SOURCE)]),
            "outside",
        );
        refuse(
            "beside a good one",
            &code::zip(&[("index.js", SOURCE), ("../../etc/passwd", b"")]),
            "outside",
        );
        refuse("a link", &link("index.js", "/etc/passwd"), "a link");
        refuse("no source", &code::zip(&[("README", b"hi")]), "");
        refuse("an empty one", &code::zip(&[]), "");
        refuse(
            "two sources",
            &code::zip(&[("a.js", SOURCE), ("b.js", SOURCE)]),
            "",
        );
        refuse("many entries", &many_entries(12_000), "10000");
        for end in [
            4,
            10,
            30,
            valid.len() / 2,
            valid.len() - 22,
            valid.len() - 1,
        ] {
            refuse("a truncated one", &valid[..end], "zip");
        }
        refuse(
            "a module",
            &code::module(code::Form::Command, code::ECHO),
            "runtime=wasm",
        );
        refuse("no text", b"\xff\xfe\x00", "UTF-8");
        refuse("a NUL", b"export const handler = 1;\0", "NUL");
        refuse("no code", b"", "");
        refuse("no handler", b"1 + 1", "handler");
        refuse(
            "a wrong word",
            b"export const handler = () => {{{",
            "index.js:1",
        );
        refuse("deep nesting", "(".repeat(200_000).as_bytes(), "");
        refuse("a throw", b"throw new Error('at the top')", "at the top");
        upload(
            client,
            "a lie",
            "javascript",
            &lying_about_size(valid.clone()),
        );
    });
    server.stop();
}

#[test]
fn sources_that_never_end_or_eat_all_are_refused() {
    let site = Site::take();
    let server = site.start(&[]);
    check(&server, |client| {
        let mut refuse =
            |what: &str, code: &[u8], says: &str| refuse(client, what, "javascript", code, says);
        refuse(
            "memory",
            b"const all = []; for (;;) all.push(new Uint8Array(100_000))",
            "memory",
        );
        refuse("stack", b"const f = () => f() + 1; f()", "stack");
        refuse("an exit", b"process.exit(1)", "");
        refuse("a wait", b"await new Promise(() => {})", "");
    });
    server.stop();
}

#[test]
fn random_bytes_that_begin_like_a_zip_are_refused() {
    let site = Site::take();
    let server = site.start(&[]);
    check(&server, |client| {
        let mut chance = Chance::new(0x5eed_0005);
        for number in 0..300 {
            let length = chance.below(4096);
            let mut bytes = [b"PK\x03\x04", b"PK\x05\x06"][number % 2].to_vec();
            bytes.extend(chance.bytes(length));
            refuse(
                client,
                &format!("random bytes {number}"),
                "javascript",
                &bytes,
                "zip",
            );
        }
    });
    server.stop();
}

#[test]
fn mutations_of_a_valid_zip_are_accepted_or_refused() {
    let site = Site::take();
    let server = site.start(&[]);
    let valid = code::zip(&[("index.js", SOURCE), ("README.md", b"# A function")]);
    check(&server, |client| {
        let accepted = mutate(client, "javascript", &valid, 0x5eed_0006);
        assert!(accepted > 0 && accepted < super::MUTATIONS, "{accepted}");
    });
    server.stop();
}
