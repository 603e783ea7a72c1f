//! Timers, promises, and their order.

use hydra_sandbox::{After, Failure};
use hydra_types::ErrorCode;

use super::{body, failure, js, outcome, reply};
use crate::harness;

#[test]
fn things_run_in_the_order_of_their_time_then_their_age() {
    let check = |statements: &str, expected: &str| {
        let code = body(&format!(
            "const seen = []; const wait = (ms) => new Promise((done) => setTimeout(done, ms));
             {statements}; return seen.join(' ')"
        ));
        assert_eq!(reply(&code), format!("\"{expected}\""), "{statements}");
    };
    check(
        "setTimeout(() => seen.push('late'), 30); setTimeout(() => seen.push('soon'), 5);
         setTimeout(() => seen.push('soon too'), 5); await wait(60)",
        "soon soon too late",
    );
    check(
        "setTimeout(() => seen.push('timer')); queueMicrotask(() => seen.push('job'));
         process.nextTick(() => seen.push('tick')); seen.push('now'); await wait(20)",
        "now job tick timer",
    );
    check(
        "setImmediate((a, b) => seen.push(a, b), 1, 2); await wait(20)",
        "1 2",
    );
    check(
        "let n = 0; const id = setInterval(() => { seen.push(++n); if (n === 3) clearInterval(id) }, 2); await wait(60)",
        "1 2 3",
    );
    check(
        "const id = setTimeout(() => seen.push('no'), 5); clearTimeout(id);
         const kept = setTimeout(() => seen.push('yes'), 5); clearTimeout(undefined); clearTimeout({}); clearTimeout(-1);
         await wait(30)",
        "yes",
    );
    check(
        "const id = setTimeout(() => seen.push('no'), 5); clearTimeout(Number(id)); await wait(20); seen.push('end')",
        "end",
    );

    check(
        "const id = setInterval(() => {}, 1); setTimeout(() => clearInterval(id), 10); await wait(15); seen.push('done')",
        "done",
    );
    check(
        "seen.push(...await Promise.all([20, 10].map((ms) => wait(ms).then(() => ms))))",
        "20 10",
    );
    check(
        "seen.push(await Promise.race([wait(5000).then(() => 'slow'), wait(1).then(() => 'fast')]))",
        "fast",
    );
}

#[test]
fn a_handler_may_wait_again_and_again() {
    let check = |statements: &str, expected: &str| {
        let code = body(&format!(
            "const seen = []; const wait = (ms) => new Promise((done) => setTimeout(done, ms));
             {statements}; return seen.join(' ')"
        ));
        assert_eq!(reply(&code), format!("\"{expected}\""), "{statements}");
    };
    check(
        "for (const ms of [3, 2, 1]) { await wait(ms); seen.push(ms) }",
        "3 2 1",
    );
    check(
        "async function* each() { for (const x of [1, 2]) { await wait(1); yield x } } for await (const x of each()) seen.push(x)",
        "1 2",
    );
    check(
        "for (const ms of [NaN, -5, 'x', undefined, {}]) await wait(ms); seen.push('ok')",
        "ok",
    );
    check(
        "await wait(1); await null; await wait(0); seen.push('ok')",
        "ok",
    );
}

#[test]
fn a_late_timer_does_not_hold_up_one_that_is_set_after_it() {
    let code = body(
        "const wait = (ms) => new Promise((done) => setTimeout(done, ms));
         const begun = Date.now(); setTimeout(() => {}, 3000); await wait(1); await wait(1); await wait(1);
         return Date.now() - begun < 1500",
    );
    assert_eq!(reply(&code), "true");
}

#[test]
fn a_thousand_waits_cost_little() {
    let code = body("let n = 0; for (let i = 0; i < 1000; i++) { await null; n++ } return n");
    assert_eq!(reply(&code), "1000");
    let code = body(
        "await Promise.all(Array.from({ length: 1000 }, (_, i) => new Promise((done) => setTimeout(done, i % 7)))); return 1",
    );
    assert_eq!(reply(&code), "1");
}

#[test]
fn a_promise_that_nothing_can_settle_is_an_error_at_once() {
    let check = |code: &str| {
        let outcome = outcome(code, "null");
        assert_eq!(outcome.result, Err(Failure::NeverSettles), "{code}");
        assert_eq!(outcome.after, After::Reusable, "{code}");
    };
    check(&body("await new Promise(() => {})"));
    check("export const handler = () => new Promise(() => {})");
    check("export const handler = () => ({ then() {} })");
    check("exports.handler = (event, context, callback) => {}");
    check(&body(
        "setTimeout(() => {}, 5); await new Promise(() => {})",
    ));
    assert_eq!(Failure::NeverSettles.code(), ErrorCode::HandlerError);
}

#[test]
fn a_sandbox_serves_on_after_a_promise_that_never_settled() {
    let program = js("export const handler = (event) => event ? new Promise(() => {}) : 'well'");
    let mut sandbox = program.restore().unwrap();
    assert_eq!(
        harness::failure(&mut *sandbox, "true"),
        Failure::NeverSettles
    );
    assert_eq!(harness::reply(&mut *sandbox, "false"), r#""well""#);
}

#[test]
fn a_timer_that_throws_fails_the_call() {
    let failure = failure(&body(
        "setTimeout(() => { throw new RangeError('in a timer') }, 1); await new Promise(() => {})",
    ));
    assert_eq!(failure.to_string(), "RangeError: in a timer");
}

#[test]
fn a_timer_without_a_function_is_a_type_error() {
    for argument in ["", "1", "'alert(1)'", "{}"] {
        let failure = failure(&body(&format!("setTimeout({argument})")));
        assert!(failure.to_string().starts_with("TypeError: "), "{failure}");
    }
}

#[test]
fn a_timer_that_is_still_pending_when_the_reply_is_out_runs_with_the_next_call() {
    let program = js("let ticks = 0;
        export async function handler(event) {
            if (event) { setTimeout(() => ticks++, 1); return 'set' }
            await new Promise((done) => setTimeout(done, 20));
            return ticks;
        }");
    let mut sandbox = program.restore().unwrap();
    assert_eq!(harness::reply(&mut *sandbox, "true"), r#""set""#);
    assert_eq!(harness::reply(&mut *sandbox, "false"), "1");
    sandbox.reset().unwrap();
    assert_eq!(
        harness::reply(&mut *sandbox, "false"),
        "0",
        "a reset forgets timers"
    );
}

#[test]
fn an_interval_does_not_keep_a_call_that_has_replied() {
    let outcome = outcome(&body("setInterval(() => {}, 1); return 1"), "null");
    assert_eq!(outcome.result, Ok(harness::json("1")));
}
