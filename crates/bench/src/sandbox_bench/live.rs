//! Memory of sandboxes that are held, and the times of making them on slots never used before.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow};
use hydra_sandbox::Sandbox;

use super::{
    CALLS_BEFORE_LATE_MEMORY, Subject,
    report::{LateMemory, LiveMemory},
    times,
};
use crate::{
    block_on::Driver,
    memory::{Pss, mappings_of_self, page_tables_kib_of_self},
    timings::Timings,
};

/// Times on slots that nothing has lived in.
pub(super) struct BlankTimes {
    pub(super) restore: Timings,
    /// Restore and first call; dropping excluded.
    pub(super) first_reply: Timings,
}

/// Bound on the calls of the late sample; sandboxes not reached by then are not in it.
const LATE_BUDGET: Duration = Duration::from_secs(60);

/// Makes `count` sandboxes, lets each serve once, and weighs them.
pub(super) fn measure(hello: &Subject<'_>, count: usize) -> Result<(LiveMemory, BlankTimes)> {
    let driver = Driver::new();
    let mut blank = BlankTimes {
        restore: Timings::new(),
        first_reply: Timings::new(),
    };
    let mut restored = Vec::with_capacity(count);
    let (before, tables_before) = (Pss::of_self()?, page_tables_kib_of_self()?);
    for _ in 0..count {
        let begun = Instant::now();
        let sandbox = hello.restore()?;
        let took = begun.elapsed();
        blank.restore.record(took);
        restored.push((sandbox, took));
    }
    for (sandbox, restore) in &mut restored {
        let call = hello.call();
        let begun = Instant::now();
        let outcome = driver.block_on(sandbox.invoke(call));
        blank.first_reply.record(*restore + begun.elapsed());
        hello.workload.check(outcome)?;
    }
    let (after, tables_after) = (Pss::of_self()?, page_tables_kib_of_self()?);
    let memory = LiveMemory {
        live: count,
        private_kib_per_sandbox: growth_each(after.total_kib, before.total_kib, count),
        page_tables_kib_per_sandbox: growth_each(tables_after, tables_before, count),
        private_memory_kib: mean_private_kib(restored.iter().map(|(sandbox, _)| sandbox)),
        mappings: mappings_of_self()?,
    };
    Ok((memory, blank))
}

/// Lets a sample of sandboxes of both functions serve 1,000 calls each, and weighs them again.
pub(super) fn measure_late(
    hello: &Subject<'_>,
    allocating: &Subject<'_>,
    count: usize,
    threads: usize,
) -> Result<LateMemory> {
    let hello_kib = late_private_kib(hello, count, threads)?.1;
    let mut fresh = allocating.restore()?;
    allocating.invoke(&Driver::new(), fresh.as_mut())?;
    let first_kib = mean_private_kib([&fresh]);
    drop(fresh);
    let (sandboxes, allocating_kib) = late_private_kib(allocating, count, threads)?;
    Ok(LateMemory {
        sandboxes,
        private_kib_after_1000: allocating_kib,
        private_kib_after_1_of_it: first_kib,
        private_kib_after_1000_hello: hello_kib,
    })
}

/// How many sandboxes were measured, and their mean private KiB after 1,000 calls each.
fn late_private_kib(subject: &Subject<'_>, count: usize, threads: usize) -> Result<(usize, f64)> {
    let until = Instant::now() + LATE_BUDGET;
    let is_warm = times::serves_warm(subject)?;
    let share = count.div_ceil(threads);
    let work = || {
        let mut aged = Vec::with_capacity(share);
        for _ in 0..share {
            aged.push(aged_sandbox(subject, is_warm)?);
            if Instant::now() > until {
                break;
            }
        }
        anyhow::Ok(aged)
    };
    let aged = thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut all = Vec::with_capacity(count);
        for thread in running {
            all.extend(
                thread
                    .join()
                    .map_err(|_| anyhow!("a measuring thread panicked"))??,
            );
        }
        anyhow::Ok(all)
    })?;
    Ok((aged.len(), mean_private_kib(&aged)))
}

/// A sandbox that has served 1,000 calls; one that keeps no state is reset between them.
fn aged_sandbox(subject: &Subject<'_>, is_warm: bool) -> Result<Box<dyn Sandbox>> {
    let driver = Driver::new();
    let mut sandbox = subject.restore()?;
    for call in 0..CALLS_BEFORE_LATE_MEMORY {
        if call > 0 && !is_warm {
            sandbox.reset()?;
        }
        subject.invoke(&driver, sandbox.as_mut())?;
    }
    Ok(sandbox)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "memory sizes stay far below 2^53"
)]
fn mean_private_kib<'a>(sandboxes: impl IntoIterator<Item = &'a Box<dyn Sandbox>>) -> f64 {
    let sizes: Vec<u64> = sandboxes
        .into_iter()
        .map(|sandbox| sandbox.private_memory().0)
        .collect();
    if sizes.is_empty() {
        return 0.0;
    }
    sizes.iter().sum::<u64>() as f64 / 1024.0 / sizes.len() as f64
}

/// Growth per piece, KiB. Negative where it shrank, which says that `count` is too small to tell.
#[expect(
    clippy::cast_precision_loss,
    reason = "memory sizes stay far below 2^53"
)]
pub(crate) fn growth_each(after_kib: u64, before_kib: u64, count: usize) -> f64 {
    (after_kib as f64 - before_kib as f64) / count.max(1) as f64
}
