//! The functions in `examples/`: what they are, and how those that need a compiler or a package manager are built.
//!
//! A compiler, or Rust's target for it, that is missing and cannot be had is no error: its examples are skipped with a
//! reason that says how to get it. A compiler that is there and fails is an error. So it is with npm packages.

mod build;
mod npm;

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

use crate::workspace::Workspace;

/// What stands for `HOST:PORT` of the server that an example runs on.
const ADDRESS: &str = "{address}";

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
    /// What makes its module or zip; a source file where nothing does.
    pub(crate) build: Option<Compiler>,
    /// Its code: a path in `examples/`, or the name of what was built.
    pub(crate) file: String,
    /// The handler, where the usual one is not meant.
    pub(crate) handler: Option<String>,
    /// Where it may connect to, where the usual is not meant; [`ADDRESS`] stands for the server's own address.
    pub(crate) egress: Option<String>,
    /// The event, as JSON text, in which [`ADDRESS`] stands for the server's own address.
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
    /// npm for the packages, and `hydra pack`.
    Npm,
}

impl Example {
    /// The example as it is for a server at `address`.
    pub(crate) fn on(mut self, address: &str) -> Self {
        self.event = self.event.replace(ADDRESS, address);
        self.egress = self.egress.map(|list| list.replace(ADDRESS, address));
        self
    }

    /// What its one source file is called, by which the server tells kinds of modules apart.
    pub(crate) fn source_name(&self) -> Option<&str> {
        match self.build {
            Some(_) => None,
            None => Path::new(&self.file).file_name()?.to_str(),
        }
    }
}

/// A compiler, or npm, whose examples were not built.
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
    /// The folder of modules and zips.
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

/// Builds every example that needs it, and `hydra`, which packs some.
pub(crate) fn build(workspace: &Workspace) -> Result<Built> {
    let folder = workspace.example_modules();
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut skipped = Vec::new();
    for (compiler, made) in [
        (Compiler::Rust, build::rust(workspace, &folder)?),
        (Compiler::C, build::c(workspace, &folder)?),
        (Compiler::Go, build::go(workspace, &folder)?),
        (Compiler::Npm, npm::npm(workspace, &folder)?),
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
        for example in &examples {
            serde_json::from_str::<Value>(&example.event).unwrap();
            if example.build.is_none() {
                let file = root.join("examples").join(&example.file);
                assert!(file.is_file(), "{}", file.display());
            }
        }
        // Every folder with packages is tried.
        let mut packed: Vec<&str> = examples
            .iter()
            .filter(|example| example.build == Some(Compiler::Npm))
            .map(|example| example.file.as_str())
            .collect();
        packed.sort_unstable();
        let folders = npm::sources(&root).unwrap();
        let names = folders.iter().filter_map(|path| path.file_name());
        let zips: Vec<String> = names
            .map(|name| format!("{}.zip", name.display()))
            .collect();
        assert_eq!(packed, zips);
    }

    #[test]
    fn an_example_gets_the_address_of_its_server() {
        let example: Example = toml::from_str(
            r#"
            name = "asks"
            language = "JavaScript"
            runtime = "javascript"
            file = "javascript/asks.mjs"
            egress = "localhost,{address}"
            event = '{"url":"http://{address}/x"}'
            reply = 'null'
            "#,
        )
        .unwrap();
        let example = example.on("127.0.0.1:9");
        assert_eq!(example.egress.as_deref(), Some("localhost,127.0.0.1:9"));
        assert_eq!(example.event, r#"{"url":"http://127.0.0.1:9/x"}"#);
        assert_eq!(example.source_name(), Some("asks.mjs"));
        let built = Example {
            build: Some(Compiler::Npm),
            ..example
        };
        assert_eq!(built.source_name(), None);
    }
}
