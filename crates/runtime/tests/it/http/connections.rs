//! What a connection may do: stay, pipeline, speak over a Unix socket, and what it may not: be slow.

use std::{os::unix::fs::PermissionsExt, sync::Arc, time::Duration};

use hydra_runtime::{
    Instance, InstanceConfig,
    http::{Bound, HttpConfig, ListenAddress},
};

use super::{client::Client, scripted::Scripted, server::Server};

const SHORT: Duration = Duration::from_millis(200);

#[tokio::test]
async fn one_connection_serves_many_requests_errors_included() {
    let server = Server::start().await;
    let mut client = server.client_with_function().await;
    for round in 0..100 {
        let body = round.to_string();
        assert_eq!(
            client
                .post("/v1/functions/f/invocations", &body)
                .await
                .text(),
            body
        );
        assert_eq!(
            client.post("/v1/functions/f/invocations", "{").await.status,
            400
        );
        assert_eq!(
            client
                .post("/v1/functions/nobody/invocations", "{}")
                .await
                .status,
            404
        );
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server = Server::start().await;
    let mut client = server.client_with_function().await;
    let requests: String = (0..50)
        .map(|n| format!("POST /v1/functions/f/invocations HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}", n + 10))
        .collect();
    client.send(requests.as_bytes()).await;
    for n in 0..50 {
        assert_eq!(client.reply().await.unwrap().text(), (n + 10).to_string());
    }
}

#[tokio::test]
async fn a_request_may_come_byte_by_byte_and_its_body_in_chunks() {
    let server = Server::start().await;
    let mut client = server.client_with_function().await;
    let request = "POST /v1/functions/f/invocations HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n\
                   1\r\n[\r\n3;extension=1\r\n1,2\r\n1\r\n]\r\n0\r\ntrailer: x\r\n\r\n";
    for byte in request.as_bytes() {
        client.send(&[*byte]).await;
    }
    assert_eq!(client.reply().await.unwrap().text(), "[1,2]");
}

#[tokio::test]
async fn http_1_0_and_connection_close_end_the_connection_after_the_reply() {
    let server = Server::start().await;
    for head in [
        "GET /healthz HTTP/1.0\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    ] {
        let mut client = server.client().await;
        client.send(head.as_bytes()).await;
        let all = client.rest().await;
        assert!(
            all.windows(6).any(|part| part == b" 200 O"),
            "{:?}",
            String::from_utf8_lossy(&all)
        );
    }
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let server = Server::start().await;
    let mut client = server.client().await;
    client
        .send(b"HEAD /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await;
    let all = String::from_utf8(client.rest().await).unwrap();
    assert!(all.starts_with("HTTP/1.1 200"), "{all}");
    assert!(all.ends_with("\r\n\r\n"), "{all}");
}

#[tokio::test]
async fn slow_heads_and_silent_connections_are_closed_while_others_are_served() {
    let server = Server::with_http(HttpConfig {
        head_timeout: SHORT,
        ..HttpConfig::default()
    })
    .await;
    let mut patient = server.client_with_function().await;
    let silent = server.client().await;
    let mut slow = server.client().await;
    slow.send(b"POST / HT").await;
    let mut trickling = server.client().await;
    let trickle = async {
        // Keeps sending; only the server can end this.
        let mut interval = tokio::time::interval(SHORT / 10);
        trickling.send(b"GET / HTTP/1.1\r\n").await;
        for n in 0..100 {
            interval.tick().await;
            trickling
                .send_if_taken(format!("x{n}: y\r\n").as_bytes())
                .await;
        }
        trickling.rest().await
    };
    let (silent, slow, trickling) = tokio::join!(silent.rest(), slow.rest(), trickle);
    for rest in [silent, slow, trickling] {
        assert!(rest.is_empty(), "{:?}", String::from_utf8_lossy(&rest));
    }
    assert_eq!(
        patient.get("/healthz").await.status,
        200,
        "idle is not slow"
    );
}

#[tokio::test]
async fn idle_connections_are_closed_after_the_idle_time() {
    let server = Server::with_http(HttpConfig {
        idle_timeout: SHORT,
        ..HttpConfig::default()
    })
    .await;
    let mut client = server.client().await;
    assert_eq!(client.get("/healthz").await.status, 200);
    assert!(client.rest().await.is_empty());
}

#[tokio::test]
async fn a_long_invocation_is_no_idle_connection() {
    let server = Server::with_http(HttpConfig {
        idle_timeout: SHORT,
        head_timeout: SHORT,
        body_timeout: SHORT,
        write_timeout: SHORT,
        ..HttpConfig::default()
    })
    .await;
    let mut client = server.client_with_function().await;
    let gate = Arc::clone(&server.backend.gate);
    let opener = tokio::spawn(async move {
        tokio::time::sleep(SHORT * 4).await;
        gate.add_permits(1);
    });
    let reply = client
        .post("/v1/functions/f/invocations", r#"{"do":"wait"}"#)
        .await;
    assert_eq!(reply.text(), "\"waited\"");
    opener.await.unwrap();
}

#[tokio::test]
async fn a_client_that_takes_no_bytes_is_cut_off() {
    let server = Server::with_http(HttpConfig {
        write_timeout: SHORT,
        ..HttpConfig::default()
    })
    .await;
    let mut client = server.client().await;
    client
        .request(
            "PUT",
            "/v1/functions/f?runtime=wasm&input_kb=65536&output_kb=65536",
            "",
            b"code",
        )
        .await;
    // Larger than what the kernel buffers of two sockets take.
    let event = vec![b'x'; 32 << 20];
    let head = format!(
        "POST /v1/functions/f/invocations HTTP/1.1\r\nhost: x\r\n\
         content-type: application/octet-stream\r\ncontent-length: {}\r\n\r\n",
        event.len()
    );
    client.send(&[head.as_bytes(), &event].concat()).await;
    let name = "f".parse().unwrap();
    super::server::eventually(|| server.instance.describe(&name).unwrap().invocations == 1).await;
    // Says nothing and reads nothing for longer than the server's patience.
    tokio::time::sleep(SHORT * 5).await;
    let got = client.rest().await;
    assert!(
        got.len() < event.len(),
        "the server kept {} bytes ready",
        event.len()
    );
}

#[tokio::test]
async fn connections_beyond_the_bound_wait_and_are_served_later() {
    let server = Server::with_http(HttpConfig {
        max_connections: 2,
        ..HttpConfig::default()
    })
    .await;
    let mut first = server.client().await;
    let mut second = server.client().await;
    assert_eq!(first.get("/healthz").await.status, 200);
    assert_eq!(second.get("/healthz").await.status, 200);
    let mut third = server.client().await;
    third
        .send(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        .await;
    assert_eq!(second.get("/healthz").await.status, 200);
    drop(first);
    assert_eq!(third.reply().await.unwrap().status, 200);
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_nothing_behind() {
    let server = Server::start().await;
    server.client_with_function().await;
    let mut client = server.client().await;
    client
        .send(b"POST /v1/functions/f/invocations HTTP/1.1\r\nhost: x\r\ncontent-length: 13\r\n\r\n{\"do\":\"wait\"}")
        .await;
    server.wait_for(1, 0).await;
    drop(client);
    server.backend.gate.add_permits(1);
    server.wait_for(0, 0).await;
    assert_eq!(server.client().await.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn a_unix_socket_serves_its_owner_and_goes_with_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hydra.sock");
    // A dead process's socket is in the way; a living one's would be an error.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let backend = Scripted::new();
    let instance = Instance::start(InstanceConfig::default(), vec![Arc::new(backend)]).unwrap();
    let address = ListenAddress::Unix(path.clone());
    let bound = Bound::bind(std::slice::from_ref(&address)).unwrap();
    let running = bound.serve(instance, HttpConfig::default());
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let mut client = Client::connect_unix(&path).await;
    assert_eq!(client.register("f").await.status, 201);
    assert_eq!(
        client.post("/v1/functions/f/invocations", "1").await.text(),
        "1"
    );
    assert!(
        Bound::bind(&[address]).is_err(),
        "somebody is listening there"
    );
    running
        .stop(std::time::Instant::now() + Duration::from_secs(10))
        .await;
    assert!(!path.exists());
}

#[tokio::test]
async fn a_file_that_is_no_socket_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("precious");
    std::fs::write(&path, "data").unwrap();
    assert!(Bound::bind(&[ListenAddress::Unix(path.clone())]).is_err());
    assert_eq!(std::fs::read(&path).unwrap(), b"data");
}
