//! `hydra guests`: what is kept of the language guests on this machine.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use hydra_sandbox_wasm::WasmEngine;

use crate::{advice::Advice, wiring};

/// Looks after the language guests on this machine.
#[derive(Args, Debug)]
pub(crate) struct GuestsArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Compiles every cached guest and module anew.
    Rebuild {
        /// Folder with the guests [default: $XDG_CACHE_HOME/hydra/guests].
        #[arg(long, value_name = "DIR", env = "HYDRA_GUESTS")]
        guests: Option<PathBuf>,
    },
}

/// Runs the verb.
pub(crate) fn run(args: &GuestsArgs) -> Result<()> {
    let Verb::Rebuild { guests } = &args.verb;
    let dir = wiring::guests_dir(guests.as_deref())?;
    let rebuilt = WasmEngine::rebuild_guests(&dir).with_context(|| {
        Advice::failed(
            format!("cannot rebuild the guests in {}", dir.display()),
            "`cargo xtask guests` fetches them anew",
        )
    })?;
    let mut out = io::stdout().lock();
    for guest in &rebuilt {
        writeln!(
            out,
            "{}  {} KiB of machine code",
            guest.id,
            guest.code_bytes >> 10
        )?;
    }
    if rebuilt.is_empty() {
        writeln!(out, "nothing is cached in {}", dir.display())?;
    }
    Ok(())
}
