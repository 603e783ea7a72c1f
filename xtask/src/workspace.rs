//! Where things lie: the repository, its build output, and the user's cache.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, anyhow};
use serde_json::Value;

use crate::tools;

/// The places every chore works in.
pub(crate) struct Workspace {
    /// The repository.
    pub(crate) root: PathBuf,
    /// Cargo's build output; follows the user's settings.
    pub(crate) target: PathBuf,
    /// `$XDG_CACHE_HOME/hydra`: what is fetched once per user, whatever the clone.
    pub(crate) cache: PathBuf,
    /// What `cargo metadata` says of the workspace members, dependencies included.
    pub(crate) metadata: Value,
}

impl Workspace {
    /// Finds the repository this program was built from.
    pub(crate) fn locate() -> Result<Self> {
        let manifest = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest
            .parent()
            .context("xtask lies in no folder")?
            .to_owned();
        let metadata = metadata(&root)?;
        let target = metadata["target_directory"]
            .as_str()
            .context("cargo metadata names no target directory")?
            .into();
        Ok(Self {
            root,
            target,
            cache: cache()?,
            metadata,
        })
    }

    /// The guests folder: `HYDRA_GUESTS` or the one in the cache, as the server itself looks for it.
    pub(crate) fn guests(&self) -> PathBuf {
        env::var_os("HYDRA_GUESTS")
            .filter(|path| !path.is_empty())
            .map_or_else(|| self.cache.join("guests"), PathBuf::from)
    }

    /// Where the modules built from `examples/` are collected. In the clone's own build output: two clones may
    /// differ.
    pub(crate) fn example_modules(&self) -> PathBuf {
        self.target.join("example-modules")
    }

    /// Builds the user's binary as it is shipped; returns its path. All members are built, since the tests will build
    /// all, and what they depend on would be built twice if it were not for the same set of members.
    pub(crate) fn build_hydra(&self) -> Result<PathBuf> {
        tools::step("building hydra", || {
            let mut cargo = self.cargo();
            tools::run(cargo.args(["build", "--release", "--workspace"]))
        })?;
        Ok(self.target.join("release").join("hydra"))
    }

    /// Cargo, to be run in the repository.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = Command::new(cargo());
        command.current_dir(&self.root);
        command
    }
}

fn cargo() -> PathBuf {
    env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}

fn metadata(root: &Path) -> Result<Value> {
    let text = tools::output(
        Command::new(cargo())
            .args(["metadata", "--format-version=1", "--no-deps"])
            .current_dir(root),
    )?;
    serde_json::from_slice(&text).context("cargo metadata is no JSON")
}

fn cache() -> Result<PathBuf> {
    let absolute = |path: PathBuf| path.is_absolute().then_some(path);
    let base = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .and_then(absolute)
        .or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache")))
        .ok_or_else(|| {
            anyhow!("neither XDG_CACHE_HOME nor HOME is set; set one to say where the cache lies")
        })?;
    Ok(base.join("hydra"))
}
