//! Fetches that outlive the call which began them, or the sandbox's state.

use hydra_sandbox::{After, LoadError, SandboxError};
use hydra_types::{Runtime, SpecFields};

use super::js;
use crate::{
    harness::{self, AMPLE, abandon, block_on, call, drive, json, replied, reply, text, try_load},
    network::Server,
};

/// Begins a fetch, waits for what was begun, or forgets it, as the event says.
const KEPT: &str = "let kept, body;
    export async function handler(event) {
      if (event === 'begin') { kept = fetch(URL); return 'begun'; }
      if (event === 'head') { body = await kept; return body.status; }
      if (event === 'body') return await body.text();
      if (event === 'cancel') { await body.body.cancel(); return 'cancelled'; }
      return typeof kept;
    }";

#[test]
fn what_one_call_began_the_next_may_wait_for() {
    let server = Server::new("kept");
    let mut sandbox = js(&server.code(KEPT)).restore().unwrap();
    assert_eq!(reply(&mut *sandbox, r#""begin""#), r#""begun""#);
    assert_eq!(server.count(), 1);
    let mut waiting = sandbox.invoke(call(json(r#""head""#), AMPLE));
    drive(&mut waiting, || server.exchange(0).is_waited_for());
    server.exchange(0).answer_with("late");
    assert_eq!(text(&replied(block_on(waiting))), "200");
    assert!(!server.exchange(0).is_dropped());
    sandbox.rest();
    assert_eq!(reply(&mut *sandbox, r#""body""#), r#""late""#);
    assert!(server.exchange(0).is_dropped());
}

#[test]
fn a_fetch_that_ended_between_calls_is_told_in_the_next() {
    let server = Server::new("between");
    let mut sandbox = js(&server.code(KEPT)).restore().unwrap();
    assert_eq!(reply(&mut *sandbox, r#""begin""#), r#""begun""#);
    server.exchange(0).answer_with("there");
    assert_eq!(reply(&mut *sandbox, "null"), r#""object""#);
    assert_eq!(reply(&mut *sandbox, r#""head""#), "200");
    assert_eq!(reply(&mut *sandbox, r#""body""#), r#""there""#);
}

#[test]
fn a_reset_ends_what_is_under_way_and_what_is_open() {
    let server = Server::new("reset");
    let program = js(&server.code(KEPT));
    let mut sandbox = program.restore().unwrap();
    reply(&mut *sandbox, r#""begin""#);
    sandbox.reset().unwrap();
    assert!(server.exchange(0).is_dropped());
    assert_eq!(reply(&mut *sandbox, "null"), r#""undefined""#);

    reply(&mut *sandbox, r#""begin""#);
    server.exchange(1).answer(200, &[]);
    assert_eq!(reply(&mut *sandbox, r#""head""#), "200");
    assert!(!server.exchange(1).is_dropped());
    sandbox.reset().unwrap();
    assert!(server.exchange(1).is_dropped());
}

#[test]
fn a_sandbox_that_is_dropped_ends_what_is_under_way() {
    let server = Server::new("dropped");
    let program = js(&server.code(KEPT));
    let mut sandbox = program.restore().unwrap();
    reply(&mut *sandbox, r#""begin""#);
    assert!(!server.exchange(0).is_dropped());
    drop(sandbox);
    assert!(server.exchange(0).is_dropped());

    let mut sandbox = program.restore().unwrap();
    reply(&mut *sandbox, r#""begin""#);
    abandon(sandbox.invoke(call(json(r#""head""#), AMPLE)));
    drop(sandbox);
    assert!(server.exchange(1).is_dropped());
}

#[test]
fn a_call_that_is_dropped_while_it_waits_leaves_a_sandbox_that_serves() {
    let server = Server::new("abandoned");
    let mut sandbox = js(&server.code(KEPT)).restore().unwrap();
    reply(&mut *sandbox, r#""begin""#);
    let exchange = server.exchange(0);
    let mut waiting = sandbox.invoke(call(json(r#""head""#), AMPLE));
    drive(&mut waiting, || exchange.is_waited_for());
    drop(waiting);
    assert!(exchange.is_dropped());
    assert_eq!(reply(&mut *sandbox, "null"), r#""object""#);
    sandbox.reset().unwrap();
    assert_eq!(reply(&mut *sandbox, "null"), r#""undefined""#);
}

#[test]
fn a_checkpoint_waits_until_nothing_is_under_way_or_open() {
    let server = Server::new("checkpoint");
    let mut sandbox = js(&server.code(KEPT)).restore().unwrap();
    reply(&mut *sandbox, r#""begin""#);
    let refused = |sandbox: &mut dyn hydra_sandbox::Sandbox| match sandbox.checkpoint() {
        Err(SandboxError::NotCheckpointable { reason }) => {
            assert!(reason.contains("fetches"), "{reason}");
        }
        Err(error) => panic!("{error:?}"),
        Ok(_) => panic!("was checkpointed"),
    };
    refused(&mut *sandbox);
    server.exchange(0).answer(200, &[]);
    assert_eq!(reply(&mut *sandbox, r#""head""#), "200");
    refused(&mut *sandbox);
    assert_eq!(reply(&mut *sandbox, r#""cancel""#), r#""cancelled""#);
    let copy = sandbox.checkpoint().unwrap();
    assert_eq!(reply(&mut *copy.restore().unwrap(), "null"), r#""object""#);
}

/// Loads `code` while `play` plays the network.
fn loaded(server: &Server, code: &str, answer: &str) -> Result<String, LoadError> {
    let code = server.code(code);
    std::thread::scope(|scope| {
        let loading =
            scope.spawn(|| try_load(Runtime::JavaScript, SpecFields::default(), code.as_bytes()));
        while server.count() == 0 && !loading.is_finished() {
            std::thread::yield_now();
        }
        if server.count() > 0 && !answer.is_empty() {
            server.exchange(0).answer_with(answer);
        }
        let program = loading.join().unwrap()?;
        let outcome = harness::invoke(&mut *program.restore().unwrap(), "null");
        assert_eq!(outcome.after, After::Reusable);
        Ok(text(&replied(outcome)))
    })
}

#[test]
fn top_level_code_may_wait_for_a_fetch() {
    let server = Server::new("loading");
    let code = "const text = await (await fetch(URL)).text(); export const handler = () => text;";
    assert_eq!(loaded(&server, code, "config").unwrap(), r#""config""#);
    assert!(server.exchange(0).is_dropped());
    let server = Server::new("loading-status");
    let code = "const { status } = await fetch(URL); export const handler = () => status;";
    assert_eq!(loaded(&server, code, "config").unwrap(), "200");
    assert!(server.exchange(0).is_dropped());
}

#[test]
fn what_would_be_lost_when_loading_ends_is_refused() {
    let check = |name: &'static str, code: &str, answer: &str, needle: &str| {
        let server = Server::new(name);
        match loaded(&server, code, answer) {
            Err(LoadError::TopLevel(failure)) => {
                let text = failure.to_string();
                assert!(text.contains(needle) && text.contains("behind"), "{text}");
            }
            other => panic!("{other:?}\nin {code}"),
        }
        assert!(server.count() == 0 || server.exchange(0).is_dropped());
    };
    check(
        "unawaited",
        "const kept = fetch(URL); export const handler = () => kept.then((r) => r.status);",
        "",
        "fetch",
    );
    check(
        "unread-body",
        "const kept = await fetch(URL); export const handler = () => kept.text();",
        "late",
        "body",
    );
    check(
        "decoder",
        "const decoder = new TextDecoder('shift_jis'); decoder.decode(new Uint8Array([0x82]), { stream: true });
         export const handler = () => decoder.decode(new Uint8Array([0xa0]));",
        "",
        "decoder",
    );
    check(
        "file",
        "import fs from 'node:fs'; fs.writeFileSync('/tmp/left', 'x'); export const handler = () => 1;",
        "",
        "/tmp/left",
    );
}
