//! Sizes, counts, and servers that misbehave.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::Response;
use http_body_util::Full;
use hydra_sandbox::HttpError;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::harness::{
    Server, block_on, egress, eventually, fetch, get, header, read_head, request,
};

#[test]
fn requests_arrive_as_they_were_meant() {
    let (server, egress) = (Server::echo(), egress(|_| {}));
    let mut asked = request("POST", &server.url("/path?a=b#fragment"));
    asked.body = "hello".into();
    for (name, value) in [
        ("X-One", "1"),
        ("X-Two", "2"),
        ("x-one", "3"),
        ("Connection", "close"),
    ] {
        header(&mut asked, name, value);
    }
    let (head, text) = fetch(&egress, asked).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.remove(0), "POST /path?a=b HTTP/1.1");
    lines.sort_unstable();
    let host = format!("host: 127.0.0.1:{}", server.port);
    let expected = [
        "accept-encoding: gzip, deflate, br",
        "content-length: 5",
        "hello",
        host.as_str(),
        "x-one: 1",
        "x-one: 3",
        "x-two: 2",
    ];
    assert_eq!(lines, expected);
    assert_eq!(
        (head.status, head.reason.as_str(), head.redirected),
        (200, "OK", false)
    );
    assert_eq!(head.url, server.url("/path?a=b"));

    let (_, text) = fetch(&egress, request("POST", &server.url("/"))).unwrap();
    assert!(text.contains("content-length: 0"), "{text}");
    let (_, text) = fetch(&egress, get(&server.url("/"))).unwrap();
    assert!(!text.contains("content-length"), "{text}");
    let mut named = get(&server.url("/"));
    header(&mut named, "Host", "other.example");
    let (_, text) = fetch(&egress, named).unwrap();
    assert!(text.contains("host: other.example\n"), "{text}");
}

#[test]
fn headers_that_would_smuggle_are_not_sent() {
    let (server, egress) = (Server::echo(), egress(|_| {}));
    for (name, value) in [
        ("x", "a\r\nhost: b"),
        ("x: y\r\nz", "a"),
        ("transfer-encoding", "chunked"),
        ("content-length", "3"),
    ] {
        let mut asked = request("POST", &server.url("/"));
        asked.body = "hello".into();
        header(&mut asked, name, value);
        let error = fetch(&egress, asked).unwrap_err();
        assert!(matches!(error, HttpError::Invalid { .. }), "{error}");
    }
    assert_eq!(server.accepted(), 0);
}

#[test]
fn responses_are_bounded() {
    let large_value = || {
        Server::start(|_, _| {
            let value = "v".repeat(70 << 10);
            let reply = Response::builder().header("x", value);
            reply.body(Full::default()).unwrap()
        })
    };
    let many_fields = || {
        Server::start(|_, _| {
            let mut reply = Response::builder();
            for number in 0..300 {
                reply = reply.header(format!("x-{number}"), "y");
            }
            reply.body(Full::default()).unwrap()
        })
    };
    let large_body = || Server::start(|_, _| Response::new(Full::from(vec![b'x'; 200_000])));
    let egress = egress(|config| config.max_response_bytes = 100_000);
    for (server, what) in [
        (large_value(), "the head of the response"),
        (many_fields(), "the head of the response"),
        (large_body(), "the body of the response"),
    ] {
        let error = fetch(&egress, get(&server.url("/"))).unwrap_err();
        let is_it = matches!(&error, HttpError::TooLarge { what: found, .. } if *found == what);
        assert!(is_it, "{what}: {error:?}");
    }
    let mut asked = request("POST", &large_body().url("/"));
    asked.body = vec![0; (64 << 20) + 1].into();
    let error = fetch(&egress, asked).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("passed the limit of 67108864 bytes"),
        "{error}"
    );
}

#[test]
fn what_is_no_http_is_an_error() {
    let egress = egress(|_| {});
    for reply in [
        "",
        "SSH-2.0-OpenSSH_9.0\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
    ] {
        let server = Server::raw(move |mut stream: TcpStream| async move {
            read_head(&mut stream).await;
            let _ = stream.write_all(reply.as_bytes()).await;
        });
        let outcome = fetch(&egress, get(&server.url("/")));
        assert!(
            matches!(outcome, Err(HttpError::Broken { .. })),
            "{reply:?}: {outcome:?}"
        );
    }
    let gone = Server::echo();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = listener.local_addr().unwrap();
    drop((gone, listener));
    let error = fetch(&egress, get(&format!("http://{closed}/"))).unwrap_err();
    let expected = format!("cannot connect to {closed}: ");
    assert!(error.to_string().starts_with(&expected), "{error}");
    assert_eq!(error.code(), "ECONNREFUSED");
}

#[test]
fn connections_that_the_server_closes_at_the_wrong_moment_are_replaced_for_safe_methods() {
    // Each connection answers once, and ends at its second request.
    let server = Server::raw(|mut stream: TcpStream| async move {
        if read_head(&mut stream).await {
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
                .await;
            read_head(&mut stream).await;
        }
    });
    let egress = egress(|_| {});
    for connections in 1..4 {
        let (_, text) = fetch(&egress, get(&server.url("/"))).unwrap();
        assert_eq!((text.as_str(), server.accepted()), ("ok", connections));
    }
    let error = fetch(&egress, request("POST", &server.url("/"))).unwrap_err();
    assert!(matches!(error, HttpError::Broken { .. }), "{error}");
    assert_eq!(server.accepted(), 3);
}

#[test]
fn connections_are_bounded_and_their_places_come_back() {
    let waiting = Arc::new(AtomicUsize::new(0));
    let counted = waiting.clone();
    let server = Server::raw(move |mut stream: TcpStream| {
        let waiting = counted.clone();
        async move {
            if read_head(&mut stream).await {
                waiting.fetch_add(1, Ordering::SeqCst);
                read_head(&mut stream).await;
            }
        }
    });
    for (all, own, whose) in [(2, 5, "this process"), (5, 2, "its egress list")] {
        waiting.store(0, Ordering::SeqCst);
        let egress = egress(|config| {
            config.max_connections = all;
            config.max_connections_per_policy = own;
            config.connect_timeout = Duration::from_millis(300);
        });
        let mut held: Vec<_> = (0..2)
            .map(|_| egress.fetch(get(&server.url("/"))))
            .collect();
        let mut poll_all = || {
            let polled = std::future::poll_fn(|cx| {
                for one in &mut held {
                    assert!(one.as_mut().poll(cx).is_pending());
                }
                std::task::Poll::Ready(())
            });
            block_on(polled);
        };
        poll_all();
        eventually("two connections are held", || {
            waiting.load(Ordering::SeqCst) == 2
        });
        let error = fetch(&egress, get(&server.url("/"))).unwrap_err();
        let expected = format!("{whose} has its 2 connections open");
        assert!(error.to_string().contains(&expected), "{error}");
        drop(held);
        let echo = Server::echo();
        assert!(fetch(&egress, get(&echo.url("/"))).is_ok());
    }
}

#[test]
fn idle_connections_are_closed() {
    let egress = egress(|config| config.idle_timeout = Duration::from_millis(200));
    let server = Server::echo();
    fetch(&egress, get(&server.url("/"))).unwrap();
    assert_eq!(server.open(), 1);
    eventually("the idle connection closes", || server.open() == 0);
}
