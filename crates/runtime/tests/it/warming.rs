//! Warm-up, restore, checkpoint.

use std::sync::atomic::Ordering::SeqCst;

use hydra_types::{ErrorCode, StartKind};

use crate::fake::{Rig, name, until};

#[tokio::test(flavor = "multi_thread")]
async fn warming_up_makes_what_is_missing_and_never_runs_user_code() {
    let rig = Rig::start(|_| {});
    rig.register("f").await;
    rig.invoke("f", "reply").await.unwrap();
    until("idle", || rig.occupancy("f") == (1, 0, 0)).await;
    assert_eq!(rig.instance.warm_up(&name("f"), 20).await.unwrap(), 20);
    assert_eq!(rig.instance.warm_up(&name("f"), 5).await.unwrap(), 20);
    assert_eq!(rig.world.restores.load(SeqCst), 20);
    assert_eq!(rig.world.ended.load(SeqCst), 1);
    let reply = rig.invoke("f", "count").await.unwrap();
    assert_eq!(reply.start, StartKind::Restored);
    assert_eq!(reply.times.restore.as_nanos(), 0, "one was waiting");
}

#[tokio::test(flavor = "multi_thread")]
async fn warming_up_stops_at_the_instances_bounds() {
    let rig = Rig::start(|config| config.max_sandboxes = 10);
    rig.register("f").await;
    assert_eq!(
        rig.instance.warm_up(&name("f"), u32::MAX).await.unwrap(),
        10
    );
    let error = rig.instance.warm_up(&name("g"), 1).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::FunctionNotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn restoring_replaces_the_idle_sandboxes() {
    let rig = Rig::start(|_| {});
    rig.register("f").await;
    rig.invoke("f", "count").await.unwrap();
    until("idle", || rig.occupancy("f") == (1, 0, 0)).await;
    let restored = rig.instance.restore(&name("f"), 3).await.unwrap();
    assert_eq!(restored.count, 3);
    assert_eq!(rig.occupancy("f"), (3, 0, 0));
    assert_eq!(rig.world.live.load(SeqCst), 3);
    assert_eq!(rig.ask("f", "count").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_becomes_the_image_of_the_next_version() {
    let rig = Rig::start(|_| {});
    rig.register("f").await;
    for _ in 0..3 {
        rig.invoke("f", "count").await.unwrap();
        until("idle", || rig.occupancy("f") == (1, 0, 0)).await;
    }
    rig.instance.warm_up(&name("f"), 4).await.unwrap();
    let saved = rig.instance.checkpoint(&name("f")).await.unwrap();
    assert_eq!(saved.version, 2);
    until("old ones are gone", || rig.instance.live_sandboxes() == 0).await;
    let reply = rig.invoke("f", "count").await.unwrap();
    assert_eq!(reply.start, StartKind::Restored);
    assert_eq!(reply.payload.bytes().as_ref(), b"4");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_needs_a_sandbox_that_has_served_and_can_be_saved() {
    let rig = Rig::start(|_| {});
    rig.register("stateful").await;
    let stateful = name("stateful");
    rig.instance.warm_up(&stateful, 1).await.unwrap();
    let error = rig.instance.checkpoint(&stateful).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Conflict);
    assert!(error.hint.is_some());
    rig.invoke("stateful", "count").await.unwrap();
    until("idle", || rig.occupancy("stateful") == (1, 0, 0)).await;
    let error = rig.instance.checkpoint(&stateful).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Conflict);
    assert!(error.message.contains("told so"), "{error}");
    assert_eq!(
        rig.ask("stateful", "count").await,
        "2",
        "it is back in its place"
    );
    assert_eq!(rig.instance.describe(&stateful).unwrap().version, 1);
}
