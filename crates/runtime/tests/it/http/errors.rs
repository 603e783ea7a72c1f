//! Every error code that a client can meet, with its status and its envelope.

use std::{collections::HashSet, time::Duration};

use hydra_runtime::{InstanceConfig, http::HttpConfig};
use hydra_types::{Bytes, ErrorCode};

use super::{client::Client, server::Server};

const INVOKE: &str = "/v1/functions/f/invocations";

async fn check(
    client: &mut Client,
    request: (&str, &str, &str, &[u8]),
    status: u16,
    code: ErrorCode,
) -> String {
    let (method, path, headers, body) = request;
    let reply = client.request(method, path, headers, body).await;
    let error = reply.error();
    assert_eq!(
        (reply.status, error.code),
        (status, code),
        "{request:?}: {error:?}"
    );
    error.message
}

#[tokio::test]
async fn requests_that_mean_nothing_are_refused() {
    let server = Server::start().await;
    let client = &mut server.client_with_function().await;
    let json = "content-type: application/json\r\n";
    let bad_request: &[(&str, &str, &str, &[u8])] = &[
        ("PUT", "/v1/functions/f", "", b"code"),
        ("PUT", "/v1/functions/f?runtime=cobol", "", b"code"),
        ("PUT", "/v1/functions/f?runtime=javascript", "", b"code"),
        (
            "PUT",
            "/v1/functions/f?runtime=wasm&memory_mb=0",
            "",
            b"code",
        ),
        (
            "PUT",
            "/v1/functions/f?runtime=wasm&colour=red",
            "",
            b"code",
        ),
        ("PUT", "/v1/functions/.f?runtime=wasm", "", b"code"),
        ("PUT", "/v1/functions/%66?runtime=wasm", "", b"code"),
        ("PUT", "/v1/functions/?runtime=wasm", "", b"code"),
        (
            "PUT",
            "/v1/functions/f?runtime=wasm",
            json,
            br#"{"code":""}"#,
        ),
        (
            "PUT",
            "/v1/functions/f",
            json,
            br#"{"spec":{"runtime":"wasm"}}"#,
        ),
        (
            "PUT",
            "/v1/functions/f",
            json,
            br#"{"spec":{"runtime":"wasm","env":{"A=":""}},"code":""}"#,
        ),
        ("POST", "/v1/functions/f/invocations?log=all", "", b""),
        ("POST", INVOKE, "x-hydra-log: all\r\n", b""),
        ("POST", "/v1/functions/f/warmup?count=10001", "", b""),
        ("POST", "/v1/functions/f/restore?count=x", "", b""),
    ];
    for &request in bad_request {
        check(client, request, 400, ErrorCode::BadRequest).await;
    }
    check(
        client,
        ("PUT", "/v1/functions/f", json, b"{\"code\":"),
        400,
        ErrorCode::BadJson,
    )
    .await;
    let message = check(
        client,
        ("POST", INVOKE, "", b"{\n  oops}"),
        400,
        ErrorCode::BadJson,
    )
    .await;
    assert!(message.contains("line 2 column 3"), "{message}");
    check(
        client,
        ("GET", "/nowhere", "", b""),
        404,
        ErrorCode::RouteNotFound,
    )
    .await;
}

#[tokio::test]
async fn wrong_methods_are_told_the_right_ones() {
    let server = Server::start().await;
    let mut client = server.client().await;
    for (method, path, allow) in [
        ("GET", INVOKE, "POST"),
        ("POST", "/v1/functions/f", "GET, HEAD, PUT, DELETE"),
        ("PUT", "/metrics", "GET, HEAD"),
        ("BREW", "/", "POST"),
    ] {
        let reply = client.request(method, path, "", b"").await;
        assert_eq!(
            (reply.status, reply.error().code),
            (405, ErrorCode::MethodNotAllowed)
        );
        assert_eq!(reply.header("allow"), Some(allow), "{method} {path}");
    }
}

