//! `hydra`: parses the command line, runs one command, says how it went.
//!
//! Exit codes: 0 done, 1 the operation failed, 2 usage or configuration. What went wrong is printed once, with
//! its causes, then a `hint:` line where there is something to do about it.

#![forbid(unsafe_code)]

mod advice;
mod commands;
mod mappings;
mod quantity;
mod wiring;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Many functions, few processes: a serverless runtime.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves functions over HTTP from this process.
    Runtime(commands::runtime::RuntimeArgs),
    /// Looks after the language guests on this machine.
    Guests(commands::guests::GuestsArgs),
    /// Makes the zip of a folder that is uploaded as one function.
    Pack(commands::pack::PackArgs),
    /// Measures sandboxes and servers.
    Bench(commands::bench::BenchArgs),
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Runtime(args) => commands::runtime::run(&args),
        Command::Guests(args) => commands::guests::run(&args),
        Command::Pack(args) => commands::pack::run(&args),
        Command::Bench(args) => commands::bench::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => advice::report(&error),
    }
}
