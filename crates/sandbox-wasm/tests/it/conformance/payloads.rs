//! Events and replies: what goes in and what comes out, byte for byte.

use hydra_sandbox::{After, Failure, Payload};
use hydra_types::{Bytes, ErrorCode, SpecFields};

use super::{Code, ECHO, Kind, on_every_kind};
use crate::harness::{json, outcome, raw, replied, reply};

const SILENT: Code = Code {
    javascript: "export function handler() {}",
    wat: "(func $serve)",
};

const LENGTH: Code = Code {
    javascript: "export const handler = (event) => event.length;",
    wat: "(func $serve (call $number (i64.extend_i32_u (call $read))))",
};

#[test]
fn what_goes_in_comes_out() {
    on_every_kind(&ECHO, &SpecFields::default(), |kind, program| {
        let mut sandbox = program.restore().unwrap();
        let mut check = |event: Payload| {
            let outcome = outcome(&mut *sandbox, event.clone());
            assert_eq!(replied(outcome), event);
            kind.ready(&mut *sandbox);
        };
        check(json(
            r#"{"name":"Ada","list":[1,2.5,null,true,{"deep":[[]]}]}"#,
        ));
        check(json(r#""text with \" and \\ and \n and \u0000""#));
        check(json(r#""héllo wörld 日本語 🦀""#));
        check(json("0"));
        check(json("false"));
        check(json("null"));
        check(json("[]"));
        check(raw(&[0, 255, 1, 254, b'{', 0]));
        let every_byte: Vec<u8> = (0..=255).cycle().take(70_000).collect();
        check(raw(&every_byte));
        check(json(&format!("\"{}\"", "x".repeat(3 << 20))));
    });
}

#[test]
fn an_empty_event_is_null_where_it_is_json_and_empty_where_it_is_bytes() {
    on_every_kind(&ECHO, &SpecFields::default(), |_, program| {
        let mut sandbox = program.restore().unwrap();
        assert_eq!(reply(&mut *sandbox, ""), "null");
    });
    on_every_kind(&LENGTH, &SpecFields::default(), |_, program| {
        let mut sandbox = program.restore().unwrap();
        let outcome = outcome(&mut *sandbox, raw(b""));
        assert_eq!(replied(outcome), json("0"));
    });
}

#[test]
fn a_handler_that_replies_nothing_replies_null() {
    on_every_kind(&SILENT, &SpecFields::default(), |_, program| {
        let mut sandbox = program.restore().unwrap();
        assert_eq!(reply(&mut *sandbox, r#"{"a":1}"#), "null");
    });
}

fn event_of(bytes: usize) -> Payload {
    json(&format!("\"{}\"", "x".repeat(bytes - 2)))
}

#[test]
fn an_event_may_be_as_large_as_its_limit_and_no_larger() {
    let fields = SpecFields {
        input_kb: Some(1),
        ..SpecFields::default()
    };
    on_every_kind(&ECHO, &fields, |kind, program| {
        let mut sandbox = program.restore().unwrap();
        let at_limit = outcome(&mut *sandbox, event_of(1024));
        assert_eq!(replied(at_limit), event_of(1024));
        kind.ready(&mut *sandbox);

        let above = outcome(&mut *sandbox, event_of(1025));
        let failure = above.result.unwrap_err();
        let expected = Failure::InputTooLarge {
            found: 1025,
            limit: Bytes::kib(1),
        };
        assert_eq!(failure, expected);
        assert_eq!(failure.code(), ErrorCode::InputTooLarge);
        let says = "the event has 1025 bytes, the function takes 1 KiB";
        assert_eq!(failure.to_string(), says);
        assert_eq!(above.after, After::Reusable);
        assert_eq!(reply(&mut *sandbox, "1"), "1");
    });
}

#[test]
fn a_reply_may_be_as_large_as_its_limit_and_no_larger() {
    let fields = SpecFields {
        output_kb: Some(1),
        ..SpecFields::default()
    };
    on_every_kind(&ECHO, &fields, |_, program| {
        let mut sandbox = program.restore().unwrap();
        let at_limit = outcome(&mut *sandbox, event_of(1024));
        assert_eq!(replied(at_limit), event_of(1024));

        for event in [event_of(1025), raw(&[7; 1025]), event_of(1 << 20)] {
            let mut sandbox = program.restore().unwrap();
            let failure = outcome(&mut *sandbox, event).result.unwrap_err();
            let expected = Failure::OutputTooLarge {
                limit: Bytes::kib(1),
            };
            assert_eq!(failure, expected);
            assert_eq!(failure.code(), ErrorCode::OutputTooLarge);
            assert!(failure.to_string().contains("1 KiB"), "{failure}");
        }
        assert_eq!(super::first_reply(&**program, "1"), "1");
    });
}

#[test]
fn the_log_is_kept_up_to_its_limit_and_the_rest_is_counted() {
    // A hundred lines of 16 bytes.
    let code = Code {
        javascript: "export function handler() { for (let i = 0; i < 100; i++) console.log('123456789012345') }",
        wat: r#"
            (data (i32.const 64) "123456789012345\n")
            (func $serve (local $i i32)
              (loop $again
                (call $log (i32.const 64) (i32.const 16))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br_if $again (i32.lt_u (local.get $i) (i32.const 100)))))"#,
    };
    let fields = |log_kb| SpecFields {
        log_kb: Some(log_kb),
        ..SpecFields::default()
    };
    let check = |log_kb: u64, kept: usize, dropped: u64| {
        on_every_kind(&code, &fields(log_kb), |kind, program| {
            let mut sandbox = program.restore().unwrap();
            // The limit is of each call, not of the sandbox.
            for _ in 0..2 {
                let log = outcome(&mut *sandbox, json("null")).log;
                let line = b"123456789012345\n".iter().copied();
                let expected: Vec<u8> = line.cycle().take(kept).collect();
                assert_eq!(log.text(), expected);
                assert_eq!(log.dropped_bytes(), dropped);
                kind.ready(&mut *sandbox);
            }
        });
    };
    check(256, 1600, 0);
    check(1, 1024, 576);
    check(0, 0, 1600);
}

#[test]
fn what_was_logged_before_a_failure_is_kept() {
    let code = Code {
        javascript: "export function handler() { console.log('on my way'); for (;;); }",
        wat: r#"
            (data (i32.const 64) "on my way\n")
            (func $serve (call $log (i32.const 64) (i32.const 10)) (loop $forever (br $forever)))"#,
    };
    let fields = SpecFields {
        cpu_ms: Some(20),
        ..SpecFields::default()
    };
    on_every_kind(&code, &fields, |_: Kind, program| {
        let mut sandbox = program.restore().unwrap();
        let outcome = outcome(&mut *sandbox, json("null"));
        assert!(outcome.result.is_err());
        assert_eq!(outcome.log.text(), b"on my way\n");
    });
}
