//! Modules that Hydra must host, however unusual.

use std::fmt::Write as _;

use hydra_sandbox::After;
use hydra_types::{ErrorCode, Runtime, SpecFields};

use super::load;
use crate::{
    harness::{self, invoke, reply},
    wat::{self, Form},
};

/// Each call of a new sandbox, a warm one, and one after a reset.
fn check_stateful(code: &[u8], first: &str, second: &str) {
    let program = load(code);
    let mut sandbox = program.restore().unwrap();
    for _ in 0..3 {
        assert_eq!(reply(&mut *sandbox, "null"), first);
        assert_eq!(reply(&mut *sandbox, "null"), second);
        sandbox.reset().unwrap();
    }
    assert_eq!(reply(&mut *program.restore().unwrap(), "null"), first);
}

#[test]
fn a_start_function_runs_once() {
    let fields = r#"
        (global $starts (mut i64) (i64.const 0))
        (func $begin
          (global.set $starts (i64.add (global.get $starts) (i64.const 1)))
          (i64.store (i32.const 512) (i64.add (i64.load (i32.const 512)) (i64.const 10))))
        (start $begin)
        (func $serve (call $number (i64.add (global.get $starts) (i64.load (i32.const 512)))))"#;
    for form in [Form::Command, Form::Reactor] {
        let program = load(&wat::module(form, fields));
        let mut sandbox = program.restore().unwrap();
        for _ in 0..3 {
            assert_eq!(reply(&mut *sandbox, "null"), "11", "{form:?}");
            sandbox.reset().unwrap();
        }
    }
}

#[test]
fn a_reactor_is_initialised_once_and_after_its_start_function() {
    let code = wat::module(
        Form::Reactor,
        r#"
        (global $state (mut i64) (i64.const 1))
        (func $begin (global.set $state (i64.add (global.get $state) (i64.const 4))))
        (start $begin)
        (func (export "_initialize") (global.set $state (i64.mul (global.get $state) (i64.const 10))))
        (func $serve
          (call $number (global.get $state))
          (global.set $state (i64.add (global.get $state) (i64.const 1))))"#,
    );
    check_stateful(&code, "50", "51");
}

#[test]
fn passive_segments_can_be_copied_in_at_any_time() {
    let code = wat::module(
        Form::Reactor,
        r#"
        (data (i32.const 64) "active")
        (data $passive "123456")
        (data $empty "")
        (func $serve
          (memory.init $passive (i32.const 128) (i32.const 1) (i32.const 3))
          (memory.init $empty (i32.const 128) (i32.const 0) (i32.const 0))
          (call $reply (i32.const 128) (i32.const 3))
          (memory.fill (i32.const 128) (i32.const 48) (i32.const 3)))"#,
    );
    check_stateful(&code, "234", "234");
}

#[test]
fn active_segments_count_as_dropped_as_the_language_says() {
    let code = wat::module(
        Form::Reactor,
        r#"
        (data $active (i32.const 64) "x")
        (func $serve (memory.init $active (i32.const 128) (i32.const 0) (i32.const 1)))"#,
    );
    let mut sandbox = load(&code).restore().unwrap();
    let failure = harness::failure(&mut *sandbox, "null");
    assert_eq!(failure.code(), ErrorCode::Trap);
}

#[test]
fn overlapping_segments_are_laid_in_their_order() {
    let code = wat::module(
        Form::Command,
        r#"
        (data (i32.const 100) "111111") (data (i32.const 102) "22") (data (i32.const 65536) "")
        (data (i32.const 103) "3")
        (func $serve (call $reply (i32.const 100) (i32.const 6)))"#,
    );
    let mut sandbox = load(&code).restore().unwrap();
    assert_eq!(reply(&mut *sandbox, "null"), "112311");
}

#[test]
fn mutable_globals_of_every_number_type_are_put_back() {
    let code = wat::module(
        Form::Reactor,
        r#"
        (global $a (mut i32) (i32.const -7))
        (global $fixed i32 (i32.const 5))
        (global $b (mut i64) (i64.const -9000000000))
        (global $c (mut f32) (f32.const -0.0))
        (global $d (mut f64) (f64.const nan:0x8000000000123))
        (func $serve
          (i32.store (i32.const 64) (global.get $a))
          (i64.store (i32.const 68) (global.get $b))
          (f32.store (i32.const 76) (global.get $c))
          (f64.store (i32.const 80) (global.get $d))
          (call $reply (i32.const 64) (i32.const 24))
          (global.set $a (i32.const 1)) (global.set $b (i64.const 2))
          (global.set $c (f32.const inf)) (global.set $d (f64.const 4.5)))"#,
    );
    let bytes = |a: i32, b: i64, c: u32, d: u64| {
        let mut all = a.to_le_bytes().to_vec();
        all.extend(b.to_le_bytes());
        all.extend(c.to_le_bytes());
        all.extend(d.to_le_bytes());
        harness::raw(&all)
    };
    let first = bytes(-7, -9_000_000_000, 0x8000_0000, 0x7ff8_0000_0000_0123);
    let second = bytes(1, 2, 0x7f80_0000, 4.5_f64.to_bits());
    let mut sandbox = load(&code).restore().unwrap();
    for _ in 0..3 {
        assert_eq!(harness::replied(invoke(&mut *sandbox, "null")), first);
        assert_eq!(harness::replied(invoke(&mut *sandbox, "null")), second);
        let checkpoint = sandbox.checkpoint().unwrap();
        let mut clone = checkpoint.restore().unwrap();
        assert_eq!(harness::replied(invoke(&mut *clone, "null")), second);
        sandbox.reset().unwrap();
    }
}

