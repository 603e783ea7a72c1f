//! Times and memory of one function's sandboxes, straight over the sandbox contract: no queue, no HTTP.
//!
//! ```text
//! load hello ─► N live sandboxes (times on blank slots, memory) ─► 1,000 calls on a sample (memory)
//!            ─► drop all ─► times on used slots, alone ─► the same with every thread busy
//! ```
//!
//! "Blank" times come from slots that nothing has lived in: the live sandboxes are made without dropping any.
//! All other times come afterwards, from slots used before, as an instance in service has them.
//! Every reply is checked, outside the clock.

mod live;
mod report;
mod times;

pub(crate) use live::growth_each;
pub use report::{BusyTimes, LateMemory, LiveMemory, SandboxReport, Times};

use std::{num::NonZeroUsize, sync::Arc, thread, time::Instant};

use anyhow::{Context, Result, ensure};
use hydra_sandbox::{Backend, Call, Program, Sandbox};
use hydra_types::RequestId;

use crate::{block_on::Driver, machine::Machine, workload::Workload};

/// How much to measure.
#[derive(Clone, Debug)]
pub struct SandboxBenchConfig {
    /// The function for times and first-call memory.
    pub hello: Workload,
    /// The function that makes garbage.
    pub allocating: Workload,
    /// Sandboxes held at once.
    pub live: NonZeroUsize,
    /// Measuring loops of the busy part; the machine's cores where not given.
    pub threads: Option<NonZeroUsize>,
    /// Samples per time.
    pub samples: usize,
}

/// Invocations on each sampled sandbox before the memory figures "after 1000".
const CALLS_BEFORE_LATE_MEMORY: usize = 1000;

/// Sandboxes sampled for those.
const MAX_LATE_SANDBOXES: usize = 100;

/// Runs every measurement. Blocks, for minutes with large figures.
///
/// # Errors
///
/// A function does not load, a sandbox cannot be made, or a reply is wrong.
pub fn run(backend: &dyn Backend, config: &SandboxBenchConfig) -> Result<SandboxReport> {
    ensure!(config.samples > 0, "no samples to take; give at least 1");
    let threads = config
        .threads
        .or(thread::available_parallelism().ok())
        .map_or(1, NonZeroUsize::get);
    let hello = Subject::load(backend, &config.hello)?;
    let allocating = Subject::load(backend, &config.allocating)?;
    hello.serve_once()?;
    allocating.serve_once()?;
    let (live, blank) = live::measure(&hello, config.live.get())?;
    let late = live::measure_late(
        &hello,
        &allocating,
        config.live.get().min(MAX_LATE_SANDBOXES),
        threads,
    )?;
    let alone = times::measure(&hello, config.samples, 1)?;
    let busy = times::measure(&hello, config.samples, threads)?;
    let image = hello.program.image_use();
    Ok(SandboxReport {
        machine: Machine::here(),
        runtime: config.hello.spec.runtime.as_str().to_owned(),
        load_ms: hello.load_ms,
        alone,
        busy: BusyTimes {
            threads,
            times: busy,
        },
        restore_blank_us: blank.restore.summary(),
        first_reply_blank_us: blank.first_reply.summary(),
        live,
        late,
        shared_code_kib: image.code.0 >> 10,
        base_image_kib: image.base.0 >> 10,
        function_image_kib: image.function.0 >> 10,
    })
}

/// A loaded function under measurement.
pub(crate) struct Subject<'a> {
    pub(crate) program: Arc<dyn Program>,
    workload: &'a Workload,
    load_ms: f64,
}

impl<'a> Subject<'a> {
    /// Loads the function.
    pub(crate) fn load(backend: &dyn Backend, workload: &'a Workload) -> Result<Self> {
        let begun = Instant::now();
        let program = backend
            .load(&workload.spec, &workload.code)
            .with_context(|| format!("cannot load {}", workload.spec.name))?;
        let load_ms = begun.elapsed().as_secs_f64() * 1e3;
        Ok(Self {
            program,
            workload,
            load_ms,
        })
    }

    /// Lets one sandbox serve and go, so that one-off costs are paid before anything is measured.
    fn serve_once(&self) -> Result<()> {
        let mut sandbox = self.restore()?;
        self.invoke(&Driver::new(), sandbox.as_mut())
    }

    pub(crate) fn restore(&self) -> Result<Box<dyn Sandbox>> {
        self.program
            .restore()
            .with_context(|| format!("cannot make a sandbox of {}", self.workload.spec.name))
    }

    fn call(&self) -> Call {
        Call {
            // No sandbox looks at it but to show it.
            request_id: RequestId::from_random_bits(1),
            event: self.workload.event(),
            deadline: Instant::now() + self.workload.spec.limits.timeout,
        }
    }

    /// One checked invocation, not timed.
    pub(crate) fn invoke(&self, driver: &Driver, sandbox: &mut dyn Sandbox) -> Result<()> {
        let outcome = driver.block_on(sandbox.invoke(self.call()));
        self.workload.check(outcome)
    }
}
