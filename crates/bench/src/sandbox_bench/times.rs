//! How long restoring, resetting and invoking take, on one thread or on several at once.
//!
//! Each operation is measured by itself: all threads start it together at a barrier, so "busy" means every
//! thread does the same thing at the same time.

use std::{sync::Barrier, thread, time::Instant};

use anyhow::{Result, anyhow};
use hydra_sandbox::After;

use super::{Subject, report::Times};
use crate::{block_on::Driver, timings::Timings};

/// Untimed rounds before the timed ones, per thread.
const WARM_UP_ROUNDS: usize = 50;

/// Measures the four operations, `samples` per thread each.
pub(super) fn measure(subject: &Subject<'_>, samples: usize, threads: usize) -> Result<Times> {
    let on_all = |operation: Operation| on_threads(subject, operation, samples, threads);
    Ok(Times {
        restore_us: on_all(restore)?.summary(),
        first_reply_us: on_all(first_reply)?.summary(),
        reset_invoke_us: on_all(reset_invoke)?.summary(),
        warm_invoke_us: if serves_warm(subject)? {
            Some(on_all(warm_invoke)?.summary())
        } else {
            None
        },
    })
}

type Operation = fn(&Subject<'_>, &Driver, usize) -> Result<Timings>;

fn on_threads(
    subject: &Subject<'_>,
    operation: Operation,
    samples: usize,
    threads: usize,
) -> Result<Timings> {
    let start = Barrier::new(threads);
    let measure = || {
        let driver = Driver::new();
        start.wait();
        operation(subject, &driver, WARM_UP_ROUNDS)?;
        operation(subject, &driver, samples)
    };
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(measure)).collect();
        let mut all = Timings::new();
        for thread in running {
            let timings = thread
                .join()
                .map_err(|_| anyhow!("a measuring thread panicked"))??;
            all.merge(&timings);
        }
        Ok(all)
    })
}

/// Making a sandbox; dropping it is outside the clock.
fn restore(subject: &Subject<'_>, _: &Driver, samples: usize) -> Result<Timings> {
    let mut timings = Timings::new();
    for _ in 0..samples {
        let begun = Instant::now();
        let sandbox = subject.restore()?;
        timings.record(begun.elapsed());
        drop(sandbox);
    }
    Ok(timings)
}

/// Making a sandbox, one call, and dropping it.
fn first_reply(subject: &Subject<'_>, driver: &Driver, samples: usize) -> Result<Timings> {
    let mut timings = Timings::new();
    for _ in 0..samples {
        let call = subject.call();
        let begun = Instant::now();
        let mut sandbox = subject.restore()?;
        let outcome = driver.block_on(sandbox.invoke(call));
        drop(sandbox);
        timings.record(begun.elapsed());
        subject.workload.check(outcome)?;
    }
    Ok(timings)
}

/// Resetting a sandbox that has served, and one call.
fn reset_invoke(subject: &Subject<'_>, driver: &Driver, samples: usize) -> Result<Timings> {
    let mut timings = Timings::new();
    let mut sandbox = subject.restore()?;
    subject.invoke(driver, sandbox.as_mut())?;
    for _ in 0..samples {
        let call = subject.call();
        let begun = Instant::now();
        sandbox.reset()?;
        let outcome = driver.block_on(sandbox.invoke(call));
        timings.record(begun.elapsed());
        subject.workload.check(outcome)?;
    }
    Ok(timings)
}

/// One call on a sandbox that has served before, with its state.
fn warm_invoke(subject: &Subject<'_>, driver: &Driver, samples: usize) -> Result<Timings> {
    let mut timings = Timings::new();
    let mut sandbox = subject.restore()?;
    for _ in 0..samples {
        let call = subject.call();
        let begun = Instant::now();
        let outcome = driver.block_on(sandbox.invoke(call));
        timings.record(begun.elapsed());
        subject.workload.check(outcome)?;
    }
    Ok(timings)
}

/// Whether the function's sandboxes keep state between calls; commands do not.
pub(super) fn serves_warm(subject: &Subject<'_>) -> Result<bool> {
    let mut sandbox = subject.restore()?;
    let outcome = Driver::new().block_on(sandbox.invoke(subject.call()));
    let after = outcome.after;
    subject.workload.check(outcome)?;
    Ok(after == After::Reusable)
}