#[test]
fn a_command_that_changes_its_tables_gets_fresh_ones_each_time() {
    let code = wat::module(
        Form::Command,
        r#"
        (type $answers (func (result i64)))
        (table $t 2 4 funcref)
        (elem (i32.const 0) func $one $one)
        (elem declare func $two)
        (func $one (result i64) (i64.const 1))
        (func $two (result i64) (i64.const 2))
        (func $serve
          (call $number (i64.add
            (i64.mul (i64.const 10) (call_indirect (type $answers) (i32.const 1)))
            (i64.extend_i32_u (table.size $t))))
          (table.set $t (i32.const 1) (ref.func $two))
          (drop (table.grow $t (ref.null func) (i32.const 1)))
          (call $number (i64.add
            (i64.mul (i64.const 10) (call_indirect (type $answers) (i32.const 1)))
            (i64.extend_i32_u (table.size $t)))))"#,
    );
    let program = load(&code);
    let mut sandbox = program.restore().unwrap();
    for _ in 0..5 {
        assert_eq!(reply(&mut *sandbox, "null"), "1223");
        sandbox.reset().unwrap();
    }
}

#[test]
fn a_command_that_drops_segments_has_them_again_the_next_time() {
    let code = wat::module(
        Form::Command,
        r#"
        (data $d "7")
        (func $serve
          (memory.init $d (i32.const 64) (i32.const 0) (i32.const 1))
          (data.drop $d)
          (call $reply (i32.const 64) (i32.const 1)))"#,
    );
    let mut sandbox = load(&code).restore().unwrap();
    for _ in 0..3 {
        assert_eq!(reply(&mut *sandbox, "null"), "7");
        sandbox.reset().unwrap();
    }
}

#[test]
fn a_command_with_references_in_globals_runs_or_is_refused_with_a_reason() {
    let code = wat::module(
        Form::Command,
        r#"
        (global $g (mut funcref) (ref.null func)) (func $f) (elem declare func $f)
        (func $serve
          (call $number (i64.extend_i32_u (ref.is_null (global.get $g))))
          (global.set $g (ref.func $f)))"#,
    );
    match harness::try_load(Runtime::Wasm, SpecFields::default(), &code) {
        Ok(program) => {
            let mut sandbox = program.restore().unwrap();
            for _ in 0..3 {
                assert_eq!(reply(&mut *sandbox, "null"), "1");
                sandbox.reset().unwrap();
            }
        }
        Err(error) => assert!(error.to_string().contains("global"), "{error}"),
    }
}

