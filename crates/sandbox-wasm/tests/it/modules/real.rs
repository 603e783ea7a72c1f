//! Modules that real compilers made: the examples, built by `cargo xtask examples`.
//!
//! Taken from the directory that `HYDRA_EXAMPLES_BUILD` names, else from `example-modules` in the target
//! directory. Says so when there are none.

use std::{fs, path::PathBuf};

use hydra_types::{Runtime, SpecFields};

use crate::harness;

/// The module in the file `name`, if examples are built.
fn module(name: &str) -> Option<Vec<u8>> {
    let dir = std::env::var_os("HYDRA_EXAMPLES_BUILD").map_or_else(
        || {
            let scratch = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
            scratch.with_file_name("example-modules")
        },
        PathBuf::from,
    );
    let file = dir.join(name);
    let module = fs::read(&file).ok();
    if module.is_none() {
        eprintln!(
            "SKIPPED: {} is not built; run `cargo xtask examples`",
            file.display()
        );
    }
    module
}

/// Calls a new, a warm and a reset sandbox; `second` is of those that remember.
fn check(name: &str, handler: Option<&str>, event: &str, first: &str, second: Option<&str>) {
    let Some(code) = module(name) else { return };
    let fields = SpecFields {
        handler: handler.map(str::to_owned),
        ..SpecFields::default()
    };
    let program = harness::load(Runtime::Wasm, fields, &code);
    let mut sandbox = program.restore().unwrap();
    for _ in 0..3 {
        assert_eq!(
            harness::reply(&mut *sandbox, event).trim_end(),
            first,
            "{name}"
        );
        if let Some(second) = second {
            assert_eq!(
                harness::reply(&mut *sandbox, event).trim_end(),
                second,
                "{name}"
            );
            let checkpoint = sandbox.checkpoint().unwrap();
            drop(checkpoint.restore().unwrap());
        }
        sandbox.reset().unwrap();
    }
    let mut other = program.restore().unwrap();
    assert_eq!(
        harness::reply(&mut *other, event).trim_end(),
        first,
        "{name}"
    );
}

const ADA: &str = r#"{"name":"Ada"}"#;
const HELLO: &str = r#"{"message":"Hello, Ada!"}"#;

#[test]
fn a_rust_command_serves() {
    check("rust_hello.wasm", None, ADA, HELLO, None);
}

#[test]
fn a_c_command_serves() {
    check("c_hello.wasm", None, ADA, HELLO, None);
}

#[test]
fn a_go_command_serves() {
    check("go_hello.wasm", None, ADA, HELLO, None);
}

#[test]
fn a_rust_reactor_serves_and_remembers() {
    check(
        "wordcount_reactor.wasm",
        Some("handler"),
        r#"{"text":"the cat and the hat"}"#,
        r#"{"words":{"cat":1,"hat":1},"events":1}"#,
        Some(r#"{"words":{"cat":1,"hat":1},"events":2}"#),
    );
}

#[test]
fn a_go_reactor_serves_and_remembers() {
    check(
        "go_reactor.wasm",
        Some("handler"),
        ADA,
        r#"{"message":"Hello, Ada!","events":1}"#,
        Some(r#"{"message":"Hello, Ada!","events":2}"#),
    );
}
