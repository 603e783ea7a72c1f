//! Redirects over real connections.

use http::Response;
use http_body_util::Full;
use hydra_sandbox::{HttpError, HttpRequest, Redirect};

use crate::harness::{Server, egress, fetch, get, header, redirect_to, request, shown};

/// `/CODE/PATH` redirects to `/PATH`; anything else is shown.
fn server() -> Server {
    Server::start(|request, body| {
        let target = request.uri().to_string();
        match target.get(1..4).and_then(|code| code.parse().ok()) {
            Some(code) => redirect_to(code, &target[4..]),
            None => Response::new(Full::from(shown(request, body))),
        }
    })
}

#[test]
fn redirects_are_followed_with_the_method_and_body_of_the_standard() {
    let (server, egress) = (server(), egress(|_| {}));
    let check = |code: u16, method: &str, expected: &str, with_body: bool| {
        let mut asked = request(method, &server.url(&format!("/{code}/end?q=1#f")));
        asked.body = "hello".into();
        header(&mut asked, "Content-Type", "text/x");
        header(&mut asked, "Authorization", "secret");
        let (head, text) = fetch(&egress, asked).unwrap();
        let label = format!("{code} {method}: {text}");
        assert!(
            text.starts_with(&format!("{expected} /end?q=1 ")),
            "{label}"
        );
        assert_eq!(text.contains("hello"), with_body, "{label}");
        assert_eq!(text.contains("content-type: text/x"), with_body, "{label}");
        assert_eq!(text.contains("content-length: 5"), with_body, "{label}");
        assert!(text.contains("authorization: secret"), "{label}");
        assert_eq!((head.status, head.redirected), (200, true), "{label}");
        assert_eq!(head.url, server.url("/end?q=1"), "{label}");
    };
    for (code, method, expected, with_body) in [
        (301, "POST", "GET", false),
        (302, "POST", "GET", false),
        (302, "PUT", "PUT", true),
        (303, "PUT", "GET", false),
        (307, "POST", "POST", true),
        (308, "PATCH", "PATCH", true),
    ] {
        check(code, method, expected, with_body);
    }
}

#[test]
fn other_origins_get_no_secrets() {
    let (end, egress) = (Server::echo(), egress(|_| {}));
    let to = end.url("/end");
    let start = Server::start(move |_, _| redirect_to(307, &to));
    let mut asked = get(&start.url("/"));
    for name in ["Authorization", "Cookie", "X-Other"] {
        header(&mut asked, name, "value");
    }
    header(&mut asked, "Host", "override.example");
    let (_, text) = fetch(&egress, asked).unwrap();
    assert!(text.contains("x-other: value"), "{text}");
    assert!(
        text.contains(&format!("host: 127.0.0.1:{}", end.port)),
        "{text}"
    );
    assert!(
        !text.contains("authorization") && !text.contains("cookie"),
        "{text}"
    );
}

#[test]
fn the_other_modes_fail_or_give_the_redirect_itself() {
    let (server, egress) = (server(), egress(|_| {}));
    let asked = |path: &str, redirect| HttpRequest {
        redirect,
        ..get(&server.url(path))
    };
    let error = fetch(&egress, asked("/302/end", Redirect::Error)).unwrap_err();
    assert!(
        matches!(&error, HttpError::Redirect { reason } if reason.contains("302")),
        "{error}"
    );
    let (head, _) = fetch(&egress, asked("/302/end", Redirect::Manual)).unwrap();
    assert_eq!((head.status, head.redirected), (302, false));
    assert!(head.headers.contains(&("location".into(), b"/end".into())));
    // Without a location, and where there is none to follow, replies are replies.
    for mode in [Redirect::Follow, Redirect::Error] {
        let (head, _) = fetch(&egress, asked("/end", mode)).unwrap();
        assert_eq!((head.status, head.redirected), (200, false));
    }
}

#[test]
fn twenty_hops_are_followed_and_no_more() {
    let (server, egress) = (server(), egress(|_| {}));
    let hops = |count: usize| format!("{}/end", "/302".repeat(count));
    assert!(fetch(&egress, get(&server.url(&hops(20)))).is_ok());
    let error = fetch(&egress, get(&server.url(&hops(21)))).unwrap_err();
    assert!(error.to_string().ends_with("after 20 redirects"), "{error}");
}
