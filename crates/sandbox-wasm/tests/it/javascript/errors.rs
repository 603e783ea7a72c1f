//! Failures of handlers: type, message and stack, whatever was thrown.

use hydra_sandbox::{After, Failure};
use hydra_types::ErrorCode;

use super::{body, outcome};
use crate::harness;

/// Throws `expression`, as a rejection and synchronously; type and message.
fn check(expression: &str, error_type: &str, message: &str) {
    let rejecting = body(&format!("throw {expression}"));
    let throwing = format!("export function handler() {{ throw {expression} }}");
    let calling =
        format!("exports.handler = (event, context, callback) => {{ callback({expression}) }}");
    for code in [rejecting, throwing, calling] {
        let outcome = outcome(&code, "null");
        let Err(Failure::Handler {
            error_type: found_type,
            message: found_message,
            ..
        }) = &outcome.result
        else {
            panic!("{:?}\nin {code}", outcome.result);
        };
        assert_eq!(found_type, error_type, "{code}");
        assert_eq!(found_message, message, "{code}");
        assert_eq!(outcome.after, After::Reusable, "{code}");
    }
}

#[test]
fn errors_keep_type_and_message() {
    check("new Error('no luck')", "Error", "no luck");
    check("new TypeError('no luck')", "TypeError", "no luck");
    check(
        "new (class MyError extends Error { name = 'MyError' })('mine')",
        "MyError",
        "mine",
    );
    check(
        "Object.assign(new Error('x'), { name: 'Custom' })",
        "Custom",
        "x",
    );
    check("new Error()", "Error", "");
    check("new Error('nö 🦀 \\n \\0 x')", "Error", "nö 🦀 \n \0 x");
    check(
        "new AggregateError([new Error('a')], 'many')",
        "AggregateError",
        "many",
    );
    check(
        "new Error('outer', { cause: new Error('inner') })",
        "Error",
        "outer",
    );
    check(
        "{ message: 'like an error', name: 'Alike' }",
        "Alike",
        "like an error",
    );
}

#[test]
fn things_that_are_no_errors_are_shown() {
    check("'just text'", "Error", "just text");
    check("42", "Error", "42");
    check("10n", "Error", "10n");
    check("true", "Error", "true");
    check("Symbol('s')", "Error", "Symbol(s)");
    check("{ a: 1 }", "Error", "{ a: 1 }");
    check("[1, 2]", "Error", "[ 1, 2 ]");
    check("() => 1", "Error", "[Function (anonymous)]");
}

#[test]
fn throwing_nothing_is_a_failure_too() {
    for value in ["null", "undefined", "0", "false", "''"] {
        for code in [
            body(&format!("throw {value}")),
            format!("export function handler() {{ throw {value} }}"),
            format!("export const handler = () => Promise.reject({value})"),
        ] {
            let failure = outcome(&code, "null").result.unwrap_err();
            assert_eq!(
                failure.code(),
                ErrorCode::HandlerError,
                "{failure:?}\nin {code}"
            );
        }
    }
}

#[test]
fn errors_with_half_a_character_are_failures_like_others() {
    check_code("new Error('\\ud800')");
    check_code("'\\udc00'");
    check_code("Object.assign(new Error('x'), { name: '\\ud800' })");
}

/// Throws `expression`, as a rejection and synchronously: the handler's error, and nothing worse.
fn check_code(expression: &str) {
    for code in [
        body(&format!("throw {expression}")),
        format!("export function handler() {{ throw {expression} }}"),
    ] {
        let outcome = outcome(&code, "null");
        let failure = outcome.result.unwrap_err();
        assert_eq!(
            failure.code(),
            ErrorCode::HandlerError,
            "{failure:?}\nin {code}"
        );
        assert_eq!(outcome.after, After::Reusable, "{code}");
    }
}

#[test]
fn errors_made_to_break_their_reader_are_failures_like_others() {
    let check = check_code;

    check("{ get message() { throw new Error('no') } }");
    check("{ message: { toString() { throw 1 } } }");
    check("{ message: Symbol('x') }");
    check("Object.defineProperty(new Error('x'), 'stack', { get() { throw 1 } })");
    check("Object.defineProperty(new Error('x'), 'name', { get() { throw 1 } })");
    check("Object.defineProperty(new Error('x'), 'constructor', { get() { throw 1 } })");
    check("Object.assign(new Error('x'), { stack: 42 })");
    check("Object.assign(new Error('x'), { stack: 'y'.repeat(1 << 20) })");
    check(
        "new Proxy({}, { get() { throw 1 }, has() { throw 1 }, getPrototypeOf() { throw 1 }, ownKeys() { throw 1 } })",
    );
    check("new Proxy(new Error('x'), {})");
    check("Object.create(null)");
    check(
        "(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy })()",
    );

    check("Object.assign(new Error('x'), { name: { toString: () => 'n' } })");
    check("Object.assign(new Error('x'), { toJSON: () => 1 })");
}

#[test]
fn prototypes_made_to_break_the_description_are_failures_like_others() {
    let check = |statements: &str| {
        let failure = outcome(&body(statements), "null").result.unwrap_err();
        assert_eq!(
            failure.code(),
            ErrorCode::HandlerError,
            "{failure:?}\nin {statements}"
        );
    };
    check("Object.prototype.toJSON = () => 1; throw new Error('x')");
    check("Object.prototype.toJSON = () => undefined; throw new Error('x')");
    check("globalThis.String = () => { throw 1 }; throw new Error('x')");
    check("globalThis.Error = undefined; throw 1");
    check("String.prototype.toJSON = () => 1; throw new Error('x')");
}

#[test]
fn long_messages_are_cut() {
    let failure = outcome(&body("throw new Error('é'.repeat(1 << 20))"), "null")
        .result
        .unwrap_err();
    let Failure::Handler { message, .. } = failure else {
        panic!("{failure:?}");
    };
    assert_eq!(message.len(), 64 << 10);
    assert!(message.chars().all(|c| c == 'é'));
}

#[test]
fn a_user_error_that_reads_like_the_interpreters_is_still_a_failure() {
    let outcome = outcome(&body("throw new RangeError('x')"), "null");
    assert!(matches!(outcome.result, Err(Failure::Handler { .. })));
}

#[test]
fn a_sandbox_answers_after_any_number_of_failures() {
    let program = super::js(
        "export const handler = (event) => { if (event) throw new Error(event); return 'well' }",
    );
    let mut sandbox = program.restore().unwrap();
    for n in 1..200 {
        let failure = harness::failure(&mut *sandbox, &n.to_string());
        assert_eq!(failure.to_string(), format!("Error: {n}"));
    }
    assert_eq!(harness::reply(&mut *sandbox, "0"), r#""well""#);
}

#[test]
fn a_rejection_that_nobody_handles_does_not_fail_the_reply() {
    let outcome = outcome(
        &body("Promise.reject(new Error('alone')); return 'well'"),
        "null",
    );
    assert_eq!(outcome.result, Ok(harness::json(r#""well""#)));
}
