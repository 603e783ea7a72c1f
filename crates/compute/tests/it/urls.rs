//! URLs and domains.

use hydra_compute::{Answer, Computer, ops};

fn record(op: i32, given: &str) -> Option<serde_json::Value> {
    match Computer::default().operate(op, given.as_bytes()) {
        Ok(Answer::Json(json)) => Some(serde_json::from_str(&json).unwrap()),
        Ok(Answer::Nothing) => None,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_url_is_taken_apart() {
    let found = record(ops::PARSE_URL, "HTTP://u:p@EXAMPLE.com:81/a/../b?q=ü#f").unwrap();
    for (part, expected) in [
        ("href", "http://u:p@example.com:81/b?q=%C3%BC#f"),
        ("protocol", "http:"),
        ("username", "u"),
        ("password", "p"),
        ("host", "example.com:81"),
        ("hostname", "example.com"),
        ("port", "81"),
        ("pathname", "/b"),
        ("search", "?q=%C3%BC"),
        ("hash", "#f"),
        ("origin", "http://example.com:81"),
    ] {
        assert_eq!(found[part], expected, "{part}");
    }
}

#[test]
fn urls_are_resolved_and_refused() {
    let check = |input: &str, base: &str, expected: Option<&str>| {
        let found = record(
            ops::PARSE_URL_WITH,
            &serde_json::to_string(&[input, base]).unwrap(),
        );
        assert_eq!(
            found.as_ref().map(|url| url["href"].as_str().unwrap()),
            expected,
            "{input} at {base}"
        );
    };
    check("../x?y", "https://a.b/c/d/e", Some("https://a.b/c/x?y"));
    check("", "https://a.b/c", Some("https://a.b/c"));
    check("//h/p", "file:///x", Some("file://h/p"));
    check("x", "mailto:a", None);
    check("x", "nonsense", None);
    for refused in [
        "",
        "x",
        "http://",
        "http://a b/",
        "http://a:99999/",
        "http://1.2.3.256/",
    ] {
        assert_eq!(record(ops::PARSE_URL, refused), None, "{refused}");
    }
    assert_eq!(
        record(ops::PARSE_URL, "http://0x7f.1/").unwrap()["hostname"],
        "127.0.0.1"
    );
}

#[test]
fn a_part_is_set_or_left_as_it_was() {
    let check = |href: &str, part: &str, value: &str, expected: &str| {
        let found = record(
            ops::SET_URL,
            &serde_json::to_string(&[href, part, value]).unwrap(),
        )
        .unwrap();
        assert_eq!(found["href"], expected, "{part} = {value}");
    };
    check("http://a/b", "protocol", "https", "https://a/b");
    check("http://a/b", "protocol", "mailto", "http://a/b");
    check("http://a/b", "host", "c:9", "http://c:9/b");
    check("http://a/b", "port", "99x", "http://a:99/b");
    check("http://a/b", "port", "x", "http://a/b");
    check("http://a/b", "pathname", "c d", "http://a/c%20d");
    check("http://a/b?c", "search", "", "http://a/b");
    check("http://a/", "hash", "é", "http://a/#%C3%A9");
    check("mailto:x", "username", "u", "mailto:x");
    let refused = Computer::default()
        .operate(ops::SET_URL, br#"["http://a/","href","no"]"#)
        .unwrap_err();
    assert_eq!(
        (refused.name, refused.code),
        ("TypeError", Some("ERR_INVALID_URL"))
    );
}

#[test]
fn domains_have_two_forms() {
    let ask = |op, domain: &str| Computer::default().operate(op, domain.as_bytes()).unwrap();
    assert_eq!(
        ask(ops::DOMAIN_TO_ASCII, "español.com"),
        Answer::Text("xn--espaol-zwa.com".into())
    );
    assert_eq!(
        ask(ops::DOMAIN_TO_UNICODE, "xn--espaol-zwa.com"),
        Answer::Text("español.com".into())
    );
    assert_eq!(
        ask(ops::DOMAIN_TO_ASCII, "xn--iñvalid.com"),
        Answer::Text(String::new())
    );
}

#[test]
fn urls_that_would_take_long_are_refused() {
    let long = format!("http://{}", "1.".repeat(100_000));
    assert_eq!(
        Computer::default()
            .operate(ops::PARSE_URL, long.as_bytes())
            .unwrap_err()
            .name,
        "RangeError"
    );
    let data = format!("data:,{}", "x".repeat(300_000));
    assert!(record(ops::PARSE_URL, &data).is_some());
}
