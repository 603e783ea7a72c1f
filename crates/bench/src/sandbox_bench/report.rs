//! What a sandbox measurement came to, as JSON and as a table.

use std::fmt;

use serde::Serialize;

use crate::{machine::Machine, timings::Summary};

/// Times of the four operations, µs.
#[derive(Clone, Debug, Serialize)]
pub struct Times {
    /// Making a sandbox from its image.
    pub restore_us: Summary,
    /// Making it, one call, dropping it.
    pub first_reply_us: Summary,
    /// Resetting one that has served, and one call.
    pub reset_invoke_us: Summary,
    /// One call on one that has served; absent where the function keeps no state.
    pub warm_invoke_us: Option<Summary>,
}

/// Times with every thread doing the same at once.
#[derive(Clone, Debug, Serialize)]
pub struct BusyTimes {
    /// How many threads.
    pub threads: usize,
    /// Samples of all of them.
    #[serde(flatten)]
    pub times: Times,
}

/// Memory of sandboxes that have served one call each.
#[derive(Clone, Debug, Serialize)]
pub struct LiveMemory {
    /// How many were held.
    pub live: usize,
    /// Growth of the process's PSS per sandbox.
    pub private_kib_per_sandbox: f64,
    /// Growth of the kernel's page tables per sandbox, which PSS leaves out.
    pub page_tables_kib_per_sandbox: f64,
    /// Mean of what the sandboxes say of themselves.
    pub private_memory_kib: f64,
    /// Mappings of the process with all of them held.
    pub mappings: usize,
}

/// Memory of sandboxes that have served 1,000 calls each.
#[derive(Clone, Debug, Serialize)]
pub struct LateMemory {
    /// How many of the allocating function's were held.
    #[serde(rename = "sandboxes_after_1000")]
    pub sandboxes: usize,
    /// Of the allocating function.
    pub private_kib_after_1000: f64,
    /// Of the allocating function after its first call, to compare with.
    pub private_kib_after_1_of_it: f64,
    /// Of hello.
    pub private_kib_after_1000_hello: f64,
}

/// Everything `hydra bench sandbox` finds out.
#[derive(Clone, Debug, Serialize)]
pub struct SandboxReport {
    /// What it ran on.
    pub machine: Machine,
    /// The function's language.
    pub runtime: String,
    /// Spec and code to program, once; compiling included where the cache was cold.
    pub load_ms: f64,
    /// One thread.
    #[serde(flatten)]
    pub alone: Times,
    /// Several threads at once.
    pub busy: BusyTimes,
    /// Making a sandbox on a slot never used before.
    pub restore_blank_us: Summary,
    /// The same and its first call, dropping excluded.
    pub first_reply_blank_us: Summary,
    /// Held sandboxes.
    #[serde(flatten)]
    pub live: LiveMemory,
    /// Sandboxes after many calls.
    #[serde(flatten)]
    pub late: LateMemory,
    /// Machine code shared by all functions of the runtime.
    pub shared_code_kib: u64,
    /// Base image, likewise.
    pub base_image_kib: u64,
    /// The function's own image.
    pub function_image_kib: u64,
}

impl fmt::Display for SandboxReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}\n{}, loaded in {:.1} ms\n",
            self.machine, self.runtime, self.load_ms
        )?;
        writeln!(
            f,
            "{:<34} {:>10} {:>10} {:>8}",
            "time, µs", "p50", "p99", "samples"
        )?;
        let mut row = |name: &str, summary: &Summary| writeln!(f, "{name:<34} {summary}");
        row("restore, blank slot", &self.restore_blank_us)?;
        row("restore + call, blank slot", &self.first_reply_blank_us)?;
        let threads = format!("{} threads", self.busy.threads);
        for (times, who) in [
            (&self.alone, "1 thread"),
            (&self.busy.times, threads.as_str()),
        ] {
            row(&format!("restore, {who}"), &times.restore_us)?;
            row(
                &format!("restore + call + drop, {who}"),
                &times.first_reply_us,
            )?;
            row(&format!("reset + call, {who}"), &times.reset_invoke_us)?;
            if let Some(warm) = &times.warm_invoke_us {
                row(&format!("warm call, {who}"), warm)?;
            }
        }
        self.fmt_memory(f)
    }
}

impl SandboxReport {
    fn fmt_memory(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (live, late) = (&self.live, &self.late);
        writeln!(f, "\n{:<54} {:>10}", "memory, KiB per sandbox", "")?;
        let mut row = |name: &str, kib: f64| writeln!(f, "{name:<54} {kib:>10.1}");
        row(
            &format!("hello after 1 call, PSS growth, {} live", live.live),
            live.private_kib_per_sandbox,
        )?;
        row(
            "page tables, PSS leaves them out",
            live.page_tables_kib_per_sandbox,
        )?;
        row(
            "hello after 1 call, private memory",
            live.private_memory_kib,
        )?;
        row(
            "hello after 1000 calls, private memory",
            late.private_kib_after_1000_hello,
        )?;
        row(
            "allocating after 1 call, private memory",
            late.private_kib_after_1_of_it,
        )?;
        let name = format!(
            "allocating after 1000 calls, private memory, {} live",
            late.sandboxes
        );
        row(&name, late.private_kib_after_1000)?;
        write!(
            f,
            "\nshared: code {} KiB, base image {} KiB; function image {} KiB; {} mappings",
            self.shared_code_kib, self.base_image_kib, self.function_image_kib, live.mappings
        )
    }
}
