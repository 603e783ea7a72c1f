//! Functions that follow each other in the same slots see nothing of each other: memory, globals, environment, files.
//!
//! Writers leave a marker wherever they can; scanners look for it wherever they can, and are themselves checked: a
//! scanner that is asked to plant the marker must find it.

use serde_json::{Value, json};

use crate::harness::{
    client::Client,
    code::{self, Form},
    server::Server,
    site::Site,
};

const ROUNDS: usize = 40;

/// Eight bytes that no module holds as a constant: it is made at run time, by adding 1 to this.
const MARKER_LESS_ONE: u64 = 0x5ec2_e75e_c2e7_5ec1;

/// Fills 8 MiB with the marker, from 64 KiB on; makes `/tmp/secret`; sets a global.
fn writer() -> Vec<u8> {
    code::module(
        Form::Reactor,
        &format!(
            r#"
            (global $left (mut i64) (i64.const 0))
            (data (i32.const 512) "secret")
            {}
            (func $serve
              (global.set $left (i64.add (i64.const {MARKER_LESS_ONE}) (i64.const 1)))
              (drop (memory.grow (i32.const 128)))
              (call $plant (i32.const 65536) (i32.const 8388608))
              (call $number (i64.extend_i32_u (call $path_create_directory (i32.const 3) (i32.const 512) (i32.const 6)))))
            "#,
            plant()
        ),
    )
}

/// Replies with how many times the marker is in memory, its growth included; 1,000,000 more where `/tmp/secret` is
/// there, and where a global or the environment is not as new. The event `1` plants one first.
fn scanner() -> Vec<u8> {
    code::module(
        Form::Reactor,
        &format!(
            r#"
            (global $left (mut i64) (i64.const 0))
            (data (i32.const 512) "secret")
            {}
            (func $serve (local $at i32) (local $end i32) (local $found i64)
              (drop (call $read))
              (drop (memory.grow (i32.const 400)))
              (if (i32.eq (i32.load8_u (i32.const 4096)) (i32.const 49))
                (then (call $plant (i32.const 200000) (i32.const 8))))
              (local.set $end (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 8)))
              (loop $on
                (if (i64.eq (i64.load (local.get $at)) (i64.add (i64.const {MARKER_LESS_ONE}) (i64.const 1)))
                  (then (local.set $found (i64.add (local.get $found) (i64.const 1)))))
                (local.set $at (i32.add (local.get $at) (i32.const 8)))
                (br_if $on (i32.lt_u (local.get $at) (local.get $end))))
              (if (call $path_create_directory (i32.const 3) (i32.const 512) (i32.const 6))
                (then (local.set $found (i64.add (local.get $found) (i64.const 1000000)))))
              (if (i64.ne (global.get $left) (i64.const 0))
                (then (local.set $found (i64.add (local.get $found) (i64.const 1000000)))))
              (drop (call $environ_sizes_get (i32.const 16) (i32.const 24)))
              (if (i32.load (i32.const 16))
                (then (local.set $found (i64.add (local.get $found) (i64.const 1000000)))))
              (call $number (local.get $found)))
            "#,
            plant()
        ),
    )
}

/// `$plant`, which fills memory with the marker.
fn plant() -> String {
    format!(
        "
(func $plant (param $at i32) (param $bytes i32) (local $end i32)
  (local.set $end (i32.add (local.get $at) (local.get $bytes)))
  (loop $on
    (i64.store (local.get $at) (i64.add (i64.const {MARKER_LESS_ONE}) (i64.const 1)))
    (local.set $at (i32.add (local.get $at) (i32.const 8)))
    (br_if $on (i32.lt_u (local.get $at) (local.get $end)))))"
    )
}

/// Leaves the marker in buffers, strings, globals, prototypes and the environment.
const JAVASCRIPT_WRITER: &str = "
export function handler() {
  const marker = (BigInt('MARKER_LESS_ONE') + 1n);
  globalThis.buffers = [];
  for (let i = 0; i < 8; i++) {
    const words = new BigUint64Array(1 << 17).fill(marker);
    globalThis.buffers.push(words);
  }
  globalThis.secret = 'SECRET'.repeat(100_000);
  Object.prototype.secret = 'SECRET';
  Array.prototype.push = () => 'SECRET';
  JSON.stringify = (f => (value) => f(value))(JSON.stringify);
  process.env.SECRET = 'SECRET';
  return true;
}";

/// Replies with all that is not as new. The event `1` plants first.
const JAVASCRIPT_SCANNER: &str = "
export function handler(event) {
  const marker = (BigInt('MARKER_LESS_ONE') + 1n);
  if (event === 1) { globalThis.secret = 1; Object.prototype.secret = 1; process.env.SECRET = '1'; }
  const seen = [];
  if (typeof globalThis.secret !== 'undefined' || typeof globalThis.buffers !== 'undefined') seen.push('global');
  if (({}).secret !== undefined) seen.push('prototype');
  if ('SECRET' in process.env) seen.push('environment');
  if (seen.push.toString().includes('SECRET')) seen.push('method');
  for (let size = 64; size <= 1 << 20; size *= 4) {
    for (const words of [new BigUint64Array(size / 8), new BigUint64Array(new ArrayBuffer(size, { maxByteLength: size * 2 }))]) {
      if (words.some((word) => word === marker)) seen.push('buffer of ' + size);
    }
    if (typeof Buffer === 'undefined') continue;
    const buffer = Buffer.allocUnsafe(size);
    if (new BigUint64Array(buffer.buffer, 0, Math.floor(buffer.buffer.byteLength / 8)).includes(marker)) {
      seen.push('unsafe buffer of ' + size);
    }
  }
  return seen;
}";

