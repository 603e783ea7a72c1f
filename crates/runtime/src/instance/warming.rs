//! What is done to a function's sandboxes from outside: warm up, restore, checkpoint.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use hydra_sandbox::{Program, SandboxError};
use hydra_types::{ErrorCode, FunctionName};
use tokio::sync::oneshot;

use super::{Inner, Instance, registering::function};
use crate::{
    InvokeError, Registered, Restored,
    acquire::{acquire, chain},
    caught::caught,
    executor::yield_once,
    function::Function,
    held::Held,
    janitor::drop_caught,
};

/// Sandboxes made before other tasks get a turn.
const MADE_AT_ONCE: u32 = 8;

/// How often sandboxes that went to make room for others are made again.
const ROUNDS_MAX: usize = 64;

/// Longest wait for sandboxes that are just being put to rest.
const RESTING_WAIT: Duration = Duration::from_millis(50);

impl Instance {
    /// Makes sandboxes until `count` are idle; returns how many are. Fewer where the instance has no room for more.
    ///
    /// # Errors
    ///
    /// `FunctionNotFound`, `Draining`, or why not one is idle.
    pub async fn warm_up(&self, name: &FunctionName, count: u32) -> Result<u32, InvokeError> {
        let function = self.find_for_work(name)?;
        let inner = Arc::clone(&self.0);
        self.on_guest_thread(async move {
            // Room for a sandbox is made by dropping the instance's oldest, which may be one of these: count again.
            let until = Instant::now() + RESTING_WAIT;
            let mut made = Ok(0);
            let mut rounds = 0;
            loop {
                let missing = count.saturating_sub(idle_count(&function));
                if missing == 0 {
                    break;
                }
                made = make_idle(&inner, &function, missing).await;
                rounds += 1;
                match made {
                    Ok(1..) if rounds < ROUNDS_MAX => {}
                    // One that could make room may be in the janitor's hands for a moment.
                    _ if Instant::now() < until => yield_once().await,
                    _ => break,
                }
            }
            match idle_count(&function) {
                0 => made.map(|_| 0),
                idle => Ok(idle),
            }
        })
        .await
    }

    /// Drops the function's idle sandboxes and makes `count` from its present image. Fewer where the instance has
    /// no room for more.
    ///
    /// # Errors
    ///
    /// `FunctionNotFound`, `Draining`, or why not one could be made.
    pub async fn restore(&self, name: &FunctionName, count: u32) -> Result<Restored, InvokeError> {
        let function = self.find_for_work(name)?;
        let inner = Arc::clone(&self.0);
        self.on_guest_thread(async move {
            function.take_idle().into_iter().for_each(drop_caught);
            let began = Instant::now();
            let count = make_idle(&inner, &function, count).await?;
            let time = began.elapsed();
            Ok(Restored { count, time })
        })
        .await
    }

    /// Saves the state of the youngest idle sandbox that has served as the function's image: its next version.
    /// Idle sandboxes of the old image are dropped, that one included.
    ///
    /// # Errors
    ///
    /// `FunctionNotFound`, `Draining`; `Conflict` where no idle sandbox has served, where its state cannot be saved
    /// or where the function was replaced meanwhile; `Internal` where saving failed.
    pub async fn checkpoint(&self, name: &FunctionName) -> Result<Registered, InvokeError> {
        let old = self.find_for_work(name)?;
        let permit = Arc::clone(&self.0.loads).acquire_owned().await.ok();
        let held = old.take_warm().ok_or_else(|| no_warm_sandbox(name))?;
        let inner = Arc::clone(&self.0);
        let saving_function = Arc::clone(&old);
        let saving = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            save(&inner, &saving_function, held)
        });
        let saved = saving.await.map_err(|lost| {
            InvokeError::internal(format!("the checkpoint of {name} was lost: {lost}"))
        })?;
        let (program, time) = saved?;
        let installed = self
            .0
            .table
            .succeed(&old, |standing| {
                function(old.spec.clone(), program, standing)
            })
            .ok_or_else(|| replaced_meanwhile(name))?;
        Ok(self.0.installed(installed, time))
    }

    fn find_for_work(&self, name: &FunctionName) -> Result<Arc<Function>, InvokeError> {
        if self.0.admission.is_draining() {
            return Err(InvokeError::draining());
        }
        self.look_up(name)
    }

    /// Runs `work` among the guests, where blocking for microseconds is allowed, and waits for it.
    async fn on_guest_thread<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, InvokeError>> + Send + 'static,
    ) -> Result<T, InvokeError> {
        let (sender, receiver) = oneshot::channel();
        self.0.executor.spawn(async move {
            let _ = sender.send(work.await);
        });
        let lost = |_| {
            Err(InvokeError::internal(
                "the operation ended without a result",
            ))
        };
        receiver.await.unwrap_or_else(lost)
    }
}

