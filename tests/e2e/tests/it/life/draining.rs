//! The end by signal: what was accepted is answered.

use std::{
    io::{Read, Write},
    thread,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use serde_json::json;

use crate::harness::{
    address::Socket,
    client::{Client, Reply},
    server::Server,
    site::Site,
    wait,
};

const SLOW_CALLS: u64 = 20;

/// Sends invocations that take as long, and returns once all of them run; then runs `meanwhile`. Their replies.
fn while_slow_calls_run(server: &Server, slow_ms: u64, meanwhile: impl FnOnce()) -> Vec<Reply> {
    let code = format!(
        "export const handler = (event) => new Promise((done) => setTimeout(done, {slow_ms}, event))"
    );
    let mut client = server.client();
    client.register("slow", "runtime=javascript", code.as_bytes());
    thread::scope(|scope| {
        let calls: Vec<_> = (0..SLOW_CALLS)
            .map(|event| scope.spawn(move || server.client().invoke("slow", &event.to_string())))
            .collect();
        wait::until("all of them run", Duration::from_secs(10), || {
            client.running() == SLOW_CALLS
        });
        meanwhile();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    })
}

/// A connection with the beginning of a request that the server has read.
fn begun_request(server: &Server, beginning: &str) -> Socket {
    let before = server.process().descriptors();
    let mut socket = server.address().connect().unwrap();
    socket.write_all(beginning.as_bytes()).unwrap();
    wait::until("it is accepted", Duration::from_secs(5), || {
        server.process().descriptors() > before
    });
    socket
}

/// Sends the rest of the request; all that comes back.
fn finish_request(mut socket: Socket, rest: &str) -> String {
    socket.write_all(rest.as_bytes()).unwrap();
    let mut all = String::new();
    socket.read_to_string(&mut all).unwrap();
    all
}

fn wait_until_it_drains(server: &Server) {
    wait::until("it takes no connections", Duration::from_secs(5), || {
        server.address().connect().is_err()
    });
}

#[test]
fn a_drain_answers_all_that_was_accepted_and_exits_with_0() {
    for signal in [Signal::TERM, Signal::INT] {
        let site = Site::take();
        let mut server = site.start(&[]);
        let replies = while_slow_calls_run(&server, 1500, || {
            let head = "POST /v1/functions/slow/invocations HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\n1";
            let late = begun_request(&server, head);
            server.signal(signal);
            wait_until_it_drains(&server);
            let refused = finish_request(late, "23");
            assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
            for part in [
                "\"code\":\"draining\"",
                "retry-after: ",
                "connection: close",
            ] {
                assert!(refused.contains(part), "{part} in {refused}");
            }
        });
        for (event, reply) in (0..).zip(replies) {
            assert_eq!(reply.status, 200, "{reply:?}");
            assert_eq!(reply.json(), json!(event));
        }
        assert_eq!(server.wait(Duration::from_secs(5)).code(), Some(0));
        server.assert_no_complaint();
    }
}

#[test]
fn a_request_half_sent_before_a_drain_is_told_that_it_drains_and_an_unused_connection_is_closed() {
    let site = Site::take();
    let mut server = site.start(&[]);
    while_slow_calls_run(&server, 1500, || {
        let mut unused = begun_request(&server, "");
        let begun = begun_request(&server, "GET /healthz HTTP/1.1\r\nho");
        server.signal(Signal::TERM);
        wait_until_it_drains(&server);
        let begun = finish_request(begun, "st: x\r\n\r\n");
        assert!(
            begun.starts_with("HTTP/1.1 503"),
            "a request half sent: {begun:?}"
        );
        assert!(begun.contains("\"status\":\"draining\""), "{begun}");
        // One that has sent nothing is closed; a client that pools connections tries another.
        let mut rest = String::new();
        unused.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "");
    });
    assert_eq!(server.wait(Duration::from_secs(5)).code(), Some(0));
}

#[test]
fn a_drain_that_takes_too_long_answers_draining_and_exits_with_1() {
    let site = Site::take();
    let mut server = site.start(&["--drain", "300ms"]);
    let began = Instant::now();
    let replies = while_slow_calls_run(&server, 20_000, || server.signal(Signal::TERM));
    for reply in replies {
        assert_eq!(reply.status, 503, "{reply:?}");
        assert_eq!(reply.code(), "draining");
    }
    assert_eq!(server.wait(Duration::from_secs(5)).code(), Some(1));
    assert!(began.elapsed() < Duration::from_secs(15));
    let log = server.log();
    assert!(
        log.contains(&format!("{SLOW_CALLS} accepted invocations")),
        "{log}"
    );
    assert!(log.contains("hint: "), "{log}");
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let site = Site::take();
    let mut server = site.start(&[]);
    let code = b"export const handler = () => new Promise((done) => setTimeout(done, 20_000))";
    let mut client = server.client();
    client.register("slow", "runtime=javascript", code);
    let address = server.address().clone();
    let call = thread::spawn(move || {
        let mut client = Client::new(address);
        client.try_request("POST", "/v1/functions/slow/invocations", "", b"1")
    });
    wait::until("it runs", Duration::from_secs(10), || client.running() == 1);
    server.signal(Signal::TERM);
    wait_until_it_drains(&server);
    server.signal(Signal::TERM);
    assert_eq!(server.wait(Duration::from_secs(5)).code(), Some(1));
    let _cut_or_refused = call.join().unwrap();
}
