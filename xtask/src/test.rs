//! `cargo xtask test`: from a fresh clone to tested, in one command.
//!
//! Tests find what was made for them through the environment: `HYDRA_GUESTS` (the guests folder),
//! `HYDRA_EXAMPLES_BUILD` (the folder of modules built from `examples/`) and `HYDRA_BIN` (the built binary).

use anyhow::Result;

use crate::{check, examples, guests, packages, tools, workspace::Workspace};

/// Prepares, checks and tests; the test runner's own lines go through unchanged.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let guests = guests::install(workspace)?;
    let built = examples::build(workspace)?;
    built.tell_skipped();
    check::run(workspace)?;
    let hydra = workspace.build_hydra()?;
    tools::step("running the tests", || {
        tools::run(
            workspace
                .cargo()
                .args(["test", "--release", "--workspace"])
                .env("HYDRA_GUESTS", &guests)
                .env("HYDRA_EXAMPLES_BUILD", &built.folder)
                .env("HYDRA_BIN", &hydra),
        )
    })?;
    tools::step("running functions with npm packages", || {
        packages::run(workspace, &packages::Options::default())
    })
}
