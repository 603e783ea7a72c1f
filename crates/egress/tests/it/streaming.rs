//! Bodies in pieces, and exchanges that end early.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use hydra_sandbox::{HttpError, HttpRequest};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::harness::{Server, block_on, body, egress, eventually, fetch, get, read_head, request};

/// Sends as much as is taken, and counts it.
fn endless(sent: Arc<AtomicU64>) -> Server {
    Server::raw(move |mut stream: TcpStream| {
        let sent = sent.clone();
        async move {
            if !read_head(&mut stream).await {
                return;
            }
            let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n";
            let mut piece: &[u8] = head;
            while stream.write_all(piece).await.is_ok() {
                piece = &[b'x'; 16 << 10];
                sent.fetch_add(16 << 10, Ordering::SeqCst);
            }
        }
    })
}

/// Sends `head` and then nothing, until the client goes away.
fn silent(head: &'static [u8]) -> Server {
    Server::raw(move |mut stream: TcpStream| async move {
        if read_head(&mut stream).await && stream.write_all(head).await.is_ok() {
            let _ = stream.read_u8().await;
        }
    })
}

const STARTED: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345";

#[test]
fn what_a_guest_does_not_read_is_not_sent() {
    let sent = Arc::new(AtomicU64::new(0));
    let (server, egress) = (endless(sent.clone()), egress(|_| {}));
    let mut response = block_on(egress.fetch(get(&server.url("/")))).unwrap();
    let settled = || {
        let mut before = u64::MAX;
        loop {
            let now = sent.load(Ordering::SeqCst);
            if now == before {
                return now;
            }
            before = now;
            thread::sleep(Duration::from_millis(200));
        }
    };
    let unread = settled();
    println!("sent while nobody read: {} KiB", unread >> 10);
    assert!(unread < 4 << 20, "{unread}");
    let mut read = 0;
    while read < 32 << 20 {
        read += block_on(response.body.next()).unwrap().unwrap().len();
    }
    let after = settled();
    assert!((32 << 20..48 << 20).contains(&after), "{after}");
    drop(response);
    eventually("the server sees the close", || server.open() == 0);
}

#[test]
fn dropping_a_fetch_or_a_body_closes_the_connection() {
    let egress = egress(|_| {});
    let before_head = silent(b"");
    let fetching = egress.fetch(get(&before_head.url("/")));
    let hurry = thread::spawn(move || {
        let mut fetching = fetching;
        let polled = std::future::poll_fn(|cx| {
            std::task::Poll::Ready(fetching.as_mut().poll(cx).is_pending())
        });
        assert!(block_on(polled));
        thread::sleep(Duration::from_millis(100));
        drop(fetching);
    });
    eventually("the request arrives", || before_head.accepted() == 1);
    hurry.join().unwrap();
    eventually("the server sees the close", || before_head.open() == 0);

    let in_body = silent(STARTED);
    let mut response = block_on(egress.fetch(get(&in_body.url("/")))).unwrap();
    assert_eq!(block_on(response.body.next()).unwrap().unwrap(), "12345");
    assert_eq!(in_body.open(), 1);
    drop(response);
    eventually("the server sees the close", || in_body.open() == 0);

    let connecting = egress.fetch(get(&in_body.url("/")));
    drop(connecting);
    assert_eq!(in_body.accepted(), 1);
}

#[test]
fn deadlines_end_heads_and_bodies() {
    let egress = egress(|_| {});
    let soon = |url: &str| HttpRequest {
        deadline: Instant::now() + Duration::from_millis(200),
        ..get(url)
    };
    for head in [&b""[..], STARTED] {
        let server = silent(head);
        let start = Instant::now();
        let error = fetch(&egress, soon(&server.url("/"))).unwrap_err();
        let expected = format!("127.0.0.1:{} did not answer in time", server.port);
        assert_eq!(error.to_string(), expected);
        let took = start.elapsed();
        assert!((200..2000).contains(&took.as_millis()), "{took:?}");
        eventually("the server sees the close", || server.open() == 0);
    }
}

#[test]
fn waiting_for_a_piece_can_be_given_up_without_losing_it() {
    let server = Server::raw(|mut stream: TcpStream| async move {
        read_head(&mut stream).await;
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n";
        let _ = stream.write_all(head).await;
        for byte in *b"abc" {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let _ = stream.write_u8(byte).await;
        }
    });
    let egress = egress(|_| {});
    let mut response = block_on(egress.fetch(get(&server.url("/")))).unwrap();
    let mut text = Vec::new();
    loop {
        // Each future is polled once and dropped.
        let mut next = response.body.next();
        let once = std::future::poll_fn(|cx| std::task::Poll::Ready(next.as_mut().poll(cx)));
        match block_on(once) {
            std::task::Poll::Ready(Ok(Some(piece))) => text.extend_from_slice(&piece),
            std::task::Poll::Ready(end) => {
                assert_eq!(end, Ok(None));
                break;
            }
            std::task::Poll::Pending => thread::sleep(Duration::from_millis(5)),
        }
    }
    assert_eq!(text, b"abc");
}

#[test]
fn bodies_that_break_off_are_errors_and_then_ended() {
    let server = Server::raw(|mut stream: TcpStream| async move {
        read_head(&mut stream).await;
        let _ = stream.write_all(STARTED).await;
    });
    let egress = egress(|_| {});
    block_on(async {
        let mut response = egress.fetch(get(&server.url("/"))).await.unwrap();
        assert_eq!(response.body.next().await.unwrap().unwrap(), "12345");
        let error = response.body.next().await.unwrap_err();
        assert!(matches!(error, HttpError::Broken { .. }), "{error}");
        assert_eq!(response.body.next().await, Ok(None));
    });
}

#[test]
fn large_bodies_arrive_whole_in_both_directions() {
    let server =
        Server::start(|_, body| http::Response::new(http_body_util::Full::from(body.to_vec())));
    let egress = egress(|_| {});
    let sent: Vec<u8> = (0..5_000_000_u32)
        .map(|number| number.to_le_bytes()[1])
        .collect();
    let mut asked = request("POST", &server.url("/"));
    asked.body = sent.clone().into();
    let got = block_on(async { body(egress.fetch(asked).await.unwrap()).await.unwrap() });
    assert!(got == sent);
}
