//! Guests that misbehave: the failure says what happened, and nobody else notices.
//!
//! Every case answers `"ok"` with `"ok"` and misbehaves when asked to `"fail"`.

use hydra_sandbox::{After, Failure, Outcome};
use hydra_types::{Bytes, ErrorCode, SpecFields};
use std::time::{Duration, Instant};

use super::{AtWork, Kind};
use crate::{
    harness::{block_on, call, json, load, reply},
    wat::{self, Form},
};

/// How late a failure by a limit may come. A tick is a millisecond; the rest is for a machine on which other
/// tests keep every core busy.
const GRACE: Duration = Duration::from_millis(700);

/// A way to misbehave.
struct Misbehaviour {
    fields: SpecFields,
    /// Statements of a function.
    javascript: &'static str,
    /// Module fields with a `(func $misbehave)`.
    wat: &'static str,
}

impl Misbehaviour {
    fn code(&self, kind: Kind) -> Option<Vec<u8>> {
        let Self {
            javascript, wat, ..
        } = self;
        let form = match kind {
            Kind::JavaScript if javascript.is_empty() => return None,
            Kind::JavaScript => {
                let source = format!(
                    "async function misbehave() {{ {javascript} }}\n\
                     export const handler = (event) => event === 'fail' ? misbehave() : event;"
                );
                return Some(source.into_bytes());
            }
            Kind::Reactor => Form::Reactor,
            Kind::Command => Form::Command,
        };
        let fields = format!(
            "{wat} (func $serve (local $length i32)
               (local.set $length (call $read))
               (if (i32.eq (i32.load8_u (i32.const 4097)) (i32.const 102)) (then (call $misbehave)))
               (call $reply (i32.const 4096) (local.get $length)))"
        );
        (!wat.is_empty()).then(|| wat::module(form, &fields))
    }
}

