//! Registering a name again while it is invoked.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::Duration,
};

use serde_json::json;

use crate::harness::{
    client::Client,
    code::{self, Form},
    server::Server,
    site::Site,
    wait,
};

const VERSIONS: u64 = 40;
const CLIENTS: usize = 4;

/// Replaces a function again and again, `code` telling the version, under clients that never see a failure, nor a
/// version older than the last one that was registered before they asked.
fn check(server: &Server, spec: &str, code: fn(u64) -> Vec<u8>) {
    let newest = AtomicU64::new(0);
    let over = AtomicBool::new(false);
    server.client().register("f", spec, &code(0));
    thread::scope(|scope| {
        let invoke_on = || {
            let mut client = server.client();
            let mut count = 0_u64;
            while !over.load(Ordering::SeqCst) {
                let at_least = newest.load(Ordering::SeqCst);
                let reply = client.call("f", "null").as_u64().unwrap();
                assert!(reply >= at_least, "{reply} after {at_least}");
                count += 1;
            }
            count
        };
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(invoke_on)).collect();
        let mut client = server.client();
        for version in 1..=VERSIONS {
            client.register("f", spec, &code(version));
            newest.store(version, Ordering::SeqCst);
            // At least once on every version.
            assert_eq!(client.call("f", "null"), json!(version));
        }
        over.store(true, Ordering::SeqCst);
        let counts: Vec<u64> = clients
            .into_iter()
            .map(|client| client.join().unwrap())
            .collect();
        assert!(counts.iter().all(|&count| count > 0), "{counts:?}");
    });
    let mut client = server.client();
    client.deregister("f");
    let all_gone = |client: &mut Client| client.idle() + client.running() == 0;
    wait::until(
        "the old versions' sandboxes are gone",
        Duration::from_secs(5),
        || all_gone(&mut client),
    );
}

#[test]
fn replacing_a_function_under_load_fails_no_invocation() {
    let site = Site::take();
    let server = site.start(&[]);
    check(&server, "runtime=javascript", |version| {
        format!("export const handler = () => {version}").into_bytes()
    });
    check(&server, "runtime=wasm", |version| {
        let serve = format!("(func $serve (call $number (i64.const {version})))");
        code::module(Form::Reactor, &serve)
    });
    check(&server, "runtime=javascript&reuse=fresh", |version| {
        format!("export const handler = async () => {version}").into_bytes()
    });
    server.assert_no_complaint();
    server.stop();
}

#[test]
fn what_was_accepted_ends_on_the_old_version() {
    let site = Site::take();
    let server = site.start(&[]);
    let mut client = server.client();
    let slow = b"export const handler = () => new Promise((done) => setTimeout(done, 600, 'old'))";
    client.register("f", "runtime=javascript", slow);
    thread::scope(|scope| {
        let old: Vec<_> = (0..5)
            .map(|_| scope.spawn(|| server.client().call("f", "null")))
            .collect();
        wait::until("five run", Duration::from_secs(10), || {
            client.running() == 5
        });
        client.register(
            "f",
            "runtime=javascript",
            b"export const handler = () => 'new'",
        );
        assert_eq!(client.call("f", "null"), json!("new"));
        assert!(old.iter().all(|call| !call.is_finished()));
        for call in old {
            assert_eq!(call.join().unwrap(), json!("old"));
        }
    });
    server.stop();
}
