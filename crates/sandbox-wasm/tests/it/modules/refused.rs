//! Modules that Hydra must refuse, each with a text that says why.

use hydra_sandbox::LoadError;
use hydra_types::{Bytes, ErrorCode, Runtime, SpecFields};

use super::refusal;
use crate::{
    harness,
    wat::{self, Form, assemble},
};

fn check_bytes(code: &[u8], needles: &[&str]) {
    let error = refusal(code);
    let LoadError::Code { message, hint } = &error else {
        panic!("{error:?} should be the code's fault");
    };
    for needle in needles {
        assert!(
            message.contains(needle),
            "{message:?} does not say {needle:?}"
        );
    }
    assert!(
        hint.is_some(),
        "{message:?} says nothing of what to do next"
    );
}

fn check(text: &str, needles: &[&str]) {
    check_bytes(&assemble(text), needles);
}

const START: &str = r#"(func (export "_start"))"#;

#[test]
fn what_is_no_module_is_refused() {
    check_bytes(b"", &["not a valid WebAssembly module"]);
    check_bytes(b"hello", &["not a valid WebAssembly module"]);
    check_bytes(
        b"export const handler = () => 1",
        &["not a valid WebAssembly module"],
    );
    check_bytes(b"\0asm", &["not a valid WebAssembly module"]);
    check_bytes(b"\0asm\x02\0\0\0", &["not a valid WebAssembly module"]);
    check_bytes(b"PK\x03\x04nothing", &["zip"]);
    check_bytes(&[0; 1000], &["not a valid WebAssembly module", "offset"]);
    check_bytes(b"(module)", &["not a valid WebAssembly module"]);
}

#[test]
fn truncated_and_broken_modules_are_refused_wherever_they_are_cut() {
    let whole = wat::module(
        Form::Command,
        r#"(data (i32.const 64) "text") (func $serve (call $echo))"#,
    );
    for cut in (8..whole.len()).step_by(5) {
        let error = refusal(&whole[..cut]);
        assert!(
            matches!(error, LoadError::Code { .. }),
            "cut at {cut}: {error:?}"
        );
    }
    for at in (0..whole.len()).step_by(11) {
        let mut broken = whole.clone();
        broken[at] ^= 0x41;
        // Some bytes only change what the module does; none may be Hydra's failure.
        if let Err(error) = harness::try_load(Runtime::Wasm, SpecFields::default(), &broken) {
            assert!(
                !matches!(error, LoadError::Internal(_)),
                "byte {at}: {error:?}"
            );
        }
    }
}

#[test]
fn components_are_refused_by_name() {
    check("(component)", &["component"]);
}

