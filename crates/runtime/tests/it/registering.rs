//! Registration, replacement, deregistration.

use std::sync::atomic::Ordering::SeqCst;

use hydra_runtime::{Placement, RegisterError};
use hydra_sandbox::Payload;
use hydra_types::{Bytes, ErrorCode};

use crate::{
    fake::{HOLES_BYTES, Rig, name, spec, until},
    throughput::{RESIDENT, resident_bytes},
};

#[tokio::test(flavor = "multi_thread")]
async fn versions_count_up_and_the_newest_serves() {
    let rig = Rig::start(|_| {});
    let first = rig.register("f").await;
    assert_eq!((first.version, first.placement), (1, Placement::New));
    assert_eq!(rig.ask("f", "code").await, "f");
    let second = rig
        .instance
        .register(spec("f", |_| {}), "newer".into())
        .await
        .unwrap();
    assert_eq!((second.version, second.placement), (2, Placement::Replaced));
    assert_eq!(rig.ask("f", "code").await, "newer");
    until("the old sandbox is gone", || {
        rig.world.live.load(SeqCst) == 1
    })
    .await;
    let status = rig.instance.describe(&name("f")).unwrap();
    assert_eq!((status.version, status.invocations), (2, 2));
    assert_eq!(rig.instance.list().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_ends_on_its_own_version() {
    let rig = Rig::start(|_| {});
    rig.register_with("f", |fields| fields.concurrency = Some(1))
        .await;
    let running = rig.begin("f", "hold");
    until("it runs", || rig.world.holding.load(SeqCst) == 1).await;
    let queued = rig.begin("f", "code");
    until("it waits", || rig.occupancy("f") == (0, 1, 1)).await;
    rig.instance
        .register(spec("f", |_| {}), "newer".into())
        .await
        .unwrap();
    assert_eq!(rig.ask("f", "code").await, "newer");
    rig.world.release(1);
    running.await.unwrap().unwrap();
    let reply = queued.await.unwrap().unwrap();
    assert_eq!(reply.payload.bytes().as_ref(), b"f");
    until("the old sandbox is gone", || {
        rig.instance.live_sandboxes() == 1
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deregistering_lets_accepted_invocations_end() {
    let rig = Rig::start(|_| {});
    rig.register_with("f", |fields| fields.concurrency = Some(1))
        .await;
    let running = rig.begin("f", "hold");
    until("it runs", || rig.world.holding.load(SeqCst) == 1).await;
    let queued = rig.begin("f", "count");
    until("it waits", || rig.occupancy("f") == (0, 1, 1)).await;
    rig.instance.deregister(&name("f")).await.unwrap();
    assert!(rig.instance.deregister(&name("f")).await.is_err());
    let error = rig.invoke("f", "reply").await.unwrap_err();
    assert_eq!(error.code, ErrorCode::FunctionNotFound);
    rig.world.release(1);
    running.await.unwrap().unwrap();
    queued.await.unwrap().unwrap();
    until("nothing is left", || rig.instance.live_sandboxes() == 0).await;
    assert_eq!(rig.register("f").await.version, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_registrations_say_why_and_leave_the_name_alone() {
    let rig = Rig::start(|config| config.max_functions = 2);
    rig.register("f").await;
    let check =
        async |runtime: &str, function: &str, code: &str, expected: ErrorCode, text: &str| {
            let spec = spec(function, |fields| fields.runtime = Some(runtime.to_owned()));
            let error = rig.instance.register(spec, code.to_owned().into()).await;
            let error = error.unwrap_err();
            assert_eq!(error.code(), expected, "{error}");
            assert!(error.to_string().contains(text), "{error}");
            assert!(error.hint().is_some());
        };
    check("wasm", "f", "bad", ErrorCode::CodeInvalid, "line 1").await;
    check(
        "wasm",
        "f",
        "panic",
        ErrorCode::Internal,
        "the loader panicked",
    )
    .await;
    check(
        "javascript",
        "f",
        "ok",
        ErrorCode::BadRequest,
        "it has: wasm",
    )
    .await;
    check("wasm", "new", "bad", ErrorCode::CodeInvalid, "line 1").await;
    rig.register("g").await;
    check("wasm", "h", "ok", ErrorCode::Overloaded, "2 functions").await;
    assert_eq!(rig.ask("f", "code").await, "f");
    assert_eq!(rig.instance.describe(&name("f")).unwrap().version, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_registrations_at_once_the_one_that_began_later_wins() {
    let rig = Rig::start(|config| config.max_loads = 2);
    let slow = rig.clone();
    let slow = tokio::spawn(async move {
        let instance = &slow.instance;
        instance.register(spec("f", |_| {}), "slow".into()).await
    });
    until("it loads", || rig.world.loading.load(SeqCst) == 1).await;
    let quick = rig.register("f").await;
    assert_eq!(quick.version, 1);
    rig.world.open_loads();
    let error = slow.await.unwrap().unwrap_err();
    assert!(matches!(error, RegisterError::Superseded { .. }), "{error}");
    assert_eq!(rig.ask("f", "code").await, "f");
    assert_eq!(rig.register("f").await.version, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn loads_are_bounded_and_an_abandoned_one_leaves_no_trace() {
    let rig = Rig::start(|config| config.max_loads = 2);
    let loads: Vec<_> = (0..6)
        .map(|n| {
            let rig = rig.clone();
            tokio::spawn(async move {
                let spec = spec(&format!("f{n}"), |_| {});
                rig.instance.register(spec, "slow".into()).await
            })
        })
        .collect();
    until("two load", || rig.world.loading.load(SeqCst) == 2).await;
    loads[5].abort();
    rig.world.open_loads();
    let mut done = 0;
    for load in loads {
        done += usize::from(load.await.is_ok_and(|registered| registered.is_ok()));
    }
    assert_eq!(done, 5);
    assert_eq!(rig.instance.list().len(), 5);
    assert_eq!(rig.world.loading_most.load(SeqCst), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_replaced_after_it_was_found_is_invoked_as_it_is_now() {
    let rig = Rig::start(|_| {});
    rig.register("f").await;
    let found = rig.instance.find(&name("f")).unwrap();
    assert_eq!(found.input_limit(), Bytes::mib(6));
    let spec = spec("f", |fields| fields.input_kb = Some(1));
    rig.instance.register(spec, "newer".into()).await.unwrap();
    let invoke = |event: Vec<u8>| {
        let event = Payload::Raw(event.into());
        rig.instance.invoke_found(found.clone(), event)
    };
    let reply = invoke(b"code".to_vec()).await.unwrap();
    assert_eq!(reply.payload.bytes().as_ref(), b"newer");
    let error = invoke(vec![b'x'; 1025]).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::InputTooLarge, "the new limit holds");
    rig.instance.deregister(&name("f")).await.unwrap();
    let error = invoke(b"code".to_vec()).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::FunctionNotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_load_gives_its_heap_back() {
    let rig = Rig::start(|_| {});
    let _alone = RESIDENT.lock().await;
    let before = resident_bytes();
    rig.register("heavy").await;
    let grown = resident_bytes().saturating_sub(before);
    // Other tests run beside.
    assert!(grown < HOLES_BYTES as u64 / 2, "{grown} bytes");
}
