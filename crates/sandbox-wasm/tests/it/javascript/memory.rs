//! Private memory: what calls write must not grow with their number.

use std::collections::HashSet;

use hydra_sandbox::Sandbox;

use super::js;
use crate::harness::{self, reply};

fn after(sandbox: &mut dyn Sandbox, calls: usize, event: &str) -> u64 {
    for _ in 0..calls {
        reply(sandbox, event);
    }
    sandbox.private_memory().0 >> 10
}

#[test]
fn ten_thousand_calls_of_a_simple_handler_take_no_more_memory_than_ten() {
    for code in [
        "export const handler = (event) => ({ hello: event.name })",
        "export const handler = async (event) => { await null; return { hello: event.name } }",
        "exports.handler = (event, context, callback) => callback(null, { id: context.awsRequestId })",
    ] {
        let program = js(code);
        let mut sandbox = program.restore().unwrap();
        let first_kib = after(&mut *sandbox, 10, r#"{"name":"Ada"}"#);
        let last_kib = after(&mut *sandbox, 10_000, r#"{"name":"Ada"}"#);
        assert!(
            last_kib <= first_kib + 4,
            "{first_kib} KiB, then {last_kib} KiB: {code}"
        );
        assert!(first_kib <= 400, "{first_kib} KiB: {code}");
    }
}

#[test]
fn a_thousand_calls_that_make_cycles_leave_the_base_shared() {
    let program = js("export function handler(event) {
        const all = [];
        for (let n = 0; n < 100; n++) { const o = { n, text: 'x' + n, event }; o.self = o; all.push(o); }
        return all.length;
      }");
    let mut sandbox = program.restore().unwrap();
    let mut seen = Vec::new();
    for _ in 0..10 {
        seen.push(after(&mut *sandbox, 500, r#"{"a":[1,2,3]}"#));
    }
    println!(
        "{:?}: {seen:?} KiB after each 500 calls that make cycles",
        program.image_use()
    );
    assert!(seen[9] <= seen[6] + 256, "{seen:?} KiB");
}

#[test]
fn a_thousand_calls_that_make_much_garbage_stay_small() {
    let program = js("export function handler(event) {
        const all = Array.from({ length: 100 }, (_, n) => ({ n, text: 'x'.repeat(20) + n, event }));
        return all.map((o) => o.text.length).reduce((a, b) => a + b);
      }");
    let mut sandbox = program.restore().unwrap();
    let kib = after(&mut *sandbox, 1000, r#"{"a":[1,2,3]}"#);
    assert!(kib <= 400, "{kib} KiB");
}

#[test]
fn what_is_drawn_at_random_differs_between_sandboxes_and_after_a_reset() {
    let program = js("const early = Math.random();
        import { randomBytes } from 'node:crypto';
        export const handler = () => [Math.random(), crypto.randomUUID(), crypto.getRandomValues(new Uint32Array(4)).join(),
          randomBytes(8).toString('hex'), early];");
    let mut drawn: Vec<Vec<String>> = Vec::new();
    let mut draw = |sandbox: &mut dyn Sandbox| {
        let values: Vec<serde_json::Value> = serde_json::from_str(&reply(sandbox, "null")).unwrap();
        drawn.push(values.iter().map(ToString::to_string).collect());
    };
    for _ in 0..10 {
        let mut sandbox = program.restore().unwrap();
        draw(&mut *sandbox);
        draw(&mut *sandbox);
        sandbox.reset().unwrap();
        draw(&mut *sandbox);
        draw(&mut *sandbox.checkpoint().unwrap().restore().unwrap());
    }
    for column in 0..4 {
        let distinct: HashSet<_> = drawn.iter().map(|values| &values[column]).collect();
        assert_eq!(distinct.len(), drawn.len(), "{drawn:?}");
    }
    let early: HashSet<_> = drawn.iter().map(|values| &values[4]).collect();
    assert_eq!(early.len(), 1, "{drawn:?}");
    harness::replied(harness::invoke(&mut *program.restore().unwrap(), "null"));
}
