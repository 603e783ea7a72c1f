//! The project's own rules, those no compiler checks. `docs` and `ARCHITECTURE.md` say why they hold.
//!
//! - [`edges`]: which crate may know which, and which may know tokio.
//! - [`sources`]: what every source file looks like.
//!
//! Both are pure: what they judge is read here.

mod edges;
mod sources;
mod tokens;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::workspace::Workspace;

use self::{edges::Package, sources::Source};

/// Folders that hold no source of ours.
const FOREIGN: [&str; 5] = ["target", "node_modules", "corpus", "artifacts", "runs"];

/// Every breach of a rule in the repository, in words.
pub(crate) fn faults(workspace: &Workspace) -> Result<Vec<String>> {
    let packages = edges::packages(&workspace.metadata, &workspace.root)?;
    let sources = read_sources(&workspace.root)?;
    let architecture = fs::read_to_string(workspace.root.join("ARCHITECTURE.md")).ok();
    let mut faults = edges::faults(&packages);
    faults.extend(sources::faults(&sources));
    faults.extend(unnamed(&packages, architecture.as_deref()));
    Ok(faults)
}

/// Crates that `ARCHITECTURE.md` does not name by their folder.
fn unnamed(packages: &[Package], architecture: Option<&str>) -> Vec<String> {
    let Some(text) = architecture else {
        return vec!["ARCHITECTURE.md is missing".to_owned()];
    };
    packages
        .iter()
        .filter(|package| !names(text, &package.folder))
        .map(|package| format!("ARCHITECTURE.md does not name {}", package.folder))
        .collect()
}

/// Whether `text` holds `folder`, and not only as the beginning of a longer name.
fn names(text: &str, folder: &str) -> bool {
    text.match_indices(folder).any(|(at, _)| {
        let next = text[at + folder.len()..].chars().next();
        !next.is_some_and(|c| c.is_alphanumeric() || c == '-' || c == '_')
    })
}

fn read_sources(root: &Path) -> Result<Vec<Source>> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries =
            fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            let path = entry.path();
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let kind = entry.file_type()?;
            if kind.is_dir() && !name.starts_with('.') && !FOREIGN.contains(&&*name) {
                folders.push(path);
            } else if kind.is_file() && name.ends_with(".rs") {
                found.push(read_source(root, &path)?);
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn read_source(root: &Path, path: &Path) -> Result<Source> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let path = path.strip_prefix(root).unwrap_or(path);
    Ok(Source::new(path.to_string_lossy().into_owned(), text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_keeps_its_rules() {
        let faults = faults(&Workspace::locate().unwrap()).unwrap();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    #[test]
    fn a_crate_is_named_only_by_its_whole_folder() {
        let check = |text, expected| {
            assert_eq!(names(text, "crates/sandbox"), expected, "{text}");
        };
        check("`crates/sandbox/` holds the contract", true);
        check("crates/sandbox", true);
        check("crates/sandbox-wasm only", false);
        check("crates/sandbox-wasm, crates/sandbox.", true);
    }
}
