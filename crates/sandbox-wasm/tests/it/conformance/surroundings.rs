//! What a guest learns of its surroundings: environment, names, time left.

use std::{collections::BTreeMap, time::Duration};

use hydra_types::SpecFields;

use super::{Code, Kind, first_reply, on_every_kind};
use crate::harness::{block_on, call, json, replied, text};

#[test]
fn the_environment_is_the_specs_and_nothing_of_the_hosts() {
    let code = Code {
        javascript: "export const handler = () =>
            Object.entries(process.env).map(([name, value]) => `${name}=${value}`).join(';') + ';'",
        // The texts lie one after the other, each closed by a NUL; the last event byte marks the end.
        wat: r#"
            (data (i32.const 64) "\"")
            (func $serve (local $at i32) (local $end i32)
              (drop (call $environ_sizes_get (i32.const 128) (i32.const 132)))
              (drop (call $environ_get (i32.const 256) (i32.const 1024)))
              (local.set $at (i32.const 1024))
              (local.set $end (i32.add (i32.const 1024) (i32.load (i32.const 132))))
              (block $done (loop $next
                (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
                (if (i32.eqz (i32.load8_u (local.get $at)))
                  (then (i32.store8 (local.get $at) (i32.const 59))))
                (local.set $at (i32.add (local.get $at) (i32.const 1)))
                (br $next)))
              (call $reply (i32.const 64) (i32.const 1))
              (call $reply (i32.const 1024) (i32.load (i32.const 132)))
              (call $reply (i32.const 64) (i32.const 1)))"#,
    };
    let env = [("EMPTY", ""), ("GREETING", "héllo = wörld"), ("Z", "1")];
    let env: BTreeMap<_, _> = env
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let fields = SpecFields {
        env,
        ..SpecFields::default()
    };
    on_every_kind(&code, &fields, |_, program| {
        assert_eq!(
            first_reply(&**program, "null"),
            r#""EMPTY=;GREETING=héllo = wörld;Z=1;""#
        );
    });
    on_every_kind(&code, &SpecFields::default(), |kind, program| {
        let nothing = match kind {
            Kind::JavaScript => r#"";""#,
            Kind::Reactor | Kind::Command => r#""""#,
        };
        assert_eq!(first_reply(&**program, "null"), nothing);
    });
}

#[test]
fn a_guest_knows_its_functions_name() {
    let code = Code {
        javascript: "export const handler = (_, context) => context.functionName",
        wat: r#"
            (data (i32.const 64) "\"")
            (func $serve
              (drop (call $args_sizes_get (i32.const 128) (i32.const 132)))
              (drop (call $args_get (i32.const 256) (i32.const 1024)))
              (call $reply (i32.const 64) (i32.const 1))
              (call $reply (i32.load (i32.const 256)) (i32.sub (i32.load (i32.const 132)) (i32.const 1)))
              (call $reply (i32.const 64) (i32.const 1)))"#,
    };
    on_every_kind(&code, &SpecFields::default(), |_, program| {
        assert_eq!(first_reply(&**program, "null"), r#""f""#);
    });
}

#[test]
fn a_javascript_call_knows_its_request_and_the_time_that_is_left() {
    let code = Code {
        javascript: "export const handler = (_, context) =>
            [context.awsRequestId, context.requestId, context.getRemainingTimeInMillis()]",
        wat: "",
    };
    let program = Kind::JavaScript.load(&code, &SpecFields::default());
    let mut sandbox = program.restore().unwrap();
    for (bits, seconds) in [(1, 60), (2, 20), (u128::MAX, 40)] {
        let mut call = call(json("null"), Duration::from_secs(seconds));
        call.request_id = hydra_types::RequestId::from_random_bits(bits);
        let id = call.request_id.to_string();
        let said = text(&replied(block_on(sandbox.invoke(call))));
        let (first, second, left_ms): (String, String, u64) = serde_json::from_str(&said).unwrap();
        assert_eq!((first, second), (id.clone(), id));
        let all_ms = seconds * 1000;
        assert!((all_ms - 10_000..=all_ms).contains(&left_ms), "{said}");
    }
}
