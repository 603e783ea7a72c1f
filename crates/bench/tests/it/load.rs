//! The load generator against servers that answer rightly, wrongly, in pieces, or not at all.

use std::{
    net::TcpListener,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use bytes::Bytes;
use hydra_bench::load::{self, ErrorCounts, LoadConfig, LoadReport};

use crate::server::{Server, reply};

const GOOD: &str = r#"{"message":"Hello, Ada!"}"#;

fn config(urls: &[String], requests: u64) -> LoadConfig {
    LoadConfig {
        targets: urls.iter().map(|url| url.parse().unwrap()).collect(),
        body: Bytes::from_static(br#"{"name":"Ada"}"#),
        expected: Some(Bytes::from_static(GOOD.as_bytes())),
        connections: 4,
        warm_up: Duration::ZERO,
        duration: Duration::from_secs(20),
        max_requests: requests,
        server_pid: None,
    }
}

fn run_against(server: &Server, requests: u64) -> LoadReport {
    load::run(&config(&[format!("http://{}/f", server.address)], requests)).unwrap()
}

#[test]
fn right_replies_are_counted_and_connections_kept() {
    let server = Server::start(|_, path, body| {
        assert_eq!((path, body), ("/f", r#"{"name":"Ada"}"#));
        reply(200, GOOD)
    });
    let report = run_against(&server, 1000);
    assert_eq!(
        (report.requests, report.errors),
        (1000, ErrorCounts::default())
    );
    assert_eq!(server.connections.load(Ordering::SeqCst), 4);
    assert!(
        report.p50_us > 0.0 && report.p50_us <= report.p99_us && report.p99_us <= report.max_us
    );
    assert!(report.requests_per_second > 0.0);
}

#[test]
fn wrong_statuses_and_bodies_are_errors_and_not_requests() {
    let server = Server::start(|number, _, _| match number % 10 {
        0 => reply(500, "broken"),
        1 => reply(200, "Hello, Bob!"),
        _ => reply(200, GOOD),
    });
    let report = run_against(&server, 200);
    assert_eq!(report.requests, 160);
    assert_eq!(
        report.errors,
        ErrorCounts {
            status: 20,
            body: 20,
            ..ErrorCounts::default()
        }
    );
    assert!(report.first_error.is_some());
}

#[test]
fn replies_that_break_off_or_are_no_http_are_connection_errors() {
    let server = Server::start(|number, _, _| match number % 10 {
        0 => None,
        1 => Some("nonsense\r\n\r\n".to_owned()),
        2 => Some("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhello".to_owned()),
        _ => reply(200, GOOD),
    });
    let report = run_against(&server, 100);
    assert_eq!(report.requests, 70);
    assert_eq!(
        report.errors,
        ErrorCounts {
            connection: 30,
            ..ErrorCounts::default()
        }
    );
}

#[test]
fn chunked_replies_and_closing_servers_are_understood() {
    let server = Server::start(|number, _, _| match number % 2 {
        0 => Some(format!(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\n{}\r\n{:x}\r\n{}\r\n0\r\n\r\n",
            &GOOD[..3],
            GOOD.len() - 3,
            &GOOD[3..]
        )),
        _ => Some(format!(
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{GOOD}",
            GOOD.len()
        )),
    });
    let report = run_against(&server, 100);
    assert_eq!(
        (report.requests, report.errors),
        (100, ErrorCounts::default())
    );
    assert!(server.connections.load(Ordering::SeqCst) > 40);
}

#[test]
fn a_server_that_is_not_there_ends_the_run_with_connect_errors() {
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let begun = Instant::now();
    let report = load::run(&config(&[format!("http://{address}/")], u64::MAX)).unwrap();
    assert_eq!(report.requests, 0);
    assert_eq!(report.errors.connect, report.errors.total());
    assert!(report.errors.connect >= 100);
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn the_duration_ends_a_run_whose_requests_do_not() {
    let server = Server::start(|_, _, _| reply(200, GOOD));
    let url = [format!("http://{}/", server.address)];
    let duration = Duration::from_millis(300);
    let warm_up = Duration::from_millis(100);
    let report = load::run(&LoadConfig {
        duration,
        warm_up,
        ..config(&url, u64::MAX)
    })
    .unwrap();
    assert!(
        report.seconds >= 0.3 && report.seconds < 5.0,
        "{}",
        report.seconds
    );
    assert!(report.requests > 0);
    // The warm-up's connections serve the measured part.
    assert_eq!(server.connections.load(Ordering::SeqCst), 4);
}

#[test]
fn many_targets_are_all_visited_over_paths_and_over_ports() {
    let server = Server::start(|_, _, _| reply(200, GOOD));
    let paths: Vec<_> = (0..100)
        .map(|n| format!("http://{}/f{n}", server.address))
        .collect();
    let report = load::run(&config(&paths, 400)).unwrap();
    assert_eq!((report.targets_answered, report.errors.total()), (100, 0));
    assert_eq!(server.connections.load(Ordering::SeqCst), 4);

    let servers: Vec<_> = (0..10)
        .map(|_| Server::start(|_, _, _| reply(200, GOOD)))
        .collect();
    let ports: Vec<_> = servers
        .iter()
        .map(|server| format!("http://{}/", server.address))
        .collect();
    let report = load::run(&config(&ports, 200)).unwrap();
    assert_eq!((report.targets_answered, report.errors.total()), (10, 0));
    let opened: Vec<_> = servers
        .iter()
        .map(|server| server.connections.load(Ordering::SeqCst))
        .collect();
    assert_eq!(opened, [1; 10]);
}

#[test]
fn without_an_expected_body_the_first_reply_sets_it() {
    let server = Server::start(|number, _, _| reply(200, if number < 50 { "a" } else { "b" }));
    let url = [format!("http://{}/", server.address)];
    let report = load::run(&LoadConfig {
        expected: None,
        ..config(&url, 100)
    })
    .unwrap();
    assert_eq!((report.requests, report.errors.body), (50, 50));
}

#[test]
fn the_memory_of_the_server_is_read_before_its_connections_close() {
    let server = Server::start(|_, _, _| reply(200, GOOD));
    let url = [format!("http://{}/", server.address)];
    let server_pid = Some(std::process::id());
    let report = load::run(&LoadConfig {
        server_pid,
        ..config(&url, 10)
    })
    .unwrap();
    assert!(report.server_pss.unwrap().total_kib > 0);
}

#[test]
fn a_run_without_connections_or_targets_is_refused() {
    let url = ["http://127.0.0.1:1/".to_owned()];
    assert!(
        load::run(&LoadConfig {
            connections: 0,
            ..config(&url, 1)
        })
        .is_err()
    );
    assert!(load::run(&config(&[], 1)).is_err());
}
