//! Installs workerd in one pinned version, and starts it with one worker per function.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

use super::server::{self, Server};
use crate::{
    tools::{self, Advice, FETCH_LIMIT, step},
    workspace::Workspace,
};

/// The exact version compared with.
pub(super) const VERSION: &str = "1.20261117.1";
/// Behaviour of the workers' API; no newer than the version.
const COMPATIBILITY_DATE: &str = "2026-11-01";

/// How requests reach the workers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Front {
    /// A port for each worker.
    PortEach,
    /// One port, and a worker that routes by path over service bindings.
    Router,
}

/// Installs what is missing; returns the program.
pub(super) fn install(workspace: &Workspace) -> Result<PathBuf> {
    let prefix = workspace
        .cache
        .join("tools")
        .join(format!("workerd-{VERSION}"));
    if let Some(program) = installed(&prefix) {
        return Ok(program);
    }
    tools::require(&[tools::NPM])?;
    step(&format!("installing workerd {VERSION}"), || {
        fs::create_dir_all(&prefix).context("cannot make the tools folder")?;
        let mut npm = Command::new(tools::NPM.program);
        npm.args([
            "install",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--prefix",
        ]);
        npm.arg(&prefix).arg(format!("workerd@{VERSION}"));
        tools::run_quietly(&mut npm, FETCH_LIMIT)
    })?;
    installed(&prefix).ok_or_else(|| {
        Advice::error(
            format!("npm installed workerd {VERSION} without a program for this machine"),
            "workerd comes for x86-64 and arm64 Linux with glibc",
        )
    })
}

/// The native program, which comes in a package named after the machine. Run directly: the `workerd` on top of
/// it is a Node.js script, a second process that would count into the memory.
fn installed(prefix: &Path) -> Option<PathBuf> {
    let packages = prefix.join("node_modules/@cloudflare");
    fs::read_dir(packages)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin/workerd")))
        .find(|program| program.is_file())
}

/// Starts workerd with `functions` workers and waits until the last one answers.
pub(super) fn start(
    workspace: &Workspace,
    program: &Path,
    functions: u32,
    front: Front,
) -> Result<Server> {
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let ports = server::free_ports(if front == Front::Router { 1 } else { functions })?;
    write_config(
        &workspace.root.join("bench/workerd"),
        folder.path(),
        functions,
        front,
        &ports,
    )?;
    let urls: Vec<String> = match front {
        Front::PortEach => ports
            .iter()
            .map(|port| format!("http://127.0.0.1:{port}/"))
            .collect(),
        Front::Router => (0..functions)
            .map(|n| format!("http://127.0.0.1:{}/f{n}", ports[0]))
            .collect(),
    };
    let last = urls.last().cloned().context("no function to serve")?;
    let mut command = Command::new(program);
    command.arg("serve").arg(folder.path().join("config.capnp"));
    let mut server = Server::start(&mut command, folder, urls)?;
    server.wait_until(|client| server::hello(client, &last).is_ok())?;
    Ok(server)
}

fn write_config(
    templates: &Path,
    folder: &Path,
    functions: u32,
    front: Front,
    ports: &[u16],
) -> Result<()> {
    let read = |name: &str| {
        fs::read_to_string(templates.join(name))
            .with_context(|| format!("cannot read bench/workerd/{name}"))
    };
    let (config, hello, router) = (read("config.capnp")?, read("hello.js")?, read("router.js")?);
    fs::write(folder.join("router.js"), router)?;
    for n in 0..functions {
        // Sources differ, as Hydra's do.
        fs::write(
            folder.join(format!("hello-{n}.js")),
            format!("const number = {n};\n{hello}"),
        )?;
    }
    let filled = fill(&config, &services(functions, front), &sockets(front, ports));
    fs::write(folder.join("config.capnp"), filled?)?;
    Ok(())
}

fn fill(config: &str, services: &str, sockets: &str) -> Result<String> {
    ensure!(
        config.contains("@SERVICES@") && config.contains("@SOCKETS@"),
        "bench/workerd/config.capnp has no place for services and sockets"
    );
    Ok(config
        .replace("@SERVICES@", services)
        .replace("@SOCKETS@", sockets))
}

fn services(functions: u32, front: Front) -> String {
    let mut lines: Vec<String> = (0..functions)
        .map(|n| {
            format!(
                r#"(name = "f{n}", worker = (serviceWorkerScript = embed "hello-{n}.js", compatibilityDate = "{COMPATIBILITY_DATE}")),"#
            )
        })
        .collect();
    if front == Front::Router {
        let bindings: String = (0..functions)
            .map(|n| format!(r#"(name = "f{n}", service = "f{n}"), "#))
            .collect();
        lines.push(format!(
            r#"(name = "router", worker = (modules = [(name = "router.js", esModule = embed "router.js")], compatibilityDate = "{COMPATIBILITY_DATE}", bindings = [{bindings}])),"#
        ));
    }
    lines.join("\n")
}

fn sockets(front: Front, ports: &[u16]) -> String {
    let socket = |(n, port): (usize, &u16)| {
        let service = if front == Front::Router {
            "router".to_owned()
        } else {
            format!("f{n}")
        };
        format!(
            r#"(name = "s{n}", address = "127.0.0.1:{port}", http = (), service = "{service}"),"#
        )
    };
    ports
        .iter()
        .enumerate()
        .map(socket)
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_worker_has_a_port_or_a_binding() {
        let (services_each, sockets_each) = (
            services(3, Front::PortEach),
            sockets(Front::PortEach, &[7, 8, 9]),
        );
        assert_eq!(
            (services_each.lines().count(), sockets_each.lines().count()),
            (3, 3)
        );
        assert!(sockets_each.contains(r#"address = "127.0.0.1:9", http = (), service = "f2""#));
        let (services_one, sockets_one) =
            (services(3, Front::Router), sockets(Front::Router, &[7]));
        assert_eq!(
            (services_one.lines().count(), sockets_one.lines().count()),
            (4, 1)
        );
        assert!(services_one.contains(r#"(name = "f2", service = "f2")"#));
        assert!(sockets_one.contains(r#"service = "router""#));
    }

    #[test]
    fn a_template_without_its_places_is_refused() {
        assert_eq!(fill("<@SERVICES@|@SOCKETS@>", "a", "b").unwrap(), "<a|b>");
        assert!(fill("<@SERVICES@>", "a", "b").is_err());
    }
}
