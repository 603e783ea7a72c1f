//! State: what survives a call, a reset, a checkpoint, and what does not.

use hydra_sandbox::{After, SandboxError};
use hydra_types::{Bytes, SpecFields};

use super::{COUNTER, Code, Kind, first_reply, on_every_kind};
use crate::harness::{backend_of, engine, invoke, reply, spec};

#[test]
fn a_warm_sandbox_remembers_and_a_reset_forgets() {
    on_every_kind(&COUNTER, &SpecFields::default(), |kind, program| {
        let mut sandbox = program.restore().unwrap();
        for round in 0..3 {
            if round > 0 {
                sandbox.reset().unwrap();
            }
            assert_eq!(reply(&mut *sandbox, "null"), "1");
            if kind == Kind::Command {
                continue;
            }
            assert_eq!(reply(&mut *sandbox, "null"), "2");
            assert_eq!(reply(&mut *sandbox, "null"), "3");
        }
        assert_eq!(first_reply(&**program, "null"), "1");
    });
}

#[test]
fn a_command_says_that_it_needs_a_reset_and_others_do_not() {
    on_every_kind(&COUNTER, &SpecFields::default(), |kind, program| {
        let mut sandbox = program.restore().unwrap();
        let expected = match kind {
            Kind::Command => After::NeedsReset,
            Kind::JavaScript | Kind::Reactor => After::Reusable,
        };
        assert_eq!(invoke(&mut *sandbox, "null").after, expected);
    });
}

#[test]
fn a_reset_may_come_at_any_time_and_any_number_of_times() {
    on_every_kind(&COUNTER, &SpecFields::default(), |_, program| {
        let mut sandbox = program.restore().unwrap();
        sandbox.reset().unwrap();
        sandbox.reset().unwrap();
        assert_eq!(reply(&mut *sandbox, "null"), "1");
        sandbox.reset().unwrap();
        sandbox.reset().unwrap();
        assert_eq!(reply(&mut *sandbox, "null"), "1");
    });
}

#[test]
fn sandboxes_of_a_program_share_no_state() {
    on_every_kind(&COUNTER, &SpecFields::default(), |kind, program| {
        let mut first = program.restore().unwrap();
        let mut second = program.restore().unwrap();
        assert_eq!(reply(&mut *first, "null"), "1");
        assert_eq!(reply(&mut *second, "null"), "1");
        if kind != Kind::Command {
            assert_eq!(reply(&mut *first, "null"), "2");
            assert_eq!(reply(&mut *second, "null"), "2");
        }
    });
}

#[test]
fn a_checkpoint_of_a_warm_sandbox_is_where_new_ones_start() {
    on_every_kind(&COUNTER, &SpecFields::default(), |kind, program| {
        if kind == Kind::Command {
            return;
        }
        let mut sandbox = program.restore().unwrap();
        for n in 1..=3 {
            assert_eq!(reply(&mut *sandbox, "null"), n.to_string());
        }
        let checkpoint = sandbox.checkpoint().unwrap();
        assert_eq!(reply(&mut *sandbox, "null"), "4", "the sandbox goes on");

        let mut clone = checkpoint.restore().unwrap();
        assert_eq!(reply(&mut *clone, "null"), "4");
        assert_eq!(reply(&mut *clone, "null"), "5");
        clone.reset().unwrap();
        assert_eq!(reply(&mut *clone, "null"), "4");

        assert_eq!(first_reply(&**program, "null"), "1");
        sandbox.reset().unwrap();
        assert_eq!(
            reply(&mut *sandbox, "null"),
            "1",
            "its point is the old one"
        );

        // A checkpoint of a clone, with everything that came before it gone.
        let second = clone.checkpoint().unwrap();
        drop((clone, checkpoint, sandbox));
        assert_eq!(first_reply(&*second, "null"), "5");
        second.idle();
        assert_eq!(first_reply(&*second, "null"), "5");
    });
}

#[test]
fn a_checkpoint_outlives_the_program_it_came_from() {
    for kind in [Kind::JavaScript, Kind::Reactor] {
        let program = kind.load(&COUNTER, &SpecFields::default());
        let mut sandbox = program.restore().unwrap();
        reply(&mut *sandbox, "null");
        let checkpoint = sandbox.checkpoint().unwrap();
        drop((program, sandbox));
        assert_eq!(first_reply(&*checkpoint, "null"), "2");
    }
}

