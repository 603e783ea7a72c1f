//! `cargo xtask bench http`: Hydra beside workerd, same machine, same load generator, same minute.
//!
//! ```text
//! for 1 function, then for N:
//!   round 1: start A, load, stop │ start B, load, stop │ …   (arms alternate, so that drift hits all alike)
//!   round 2: …
//!   medians over rounds ─► ratios ─► table, bench/runs/<date>/http-<functions>-<time>.json
//! ```
//!
//! Arms: `hydra`; `workerd`, one worker per function with its own port, so that no request pays for routing in
//! JavaScript; `workerd-router`, the same workers behind one port and a routing worker. The headline compares
//! Hydra with whichever workerd arm did better in that figure.
//!
//! Each run starts its server anew, has every function answer once, and warms up unmeasured. A run with a single
//! wrong reply fails the benchmark. Servers end with their [`crate::children::Child`], also on errors and signals.

mod hydra;
mod report;
mod server;
mod workerd;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand};
use serde_json::Value;

use crate::{
    tools::{self, step},
    workspace::Workspace,
};
use report::{Run, Runs};
use server::Server;

/// Which comparison to run.
#[derive(Subcommand)]
pub(crate) enum Bench {
    /// HTTP throughput, latency and memory beside workerd.
    Http(HttpOptions),
}

/// How long and how often.
#[derive(Args)]
pub(crate) struct HttpOptions {
    /// Runs of each server per number of functions.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Measured seconds per run.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=600))]
    seconds: u32,
    /// Unmeasured seconds before.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(0..=600))]
    warm_up_seconds: u32,
    /// Requests in flight.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1000))]
    connections: u32,
    /// Functions of the second comparison; the first has one.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=5000))]
    functions: u32,
    /// Leave Hydra out: shows what workerd does alone.
    #[arg(long)]
    workerd_only: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Arm {
    Hydra,
    Workerd,
    WorkerdRouter,
}

impl Arm {
    const fn name(self) -> &'static str {
        match self {
            Self::Hydra => "hydra",
            Self::Workerd => "workerd",
            Self::WorkerdRouter => "workerd-router",
        }
    }
}

/// Runs the chosen comparison.
pub(crate) fn run(workspace: &Workspace, bench: &Bench) -> Result<()> {
    match bench {
        Bench::Http(options) => http(workspace, options),
    }
}

/// What every run needs.
struct Bed<'a> {
    workspace: &'a Workspace,
    options: &'a HttpOptions,
    hydra: PathBuf,
    workerd: PathBuf,
}

/// Compares Hydra with workerd over HTTP.
pub(crate) fn http(workspace: &Workspace, options: &HttpOptions) -> Result<()> {
    let bed = Bed {
        workspace,
        options,
        hydra: hydra::build(workspace)?,
        workerd: workerd::install(workspace)?,
    };
    crate::guests::install(workspace)?;
    for functions in [1, options.functions] {
        let runs = compare(&bed, functions)?;
        let file = runs.save(&workspace.root.join("bench/runs"))?;
        println!("{runs}\n  raw: {}\n", shown(&file, &workspace.root));
    }
    Ok(())
}

fn compare(bed: &Bed<'_>, functions: u32) -> Result<Runs> {
    let mut arms = vec![Arm::Hydra, Arm::Workerd];
    if functions > 1 {
        arms.push(Arm::WorkerdRouter);
    }
    if bed.options.workerd_only {
        arms.retain(|arm| *arm != Arm::Hydra);
    }
    let mut runs = Runs::new(functions, workerd::VERSION, bed.options);
    for round in 1..=bed.options.rounds {
        for arm in &arms {
            let what = format!("{} with {functions} functions, round {round}", arm.name());
            runs.push(step(&what, || measure(bed, *arm, functions, round))?);
        }
    }
    Ok(runs)
}

/// One run: start, one reply of every function, load, stop.
fn measure(bed: &Bed<'_>, arm: Arm, functions: u32, round: u32) -> Result<Run> {
    let begun = Instant::now();
    let server = match arm {
        Arm::Hydra => hydra::start(bed.workspace, &bed.hydra, functions)?,
        Arm::Workerd => workerd::start(
            bed.workspace,
            &bed.workerd,
            functions,
            workerd::Front::PortEach,
        )?,
        Arm::WorkerdRouter => workerd::start(
            bed.workspace,
            &bed.workerd,
            functions,
            workerd::Front::Router,
        )?,
    };
    server.have_all_answer()?;
    let ready_seconds = begun.elapsed().as_secs_f64();
    let load = load(bed, &server)?;
    Ok(Run {
        arm: arm.name(),
        round,
        ready_seconds,
        load,
    })
}

/// Runs the load generator as a process of its own and takes its report.
fn load(bed: &Bed<'_>, server: &Server) -> Result<Value> {
    let urls = server.folder().join("urls");
    fs::write(&urls, server.urls().join("\n")).context("cannot write the list of URLs")?;
    let report = tools::output(
        Command::new(&bed.hydra)
            .args(["bench", "load", "--json", "--urls-from"])
            .arg(&urls)
            .args(["--connections", &bed.options.connections.to_string()])
            .args(["--seconds", &bed.options.seconds.to_string()])
            .args([
                "--warm-up-seconds",
                &bed.options.warm_up_seconds.to_string(),
            ])
            .args(["--server-pid", &server.id().to_string()])
            .current_dir(&bed.workspace.root),
    )?;
    let report: Value = serde_json::from_slice(&report).context("the load report is no JSON")?;
    ensure!(
        report["targets_answered"] == report["targets"],
        "only {} of {} functions answered; give it more seconds",
        report["targets_answered"],
        report["targets"]
    );
    Ok(report)
}

fn shown(file: &Path, root: &Path) -> String {
    file.strip_prefix(root)
        .unwrap_or(file)
        .display()
        .to_string()
}
