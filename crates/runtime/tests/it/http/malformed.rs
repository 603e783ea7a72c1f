//! Bytes that are no HTTP, or hostile HTTP: always an answer or a clean close, and the server lives on.

use super::server::Server;

/// What the connection may come to.
#[derive(Clone, Copy, Debug)]
enum Fate {
    /// An error status, then the end.
    Refused,
    /// An error status or the end at once: the client broke off.
    RefusedOrClosed,
    /// One success: odd, but allowed.
    Served,
}

#[tokio::test]
async fn malformed_requests_are_answered_or_closed_and_the_server_lives_on() {
    let server = Server::start().await;
    server.client_with_function().await;
    let post = "POST /v1/functions/f/invocations HTTP/1.1\r\nhost: x\r\n";
    let with = |rest: &str| [post, rest].concat().into_bytes();
    let corpus: Vec<(&str, Vec<u8>, Fate)> = vec![
        ("nothing", Vec::new(), Fate::RefusedOrClosed),
        ("line ends", b"\r\n\r\n\r\n".to_vec(), Fate::RefusedOrClosed),
        ("words", b"hello there\r\n\r\n".to_vec(), Fate::Refused),
        (
            "no version",
            b"GET /healthz\r\n\r\n".to_vec(),
            Fate::RefusedOrClosed,
        ),
        (
            "bad version",
            b"GET /healthz HTTP/9.9\r\n\r\n".to_vec(),
            Fate::Refused,
        ),
        (
            "http/2 preface",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
            Fate::RefusedOrClosed,
        ),
        (
            "tls hello",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
            Fate::Refused,
        ),
        (
            "space in path",
            b"GET /health z HTTP/1.1\r\nhost: x\r\n\r\n".to_vec(),
            Fate::Refused,
        ),
        (
            "path without slash",
            b"GET healthz HTTP/1.1\r\nhost: x\r\n\r\n".to_vec(),
            Fate::RefusedOrClosed,
        ),
        (
            "absolute path",
            b"GET http://x/nowhere HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_vec(),
            Fate::Refused,
        ),
        (
            "asterisk",
            b"OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_vec(),
            Fate::Refused,
        ),
        (
            "connect",
            b"CONNECT x:80 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_vec(),
            Fate::Refused,
        ),
        (
            "nul in path",
            b"GET /\0 HTTP/1.1\r\nhost: x\r\n\r\n".to_vec(),
            Fate::Refused,
        ),
        (
            "nul in header",
            b"GET /healthz HTTP/1.1\r\nx: a\0b\r\n\r\n".to_vec(),
            Fate::Refused,
        ),
        (
            "nul as method",
            b"\0\0\0\0 / HTTP/1.1\r\n\r\n".to_vec(),
            Fate::Refused,
        ),
        (
            "header without colon",
            b"GET /healthz HTTP/1.1\r\nnonsense\r\n\r\n".to_vec(),
            Fate::Refused,
        ),
        (
            "space before colon",
            b"GET /healthz HTTP/1.1\r\nhost : x\r\n\r\n".to_vec(),
            Fate::Refused,
        ),
        (
            "folded header",
            b"GET /healthz HTTP/1.1\r\na: b\r\n c: d\r\n\r\n".to_vec(),
            Fate::Refused,
        ),
        (
            "bytes above ascii in name",
            b"GET /healthz HTTP/1.1\r\n\xff: b\r\n\r\n".to_vec(),
            Fate::Refused,
        ),
        (
            "long path",
            format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(100_000)).into_bytes(),
            Fate::Refused,
        ),
        (
            "long header",
            format!("GET / HTTP/1.1\r\na: {}\r\n\r\n", "b".repeat(100_000)).into_bytes(),
            Fate::Refused,
        ),
        (
            "many headers",
            format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(1000)).into_bytes(),
            Fate::Refused,
        ),
        (
            "endless header",
            b"GET / HTTP/1.1\r\na: "
                .iter()
                .copied()
                .chain(std::iter::repeat_n(b'x', 1 << 20))
                .collect(),
            Fate::Refused,
        ),
        (
            "negative length",
            with("content-length: -1\r\n\r\n{}"),
            Fate::Refused,
        ),
        (
            "signed length",
            with("content-length: +2\r\n\r\n{}"),
            Fate::Refused,
        ),
        (
            "length in words",
            with("content-length: two\r\n\r\n{}"),
            Fate::Refused,
        ),
        (
            "empty length",
            with("content-length: \r\n\r\n{}"),
            Fate::Refused,
        ),
        (
            "length over 64 bits",
            with("content-length: 99999999999999999999999\r\n\r\n{}"),
            Fate::Refused,
        ),
        (
            "largest length",
            with("content-length: 18446744073709551615\r\n\r\n{}"),
            Fate::Refused,
        ),
        (
            "largest usable length",
            with("content-length: 18446744073709551613\r\n\r\n{}"),
            Fate::Refused,
        ),
        (
            "two lengths",
            with("content-length: 2\r\ncontent-length: 3\r\n\r\n{} "),
            Fate::Refused,
        ),
        (
            "list of lengths",
            with("content-length: 2, 3\r\n\r\n{} "),
            Fate::Refused,
        ),
        (
            "length and chunks",
            with(
                "content-length: 2\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            ),
            Fate::Served,
        ),
        (
            "unknown coding",
            with("transfer-encoding: gzip\r\n\r\n{}"),
            Fate::Refused,
        ),
        (
            "chunked is not last",
            with("transfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n"),
            Fate::Refused,
        ),
        (
            "chunk size in words",
            with("transfer-encoding: chunked\r\n\r\nxyz\r\n{}\r\n0\r\n\r\n"),
            Fate::Refused,
        ),
        (
            "negative chunk size",
            with("transfer-encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n"),
            Fate::Refused,
        ),
        (
            "chunk size over 64 bits",
            with("transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}"),
            Fate::Refused,
        ),
        (
            "chunk longer than its size",
            with("transfer-encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n"),
            Fate::Refused,
        ),
        (
            "endless chunk extension",
            with(&format!(
                "transfer-encoding: chunked\r\n\r\n1;{}",
                "e".repeat(100_000)
            )),
            Fate::Refused,
        ),
        (
            "endless trailers",
            with(&format!(
                "transfer-encoding: chunked\r\n\r\n0\r\n{}",
                "a: b\r\n".repeat(20_000)
            )),
            Fate::Refused,
        ),
        (
            "chunks cut short",
            with("transfer-encoding: chunked\r\n\r\n5\r\n{}"),
            Fate::RefusedOrClosed,
        ),
        (
            "body cut short",
            with("content-length: 10\r\n\r\n{}"),
            Fate::RefusedOrClosed,
        ),
        (
            "head cut short",
            b"POST /v1/functions/f/invoc".to_vec(),
            Fate::RefusedOrClosed,
        ),
        (
            "unknown expectation",
            with("expect: 200-maybe\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}"),
            Fate::Served,
        ),
        (
            "upgrade",
            with("connection: upgrade, close\r\nupgrade: websocket\r\ncontent-length: 2\r\n\r\n{}"),
            Fate::Served,
        ),
        (
            "bare line feeds",
            b"GET /healthz HTTP/1.1\nhost: x\nconnection: close\n\n".to_vec(),
            Fate::Served,
        ),
    ];
    for (name, bytes, fate) in corpus {
        check(&server, name, &bytes, fate).await;
    }
}

async fn check(server: &Server, name: &str, bytes: &[u8], fate: Fate) {
    let mut client = server.client().await;
    client.send_if_taken(bytes).await;
    // To a server, a client that stops sending while it waits for an answer has gone away.
    if !matches!(fate, Fate::Served) {
        client.finish_sending().await;
    }
    let all = client.rest().await;
    let text = String::from_utf8_lossy(&all);
    let status = text.strip_prefix("HTTP/1.").and_then(|text| text.get(2..5));
    let refused = status.is_some_and(|status| status.starts_with(['4', '5']));
    let right = match fate {
        Fate::Refused => refused,
        Fate::RefusedOrClosed => refused || all.is_empty(),
        Fate::Served => status == Some("200"),
    };
    assert!(right, "{name} should be {fate:?}, came to {text:?}");
    assert_eq!(
        text.matches("HTTP/1.").count(),
        usize::from(!all.is_empty()),
        "{name}: {text:?}"
    );
    let health = server.client().await.get("/healthz").await;
    assert_eq!(health.status, 200, "after {name}");
}
