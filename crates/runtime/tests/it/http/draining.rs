//! Stopping a server: nothing accepted is lost, nothing new is taken, and it ends in time.

use std::time::{Duration, Instant};

use hydra_types::ErrorCode;
use tokio::net::TcpStream;

use super::server::{Server, eventually};

const WAIT: &[u8] =
    b"POST /v1/functions/f/invocations HTTP/1.1\r\nhost: x\r\ncontent-length: 13\r\n\r\n{\"do\":\"wait\"}";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_accepted_is_answered_and_the_port_is_closed() {
    let server = Server::start().await;
    server.client_with_function().await;
    let mut clients = Vec::new();
    for _ in 0..50 {
        let mut client = server.client().await;
        client.send(WAIT).await;
        clients.push(client);
    }
    server.wait_for(50, 0).await;
    let (address, gate) = (server.address, server.backend.gate.clone());
    let stopping = tokio::spawn(
        server
            .running
            .stop(Instant::now() + Duration::from_secs(20)),
    );
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    gate.add_permits(50);
    for client in &mut clients {
        assert_eq!(client.reply().await.unwrap().text(), "\"waited\"");
        assert!(
            client.reply().await.is_none(),
            "the connection ends after the reply"
        );
    }
    assert_eq!(stopping.await.unwrap().unfinished, 0);
}

#[tokio::test]
async fn idle_connections_do_not_hold_the_server_up() {
    let server = Server::start().await;
    let mut client = server.client_with_function().await;
    assert_eq!(client.get("/healthz").await.status, 200);
    let start = Instant::now();
    let stopped = server.running.stop(start + Duration::from_secs(60)).await;
    assert_eq!(stopped.unfinished, 0);
    assert!(start.elapsed() < Duration::from_secs(10));
    assert!(client.rest().await.is_empty());
}

#[tokio::test]
async fn what_never_ends_is_counted_and_answered_with_503_at_the_deadline() {
    let server = Server::start().await;
    server.client_with_function().await;
    let mut client = server.client().await;
    client.send(WAIT).await;
    server.wait_for(1, 0).await;
    let start = Instant::now();
    let stopped = server
        .running
        .stop(start + Duration::from_millis(200))
        .await;
    assert_eq!(stopped.unfinished, 1);
    assert!(start.elapsed() < Duration::from_secs(10));
    let reply = client.reply().await.unwrap();
    assert_eq!(
        (reply.status, reply.error().code),
        (503, ErrorCode::Draining)
    );
    assert!(client.rest().await.is_empty());
}

#[tokio::test]
async fn an_instance_that_drains_refuses_with_503_and_closes() {
    let server = Server::start().await;
    let mut busy = server.client_with_function().await;
    busy.send(WAIT).await;
    server.wait_for(1, 0).await;
    let instance = server.instance.clone();
    let draining = tokio::spawn(async move {
        instance
            .drain(Instant::now() + Duration::from_secs(20))
            .await
    });
    let mut refused = None;
    let mut client = server.client().await;
    while refused.is_none() {
        let reply = client.post("/v1/functions/f/invocations", "").await;
        refused = (reply.status != 200).then_some(reply);
    }
    let refused = refused.unwrap();
    assert_eq!(
        (refused.status, refused.error().code),
        (503, ErrorCode::Draining)
    );
    assert!(refused.header("retry-after").is_some());
    assert_eq!(refused.header("connection"), Some("close"));
    server.backend.gate.add_permits(1);
    assert_eq!(busy.reply().await.unwrap().text(), "\"waited\"");
    assert_eq!(draining.await.unwrap().unfinished, 0);
}

#[tokio::test]
async fn dropping_the_server_closes_everything() {
    let server = Server::start().await;
    let mut client = server.client_with_function().await;
    client.send(WAIT).await;
    server.wait_for(1, 0).await;
    let Server {
        running,
        instance,
        backend,
        ..
    } = server;
    drop(running);
    assert!(client.rest().await.is_empty());
    backend.gate.add_permits(1);
    eventually(|| instance.describe(&"f".parse().unwrap()).unwrap().running == 0).await;
}