/// Makes up to `count` idle sandboxes; returns how many.
async fn make_idle(
    inner: &Inner,
    function: &Arc<Function>,
    count: u32,
) -> Result<u32, InvokeError> {
    let most = u32::try_from(inner.config.max_sandboxes).unwrap_or(u32::MAX);
    let mut made = 0;
    while made < count.min(most) {
        match make_one_idle(inner, function).await {
            Ok(()) => made += 1,
            Err(error) if made == 0 => return Err(error),
            Err(_) => break,
        }
        if made.is_multiple_of(MADE_AT_ONCE) {
            yield_once().await;
        }
    }
    Ok(made)
}

async fn make_one_idle(inner: &Inner, function: &Arc<Function>) -> Result<(), InvokeError> {
    let mut held = acquire(inner, function).await?;
    // Charged with what it has, not with the estimate, which is that of sandboxes that have served.
    if let Err(panic) = caught(|| held.measure()) {
        inner.janitor.bury([held]);
        return Err(InvokeError::internal(format!(
            "a sandbox panicked: {panic}"
        )));
    }
    put_idle(inner, function, held).map_err(|held| {
        inner.janitor.bury([held]);
        replaced_meanwhile(&function.spec.name)
    })
}

/// Adds an idle sandbox; gives it back where the function is retired.
fn put_idle(inner: &Inner, function: &Arc<Function>, held: Held) -> Result<(), Held> {
    let now = Instant::now();
    let (listings, unwanted) = function.put_idle(held, now);
    for listing in listings.into_iter().flatten() {
        inner.janitor.list(listing, function, now);
    }
    unwanted.map_or(Ok(()), Err)
}

/// Checkpoints `held`, and drops it or puts it back.
fn save(
    inner: &Inner,
    function: &Arc<Function>,
    mut held: Held,
) -> Result<(Arc<dyn Program>, Duration), InvokeError> {
    let began = Instant::now();
    let name = &function.spec.name;
    let error = match caught(|| held.sandbox.checkpoint()) {
        Ok(Ok(program)) => {
            let time = began.elapsed();
            inner.janitor.bury([held]);
            return Ok((program, time));
        }
        Ok(Err(error @ SandboxError::NotCheckpointable { .. })) => {
            let held = put_idle(inner, function, held).err();
            inner.janitor.bury(held);
            return Err(InvokeError::new(ErrorCode::Conflict, error.to_string()).hint(
                "invoke the function again and retry, or checkpoint it before it holds such state",
            ));
        }
        Ok(Err(error)) => chain(&error),
        Err(panic) => format!("panic: {panic}"),
    };
    inner.janitor.bury([held]);
    tracing::error!(
        function = name.as_str(),
        error,
        "cannot checkpoint a sandbox"
    );
    Err(InvokeError::internal(format!(
        "cannot checkpoint {name}: {error}"
    )))
}

fn no_warm_sandbox(name: &FunctionName) -> InvokeError {
    InvokeError::new(
        ErrorCode::Conflict,
        format!("function {:?} has no idle sandbox that has served", name.as_str()),
    )
    .hint("invoke it first, and checkpoint within the keep-alive; with reuse=fresh there never is one")
}

fn replaced_meanwhile(name: &FunctionName) -> InvokeError {
    InvokeError::new(
        ErrorCode::Conflict,
        format!(
            "function {:?} was replaced or deregistered meanwhile",
            name.as_str()
        ),
    )
    .hint("look at the function as it is now, and try again")
}

fn idle_count(function: &Function) -> u32 {
    u32::try_from(function.occupancy().idle).unwrap_or(u32::MAX)
}