/// Lets every kind misbehave, checks the outcome, and that the neighbours are well.
fn check(case: &Misbehaviour, expected: impl Fn(Kind, &Outcome, Duration)) {
    for kind in Kind::ALL {
        let _at_work = AtWork(kind);
        let Some(code) = case.code(kind) else {
            continue;
        };
        let program = load(kind.runtime(), case.fields.clone(), &code);
        let mut neighbour = program.restore().unwrap();
        assert_eq!(reply(&mut *neighbour, r#""ok""#), r#""ok""#);
        kind.ready(&mut *neighbour);

        let mut sandbox = program.restore().unwrap();
        let timeout = case.fields.timeout_ms.unwrap_or(30_000);
        let began = Instant::now();
        let call = call(json(r#""fail""#), Duration::from_millis(timeout));
        let outcome = block_on(sandbox.invoke(call));
        expected(kind, &outcome, began.elapsed());

        assert_eq!(reply(&mut *neighbour, r#""ok""#), r#""ok""#);
        match outcome.after {
            After::Reusable => assert_eq!(reply(&mut *sandbox, r#""ok""#), r#""ok""#),
            After::NeedsReset => {
                sandbox.reset().unwrap();
                assert_eq!(reply(&mut *sandbox, r#""ok""#), r#""ok""#);
            }
            After::Spent => {
                let again = crate::harness::failure(&mut *sandbox, r#""ok""#);
                assert_eq!(again.code(), ErrorCode::Internal);
                assert!(sandbox.reset().is_err());
                assert!(sandbox.checkpoint().is_err());
            }
        }
        drop(sandbox);
        let mut successor = program.restore().unwrap();
        assert_eq!(reply(&mut *successor, r#""ok""#), r#""ok""#);
    }
}

fn failed(outcome: &Outcome) -> &Failure {
    match &outcome.result {
        Err(failure) => failure,
        Ok(reply) => panic!("the call should have failed, it replied {reply:?}"),
    }
}

#[test]
fn a_handler_that_fails_fails_its_call_only() {
    let case = Misbehaviour {
        fields: SpecFields::default(),
        javascript: "throw new RangeError('no luck');",
        wat: "(func $misbehave (call $proc_exit (i32.const 3)))",
    };
    check(&case, |kind, outcome, _| {
        let failure = failed(outcome);
        assert_eq!(failure.code(), ErrorCode::HandlerError);
        let (says, after) = match kind {
            Kind::JavaScript => ("RangeError: no luck", After::Reusable),
            // The stack of a reactor that exits is gone, its memory is not at rest.
            Kind::Reactor => (
                "the function exited with status 3 before it replied",
                After::Spent,
            ),
            Kind::Command => (
                "the function exited with status 3 before it replied",
                After::NeedsReset,
            ),
        };
        assert_eq!(failure.to_string(), says);
        assert_eq!(outcome.after, after);
    });
}

#[test]
fn an_exit_with_status_0_is_success_for_a_command_only() {
    let case = Misbehaviour {
        fields: SpecFields::default(),
        javascript: "process.exit(0);",
        wat: "(func $misbehave (call $proc_exit (i32.const 0)))",
    };
    check(&case, |kind, outcome, _| {
        if kind == Kind::Command {
            assert_eq!(outcome.result, Ok(json("null")));
            assert_eq!(outcome.after, After::NeedsReset);
        } else {
            assert_eq!(*failed(outcome), Failure::Exit { status: 0 });
            assert_eq!(outcome.after, After::Spent);
        }
    });
}

#[test]
fn an_exit_with_another_status_is_told() {
    let case = Misbehaviour {
        fields: SpecFields::default(),
        javascript: "console.log('bye'); process.exit(42);",
        wat: "(func $misbehave (call $proc_exit (i32.const 42)))",
    };
    check(&case, |_, outcome, _| {
        assert_eq!(*failed(outcome), Failure::Exit { status: 42 });
    });
}

#[test]
fn a_trap_says_why_and_where() {
    let check = |wat: &'static str, expected: &str| {
        let case = Misbehaviour {
            fields: SpecFields::default(),
            javascript: "",
            wat,
        };
        check(&case, |_, outcome, _| {
            let failure = failed(outcome);
            assert_eq!(failure.code(), ErrorCode::Trap);
            assert!(failure.to_string().contains(expected), "{failure}");
            let innermost = failure.stack().first().map_or("", String::as_str);
            assert!(innermost.contains("misbehave"), "{:?}", failure.stack());
            assert_eq!(outcome.after, After::Spent);
        });
    };
    check("(func $misbehave unreachable)", "unreachable");
    check(
        "(func $misbehave (i32.store (i32.const -8) (i32.const 1)))",
        "out of bounds memory access",
    );
    check(
        "(func $misbehave (drop (i32.div_u (i32.const 1) (i32.const 0))))",
        "divide by zero",
    );
    check(
        "(func $misbehave (drop (i32.trunc_f64_s (f64.const nan))))",
        "invalid conversion to integer",
    );
    check(
        "(table 1 funcref) (func $misbehave (call_indirect (i32.const 0)))",
        "uninitialized element",
    );
    check(
        "(table 1 funcref) (elem (i32.const 0) func $other) (func $other (param i64))
         (func $misbehave (call_indirect (i32.const 0)))",
        "indirect call type mismatch",
    );
    check(
        "(table 1 funcref) (func $misbehave (call_indirect (i32.const 7)))",
        "out of bounds table access",
    );
}

#[test]
fn an_infinite_loop_times_out() {
    let case = Misbehaviour {
        fields: SpecFields {
            timeout_ms: Some(150),
            cpu_ms: Some(30_000),
            ..SpecFields::default()
        },
        javascript: "for (;;);",
        wat: "(func $misbehave (loop $forever (br $forever)))",
    };
    check(&case, |_, outcome, elapsed| {
        let failure = failed(outcome);
        assert_eq!(failure.code(), ErrorCode::Timeout);
        assert!(failure.to_string().contains("150 ms"), "{failure}");
        let limit = Duration::from_millis(150);
        assert!(elapsed >= limit, "{elapsed:?}");
        assert!(elapsed < limit + GRACE, "{elapsed:?}");
        assert_eq!(outcome.after, After::Spent);
    });
}

fn check_loop(javascript: &'static str, wat: &'static str) {
    let case = Misbehaviour {
        fields: SpecFields {
            timeout_ms: Some(60),
            cpu_ms: Some(30_000),
            ..SpecFields::default()
        },
        javascript,
        wat,
    };
    check(&case, |_, outcome, elapsed| {
        assert_eq!(failed(outcome).code(), ErrorCode::Timeout, "{javascript}");
        assert!(elapsed < Duration::from_millis(60) + GRACE, "{elapsed:?}");
    });
}

#[test]
fn loops_that_wait_time_out_too() {
    check_loop(
        "for (;;) await new Promise((resolve) => setTimeout(resolve, 0));",
        "(func $misbehave (loop $forever (call $sleep (i64.const 0)) (br $forever)))",
    );
    check_loop(
        "setInterval(() => {}, 0); await new Promise(() => {});",
        "(func $misbehave (loop $forever (call $sleep (i64.const 1000000)) (br $forever)))",
    );
}

#[test]
fn loops_that_catch_allocate_or_call_time_out_too() {
    let check = check_loop;

    check(
        "for (;;) { try { for (;;) null.x; } catch {} finally { continue } }",
        "(func $misbehave (loop $forever (call $log (i32.const 0) (i32.const 1)) (br $forever)))",
    );
    check(
        "for (;;) await null;",
        "(func $misbehave (loop $forever (drop (call $random_get (i32.const 64) (i32.const 64))) (br $forever)))",
    );

    check("/(a+)+b/.test('a'.repeat(40));", "");
    check(
        "const spin = () => Promise.resolve().then(spin); spin(); await new Promise(() => {});",
        "",
    );

    check(
        "const big = []; big.length = 4294967295; big.indexOf(1);",
        "",
    );
    check(
        "'x'.repeat(1 << 20).split('').sort(() => { for (;;); });",
        "",
    );
    check("let n = 3n; for (;;) n = n * n % (1n << 100000n) + 3n;", "");
}

#[test]
fn cpu_time_has_a_limit_of_its_own() {
    let case = Misbehaviour {
        fields: SpecFields {
            cpu_ms: Some(50),
            ..SpecFields::default()
        },
        javascript: "for (;;);",
        wat: "(func $misbehave (loop $forever (br $forever)))",
    };
    check(&case, |_, outcome, _| {
        let failure = failed(outcome);
        assert_eq!(failure.code(), ErrorCode::CpuLimit);
        assert!(failure.to_string().contains("50 ms"), "{failure}");
        let used = outcome.usage.cpu_time;
        assert!(used >= Duration::from_millis(50), "{used:?}");
        assert!(used < Duration::from_millis(50) + GRACE, "{used:?}");
        assert_eq!(outcome.after, After::Spent);
    });
}

#[test]
fn waiting_past_the_deadline_times_out_and_costs_no_cpu_time() {
    let case = Misbehaviour {
        fields: SpecFields {
            timeout_ms: Some(150),
            ..SpecFields::default()
        },
        javascript: "await new Promise((resolve) => setTimeout(resolve, 60_000));",
        wat: "(func $misbehave (call $sleep (i64.const 60000000000)))",
    };
    check(&case, |_, outcome, elapsed| {
        let failure = failed(outcome);
        assert_eq!(failure.code(), ErrorCode::Timeout);
        assert!(failure.to_string().contains("150 ms"), "{failure}");
        assert!(elapsed >= Duration::from_millis(150), "{elapsed:?}");
        assert!(elapsed < Duration::from_millis(150) + GRACE, "{elapsed:?}");
        let used = outcome.usage.cpu_time;
        assert!(used < Duration::from_millis(75), "{used:?}");
    });
}

#[test]
fn an_allocation_bomb_meets_the_memory_limit() {
    let case = Misbehaviour {
        fields: SpecFields {
            memory_mb: Some(16),
            ..SpecFields::default()
        },
        javascript: "const all = []; for (;;) all.push(new Uint8Array(100_000));",
        wat: "(func $misbehave (loop $more (drop (memory.grow (i32.const 16))) (br $more)))",
    };
    check(&case, |_, outcome, _| {
        let limit = Bytes::mib(16);
        assert_eq!(*failed(outcome), Failure::MemoryLimit { limit });
        assert_eq!(failed(outcome).code(), ErrorCode::MemoryLimit);
        let says = "needed more than 16 MiB of memory, the function's memory_mb";
        assert_eq!(failed(outcome).to_string(), says);
        assert_eq!(outcome.after, After::Spent);
        assert!(outcome.usage.memory <= limit, "{:?}", outcome.usage);
    });
}

#[test]
fn one_huge_allocation_meets_the_memory_limit_too() {
    let case = Misbehaviour {
        fields: SpecFields {
            memory_mb: Some(16),
            ..SpecFields::default()
        },
        javascript: "try { new ArrayBuffer(1 << 30) } catch {} for (;;);",
        wat: "(func $misbehave (drop (memory.grow (i32.const 65535))) (loop $on (br $on)))",
    };
    check(&case, |_, outcome, _| {
        assert_eq!(failed(outcome).code(), ErrorCode::MemoryLimit);
    });
}

#[test]
fn unbounded_recursion_meets_the_stack_limit() {
    let case = Misbehaviour {
        fields: SpecFields {
            stack_kb: Some(128),
            ..SpecFields::default()
        },
        javascript: "const deeper = (n) => deeper(n + 1) + 1; return deeper(0);",
        wat: "(func $deeper (param i32) (result i32)
                (i32.add (call $deeper (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
              (func $misbehave (drop (call $deeper (i32.const 0))))",
    };
    check(&case, |kind, outcome, _| {
        assert_eq!(failed(outcome).code(), ErrorCode::StackLimit);
        // The interpreter's stack is the function's to choose, the native one is the instance's.
        let says = match kind {
            Kind::JavaScript => "overflowed the stack of 128 KiB",
            Kind::Reactor | Kind::Command => "overflowed the stack of 1 MiB",
        };
        assert_eq!(failed(outcome).to_string(), says);
    });
}

#[test]
fn recursion_through_native_code_meets_the_stack_limit_too() {
    let check = |javascript: &'static str| {
        let case = Misbehaviour {
            fields: SpecFields::default(),
            javascript,
            wat: "",
        };
        check(&case, |_, outcome, _| {
            assert_eq!(
                failed(outcome).code(),
                ErrorCode::StackLimit,
                "{javascript}"
            );
        });
    };
    check("const f = () => [1].map(f); f();");
    check("const f = () => 'x'.replace(/x/, f); f();");
    check("const o = { toString() { return `${o}` } }; `${o}`;");
    check("let a = []; for (let i = 0; i < 100000; i++) a = [a]; return a;");
    check("JSON.parse('['.repeat(100000));");
    check("const p = new Proxy({}, { get: (t, k, r) => r[k] }); p.x;");
    check("class A { get x() { return this.x } } new A().x;");
    check("new Function('return ' + '('.repeat(100000));");
}
