//! What a policy forbids is not connected to, by whatever way.

use http::Response;
use http_body_util::Full;
use hydra_sandbox::{HttpError, HttpRequest};

use crate::harness::{Server, egress, fetch, get, policy, redirect_to};

fn under(list: &str, url: &str) -> HttpRequest {
    HttpRequest {
        policy: policy(list),
        ..get(url)
    }
}

fn refusal(outcome: Result<impl std::fmt::Debug, HttpError>) -> String {
    match outcome {
        Err(HttpError::Refused { reason }) => reason,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn addresses_that_are_not_public_are_refused_in_every_spelling() {
    let (server, egress) = (Server::echo(), egress(|_| {}));
    for (host, class) in [
        ("127.0.0.1", "loopback"),
        ("127.1", "loopback"),
        ("127.0.0.1.", "loopback"),
        ("0177.0.0.1", "loopback"),
        ("017700000001", "loopback"),
        ("2130706433", "loopback"),
        ("0x7f000001", "loopback"),
        ("0x7f.1", "loopback"),
        ("%31%32%37.1", "loopback"),
        ("１２７.０.０.１", "loopback"),
        ("127。0。0。1", "loopback"),
        ("[::1]", "loopback"),
        ("[::ffff:127.0.0.1]", "loopback"),
        ("[::ffff:7f00:1]", "loopback"),
        ("[0:0:0:0:0:ffff:127.0.0.1]", "loopback"),
        ("[64:ff9b::7f00:1]", "loopback"),
        ("[2002:7f00:1::]", "loopback"),
        ("0", "unspecified"),
        ("0.0.0.0", "unspecified"),
        ("[::]", "unspecified"),
        ("169.254.169.254", "link-local"),
        ("0xa9fea9fe", "link-local"),
        ("[::ffff:a9fe:a9fe]", "link-local"),
        ("[fe80::1]", "link-local"),
        ("10.0.0.1", "private"),
        ("0xa.1", "private"),
        ("172.16.0.1", "private"),
        ("192.168.0.1", "private"),
        ("[fd00:ec2::254]", "private"),
        ("100.64.0.1", "carrier-grade NAT"),
        ("224.0.0.1", "multicast"),
        ("[ff02::1]", "multicast"),
        ("192.0.2.1", "documentation"),
        ("[2001:db8::1]", "documentation"),
        ("255.255.255.255", "broadcast"),
        ("localhost", "loopback"),
        ("LOCALHOST", "loopback"),
    ] {
        let url = format!("http://{host}:{}/", server.port);
        let reason = refusal(fetch(&egress, under("*", &url)));
        assert!(reason.contains(&format!("{class})")), "{host}: {reason}");
        assert!(
            reason.contains(&format!(":{}", server.port)),
            "{host}: {reason}"
        );
    }
    assert_eq!(server.accepted(), 0);
}

#[test]
fn what_is_refused_can_be_allowed_as_the_error_says() {
    let (server, egress) = (Server::echo(), egress(|_| {}));
    let port = server.port;
    for (before, host, after) in [
        ("*", "127.0.0.1", format!("*,127.0.0.1:{port}")),
        ("none", "127.0.0.1", format!("127.0.0.1:{port}")),
        ("*", "[::ffff:127.0.0.1]", format!("*,127.0.0.1:{port}")),
    ] {
        let url = format!("http://{host}:{port}/");
        let reason = refusal(fetch(&egress, under(before, &url)));
        assert!(
            reason.ends_with(&format!("; allow it with egress={after}")),
            "{reason}"
        );
        assert!(
            fetch(&egress, under(&after, &url)).is_ok(),
            "{url} with {after}"
        );
    }
    let by_name = format!("http://localhost:{port}/");
    assert!(fetch(&egress, under(&format!("localhost:{port}"), &by_name)).is_ok());
    assert!(fetch(&egress, under("127.0.0.0/8", &by_name)).is_ok());
    refusal(fetch(&egress, under("localhost:1", &by_name)));
    refusal(fetch(&egress, under("127.0.0.2", &server.url("/"))));
}

#[test]
fn redirects_are_checked_as_first_requests_are() {
    let (inner, egress) = (Server::echo(), egress(|_| {}));
    for location in [
        format!("http://127.0.0.1:{}/", inner.port),
        format!("//0x7f.1:{}/", inner.port),
        format!("http://localhost:{}/", inner.port),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://[::ffff:169.254.169.254]/".to_owned(),
    ] {
        let to = location.clone();
        let outer = Server::start(move |_, _| redirect_to(302, &to));
        let list = format!("*,127.0.0.1:{}", outer.port);
        let reason = refusal(fetch(&egress, under(&list, &outer.url("/"))));
        assert!(reason.contains("is not allowed"), "{location}: {reason}");
    }
    assert_eq!(inner.accepted(), 0);
}

#[test]
fn connections_serve_functions_of_one_policy_only() {
    let server = Server::start(|_, _| Response::new(Full::from("hello")));
    let egress = egress(|_| {});
    let url = server.url("/");
    for (list, connections) in [
        ("127.0.0.1", 1),
        ("127.0.0.1", 1),
        ("127.0.0.0/8", 2),
        ("127.0.0.1", 2),
        ("127.0.0.0/8", 2),
    ] {
        let (_, text) = fetch(&egress, under(list, &url)).unwrap();
        assert_eq!(
            (text.as_str(), server.accepted()),
            ("hello", connections),
            "{list}"
        );
    }
    refusal(fetch(&egress, under("*", &url)));
    refusal(fetch(&egress, under("none", &url)));
    assert_eq!(server.accepted(), 2);
}

#[test]
fn names_that_nothing_allows_are_not_looked_up() {
    let egress = egress(|_| {});
    // A lookup would end in `Lookup`.
    let reason = refusal(fetch(
        &egress,
        under("a.example", "http://no-such-name.invalid/"),
    ));
    assert_eq!(
        reason,
        "egress to no-such-name.invalid:80 is not allowed for this function; \
         allow it with egress=a.example,no-such-name.invalid:80"
    );
    let found = fetch(&egress, under("*", "http://no-such-name.invalid/"));
    assert!(matches!(found, Err(HttpError::Lookup { .. })), "{found:?}");
}
