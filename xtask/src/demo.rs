//! `cargo xtask demo`: runs every example against a server of its own and prints what each cost.
//!
//! Each function is registered twice: as `NAME`, whose sandbox is used again, and as `NAME-fresh`, whose every
//! invocation starts from the image. Every reply is compared with the expected one; a wrong one fails the demo.
//!
//! Times are those of one client that waits for each reply: from before the request is written to after the reply is
//! read, with the server's own figures beside them.

mod client;
mod http;
mod server;
#[cfg(test)]
mod stand_in;
mod table;
mod trial;

use std::time::Duration;

use anyhow::{Result, bail};

use crate::{
    examples::{self, Built},
    guests,
    tools::{self, CARGO, NPM},
    workspace::Workspace,
};

use self::{
    client::Client,
    server::Server,
    trial::{Outcome, Trial},
};

/// How the demo runs.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Invocations of each function after the first.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    repeat: u32,
}

/// Runs the demo.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    tools::require(&[CARGO, NPM])?;
    let binary = workspace.build_hydra()?;
    let guests = guests::install(workspace)?;
    let built = examples::build(workspace)?;
    built.tell_skipped();
    let mut server = tools::step("starting hydra runtime", || {
        Server::start(&binary, &guests, &workspace.target.join("demo"))
    })?;
    eprintln!("  {} (process {})", server.url(), server.id());
    let shown = show(workspace, options, &built, &server);
    let stopped = tools::step("stopping the server", || server.stop());
    if shown.is_err() {
        eprintln!("  {}", server.last_words());
    }
    shown.and(stopped)
}

fn show(workspace: &Workspace, options: &Options, built: &Built, server: &Server) -> Result<()> {
    let client = Client::open(server.url())?;
    let before_kib = server.pss_kib()?;
    let mut outcomes: Vec<Outcome> = Vec::new();
    let mut failed = Vec::new();
    for example in examples::list(&workspace.root)? {
        if !built.has(&example) {
            continue;
        }
        let code = built.code(&workspace.root, &example)?;
        let example = example.on(server.address());
        let what = format!("{} ({})", example.name, example.language);
        let trial = Trial {
            client: &client,
            example: &example,
            code: &code,
            repeat: options.repeat,
        };
        match tools::step(&what, || trial.run()) {
            Ok(outcome) => outcomes.push(outcome),
            Err(error) => {
                eprintln!("  FAILED: {error:#}");
                failed.push(example.name);
            }
        }
    }
    println!("{}", table::render(&outcomes));
    let after_kib = server.pss_kib()?;
    println!(
        "{} functions answered, each registered twice. Server memory (PSS): {} KiB with none registered, {} KiB with all.",
        outcomes.len(),
        before_kib,
        after_kib
    );
    if !failed.is_empty() {
        bail!("wrong or no answers from: {}", failed.join(", "));
    }
    Ok(())
}

/// Microseconds, for people.
fn micros(time: Duration) -> u128 {
    time.as_micros()
}