#[test]
fn imports_other_than_functions_are_refused() {
    let check_import = |import: &str, kind: &str| {
        let text = format!("(module {import} (memory 1) {START})");
        check(&text, &["imports the", kind, "\"env\"", "\"it\""]);
    };
    check_import(r#"(import "env" "it" (table 1 funcref))"#, "table");
    check_import(r#"(import "env" "it" (global i32))"#, "global");
    check_import(r#"(import "env" "it" (global (mut i32)))"#, "global");
    let text = format!(r#"(module (import "env" "it" (memory 1)) {START})"#);
    check(&text, &["imports the", "memory", "\"env\"", "\"it\""]);
}

#[test]
fn functions_that_hydra_does_not_have_are_named() {
    let text = |import: &str| format!("(module (import {import}) (memory 1) {START})");
    check(&text(r#""env" "mystery" (func)"#), &["env", "mystery"]);
    check(
        &text(r#""wasi_snapshot_preview1" "no_such_call" (func)"#),
        &["wasi_snapshot_preview1", "no_such_call"],
    );
    check(
        &text(r#""wasi_snapshot_preview1" "fd_write" (func (param i64) (result i32))"#),
        &["fd_write", "type"],
    );
    check(
        &text(r#""wasi_unstable" "fd_write" (func (param i32 i32 i32 i32) (result i32))"#),
        &["wasi_unstable"],
    );
    // The interface of the JavaScript guest is not there for everybody.
    check(
        &text(r#""env" "host_call" (func (param i32 i32 i32 i32 i32) (result i32))"#),
        &["host_call"],
    );
}

#[test]
fn memories_that_cannot_be_imaged_are_refused() {
    check(&format!("(module {START})"), &["memory", "defines none"]);
    check(
        &format!("(module (memory 1) (memory 1) {START})"),
        &["multiple memories"],
    );
    check(&format!("(module (memory i64 1) {START})"), &["64-bit"]);
    check(
        &format!("(module (memory 1 2 shared) {START})"),
        &["shared"],
    );
}

#[test]
fn features_that_the_engine_does_not_run_are_refused() {
    let check = |fields: &str| {
        check(
            &format!("(module (memory 1) {START} {fields})"),
            &["not a valid WebAssembly module"],
        );
    };
    check("(tag $t) (func (throw $t))");
    check("(type (struct (field i32)))");
    check("(func (drop (i32.atomic.load (i32.const 0))))");
    check("(func (param i32) (result i64 i64) (i64.mul_wide_s (i64.const 1) (i64.const 1)))");
}

#[test]
fn references_to_things_outside_of_the_module_are_refused() {
    check(
        &format!("(module (memory 1) {START} (table 0 externref))"),
        &["does not compile", "type"],
    );
}

#[test]
fn a_module_without_an_entry_is_told_what_it_could_be() {
    check(
        r#"(module (memory 1) (func (export "one")) (func (export "two") (result i32) (i32.const 0))
            (func (export "three") (param i32)) (global (export "four") i32 (i32.const 0)))"#,
        &["_start", "\"handler\"", "one, two"],
    );
    check("(module (memory 1))", &["functions of such a type: none"]);
    // An entry of a type that cannot be called.
    check(
        r#"(module (memory 1) (func (export "_start") (param i32)))"#,
        &["_start"],
    );
    check(
        r#"(module (memory 1) (func (export "handler") (result i64) (i64.const 0)))"#,
        &["\"handler\""],
    );
    check(
        r#"(module (memory 1) (global (export "_start") i32 (i32.const 0)))"#,
        &["_start"],
    );
    let fields = SpecFields {
        handler: Some("nope".to_owned()),
        ..SpecFields::default()
    };
    let code = assemble(r#"(module (memory 1) (func (export "_start")) (func (export "yes")))"#);
    let error = harness::try_load(Runtime::Wasm, fields, &code)
        .err()
        .unwrap();
    let text = error.to_string();
    assert!(text.contains("\"nope\"") && text.contains("yes"), "{text}");
}

#[test]
fn data_that_does_not_fit_is_refused() {
    let check = |data: &str, needle: &str| {
        check(
            &format!("(module (memory 1) {START} {data})"),
            &["data segment 0", needle],
        );
    };
    check(r#"(data (i32.const 65533) "four")"#, "does not fit");
    check(r#"(data (i32.const -1) "x")"#, "does not fit");
    check(r#"(data (i32.const 65537) "")"#, "does not fit");
    check(
        r#"(data (i32.add (i32.const 1) (i32.const 2)) "x")"#,
        "constant",
    );
}

#[test]
fn a_module_that_needs_more_memory_than_the_function_has_is_refused() {
    let fields = || SpecFields {
        memory_mb: Some(1),
        ..SpecFields::default()
    };
    let load = |pages: u64| {
        let code = assemble(&format!("(module (memory {pages}) {START})"));
        harness::try_load(Runtime::Wasm, fields(), &code)
    };
    assert!(load(16).is_ok());
    let text = load(17).err().unwrap().to_string();
    assert!(
        text.contains("1088 KiB") && text.contains("1 MiB"),
        "{text}"
    );
}

#[test]
fn a_module_that_only_claims_to_be_large_costs_nothing() {
    // One byte at the end of 4 GiB; making room for what lies before it would be felt.
    let code = assemble(&format!(
        r#"(module (memory 65536) {START} (data (i32.const -1) "x"))"#
    ));
    let before = peak_resident();
    let error = refusal(&code);
    assert!(error.to_string().contains("memory"), "{error}");
    let grown = Bytes(peak_resident().0.saturating_sub(before.0));
    assert!(grown < Bytes::mib(1024), "refusing it took {grown}");
}

/// The most memory that this process has held.
fn peak_resident() -> Bytes {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    Bytes::kib(line.trim().trim_end_matches(" kB").parse().unwrap())
}

#[test]
fn a_reactor_that_changes_its_tables_is_refused() {
    let check = |body: &str, needle: &str| {
        let text = format!(
            r#"(module (memory 1) (table $t 2 funcref) (elem $e func $f) (data $d "x")
               (func $f) (func (export "handler") {body}))"#
        );
        check(&text, &["cannot be snapshotted", needle]);
    };
    check("(table.set $t (i32.const 0) (ref.null func))", "tables");
    check(
        "(drop (table.grow $t (ref.null func) (i32.const 1)))",
        "tables",
    );
    check(
        "(table.fill $t (i32.const 0) (ref.null func) (i32.const 1))",
        "tables",
    );
    check(
        "(table.copy $t $t (i32.const 0) (i32.const 1) (i32.const 1))",
        "tables",
    );
    check(
        "(table.init $t $e (i32.const 0) (i32.const 0) (i32.const 1))",
        "tables",
    );
    check("(elem.drop $e)", "tables");
    check("(data.drop $d)", "data segments");
}

#[test]
fn a_reactor_with_references_in_globals_is_refused() {
    let code = |export: &str| {
        assemble(&format!(
            r#"(module (memory 1) (func $f) (elem declare func $f) (global $g (mut funcref) (ref.null func))
               (func (export "{export}") (global.set $g (ref.func $f))))"#
        ))
    };
    check_bytes(&code("handler"), &["cannot be snapshotted", "global"]);
}

#[test]
fn a_module_that_fails_before_it_can_serve_is_refused_with_the_failure() {
    let check = |code: &[u8], fields: SpecFields, expected: ErrorCode| match harness::try_load(
        Runtime::Wasm,
        fields,
        code,
    )
    .err()
    {
        Some(LoadError::TopLevel(failure)) => assert_eq!(failure.code(), expected, "{failure:?}"),
        other => panic!("{other:?}"),
    };
    let default = SpecFields::default;
    let start = |body: &str| {
        assemble(&format!(
            "(module (memory 1) {START} (func $s {body}) (start $s))"
        ))
    };
    check(&start("unreachable"), default(), ErrorCode::Trap);
    check(&start("(call $s)"), default(), ErrorCode::StackLimit);
    let grows = start("(loop $l (drop (memory.grow (i32.const 1))) (br $l))");
    check(&grows, default(), ErrorCode::MemoryLimit);
    let exits = wat::bare(&format!(
        r#"(memory (export "memory") 1) {} (func $s (call $proc_exit (i32.const 3))) (start $s)"#,
        r#"(func (export "_start"))"#
    ));
    check(&exits, default(), ErrorCode::HandlerError);
    let initialise = assemble(
        r#"(module (memory 1) (func (export "_initialize") unreachable) (func (export "handler")))"#,
    );
    check(&initialise, default(), ErrorCode::Trap);
}

#[test]
fn names_that_hydra_gives_to_exports_of_its_own_do_no_harm() {
    for name in ["hydra:start", "hydra:global:0", "memory"] {
        let code = assemble(&format!(
            r#"(module (memory 1) (global (mut i32) (i32.const 1)) (func $s) (start $s)
               (func (export "_start")) (func (export "{name}") unreachable))"#
        ));
        match harness::try_load(Runtime::Wasm, SpecFields::default(), &code) {
            Ok(program) => {
                let mut sandbox = program.restore().unwrap();
                assert_eq!(harness::reply(&mut *sandbox, "null"), "null", "{name}");
            }
            Err(error) => {
                assert!(matches!(error, LoadError::Code { .. }), "{name}: {error:?}");
            }
        }
    }
}
