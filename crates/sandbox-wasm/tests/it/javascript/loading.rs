//! What code may do while it is loaded.

use hydra_sandbox::{Failure, LoadError};
use hydra_types::{ErrorCode, Runtime, SpecFields};

use super::{js, refusal, reply};
use crate::harness;

#[test]
fn top_level_code_may_wait() {
    let check = |code: &str, expected: &str| assert_eq!(reply(code), expected, "{code}");
    check(
        "const n = await Promise.resolve(1);\nexport const handler = () => n",
        "1",
    );
    check(
        "const n = await new Promise((done) => setTimeout(done, 20, 2));\nexport const handler = () => n",
        "2",
    );

    check("export let handler; await null; handler = () => 3;", "3");
}

#[test]
fn top_level_code_may_wait_again_and_again() {
    let code = "let n = 0; for (let i = 0; i < 5; i++) { await new Promise((done) => setTimeout(done, 1)); n++ }
        export const handler = () => n";
    assert_eq!(reply(code), "5");
}

#[test]
fn top_level_code_may_wait_for_a_timer_that_a_job_sets() {
    let code = "await null; const n = await new Promise((done) => setTimeout(done, 1, 4));
        export const handler = () => n";
    assert_eq!(reply(code), "4");
}

#[test]
fn top_level_code_runs_once() {
    let program =
        js("console.log('loaded'); let loads = 0; loads++; export const handler = () => loads");
    for _ in 0..3 {
        let mut sandbox = program.restore().unwrap();
        let outcome = harness::invoke(&mut *sandbox, "null");
        assert!(outcome.log.is_empty(), "{:?}", outcome.log);
        assert_eq!(outcome.result, Ok(harness::json("1")));
    }
}

#[test]
fn a_timer_set_while_loading_runs_in_the_first_call_that_waits() {
    let program = js("let ran = false; setTimeout(() => { ran = true }, 1);
        export const handler = async () => { await new Promise((done) => setTimeout(done, 20)); return ran }");
    for _ in 0..2 {
        assert_eq!(
            harness::reply(&mut *program.restore().unwrap(), "null"),
            "true"
        );
    }
}

#[test]
fn code_that_fails_while_it_is_loaded_is_refused_with_the_failure() {
    let check = |fields: SpecFields, code: &str, expected: ErrorCode| {
        let error = harness::try_load(Runtime::JavaScript, fields, code.as_bytes())
            .err()
            .unwrap_or_else(|| panic!("should not load: {code}"));
        match error {
            LoadError::TopLevel(failure) => assert_eq!(failure.code(), expected, "{failure:?}"),
            other => panic!("{other:?}\nin {code}"),
        }
    };
    let default = SpecFields::default;
    let handler = "export const handler = () => 1;\n";
    check(
        default(),
        &format!("{handler} throw new Error('x')"),
        ErrorCode::HandlerError,
    );
    check(
        default(),
        &format!("{handler} await Promise.reject(1)"),
        ErrorCode::HandlerError,
    );
    check(
        default(),
        &format!("{handler} await new Promise(() => {{}})"),
        ErrorCode::HandlerError,
    );
    check(
        default(),
        &format!("{handler} const f = () => f() + 1; f()"),
        ErrorCode::StackLimit,
    );
    check(
        default(),
        &format!("{handler} process.exit(1)"),
        ErrorCode::HandlerError,
    );
    let small = SpecFields {
        memory_mb: Some(8),
        ..default()
    };
    check(
        small,
        &format!("{handler} const all = []; for (;;) all.push(new Uint8Array(100000))"),
        ErrorCode::MemoryLimit,
    );
    match refusal(format!("{handler} await new Promise(() => {{}})").as_bytes()) {
        LoadError::TopLevel(failure) => assert_eq!(failure, Failure::NeverSettles),
        other => panic!("{other:?}"),
    }
}

#[test]
fn modules_that_are_not_there_are_named() {
    let check = |code: &str, name: &str| {
        let error = refusal(code.as_bytes());
        let mut text = error.to_string();
        if let LoadError::TopLevel(failure) = &error {
            text.push_str(&failure.to_string());
        }
        assert!(!matches!(error, LoadError::Internal(_)), "{error:?}");
        assert!(
            text.contains(name),
            "{text:?} does not name {name:?}, in {code}"
        );
    };
    check(
        "import fs from 'node:nothing';\nexport const handler = () => 1;",
        "node:nothing",
    );
    check(
        "import { x } from './other.js';\nexport const handler = () => x;",
        "other.js",
    );
    check(
        "import 'left-pad';\nexport const handler = () => 1;",
        "left-pad",
    );
    check(
        "require('node:nothing'); exports.handler = () => 1;",
        "nothing",
    );
    check("exports.handler = () => 1; require('./lib/a');", "./lib/a");
    check(
        "export { x } from 'elsewhere';\nexport const handler = () => 1;",
        "elsewhere",
    );
    check(
        "export const handler = () => 1;\nawait import('dynamic-one');",
        "dynamic-one",
    );
}

#[test]
fn a_dynamic_import_in_a_call_fails_that_call_only() {
    let program = js(
        "export const handler = async (event) => event ? (await import(event)).default : 'well'",
    );
    let mut sandbox = program.restore().unwrap();
    let failure = harness::failure(&mut *sandbox, r#""some-module""#);
    assert_eq!(failure.code(), ErrorCode::HandlerError, "{failure:?}");
    assert!(failure.to_string().contains("some-module"), "{failure}");
    assert_eq!(harness::reply(&mut *sandbox, "null"), r#""well""#);
}

#[test]
fn code_of_the_other_kind_than_it_looks_is_loaded_all_the_same() {
    let check = |code: &str, expected: &str| assert_eq!(reply(code), expected, "{code}");

    // An ES module whose export does not begin a line.
    check("const handler = () => 2; export { handler };", "2");
    check("let a = 1; export default () => a", "1");
    check("export{handler}; function handler() { return 3 }", "3");
}

#[test]
fn a_line_of_text_that_begins_like_an_export_makes_no_module() {
    let code = "const text = `\nexport default nothing\n`;\nexports.handler = () => text.length;";
    assert_eq!(reply(code), "24");
    let code = "/*\nexport default 1\n*/ exports.handler = () => 1;";
    assert_eq!(reply(code), "1");
}

#[test]
fn what_is_no_source_is_refused_with_a_reason() {
    let check = |code: &[u8], needle: &str| {
        let error = refusal(code);
        assert!(matches!(error, LoadError::Code { .. }), "{error:?}");
        assert!(
            error.to_string().contains(needle),
            "{error} does not say {needle:?}"
        );
    };
    check(b"\0asm\x01\0\0\0", "WebAssembly");
    check(&[0xff, 0xfe, b'a'], "UTF-8");
    check(b"exports.handler = '\0'", "NUL");
    check(&vec![b' '; (16 << 20) + 1], "16 MiB");
}

#[test]
fn large_sources_load() {
    let mut code = String::new();
    for n in 0..20_000 {
        code.push_str(&format!("export function f{n}(x) {{ return x + {n} }}\n"));
    }
    code.push_str("export const handler = () => f19999(1);");
    assert_eq!(reply(&code), "20000");
}
