//! A server at its bound of live sandboxes: idle ones make room.

use serde_json::json;

use crate::harness::{
    client::Client,
    code::{self, Form},
    server::Server,
    site::Site,
};

const ECHO: &[u8] = b"export const handler = (event) => event";

fn start(site: &Site) -> (Server, Client) {
    let server = site.start(&["--max-sandboxes", "3", "--keep-alive", "600s"]);
    let mut client = server.client();
    client.register("old", "runtime=javascript", ECHO);
    warm_old(&mut client);
    (server, client)
}

fn warm_old(client: &mut Client) {
    let warmed = client.post("/v1/functions/old/warmup?count=3", b"");
    assert_eq!(warmed.status, 200, "{warmed:?}");
    assert_eq!(warmed.json(), json!({"idle": 3}));
}

/// Registers one more function over a full house, calls it, and replaces it.
fn check(runtime: &str, code: &[u8]) {
    let site = Site::take();
    let (server, mut client) = start(&site);
    let spec = format!("runtime={runtime}");
    for _ in 0..2 {
        client.register("new", &spec, code);
        assert_eq!(client.call("new", "7"), json!(7));
        assert_eq!(client.call("old", "8"), json!(8));
    }
    server.stop();
}

#[test]
fn functions_are_registered_and_called_where_idle_sandboxes_fill_the_house() {
    check("javascript", ECHO);
    check("wasm", &code::module(Form::Reactor, code::ECHO));
    check("wasm", &code::module(Form::Command, code::ECHO));
}

#[test]
fn warming_a_function_makes_room_among_others_and_not_among_its_own() {
    let site = Site::take();
    let (server, mut client) = start(&site);
    client.register("new", "runtime=javascript", ECHO);
    client.call("new", "7");
    warm_old(&mut client);
    server.stop();
}
