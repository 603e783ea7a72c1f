//! The functions of `functions/javascript`: each checks in a sandbox what it finds there of Web APIs and Node modules,
//! throws where something is wrong, and replies with how much it has checked.
//!
//! They are files, so that the same ones run in Node.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::harness::{
    client::{Client, Reply},
    site::Site,
};

/// Frames of a failure that are shown.
const FRAMES: usize = 6;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("functions/javascript")
}

/// The entries of a folder, in order.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// An error as a person reads it.
fn shown(reply: &Reply) -> String {
    let stack = reply.json()["stack"].clone();
    let frames = stack.as_array().into_iter().flatten();
    let frames: Vec<&str> = frames
        .filter_map(|frame| frame.as_str())
        .take(FRAMES)
        .collect();
    let says = reply.says();
    let status = reply.status;
    format!("{status}: {}\n    {}", says.trim(), frames.join("\n    "))
}

/// Registers and calls the function in one file; how many checks it made, or what went wrong.
fn run(client: &mut Client, path: &Path) -> Result<u64, String> {
    let file = name_of(path);
    let name: String = file
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let code = fs::read(path).unwrap();
    let registered = client.put(&name, &format!("runtime=javascript&file={file}"), &code);
    if registered.status >= 400 {
        return Err(format!("not registered: {}", shown(&registered)));
    }
    let reply = client.invoke(&name, "{}");
    if reply.status >= 400 {
        return Err(shown(&reply));
    }
    let checks = reply.json()["checks"].as_u64().unwrap_or(0);
    if checks == 0 {
        return Err(format!("it replies without any `checks`: {}", reply.text()));
    }
    // Twice, since what one call leaves behind is there in the next.
    let again = client.invoke(&name, "{}");
    match again.status {
        200 => Ok(checks),
        _ => Err(format!("in its second call: {}", shown(&again))),
    }
}

/// Runs all functions of one folder and reports those that fail together.
fn check(folder: &str) {
    let site = Site::take();
    let server = site.start(&[]);
    let mut client = server.client();
    let files = entries(&root().join(folder));
    assert!(!files.is_empty(), "{folder} is empty");
    let mut failures = Vec::new();
    let mut checks = 0;
    for path in &files {
        match run(&mut client, path) {
            Ok(count) => checks += count,
            Err(why) => failures.push(format!("{folder}/{}: {why}", name_of(path))),
        }
    }
    eprintln!("{folder}: {checks} checks in {} files", files.len());
    assert!(
        failures.is_empty(),
        "{} of {} files fail:\n{}",
        failures.len(),
        files.len(),
        failures.join("\n")
    );
    server.assert_no_complaint();
    server.stop();
}

const FOLDERS: [&str; 4] = ["fs", "intl", "node", "web"];

#[test]
fn every_folder_of_functions_has_its_test() {
    let found: BTreeSet<String> = entries(&root()).iter().map(|path| name_of(path)).collect();
    assert_eq!(found, FOLDERS.map(str::to_owned).into());
}

#[test]
fn web_apis_do_what_their_functions_check() {
    check("web");
}

#[test]
fn node_modules_do_what_their_functions_check() {
    check("node");
}

#[test]
fn files_do_what_their_functions_check() {
    check("fs");
}

#[test]
fn intl_does_what_its_functions_check() {
    check("intl");
}