#[test]
fn small_and_odd_modules_are_functions_too() {
    let check = |text: &str| {
        let mut sandbox = load(&wat::assemble(text)).restore().unwrap();
        for _ in 0..2 {
            assert_eq!(reply(&mut *sandbox, "1"), "null", "{text}");
            sandbox.reset().unwrap();
        }
    };
    check(r#"(module (memory 1) (func (export "_start")))"#);
    check(r#"(module (memory 0) (func (export "_start")))"#);
    check(r#"(module (memory 0 0) (func (export "handler")))"#);
    check(r#"(module (memory (export "other name") 1) (func (export "_start")))"#);
    check(r#"(module (memory 1 65536) (func (export "handler") (result i32) (i32.const 0)))"#);
    check(r#"(module (memory 1) (data (i32.const 0) "") (func (export "_start")))"#);
    check(
        r#"(module (memory 1) (func $f (export "_start") (export "again")) (export "third" (func $f)))"#,
    );

    check(r#"(module (memory 1) (table 10 funcref) (func (export "handler")))"#);
    check(r#"(module (@custom "name that is none" "\ff") (memory 1) (func (export "_start")))"#);
    check(
        r#"(module (memory 1) (global i32 (i32.const 1)) (func (export "handler") (drop (v128.const i64x2 1 2))))"#,
    );
    check(
        r#"(module (memory 1) (func $f (param i32) (if (local.get 0) (then (return_call $f (i32.sub (local.get 0) (i32.const 1)))))) (func (export "handler") (call $f (i32.const 1000000))))"#,
    );
}

#[test]
fn a_memory_under_another_name_serves_wasi_too() {
    let code =
        wat::with_library(r#"(memory (export "mem") 1) (func (export "_start") (call $echo))"#);
    let mut sandbox = load(&code).restore().unwrap();
    assert_eq!(reply(&mut *sandbox, r#"{"a":1}"#), r#"{"a":1}"#);
}

#[test]
fn a_reactors_status_is_its_outcome() {
    let code = |status: i32| {
        wat::assemble(&format!(
            r#"(module (memory 1) (func (export "handler") (result i32) (i32.const {status})))"#
        ))
    };
    let check = |status: i32, says: &str| {
        let mut sandbox = load(&code(status)).restore().unwrap();
        let outcome = invoke(&mut *sandbox, "null");
        assert_eq!(outcome.after, After::Reusable);
        assert_eq!(outcome.result.unwrap_err().to_string(), says);
    };
    assert_eq!(
        reply(&mut *load(&code(0)).restore().unwrap(), "null"),
        "null"
    );
    check(7, "the function exited with status 7 before it replied");
    check(
        -1,
        "the function exited with status 4294967295 before it replied",
    );
}

#[test]
fn an_export_named_in_the_spec_is_the_handler_even_beside_start() {
    let mut text = String::new();
    for name in ["_start", "handler", "other"] {
        let n = name.len();
        write!(
            text,
            r#"(func (export "{name}") (call $number (i64.const {n})))"#
        )
        .unwrap();
    }
    let code = wat::with_library(&format!(r#"(memory (export "memory") 1) {text}"#));
    let check = |handler: Option<&str>, expected: &str| {
        let fields = SpecFields {
            handler: handler.map(str::to_owned),
            ..SpecFields::default()
        };
        let program = harness::load(Runtime::Wasm, fields, &code);
        assert_eq!(reply(&mut *program.restore().unwrap(), "null"), expected);
    };
    check(None, "6");
    check(Some("handler"), "7");
    check(Some("other"), "5");
}

#[test]
fn replies_are_json_where_they_read_as_json_and_bytes_where_not() {
    let program = load(&wat::module(Form::Command, "(func $serve (call $echo))"));
    let check = |event: &[u8], expected| {
        let mut sandbox = program.restore().unwrap();
        let outcome = harness::outcome(&mut *sandbox, harness::raw(event));
        assert_eq!(harness::replied(outcome), expected);
    };
    check(b"{\"a\": 1}\n", harness::json("{\"a\": 1}\n"));
    check(b"42", harness::json("42"));
    check(b"plain text", harness::raw(b"plain text"));
    check(b"{\"a\":", harness::raw(b"{\"a\":"));
    check(b"1 2", harness::raw(b"1 2"));
    check(&[0xff, 0xfe], harness::raw(&[0xff, 0xfe]));
    check(b"", harness::json("null"));
}

#[test]
fn a_module_may_come_in_a_zip() {
    use std::io::Write as _;
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    writer.start_file("module.wasm", options).unwrap();
    writer
        .write_all(&wat::module(Form::Command, "(func $serve (call $echo))"))
        .unwrap();
    let archive = writer.finish().unwrap().into_inner();
    assert_eq!(reply(&mut *load(&archive).restore().unwrap(), "[1]"), "[1]");
}

#[test]
fn memory_may_grow_to_its_limit_and_be_used_to_its_end() {
    let fields = SpecFields {
        memory_mb: Some(2),
        ..SpecFields::default()
    };
    let code = wat::module(
        Form::Reactor,
        "(func $serve
           (drop (memory.grow (i32.sub (i32.const 32) (memory.size))))
           (i32.store8 (i32.const 2097151) (i32.const 1))
           (call $number (i64.extend_i32_u (memory.size))))",
    );
    let program = harness::load(Runtime::Wasm, fields, &code);
    let mut sandbox = program.restore().unwrap();
    assert_eq!(reply(&mut *sandbox, "null"), "32");
    assert_eq!(reply(&mut *sandbox, "null"), "32");
    sandbox.reset().unwrap();
    assert_eq!(reply(&mut *sandbox, "null"), "32");
}

#[test]
fn the_modules_own_maximum_is_a_refusal_and_no_failure() {
    let code = wat::with_library(
        r#"(memory (export "memory") 1 2)
           (func (export "handler")
             (call $number (i64.and (i64.extend_i32_s (memory.grow (i32.const 5))) (i64.const 255))))"#,
    );
    let mut sandbox = load(&code).restore().unwrap();
    assert_eq!(reply(&mut *sandbox, "null"), "255");
}
