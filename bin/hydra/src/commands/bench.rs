//! `hydra bench`: measures sandboxes, a full instance, or a server under load.
//!
//! Parses, makes the backends, and prints the report: one JSON object with `--json`, a table without. What is
//! measured and how lies in `hydra-bench`.
//!
//! Function images go to a folder of their own that is removed at the end, so that measuring leaves nothing
//! behind and finds nothing that an earlier run left.

use std::{
    fmt::Display,
    fs,
    io::{self, Write},
    num::NonZeroUsize,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand, ValueEnum};
use hydra_bench::{
    density, idle,
    load::{self, LoadConfig, Target},
    sandbox_bench::{self, SandboxBenchConfig},
    workload::{HELLO_EVENT, HELLO_REPLY, Workload},
};
use hydra_egress::EgressConfig;
use hydra_sandbox::Backend;
use hydra_types::{Bytes, Runtime};
use serde::Serialize;
use tokio::runtime::Handle;

use crate::{advice::Advice, wiring};

/// Slots beyond the sandboxes that are held: the late sample, one per measuring loop, and some.
const SPARE_SLOTS: usize = 512;

/// What the functions' images may take on disk.
const IMAGES_CAPACITY: Bytes = Bytes::mib(16 << 10);

/// Slots for `idle`: its functions are called one after the other, and their sandboxes live for the keep-alive.
const IDLE_SLOTS: usize = 4096;

/// Keep-alive of the instance that `idle` fills: short, so that sandboxes go soon.
const IDLE_KEEP_ALIVE: Duration = Duration::from_secs(1);

/// Measures sandboxes, a full instance, or a server under load.
#[derive(Args, Debug)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    what: Measurement,
}

#[derive(Subcommand, Debug)]
enum Measurement {
    /// Times and memory of one function's sandboxes.
    Sandbox(SandboxArgs),
    /// Memory of many functions with many live sandboxes.
    Density(DensityArgs),
    /// Memory of registered functions that nobody calls.
    Idle(IdleArgs),
    /// Requests per second and latency of a server on this machine.
    Load(LoadArgs),
}

#[derive(Args, Debug)]
struct SandboxArgs {
    /// Language of the measured function.
    #[arg(long, value_enum, default_value_t = Language::Javascript)]
    runtime: Language,
    /// Sandboxes held at once for the memory figures.
    #[arg(long, default_value = "1000")]
    live: NonZeroUsize,
    /// Measuring loops of the busy part [default: one per core].
    #[arg(long)]
    threads: Option<NonZeroUsize>,
    /// Samples per time and thread.
    #[arg(long, default_value = "2000")]
    samples: NonZeroUsize,
    /// WebAssembly module that answers {"name":N} with {"message":"Hello, N!"}; for `--runtime wasm`.
    #[arg(long, value_name = "FILE", required_if_eq("runtime", "wasm"))]
    module: Option<PathBuf>,
    #[command(flatten)]
    common: CommonArgs,
}

#[derive(Args, Debug)]
struct DensityArgs {
    /// Distinct functions.
    #[arg(long, default_value = "1000")]
    functions: NonZeroUsize,
    /// Sandboxes held, spread over the functions.
    #[arg(long, default_value = "10000")]
    live: NonZeroUsize,
    #[command(flatten)]
    common: CommonArgs,
}

#[derive(Args, Debug)]
struct IdleArgs {
    /// Distinct functions.
    #[arg(long, default_value = "20000")]
    functions: NonZeroUsize,
    #[command(flatten)]
    common: CommonArgs,
}

#[derive(Args, Debug)]
struct CommonArgs {
    /// Folder with the guests.
    #[arg(long, value_name = "DIR", env = "HYDRA_GUESTS")]
    guests: Option<PathBuf>,
    /// Folder to put function images in; a temporary one that is removed afterwards where not given.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
struct LoadArgs {
    /// Where to send requests: http://127.0.0.1:PORT/path. Repeatable; loopback only.
    #[arg(
        long = "url",
        value_name = "URL",
        required_unless_present = "urls_from"
    )]
    urls: Vec<Target>,
    /// File with more URLs, one per line.
    #[arg(long, value_name = "FILE")]
    urls_from: Option<PathBuf>,
    /// Body of every request.
    #[arg(long, default_value = HELLO_EVENT)]
    body: String,
    /// Body of every reply [default: hello's for hello's body, else the first reply's].
    #[arg(long)]
    expect: Option<String>,
    /// Requests in flight.
    #[arg(long, default_value_t = 8)]
    connections: usize,
    /// Length of the measured part, seconds.
    #[arg(long, default_value_t = 5.0, value_parser = seconds)]
    seconds: f64,
    /// Unmeasured part before, seconds.
    #[arg(long, default_value_t = 0.0, value_parser = seconds)]
    warm_up_seconds: f64,
    /// End after this many requests.
    #[arg(long, default_value_t = u64::MAX, hide_default_value = true)]
    max_requests: u64,
    /// Also tell the memory of this process and its children at the end.
    #[arg(long, value_name = "PID")]
    server_pid: Option<u32>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Language {
    Javascript,
    Wasm,
}

