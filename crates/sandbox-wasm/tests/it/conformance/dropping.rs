//! Calls that are abandoned half-way, and slots that must come back whatever happened in them.

use hydra_sandbox::{After, SandboxError};
use hydra_types::{ErrorCode, SpecFields};

use super::{Code, Kind, on_every_kind};
use crate::harness::{AMPLE, abandon, backend_of, call, engine, invoke, json, raw, reply, spec};

/// Computes for ever, waits for a minute, or echoes, as the event says.
const BUSY: Code = Code {
    javascript: "export function handler(event) {
        if (event === 'loop') for (;;);
        if (event === 'wait') return new Promise((done) => setTimeout(done, 60_000));
        return event; }",
    wat: "(func $serve (local $length i32) (local $first i32)
            (local.set $length (call $read))
            (local.set $first (i32.load8_u (i32.const 4097)))
            (if (i32.eq (local.get $first) (i32.const 108)) (then (loop $forever (br $forever))))
            (if (i32.eq (local.get $first) (i32.const 119)) (then (call $sleep (i64.const 60000000000))))
            (call $reply (i32.const 4096) (local.get $length)))",
};

#[test]
fn a_call_that_is_dropped_while_it_is_suspended_ends_its_sandbox_only() {
    on_every_kind(&BUSY, &SpecFields::default(), |kind, program| {
        let mut other = program.restore().unwrap();
        for event in [r#""loop""#, r#""wait""#] {
            // A JavaScript sandbox that waits has nothing on any stack, and is whole.
            if kind == Kind::JavaScript && event.contains("wait") {
                continue;
            }
            let mut sandbox = program.restore().unwrap();
            abandon(sandbox.invoke(call(json(event), AMPLE)));
            let after = invoke(&mut *sandbox, "1");
            assert_eq!(after.result.unwrap_err().code(), ErrorCode::Internal);
            assert_eq!(after.after, After::Spent);
            assert!(sandbox.reset().is_err());
            assert!(sandbox.checkpoint().is_err());
        }
        assert_eq!(reply(&mut *other, r#""here""#), r#""here""#);
    });
}

#[test]
fn a_call_that_was_never_polled_leaves_the_sandbox_as_it_was() {
    on_every_kind(&BUSY, &SpecFields::default(), |_, program| {
        let mut sandbox = program.restore().unwrap();
        drop(sandbox.invoke(call(json(r#""loop""#), AMPLE)));
        assert_eq!(reply(&mut *sandbox, r#""here""#), r#""here""#);
    });
}

#[test]
fn a_call_whose_deadline_has_passed_fails_or_answers_but_returns() {
    on_every_kind(&BUSY, &SpecFields::default(), |_, program| {
        for event in [r#""loop""#, r#""wait""#] {
            let mut sandbox = program.restore().unwrap();
            let late = call(json(event), std::time::Duration::ZERO);
            let outcome = crate::harness::block_on(sandbox.invoke(late));
            assert_eq!(outcome.result.unwrap_err().code(), ErrorCode::Timeout);
        }
    });
}

#[test]
fn slots_come_back_after_drops_failures_and_abandoned_calls() {
    const SLOTS: usize = 3;
    let engine = engine("tight", SLOTS);
    for kind in Kind::ALL {
        let spec = spec(
            kind.runtime(),
            SpecFields {
                timeout_ms: Some(20),
                ..SpecFields::default()
            },
        );
        let backend = backend_of(&engine, kind.runtime());
        let program = backend.load(&spec, &kind.code(&BUSY)).unwrap();
        for round in 0..4 {
            let mut all: Vec<_> = (0..SLOTS).map(|_| program.restore().unwrap()).collect();
            let error = program.restore().err().unwrap();
            assert!(
                matches!(error, SandboxError::Exhausted { slots: SLOTS }),
                "{kind:?} {round}: {error:?}"
            );
            abandon(all[0].invoke(call(json(r#""loop""#), AMPLE)));
            abandon(all[1].invoke(call(json(r#""wait""#), AMPLE)));
            let late = call(json(r#""loop""#), spec.limits.timeout);
            let outcome = crate::harness::block_on(all[2].invoke(late));
            assert_eq!(outcome.result.unwrap_err().code(), ErrorCode::Timeout);
        }
        let mut sandbox = program.restore().unwrap();
        let reply = crate::harness::outcome(&mut *sandbox, raw(b"\x01\x02"));
        assert_eq!(reply.result, Ok(raw(b"\x01\x02")));
    }
}
