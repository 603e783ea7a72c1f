//! Usage: what a call is said to have cost.

use std::time::{Duration, Instant};

use hydra_types::{Bytes, SpecFields};

use super::{Code, ECHO, on_every_kind};
use crate::harness::{invoke, replied};

#[test]
fn cpu_time_grows_with_work_and_is_at_most_wall_time() {
    let busy = Code {
        javascript: "export function handler() { let n = 0; for (let i = 0; i < 300_000; i++) n += i; return n }",
        wat: "
            (func $serve (local $i i32)
              (loop $again
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (i32.store (i32.const 64) (local.get $i))
                (br_if $again (i32.lt_u (local.get $i) (i32.const 20000000)))))",
    };
    on_every_kind(&busy, &SpecFields::default(), |_, program| {
        let mut sandbox = program.restore().unwrap();
        let began = Instant::now();
        let usage = invoke(&mut *sandbox, "null").usage;
        let elapsed = began.elapsed();
        assert!(usage.cpu_time > Duration::from_millis(1), "{usage:?}");
        // The two clocks are read at slightly different moments.
        let slack = Duration::from_millis(1);
        assert!(
            usage.cpu_time <= elapsed + slack,
            "{usage:?} in {elapsed:?}"
        );
    });
}

#[test]
fn cpu_time_is_of_one_call_and_not_of_the_sandbox() {
    on_every_kind(&ECHO, &SpecFields::default(), |kind, program| {
        let mut sandbox = program.restore().unwrap();
        let mut least = Duration::MAX;
        let mut sum = Duration::ZERO;
        for _ in 0..200 {
            let used = invoke(&mut *sandbox, "1").usage.cpu_time;
            assert!(!used.is_zero());
            least = least.min(used);
            sum += used;
            kind.ready(&mut *sandbox);
        }
        let last = invoke(&mut *sandbox, "1").usage.cpu_time;
        assert!(last < sum, "one call {last:?}, two hundred {sum:?}");
        assert!(least < Duration::from_millis(5), "{least:?}");
    });
}

#[test]
fn waiting_is_no_cpu_time() {
    let sleeper = Code {
        javascript: "export const handler = () => new Promise((done) => setTimeout(done, 200))",
        wat: "(func $serve (call $sleep (i64.const 200000000)))",
    };
    on_every_kind(&sleeper, &SpecFields::default(), |_, program| {
        let mut sandbox = program.restore().unwrap();
        let began = Instant::now();
        let outcome = invoke(&mut *sandbox, "null");
        let elapsed = began.elapsed();
        let used = outcome.usage.cpu_time;
        replied(outcome);
        assert!(elapsed >= Duration::from_millis(199), "{elapsed:?}");
        assert!(used < Duration::from_millis(100), "{used:?}");
    });
}

#[test]
fn memory_use_is_the_linear_memory_at_its_largest() {
    let grower = Code {
        javascript: "export function handler() { new Uint8Array(20 << 20).fill(1) }",
        wat: "(func $serve (drop (memory.grow (i32.const 320))))",
    };
    on_every_kind(&grower, &SpecFields::default(), |_, program| {
        let mut sandbox = program.restore().unwrap();
        let usage = invoke(&mut *sandbox, "null").usage;
        assert!(usage.memory > Bytes::mib(20), "{usage:?}");
        assert!(usage.memory < Bytes::mib(64), "{usage:?}");
        sandbox.reset().unwrap();
        let mut fresh = program.restore().unwrap();
        assert_eq!(
            invoke(&mut *sandbox, "null").usage.memory,
            invoke(&mut *fresh, "null").usage.memory
        );
    });
}
