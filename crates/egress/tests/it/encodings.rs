//! Content encodings.

use async_compression::tokio::bufread::{BrotliEncoder, DeflateEncoder, GzipEncoder, ZlibEncoder};
use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use hydra_egress::Egress;
use hydra_sandbox::{Encoding, HttpError, HttpRequest};
use tokio::io::AsyncReadExt;

use crate::harness::{RUNTIME, Server, block_on, body, egress, fetch, get};

fn encoded(text: &[u8], coding: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let done = match coding {
        "gzip" | "x-gzip" => RUNTIME.block_on(GzipEncoder::new(text).read_to_end(&mut out)),
        "deflate" => RUNTIME.block_on(ZlibEncoder::new(text).read_to_end(&mut out)),
        "raw" => RUNTIME.block_on(DeflateEncoder::new(text).read_to_end(&mut out)),
        "br" => RUNTIME.block_on(BrotliEncoder::new(text).read_to_end(&mut out)),
        _ => return text.to_vec(),
    };
    done.unwrap();
    out
}

fn serving(content_encoding: &'static str, bytes: Vec<u8>) -> Server {
    let bytes = Bytes::from(bytes);
    Server::start(move |_, _| {
        Response::builder()
            .header("content-encoding", content_encoding)
            .body(Full::new(bytes.clone()))
            .unwrap()
    })
}

fn got(egress: &Egress, request: HttpRequest) -> Result<Vec<u8>, HttpError> {
    block_on(async { body(egress.fetch(request).await?).await })
}

/// Longer than any buffer, and not the same everywhere.
fn text() -> Vec<u8> {
    (0..40_000_u32)
        .flat_map(|number| format!("line {number}\n").into_bytes())
        .collect()
}

#[test]
fn bodies_are_decoded_as_the_server_says() {
    let egress = egress(|_| {});
    for (said, coding) in [
        ("gzip", "gzip"),
        ("X-GZIP", "gzip"),
        ("deflate", "deflate"),
        ("deflate", "raw"),
        ("br", "br"),
        ("identity", "none"),
        ("zstd", "none"),
    ] {
        let server = serving(said, encoded(&text(), coding));
        assert!(
            got(&egress, get(&server.url("/"))).unwrap() == text(),
            "{said} of {coding}"
        );
    }
    let twice = serving("br, gzip", encoded(&encoded(&text(), "br"), "gzip"));
    assert!(got(&egress, get(&twice.url("/"))).unwrap() == text());
    let unknown_below = serving("zstd, gzip", encoded(&text(), "gzip"));
    assert!(got(&egress, get(&unknown_below.url("/"))).unwrap() == encoded(&text(), "gzip"));
    let members = [encoded(b"one ", "gzip"), encoded(b"two", "gzip")].concat();
    let members = serving("gzip", members);
    assert_eq!(got(&egress, get(&members.url("/"))).unwrap(), b"one two");
}

#[test]
fn bodies_are_left_alone_where_the_guest_wants_them_so() {
    let egress = egress(|_| {});
    let server = serving("gzip", encoded(&text(), "gzip"));
    let asked = HttpRequest {
        encoding: Encoding::Keep,
        ..get(&server.url("/"))
    };
    assert!(got(&egress, asked).unwrap() == encoded(&text(), "gzip"));
}

#[test]
fn encodings_are_asked_for_unless_the_guest_asks_itself() {
    let (egress, server) = (egress(|_| {}), Server::echo());
    let (_, shown) = fetch(&egress, get(&server.url("/"))).unwrap();
    assert!(
        shown.contains("accept-encoding: gzip, deflate, br\n"),
        "{shown}"
    );
    let mut asked = get(&server.url("/"));
    crate::harness::header(&mut asked, "Accept-Encoding", "identity");
    let (_, shown) = fetch(&egress, asked).unwrap();
    assert!(
        shown.contains("accept-encoding: identity\n") && !shown.contains("gzip"),
        "{shown}"
    );
}

#[test]
fn empty_and_damaged_bodies_are_told_apart() {
    let egress = egress(|_| {});
    for coding in ["gzip", "deflate", "br"] {
        let empty = serving(coding, Vec::new());
        assert_eq!(got(&egress, get(&empty.url("/"))).unwrap(), b"");
        let mut whole = encoded(&text(), coding);
        whole.truncate(whole.len() / 2);
        for damaged in [whole, b"\xff\xff no such thing".to_vec()] {
            let server = serving(coding, damaged);
            let error = got(&egress, get(&server.url("/"))).unwrap_err();
            assert!(
                matches!(error, HttpError::Broken { .. }),
                "{coding}: {error}"
            );
        }
    }
    let tower = serving("gzip,gzip,gzip,gzip,gzip,gzip", encoded(b"x", "gzip"));
    assert!(got(&egress, get(&tower.url("/"))).is_err());
    let head = HttpRequest {
        method: "HEAD".into(),
        ..get(&tower.url("/"))
    };
    assert_eq!(got(&egress, head).unwrap(), b"");
}

#[test]
fn bombs_end_at_the_limit() {
    let egress = egress(|config| config.max_response_bytes = 1 << 20);
    for coding in ["gzip", "deflate", "br"] {
        let bomb = encoded(&vec![0; 64 << 20], coding);
        assert!(bomb.len() < 1 << 20);
        let server = serving(coding, bomb);
        let error = got(&egress, get(&server.url("/"))).unwrap_err();
        assert!(
            matches!(
                error,
                HttpError::TooLarge {
                    limit_bytes: 0x10_0000,
                    ..
                }
            ),
            "{coding}: {error}"
        );
    }
    let nested = encoded(&encoded(&vec![0; 64 << 20], "gzip"), "gzip");
    let server = serving("gzip, gzip", nested);
    assert!(matches!(
        got(&egress, get(&server.url("/"))),
        Err(HttpError::TooLarge { .. })
    ));
}

#[test]
fn brotli_beyond_its_places_waits_for_its_turn() {
    let egress = egress(|config| config.max_brotli = 1);
    let server = serving("br", encoded(&text(), "br"));
    let mut first = block_on(egress.fetch(get(&server.url("/")))).unwrap();
    assert!(block_on(first.body.next()).unwrap().is_some());
    let hurried = HttpRequest {
        deadline: std::time::Instant::now() + std::time::Duration::from_millis(200),
        ..get(&server.url("/"))
    };
    let error = got(&egress, hurried).unwrap_err();
    assert!(matches!(error, HttpError::TimedOut { .. }), "{error}");
    drop(first);
    assert!(got(&egress, get(&server.url("/"))).unwrap() == text());
}
