//! Functions that spin on every core do not keep others waiting.

use std::{
    num::NonZero,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::harness::{client::Client, site::Site, wait};

/// Invocations that spin, per core.
const SPINS_PER_CORE: usize = 4;
const CALLS: usize = 200;
const PATIENCE: Duration = Duration::from_millis(50);

/// Between requests: they meet the spinning at many moments, and not all in its first milliseconds.
const PACE: Duration = Duration::from_millis(7);

/// How long each of `count` requests took, sorted.
fn timings(count: usize, mut request: impl FnMut()) -> Vec<Duration> {
    let mut all: Vec<Duration> = (0..count)
        .map(|_| {
            thread::sleep(PACE);
            let began = Instant::now();
            request();
            began.elapsed()
        })
        .collect();
    all.sort();
    all
}

/// The value that 99 % are not above.
fn p99(sorted: &[Duration]) -> Duration {
    sorted[(sorted.len() * 99).div_ceil(100) - 1]
}

fn check(what: &str, sorted: &[Duration]) {
    let (middle, p99) = (sorted[sorted.len() / 2], p99(sorted));
    eprintln!(
        "{what}: p50 {middle:?}, p99 {p99:?}, most {:?}",
        sorted.last().unwrap()
    );
    assert!(p99 < PATIENCE, "{what}: p99 {p99:?}");
}

#[test]
fn a_short_function_and_the_gauges_answer_while_others_spin_on_every_core() {
    let site = Site::take();
    let server = site.start(&[]);
    let mut client = server.client();
    let spin = b"export const handler = () => { for (;;); }";
    client.register("spin-a", "runtime=javascript&timeout_ms=5000", spin);
    client.register("spin-b", "runtime=javascript&timeout_ms=5000", spin);
    client.register(
        "hello",
        "runtime=javascript",
        b"export const handler = () => 'hello'",
    );
    client.call("hello", "null");

    let spins = thread::available_parallelism().map_or(1, NonZero::get) * SPINS_PER_CORE;
    let over = AtomicBool::new(false);
    let spin_on = |name: &str| {
        let mut client = server.client();
        while !over.load(Ordering::SeqCst) {
            let code = client.invoke(name, "null").code();
            // One that had no turn in 5 s may say so.
            assert!(matches!(&*code, "timeout" | "queue_timeout"), "{code}");
        }
    };
    thread::scope(|scope| {
        for index in 0..spins {
            let name = ["spin-a", "spin-b"][index % 2];
            scope.spawn(move || spin_on(name));
        }
        let spinning = |client: &mut Client| client.running() + client.metric("hydra_queued");
        wait::until("all of them spin or wait", Duration::from_secs(5), || {
            spinning(&mut client) >= u64::try_from(spins).unwrap()
        });
        let hello = timings(CALLS, || assert_eq!(client.call("hello", "null"), "hello"));
        let health = timings(CALLS, || assert_eq!(client.get("/healthz").status, 200));
        let metrics = timings(CALLS, || assert_eq!(client.get("/metrics").status, 200));
        over.store(true, Ordering::SeqCst);
        check("hello", &hello);
        check("healthz", &health);
        check("metrics", &metrics);
    });
    server.stop();
}
