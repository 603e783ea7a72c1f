//! Every route of the native API doing what it is for.

use base64::{Engine, engine::general_purpose::STANDARD};
use hydra_api::{FunctionReply, FunctionsReply, PutReply, RestoreReply, WarmUpReply};

use super::server::Server;

#[tokio::test]
async fn a_function_is_registered_described_listed_replaced_and_removed() {
    let server = Server::start().await;
    let mut client = server.client().await;

    let path = "/v1/functions/f?runtime=wasm&handler=h&memory_mb=7&timeout_ms=900";
    let new = client.request("PUT", path, "", b"code").await;
    assert_eq!(new.status, 201, "{}", new.text());
    let put: PutReply = new.json();
    assert!(!put.replaced);
    assert_eq!(put.function.limits.memory_mb, 7);
    assert_eq!(put.function.limits.timeout_ms, 900);
    assert_eq!(put.function.handler.as_deref(), Some("h"));
    assert_eq!(put.function.image.function_bytes, 3);

    let described = client.get("/v1/functions/f").await;
    assert_eq!(described.status, 200);
    assert_eq!(
        described.json::<FunctionReply>().version,
        put.function.version
    );

    let replaced = client.register("f").await;
    assert_eq!(replaced.status, 200);
    let replaced: PutReply = replaced.json();
    assert!(replaced.replaced && replaced.function.version > put.function.version);

    client.register("e").await;
    let list: FunctionsReply = client.get("/v1/functions").await.json();
    let names: Vec<_> = list
        .functions
        .iter()
        .map(|function| function.name.as_str())
        .collect();
    assert_eq!(names, ["e", "f"]);

    let removed = client.request("DELETE", "/v1/functions/f", "", b"").await;
    assert_eq!((removed.status, removed.body.len()), (204, 0));
    assert_eq!(client.get("/v1/functions/f").await.status, 404);
}

#[tokio::test]
async fn a_json_registration_brings_environment_and_binary_code() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let body = br#"{"spec":{"runtime":"wasm","env":{"KEY":"secret"}},"code_base64":"AGFzbQ=="}"#;
    let put = client
        .request(
            "PUT",
            "/v1/functions/f",
            "content-type: application/json; charset=utf-8\r\n",
            body,
        )
        .await;
    assert_eq!(put.status, 201, "{}", put.text());
    assert_eq!(put.json::<PutReply>().function.env_names, ["KEY"]);
    assert!(!put.text().contains("secret"));
}

#[tokio::test]
async fn an_invocation_replies_with_its_result_and_tells_where_the_time_went() {
    let server = Server::start().await;
    let mut client = server.client_with_function().await;
    let first = client
        .post("/v1/functions/f/invocations", r#"{"a": 1}"#)
        .await;
    assert_eq!((first.status, first.text()), (200, r#"{"a": 1}"#));
    assert_eq!(first.header("content-type"), Some("application/json"));
    assert_eq!(first.header("x-hydra-start"), Some("restored"));
    assert_eq!(first.header("x-hydra-request-id").unwrap().len(), 36);
    for name in ["x-hydra-queue-us", "x-hydra-restore-us", "x-hydra-run-us"] {
        assert!(first.header(name).unwrap().parse::<u64>().is_ok(), "{name}");
    }
    assert_eq!(first.header("x-hydra-log-tail"), None);
    let second = client.post("/v1/functions/f/invocations", "").await;
    assert_eq!((second.status, second.text()), (200, "null"));
    assert_eq!(second.header("x-hydra-start"), Some("warm"));
    assert_ne!(
        first.header("x-hydra-request-id"),
        second.header("x-hydra-request-id")
    );
}

#[tokio::test]
async fn the_content_type_decides_between_json_and_bytes() {
    let server = Server::start().await;
    let mut client = server.client_with_function().await;
    let path = "/v1/functions/f/invocations";
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    let reply = client.request("POST", path, form, b"[1]").await;
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let octets = "content-type: application/octet-stream\r\n";
    let reply = client.request("POST", path, octets, b"\xff\x00[").await;
    assert_eq!((reply.status, &reply.body[..]), (200, &b"\xff\x00["[..]));
    assert_eq!(
        reply.header("content-type"),
        Some("application/octet-stream")
    );
    let reply = client.post(path, r#"{"do":"raw"}"#).await;
    assert_eq!(
        reply.header("content-type"),
        Some("application/octet-stream")
    );
    assert_eq!(reply.body, [0, 159, 146, 150]);
}

#[tokio::test]
async fn the_end_of_the_log_comes_when_asked_for_by_query_or_header() {
    let server = Server::start().await;
    let mut client = server.client_with_function().await;
    let event = br#"{"do":"log","text":"hello\nlog"}"#;
    let log = |tail: Option<&str>| STANDARD.decode(tail.unwrap()).unwrap();
    let path = "/v1/functions/f/invocations";
    let by_query = client
        .request("POST", &format!("{path}?log=tail"), "", event)
        .await;
    assert_eq!(log(by_query.header("x-hydra-log-tail")), b"hello\nlog");
    let by_header = client
        .request("POST", path, "x-hydra-log: tail\r\n", event)
        .await;
    assert_eq!(log(by_header.header("x-hydra-log-tail")), b"hello\nlog");
    let failed = client
        .post(&format!("{path}?log=tail"), r#"{"do":"fail"}"#)
        .await;
    assert_eq!(failed.status, 500);
    assert_eq!(log(failed.header("x-hydra-log-tail")), b"about to fail\n");
}

#[tokio::test]
async fn sandboxes_are_warmed_checkpointed_and_restored() {
    let server = Server::start().await;
    let mut client = server.client_with_function().await;
    let warm = client.post("/v1/functions/f/warmup?count=3", "").await;
    assert_eq!(warm.json::<WarmUpReply>().idle, 3, "{}", warm.text());
    let before: FunctionReply = client.get("/v1/functions/f").await.json();
    assert_eq!(before.counts.idle, 3);
    client.post("/v1/functions/f/invocations", "").await;
    // The reply leaves before the sandbox is put away.
    server.wait_for(0, 0).await;
    let checkpoint = client.post("/v1/functions/f/checkpoint", "").await;
    assert_eq!(checkpoint.status, 200, "{}", checkpoint.text());
    assert!(checkpoint.json::<PutReply>().function.version > before.version);
    let restored = client.post("/v1/functions/f/restore?count=2", "").await;
    assert_eq!(
        restored.json::<RestoreReply>().count,
        2,
        "{}",
        restored.text()
    );
}

#[tokio::test]
async fn health_and_metrics_can_be_asked_for() {
    let server = Server::start().await;
    let mut client = server.client_with_function().await;
    client.post("/v1/functions/f/invocations", "").await;
    let health = client.get("/healthz").await;
    assert_eq!(health.status, 200);
    assert!(
        health.text().contains(r#""status":"ok""#),
        "{}",
        health.text()
    );
    let metrics = client.get("/metrics").await;
    assert_eq!(metrics.status, 200);
    assert!(
        metrics.text().contains("hydra_invocations_total"),
        "{}",
        metrics.text()
    );
}
