//! Makes a sandbox from a function's image, and makes room for it first where an instance-wide bound is in the way.

use std::time::{Duration, Instant};

use hydra_sandbox::SandboxError;
use hydra_types::StartKind;

use crate::{
    InvokeError, caught::caught, executor::yield_once, function::Function, held::Held,
    instance::Inner,
};

/// Sandboxes dropped for one new one before giving up: other threads may take each place first.
const RECLAIMS_MAX: u32 = 1000;

/// How long to wait for sandboxes that are being put in order after their answer, and so will be idle at once.
const SETTLING_WAIT: Duration = Duration::from_millis(5);

/// Makes a sandbox. Blocks for microseconds, longer where others must be dropped first.
///
/// # Errors
///
/// `Overloaded` where there is no room and nothing to drop, `Internal` where the backend failed.
pub(crate) async fn acquire(inner: &Inner, function: &Function) -> Result<Held, InvokeError> {
    let began = Instant::now();
    let mut freed = Freed::Maybe;
    for _ in 0..RECLAIMS_MAX {
        match try_acquire(inner, function) {
            Ok(held) => return Ok(held),
            Err(Obstacle::Failed(error)) => return Err(error),
            Err(Obstacle::Full(error)) if freed == Freed::Nothing => return Err(error),
            Err(Obstacle::Full(_)) => {}
        }
        freed = reclaim(inner, began + SETTLING_WAIT).await;
    }
    Err(InvokeError::no_sandbox(
        "other invocations took every place that was freed",
    ))
}

/// What an attempt to make room came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Freed {
    /// A place may be free now, or was and has been taken.
    Maybe,
    /// There was nothing to drop. What was dropped before is free, so one more attempt is worth its while.
    Nothing,
}

/// Drops a sandbox that nobody uses; waits until `until` at most for one to become such.
async fn reclaim(inner: &Inner, until: Instant) -> Freed {
    loop {
        // Read before: what has settled since is idle by now.
        let settling = inner.ledger.is_settling();
        if inner.janitor.reclaim() {
            return Freed::Maybe;
        }
        if !settling || Instant::now() >= until {
            return Freed::Nothing;
        }
        yield_once().await;
    }
}

enum Obstacle {
    /// Dropping another sandbox may help.
    Full(InvokeError),
    /// Nothing will.
    Failed(InvokeError),
}

fn try_acquire(inner: &Inner, function: &Function) -> Result<Held, Obstacle> {
    let place = inner
        .ledger
        .place(function.private_bytes_estimate())
        .map_err(|bound| Obstacle::Full(InvokeError::no_sandbox(bound.reason())))?;
    let restored = caught(|| function.program.restore());
    match restored {
        Ok(Ok(sandbox)) => {
            let start = if function.end_unloaded() {
                StartKind::Cold
            } else {
                StartKind::Restored
            };
            Ok(Held::new(sandbox, start, Instant::now(), place))
        }
        Ok(Err(full @ SandboxError::Exhausted { .. })) => {
            Err(Obstacle::Full(InvokeError::no_sandbox(&full.to_string())))
        }
        Ok(Err(error @ SandboxError::Image { .. })) => {
            let failed = failed(function, &chain(&error));
            Err(Obstacle::Failed(failed.hint(
                "register the function again, which makes the image anew",
            )))
        }
        Ok(Err(error)) => Err(Obstacle::Failed(failed(function, &chain(&error)))),
        Err(panic) => Err(Obstacle::Failed(failed(
            function,
            &format!("panic: {panic}"),
        ))),
    }
}

fn failed(function: &Function, reason: &str) -> InvokeError {
    let name = function.spec.name.as_str();
    tracing::error!(function = name, reason, "cannot restore a sandbox");
    InvokeError::internal(format!("cannot make a sandbox for {name:?}: {reason}"))
}

/// An error and its sources in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
