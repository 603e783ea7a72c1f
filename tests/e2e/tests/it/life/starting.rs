//! Starting, where it listens, and what it does without guests or with rebuilt ones.

use std::{fs, os::unix::net::UnixStream};

use serde_json::json;

use crate::harness::{
    address::Address,
    client::Client,
    code::{self, Form},
    site::Site,
};

const HELLO: &[u8] = b"export const handler = (event) => ({ hello: event.name })";

#[test]
fn it_says_where_it_listens_and_is_healthy_from_then_on() {
    let site = Site::take();
    let server = site.start(&[]);
    let output = server.output();
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines.len(), 2, "{output}");
    assert_eq!(lines[0], format!("listening on {}", server.address()));
    let took = lines[1].strip_prefix("ready in ").unwrap();
    took.strip_suffix(" ms").unwrap().parse::<u64>().unwrap();

    let health = server.client().get("/healthz");
    assert_eq!(health.status, 200);
    let version = site.run(&["--version"]);
    let version = String::from_utf8(version.stdout).unwrap();
    let version = version.trim().strip_prefix("hydra ").unwrap();
    assert_eq!(health.json(), json!({"status": "ok", "version": version}));
    server.assert_no_complaint();
    server.stop();
}

#[test]
fn a_unix_socket_serves_beside_tcp_and_is_gone_after_the_end() {
    let site = Site::take();
    let socket = site.path().join("hydra.sock");
    let listen = format!("unix:{}", socket.display());
    let server = site.start(&["--listen", &listen]);
    assert_eq!(server.addresses()[1], Address::Unix(socket.clone()));
    let mut over_unix = Client::new(server.addresses()[1].clone());
    over_unix.register("f", "runtime=javascript", HELLO);
    let reply = server.client().call("f", r#"{"name":"Ada"}"#);
    assert_eq!(reply, json!({"hello": "Ada"}));
    assert_eq!(
        over_unix.call("f", r#"{"name":"Bob"}"#),
        json!({"hello": "Bob"})
    );
    server.stop();
    assert!(!socket.exists());
}

#[test]
fn a_socket_that_a_killed_server_left_behind_is_taken_over() {
    let site = Site::take();
    let socket = site.path().join("hydra.sock");
    let listen = format!("unix:{}", socket.display());
    let mut server = site.start(&["--listen", &listen]);
    server.kill();
    assert!(socket.exists());
    UnixStream::connect(&socket).unwrap_err();
    let server = site.start(&["--listen", &listen]);
    let mut client = Client::new(server.addresses()[1].clone());
    assert_eq!(client.get("/healthz").status, 200);
    server.stop();
}

/// Takes files of the guest away; it must start all the same, say `says`, and refuse JavaScript.
fn check_without(files: &[&str], says: &str) {
    let site = Site::take();
    for file in files {
        fs::remove_file(site.guests().join(file)).unwrap();
    }
    let server = site.start(&[]);
    let log = server.log();
    assert!(log.contains(says), "{log}");
    assert!(
        log.contains("hint: fetch it with `cargo xtask guests`"),
        "{log}"
    );

    let mut client = server.client();
    let echo = code::module(Form::Command, code::ECHO);
    client.register("echo", "runtime=wasm", &echo);
    assert_eq!(client.call("echo", "[1]"), json!([1]));
    let refused = client.put("f", "runtime=javascript", HELLO);
    assert_eq!(refused.status, 400, "{refused:?}");
    refused.code();
    assert!(refused.says().contains("javascript"), "{}", refused.says());
    assert_eq!(client.call("echo", "[2]"), json!([2]));
    server.stop();
}

#[test]
fn without_its_guest_it_says_how_to_get_it_and_serves_modules() {
    check_without(&["quickjs.wasm", "library.js"], "quickjs.wasm is missing");
}

#[test]
fn without_the_guests_library_it_says_how_to_get_it_and_serves_modules() {
    check_without(&["library.js"], "library.js is missing");
}

#[test]
fn a_broken_guest_stops_the_start_with_a_hint() {
    let site = Site::take();
    let broken: [(&str, &[u8]); 4] = [
        ("quickjs.wasm", b"\0asm nonsense"),
        ("library.js", b"(function () {"),
        ("library.js", b"throw new Error('at the top')"),
        ("library.js", b"1 + 1"),
    ];
    for (file, content) in broken {
        let path = site.guests().join(file);
        let good = fs::read(&path).unwrap();
        fs::write(&path, content).unwrap();
        let output = site.run(&["runtime", "--listen", "127.0.0.1:0"]);
        let says = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{file}: {says}");
        assert!(
            says.contains("error: ") && says.contains("hint: "),
            "{file}: {says}"
        );
        fs::write(&path, good).unwrap();
    }
    site.start(&[]).stop();
}

#[test]
fn functions_work_after_the_guests_were_compiled_anew() {
    let site = Site::take();
    let server = site.start(&[]);
    server.client().register("f", "runtime=javascript", HELLO);
    server.stop();

    let rebuilt = site.run(&["guests", "rebuild"]);
    assert_eq!(rebuilt.status.code(), Some(0), "{rebuilt:?}");
    assert!(!rebuilt.stdout.is_empty(), "{rebuilt:?}");

    let server = site.start(&[]);
    let mut client = server.client();
    client.register("f", "runtime=javascript", HELLO);
    assert_eq!(
        client.call("f", r#"{"name":"Ada"}"#),
        json!({"hello": "Ada"})
    );
    server.assert_no_complaint();

    // While a server runs, too: it keeps the code that it has mapped.
    let rebuilt = site.run(&["guests", "rebuild"]);
    assert_eq!(rebuilt.status.code(), Some(0), "{rebuilt:?}");
    assert_eq!(
        client.call("f", r#"{"name":"Bob"}"#),
        json!({"hello": "Bob"})
    );
    client.register("g", "runtime=javascript", HELLO);
    assert_eq!(
        client.call("g", r#"{"name":"Eve"}"#),
        json!({"hello": "Eve"})
    );
    server.stop();
}

#[test]
fn damaged_machine_code_is_compiled_again() {
    let site = Site::take();
    site.start(&[]).stop();
    let code = site.guests().join("code");
    for entry in fs::read_dir(code).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "cwasm") {
            let bytes = fs::read(&path).unwrap();
            fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        }
    }
    let server = site.start(&[]);
    let mut client = server.client();
    client.register("f", "runtime=javascript", HELLO);
    assert_eq!(
        client.call("f", r#"{"name":"Ada"}"#),
        json!({"hello": "Ada"})
    );
    server.stop();
}
