//! A server at its bound of live sandboxes: idle ones make room.

use serde_json::json;

use crate::harness::{
    client::Client,
    code::{self, Form},
    site::Site,
};

/// Fills the house with idle sandboxes, registers one more function over it, and calls that.
fn check(client: &mut Client, name: &str, spec: &str, code: &[u8]) {
    let warmed = client.post("/v1/functions/old/warmup?count=3", b"");
    assert_eq!(warmed.status, 200, "{warmed:?}");
    assert_eq!(client.idle(), 3);
    client.register(name, spec, code);
    assert_eq!(client.call(name, "7"), json!(7));
}

#[test]
fn functions_are_registered_and_called_where_idle_sandboxes_fill_the_house() {
    let site = Site::take();
    let server = site.start(&["--max-sandboxes", "3", "--keep-alive", "600s"]);
    let mut client = server.client();
    let echo = b"export const handler = (event) => event";
    client.register("old", "runtime=javascript", echo);
    check(&mut client, "new", "runtime=javascript", echo);
    let module = code::module(Form::Reactor, code::ECHO);
    check(&mut client, "module", "runtime=wasm", &module);
    let replaced = code::module(Form::Command, code::ECHO);
    check(&mut client, "module", "runtime=wasm", &replaced);
    server.stop();
}
