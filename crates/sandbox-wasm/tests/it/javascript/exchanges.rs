//! `fetch`: what a sandbox asks the host for, and what it does with the answer.

use std::time::Duration;

use hydra_sandbox::{After, HttpError, Redirect};
use hydra_types::{Bytes, ErrorCode};

use super::{body, js};
use crate::{
    harness::{self, AMPLE, block_on, call, drive, json, replied, text},
    network::Server,
};

/// More sandboxes than keep an engine instance while they wait.
const MANY: usize = 100;

#[test]
fn a_sandbox_that_waits_for_a_fetch_is_parked_and_others_run() {
    let server = Server::new("parked");
    let program = js(&server.code(
        "let calls = 0;
         export async function handler(event) {
           calls++;
           if (event === null) return 'free';
           const response = await fetch(URL + event);
           return `${event} ${calls} ${response.status} ${await response.text()}`;
         }",
    ));
    let mut sandboxes: Vec<_> = (0..MANY).map(|_| program.restore().unwrap()).collect();
    let mut calls: Vec<_> = sandboxes
        .iter_mut()
        .enumerate()
        .map(|(n, sandbox)| {
            let mut future = sandbox.invoke(call(json(&n.to_string()), AMPLE));
            drive(&mut future, || server.count() > n);
            future
        })
        .collect();
    let mut other = program.restore().unwrap();
    for _ in 0..3 {
        assert_eq!(harness::reply(&mut *other, "null"), r#""free""#);
    }
    for n in (0..MANY).rev() {
        server.exchange(n).answer_with(&format!("for {n}"));
        let outcome = block_on(&mut calls[n]);
        assert_eq!(outcome.after, After::Reusable);
        assert_eq!(text(&replied(outcome)), format!(r#""{n} 1 200 for {n}""#));
        assert!(server.exchange(n).is_dropped());
    }
}

#[test]
fn the_host_gets_what_the_guest_asks_for() {
    let server = Server::new("asked");
    let program = js(&server.code(&body(
        "await fetch(URL + 'a?b#c', {
            method: 'PUT', headers: { 'X-Mine': 'caf\\u00e9' }, body: new Uint8Array([1, 0, 255]), redirect: 'manual' });",
    )));
    let mut sandbox = program.restore().unwrap();
    let mut calling = sandbox.invoke(call(json("null"), AMPLE));
    drive(&mut calling, || server.count() == 1);
    let request = server.exchange(0).request;
    assert_eq!(request.method, "PUT");
    assert_eq!(request.url, "http://asked/a?b");
    assert_eq!(request.body, [1, 0, 255].as_slice());
    assert_eq!(request.redirect, Redirect::Manual);
    let mine = request.headers.iter().find(|(name, _)| name == "x-mine");
    assert_eq!(mine.unwrap().1, b"caf\xe9");
    assert_eq!(request.policy.entries(), ["*"]);
}

#[test]
fn the_guest_gets_what_the_host_answers() {
    let server = Server::new("answered");
    let program = js(&server.code(&body(
        "const r = await fetch(URL);
         return [r.status, r.ok, r.statusText, r.headers.get('x-a'), r.headers.getSetCookie(), await r.json()];",
    )));
    let mut sandbox = program.restore().unwrap();
    let mut calling = sandbox.invoke(call(json("null"), AMPLE));
    drive(&mut calling, || server.count() == 1);
    let exchange = server.exchange(0);
    exchange.send(br#"{"a":"#);
    exchange.send(b"1}");
    exchange.end();
    exchange.answer(
        404,
        &[
            ("x-a", "1"),
            ("x-a", "2"),
            ("set-cookie", "a"),
            ("set-cookie", "b"),
        ],
    );
    assert_eq!(
        text(&replied(block_on(calling))),
        r#"[404,false,"As Played","1, 2",["a","b"],{"a":1}]"#
    );
}

#[test]
fn a_body_is_read_piece_by_piece_as_it_comes() {
    let server = Server::new("pieces");
    let program = js(&server.code(&body(
        "const seen = [];
         for await (const piece of (await fetch(URL)).body) seen.push(piece.length);
         return seen",
    )));
    let mut sandbox = program.restore().unwrap();
    let mut calling = sandbox.invoke(call(json("null"), AMPLE));
    drive(&mut calling, || server.count() == 1);
    let exchange = server.exchange(0);
    exchange.answer(200, &[]);
    for (n, bytes) in [1, 60_000, 7].into_iter().enumerate() {
        drive(&mut calling, || exchange.reads() == n + 1);
        exchange.send(&vec![b'x'; bytes]);
    }
    drive(&mut calling, || exchange.reads() == 4);
    exchange.end();
    assert_eq!(text(&replied(block_on(calling))), "[1,60000,7]");
    assert!(exchange.is_dropped());
}

/// The reply of `statements` when the exchange gets what `play` gives it.
fn check(
    name: &'static str,
    statements: &str,
    play: impl Fn(&crate::network::Exchange) + Sync,
    expected: &str,
) {
    let server = Server::new(name);
    let program = js(&server.code(&body(&format!(
        "try {{ {statements} }} catch (error) {{ return `${{error.name}}: ${{error.code ?? error.cause?.code}}` }}"
    ))));
    let mut sandbox = program.restore().unwrap();
    // Played beside the call, which may give up at any moment.
    let outcome = std::thread::scope(|scope| {
        let player = scope.spawn(|| {
            let given_up = std::time::Instant::now() + AMPLE;
            while server.count() == 0 && std::time::Instant::now() < given_up {
                std::thread::yield_now();
            }
            play(&server.exchange(0));
        });
        let outcome = block_on(sandbox.invoke(call(json("null"), AMPLE)));
        player.join().unwrap();
        outcome
    });
    assert_eq!(outcome.after, After::Reusable, "{statements}");
    assert_eq!(
        text(&replied(outcome)),
        format!("{expected:?}"),
        "{statements}"
    );
    assert!(server.exchange(0).is_dropped(), "{statements}");
}

#[test]
fn what_fails_on_the_way_is_an_error_with_a_code() {
    check(
        "refused",
        "await fetch(URL)",
        |exchange| {
            exchange.refuse(HttpError::Refused {
                reason: "not there".to_owned(),
            });
        },
        "TypeError: EACCES",
    );
    check(
        "broken",
        "await (await fetch(URL)).text()",
        |exchange| {
            exchange.send(b"half");
            exchange.break_off();
            exchange.answer(200, &[]);
        },
        "TypeError: ECONNRESET",
    );
}

#[test]
fn what_the_guest_gives_up_ends() {
    check(
        "aborted",
        "await fetch(URL, { signal: AbortSignal.timeout(1) })",
        |_| {},
        "TimeoutError: 23",
    );
    check(
        "cancelled",
        "const r = await fetch(URL); await r.body.cancel(); return 'cancelled'",
        |exchange| exchange.answer(200, &[]),
        "cancelled",
    );
    check(
        "aborted-body",
        "const stop = new AbortController(); const r = await fetch(URL, { signal: stop.signal });
         setTimeout(() => stop.abort(), 1); return await r.text()",
        |exchange| exchange.answer(200, &[]),
        "AbortError: 20",
    );
    check(
        "raced",
        "const stop = new AbortController();
         const won = await Promise.race([fetch(URL, { signal: stop.signal }), new Promise((r) => setTimeout(r, 1, 'timer'))]);
         stop.abort(); return won",
        |_| {},
        "timer",
    );
}

#[test]
fn giving_one_exchange_up_leaves_the_others() {
    let server = Server::new("siblings");
    let program = js(&server.code(&body(
        "const stop = new AbortController();
         const read = async () => (await fetch(URL)).text();
         const all = [read(), read(), fetch(URL, { signal: stop.signal }).catch((error) => error.name)];
         const third = await (await fetch(URL)).body.getReader();
         const never = third.read();
         setTimeout(() => { stop.abort(); third.cancel(); fetch(URL + 'abandoned'); }, 20);
         return await Promise.all(all)",
    )));
    let mut sandbox = program.restore().unwrap();
    let mut calling = sandbox.invoke(call(json("null"), AMPLE));
    drive(&mut calling, || server.count() == 4);
    for n in [0, 1, 3] {
        server.exchange(n).answer(200, &[]);
    }
    drive(&mut calling, || {
        (0..2).all(|n| server.exchange(n).reads() == 1)
    });
    server.exchange(0).send(b"a");
    drive(&mut calling, || server.count() == 5);
    assert!(server.exchange(2).is_dropped() && server.exchange(3).is_dropped());
    for n in 0..2 {
        server.exchange(n).send(b"b");
        server.exchange(n).end();
    }
    assert_eq!(
        text(&replied(block_on(calling))),
        r#"["ab","b","AbortError"]"#
    );
}

#[test]
fn a_deadline_passes_while_a_fetch_is_waited_for() {
    let server = Server::new("late");
    let program = js(&server.code(&body("return (await fetch(URL)).status")));
    let mut sandbox = program.restore().unwrap();
    let begun = std::time::Instant::now();
    let outcome = block_on(sandbox.invoke(call(json("null"), Duration::from_millis(50))));
    assert_eq!(outcome.result.unwrap_err().code(), ErrorCode::Timeout);
    assert_eq!(outcome.after, After::Spent);
    assert!(begun.elapsed() < Duration::from_secs(10));
    drop(sandbox);
    assert!(server.exchange(0).is_dropped());
}

#[test]
fn waiting_for_a_fetch_costs_no_cpu_time() {
    let server = Server::new("idle");
    let program = js(&server.code(&body("return (await fetch(URL)).status")));
    let mut sandbox = program.restore().unwrap();
    let mut calling = sandbox.invoke(call(json("null"), AMPLE));
    drive(&mut calling, || server.count() == 1);
    let waited = std::time::Instant::now() + Duration::from_millis(300);
    drive(&mut calling, || std::time::Instant::now() >= waited);
    server.exchange(0).answer_with("");
    let usage = block_on(calling).usage;
    assert!(usage.cpu_time < Duration::from_millis(200), "{usage:?}");
    assert!(usage.memory > Bytes(0));
}

#[test]
fn sixty_four_fetches_run_at_once_and_one_more_is_refused() {
    let server = Server::new("crowded");
    let program = js(&server.code(&body(
        "const all = Array.from({ length: 65 }, () => fetch(URL));
         const refused = await all.pop().catch((error) => error.code ?? error.cause?.code);
         const statuses = await Promise.all(all.map(async (one) => (await (await one).text()).length));
         return [refused, statuses.length, (await (await fetch(URL)).text())]",
    )));
    let mut sandbox = program.restore().unwrap();
    let mut calling = sandbox.invoke(call(json("null"), AMPLE));
    drive(&mut calling, || server.count() == 64);
    for n in 0..64 {
        server.exchange(n).answer_with("x");
    }
    drive(&mut calling, || server.count() == 65);
    server.exchange(64).answer_with("again");
    assert_eq!(
        text(&replied(block_on(calling))),
        r#"["ERR_TOO_MANY_OPERATIONS",64,"again"]"#
    );
}

#[test]
fn responses_that_nobody_keeps_give_their_places_back() {
    let server = Server::new("unread");
    let program = js(&server.code(&body(
        "for (let n = 0; n < 200; n++) await fetch(URL); return 'all'",
    )));
    let mut sandbox = program.restore().unwrap();
    let mut calling = sandbox.invoke(call(json("null"), AMPLE));
    for n in 0..200 {
        drive(&mut calling, || server.count() == n + 1);
        server.exchange(n).answer(200, &[]);
    }
    assert_eq!(text(&replied(block_on(calling))), r#""all""#);
    assert!((0..190).all(|n| server.exchange(n).is_dropped()));
}
