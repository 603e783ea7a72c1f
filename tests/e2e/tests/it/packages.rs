//! Packages: zips of several files, of all kinds of modules, as a user would upload them.

mod apart;
mod hostile;
mod loading;
mod places;
mod refusals;
mod resolving;

use serde_json::Value;

use crate::harness::{
    client::{Client, Reply},
    code,
    site::Site,
};

/// Files of a package: path and text.
type Files = [(&'static str, &'static str)];

fn zip(files: &Files) -> Vec<u8> {
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, text)| (*name, text.as_bytes()))
        .collect();
    code::zip(&files)
}

/// Registers a package.
fn put(client: &mut Client, name: &str, spec: &str, files: &Files) -> Reply {
    client.put(name, &format!("runtime=javascript{spec}"), &zip(files))
}

/// A package and what its handler replies.
struct Case {
    what: &'static str,
    files: &'static Files,
    reply: Value,
}

/// Loads and calls each package, and reports all that reply otherwise.
fn check(cases: &[Case]) {
    let site = Site::take();
    let server = site.start(&[]);
    let mut client = server.client();
    let mut wrong = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let name = format!("p{number}");
        let registered = put(&mut client, &name, "", case.files);
        if registered.status >= 400 {
            wrong.push(format!("{}: {}", case.what, registered.text()));
            continue;
        }
        for call in ["first", "second"] {
            let reply = client.invoke(&name, "null");
            if reply.status != 200 || reply.json() != case.reply {
                wrong.push(format!("{}: {call} reply: {}", case.what, reply.text()));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} are wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    server.assert_no_complaint();
    server.stop();
}
