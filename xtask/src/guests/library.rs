//! Builds the JavaScript library out of `guests/javascript/library` and puts it beside the guest.
//!
//! ```text
//! package-lock.json ─npm ci─► node_modules in the cache ┐
//! library/**, build.mjs ────────────────────────────────┴─esbuild─► library.js in the guests folder
//! ```
//!
//! The first line of `library.js` says from what it was made; the server looks at the interface's number in it.

use std::{
    fs,
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result};

use crate::{
    checksum,
    tools::{self, Advice, FETCH_LIMIT},
    workspace::Workspace,
};

const FOLDER: &str = "guests/javascript";
const FILE: &str = "library.js";
const BUILD_LIMIT: Duration = Duration::from_secs(120);

/// Builds the library where it is missing or older than its sources.
pub(super) fn install(workspace: &Workspace, guests: &Path) -> Result<()> {
    let sources = workspace.root.join(FOLDER);
    let head = format!(
        "// hydra javascript library, interface {}, sources {}",
        super::read_pin(&workspace.root)?.interface,
        hash_of(&sources)?
    );
    let installed = guests.join(FILE);
    if first_line(&installed)?.as_deref() == Some(&head) {
        eprintln!("» the JavaScript library is there: {}", installed.display());
        return Ok(());
    }
    tools::require(&[tools::NPM, tools::NODE])?;
    tools::step("building the JavaScript library", || {
        let modules = packages(workspace, &sources)?;
        let work = tempfile::tempdir().context("cannot make a temporary folder")?;
        let bundle = work.path().join(FILE);
        tools::run_quietly(
            Command::new(tools::NODE.program)
                .arg(sources.join("build.mjs"))
                .args([&modules, &bundle]),
            BUILD_LIMIT,
        )?;
        let bundle = fs::read(&bundle).context("cannot read the bundle")?;
        super::publish(&[head.as_bytes(), b"\n", &bundle].concat(), &installed)
    })?;
    eprintln!("  installed {}", installed.display());
    Ok(())
}

/// A folder that npm filled from the lock file; made once per lock file.
fn packages(workspace: &Workspace, sources: &Path) -> Result<PathBuf> {
    let lock = fs::read(sources.join("package-lock.json")).context("cannot read the lock file")?;
    let name = format!("javascript-library-{}", &checksum::sha256_hex(&lock)[..16]);
    let folder = workspace.cache.join("tools").join(name);
    let modules = folder.join("node_modules");
    let finished = folder.join("finished");
    if finished.exists() {
        return Ok(modules);
    }
    fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(sources.join(file), folder.join(file))
            .with_context(|| format!("cannot copy {file}"))?;
    }
    let fetched = tools::run_quietly(
        Command::new(tools::NPM.program)
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(&folder),
        FETCH_LIMIT,
    );
    if let Err(error) = fetched {
        return Err(Advice::error(
            format!("npm could not fetch the library's packages: {error:#}"),
            "the registry must be reachable once (`npm ping` tells)",
        ));
    }
    fs::write(&finished, b"").context("cannot mark the packages as fetched")?;
    Ok(modules)
}

/// One hash over names and contents of everything that the bundle is made from.
fn hash_of(sources: &Path) -> Result<String> {
    let mut files = vec![
        sources.join("build.mjs"),
        sources.join("package.json"),
        sources.join("package-lock.json"),
    ];
    collect(&sources.join("library"), &mut files)?;
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let name = file.strip_prefix(sources).unwrap_or(&file);
        let bytes = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        all.extend_from_slice(name.as_os_str().as_encoded_bytes());
        all.extend_from_slice(checksum::sha256_hex(&bytes).as_bytes());
    }
    Ok(checksum::sha256_hex(&all))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}

fn first_line(path: &Path) -> Result<Option<String>> {
    match fs::File::open(path) {
        Ok(file) => {
            let mut line = String::new();
            BufReader::new(file)
                .read_line(&mut line)
                .with_context(|| format!("cannot read {}", path.display()))?;
            Ok(Some(line.trim_end().to_owned()))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_or_renamed_source_changes_the_hash() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        for name in [
            "build.mjs",
            "package.json",
            "package-lock.json",
            "library/web/a.js",
        ] {
            write(name, "x");
        }
        let first = hash_of(folder.path()).unwrap();
        assert_eq!(hash_of(folder.path()).unwrap(), first);
        write("library/web/a.js", "y");
        let changed = hash_of(folder.path()).unwrap();
        assert_ne!(changed, first);
        write("library/web/a.js", "x");
        fs::rename(
            folder.path().join("library/web/a.js"),
            folder.path().join("library/web/b.js"),
        )
        .unwrap();
        assert_ne!(hash_of(folder.path()).unwrap(), first);
    }
}
