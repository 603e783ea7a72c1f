//! Which crate may depend on which. Edges point down:
//!
//! ```text
//! bin/*  ─►  runtime  bench  ─►  sandbox  api  scheduler  ─►  types
//!    ├────►  egress  ─►  sandbox
//!    └────►  sandbox-*  ─►  sandbox  image  sys  compute  package
//! ```
//!
//! Judges `cargo metadata`, so what counts is what the manifests declare, of every kind of dependency.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

const ASYNC_RUNTIMES: [&str; 4] = ["tokio", "async-std", "smol", "hyper"];

/// A workspace member and what it depends on.
#[derive(Debug, Default)]
pub(super) struct Package {
    pub(super) name: String,
    /// Relative to the root, such as `crates/types`.
    pub(super) folder: String,
    /// Names of other members.
    pub(super) ours: Vec<String>,
    /// Names of crates from elsewhere.
    pub(super) theirs: Vec<String>,
}

/// Reads the members out of what `cargo metadata` said.
pub(super) fn packages(metadata: &Value, root: &Path) -> Result<Vec<Package>> {
    let listed = metadata["packages"].as_array().context("no packages")?;
    listed.iter().map(|one| package(one, root)).collect()
}

fn package(json: &Value, root: &Path) -> Result<Package> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let name = text(&json["name"]).context("a package has no name")?;
    let manifest = text(&json["manifest_path"]).context("a package has no manifest")?;
    let folder = Path::new(&manifest)
        .parent()
        .and_then(|folder| folder.strip_prefix(root).ok())
        .with_context(|| format!("{manifest} is not in the repository"))?;
    let mut package = Package {
        name,
        folder: folder.to_string_lossy().into_owned(),
        ..Package::default()
    };
    for dependency in json["dependencies"].as_array().context("no dependencies")? {
        let name = text(&dependency["name"]).context("a dependency has no name")?;
        // Only path dependencies have a path, and only our own are such.
        match dependency["path"] {
            Value::String(_) => package.ours.push(name),
            _ => package.theirs.push(name),
        }
    }
    Ok(package)
}

/// Every edge that points where it must not.
pub(super) fn faults(packages: &[Package]) -> Vec<String> {
    packages.iter().flat_map(faults_of).collect()
}

fn faults_of(package: &Package) -> Vec<String> {
    let known = package
        .ours
        .iter()
        .filter(|other| **other != package.name && !may_know(package, other))
        .map(|other| format!("{} must not depend on {other}", package.folder));
    let asynchronous = package
        .theirs
        .iter()
        .filter(|other| has_no_executor(&package.name) && ASYNC_RUNTIMES.contains(&other.as_str()))
        .map(|other| {
            format!(
                "{} has no executor and must not depend on {other}",
                package.folder
            )
        });
    known.chain(asynchronous).collect()
}

fn may_know(package: &Package, other: &str) -> bool {
    match package.name.as_str() {
        "hydra-types" | "hydra-sys" | "xtask" | "e2e" => false,
        "hydra-sandbox" | "hydra-scheduler" | "hydra-api" | "hydra-compute" | "hydra-package" => {
            other == "hydra-types"
        }
        "hydra-egress" => matches!(other, "hydra-types" | "hydra-sandbox"),
        // The network is given to backends as a part of their host.
        _ if other == "hydra-egress" => package.folder.starts_with("bin/"),
        // What guests are made of concerns backends, and binaries that make it.
        name if matches!(other, "hydra-compute" | "hydra-package") => {
            is_backend(name) || package.folder.starts_with("bin/")
        }
        // Backends are chosen by binaries, and by nobody else; they do not know one another.
        _ if is_backend(other) => package.folder.starts_with("bin/"),
        name if is_backend(name) => !matches!(
            other,
            "hydra-runtime" | "hydra-node" | "hydra-api" | "hydra-bench"
        ),
        _ => true,
    }
}

