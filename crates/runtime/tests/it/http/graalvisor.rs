//! The routes of Graalvisor's clients.

use hydra_api::graalvisor::Reply;
use hydra_types::ErrorCode;

use super::server::Server;

#[tokio::test]
async fn a_function_is_registered_invoked_warmed_and_removed() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let register = "/register?name=hw&language=rust&entryPoint=main&sandbox=isolate&svmid=1";
    let registered = client.post(register, "code").await;
    assert_eq!(
        (registered.status, registered.text()),
        (200, "Function hw registered!")
    );
    assert_eq!(
        registered.header("content-type"),
        Some("text/plain; charset=utf-8")
    );

    let invoked = client
        .post(
            "/",
            r#"{"name":"hw","async":"false","arguments":"{\"a\":1}"}"#,
        )
        .await;
    assert_eq!(invoked.status, 200, "{}", invoked.text());
    assert_eq!(invoked.json::<Reply>().result, r#"{"a":1}"#);
    assert!(invoked.text().contains(r#""process time (us)":"#));

    let warmed = client
        .post(
            "/warmup?concurrency=4&requests=20",
            r#"{"name":"hw","arguments":"7"}"#,
        )
        .await;
    assert_eq!(
        (warmed.status, warmed.json::<Reply>().result.as_str()),
        (200, "7")
    );
    let status = server.instance.describe(&"hw".parse().unwrap()).unwrap();
    assert_eq!(status.invocations, 21);
    assert!(status.idle >= 1, "sandboxes stay warm");

    let removed = client.post("/deregister", r#"{"name":"hw"}"#).await;
    assert_eq!(
        (removed.status, removed.text()),
        (200, "Function hw removed!")
    );
    client.post(register, "code").await;
    assert_eq!(client.post("/deregister?name=hw", "").await.status, 200);
    assert!(server.instance.describe(&"hw".parse().unwrap()).is_none());
}

#[tokio::test]
async fn requests_that_mean_nothing_get_the_envelope() {
    let server = Server::start().await;
    let mut client = server.client_with_function().await;
    for (path, body, status, code) in [
        ("/register?language=js", "code", 400, ErrorCode::BadRequest),
        (
            "/register?name=f&language=java",
            "code",
            400,
            ErrorCode::BadRequest,
        ),
        (
            "/register?name=f&language=c",
            "broken",
            400,
            ErrorCode::CodeInvalid,
        ),
        ("/", "", 400, ErrorCode::BadJson),
        ("/", r#"{"arguments":"1"}"#, 400, ErrorCode::BadJson),
        ("/", r#"{"name":"a/b"}"#, 400, ErrorCode::BadRequest),
        (
            "/",
            r#"{"name":"nobody"}"#,
            404,
            ErrorCode::FunctionNotFound,
        ),
        (
            "/",
            r#"{"name":"f","arguments":"{\"do\":\"fail\"}"}"#,
            500,
            ErrorCode::HandlerError,
        ),
        (
            "/deregister",
            r#"{"name":"nobody"}"#,
            404,
            ErrorCode::FunctionNotFound,
        ),
        (
            "/warmup?requests=0",
            r#"{"name":"f"}"#,
            400,
            ErrorCode::BadRequest,
        ),
        (
            "/warmup?requests=10001",
            r#"{"name":"f"}"#,
            400,
            ErrorCode::BadRequest,
        ),
        (
            "/warmup",
            r#"{"name":"nobody"}"#,
            404,
            ErrorCode::FunctionNotFound,
        ),
        (
            "/warmup?requests=3",
            r#"{"name":"f","arguments":{"do":"trap"}}"#,
            500,
            ErrorCode::Trap,
        ),
    ] {
        let reply = client.post(path, body).await;
        assert_eq!(
            (reply.status, reply.error().code),
            (status, code),
            "{path} {body}"
        );
    }
}
