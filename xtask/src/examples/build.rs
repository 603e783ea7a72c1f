//! The compilers behind the examples: where each is found, and the command that makes a `wasm32-wasip1` module.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, anyhow};

use crate::{
    tools::{self, FETCH_LIMIT, GO, PYTHON},
    workspace::Workspace,
};

const TARGET: &str = "wasm32-wasip1";
/// The PyPI package that brings `zig cc`.
const ZIGLANG_VERSION: &str = "0.17.0";
/// The first Go that exports functions from `GOOS=wasip1` modules.
const GO_MINOR_MIN: u32 = 24;
/// Folders of Go examples: what builds each, and the module it becomes.
const GO_MODULES: [(&str, &str, &str); 2] = [
    ("hello", "-buildmode=exe", "go_hello.wasm"),
    ("reactor", "-buildmode=c-shared", "go_reactor.wasm"),
];

/// Modules that cargo makes, and the names they get among the built ones.
const RUST_MODULES: [(&str, &str); 2] = [
    ("hello.wasm", "rust_hello.wasm"),
    ("wordcount_reactor.wasm", "wordcount_reactor.wasm"),
];

/// What became of a build that may be skipped.
pub(super) enum Made {
    /// The modules are in the folder.
    Modules,
    /// Why they are not.
    Skipped(String),
}

/// Builds the Rust examples, adding the target where it is missing.
pub(super) fn rust(workspace: &Workspace, folder: &Path) -> Result<Made> {
    if !has_rust_target(workspace)? {
        eprintln!("  the Rust target {TARGET} is missing; adding it with rustup");
        let mut rustup = Command::new("rustup");
        rustup.args(["target", "add", TARGET]);
        if let Err(error) = tools::run(rustup.current_dir(&workspace.root)) {
            return Ok(Made::Skipped(format!(
                "the Rust target {TARGET} is missing; `rustup target add {TARGET}` ({error:#})"
            )));
        }
    }
    tools::step("building the Rust examples", || {
        build_rust(workspace, folder)
    })?;
    Ok(Made::Modules)
}

fn build_rust(workspace: &Workspace, folder: &Path) -> Result<()> {
    let target = workspace.target.join("examples-rust");
    tools::run(
        workspace
            .cargo()
            .args(["build", "--release", "--locked", "--target", TARGET])
            .args(["--manifest-path", "examples/rust/Cargo.toml"])
            .arg("--target-dir")
            .arg(&target),
    )?;
    let made = target.join(TARGET).join("release");
    for (from, to) in RUST_MODULES {
        fs::copy(made.join(from), folder.join(to))
            .with_context(|| format!("cannot copy {from} to {}", folder.display()))?;
    }
    Ok(())
}

fn has_rust_target(workspace: &Workspace) -> Result<bool> {
    let sysroot = tools::output(
        Command::new("rustc")
            .args(["--print", "sysroot"])
            .current_dir(&workspace.root),
    )?;
    let sysroot = String::from_utf8(sysroot).context("rustc names a sysroot that is no text")?;
    let libraries = Path::new(sysroot.trim()).join("lib/rustlib");
    Ok(libraries.join(TARGET).is_dir())
}

/// Builds the C example with `zig cc`, installing that where it is missing.
pub(super) fn c(workspace: &Workspace, folder: &Path) -> Result<Made> {
    if !PYTHON.is_there() {
        return Ok(missing(&PYTHON));
    }
    let python = match tools::step("looking for zig cc", || zig_python(workspace)) {
        Ok(python) => python,
        // Without the package registry everything else still works.
        Err(error) => return Ok(Made::Skipped(format!("{error:#}"))),
    };
    tools::step("building the C example", || {
        tools::run_quietly(
            Command::new(python)
                .args(["-m", "ziglang", "cc", "-target", "wasm32-wasi", "-Os", "-s"])
                .args(["-Wall", "-Wextra", "-Werror", "-o"])
                .arg(folder.join("c_hello.wasm"))
                .arg("examples/c/hello.c")
                .current_dir(&workspace.root),
            FETCH_LIMIT,
        )
    })?;
    Ok(Made::Modules)
}

/// A Python whose `-m ziglang` is the pinned version: that of a virtual environment in the cache.
fn zig_python(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace
        .cache
        .join("tools")
        .join(format!("ziglang-{ZIGLANG_VERSION}"));
    let python = folder.join("bin/python");
    if has_zig(&python) {
        return Ok(python);
    }
    eprintln!(
        "  installing ziglang {ZIGLANG_VERSION} from PyPI (about 100 MB) into {}",
        folder.display()
    );
    // What an interrupted installation left behind is not worth mending.
    let _ = fs::remove_dir_all(&folder);
    tools::run_quietly(
        Command::new(PYTHON.program)
            .args(["-m", "venv"])
            .arg(&folder),
        FETCH_LIMIT,
    )
    .with_context(|| {
        format!(
            "python3 cannot make a virtual environment; {}",
            PYTHON.how_to_get
        )
    })?;
    tools::run_quietly(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--no-deps"])
            .arg("--disable-pip-version-check")
            .arg(format!("ziglang=={ZIGLANG_VERSION}")),
        FETCH_LIMIT,
    )
    .context("pip cannot install ziglang; the package registry must be reachable once")?;
    if has_zig(&python) {
        return Ok(python);
    }
    Err(anyhow!(
        "the ziglang package in {} does not work on this machine",
        folder.display()
    ))
}

fn has_zig(python: &Path) -> bool {
    let version = Command::new(python)
        .args(["-m", "ziglang", "version"])
        .output();
    version.is_ok_and(|output| {
        output.status.success() && String::from_utf8_lossy(&output.stdout).trim() == ZIGLANG_VERSION
    })
}

/// Builds the Go examples.
pub(super) fn go(workspace: &Workspace, folder: &Path) -> Result<Made> {
    if !GO.is_there() {
        return Ok(missing(&GO));
    }
    let version = tools::output(Command::new(GO.program).args(["env", "GOVERSION"]))?;
    let version = String::from_utf8_lossy(&version).trim().to_owned();
    if go_minor(&version).is_some_and(|minor| minor < GO_MINOR_MIN) {
        return Ok(Made::Skipped(format!(
            "{version} is too old; {}",
            GO.how_to_get
        )));
    }
    tools::step("building the Go examples", || {
        for (source, mode, module) in GO_MODULES {
            tools::run(
                Command::new(GO.program)
                    .args(["build", "-trimpath", "-ldflags=-s", mode, "-o"])
                    .arg(folder.join(module))
                    .arg(".")
                    // The examples have no dependencies, so nothing needs fetching; a toolchain neither.
                    .envs([
                        ("GOOS", "wasip1"),
                        ("GOARCH", "wasm"),
                        ("GOTOOLCHAIN", "local"),
                    ])
                    .current_dir(workspace.root.join("examples/go").join(source)),
            )?;
        }
        Ok(())
    })?;
    Ok(Made::Modules)
}

/// The 21 of `go1.21.3`; `None` for what is not a release.
fn go_minor(version: &str) -> Option<u32> {
    let rest = version.strip_prefix("go1.")?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// What becomes of a build whose tool is missing.
pub(super) fn missing(tool: &tools::Tool) -> Made {
    Made::Skipped(format!(
        "{} is missing, wanted for {}; {}",
        tool.program, tool.wanted_for, tool.how_to_get
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_versions_are_understood() {
        let check = |version, expected| assert_eq!(go_minor(version), expected, "{version}");
        check("go1.21", Some(21));
        check("go1.26.8", Some(26));
        check("go1.22rc1", Some(22));
        check("devel go1.27-abc", None);
    }
}
