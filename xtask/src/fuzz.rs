//! `cargo xtask fuzz TARGET`: runs one target of `fuzz/` for a while.

use std::{io::ErrorKind, path::Path, process::Command};

use anyhow::{Context, Result};

use crate::{
    tools::{self, Advice, Tool},
    workspace::Workspace,
};

const CARGO_FUZZ: Tool = Tool {
    program: "cargo-fuzz",
    wanted_for: "fuzzing",
    how_to_get: "cargo install --locked cargo-fuzz, and rustup toolchain install nightly",
};

/// What to fuzz and for how long.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// A file name in fuzz/fuzz_targets, without `.rs`.
    target: String,
    /// How long to run.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    seconds: u32,
}

/// Runs the target; what it finds fails the chore.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let known = targets(&workspace.root.join("fuzz/fuzz_targets"))?;
    if !known.contains(&options.target) {
        return Err(Advice::error(
            format!("there is no fuzz target {:?}", options.target),
            match known.as_slice() {
                [] => "fuzz/fuzz_targets is empty".to_owned(),
                _ => format!("one of: {}", known.join(", ")),
            },
        ));
    }
    tools::require(&[CARGO_FUZZ])?;
    // Plain `cargo`, since only rustup's own understands `+nightly`.
    tools::run(
        Command::new("cargo")
            .args(["+nightly", "fuzz", "run", "--fuzz-dir", "fuzz"])
            .args([&options.target, "--"])
            .arg(format!("-max_total_time={}", options.seconds))
            .env_remove("RUSTUP_TOOLCHAIN")
            .current_dir(&workspace.root),
    )
}

fn targets(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let entries = match folder.read_dir() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(names),
        entries => entries.with_context(|| format!("cannot list {}", folder.display()))?,
    };
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            names.extend(
                path.file_stem()
                    .map(|stem| stem.to_string_lossy().into_owned()),
            );
        }
    }
    names.sort();
    Ok(names)
}
