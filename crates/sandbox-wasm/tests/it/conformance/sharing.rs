//! What clones of one image must not share: random numbers and the time. And what programs share: images.

use std::{
    collections::HashSet,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use hydra_types::{Bytes, SpecFields};

use super::{COUNTER, Code, Kind, first_reply, on_every_kind};
use crate::harness::{invoke, json, outcome, replied, reply};

/// Replies with 16 random bytes, or something made of as many.
const RANDOM: Code = Code {
    javascript: "export const handler = () => crypto.randomUUID();",
    wat: "(func $serve
            (drop (call $random_get (i32.const 64) (i32.const 16)))
            (call $reply (i32.const 64) (i32.const 16)))",
};

/// Asks 4 clones, each before and after a reset, and a clone of a warm checkpoint; all draws differ.
fn check_draws(kind: Kind, code: &Code) {
    let program = kind.load(code, &SpecFields::default());
    let mut drawn = Vec::new();
    let mut clones: Vec<_> = (0..4).map(|_| program.restore().unwrap()).collect();
    for clone in &mut clones {
        for _ in 0..2 {
            drawn.push(replied(invoke(&mut **clone, "null")));
            clone.reset().unwrap();
        }
    }
    if kind != Kind::Command {
        let mut warm = program.restore().unwrap();
        drawn.push(replied(invoke(&mut *warm, "null")));
        let checkpoint = warm.checkpoint().unwrap();
        drawn.push(replied(invoke(&mut *warm, "null")));
        for _ in 0..2 {
            drawn.push(replied(invoke(&mut *checkpoint.restore().unwrap(), "null")));
        }
    }
    let distinct: HashSet<_> = drawn.iter().map(|draw| draw.bytes().to_vec()).collect();
    assert_eq!(distinct.len(), drawn.len(), "{drawn:?}");
}

#[test]
fn no_two_clones_draw_the_same_random_bytes() {
    for kind in Kind::ALL {
        check_draws(kind, &RANDOM);
    }
}

#[test]
fn no_two_clones_draw_the_same_javascript_numbers() {
    let check = |javascript: &'static str| {
        check_draws(
            Kind::JavaScript,
            &Code {
                javascript,
                wat: "",
            },
        );
    };
    check("export const handler = () => Math.random()");
    check("Math.random(); export const handler = () => Math.random()");
    check("export const handler = () => [...crypto.getRandomValues(new Uint8Array(16))]");
    check("export const handler = () => [...crypto.getRandomValues(new Uint32Array(4))]");
    check("const { random } = Math; export const handler = () => Math.floor(random() * 2 ** 52)");
}

#[test]
fn a_loaded_function_keeps_what_it_drew_while_loading() {
    let code = Code {
        javascript: "const id = crypto.randomUUID(); export const handler = () => id;",
        wat: "",
    };
    let program = Kind::JavaScript.load(&code, &SpecFields::default());
    let first = first_reply(&*program, "null");
    assert_eq!(first_reply(&*program, "null"), first);
    let again = Kind::JavaScript.load(&code, &SpecFields::default());
    assert_ne!(first_reply(&*again, "null"), first, "loaded anew");
}

fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

#[test]
fn clocks_show_the_present_in_every_clone() {
    let code = Code {
        javascript: "Date.now(); export const handler = () => Date.now();",
        wat: "(func $serve
                (drop (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 128)))
                (call $number (i64.div_u (i64.load (i32.const 128)) (i64.const 1000000))))",
    };
    on_every_kind(&code, &SpecFields::default(), |kind, program| {
        let mut warm = program.restore().unwrap();
        let mut last = 0;
        for _ in 0..3 {
            let before = unix_ms();
            let shown: u64 = reply(&mut *warm, "null").parse().unwrap();
            assert!(
                (before..=unix_ms()).contains(&shown),
                "{before} {shown}, it is {}",
                unix_ms()
            );
            assert!(shown >= last);
            last = shown;
            kind.ready(&mut *warm);
            let passed = Instant::now() + Duration::from_millis(2);
            while Instant::now() < passed {
                std::hint::spin_loop();
            }
            let fresh: u64 = first_reply(&**program, "null").parse().unwrap();
            assert!(fresh > last, "two milliseconds later: {fresh} after {last}");
        }
    });
}

#[test]
fn time_passes_while_a_guest_waits_and_never_goes_back() {
    let code = Code {
        javascript: "export async function handler() {
            const begun = process.hrtime.bigint();
            await new Promise((done) => setTimeout(done, 30));
            return Number((process.hrtime.bigint() - begun) / 1000n); }",
        wat: "(func $serve (local $begun i64)
                (drop (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 128)))
                (local.set $begun (i64.load (i32.const 128)))
                (call $sleep (i64.const 30000000))
                (drop (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 128)))
                (call $number (i64.div_u
                  (i64.sub (i64.load (i32.const 128)) (local.get $begun)) (i64.const 1000))))",
    };
    on_every_kind(&code, &SpecFields::default(), |_, program| {
        let waited_us: u64 = first_reply(&**program, "null").parse().unwrap();
        assert!((29_000..5_000_000).contains(&waited_us), "{waited_us} µs");
    });
}

#[test]
fn an_idle_program_can_be_restored_again() {
    on_every_kind(&COUNTER, &SpecFields::default(), |kind, program| {
        let mut live = program.restore().unwrap();
        assert_eq!(reply(&mut *live, "null"), "1");
        program.idle();
        // A sandbox that outlived its program's rest still has its own point.
        live.reset().unwrap();
        assert_eq!(reply(&mut *live, "null"), "1");
        if kind != Kind::Command {
            assert_eq!(reply(&mut *live, "null"), "2");
        }
        drop(live);
        program.idle();
        program.idle();
        assert_eq!(first_reply(&**program, "null"), "1");
    });
}

#[test]
fn a_sandbox_outlives_its_program() {
    for kind in Kind::ALL {
        let program = kind.load(&COUNTER, &SpecFields::default());
        let mut sandbox = program.restore().unwrap();
        drop(program);
        assert_eq!(reply(&mut *sandbox, "null"), "1");
        sandbox.reset().unwrap();
        assert_eq!(reply(&mut *sandbox, "null"), "1");
    }
}

#[test]
fn the_same_code_loaded_twice_is_two_programs() {
    for kind in Kind::ALL {
        let first = kind.load(&COUNTER, &SpecFields::default());
        let second = kind.load(&COUNTER, &SpecFields::default());
        assert_eq!(first_reply(&*second, "null"), "1");
        first.idle();
        drop(first);
        second.idle();
        assert_eq!(first_reply(&*second, "null"), "1");
    }
}

#[test]
fn what_programs_share_is_told_in_bytes() {
    on_every_kind(&COUNTER, &SpecFields::default(), |kind, program| {
        let shared = program.image_use();
        assert!(shared.code > Bytes::kib(1), "{shared:?}");
        assert!(shared.function < Bytes::mib(1), "{shared:?}");
        if kind == Kind::JavaScript {
            assert!(shared.code > Bytes::kib(512), "{shared:?}");
            assert!(shared.base > Bytes::kib(100), "{shared:?}");
            assert!(shared.function > Bytes(0), "{shared:?}");
        }
        let mut sandbox = program.restore().unwrap();
        replied(outcome(&mut *sandbox, json("null")));
        assert!(sandbox.private_memory() > Bytes(0));
        assert!(sandbox.private_memory() < Bytes::mib(1));
    });
}
