//! The executor alone: fairness, panics, parking.

use std::{
    future::{Future, poll_fn},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    task::Poll,
    thread,
    time::{Duration, Instant},
};

use super::Executor;

/// A tick of a guest that computes.
const TICK: Duration = Duration::from_millis(1);

fn compute(span: Duration) {
    let end = Instant::now() + span;
    while Instant::now() < end {
        std::hint::spin_loop();
    }
}

/// Computes a tick at a time until `stop`; counts its ticks.
fn computing(
    stop: Arc<AtomicBool>,
    ticks: Arc<AtomicU64>,
) -> impl Future<Output = ()> + Send + 'static {
    poll_fn(move |cx| {
        if stop.load(SeqCst) {
            return Poll::Ready(());
        }
        compute(TICK);
        ticks.fetch_add(1, SeqCst);
        cx.waker().wake_by_ref();
        Poll::Pending
    })
}

/// Runs a task that does nothing, to its end.
fn round_trip(executor: &Executor) {
    let (done, ended) = mpsc::channel();
    executor.spawn(async move {
        let _ = done.send(());
    });
    ended.recv_timeout(Duration::from_secs(10)).unwrap();
}

#[test]
fn tasks_that_compute_delay_a_fresh_one_by_a_tick() {
    let executor = Arc::new(Executor::start(1).unwrap());
    let stop = Arc::new(AtomicBool::new(false));
    let ticks = Arc::new(AtomicU64::new(0));
    for _ in 0..50 {
        executor.spawn(computing(Arc::clone(&stop), Arc::clone(&ticks)));
    }
    // Past the first poll of each, which is fresh.
    while ticks.load(SeqCst) < 50 {
        thread::yield_now();
    }
    for _ in 0..20 {
        let passed = ticks_until_a_fresh_task_runs(&executor, &ticks);
        assert!(passed <= 1, "{passed} ticks passed before a fresh task ran");
    }
    stop.store(true, SeqCst);
}

/// Spawned from a guest thread, so that how the test's own thread is scheduled does not count.
fn ticks_until_a_fresh_task_runs(executor: &Arc<Executor>, ticks: &Arc<AtomicU64>) -> u64 {
    let (done, ended) = mpsc::channel();
    let (again, ticks) = (Arc::clone(executor), Arc::clone(ticks));
    executor.spawn(async move {
        let before = ticks.load(SeqCst);
        again.spawn(async move {
            let _ = done.send(ticks.load(SeqCst) - before);
        });
    });
    ended.recv_timeout(Duration::from_secs(10)).unwrap()
}

#[test]
fn a_flood_of_fresh_tasks_and_those_that_compute_share_the_core() {
    let executor = Arc::new(Executor::start(1).unwrap());
    let stop = Arc::new(AtomicBool::new(false));
    let ticks = Arc::new(AtomicU64::new(0));
    executor.spawn(computing(Arc::clone(&stop), Arc::clone(&ticks)));
    let fresh = Arc::new(AtomicUsize::new(0));
    // Each fresh task leaves two behind until there are a thousand, and one from then on: there is always one.
    flood(Arc::clone(&executor), Arc::clone(&stop), Arc::clone(&fresh));
    while ticks.load(SeqCst) < 20 {
        thread::yield_now();
    }
    let (fresh, ticks) = (fresh.load(SeqCst) as u64, ticks.load(SeqCst));
    stop.store(true, SeqCst);
    // Each takes a few microseconds at most, and between two ticks there is a millisecond of them.
    assert!(fresh >= 40 * ticks, "{fresh} fresh tasks in {ticks} ticks");
}

fn flood(executor: Arc<Executor>, stop: Arc<AtomicBool>, count: Arc<AtomicUsize>) {
    let again = Arc::clone(&executor);
    executor.spawn(async move {
        if stop.load(SeqCst) {
            return;
        }
        if count.fetch_add(1, SeqCst) < 1000 {
            flood(Arc::clone(&again), Arc::clone(&stop), Arc::clone(&count));
        }
        flood(again, stop, count);
    });
}

#[test]
fn a_panic_ends_a_task_and_no_thread() {
    let executor = Executor::start(1).unwrap();
    for _ in 0..3 {
        executor.spawn(async { panic!("a task panicked on purpose") });
        round_trip(&executor);
    }
}

#[test]
fn every_task_runs_whoever_pushes_it() {
    const PUSHERS: usize = 4;
    const TASKS: usize = 20_000;
    let executor = Arc::new(Executor::start(2).unwrap());
    let (done, ended) = mpsc::channel();
    let pushers: Vec<_> = (0..PUSHERS)
        .map(|_| {
            let (executor, done) = (Arc::clone(&executor), done.clone());
            thread::spawn(move || {
                for _ in 0..TASKS {
                    let done = done.clone();
                    executor.spawn(async move { done.send(()).unwrap() });
                }
            })
        })
        .collect();
    for _ in 0..PUSHERS * TASKS {
        ended.recv_timeout(Duration::from_secs(10)).unwrap();
    }
    for pusher in pushers {
        pusher.join().unwrap();
    }
}

#[test]
fn a_parked_executor_wakes_up_each_time() {
    let executor = Executor::start(2).unwrap();
    let parked = || super::lock(&executor.0.queue).parked == 2;
    for _ in 0..1000 {
        while !parked() {
            thread::yield_now();
        }
        round_trip(&executor);
    }
}
