//! What an invocation costs beside its sandbox. Smoke tests: they print figures and fail only when far off.

use std::{
    fs,
    sync::atomic::Ordering::SeqCst,
    time::{Duration, Instant},
};

use crate::fake::{Rig, until};

/// Nanoseconds per invocation, by `clients` that each call `calls` times, one after the other.
async fn measure(rig: &Rig, clients: u32, calls: u32) -> u128 {
    let began = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let rig = rig.clone();
            tokio::spawn(async move {
                for _ in 0..calls {
                    rig.invoke("f", "reply").await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    began.elapsed().as_nanos() / u128::from(clients * calls)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invocation_of_a_sandbox_that_does_nothing_takes_microseconds() {
    let rig = Rig::start(|_| {});
    rig.register("f").await;
    rig.invoke("f", "reply").await.unwrap();
    let one = measure(&rig, 1, 20_000).await;
    let many = measure(&rig, 64, 2_000).await;
    println!("no-op invocation: {one} ns with one client, {many} ns with 64 clients");
    assert!(many < 100_000, "{many} ns");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_thousand_idle_functions_cost_little_memory_each() {
    const FUNCTIONS: u64 = 20_000;
    let rig = Rig::start(|config| config.keep_alive = Duration::from_millis(1));
    let _alone = RESIDENT.lock().await;
    let before = resident_bytes();
    for n in 0..FUNCTIONS {
        rig.register(&format!("function-{n}")).await;
    }
    until("all idle", || {
        rig.world.idled.load(SeqCst) as u64 == FUNCTIONS
    })
    .await;
    let each = resident_bytes().saturating_sub(before) / FUNCTIONS;
    let began = Instant::now();
    let text = rig.instance.metrics().encode();
    let encoding = began.elapsed();
    assert!(text.contains("hydra_functions 20000"));
    println!("registered idle function: {each} bytes each; metrics took {encoding:?}");
    assert!(each < 4096, "{each} bytes");
}

/// Held by tests that look at the memory of the process they share.
pub(crate) static RESIDENT: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Of the whole process; other tests run beside, so the figure is an upper bound.
pub(crate) fn resident_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.unwrap().split_whitespace().nth(1).unwrap();
    kib.parse::<u64>().unwrap() * 1024
}