#[tokio::test]
async fn unknown_functions_are_404_on_every_route_with_a_near_name_as_hint() {
    let server = Server::start().await;
    let mut client = server.client().await;
    client.register("hello").await;
    let reply = client.post("/v1/functions/helo/invocations", "{}").await;
    assert!(
        reply.error().hint.unwrap().contains("\"hello\""),
        "{}",
        reply.text()
    );
    for (method, path) in [
        ("GET", "/v1/functions/nobody"),
        ("DELETE", "/v1/functions/nobody"),
        ("POST", "/v1/functions/nobody/invocations"),
        ("POST", "/v1/functions/nobody/warmup"),
        ("POST", "/v1/functions/nobody/checkpoint"),
        ("POST", "/v1/functions/nobody/restore"),
    ] {
        let reply = client.request(method, path, "", b"").await;
        let error = reply.error();
        assert_eq!(
            (reply.status, error.code),
            (404, ErrorCode::FunctionNotFound),
            "{path}"
        );
        assert!(error.hint.is_some(), "{path}");
    }
}

#[tokio::test]
async fn code_that_does_not_load_says_what_is_wrong_with_it() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let put = "/v1/functions/f?runtime=wasm";
    let broken = client.request("PUT", put, "", b"broken").await;
    let error = broken.error();
    assert_eq!((broken.status, error.code), (400, ErrorCode::CodeInvalid));
    assert!(error.message.contains("line 1 column 7"));
    assert_eq!(error.hint.as_deref(), Some("finish it"));
    let throws = client.request("PUT", put, "", b"throws").await;
    assert_eq!(
        (throws.status, throws.error().code),
        (400, ErrorCode::CodeInvalid)
    );
    assert_eq!(throws.error().stack, ["at top (f.js:1:1)"]);
    let disk = client.request("PUT", put, "", b"disk").await;
    assert_eq!((disk.status, disk.error().code), (500, ErrorCode::Internal));
    assert!(
        disk.error().message.contains("no space left"),
        "{}",
        disk.text()
    );
}