fn is_backend(name: &str) -> bool {
    name.starts_with("hydra-sandbox-")
}

/// Crates that wait for nothing. Most of them have no clock and no randomness either: time is an argument there.
fn has_no_executor(name: &str) -> bool {
    matches!(
        name,
        "hydra-types"
            | "hydra-sandbox"
            | "hydra-scheduler"
            | "hydra-api"
            | "hydra-compute"
            | "hydra-package"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(folder: &str, dependency: &str, allowed: bool) {
        let name = match folder.strip_prefix("crates/") {
            Some(name) => format!("hydra-{name}"),
            None => folder.trim_start_matches("bin/").to_owned(),
        };
        let is_ours = dependency.starts_with("hydra-");
        let one = vec![dependency.to_owned()];
        let (ours, theirs) = if is_ours {
            (one, vec![])
        } else {
            (vec![], one)
        };
        let package = Package {
            name,
            folder: folder.to_owned(),
            ours,
            theirs,
        };
        let faults = faults(&[package]);
        assert_eq!(
            faults.is_empty(),
            allowed,
            "{folder} -> {dependency}: {faults:?}"
        );
    }

    #[test]
    fn edges_point_down() {
        check("crates/types", "hydra-sys", false);
        check("crates/types", "serde", true);
        check("crates/sys", "hydra-types", false);
        check("crates/sandbox", "hydra-types", true);
        check("crates/sandbox", "hydra-sys", false);
        check("crates/api", "hydra-runtime", false);
        check("crates/scheduler", "hydra-sandbox", false);
        check("crates/runtime", "hydra-sandbox", true);
        check("crates/runtime", "hydra-sandbox-wasm", false);
        check("crates/bench", "hydra-sandbox-wasm", false);
        check("crates/sandbox-wasm", "hydra-sandbox-process", false);
        check("crates/sandbox-wasm", "hydra-runtime", false);
        check("crates/sandbox-wasm", "hydra-image", true);
        check("crates/sandbox-wasm", "hydra-compute", true);
        check("crates/sandbox-wasm", "hydra-package", true);
        check("crates/sandbox-wasm", "hydra-egress", false);
        check("crates/compute", "hydra-types", true);
        check("crates/compute", "hydra-sandbox", false);
        check("crates/package", "hydra-sys", false);
        check("crates/package", "hydra-compute", false);
        check("crates/egress", "hydra-sandbox", true);
        check("crates/egress", "hydra-runtime", false);
        check("crates/runtime", "hydra-egress", false);
        check("crates/runtime", "hydra-package", false);
        check("crates/bench", "hydra-compute", false);
        check("bin/hydra", "hydra-sandbox-wasm", true);
        check("bin/hydra", "hydra-egress", true);
        check("bin/hydra", "hydra-package", true);
        check("xtask", "hydra-types", false);
    }

    #[test]
    fn crates_that_wait_for_nothing_know_no_executor() {
        check("crates/types", "tokio", false);
        check("crates/sandbox", "tokio", false);
        check("crates/api", "hyper", false);
        check("crates/compute", "tokio", false);
        check("crates/package", "tokio", false);
        check("crates/egress", "hyper", true);
        check("crates/runtime", "tokio", true);
    }

    #[test]
    fn metadata_is_read_with_its_kinds_of_dependency() {
        let metadata = serde_json::json!({"packages": [{
            "name": "hydra-api",
            "manifest_path": "/repo/crates/api/Cargo.toml",
            "dependencies": [
                {"name": "serde", "kind": null},
                {"name": "hydra-sys", "kind": "dev", "path": "/repo/crates/sys"},
            ],
        }]});
        let packages = packages(&metadata, Path::new("/repo")).unwrap();
        assert_eq!(packages[0].theirs, ["serde"]);
        assert_eq!(
            faults(&packages),
            ["crates/api must not depend on hydra-sys"]
        );
    }
}
