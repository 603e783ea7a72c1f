//! Sandboxes that ignore their deadline: their clients are answered all the same.

use std::time::{Duration, Instant};

use hydra_types::ErrorCode;

use crate::fake::{Rig, until};

/// Within this after its deadline every invocation must be answered; generous, for busy machines.
const PATIENCE: Duration = Duration::from_secs(8);

async fn start(timeout_ms: u64) -> Rig {
    let rig = Rig::start(|_| {});
    rig.register_with("f", |fields| fields.timeout_ms = Some(timeout_ms))
        .await;
    rig
}

async fn check_timeout(rig: &Rig, event: &str) {
    let answer = tokio::time::timeout(PATIENCE, rig.invoke("f", event)).await;
    let error = answer.expect("answered").unwrap_err();
    assert_eq!(error.code, ErrorCode::Timeout);
    assert!(error.message.contains("20 ms"), "{error}");
    assert!(error.request_id.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_that_never_ends_is_answered_for_and_written_off_when_it_does() {
    let rig = start(20).await;
    check_timeout(&rig, "hold").await;
    assert_eq!(rig.occupancy("f"), (0, 1, 0), "it still holds its slot");
    // The function is watched again after that.
    check_timeout(&rig, "hold").await;
    assert_eq!(rig.occupancy("f"), (0, 2, 0));
    assert_eq!(rig.ask("f", "reply").await, "reply");
    rig.world.release(2);
    until("all have ended", || rig.occupancy("f").1 == 0).await;
    assert_eq!(rig.ask("f", "reply").await, "reply");
    let drained = rig.instance.drain(Instant::now() + PATIENCE).await;
    assert_eq!(drained.unfinished, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_drains_while_a_sandbox_never_ends() {
    let rig = start(20).await;
    let answer = rig.begin("f", "hold");
    until("it runs", || rig.occupancy("f").1 == 1).await;
    let drained = rig.instance.drain(Instant::now() + PATIENCE).await;
    assert_eq!(drained.unfinished, 0);
    assert_eq!(answer.await.unwrap().unwrap_err().code, ErrorCode::Timeout);
    rig.world.release(1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_behind_blocked_guest_threads_is_answered() {
    let rig = start(20).await;
    let answers: Vec<_> = (0..4).map(|_| rig.begin("f", "block")).collect();
    for answer in answers {
        let answer = tokio::time::timeout(PATIENCE, answer).await;
        let error = answer.expect("answered").unwrap().unwrap_err();
        assert_eq!(error.code, ErrorCode::Timeout);
    }
    rig.world.open_loads();
    until("all have ended", || rig.occupancy("f").1 == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_that_keeps_its_deadline_answers_for_itself() {
    let rig = start(20).await;
    let error = rig.invoke("f", "sleep:60000").await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Timeout);
    assert!(error.times.is_some(), "from the sandbox");
}