#[test]
fn a_command_cannot_be_checkpointed() {
    let program = Kind::Command.load(&COUNTER, &SpecFields::default());
    let mut sandbox = program.restore().unwrap();
    let error = sandbox.checkpoint().err().unwrap();
    assert!(
        matches!(error, SandboxError::NotCheckpointable { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("command"), "{error}");
    assert_eq!(reply(&mut *sandbox, "null"), "1", "it is unchanged");
}

#[test]
fn state_that_an_image_cannot_hold_refuses_a_checkpoint_until_the_reset() {
    // A directory in /tmp, which is descriptor 3.
    let code = Code {
        javascript: "",
        wat: r#"
            (data (i32.const 64) "directory")
            (func $serve
              (call $number (i64.extend_i32_u
                (call $path_create_directory (i32.const 3) (i32.const 64) (i32.const 9)))))"#,
    };
    let program = Kind::Reactor.load(&code, &SpecFields::default());
    let mut sandbox = program.restore().unwrap();
    assert_eq!(reply(&mut *sandbox, "null"), "0");
    assert_eq!(reply(&mut *sandbox, "null"), "20", "EEXIST: /tmp is kept");
    let error = sandbox.checkpoint().err().unwrap();
    assert!(error.to_string().contains("/tmp"), "{error}");
    sandbox.reset().unwrap();
    assert_eq!(reply(&mut *sandbox, "null"), "0", "/tmp is empty again");
    sandbox.reset().unwrap();
    let checkpoint = sandbox.checkpoint().unwrap();
    assert_eq!(first_reply(&*checkpoint, "null"), "0");
}

#[test]
fn memory_that_a_call_grew_is_given_back_by_the_reset() {
    let code = Code {
        javascript: "let kept = []; export function handler(event) {
            if (event) kept.push(new Uint8Array(24 << 20).fill(1));
            return kept.length; }",
        wat: "
            (func $serve (local $at i32)
              (local.set $at (i32.shl (memory.size) (i32.const 16)))
              (if (i32.eq (call $read) (i32.const 4)) (then ;; true
                (drop (memory.grow (i32.const 384)))
                (memory.fill (local.get $at) (i32.const 1) (i32.const 25165824))))
              (call $number (i64.extend_i32_u (i32.shr_u (memory.size) (i32.const 8)))))",
    };
    on_every_kind(&code, &SpecFields::default(), |_, program| {
        let mut sandbox = program.restore().unwrap();
        assert_eq!(reply(&mut *sandbox, "false"), "0");
        sandbox.reset().unwrap();
        let small = sandbox.private_memory();
        assert!(small < Bytes::mib(2), "{small} at rest");
        assert_eq!(reply(&mut *sandbox, "true"), "1");
        let grown = sandbox.private_memory();
        assert!(grown >= Bytes::mib(24), "{grown} after growing");
        sandbox.reset().unwrap();
        let after = sandbox.private_memory();
        assert!(after < Bytes::mib(2), "{after} after the reset");
        assert_eq!(reply(&mut *sandbox, "false"), "0");
    });
}

#[test]
fn memory_of_a_dropped_sandbox_does_not_reach_the_next() {
    let code = Code {
        javascript: "let seen = 'nothing'; export function handler(event) {
            const before = seen; seen = event; return before; }",
        wat: r#"
            (data (i32.const 64) "\"nothing\"")
            (global $length (mut i32) (i32.const 9))
            (func $serve (local $read i32)
              (call $reply (i32.const 64) (global.get $length))
              (local.set $read (call $read))
              (memory.copy (i32.const 64) (i32.const 4096) (local.get $read))
              (global.set $length (local.get $read)))"#,
    };
    on_every_kind(&code, &SpecFields::default(), |_, program| {
        for _ in 0..5 {
            assert_eq!(first_reply(&**program, r#""secret""#), r#""nothing""#);
        }
    });
}

#[test]
fn a_slot_whose_sandbox_grew_serves_the_next_one() {
    let code = Code {
        javascript: "export function handler() { new Uint8Array(3 << 20).fill(1, 3 << 18, 3 << 17); return 1 }",
        // Grows by a page and writes into it and beside it.
        wat: "
            (func $serve (local $at i32)
              (local.set $at (i32.shl (memory.size) (i32.const 16)))
              (i64.store (i32.sub (local.get $at) (i32.const 8)) (i64.const 1))
              (drop (memory.grow (i32.const 1)))
              (call $number (i64.add (i64.load (local.get $at)) (i64.const 1)))
              (i64.store (local.get $at) (i64.const 7)))",
    };
    // JavaScript is loaded in two slots. One of them is then occupied, so that the next sandbox gets the same.
    let engine = engine("one-slot", 2);
    for kind in Kind::ALL {
        let backend = backend_of(&engine, kind.runtime());
        let spec = spec(kind.runtime(), SpecFields::default());
        let program = backend.load(&spec, &kind.code(&code)).unwrap();
        let _occupied = program.restore().unwrap();
        for _ in 0..5 {
            assert_eq!(first_reply(&*program, "null"), "1", "{kind:?}");
        }
        for _ in 0..5 {
            let mut sandbox = program.restore().unwrap();
            assert_eq!(reply(&mut *sandbox, "null"), "1", "{kind:?}");
            sandbox.reset().unwrap();
            assert_eq!(reply(&mut *sandbox, "null"), "1", "{kind:?}");
        }
    }
}
