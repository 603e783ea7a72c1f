//! JavaScript examples with packages from npm: installed outside of the tree and packed by `hydra pack`.
//!
//! ```text
//! examples/javascript/NAME ─copy─► target/example-packages/NAME ─npm ci─► node_modules ─hydra pack─► NAME.zip
//! ```
//!
//! Every folder there that has a `package.json` is such an example. npm runs again only when a lock file changes.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{
    checksum,
    tools::{self, FETCH_LIMIT, NPM},
    workspace::Workspace,
};

use super::build::{Made, missing};

const SOURCES: &str = "examples/javascript";
const MANIFEST: &str = "package.json";
const LOCK: &str = "package-lock.json";
const MODULES: &str = "node_modules";

/// Makes one zip for each example with packages.
pub(super) fn npm(workspace: &Workspace, folder: &Path) -> Result<Made> {
    if !NPM.is_there() {
        return Ok(missing(&NPM));
    }
    let stage = workspace.target.join("example-packages");
    let sources = sources(&workspace.root)?;
    let mut staged = Vec::new();
    for source in &sources {
        let name = source.file_name().context("a folder without a name")?;
        let there = stage.join(name);
        bring_up_to_date(source, &there)?;
        if let Err(error) = install(&there) {
            // Without the package registry everything else still works.
            return Ok(Made::Skipped(format!("{error:#}")));
        }
        staged.push((there, folder.join(name).with_added_extension("zip")));
    }
    let hydra = workspace.build_hydra()?;
    tools::step("packing the examples with npm packages", || {
        staged.iter().try_for_each(|(from, to)| {
            let mut pack = Command::new(&hydra);
            tools::run_quietly(pack.arg("pack").arg(from).arg("-o").arg(to), FETCH_LIMIT)
        })
    })?;
    Ok(Made::Modules)
}

/// The folders of examples with packages, sorted.
pub(super) fn sources(root: &Path) -> Result<Vec<PathBuf>> {
    let folder = root.join(SOURCES);
    let entries = fs::read_dir(&folder).with_context(|| format!("cannot list {SOURCES}"))?;
    let mut found = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<Vec<_>>>()?;
    found.retain(|path| path.join(MANIFEST).is_file());
    found.sort();
    Ok(found)
}

/// Makes `there` hold the files of `source`, no others, and the packages that it had.
fn bring_up_to_date(source: &Path, there: &Path) -> Result<()> {
    let done = (|| -> io::Result<()> {
        fs::create_dir_all(there)?;
        for entry in fs::read_dir(there)? {
            let entry = entry?;
            if entry.file_name() == MODULES {
                continue;
            }
            if entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            } else {
                fs::remove_file(entry.path())?;
            }
        }
        copy(source, there)
    })();
    done.with_context(|| format!("cannot copy {} to {}", source.display(), there.display()))
}

/// Copies files and folders, without packages that somebody installed by hand.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_name() == MODULES {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::create_dir_all(&target)?;
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

/// Has npm install what the lock file says, where it has not done so yet.
fn install(there: &Path) -> Result<()> {
    let lock = there.join(LOCK);
    let lock = fs::read(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    let wanted = checksum::sha256_hex(&lock);
    let mark = there.with_added_extension("installed");
    if fs::read_to_string(&mark).is_ok_and(|found| found == wanted) && there.join(MODULES).is_dir()
    {
        return Ok(());
    }
    let name = there.file_name().unwrap_or_default().to_string_lossy();
    tools::step(&format!("fetching the npm packages of {name}"), || {
        tools::run_quietly(
            Command::new(NPM.program)
                .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
                .current_dir(there),
            FETCH_LIMIT,
        )
    })
    .context("the npm registry must be reachable once (`npm ping` tells)")?;
    fs::write(&mark, wanted).with_context(|| format!("cannot write {}", mark.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_staged_folder_holds_what_the_source_has_now_and_its_packages() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("source/index.js", "new");
        write("source/views/a.html", "a");
        write("source/node_modules/by-hand/index.js", "no");
        write("there/index.js", "old");
        write("there/gone.js", "old");
        write("there/gone/too.js", "old");
        write("there/node_modules/kept/index.js", "kept");
        let there = folder.path().join("there");
        bring_up_to_date(&folder.path().join("source"), &there).unwrap();
        let read = |path: &str| fs::read_to_string(there.join(path)).ok();
        let check = |path: &str, expected: Option<&str>| {
            assert_eq!(read(path).as_deref(), expected, "{path}");
        };
        check("index.js", Some("new"));
        check("views/a.html", Some("a"));
        check("gone.js", None);
        check("gone/too.js", None);
        check("node_modules/kept/index.js", Some("kept"));
        check("node_modules/by-hand/index.js", None);
    }

    #[test]
    fn packages_are_installed_once_per_lock_file() {
        let folder = tempfile::tempdir().unwrap();
        let there = folder.path().join("app");
        fs::create_dir_all(there.join(MODULES)).unwrap();
        let mark = folder.path().join("app.installed");
        let lock = br#"{"lockfileVersion":3,"packages":{}}"#;
        fs::write(there.join(LOCK), lock).unwrap();
        fs::write(&mark, checksum::sha256_hex(lock)).unwrap();
        // npm would fail: there is no package.json.
        install(&there).unwrap();
        fs::write(&mark, "another").unwrap();
        assert!(install(&there).is_err());
        assert_eq!(fs::read_to_string(&mark).unwrap(), "another");
    }

    #[test]
    fn lock_files_pin_contents_and_name_no_registry() {
        let sources = sources(&Workspace::locate().unwrap().root).unwrap();
        assert!(!sources.is_empty());
        for source in sources {
            let text = fs::read_to_string(source.join(LOCK)).unwrap();
            assert!(
                !text.contains("resolved") && !text.contains("://registry"),
                "{text}"
            );
            assert!(text.contains("\"integrity\": \"sha512-"), "{text}");
        }
    }
}
