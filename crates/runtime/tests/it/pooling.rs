//! Idle sandboxes: keep-alive, instance-wide bounds, and what is dropped to make room.

use std::{sync::atomic::Ordering::SeqCst, time::Duration};

use hydra_types::{Bytes, ErrorCode, StartKind};

use crate::fake::{Rig, name, until};

#[tokio::test(flavor = "multi_thread")]
async fn idle_sandboxes_go_after_the_keep_alive_and_then_the_program_idles() {
    let rig = Rig::start(|config| config.keep_alive = Duration::from_millis(50));
    rig.register("f").await;
    let running = [rig.begin("f", "hold"), rig.begin("f", "hold")];
    until("both run", || rig.world.holding.load(SeqCst) == 2).await;
    rig.world.release(2);
    for task in running {
        task.await.unwrap().unwrap();
    }
    until("both are gone", || rig.instance.live_sandboxes() == 0).await;
    assert_eq!(rig.world.live.load(SeqCst), 0);
    until("the program idles", || rig.world.idled.load(SeqCst) == 1).await;
    let reply = rig.invoke("f", "reply").await.unwrap();
    assert_eq!(reply.start, StartKind::Cold);
    until("it idles again", || rig.world.idled.load(SeqCst) == 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sandboxes_that_wait_are_put_to_rest_once_and_serve_again() {
    let rig = Rig::start(|config| config.keep_alive = Duration::from_secs(60));
    rig.register("f").await;
    rig.instance.warm_up(&name("f"), 9).await.unwrap();
    until("all rest", || rig.world.rested.load(SeqCst) == 9).await;
    let reply = rig.invoke("f", "count").await.unwrap();
    assert_eq!(reply.start, StartKind::Restored);
    until("the one that served rests again", || {
        rig.world.rested.load(SeqCst) == 10
    })
    .await;
    assert_eq!(rig.instance.live_sandboxes(), 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_while_resting_harms_nobody() {
    let rig = Rig::start(|config| config.keep_alive = Duration::from_secs(60));
    rig.register("restless").await;
    rig.invoke("restless", "count").await.unwrap();
    until("it was put to rest", || rig.world.rested.load(SeqCst) == 1).await;
    let reply = rig.invoke("restless", "count").await.unwrap();
    assert_eq!(reply.start, StartKind::Warm);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_is_never_invoked_idles_once() {
    let rig = Rig::start(|config| config.keep_alive = Duration::from_millis(20));
    for n in 0..10 {
        rig.register(&format!("f{n}")).await;
    }
    until("all idle", || rig.world.idled.load(SeqCst) == 10).await;
    rig.invoke("f3", "spent").await.unwrap();
    until("one idles again", || rig.world.idled.load(SeqCst) == 11).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_in_use_stays_whatever_the_keep_alive() {
    let rig = Rig::start(|config| config.keep_alive = Duration::from_millis(30));
    rig.register("f").await;
    for expected in 1..40 {
        let reply = rig.invoke("f", "sleep:5").await.unwrap();
        assert_eq!(reply.start == StartKind::Warm, expected > 1);
        until("idle", || rig.occupancy("f").1 == 0).await;
    }
    assert_eq!(rig.world.idled.load(SeqCst), 0);
}

/// Functions a, b, c served in this order, a again; then d needs room: b, the oldest, has to go.
async fn check_that_the_oldest_goes(rig: Rig) {
    for function in ["a", "b", "c", "d"] {
        rig.register(function).await;
    }
    for function in ["a", "b", "c", "a", "d"] {
        rig.invoke(function, "reply").await.unwrap();
        until("idle", || rig.occupancy(function) == (1, 0, 0)).await;
    }
    let idle: Vec<_> = ["a", "b", "c", "d"].map(|f| rig.occupancy(f).0).into();
    assert_eq!(idle, [1, 0, 1, 1]);
    assert_eq!(rig.instance.live_sandboxes(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_idle_sandbox_makes_room_for_a_new_one() {
    check_that_the_oldest_goes(Rig::start(|config| config.max_sandboxes = 3)).await;
    let rig = Rig::start(|_| {});
    rig.world.slots.store(3, SeqCst);
    check_that_the_oldest_goes(rig).await;
    // Each is measured at 1 MiB after its first invocation, and guessed at 128 KiB before.
    let rig = Rig::start(|config| config.memory_budget = Bytes(3 * (1 << 20) + (64 << 10)));
    rig.world.private_bytes.store(1 << 20, SeqCst);
    check_that_the_oldest_goes(rig).await;
}

/// With one sandbox busy, another function's invocation finds no room.
async fn check_that_nothing_idle_is_overload(rig: Rig) {
    rig.register("a").await;
    rig.register("b").await;
    let running = rig.begin("a", "hold");
    until("it runs", || rig.world.holding.load(SeqCst) == 1).await;
    let error = rig.invoke("b", "reply").await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Overloaded);
    assert!(error.retry_after.is_some());
    rig.world.release(1);
    running.await.unwrap().unwrap();
    rig.invoke("b", "reply").await.unwrap();
    assert_eq!(rig.instance.live_sandboxes(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_idle_no_room_means_overloaded() {
    check_that_nothing_idle_is_overload(Rig::start(|config| config.max_sandboxes = 1)).await;
    check_that_nothing_idle_is_overload(Rig::start(|config| config.memory_budget = Bytes(1000)))
        .await;
    let rig = Rig::start(|_| {});
    rig.world.slots.store(1, SeqCst);
    check_that_nothing_idle_is_overload(rig).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sandboxes_that_grow_past_the_budget_are_dropped_in_the_background() {
    let rig = Rig::start(|config| config.memory_budget = Bytes::mib(4));
    rig.register("f").await;
    assert_eq!(rig.instance.warm_up(&name("f"), 8).await.unwrap(), 8);
    rig.world.private_bytes.store(Bytes::mib(5).0, SeqCst);
    rig.invoke("f", "reply").await.unwrap();
    until("all idle ones went", || rig.instance.live_sandboxes() == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spent_sandboxes_free_their_place_for_the_next_call_at_once() {
    let rig = Rig::start(|config| config.max_sandboxes = 1);
    rig.register("f").await;
    for _ in 0..2000 {
        rig.invoke("f", "spent").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_functions_share_few_places() {
    let rig = Rig::start(|config| config.max_sandboxes = 4);
    for n in 0..20 {
        rig.register(&format!("f{n}")).await;
    }
    for n in 0..400 {
        rig.invoke(&format!("f{}", n % 20), "reply").await.unwrap();
        assert!(rig.world.live.load(SeqCst) <= 4);
    }
}
