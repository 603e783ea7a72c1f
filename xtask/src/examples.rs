//! The functions in `examples/`: what they are, and how those that need a compiler are built.
//!
//! A compiler, or Rust's target for it, that is missing and cannot be had is no error: its examples are skipped with a
//! reason that says how to get it. A compiler that is there and fails is an error.

mod build;

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

use crate::workspace::Workspace;

/// One function of `examples/examples.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Example {
    /// The name it is registered under.
    pub(crate) name: String,
    /// The language, for people.
    pub(crate) language: String,
    /// The runtime, for the server.
    pub(crate) runtime: String,
    /// What makes its module; a source file where nothing does.
    pub(crate) build: Option<Compiler>,
    /// Its code: a path in `examples/`, or the name of a built module.
    pub(crate) file: String,
    /// The handler, where the usual one is not meant.
    pub(crate) handler: Option<String>,
    /// The event, as JSON text.
    pub(crate) event: String,
    /// The reply of a pristine sandbox.
    #[serde(deserialize_with = "json_text")]
    pub(crate) reply: Value,
    /// The reply of the same sandbox to the second invocation, for functions that remember.
    #[serde(default, deserialize_with = "some_json_text")]
    pub(crate) second_reply: Option<Value>,
}

/// What turns an example's source into a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Compiler {
    /// cargo, target `wasm32-wasip1`.
    Rust,
    /// `zig cc` from PyPI.
    C,
    /// The Go toolchain.
    Go,
}

/// A compiler whose examples were not built.
pub(crate) struct Skip {
    compiler: Compiler,
    reason: String,
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "examples in {:?}: {}", self.compiler, self.reason)
    }
}

/// What building made.
pub(crate) struct Built {
    /// The folder of modules.
    pub(crate) folder: PathBuf,
    /// What could not be built here, and why.
    pub(crate) skipped: Vec<Skip>,
}

impl Built {
    /// Whether the example's code is there.
    pub(crate) fn has(&self, example: &Example) -> bool {
        let skipped = |compiler| self.skipped.iter().any(|skip| skip.compiler == compiler);
        !example.build.is_some_and(skipped)
    }

    /// Says loudly what was not built.
    pub(crate) fn tell_skipped(&self) {
        for skip in &self.skipped {
            eprintln!("SKIPPED: {skip}");
        }
    }

    /// The example's code.
    pub(crate) fn code(&self, root: &Path, example: &Example) -> Result<Vec<u8>> {
        let path = match example.build {
            Some(_) => self.folder.join(&example.file),
            None => root.join("examples").join(&example.file),
        };
        fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    }
}

/// Reads the list of examples.
pub(crate) fn list(root: &Path) -> Result<Vec<Example>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Manifest {
        example: Vec<Example>,
    }
    let path = root.join("examples/examples.toml");
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let manifest: Manifest =
        toml::from_str(&text).with_context(|| format!("{} is malformed", path.display()))?;
    Ok(manifest.example)
}

/// Builds every example that needs it.
pub(crate) fn build(workspace: &Workspace) -> Result<Built> {
    let folder = workspace.example_modules();
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut skipped = Vec::new();
    for (compiler, made) in [
        (Compiler::Rust, build::rust(workspace, &folder)?),
        (Compiler::C, build::c(workspace, &folder)?),
        (Compiler::Go, build::go(workspace, &folder)?),
    ] {
        if let build::Made::Skipped(reason) = made {
            skipped.push(Skip { compiler, reason });
        }
    }
    Ok(Built { folder, skipped })
}

/// Builds, and says where the modules are and what was skipped.
pub(crate) fn build_and_tell(workspace: &Workspace) -> Result<()> {
    let built = build(workspace)?;
    built.tell_skipped();
    println!("{}", built.folder.display());
    Ok(())
}

fn json_text<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Value, D::Error> {
    let text = String::deserialize(from)?;
    serde_json::from_str(&text).map_err(serde::de::Error::custom)
}

fn some_json_text<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    json_text(from).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_examples_is_well_formed_and_names_files_that_exist() {
        let root = Workspace::locate().unwrap().root;
        let examples = list(&root).unwrap();
        assert!(!examples.is_empty());
        for example in examples {
            serde_json::from_str::<Value>(&example.event).unwrap();
            if example.build.is_none() {
                let file = root.join("examples").join(&example.file);
                assert!(file.is_file(), "{}", file.display());
            }
        }
    }
}
