//! Many functions, many live sandboxes: what the whole process holds.
//!
//! Straight over the sandbox contract: registers N distinct functions, spreads the sandboxes over them round
//! robin, and lets each serve one call.

use std::{fmt, num::NonZeroUsize, time::Instant};

use anyhow::{Context, Result};
use hydra_sandbox::Backend;
use serde::Serialize;

use crate::{
    block_on::Driver,
    machine::Machine,
    memory::{Pss, mappings_of_self, page_tables_kib_of_self},
    sandbox_bench::{Subject, growth_each},
    timings::{Summary, Timings},
    workload::Workload,
};

/// What many functions with many sandboxes hold.
#[derive(Clone, Debug, Serialize)]
pub struct DensityReport {
    /// What it ran on.
    pub machine: Machine,
    /// Functions registered.
    pub functions: usize,
    /// Sandboxes held, each having served one call.
    pub live: usize,
    /// Registering all functions.
    pub register_seconds: f64,
    /// Registering one, µs.
    pub register_us: Summary,
    /// Making a sandbox on a blank slot, µs.
    pub restore_us: Summary,
    /// The same and its first call, µs.
    pub first_reply_us: Summary,
    /// PSS of the process before anything was registered.
    pub pss_empty_mib: f64,
    /// PSS with all functions registered and no sandbox.
    pub pss_registered_mib: f64,
    /// PSS with everything held.
    pub pss_mib: f64,
    /// Growth per function from registering.
    pub kib_per_function: f64,
    /// Growth per sandbox.
    pub kib_per_sandbox: f64,
    /// Growth of the kernel's page tables per sandbox, which PSS leaves out.
    pub page_tables_kib_per_sandbox: f64,
    /// Mappings of the process with everything held.
    pub mappings: usize,
}

/// Runs it. Blocks.
///
/// # Errors
///
/// A function does not load, a sandbox cannot be made (the message says how far it got), or a reply is wrong.
pub fn run(
    backend: &dyn Backend,
    functions: NonZeroUsize,
    live: NonZeroUsize,
) -> Result<DensityReport> {
    let (functions, live) = (functions.get(), live.get());
    let workloads: Vec<_> = (0..functions)
        .map(Workload::numbered_hello)
        .collect::<Result<_>>()?;
    let pss_empty = Pss::of_self()?;
    let begun = Instant::now();
    let mut register = Timings::new();
    let mut subjects = Vec::with_capacity(functions);
    for (index, workload) in workloads.iter().enumerate() {
        let begun = Instant::now();
        let subject = Subject::load(backend, workload)
            .with_context(|| format!("after {index} of {functions} functions"))?;
        register.record(begun.elapsed());
        subjects.push(subject);
    }
    let register_seconds = begun.elapsed().as_secs_f64();
    let pss_registered = Pss::of_self()?;
    let tables_registered = page_tables_kib_of_self()?;
    let (mut restore, mut first_reply) = (Timings::new(), Timings::new());
    let driver = Driver::new();
    let mut sandboxes = Vec::with_capacity(live);
    for (index, subject) in subjects.iter().cycle().take(live).enumerate() {
        let begun = Instant::now();
        let mut sandbox = subject.restore().with_context(|| {
            format!(
                "after {index} of {live} sandboxes; vm.max_map_count bounds how many there can be"
            )
        })?;
        restore.record(begun.elapsed());
        subject.invoke(&driver, sandbox.as_mut())?;
        first_reply.record(begun.elapsed());
        sandboxes.push(sandbox);
    }
    let pss = Pss::of_self()?;
    Ok(DensityReport {
        machine: Machine::here(),
        functions,
        live,
        register_seconds,
        register_us: register.summary(),
        restore_us: restore.summary(),
        first_reply_us: first_reply.summary(),
        pss_empty_mib: mib(pss_empty),
        pss_registered_mib: mib(pss_registered),
        pss_mib: mib(pss),
        kib_per_function: growth_each(pss_registered.total_kib, pss_empty.total_kib, functions),
        kib_per_sandbox: growth_each(pss.total_kib, pss_registered.total_kib, live),
        page_tables_kib_per_sandbox: growth_each(
            page_tables_kib_of_self()?,
            tables_registered,
            live,
        ),
        mappings: mappings_of_self()?,
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "memory sizes stay far below 2^53"
)]
fn mib(pss: Pss) -> f64 {
    pss.total_kib as f64 / 1024.0
}

impl fmt::Display for DensityReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.machine)?;
        writeln!(
            f,
            "{} functions registered in {:.2} s",
            self.functions, self.register_seconds
        )?;
        writeln!(
            f,
            "{:<26} {:>10} {:>10} {:>8}",
            "time, µs", "p50", "p99", "samples"
        )?;
        writeln!(f, "{:<26} {}", "register", self.register_us)?;
        writeln!(f, "{:<26} {}", "restore, blank slot", self.restore_us)?;
        writeln!(f, "{:<26} {}", "restore + call", self.first_reply_us)?;
        writeln!(
            f,
            "PSS: {:.1} MiB empty, {:.1} MiB registered, {:.1} MiB with {} live sandboxes",
            self.pss_empty_mib, self.pss_registered_mib, self.pss_mib, self.live
        )?;
        write!(
            f,
            "{:.1} KiB per function, {:.1} KiB per sandbox and {:.1} KiB of page tables, {} mappings",
            self.kib_per_function,
            self.kib_per_sandbox,
            self.page_tables_kib_per_sandbox,
            self.mappings
        )
    }
}
