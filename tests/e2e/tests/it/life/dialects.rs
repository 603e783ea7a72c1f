//! Both dialects over both runtimes: register, invoke, list, describe, deregister.

use serde_json::{Value, json};

use crate::harness::{
    client::Client,
    code::{self, Form},
    site::{self, Site},
};

/// A function and what it does.
struct Sample {
    runtime: &'static str,
    language: &'static str,
    handler: &'static str,
    code: Vec<u8>,
    event: &'static str,
    reply: &'static str,
}

fn samples() -> Vec<Sample> {
    let javascript = |source: &[u8]| Sample {
        runtime: "javascript",
        language: "JavaScript",
        handler: "handler",
        code: source.to_vec(),
        event: r#"{"name":"Ada"}"#,
        reply: r#"{"message":"Hello, Ada!"}"#,
    };
    let module = |handler, code: Vec<u8>| Sample {
        runtime: "wasm",
        language: "rust",
        handler,
        code,
        event: r#"{"name":"Ada"}"#,
        reply: r#"{"name":"Ada"}"#,
    };
    let source = b"export const handler = (e) => ({ message: `Hello, ${e.name}!` })";
    let common = b"exports.handler = async (e) => ({ message: `Hello, ${e.name}!` })";
    let mut all = vec![
        javascript(source),
        javascript(common),
        javascript(&code::zip(&[("README", b"hi"), ("index.mjs", source)])),
        module("", code::module(Form::Command, code::ECHO)),
        module("handler", code::module(Form::Reactor, code::ECHO)),
    ];
    for name in ["c_hello.wasm", "rust_hello.wasm", "go_hello.wasm"] {
        all.extend(site::example(name).map(|code| Sample {
            reply: r#"{"message":"Hello, Ada!"}"#,
            ..module("", code)
        }));
    }
    all
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn every_sample_lives_its_life_in_the_native_dialect() {
    let site = Site::take();
    let server = site.start(&[]);
    let mut client = server.client();
    for sample in samples() {
        native(&mut client, &sample);
    }
    server.assert_no_complaint();
    server.stop();
}

fn native(client: &mut Client, sample: &Sample) {
    let mut spec = format!("runtime={}&memory_mb=64", sample.runtime);
    if !sample.handler.is_empty() {
        spec += &format!("&handler={}", sample.handler);
    }
    let first = client.put("f", &spec, &sample.code);
    assert_eq!(first.status, 201, "{first:?}");
    assert_eq!(first.json()["replaced"], json!(false));
    let second = client.put("f", &spec, &sample.code);
    assert_eq!(second.status, 200, "{second:?}");
    assert_eq!(second.json()["replaced"], json!(true));

    let reply = client.invoke("f", sample.event);
    assert_eq!(reply.code(), "ok", "{reply:?}");
    assert_eq!(reply.json(), json_of(sample.reply));
    assert_eq!(reply.header("x-hydra-start"), Some("restored"));
    let warm = client.invoke("f", sample.event);
    assert_eq!(warm.json(), json_of(sample.reply));
    assert_eq!(warm.header("content-type"), Some("application/json"));

    let all = client.get("/v1/functions").json();
    let expected = json!({"name": "f", "runtime": sample.runtime, "version": 2, "invocations": 2});
    assert_eq!(all, json!({"functions": [expected]}));
    let described = client.get("/v1/functions/f").json();
    assert_eq!(described["limits"]["memory_mb"], json!(64));
    assert_eq!(described["counts"]["invocations"], json!(2));
    assert_eq!(described["counts"]["errors"], json!(0));

    client.deregister("f");
    assert_eq!(client.invoke("f", "1").code(), "function_not_found");
    assert_eq!(client.get("/v1/functions/f").code(), "function_not_found");
    assert_eq!(client.get("/v1/functions").json(), json!({"functions": []}));
}

#[test]
fn every_sample_lives_its_life_in_graalvisors_dialect() {
    let site = Site::take();
    let server = site.start(&[]);
    let mut client = server.client();
    for sample in samples() {
        graalvisor(&mut client, &sample);
    }
    server.assert_no_complaint();
    server.stop();
}

fn graalvisor(client: &mut Client, sample: &Sample) {
    let path = format!(
        "/register?name=g&language={}&entryPoint={}&svmid=1",
        sample.language, sample.handler
    );
    let registered = client.post(&path, &sample.code);
    assert_eq!(registered.status, 200, "{registered:?}");
    assert_eq!(registered.text().trim(), "Function g registered!");

    let call = json!({"name": "g", "arguments": sample.event, "async": "false"}).to_string();
    for (path, body) in [("/", &call), ("/warmup?concurrency=2&requests=4", &call)] {
        let reply = client.post(path, body.as_bytes());
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
        let reply = reply.json();
        assert_eq!(
            json_of(reply["result"].as_str().unwrap()),
            json_of(sample.reply)
        );
        assert!(reply["process time (us)"].is_u64(), "{reply}");
    }
    assert_eq!(client.call("g", sample.event), json_of(sample.reply));

    let removed = client.post("/deregister?name=g", b"");
    assert_eq!(removed.status, 200, "{removed:?}");
    assert_eq!(removed.text().trim(), "Function g removed!");
    assert_eq!(
        client.post("/", call.as_bytes()).code(),
        "function_not_found"
    );
}