/// Runs the measurement and prints its report.
pub(crate) fn run(args: &BenchArgs) -> Result<()> {
    match &args.what {
        Measurement::Sandbox(args) => sandbox(args),
        Measurement::Density(args) => density(args),
        Measurement::Idle(args) => idle(args),
        Measurement::Load(args) => load(args),
    }
}

fn sandbox(args: &SandboxArgs) -> Result<()> {
    let (hello, allocating) = match (&args.module, args.runtime) {
        (Some(file), Language::Wasm) => {
            let module =
                fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
            (
                Workload::wasm_hello(module.clone())?,
                Workload::wasm_allocating(module)?,
            )
        }
        _ => (Workload::hello()?, Workload::allocating()?),
    };
    let config = SandboxBenchConfig {
        hello,
        allocating,
        live: args.live,
        threads: args.threads,
        samples: args.samples.get(),
    };
    let wanted = if args.runtime == Language::Wasm {
        Runtime::Wasm
    } else {
        Runtime::JavaScript
    };
    let report = with_backends(&args.common, args.live.get(), |backends, _| {
        sandbox_bench::run(backend(&backends, wanted)?, &config)
    })?;
    write_report(&report, args.common.json)
}

fn density(args: &DensityArgs) -> Result<()> {
    let report = with_backends(&args.common, args.live.get(), |backends, _| {
        density::run(
            backend(&backends, Runtime::JavaScript)?,
            args.functions,
            args.live,
        )
    })?;
    write_report(&report, args.common.json)
}

fn idle(args: &IdleArgs) -> Result<()> {
    let report = with_backends(&args.common, IDLE_SLOTS, |backends, runtime| {
        runtime.block_on(idle::run(backends, args.functions, IDLE_KEEP_ALIVE))
    })?;
    write_report(&report, args.common.json)
}

fn load(args: &LoadArgs) -> Result<()> {
    let mut targets = args.urls.clone();
    if let Some(file) = &args.urls_from {
        let text =
            fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        for line in text.lines().filter(|line| !line.is_empty()) {
            targets.push(line.parse()?);
        }
    }
    let is_hello = args.body == HELLO_EVENT;
    let expected = args
        .expect
        .clone()
        .or_else(|| is_hello.then(|| HELLO_REPLY.to_owned()));
    let report = load::run(&LoadConfig {
        targets,
        body: args.body.clone().into(),
        expected: expected.map(Into::into),
        connections: args.connections,
        warm_up: Duration::from_secs_f64(args.warm_up_seconds),
        duration: Duration::from_secs_f64(args.seconds),
        max_requests: args.max_requests,
        server_pid: args.server_pid,
    })?;
    write_report(&report, args.json)?;
    ensure!(
        report.errors.total() == 0,
        "{} requests were not answered rightly; the first: {}",
        report.errors.total(),
        report.first_error.as_deref().unwrap_or("unknown")
    );
    Ok(())
}

/// Starts the engine over a folder for images, measures, and cleans up.
fn with_backends<T>(
    common: &CommonArgs,
    live: usize,
    measure: impl FnOnce(Vec<Arc<dyn Backend>>, &Handle) -> Result<T>,
) -> Result<T> {
    // Timers only: measured guests run on threads of their own.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    // Declared before the backends and so removed after them.
    let scratch = tempfile::tempdir().context("cannot make a temporary folder")?;
    let data = common.data.as_deref().unwrap_or(scratch.path());
    let backends = wiring::backends(
        common.guests.as_deref(),
        data,
        IMAGES_CAPACITY,
        live + SPARE_SLOTS,
        wiring::host(runtime.handle(), EgressConfig::default())?,
    )?;
    measure(backends, runtime.handle())
}

fn backend(backends: &[Arc<dyn Backend>], wanted: Runtime) -> Result<&dyn Backend> {
    let found = backends.iter().find(|backend| backend.runtime() == wanted);
    found.map(AsRef::as_ref).context(Advice::failed(
        format!("there is no runtime {wanted} to measure"),
        "`cargo xtask guests` fetches the guests; --guests says where they are",
    ))
}

fn write_report(report: &(impl Serialize + Display), json: bool) -> Result<()> {
    let mut out = io::stdout().lock();
    if json {
        serde_json::to_writer(&mut out, report)?;
        writeln!(out)?;
    } else {
        writeln!(out, "{report}")?;
    }
    Ok(())
}

/// A number of seconds that can be waited for.
fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.0..=86_400.0).contains(&seconds) => Ok(seconds),
        _ => Err("a number of seconds from 0 to 86400".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_a_number_that_can_be_waited_for() {
        let check = |text: &str, expected: Option<f64>| {
            assert_eq!(seconds(text).ok(), expected, "{text:?}")
        };
        check("5", Some(5.0));
        check("0.25", Some(0.25));
        check("0", Some(0.0));
        check("-1", None);
        check("nan", None);
        check("inf", None);
        check("86401", None);
        check("5s", None);
        check("", None);
    }
}
