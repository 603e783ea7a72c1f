//! Where a function may connect: nowhere private by default, and elsewhere as its `egress` list says.

use std::fs;

use serde_json::{Value, json};

use super::{register, with_origin};
use crate::harness::{client::Client, origin::Origin, site::Site};

const FETCH: &[u8] = b"export const handler = async (url) => {
  try { return (await fetch(url)).status; } catch (error) { return [error.name, error.code, error.message]; }
};";

/// Registers one that fetches what its event says, under an egress list; `None` for none.
fn fetcher(client: &mut Client, egress: Option<&str>) {
    let egress = egress.map_or(String::new(), |list| format!("&egress={list}"));
    client.register("f", &format!("runtime=javascript{egress}"), FETCH);
}

fn fetch(client: &mut Client, url: &str) -> Value {
    client.call("f", &json!(url).to_string())
}

fn assert_refused(reply: &Value, what: &str) {
    assert_eq!(reply[0], "TypeError", "{what}: {reply}");
    assert_eq!(reply[1], "EACCES", "{what}: {reply}");
    let says = reply[2].as_str().unwrap_or_default();
    assert!(says.contains("not allowed"), "{what}: {reply}");
}

#[test]
fn private_addresses_are_refused_in_every_spelling_unless_the_list_names_them() {
    with_origin(|_, client, origin| {
        let port = origin.port();
        fetcher(client, None);
        for host in [
            "127.0.0.1",
            "localhost",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "127.0.0.2",
            "0.0.0.0",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[64:ff9b::7f00:1]",
        ] {
            let url = format!("http://{host}:{port}/status/200");
            assert_refused(&fetch(client, &url), &url);
        }
        for host in [
            "10.0.0.1",
            "172.16.0.1",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "[fd00::1]",
            "[fe80::1]",
        ] {
            let url = format!("http://{host}/");
            assert_refused(&fetch(client, &url), &url);
        }
        assert_eq!(origin.accepted(), 0);

        let url = origin.url("/status/200");
        for (list, allowed) in [
            (origin.authority(), true),
            ("127.0.0.0/8".to_owned(), true),
            ("example.com,127.0.0.1".to_owned(), true),
            (format!("localhost:{port}"), true),
            ("none".to_owned(), false),
            ("*".to_owned(), false),
            (format!("127.0.0.1:{}", port ^ 1), false),
            ("127.0.0.2".to_owned(), false),
            ("10.0.0.0/8".to_owned(), false),
        ] {
            fetcher(client, Some(&list));
            let reply = fetch(client, &url);
            if allowed {
                assert_eq!(reply, 200, "{list}");
            } else {
                assert_refused(&reply, &list);
            }
        }
    });
}

#[test]
fn redirects_lead_nowhere_that_the_list_does_not_allow() {
    with_origin(|_, client, origin| {
        let other = Origin::start();
        fetcher(client, Some(&origin.authority()));
        let to = |target: &str| origin.url(&format!("/redirect/302?to={target}"));
        assert_eq!(fetch(client, &to("/status/200")), 200);
        for target in [
            other.url("/status/200"),
            format!("http://localhost:{}/status/200", other.port()),
            "http://169.254.169.254/latest/meta-data/".to_owned(),
        ] {
            assert_refused(&fetch(client, &to(&target)), &target);
        }
        assert_eq!(other.accepted(), 0);
    });
}

#[test]
fn the_list_is_shown_and_wrong_entries_are_refused_when_registering() {
    with_origin(|_, client, _| {
        fetcher(client, Some("127.0.0.1:80,example.com"));
        let described = client.get("/v1/functions/f").json();
        assert_eq!(described["egress"], json!(["127.0.0.1:80", "example.com"]));
        for (entry, says) in [
            ("http://example.com", "not a URL"),
            ("10.0.0.0/99", "10.0.0.0/99"),
            ("none,example.com", "none"),
        ] {
            let refused = client.put("g", &format!("runtime=javascript&egress={entry}"), FETCH);
            assert_eq!(refused.code(), "bad_request", "{entry}: {refused:?}");
            assert!(refused.says().contains(says), "{entry}: {}", refused.says());
        }
    });
}

#[test]
fn functions_of_different_lists_share_no_connection_and_those_of_one_list_do() {
    with_origin(|_, client, origin| {
        let event = json!(origin.url("")).to_string();
        let body = "return await (await fetch(`${origin}/status/200`)).text();";
        register(client, "one", "", origin, body);
        register(client, "two", "", origin, body);
        register(client, "other", ",example.com", origin, body);
        for name in ["one", "two", "one", "two"] {
            client.call(name, &event);
        }
        assert_eq!(origin.accepted(), 1);
        client.call("other", &event);
        assert_eq!(origin.accepted(), 2);
    });
}

#[test]
fn https_needs_an_authority_that_the_operator_trusts() {
    let site = Site::take();
    let (origin, authority) = Origin::start_tls();
    let file = site.path().join("authority.pem");
    fs::write(&file, authority).unwrap();
    let by_name = format!("https://localhost:{}/status/200", origin.port());
    let by_address = origin.url("/status/200");

    let server = site.start(&["--egress-ca", file.to_str().unwrap()]);
    let mut client = server.client();
    fetcher(&mut client, Some("127.0.0.1,localhost"));
    assert_eq!(fetch(&mut client, &by_name), 200);
    // Its certificate is for the name.
    let reply = fetch(&mut client, &by_address);
    assert_eq!(reply[0], "TypeError", "{reply}");
    assert!(
        reply[2].as_str().unwrap().contains("certificate"),
        "{reply}"
    );
    server.stop();

    let server = site.start(&[]);
    let mut client = server.client();
    fetcher(&mut client, Some("127.0.0.1,localhost"));
    let reply = fetch(&mut client, &by_name);
    assert_eq!(reply[0], "TypeError", "{reply}");
    assert!(
        reply[2].as_str().unwrap().contains("certificate"),
        "{reply}"
    );
    server.stop();
}

#[test]
fn a_file_of_authorities_that_is_none_stops_the_start_with_a_hint() {
    let site = Site::take();
    let file = site.path().join("authority.pem");
    let path = file.to_str().unwrap().to_owned();
    for content in [None, Some("no certificate")] {
        if let Some(content) = content {
            fs::write(&file, content).unwrap();
        }
        let output = site.run(&["runtime", "--listen", "127.0.0.1:0", "--egress-ca", &path]);
        let says = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{content:?}: {says}");
        for part in ["error: ", "hint: ", "--egress-ca"] {
            assert!(says.contains(part), "{content:?} {part}: {says}");
        }
    }
}
