//! The project's own chores, so that no shell script has to be portable: `cargo xtask <chore>`.
//!
//! Parses, dispatches and prints the error once; each chore lives in a file of its own. Knows Hydra's binaries and
//! HTTP interface only from outside and links none of its crates.
//!
//! Exit codes: 0 done, 1 the chore failed, 2 usage, 130 interrupted.

#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    reason = "a command-line tool: results go to standard output, progress to standard error"
)]

mod bench;
mod check;
mod checksum;
mod children;
mod demo;
mod examples;
mod fuzz;
mod guests;
mod packages;
mod test;
mod test262;
mod tidy;
mod tools;
mod workspace;
mod wpt;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{tools::Advice, workspace::Workspace};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's own chores", version)]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Formatting, lints, the project's own rules, licences.
    Check,
    /// Everything a fresh clone needs, then `check`, then every test.
    Test,
    /// Fetches and verifies the guests (language runtimes compiled to WebAssembly).
    Guests,
    /// Builds the modules of the examples into the build output.
    Examples,
    /// Builds everything, runs every example against a server, and prints what each cost.
    Demo(demo::Options),
    /// Compares Hydra with others, in the same run.
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Runs one fuzz target for a while.
    Fuzz(fuzz::Options),
    /// Runs functions with npm packages and compares their replies with those of Node.
    Packages(packages::Options),
    /// Runs Web Platform Tests inside functions and compares with the known failures.
    Wpt(wpt::Options),
    /// Runs test262, the language's own tests, inside functions and compares with the known failures.
    Test262(test262::Options),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match dispatch(&arguments.chore) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            if let Some(hint) = Advice::hint_of(&error) {
                eprintln!("hint: {hint}");
            }
            ExitCode::FAILURE
        }
    }
}

fn dispatch(chore: &Chore) -> anyhow::Result<()> {
    children::end_on_signals()?;
    let workspace = Workspace::locate()?;
    match chore {
        Chore::Check => check::run(&workspace),
        Chore::Test => test::run(&workspace),
        Chore::Guests => guests::install(&workspace).map(drop),
        Chore::Examples => examples::build_and_tell(&workspace),
        Chore::Demo(options) => demo::run(&workspace, options),
        Chore::Bench(which) => bench::run(&workspace, which),
        Chore::Fuzz(options) => fuzz::run(&workspace, options),
        Chore::Packages(options) => packages::run(&workspace, options),
        Chore::Wpt(options) => wpt::run(&workspace, options),
        Chore::Test262(options) => test262::run(&workspace, options),
    }
}
