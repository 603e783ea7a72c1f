//! Builds Hydra, and starts `hydra runtime` with hello registered once or many times.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use super::server::{self, Server};
use crate::{
    tools::{self, step},
    workspace::Workspace,
};

/// What every function does; workerd's does the same.
const HELLO: &str =
    "export function handler(event) { return { message: \"Hello, \" + event.name + \"!\" } }\n";

/// Builds the release binary; returns it.
pub(super) fn build(workspace: &Workspace) -> Result<PathBuf> {
    step("building hydra", || {
        tools::run(
            workspace
                .cargo()
                .args(["build", "--release", "--package", "hydra"]),
        )
    })?;
    Ok(workspace.target.join("release/hydra"))
}

/// Starts an instance with an empty image store and registers `functions` functions.
pub(super) fn start(workspace: &Workspace, program: &Path, functions: u32) -> Result<Server> {
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let port = server::free_ports(1)?[0];
    let base = format!("http://127.0.0.1:{port}");
    let urls = (0..functions)
        .map(|n| format!("{base}/v1/functions/hello-{n}/invocations"))
        .collect();
    let mut command = Command::new(program);
    command.args([
        "runtime",
        "--listen",
        &format!("127.0.0.1:{port}"),
        "--guests",
    ]);
    command
        .arg(workspace.guests())
        .arg("--data")
        .arg(folder.path().join("images"));
    let mut server = Server::start(&mut command, folder, urls)?;
    server.wait_until(|client| client.get(format!("{base}/healthz")).call().is_ok())?;
    for n in 0..functions {
        register(server.client(), &base, n)
            .with_context(|| format!("cannot register hello-{n}"))?;
    }
    Ok(server)
}

fn register(client: &ureq::Agent, base: &str, number: u32) -> Result<()> {
    // Sources differ, so that no two functions can share an image by being the same.
    let source = format!("export const number = {number};\n{HELLO}");
    client
        .put(format!(
            "{base}/v1/functions/hello-{number}?runtime=javascript"
        ))
        .header("content-type", "text/javascript")
        .send(&source)?;
    Ok(())
}