fn javascript_writer() -> String {
    JAVASCRIPT_WRITER.replace("MARKER_LESS_ONE", &MARKER_LESS_ONE.to_string())
}

fn javascript_scanner() -> String {
    JAVASCRIPT_SCANNER.replace("MARKER_LESS_ONE", &MARKER_LESS_ONE.to_string())
}

fn put(client: &mut Client, name: &str, runtime: &str, env: Option<&str>, code: &[u8]) {
    let path = format!("/v1/functions/{name}");
    let reply = match env {
        None => client.request("PUT", &format!("{path}?runtime={runtime}"), "", code),
        Some(value) => {
            let text = std::str::from_utf8(code).unwrap();
            let body =
                json!({"spec": {"runtime": runtime, "env": {"SECRET": value}}, "code": text});
            let headers = "content-type: application/json\r\n";
            client.request("PUT", &path, headers, body.to_string().as_bytes())
        }
    };
    assert_eq!(reply.status, 201, "{reply:?}");
}

/// Registers, calls some times, deregisters; the replies.
fn live_and_die(
    client: &mut Client,
    name: &str,
    runtime: &str,
    code: &[u8],
    events: &[&str],
) -> Vec<Value> {
    put(client, name, runtime, None, code);
    let replies = events
        .iter()
        .map(|event| client.call(name, event))
        .collect();
    client.deregister(name);
    replies
}

fn round(client: &mut Client, round: usize) {
    let name = |what: &str| format!("{what}-{round}");
    let wrote = live_and_die(client, &name("w"), "wasm", &writer(), &["0"]);
    assert_eq!(wrote, [json!(0)]);
    let found = live_and_die(client, &name("s"), "wasm", &scanner(), &["0"]);
    assert_eq!(found, [json!(0)], "a module after a module, round {round}");

    put(
        client,
        &name("jw"),
        "javascript",
        Some("SECRET"),
        javascript_writer().as_bytes(),
    );
    assert_eq!(client.call(&name("jw"), "0"), json!(true));
    client.deregister(&name("jw"));
    let found = live_and_die(
        client,
        &name("js"),
        "javascript",
        javascript_scanner().as_bytes(),
        &["0"],
    );
    assert_eq!(
        found,
        [json!([])],
        "JavaScript after JavaScript, round {round}"
    );
    let found = live_and_die(client, &name("s2"), "wasm", &scanner(), &["0"]);
    assert_eq!(
        found,
        [json!(0)],
        "a module after JavaScript, round {round}"
    );
    live_and_die(client, &name("w2"), "wasm", &writer(), &["0"]);
    let found = live_and_die(
        client,
        &name("js2"),
        "javascript",
        javascript_scanner().as_bytes(),
        &["0"],
    );
    assert_eq!(
        found,
        [json!([])],
        "JavaScript after a module, round {round}"
    );
}

/// Few slots, so that they are reused at once.
fn start(site: &Site) -> Server {
    site.start(&["--max-sandboxes", "2", "--guest-threads", "1"])
}

#[test]
fn the_scanners_find_what_is_there() {
    let site = Site::take();
    let server = start(&site);
    let mut client = server.client();
    let found = live_and_die(&mut client, "s", "wasm", &scanner(), &["1"]);
    assert_eq!(found, [json!(1)]);
    // In a warm sandbox, the plant is there still, and so is the folder.
    let found = live_and_die(&mut client, "s", "wasm", &scanner(), &["1", "0"]);
    assert_eq!(found, [json!(1), json!(1_000_001)]);
    let found = live_and_die(
        &mut client,
        "s",
        "javascript",
        javascript_scanner().as_bytes(),
        &["1"],
    );
    assert_eq!(found, [json!(["global", "prototype", "environment"])]);
    server.stop();
}

#[test]
fn functions_that_follow_each_other_in_a_slot_see_nothing_of_each_other() {
    let site = Site::take();
    let server = start(&site);
    let mut client = server.client();
    for number in 0..ROUNDS {
        round(&mut client, number);
    }
    server.stop();
}

#[test]
fn functions_side_by_side_and_fresh_invocations_see_nothing_of_each_other() {
    let site = Site::take();
    let server = site.start(&[]);
    let mut client = server.client();
    put(
        &mut client,
        "jw",
        "javascript",
        Some("SECRET"),
        javascript_writer().as_bytes(),
    );
    put(&mut client, "w", "wasm", None, &writer());
    put(&mut client, "s", "wasm", None, &scanner());
    client.register("s-fresh", "runtime=wasm&reuse=fresh", &scanner());
    put(
        &mut client,
        "js",
        "javascript",
        None,
        javascript_scanner().as_bytes(),
    );
    client.register(
        "js-fresh",
        "runtime=javascript&reuse=fresh",
        javascript_scanner().as_bytes(),
    );
    for _ in 0..5 {
        client.call("jw", "0");
        // The folder is there from the first time; the writer says so with another number.
        client.call("w", "0");
        assert_eq!(client.call("js", "0"), json!([]));
        assert_eq!(
            client.call("js-fresh", "1"),
            json!(["global", "prototype", "environment"])
        );
        assert_eq!(client.call("js-fresh", "0"), json!([]));
        assert_eq!(client.call("s-fresh", "1"), json!(1));
        assert_eq!(client.call("s-fresh", "0"), json!(0));
    }
    assert_eq!(client.call("s", "0"), json!(0));
    server.stop();
}
