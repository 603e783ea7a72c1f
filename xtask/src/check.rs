//! `cargo xtask check`: formatting, the project's own rules, lints, licences.
//!
//! Runs every part even when an earlier one fails, and names those that did. A part whose tool is missing and cannot
//! be had says `SKIPPED` and why.

use std::process::Command;

use anyhow::{Result, bail};

use crate::{
    tidy,
    tools::{self, CARGO_DENY},
    workspace::Workspace,
};

/// Checks everything.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    type Part = (&'static str, fn(&Workspace) -> Result<()>);
    let parts: [Part; 4] = [
        ("checking the project's rules", rules),
        ("checking the formatting", formatting),
        ("checking lints", lints),
        ("checking licences, bans and sources", dependencies),
    ];
    let mut failed = Vec::new();
    for (what, part) in parts {
        if let Err(error) = tools::step(what, || part(workspace)) {
            eprintln!("{error:#}");
            failed.push(what);
        }
    }
    if !failed.is_empty() {
        bail!("failed: {}", failed.join("; "));
    }
    Ok(())
}

fn rules(workspace: &Workspace) -> Result<()> {
    let faults = tidy::faults(workspace)?;
    if faults.is_empty() {
        return Ok(());
    }
    for fault in &faults {
        eprintln!("  {fault}");
    }
    bail!("{} faults", faults.len());
}

fn formatting(workspace: &Workspace) -> Result<()> {
    if !has_component(workspace, "rustfmt", "fmt") {
        return Ok(());
    }
    tools::run(workspace.cargo().args(["fmt", "--all", "--check"]))?;
    tools::run(workspace.cargo().args([
        "fmt",
        "--all",
        "--check",
        "--manifest-path=examples/rust/Cargo.toml",
    ]))
}

fn lints(workspace: &Workspace) -> Result<()> {
    if !has_component(workspace, "clippy", "clippy") {
        return Ok(());
    }
    tools::run(workspace.cargo().args([
        "clippy",
        "--release",
        "--workspace",
        "--all-targets",
        "--",
        "-Dwarnings",
    ]))
}

/// Whether the toolchain has `component`; adds it where it is missing, as it is with rustup's minimal profile.
/// Says so loudly when that fails: the tests are worth running all the same.
fn has_component(workspace: &Workspace, component: &str, subcommand: &str) -> bool {
    let is_there = |workspace: &Workspace| {
        let mut command = workspace.cargo();
        let asked = command.args([subcommand, "--version"]).output();
        asked.is_ok_and(|output| output.status.success())
    };
    if is_there(workspace) {
        return true;
    }
    eprintln!("  {component} is missing; adding it with rustup");
    let added = tools::run(
        Command::new("rustup")
            .args(["component", "add", component])
            .current_dir(&workspace.root),
    );
    let added = added.is_ok() && is_there(workspace);
    if !added {
        eprintln!("SKIPPED: {component} is not installed (rustup component add {component})");
    }
    added
}

fn dependencies(workspace: &Workspace) -> Result<()> {
    if !CARGO_DENY.is_there() {
        eprintln!(
            "SKIPPED: {}: {} is not installed ({})",
            CARGO_DENY.wanted_for, CARGO_DENY.program, CARGO_DENY.how_to_get
        );
        return Ok(());
    }
    tools::run(
        workspace
            .cargo()
            .args(["deny", "check", "licenses", "bans", "sources"]),
    )
}
