//! The one thread that advances the engine's epoch while guests run.
//!
//! A guest looks at the epoch in every loop and function; a change makes it ask whether it may go on. The thread
//! sleeps while nothing runs. Waking it costs a few microseconds, so it stays awake for a while after the last
//! call: a steady stream of short calls never pays.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread::{self, Thread},
    time::Duration,
};

use wasmtime::{Engine, EngineWeak};

/// How often running guests are interrupted.
pub(crate) const TICK: Duration = Duration::from_millis(1);

/// Ticks without a call before the thread sleeps.
const LINGER_TICKS: u32 = 100;

pub(crate) struct Ticker {
    thread: Thread,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    running: AtomicUsize,
    /// Calls begun, ever; tells a quiet time from one of short calls.
    begun: AtomicU64,
    asleep: AtomicBool,
    stopping: AtomicBool,
}

impl Ticker {
    pub(crate) fn start(engine: &Engine) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (engine, for_thread) = (engine.weak(), Arc::clone(&shared));
        let thread = thread::Builder::new()
            .name("hydra-ticker".to_owned())
            .spawn(move || tick(&engine, &for_thread))?;
        Ok(Self {
            thread: thread.thread().clone(),
            shared,
        })
    }

    /// Keeps the epoch advancing until the guard is dropped.
    pub(crate) fn running(&self) -> Running<'_> {
        self.shared.running.fetch_add(1, Ordering::SeqCst);
        self.shared.begun.fetch_add(1, Ordering::Relaxed);
        if self.shared.asleep.load(Ordering::SeqCst) {
            self.thread.unpark();
        }
        Running {
            shared: &self.shared,
        }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        self.thread.unpark();
    }
}

pub(crate) struct Running<'a> {
    shared: &'a Shared,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.shared.running.fetch_sub(1, Ordering::SeqCst);
    }
}

fn tick(engine: &EngineWeak, shared: &Shared) {
    let (mut quiet_ticks, mut seen) = (0, 0);
    loop {
        let Some(engine) = engine
            .upgrade()
            .filter(|_| !shared.stopping.load(Ordering::SeqCst))
        else {
            return;
        };
        engine.increment_epoch();
        drop(engine);
        let begun = shared.begun.load(Ordering::Relaxed);
        let quiet = shared.running.load(Ordering::SeqCst) == 0 && begun == seen;
        seen = begun;
        quiet_ticks = if quiet { quiet_ticks + 1 } else { 0 };
        if quiet_ticks < LINGER_TICKS {
            thread::sleep(TICK);
            continue;
        }
        shared.asleep.store(true, Ordering::SeqCst);
        // A call that began before the store did not see it; look once more before sleeping.
        if shared.running.load(Ordering::SeqCst) == 0 {
            thread::park();
        }
        shared.asleep.store(false, Ordering::SeqCst);
        quiet_ticks = 0;
    }
}
