//! What registered functions cost while nobody calls them, in a whole instance.
//!
//! Two figures, since an instance may hold on to more for a function that has served:
//! - *registered*: after every function was registered and nothing was called;
//! - *served*: after every function was then called once and its sandbox has gone with the keep-alive.

use std::{
    fmt,
    num::NonZeroUsize,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use bytes::Bytes as Buffer;
use hydra_runtime::{Instance, InstanceConfig};
use hydra_sandbox::Backend;
use serde::Serialize;
use tokio::time;

use crate::{machine::Machine, memory::Pss, sandbox_bench::growth_each, workload::Workload};

/// How often the instance is looked at while it settles.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long settling may take before the measurement gives up.
const SETTLE_WITHIN: Duration = Duration::from_secs(60);

/// What registered idle functions cost.
#[derive(Clone, Debug, Serialize)]
pub struct IdleReport {
    /// What it ran on.
    pub machine: Machine,
    /// How many functions were registered.
    pub functions: usize,
    /// Registering all of them.
    pub register_seconds: f64,
    /// PSS of the process with an empty instance.
    pub pss_empty_kib: u64,
    /// PSS with all functions registered.
    pub pss_registered_kib: u64,
    /// PSS after each has served once and no sandbox is left.
    pub pss_served_kib: u64,
    /// Growth per function from registering.
    pub bytes_per_registered_function: f64,
    /// Growth per function from registering and serving once.
    pub bytes_per_served_function: f64,
}

/// Runs it over an instance with this keep-alive, a short one. Call inside a tokio runtime.
///
/// # Errors
///
/// The instance does not start, a function does not register or replies wrongly, or sandboxes outlive their
/// keep-alive.
pub async fn run(
    backends: Vec<Arc<dyn Backend>>,
    functions: NonZeroUsize,
    keep_alive: Duration,
) -> Result<IdleReport> {
    let functions = functions.get();
    let config = InstanceConfig {
        keep_alive,
        max_functions: functions,
        ..InstanceConfig::default()
    };
    let instance = Instance::start(config, backends).context("cannot start the instance")?;
    let empty = settled(&instance, keep_alive).await?;
    let begun = Instant::now();
    for index in 0..functions {
        let Workload { spec, code, .. } = Workload::numbered_hello(index)?;
        let registered = instance.register(spec, Buffer::from(code)).await;
        registered.with_context(|| format!("after {index} of {functions} functions"))?;
    }
    let register_seconds = begun.elapsed().as_secs_f64();
    let registered = settled(&instance, keep_alive).await?;
    for index in 0..functions {
        let workload = Workload::numbered_hello(index)?;
        let reply = instance
            .invoke(&workload.spec.name, workload.event())
            .await?;
        workload.check_reply(&reply.payload)?;
    }
    let served = settled(&instance, keep_alive).await?;
    let bytes_each = |pss: u64| growth_each(pss, empty.total_kib, functions) * 1024.0;
    Ok(IdleReport {
        machine: Machine::here(),
        functions,
        register_seconds,
        pss_empty_kib: empty.total_kib,
        pss_registered_kib: registered.total_kib,
        pss_served_kib: served.total_kib,
        bytes_per_registered_function: bytes_each(registered.total_kib),
        bytes_per_served_function: bytes_each(served.total_kib),
    })
}

/// The process's memory once no sandbox is left and what follows from that has been done: two keep-alives
/// later, with two readings in a row within 1 % of each other.
async fn settled(instance: &Instance, keep_alive: Duration) -> Result<Pss> {
    let begun = Instant::now();
    while instance.live_sandboxes() > 0 {
        ensure!(
            begun.elapsed() < SETTLE_WITHIN,
            "{} sandboxes outlive their keep-alive",
            instance.live_sandboxes()
        );
        time::sleep(LOOK_EVERY).await;
    }
    time::sleep(2 * keep_alive).await;
    let mut last = Pss::of_self()?;
    loop {
        time::sleep(LOOK_EVERY).await;
        let now = Pss::of_self()?;
        if now.total_kib.abs_diff(last.total_kib) <= last.total_kib / 100 {
            return Ok(now);
        }
        ensure!(
            begun.elapsed() < SETTLE_WITHIN,
            "the process's memory does not settle"
        );
        last = now;
    }
}

impl fmt::Display for IdleReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.machine)?;
        writeln!(
            f,
            "{} functions registered in {:.2} s",
            self.functions, self.register_seconds
        )?;
        writeln!(
            f,
            "PSS: {} KiB empty, {} KiB registered, {} KiB after each has served once",
            self.pss_empty_kib, self.pss_registered_kib, self.pss_served_kib
        )?;
        write!(
            f,
            "{:.0} bytes per registered function, {:.0} per function that has served",
            self.bytes_per_registered_function, self.bytes_per_served_function
        )
    }
}
