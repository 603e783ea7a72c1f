//! Concurrency, queues, deadlines, and clients that go away.

use std::{
    sync::atomic::Ordering::SeqCst,
    time::{Duration, Instant},
};

use hydra_types::{ErrorCode, Reuse};

use crate::fake::{Rig, until};

#[tokio::test(flavor = "multi_thread")]
async fn past_concurrency_invocations_wait_and_past_the_queue_they_are_refused() {
    let rig = Rig::start(|_| {});
    rig.register_with("f", |fields| {
        fields.concurrency = Some(2);
        fields.queue = Some(3);
    })
    .await;
    let mut accepted: Vec<_> = (0..2).map(|_| rig.begin("f", "hold")).collect();
    until("two run", || rig.world.holding.load(SeqCst) == 2).await;
    accepted.extend((0..3).map(|_| rig.begin("f", "hold")));
    until("three wait", || rig.occupancy("f") == (0, 2, 3)).await;
    let error = rig.invoke("f", "hold").await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Overloaded);
    assert!(error.retry_after.unwrap() >= Duration::from_secs(1));
    rig.world.release(5);
    for task in accepted {
        task.await.unwrap().unwrap();
    }
    until("all idle", || rig.occupancy("f") == (2, 0, 0)).await;
    assert_eq!(
        rig.world.restores.load(SeqCst),
        2,
        "sandboxes were handed on"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invocation_that_waits_until_its_deadline_never_runs() {
    let rig = Rig::start(|_| {});
    rig.register_with("f", |fields| {
        fields.concurrency = Some(1);
        fields.timeout_ms = Some(50);
    })
    .await;
    let running = rig.begin("f", "hold");
    until("one runs", || rig.world.holding.load(SeqCst) == 1).await;
    let began = Instant::now();
    let error = rig.invoke("f", "count").await.unwrap_err();
    assert_eq!(error.code, ErrorCode::QueueTimeout);
    assert!(began.elapsed() >= Duration::from_millis(50));
    assert_eq!(rig.occupancy("f"), (0, 1, 0));
    rig.world.release(1);
    running.await.unwrap().unwrap();
    assert_eq!(rig.ask("f", "count").await, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_queued_invocations_time_out_together() {
    let rig = Rig::start(|_| {});
    rig.register_with("f", |fields| {
        fields.concurrency = Some(1);
        fields.timeout_ms = Some(100);
    })
    .await;
    let running = rig.begin("f", "hold");
    until("one runs", || rig.world.holding.load(SeqCst) == 1).await;
    let waiting: Vec<_> = (0..500).map(|_| rig.begin("f", "reply")).collect();
    for task in waiting {
        let error = task.await.unwrap().unwrap_err();
        assert_eq!(error.code, ErrorCode::QueueTimeout);
    }
    rig.world.release(1);
    running.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_the_queue_makes_room_and_is_not_served() {
    let rig = Rig::start(|_| {});
    rig.register_with("f", |fields| {
        fields.concurrency = Some(1);
        fields.queue = Some(2);
    })
    .await;
    let running = rig.begin("f", "hold");
    until("one runs", || rig.world.holding.load(SeqCst) == 1).await;
    let leaving: Vec<_> = (0..2).map(|_| rig.begin("f", "reply")).collect();
    until("the queue is full", || rig.occupancy("f") == (0, 1, 2)).await;
    for task in leaving {
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
    }
    let staying = rig.begin("f", "reply");
    until("the queue was swept", || rig.occupancy("f") == (0, 1, 1)).await;
    rig.world.release(1);
    running.await.unwrap().unwrap();
    staying.await.unwrap().unwrap();
    assert_eq!(rig.world.ended.load(SeqCst), 2, "those that left never ran");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_invocation_outlives_its_client() {
    let rig = Rig::start(|_| {});
    rig.register("f").await;
    let task = rig.begin("f", "hold");
    until("it runs", || rig.world.holding.load(SeqCst) == 1).await;
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert_eq!(rig.occupancy("f"), (0, 1, 0));
    rig.world.release(1);
    until("its sandbox is idle", || rig.occupancy("f") == (1, 0, 0)).await;
    assert_eq!(rig.ask("f", "count").await, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_calls_again_at_once_is_not_refused_while_its_sandbox_is_reset() {
    let rig = Rig::start(|_| {});
    rig.register_with("f", |fields| {
        fields.concurrency = Some(1);
        fields.queue = Some(0);
        fields.reuse = Some(Reuse::Fresh);
    })
    .await;
    for _ in 0..2000 {
        rig.invoke("f", "reply").await.unwrap();
    }
    assert_eq!(rig.world.restores.load(SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_instance_bounds_what_it_has_not_answered() {
    let rig = Rig::start(|config| config.max_pending = 3);
    rig.register("f").await;
    rig.register("g").await;
    let accepted: Vec<_> = ["f", "g", "f"].map(|f| rig.begin(f, "hold")).into();
    until("three run", || rig.world.holding.load(SeqCst) == 3).await;
    let error = rig.invoke("g", "reply").await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Overloaded);
    rig.world.release(3);
    for task in accepted {
        task.await.unwrap().unwrap();
    }
    rig.invoke("g", "reply").await.unwrap();
}
