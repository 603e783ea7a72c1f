//! One invocation: its answer, its sandbox, what becomes of that.

use std::{sync::atomic::Ordering::SeqCst, time::Duration};

use hydra_types::{ErrorCode, Reuse, StartKind};

use crate::fake::{Rig, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_carries_payload_start_times_and_log() {
    let rig = Rig::start(|_| {});
    rig.register("f").await;
    let reply = rig.invoke("f", "sleep:2").await.unwrap();
    assert_eq!(reply.payload.bytes().as_ref(), b"sleep");
    assert_eq!(reply.start, StartKind::Restored);
    assert!(reply.times.run >= Duration::from_millis(2));
    assert!(reply.times.restore > Duration::ZERO);
    assert_eq!(reply.log.text(), b"logged");
    let again = rig.invoke("f", "reply").await.unwrap();
    assert_ne!(reply.request_id, again.request_id);
}

/// Invokes in turn and compares reply and start of each.
async fn check(reuse: Reuse, events: &[&str], expected: &[(&str, StartKind)]) {
    let rig = Rig::start(|_| {});
    rig.register_with("f", |fields| fields.reuse = Some(reuse))
        .await;
    let mut found = Vec::new();
    for event in events {
        // The one before has been answered; its sandbox may still be on its way back.
        until("nothing runs", || rig.occupancy("f").1 == 0).await;
        let reply = rig.invoke("f", event).await.unwrap();
        let text = String::from_utf8(reply.payload.bytes().to_vec()).unwrap();
        found.push((text, reply.start));
    }
    let expected: Vec<_> = expected
        .iter()
        .map(|(text, start)| ((*text).to_owned(), *start))
        .collect();
    assert_eq!(found, expected, "{reuse:?} {events:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_sandbox_remembers_follows_the_spec_and_its_own_word() {
    use StartKind::{Restored, Warm};
    let counts = ["count", "count", "count"];
    check(
        Reuse::Warm,
        &counts,
        &[("1", Restored), ("2", Warm), ("3", Warm)],
    )
    .await;
    check(
        Reuse::Fresh,
        &counts,
        &[("1", Restored), ("1", Restored), ("1", Restored)],
    )
    .await;
    check(
        Reuse::Warm,
        &["needs-reset", "count"],
        &[("1", Restored), ("1", Restored)],
    )
    .await;
    check(
        Reuse::Warm,
        &["count", "spent", "count"],
        &[("1", Restored), ("", Warm), ("1", Restored)],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_is_in_place_and_a_failed_one_ends_the_sandbox() {
    let rig = Rig::start(|_| {});
    rig.register_with("f", |fields| fields.reuse = Some(Reuse::Fresh))
        .await;
    for _ in 0..3 {
        rig.invoke("f", "reply").await.unwrap();
        until("idle", || rig.occupancy("f") == (1, 0, 0)).await;
    }
    assert_eq!(rig.world.restores.load(SeqCst), 1);
    assert_eq!(rig.world.resets.load(SeqCst), 3);
    rig.invoke("f", "bad-reset").await.unwrap();
    until("gone", || rig.instance.live_sandboxes() == 0).await;
    assert_eq!(rig.occupancy("f"), (0, 0, 0));
    assert_eq!(rig.world.live.load(SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_calls_again_at_once_finds_its_sandbox() {
    let rig = Rig::start(|_| {});
    for n in 0..300 {
        let function = format!("f{n}");
        rig.register(&function).await;
        rig.invoke(&function, "reply").await.unwrap();
        for _ in 0..70 {
            let reply = rig.invoke(&function, "reply").await.unwrap();
            assert_eq!(reply.start, StartKind::Warm);
        }
    }
    assert_eq!(rig.world.restores.load(SeqCst), 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_keep_their_code_log_and_times() {
    let rig = Rig::start(|_| {});
    rig.register("f").await;
    let error = rig.invoke("f", "fail").await.unwrap_err();
    assert_eq!(error.code, ErrorCode::HandlerError);
    assert!(error.failure.is_some() && error.times.is_some() && error.request_id.is_some());
    assert_eq!(error.log.unwrap().text(), b"logged");
    assert_eq!(
        rig.invoke("f", "count").await.unwrap().start,
        StartKind::Warm
    );
    let status = rig.instance.describe(&crate::fake::name("f")).unwrap();
    assert_eq!((status.invocations, status.errors), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_costs_one_invocation_and_its_sandbox() {
    let rig = Rig::start(|config| config.guest_threads = 1);
    rig.register("f").await;
    for _ in 0..3 {
        let error = rig.invoke("f", "panic").await.unwrap_err();
        assert_eq!(error.code, ErrorCode::Internal);
        assert!(error.message.contains("the guest panicked"), "{error}");
    }
    assert_eq!(rig.ask("f", "count").await, "1");
    until("one sandbox", || rig.instance.live_sandboxes() == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_functions_and_large_events_are_refused_with_a_reason() {
    let rig = Rig::start(|_| {});
    rig.register_with("f", |fields| fields.input_kb = Some(1))
        .await;
    let error = rig.invoke("g", "reply").await.unwrap_err();
    assert_eq!(error.code, ErrorCode::FunctionNotFound);
    assert!(error.request_id.is_some() && error.hint.is_some());
    let error = rig.invoke("f", &"x".repeat(1025)).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::InputTooLarge);
    assert_eq!(rig.world.restores.load(SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn private_memory_is_measured_at_first_and_then_every_64th_time() {
    let rig = Rig::start(|_| {});
    rig.register("f").await;
    for served in 1..=130_usize {
        rig.invoke("f", "reply").await.unwrap();
        until("idle", || rig.occupancy("f") == (1, 0, 0)).await;
        let expected = 1 + served / 64;
        assert_eq!(rig.world.measurements.load(SeqCst), expected, "{served}");
    }
    let status = rig.instance.describe(&crate::fake::name("f")).unwrap();
    assert_eq!(status.idle_private.0, 1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn computing_guests_do_not_hold_up_short_ones() {
    let rig = Rig::start(|config| config.guest_threads = 1);
    rig.register("busy").await;
    rig.register("short").await;
    let busy: Vec<_> = (0..20).map(|_| rig.begin("busy", "spin:200")).collect();
    until("all compute", || rig.world.spinning.load(SeqCst) == 20).await;
    let mut waits = Vec::new();
    for _ in 0..9 {
        waits.push(rig.invoke("short", "reply").await.unwrap().times.queue);
    }
    waits.sort();
    // A full turn of all twenty takes 20 ms; one tick takes one.
    assert!(waits[4] < Duration::from_millis(10), "{waits:?}");
    for task in busy {
        task.await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_tell_what_happened() {
    let rig = Rig::start(|_| {});
    rig.register("f").await;
    for event in ["reply", "reply", "fail"] {
        let _ = rig.invoke("f", event).await;
        until("idle", || rig.occupancy("f") == (1, 0, 0)).await;
    }
    let _ = rig.invoke("nobody", "reply").await;
    let text = rig.instance.metrics().encode();
    let check = |line: &str| assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    check(r#"hydra_invocations_total{runtime="wasm"} 3"#);
    check(r#"hydra_invocations_total{runtime="javascript"} 0"#);
    check(r#"hydra_errors_total{code="handler_error"} 1"#);
    check(r#"hydra_errors_total{code="function_not_found"} 1"#);
    check(r#"hydra_starts_total{kind="restored"} 1"#);
    check(r#"hydra_starts_total{kind="warm"} 2"#);
    check("hydra_run_seconds_count 3");
    check("hydra_restore_seconds_count 1");
    check(r#"hydra_run_seconds_bucket{le="60.0"} 3"#);
    check("hydra_functions 1");
    check(r#"hydra_sandboxes{state="idle"} 1"#);
    check(r#"hydra_sandboxes{state="running"} 0"#);
    check("hydra_queued 0");
    check("hydra_private_bytes 1000");
    check("hydra_shared_bytes 111");
}
