//! Functions that fetch, from a real server in this process.

mod crowd;
mod ending;
mod exchanges;
mod policies;
mod streaming;

use serde_json::{Value, json};

use crate::harness::{client::Client, origin::Origin, server::Server, site::Site};

/// The body of a handler that gets the server's URL as `origin`, and what it replies.
struct Case {
    what: &'static str,
    body: &'static str,
    reply: Value,
}

/// Code whose handler does `body`.
fn function(body: &str) -> String {
    format!(
        "import http from 'node:http';
         const failure = async (promise) => {{
           try {{ return [await promise]; }} catch (error) {{
             return [error.name, typeof error.code === 'string' ? error.code : null];
           }}
         }};
         export const handler = async (origin) => {{ {body} }};"
    )
}

/// Registers a function that may connect to `origin` and to nothing else.
fn register(client: &mut Client, name: &str, spec: &str, origin: &Origin, body: &str) {
    let spec = format!(
        "runtime=javascript&file=index.mjs&egress={}{spec}",
        origin.authority()
    );
    client.register(name, &spec, function(body).as_bytes());
}

/// A server, and an origin for its functions.
fn with_origin(task: impl FnOnce(&Server, &mut Client, &Origin)) {
    let site = Site::take();
    let origin = Origin::start();
    let server = site.start(&[]);
    task(&server, &mut server.client(), &origin);
    server.assert_no_complaint();
    server.stop();
}

/// Runs every case, and reports all that reply otherwise.
fn check(cases: &[Case]) {
    with_origin(|_, client, origin| {
        let mut wrong = Vec::new();
        for (number, case) in cases.iter().enumerate() {
            let name = format!("f{number}");
            register(client, &name, "", origin, case.body);
            let reply = client.invoke(&name, &json!(origin.url("")).to_string());
            if reply.status != 200 || reply.json() != case.reply {
                wrong.push(format!(
                    "{}: {}, not {}",
                    case.what,
                    reply.text(),
                    case.reply
                ));
            }
        }
        assert!(
            wrong.is_empty(),
            "{} are wrong:\n{}",
            wrong.len(),
            wrong.join("\n")
        );
    });
}
