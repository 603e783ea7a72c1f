//! What is particular to JavaScript functions.

use hydra_types::{Runtime, SpecFields};

use crate::harness::{load, reply};

fn js(code: &str) -> std::sync::Arc<dyn hydra_sandbox::Program> {
    load(Runtime::JavaScript, SpecFields::default(), code.as_bytes())
}

#[test]
fn hello_answers() {
    let program =
        js("export function handler(event) { return { message: `Hello, ${event.name}!` } }");
    let mut sandbox = program.restore().unwrap();
    sandbox.private_memory();
    assert_eq!(
        reply(&mut *sandbox, r#"{"name":"Ada"}"#),
        r#"{"message":"Hello, Ada!"}"#
    );
    eprintln!(
        "{:?} private {}",
        program.image_use(),
        sandbox.private_memory()
    );
    let time = |what: &str, run: &mut dyn FnMut()| {
        let mut times: Vec<_> = (0..2000)
            .map(|_| {
                let t = std::time::Instant::now();
                run();
                t.elapsed()
            })
            .collect();
        times.sort();
        eprintln!("{what}: p50 {:?} p99 {:?}", times[1000], times[1980]);
    };
    time("warm", &mut || {
        drop(reply(&mut *sandbox, r#"{"name":"Ada"}"#))
    });
    time("reset", &mut || sandbox.reset().unwrap());
    time("reset+invoke", &mut || {
        sandbox.reset().unwrap();
        drop(reply(&mut *sandbox, r#"{"name":"Ada"}"#));
    });
    time("restore+drop", &mut || drop(program.restore().unwrap()));
    time("first reply", &mut || {
        let mut sandbox = program.restore().unwrap();
        drop(reply(&mut *sandbox, r#"{"name":"Ada"}"#));
    });
    let mut many: Vec<_> = Vec::new();
    time("restore blank", &mut || {
        if many.len() < 1900 {
            many.push(program.restore().unwrap());
        }
    });
    let mut n = 0;
    time("first blank", &mut || {
        if n < 1900 {
            drop(reply(&mut *many[n], r#"{"name":"Ada"}"#));
            n += 1;
        }
    });
    eprintln!("private {}", many[5].private_memory());
}
