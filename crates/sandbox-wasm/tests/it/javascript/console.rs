//! What `console` and the standard streams write.

use super::{body, outcome};

fn check(statement: &str, expected: &str) {
    let log = outcome(&body(statement), "null").log;
    let text = String::from_utf8_lossy(log.text()).into_owned();
    assert_eq!(text, expected, "{statement}");
}

#[test]
fn every_level_writes_a_line() {
    for level in ["log", "info", "debug", "warn", "error"] {
        check(
            &format!("console.{level}('hello', 1, true)"),
            "hello 1 true\n",
        );
    }
}

#[test]
fn values_are_shown_readably() {
    check("console.log()", "\n");
    check("console.log('')", "\n");
    check(
        "console.log(null, undefined, -0, 10n)",
        "null undefined -0 10n\n",
    );
    check(
        "console.log({ a: 1, b: 'x', 'c d': [1, 'y'] })",
        "{ a: 1, b: 'x', 'c d': [ 1, 'y' ] }\n",
    );
    check("console.log([], {})", "[] {}\n");
    check(
        "console.log({ a: { b: { c: { d: 1 } } } })",
        "{ a: { b: { c: [Object] } } }\n",
    );
    check(
        "const o = {}; o.self = o; console.log(o)",
        "<ref *1> { self: [Circular *1] }\n",
    );
    check(
        "console.log(new Map([[1, { a: 2 }]]), new Set(['x']))",
        "Map(1) { 1 => { a: 2 } } Set(1) { 'x' }\n",
    );
    check(
        "console.log(new Uint8Array([1, 2]))",
        "Uint8Array(2) [ 1, 2 ]\n",
    );
    check(
        "console.log(new Date(0), /x/g)",
        "1970-01-01T00:00:00.000Z /x/g\n",
    );
    check(
        "console.log(() => 1, function f() {}, class A {})",
        "[Function (anonymous)] [Function: f] [class A]\n",
    );
    check("class P { x = 1 } console.log(new P())", "P { x: 1 }\n");
    check("console.log(Symbol('s'))", "Symbol(s)\n");
    check("console.log('🦀 é')", "🦀 é\n");
    check(
        "console.log(Array.from({ length: 102 }, () => 0).length, [...Array(101).keys()].slice(99))",
        "102 [ 99, 100 ]\n",
    );
}

#[test]
fn directives_are_filled_in() {
    check("console.log('%s is %d', 'x', 42)", "x is 42\n");
    check(
        "console.log('%i %f %j %%', 4.7, '1.5', { a: 1 })",
        "4 1.5 {\"a\":1} %\n",
    );
    check("console.log('%o', 'x', 'rest', 1)", "'x' rest 1\n");
    check("console.log('%s')", "%s\n");
    check("console.log('%s %s', 'one')", "one %s\n");
    check("console.log('%c styled', 'color: red')", " styled\n");
    check("console.log('100%')", "100%\n");
}

#[test]
fn groups_indent_and_counters_count() {
    check(
        "console.group('g'); console.log('a\\nb'); console.groupEnd(); console.log('c')",
        "g\n  a\n  b\nc\n",
    );
    check(
        "console.count(); console.count('x'); console.count()",
        "default: 1\nx: 1\ndefault: 2\n",
    );
    check(
        "console.assert(true, 'no'); console.assert(false, 'yes')",
        "Assertion failed: yes\n",
    );
}

#[test]
fn streams_write_what_they_are_given() {
    check(
        "process.stdout.write('a'); process.stderr.write('b\\n')",
        "ab\n",
    );
    check("console.log('a\\0b')", "a\0b\n");
}

#[test]
fn things_that_cannot_be_shown_do_not_fail_the_call() {
    let check = |statement: &str| {
        let code = body(&format!("{statement}; return 'well'"));
        let result = outcome(&code, "null").result;
        assert_eq!(result, Ok(crate::harness::json(r#""well""#)), "{statement}");
    };
    check("console.log(Object.create(null))");
    check("console.log({ constructor: null })");
    check("console.log({ get x() { throw new Error('no') } })");
    check("console.log(new Proxy({}, { ownKeys() { throw new Error('no') } }))");
    check("console.log(new Proxy({}, {}))");
    check("console.log({ [Symbol.iterator]: 1 })");
    check(
        "const e = new Error('x'); Object.defineProperty(e, 'stack', { get() { throw 1 } }); console.log(e)",
    );
    check("console.log('%d', Symbol('x'))");
    check("console.log('%j', 1n)");
    check("console.log('%s', Object.create(null))");
    check("console.log(new Date(NaN))");
    check("console.log('\\ud800')");
}

#[test]
fn things_that_are_deep_wide_or_long_are_cut() {
    let code = body(
        "console.log('x'.repeat(1 << 20));
         console.log(Array(1e6).fill({ a: [1] }));
         let deep = {}; for (let i = 0; i < 1e4; i++) deep = { deep }; console.log(deep);
         return 'well'",
    );
    let outcome = outcome(&code, "null");
    assert_eq!(outcome.result, Ok(crate::harness::json(r#""well""#)));
    assert_eq!(outcome.log.text().len(), 256 << 10);
    assert!(outcome.log.dropped_bytes() > 0);
}