#[tokio::test]
async fn failures_of_a_function_travel_as_500_and_its_timeout_as_504() {
    let server = Server::start().await;
    let client = &mut server.client_with_function().await;
    for (event, status, code) in [
        ("fail", 500, ErrorCode::HandlerError),
        ("trap", 500, ErrorCode::Trap),
        ("cpu", 500, ErrorCode::CpuLimit),
        ("memory", 500, ErrorCode::MemoryLimit),
        ("stack", 500, ErrorCode::StackLimit),
        ("output", 500, ErrorCode::OutputTooLarge),
        ("timeout", 504, ErrorCode::Timeout),
    ] {
        let event = format!(r#"{{"do":"{event}"}}"#);
        check(client, ("POST", INVOKE, "", event.as_bytes()), status, code).await;
    }
    let failed = client.post(INVOKE, r#"{"do":"fail"}"#).await;
    assert_eq!(failed.error().stack, ["at handler (f.js:1:1)"]);
    assert!(
        failed.header("x-hydra-start").is_some(),
        "failures tell their times, too"
    );
}

#[tokio::test]
async fn events_over_the_limit_are_refused_announced_or_not() {
    let server = Server::start().await;
    let mut client = server.client().await;
    client
        .request(
            "PUT",
            "/v1/functions/f?runtime=wasm&input_kb=1",
            "",
            b"code",
        )
        .await;
    let fits = client
        .post(INVOKE, &format!("\"{}\"", "x".repeat(1022)))
        .await;
    assert_eq!(fits.status, 200);
    let large = client.post(INVOKE, &"1".repeat(1025)).await;
    assert_eq!(
        (large.status, large.error().code),
        (413, ErrorCode::InputTooLarge)
    );
    assert!(large.error().message.contains("1 KiB"), "{}", large.text());
    let chunk = format!("401\r\n{}\r\n0\r\n\r\n", "1".repeat(0x401));
    let head = format!("POST {INVOKE} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
    let mut client = server.client().await;
    client
        .send(&[head.as_bytes(), chunk.as_bytes()].concat())
        .await;
    assert_eq!(
        client.reply().await.unwrap().error().code,
        ErrorCode::InputTooLarge
    );
}

#[tokio::test]
async fn code_over_64_mib_is_refused_before_it_is_sent() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let head = "PUT /v1/functions/f?runtime=wasm HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\n\
                content-length: 67108865\r\n\r\n";
    client.send(head.as_bytes()).await;
    let reply = client.reply().await.unwrap();
    assert_eq!(
        (reply.status, reply.error().code),
        (413, ErrorCode::InputTooLarge)
    );
}

#[tokio::test]
async fn a_full_queue_is_429_with_a_time_to_come_back() {
    let server = Server::start().await;
    let mut client = server.client().await;
    client
        .request(
            "PUT",
            "/v1/functions/f?runtime=wasm&concurrency=1&queue=1",
            "",
            b"code",
        )
        .await;
    let waiting = format!(
        "POST {INVOKE} HTTP/1.1\r\nhost: x\r\ncontent-length: 13\r\n\r\n{{\"do\":\"wait\"}}"
    );
    let mut held = Vec::new();
    for (running, queued) in [(1, 0), (1, 1)] {
        let mut client = server.client().await;
        client.send(waiting.as_bytes()).await;
        server.wait_for(running, queued).await;
        held.push(client);
    }
    let refused = client.post(INVOKE, "").await;
    assert_eq!(
        (refused.status, refused.error().code),
        (429, ErrorCode::Overloaded)
    );
    assert!(
        refused
            .header("retry-after")
            .unwrap()
            .parse::<u64>()
            .unwrap()
            >= 1
    );
    server.backend.gate.add_permits(2);
    for client in &mut held {
        assert_eq!(client.reply().await.unwrap().text(), "\"waited\"");
    }
}

#[tokio::test]
async fn an_invocation_that_waits_until_its_deadline_is_429() {
    let server = Server::start().await;
    let mut client = server.client().await;
    client
        .request(
            "PUT",
            "/v1/functions/f?runtime=wasm&concurrency=1&timeout_ms=100",
            "",
            b"code",
        )
        .await;
    let mut first = server.client().await;
    first
        .send(
            format!(
                "POST {INVOKE} HTTP/1.1\r\nhost: x\r\ncontent-length: 13\r\n\r\n{{\"do\":\"wait\"}}"
            )
            .as_bytes(),
        )
        .await;
    server.wait_for(1, 0).await;
    let waited = client.post(INVOKE, "").await;
    assert_eq!(
        (waited.status, waited.error().code),
        (429, ErrorCode::QueueTimeout)
    );
    assert!(waited.header("retry-after").is_some());
    server.backend.gate.add_permits(1);
    assert!(first.reply().await.is_some());
}

#[tokio::test]
async fn a_checkpoint_without_an_idle_sandbox_is_a_conflict() {
    let server = Server::start().await;
    let client = &mut server.client_with_function().await;
    check(
        client,
        ("POST", "/v1/functions/f/checkpoint", "", b""),
        409,
        ErrorCode::Conflict,
    )
    .await;
}

#[tokio::test]
async fn bodies_beyond_the_common_budget_are_429_and_give_their_memory_back() {
    let http = HttpConfig {
        body_budget: Bytes::mib(1),
        ..HttpConfig::default()
    };
    let server = Server::with(http, InstanceConfig::default()).await;
    let mut client = server.client_with_function().await;
    let octets = "content-type: application/octet-stream\r\n";
    let large = vec![b'x'; 2 << 20];
    let refused = client.request("POST", INVOKE, octets, &large).await;
    assert_eq!(
        (refused.status, refused.error().code),
        (429, ErrorCode::Overloaded)
    );
    let mut client = server.client().await;
    for _ in 0..3 {
        let fits = client
            .request("POST", INVOKE, octets, &large[..900 << 10])
            .await;
        assert_eq!(
            (fits.status, fits.body.len()),
            (200, 900 << 10),
            "{:?}",
            fits.headers
        );
    }
}

#[tokio::test]
async fn a_slow_body_is_408_and_the_connection_ends() {
    let server = Server::with_http(HttpConfig {
        body_timeout: Duration::from_millis(200),
        ..HttpConfig::default()
    })
    .await;
    let mut client = server.client_with_function().await;
    client
        .send(
            format!("POST {INVOKE} HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{{").as_bytes(),
        )
        .await;
    let reply = client.reply().await.unwrap();
    assert_eq!(reply.status, 408);
    assert_eq!(reply.error().code, ErrorCode::RequestTimeout);
    assert_eq!(reply.header("connection"), Some("close"));
    assert!(client.rest().await.is_empty());
}

#[tokio::test]
async fn every_refusal_has_an_id_of_its_own() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut seen = HashSet::new();
    for _ in 0..10 {
        assert!(seen.insert(client.get("/nowhere").await.error().request_id));
    }
}
