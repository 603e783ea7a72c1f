//! Stopping without losing what was accepted.

use std::{
    sync::atomic::Ordering::SeqCst,
    time::{Duration, Instant},
};

use hydra_runtime::RegisterError;
use hydra_types::ErrorCode;

use crate::fake::{Rig, name, spec, until};

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_answers_what_was_accepted_and_refuses_what_comes() {
    let rig = Rig::start(|_| {});
    rig.register_with("f", |fields| fields.concurrency = Some(1))
        .await;
    let running = rig.begin("f", "hold");
    until("it runs", || rig.world.holding.load(SeqCst) == 1).await;
    let queued = rig.begin("f", "reply");
    until("it waits", || rig.occupancy("f") == (0, 1, 1)).await;
    assert_eq!(rig.instance.drain(Instant::now()).await.unfinished, 2);
    let error = rig.invoke("f", "reply").await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Draining);
    assert!(error.retry_after.is_some());
    let error = rig.instance.warm_up(&name("f"), 1).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Draining);
    let error = rig.instance.register(spec("g", |_| {}), "g".into()).await;
    assert!(matches!(error, Err(RegisterError::Draining)));
    let draining = rig.clone();
    let draining = tokio::spawn(async move { draining.instance.drain(soon()).await });
    rig.world.release(1);
    running.await.unwrap().unwrap();
    queued.await.unwrap().unwrap();
    assert_eq!(draining.await.unwrap().unfinished, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_that_passes_its_deadline_says_how_many_are_left() {
    let rig = Rig::start(|_| {});
    rig.register("f").await;
    let running = [rig.begin("f", "hold"), rig.begin("f", "hold")];
    until("both run", || rig.world.holding.load(SeqCst) == 2).await;
    let deadline = Instant::now() + Duration::from_millis(20);
    assert_eq!(rig.instance.drain(deadline).await.unfinished, 2);
    rig.world.release(2);
    assert_eq!(rig.instance.drain(soon()).await.unfinished, 0);
    for task in running {
        task.await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_goes_away_takes_its_sandboxes_with_it() {
    let rig = Rig::start(|_| {});
    rig.register("f").await;
    rig.instance.warm_up(&name("f"), 5).await.unwrap();
    let task = rig.begin("f", "hold");
    until("it runs", || rig.world.holding.load(SeqCst) == 1).await;
    let world = rig.world.clone();
    task.abort();
    let _ = task.await;
    drop(rig);
    world.release(1);
    until("all are gone", || world.live.load(SeqCst) == 0).await;
}
