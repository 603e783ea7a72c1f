//! `cargo xtask guests`: fetches the JavaScript guest and verifies it; [`library`] builds what goes beside it.
//!
//! ```text
//! npm pack ─► tarball ─sha512 equals pin─► unpacked file ─sha256 equals pin─► renamed into the guests folder
//! ```
//!
//! Invariant: a file in the guests folder under its final name had the pinned checksum when it was put there.
//! Compiling the guest is the server's affair.

mod library;

use std::{
    fs, io,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::{
    checksum,
    tools::{self, Advice, FETCH_LIMIT},
    workspace::Workspace,
};

const PIN_FILE: &str = "guests/javascript/package.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pin {
    package: String,
    version: String,
    integrity: String,
    file: String,
    sha256: String,
    install_as: String,
    /// See the pin file.
    interface: u32,
}

/// Installs what is missing; returns the guests folder.
pub(crate) fn install(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.guests();
    install_guest(workspace, &folder)?;
    library::install(workspace, &folder)?;
    Ok(folder)
}

fn install_guest(workspace: &Workspace, folder: &Path) -> Result<()> {
    let pin = read_pin(&workspace.root)?;
    let installed = folder.join(&pin.install_as);
    if is_installed(&pin, &installed)? {
        eprintln!(
            "» guest {}@{} is there: {}",
            pin.package,
            pin.version,
            installed.display()
        );
        return Ok(());
    }
    tools::require(&[tools::NPM])?;
    let what = format!("fetching the guest {}@{}", pin.package, pin.version);
    tools::step(&what, || {
        let work = tempfile::tempdir().context("cannot make a temporary folder")?;
        let tarball = fetch(&pin, work.path())?;
        let guest = unpack(&pin, &tarball, work.path())?;
        publish(&guest, &installed)
    })?;
    eprintln!("  installed {}", installed.display());
    Ok(())
}

fn read_pin(root: &Path) -> Result<Pin> {
    let text = fs::read_to_string(root.join(PIN_FILE))
        .with_context(|| format!("cannot read {PIN_FILE}"))?;
    toml::from_str(&text).with_context(|| format!("{PIN_FILE} is malformed"))
}

fn is_installed(pin: &Pin, path: &Path) -> Result<bool> {
    match fs::read(path) {
        Ok(bytes) => Ok(checksum::sha256_hex(&bytes) == pin.sha256),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Lets npm fetch the tarball; returns its path, verified.
fn fetch(pin: &Pin, work: &Path) -> Result<PathBuf> {
    let package = format!("{}@{}", pin.package, pin.version);
    let fetched = tools::run_quietly(
        Command::new(tools::NPM.program)
            .args(["pack", &package, "--pack-destination"])
            .arg(work)
            .current_dir(work),
        FETCH_LIMIT,
    );
    if let Err(error) = fetched {
        return Err(Advice::error(
            format!("npm could not fetch {package}: {error:#}"),
            format!(
                "the registry must be reachable once (`npm ping` tells); or put {} with SHA-256 {} into the guests folder by hand",
                pin.install_as, pin.sha256
            ),
        ));
    }
    let tarball = only_tarball(work)?;
    let bytes = fs::read(&tarball).context("cannot read the tarball")?;
    let found = checksum::integrity(&bytes);
    checksum::expect_equal(
        &format!("the tarball of {package}"),
        &pin.integrity,
        &found,
        PIN_FILE,
    )?;
    Ok(tarball)
}

fn only_tarball(folder: &Path) -> Result<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).context("cannot list the temporary folder")? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "tgz") {
            found.push(path);
        }
    }
    match <[PathBuf; 1]>::try_from(found) {
        Ok([tarball]) => Ok(tarball),
        Err(found) => bail!("npm pack left {} tarballs instead of one", found.len()),
    }
}

/// Takes the one file out of the tarball; returns its bytes, verified.
fn unpack(pin: &Pin, tarball: &Path, work: &Path) -> Result<Vec<u8>> {
    tools::run_quietly(
        Command::new("tar")
            .arg("-xzf")
            .arg(tarball)
            .arg("-C")
            .arg(work)
            .arg(&pin.file),
        FETCH_LIMIT,
    )?;
    let bytes = fs::read(work.join(&pin.file))
        .with_context(|| format!("cannot read {} out of the package", pin.file))?;
    checksum::expect_equal(
        &pin.file,
        &pin.sha256,
        &checksum::sha256_hex(&bytes),
        PIN_FILE,
    )?;
    Ok(bytes)
}

/// Puts `bytes` under its final name in one step, so that no reader sees half of it.
fn publish(bytes: &[u8], path: &Path) -> Result<()> {
    let folder = path.parent().context("the guests folder has no parent")?;
    let published = (|| -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let mut draft = tempfile::NamedTempFile::new_in(folder)?;
        draft.write_all(bytes)?;
        draft
            .as_file()
            .set_permissions(fs::Permissions::from_mode(0o644))?;
        draft.as_file().sync_all()?;
        draft.persist(path)?;
        Ok(())
    })();
    published.with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(sha256: &str) -> Pin {
        Pin {
            sha256: sha256.to_owned(),
            ..read_pin(&Workspace::locate().unwrap().root).unwrap()
        }
    }

    #[test]
    fn a_guest_counts_as_installed_only_with_the_pinned_checksum() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep").join("guest.wasm");
        let pin = pin(&checksum::sha256_hex(b"module"));
        assert!(!is_installed(&pin, &path).unwrap());
        publish(b"modulf", &path).unwrap();
        assert!(!is_installed(&pin, &path).unwrap());
        publish(b"module", &path).unwrap();
        assert!(is_installed(&pin, &path).unwrap());
        // Drafts do not stay behind.
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_tarball_whose_file_was_changed_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let pin = pin(&checksum::sha256_hex(b"module"));
        let file = folder.path().join(&pin.file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        let tarball = folder.path().join("x.tgz");
        for (content, accepted) in [("module", true), ("modulf", false)] {
            fs::write(&file, content).unwrap();
            tools::run(
                Command::new("tar")
                    .arg("-czf")
                    .arg(&tarball)
                    .arg("-C")
                    .arg(folder.path())
                    .arg("package"),
            )
            .unwrap();
            let result = unpack(&pin, &tarball, folder.path());
            assert_eq!(result.is_ok(), accepted, "{content}: {result:?}");
        }
    }
}
