//! Exchanges that do not run to their end: aborted, timed out, left behind. None keeps a connection.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{Case, check, register, with_origin};
use crate::harness::{origin::Origin, wait};

fn wait_until_nobody_asks(origin: &Origin) {
    wait::until("exchanges are given up", Duration::from_secs(5), || {
        origin.asked() == 0
    });
}

#[test]
fn signals_end_exchanges_wherever_they_are() {
    check(&[
        Case {
            what: "aborted before it began",
            body: "return failure(fetch(`${origin}/echo`, { signal: AbortSignal.abort() }));",
            reply: json!(["AbortError", null]),
        },
        Case {
            what: "aborted while it waits for the head, with a reason",
            body: "const controller = new AbortController();
                   setTimeout(() => controller.abort(new RangeError('enough')), 20);
                   return failure(fetch(`${origin}/hang`, { signal: controller.signal }));",
            reply: json!(["RangeError", null]),
        },
        Case {
            what: "aborted while the body comes",
            body: "const controller = new AbortController();
                   const response = await fetch(`${origin}/drip`, { signal: controller.signal });
                   setTimeout(() => controller.abort(), 50);
                   return [response.status, await failure(response.text())];",
            reply: json!([200, ["AbortError", null]]),
        },
        Case {
            what: "a time limit, on the head and on the body",
            body: "const signal = () => AbortSignal.timeout(50);
                   const response = await fetch(`${origin}/drip`, { signal: signal() });
                   return [await failure(fetch(`${origin}/hang`, { signal: signal() })), await failure(response.text())];",
            reply: json!([["TimeoutError", null], ["TimeoutError", null]]),
        },
        Case {
            what: "a body that is cancelled",
            body: "const response = await fetch(`${origin}/drip`); const reader = response.body.getReader();
                   const { value } = await reader.read(); await reader.cancel();
                   return [value.length > 0, (await reader.read()).done];",
            reply: json!([true, true]),
        },
    ]);
}

#[test]
fn given_up_exchanges_close_their_connections() {
    with_origin(|_, client, origin| {
        let aborting = "await failure(fetch(`${origin}/hang`, { signal: AbortSignal.timeout(20) }));
                        const response = await fetch(`${origin}/drip`); await response.body.cancel(); return 'done';";
        register(client, "f", "", origin, aborting);
        let event = json!(origin.url("")).to_string();
        for _ in 0..20 {
            assert_eq!(client.call("f", &event), "done");
        }
        wait_until_nobody_asks(origin);
        wait::until("connections are closed", Duration::from_secs(5), || {
            origin.connected() == 0
        });
    });
}

#[test]
fn an_invocation_that_times_out_takes_its_exchanges_with_it() {
    with_origin(|server, client, origin| {
        let event = json!(origin.url("")).to_string();
        register(
            client,
            "good",
            "",
            origin,
            "return (await fetch(`${origin}/status/200`)).status;",
        );
        assert_eq!(client.call("good", &event), 200);
        let before = server.process().sockets();
        for (name, body) in [
            ("head", "await fetch(`${origin}/hang`);"),
            ("body", "await (await fetch(`${origin}/drip`)).text();"),
            (
                "several",
                "await Promise.all(Array.from({ length: 40 }, () => fetch(`${origin}/hang`)));",
            ),
            (
                "node",
                "await new Promise(() => http.get(`${origin}/hang`));",
            ),
        ] {
            register(client, name, "&timeout_ms=300", origin, body);
            for _ in 0..5 {
                let began = Instant::now();
                let reply = client.invoke(name, &event);
                assert_eq!(reply.code(), "timeout", "{name}: {reply:?}");
                assert!(began.elapsed() < Duration::from_secs(3), "{name}");
            }
        }
        wait_until_nobody_asks(origin);
        wait::until("sockets are closed", Duration::from_secs(5), || {
            server.process().sockets() <= before
        });
        assert_eq!(client.running(), 0);
        assert_eq!(client.call("good", &event), 200);
    });
}

#[test]
fn what_one_call_began_the_next_may_await_unless_it_is_fresh() {
    with_origin(|_, client, origin| {
        let event = json!(origin.url("")).to_string();
        let body = "const before = globalThis.begun;
                    globalThis.begun = fetch(`${origin}/held`);
                    if (!before) return 'begun';
                    return await (await before).text();";
        register(client, "warm", "&concurrency=1", origin, body);
        register(client, "fresh", "&reuse=fresh", origin, body);
        assert_eq!(client.call("fresh", &event), "begun");
        wait_until_nobody_asks(origin);
        assert_eq!(client.call("fresh", &event), "begun");
        assert_eq!(client.call("warm", &event), "begun");
        origin.open();
        assert_eq!(client.call("warm", &event), "open");
    });
}

#[test]
fn a_function_that_is_gone_leaves_no_exchange_behind() {
    with_origin(|_, client, origin| {
        let event = json!(origin.url("")).to_string();
        let body = "fetch(`${origin}/hang`).catch(() => {}); await new Promise((resolve) => setTimeout(resolve, 50)); return 1;";
        register(client, "f", "", origin, body);
        assert_eq!(client.call("f", &event), 1);
        assert_eq!(origin.asked(), 1);
        client.deregister("f");
        wait_until_nobody_asks(origin);
    });
}

#[test]
fn more_than_64_exchanges_at_once_are_refused_and_the_others_go_on() {
    check(&[Case {
        what: "70 at once",
        body: "const settled = await Promise.allSettled(Array.from({ length: 70 }, () => fetch(`${origin}/slow/100`)));
               const good = settled.filter(({ status }) => status === 'fulfilled');
               const texts = await Promise.all(good.map(({ value }) => value.text()));
               const { reason } = settled.find(({ status }) => status === 'rejected');
               const again = await (await fetch(`${origin}/slow/1`)).text();
               const says = [reason.message, reason.cause?.message].join(' ');
               return [texts.length, texts.every((text) => text === 'late'), says.includes('64'), again];",
        reply: json!([64, true, true, "late"]),
    }]);
}
