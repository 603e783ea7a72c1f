//! Functions that replace what Hydra's own JavaScript stands on harm nobody but themselves.

use hydra_sandbox::After;
use hydra_types::{ErrorCode, Runtime, SpecFields};

use super::{js, outcome};
use crate::harness;

#[test]
fn replaced_builtins_do_not_break_replies() {
    let mut broken = Vec::new();
    let mut check = |sabotage: &str| {
        for code in [
            format!("{sabotage};\nexport const handler = (event) => ({{ got: event }})"),
            format!("{sabotage};\nexport const handler = async (event) => ({{ got: event }})"),
            format!(
                "export const handler = async (event) => {{ {sabotage}; await null; return {{ got: event }} }}"
            ),
        ] {
            match harness::try_load(Runtime::JavaScript, SpecFields::default(), code.as_bytes()) {
                Ok(program) => {
                    let mut sandbox = program.restore().unwrap();
                    let result = harness::invoke(&mut *sandbox, r#"{"a":[1,"x"]}"#).result;
                    if result != Ok(harness::json(r#"{"got":{"a":[1,"x"]}}"#)) {
                        broken.push(format!("{result:?}\nin {code}"));
                    }
                }
                Err(error) => broken.push(format!("{error:?}\nin {code}")),
            }
        }
    };
    check("JSON.stringify = () => 'stolen'");
    check("JSON.parse = () => 'stolen'");
    check("globalThis.JSON = undefined");
    check("Promise.prototype.then = () => {}");
    check("Promise.prototype.then = function () { throw new Error('no') }");
    check("globalThis.Promise = class {}");
    check("Promise.resolve = () => { throw 1 }");
    check("Array.prototype.push = () => { throw 1 }");
    check(
        "Array.prototype.splice = Array.prototype.filter = Array.prototype.shift = () => { throw 1 }",
    );
    check("Array.prototype[Symbol.iterator] = () => { throw 1 }");
    check("Array.isArray = () => true");
    check("Object.keys = Object.defineProperty = () => { throw 1 }");
    check("Reflect.apply = () => { throw 1 }");
    check(
        "Function.prototype.call = Function.prototype.apply = Function.prototype.bind = () => { throw 1 }",
    );
    check("ArrayBuffer.isView = () => true");
    check("globalThis.ArrayBuffer = globalThis.Uint8Array = class {}");
    check("String.prototype.replace = () => { throw 1 }");
    check("globalThis.Date = globalThis.Math = undefined");
    check("globalThis.setTimeout = undefined");
    check("globalThis.console = undefined");
    check(
        "Object.defineProperty(Object.prototype, 'then', { get() { return undefined }, configurable: true })",
    );
    check("Object.prototype.due = Object.prototype.every = 1");
    check(
        "for (const name of Object.getOwnPropertyNames(globalThis)) if (!['undefined', 'NaN', 'Infinity', 'globalThis', 'Object'].includes(name)) delete globalThis[name]",
    );
    check(
        "Object.freeze(globalThis); Object.freeze(Object.prototype); Object.freeze(Array.prototype)",
    );
    assert!(broken.is_empty(), "{}", broken.join("\n\n"));
}

#[test]
fn breaking_the_interpreters_own_arrays_is_the_handlers_failure() {
    // QuickJS serialises with arrays of its own, which obey setters that the function puts on all of them.
    let trap =
        "Object.defineProperty(Array.prototype, 0, { set() { throw 1 }, configurable: true })";
    let program = js(&format!(
        "export const handler = (event) => {{ if (event) {trap}; return [event] }}"
    ));
    let mut sandbox = program.restore().unwrap();
    if let Err(failure) = harness::invoke(&mut *sandbox, "true").result {
        assert_eq!(failure.code(), ErrorCode::HandlerError, "{failure:?}");
    }
    sandbox.reset().unwrap();
    assert_eq!(harness::reply(&mut *sandbox, "false"), "[false]");
}

#[test]
fn a_guest_cannot_reach_the_host_function() {
    let code = "export const handler = () => Object.getOwnPropertyNames(globalThis)
        .filter((name) => /host|hydra|qjs/i.test(name))";
    assert_eq!(super::reply(code), "[]");
    // Nor by the arguments of the functions on the stack.
    let code = "export function handler() {
        try { return String(handler.caller) + String(handler.arguments) } catch (error) { return 'refused' } }";
    assert_eq!(super::reply(code), r#""refused""#);
    // Nor by a getter that runs in the middle of the prelude.
    let code = "let seen = 'nothing';
        export const handler = () => seen;
        const grab = (frame) => { if (typeof frame === 'function' && frame.length === 3) seen = 'found' };
        Object.defineProperty(Object.prototype, 'type', { set(v) { grab(this); }, configurable: true });";
    assert_eq!(super::reply(code), r#""nothing""#);
}

#[test]
fn a_sandbox_that_was_sabotaged_is_clean_after_a_reset() {
    let program = js("export const handler = (event) => {
        if (event) { JSON.stringify = null; globalThis.x = 1; Array.prototype.map = null; process.env.NEW = 1 }
        return [typeof globalThis.x, typeof Array.prototype.map, typeof process.env.NEW] }");
    let mut sandbox = program.restore().unwrap();
    let clean = r#"["undefined","function","undefined"]"#;
    assert_eq!(harness::reply(&mut *sandbox, "false"), clean);
    assert_eq!(
        harness::reply(&mut *sandbox, "true"),
        r#"["number","object","number"]"#
    );
    sandbox.reset().unwrap();
    assert_eq!(harness::reply(&mut *sandbox, "false"), clean);
    assert_eq!(
        harness::reply(&mut *program.restore().unwrap(), "false"),
        clean
    );
}

#[test]
fn promises_made_to_confuse_are_answered_once() {
    let check = |expression: &str| {
        let outcome = outcome(
            &format!("export const handler = () => {expression}"),
            "null",
        );
        match outcome.result {
            Ok(reply) => assert_eq!(reply, harness::json("1"), "{expression}"),
            Err(failure) => assert_eq!(
                failure.code(),
                ErrorCode::HandlerError,
                "{failure:?} {expression}"
            ),
        }
        assert_eq!(outcome.after, After::Reusable, "{expression}");
    };
    check("({ get then() { throw new Error('no') } })");
    check("({ then() { throw new Error('no') } })");
    check("({ then(done) { done(1); throw new Error('late') } })");
    check("{ const p = Promise.resolve(1); p.then = () => {}; return p }");
    check(
        "{ const p = Promise.resolve(1); p.constructor = { [Symbol.species]: function () { throw 1 } }; return p }",
    );
    check(
        "{ const p = Promise.resolve(1); Object.defineProperty(p, 'constructor', { get() { throw new Error('no') } }); return p }",
    );
    check("new Proxy(Promise.resolve(1), {})");
    check("Object.create(Promise.prototype)");
    check("{ const p = new Promise(() => {}); p.then(() => {}); return p }");
    let itself = outcome(
        "export const handler = () => { const o = { then(done) { done(o) } }; return o }",
        "null",
    );
    assert!(itself.result.is_err(), "{:?}", itself.result);
}

#[test]
fn randomness_has_its_bounds() {
    let check = |expression: &str, expected: &str| {
        let code = format!(
            "export const handler = () => {{ try {{ const f = () => {expression}; return f() }} catch (e) {{ return e.name }} }}"
        );
        assert_eq!(super::reply(&code), expected, "{expression}");
    };
    check(
        "crypto.getRandomValues(new Uint8Array(65536)).length",
        "65536",
    );
    check(
        "crypto.getRandomValues(new Uint8Array(65537)).length",
        r#""QuotaExceededError""#,
    );
    check("crypto.getRandomValues([1])", r#""TypeError""#);
    check("crypto.getRandomValues(new Uint8Array(0)).length", "0");
    check(
        "[...crypto.getRandomValues(new Uint8Array(64).subarray(8, 16))].length",
        "8",
    );
    check(
        "/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID())",
        "true",
    );
    check(
        "{ const r = Math.random(); return r >= 0 && r < 1 }",
        "true",
    );
}
