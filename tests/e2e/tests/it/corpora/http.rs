//! Bytes that are no HTTP, or hostile HTTP: an answer or a clean close.

use std::io::{Read, Write};

use super::check;
use crate::harness::{address::Address, chance::Chance, site::Site};

/// What the connection may come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// An error status of the client's fault, then the end.
    Refused,
    /// That, or the end at once: the client broke off.
    RefusedOrClosed,
}

/// Sends, stops sending, and looks at what comes back.
fn send(address: &Address, what: &str, bytes: &[u8], fate: Fate) {
    let mut socket = address.connect().unwrap();
    // The server may close before it has read all.
    let _refused = socket.write_all(bytes);
    socket.finish_sending();
    let mut all = Vec::new();
    let ended = socket.read_to_end(&mut all);
    let timed_out = ended.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
    assert!(!timed_out, "{what}: neither answered nor closed");
    let text = String::from_utf8_lossy(&all);
    let status = text.strip_prefix("HTTP/1.").and_then(|text| text.get(2..5));
    let refused = status.is_some_and(|status| status.starts_with('4'));
    let right = refused || (fate == Fate::RefusedOrClosed && all.is_empty());
    assert!(right, "{what} should be {fate:?}, came to {text:?}");
}

fn corpus() -> Vec<(&'static str, Vec<u8>, Fate)> {
    let post = "POST /v1/functions/hello/invocations HTTP/1.1\r\nhost: x\r\n";
    let mut all = Vec::new();
    let mut refused = |what, bytes: Vec<u8>| all.push((what, bytes, Fate::Refused));
    let with = |rest: &str| [post, rest].concat().into_bytes();
    let get = |head: &str| format!("GET {head}\r\n\r\n").into_bytes();
    refused("words", b"hello there\r\n\r\n".to_vec());
    refused("a bad version", get("/healthz HTTP/9.9"));
    refused(
        "a TLS hello",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
    );
    refused("a space in the path", get("/health z HTTP/1.1"));
    refused("a NUL in the path", get("/\0 HTTP/1.1"));
    refused("a NUL in a header", get("/healthz HTTP/1.1\r\nx: a\0b"));
    refused(
        "a header without colon",
        get("/healthz HTTP/1.1\r\nnonsense"),
    );
    refused(
        "a space before the colon",
        get("/healthz HTTP/1.1\r\nhost : x"),
    );
    refused("a folded header", get("/healthz HTTP/1.1\r\na: b\r\n c: d"));
    refused(
        "a long path",
        get(&format!("/{} HTTP/1.1", "a".repeat(100_000))),
    );
    refused(
        "a long header",
        get(&format!("/ HTTP/1.1\r\na: {}", "b".repeat(100_000))),
    );
    refused(
        "many headers",
        get(&format!("/ HTTP/1.1{}", "\r\na: b".repeat(1000))),
    );
    refused(
        "an endless header",
        [b"GET / HTTP/1.1\r\na: ".to_vec(), vec![b'x'; 1 << 20]].concat(),
    );
    refused("a negative length", with("content-length: -1\r\n\r\n{}"));
    refused("a length in words", with("content-length: two\r\n\r\n{}"));
    refused(
        "the largest length",
        with("content-length: 18446744073709551615\r\n\r\n{}"),
    );
    refused(
        "two lengths",
        with("content-length: 2\r\ncontent-length: 3\r\n\r\n{} "),
    );
    refused(
        "an unknown coding",
        with("transfer-encoding: gzip\r\n\r\n{}"),
    );
    refused(
        "a chunk size in words",
        with("transfer-encoding: chunked\r\n\r\nxyz\r\n{}\r\n0\r\n\r\n"),
    );
    refused(
        "a chunk size over 64 bits",
        with("transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}"),
    );
    refused(
        "endless trailers",
        with(&format!(
            "transfer-encoding: chunked\r\n\r\n0\r\n{}",
            "a: b\r\n".repeat(20_000)
        )),
    );
    refused(
        "a traversal",
        get("/v1/functions/../../etc/passwd HTTP/1.1"),
    );
    refused("an encoded name", get("/v1/functions/%2e%2e HTTP/1.1"));
    let mut broken_off = |what, bytes: Vec<u8>| all.push((what, bytes, Fate::RefusedOrClosed));
    broken_off("nothing", Vec::new());
    broken_off("line ends", b"\r\n\r\n\r\n".to_vec());
    broken_off(
        "an HTTP/2 preface",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
    );
    broken_off("a body cut short", with("content-length: 10\r\n\r\n{}"));
    broken_off(
        "chunks cut short",
        with("transfer-encoding: chunked\r\n\r\n5\r\n{}"),
    );
    broken_off("a head cut short", b"POST /v1/functions/f/invoc".to_vec());
    all
}

#[test]
fn malformed_requests_are_answered_or_closed_and_the_server_lives_on() {
    let site = Site::take();
    let server = site.start(&[]);
    check(&server, |_| {
        for (what, bytes, fate) in corpus() {
            send(server.address(), what, &bytes, fate);
        }
    });
    server.stop();
}

#[test]
fn random_requests_never_get_a_failure_of_the_servers_own() {
    let site = Site::take();
    let server = site.start(&[]);
    let valid = b"POST /v1/functions/hello/invocations HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
        x-hydra-log: tail\r\nexpect: 100-continue\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
    check(&server, |_| {
        let mut chance = Chance::new(0x5eed_0009);
        for number in 0..1000 {
            let bytes = chance.mutation(valid);
            let mut socket = server.address().connect().unwrap();
            let _refused = socket.write_all(&bytes);
            socket.finish_sending();
            let mut all = Vec::new();
            let ended = socket.read_to_end(&mut all);
            let timed_out =
                ended.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
            let text = String::from_utf8_lossy(&all);
            assert!(!timed_out, "request {number}: {text}");
            assert!(!text.contains("HTTP/1.1 5"), "request {number}: {text}");
        }
    });
    server.stop();
}

#[test]
fn unusual_specs_are_refused_with_what_is_wrong() {
    let site = Site::take();
    let server = site.start(&[]);
    check(&server, |client| {
        let code = b"export const handler = () => 1";
        let mut check = |query: &str, says: &str| {
            let reply = client.put("f", query, code);
            assert_eq!(reply.code(), "bad_request", "{query}: {reply:?}");
            assert!(
                reply.says().contains(says),
                "{query} should say {says:?}: {}",
                reply.says()
            );
        };
        check("", "runtime");
        check("runtime=cobol", "cobol");
        check("runtime=javascript&memory_mb=0", "memory_mb");
        check("runtime=javascript&memory_mb=99999", "memory_mb");
        check("runtime=javascript&memory_mb=-1", "memory_mb");
        check("runtime=javascript&memory_mb=x", "memory_mb");
        check(
            "runtime=javascript&timeout_ms=18446744073709551616",
            "timeout_ms",
        );
        check("runtime=javascript&memroy_mb=64", "memroy_mb");
        check("runtime=javascript&runtime=wasm", "runtime");
        check("runtime=javascript&handler=a%20b", "handler");
        check("runtime=javascript&reuse=maybe", "maybe");
        let long = "n".repeat(129);
        for name in ["-f", ".", "..", "%66", &*long] {
            let reply = client.put(name, "runtime=javascript", code);
            assert!(matches!(reply.status, 400 | 404), "{name}: {reply:?}");
            reply.code();
        }
    });
    server.stop();
}
