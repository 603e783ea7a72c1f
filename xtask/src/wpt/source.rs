//! The suites: fetched once from Debian's source packages by `apt-get`, verified, unpacked into the user's cache.
//!
//! ```text
//! apt-get source ─► archive ─sha256 equals pin─► unpacked draft ─rename─► <cache>/conformance/<suite>-<checksum>
//! ```
//!
//! `apt-get` works in a folder of its own: nothing of the machine's package lists changes, and no root is needed. It
//! asks the mirror that the machine is set up for, which must be one of Debian's.
//!
//! Invariant: a suite's folder under its final name came whole out of the archive with the pinned checksum.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::{
    checksum,
    tools::{self, Advice, FETCH_LIMIT, Tool},
    workspace::Workspace,
};

const PIN_FILE: &str = "tests/conformance/sources.toml";
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

const APT: Tool = Tool {
    program: "apt-get",
    wanted_for: "fetching the conformance suites",
    how_to_get: "run this on Debian",
};
const TAR: Tool = Tool {
    program: "tar",
    wanted_for: "unpacking the conformance suites",
    how_to_get: "install tar and xz (Debian: apt-get install tar xz-utils)",
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pin {
    title: String,
    package: String,
    suite: String,
    file: String,
    sha256: String,
    root: String,
    folders: Vec<String>,
}

/// The folder of the suite that the pin file calls `name`; fetches what is missing.
pub(crate) fn install(workspace: &Workspace, name: &str) -> Result<PathBuf> {
    let pin = read_pin(&workspace.root, name)?;
    let store = workspace.cache.join("conformance");
    let folder = store.join(folder_name(name, &pin));
    if folder.is_dir() {
        return Ok(folder);
    }
    fs::create_dir_all(&store).with_context(|| format!("cannot make {}", store.display()))?;
    let work = tempfile::tempdir_in(&store).context("cannot make a temporary folder")?;
    tools::require(&[TAR])?;
    let by_hand = store.join(&pin.file);
    let archive = if by_hand.is_file() {
        by_hand
    } else {
        tools::step(&format!("fetching {}", pin.title), || {
            fetch(&pin, work.path(), &store)
        })?
    };
    tools::step(&format!("unpacking {}", pin.file), || {
        let found = sha256_of(&archive)?;
        checksum::expect_equal(&pin.file, &pin.sha256, &found, PIN_FILE)?;
        let draft = work.path().join("draft");
        unpack(&pin, &archive, &draft)?;
        publish(&draft, &folder)
    })?;
    Ok(folder)
}

fn read_pin(root: &Path, name: &str) -> Result<Pin> {
    let text = fs::read_to_string(root.join(PIN_FILE))
        .with_context(|| format!("cannot read {PIN_FILE}"))?;
    let mut pins: BTreeMap<String, Pin> =
        toml::from_str(&text).with_context(|| format!("{PIN_FILE} is malformed"))?;
    pins.remove(name)
        .with_context(|| format!("{PIN_FILE} has no [{name}]"))
}

/// Another archive, or another choice of its folders, is another folder.
fn folder_name(name: &str, pin: &Pin) -> String {
    let identity = format!("{}\n{}\n{}", pin.sha256, pin.root, pin.folders.join("\n"));
    let checksum = checksum::sha256_hex(identity.as_bytes());
    format!("{name}-{}", &checksum[..16])
}

/// Lets `apt-get` fetch the package's source archives into `work`; returns the pinned one's path.
fn fetch(pin: &Pin, work: &Path, store: &Path) -> Result<PathBuf> {
    tools::require(&[APT])?;
    let mirror = mirror(work)?.ok_or_else(|| {
        Advice::error(
            "no mirror of Debian is among apt's sources",
            by_hand(pin, store),
        )
    })?;
    let config = configure(pin, &mirror, work).context("cannot write apt-get's configuration")?;
    let apt = |arguments: &[&str]| {
        let mut command = Command::new(APT.program);
        command
            .args(arguments)
            .current_dir(work)
            .env("APT_CONFIG", &config);
        tools::run_quietly(&mut command, FETCH_LIMIT)
    };
    apt(&["update"])
        .and_then(|()| apt(&["--download-only", "--tar-only", "source", &pin.package]))
        .map_err(|error| {
            let message = format!("apt-get could not fetch {}: {error:#}", pin.package);
            Advice::error(message, by_hand(pin, store))
        })?;
    let archive = work.join(&pin.file);
    if !archive.is_file() {
        let message = format!(
            "Debian {} has another version of {} than {PIN_FILE} pins",
            pin.suite, pin.package
        );
        return Err(Advice::error(message, by_hand(pin, store)));
    }
    Ok(archive)
}

/// The mirror of Debian itself among the sources that apt knows, if there is one.
fn mirror(work: &Path) -> Result<Option<String>> {
    let listed = tools::output(
        Command::new(APT.program)
            .args(["indextargets", "--format", "$(REPO_URI)"])
            .current_dir(work),
    )?;
    Ok(debian_mirror(&String::from_utf8_lossy(&listed)))
}

fn debian_mirror(listed: &str) -> Option<String> {
    let uris = listed.lines().map(|uri| uri.trim_end_matches('/'));
    uris.filter(|uri| uri.ends_with("/debian"))
        .map(str::to_owned)
        .next()
}

fn by_hand(pin: &Pin, store: &Path) -> String {
    format!(
        "put {} with SHA-256 {} into {} by hand (Debian keeps old versions in its snapshot archive), or move the pin",
        pin.file,
        pin.sha256,
        store.display()
    )
}

/// Writes what `apt-get` needs to leave the machine's own lists alone; returns the configuration file's path.
fn configure(pin: &Pin, mirror: &str, work: &Path) -> io::Result<PathBuf> {
    for folder in ["state/lists/partial", "cache/archives/partial"] {
        fs::create_dir_all(work.join(folder))?;
    }
    fs::write(work.join("status"), "")?;
    fs::write(
        work.join("sources.list"),
        format!(
            "deb-src [signed-by={KEYRING}] {mirror} {} main\n",
            pin.suite
        ),
    )?;
    let path = work.join("apt.conf");
    let at = work.display();
    fs::write(
        &path,
        format!(
            "Dir::State \"{at}/state\";\nDir::State::status \"{at}/status\";\nDir::Cache \"{at}/cache\";\n\
             Dir::Etc::sourcelist \"{at}/sources.list\";\nDir::Etc::sourceparts \"-\";\n\
             Acquire::Languages \"none\";\nAPT::Sandbox::User \"\";\n"
        ),
    )?;
    Ok(path)
}

fn sha256_of(path: &Path) -> Result<String> {
    let mut file =
        fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut hasher = Sha256::new();
    io::copy(&mut file, &mut hasher)?;
    Ok(hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

fn unpack(pin: &Pin, archive: &Path, draft: &Path) -> Result<()> {
    fs::create_dir_all(draft)?;
    let depth = Path::new(&pin.root).components().count();
    let mut command = Command::new(TAR.program);
    command
        .arg("-xf")
        .arg(archive)
        .arg("-C")
        .arg(draft)
        .arg(format!("--strip-components={depth}"));
    for folder in &pin.folders {
        command.arg(format!("{}/{folder}", pin.root));
    }
    tools::run_quietly(&mut command, FETCH_LIMIT)
}

/// Gives the draft its final name. Somebody else's is as good.
fn publish(draft: &Path, folder: &Path) -> Result<()> {
    match fs::rename(draft, folder) {
        Err(_) if folder.is_dir() => Ok(()),
        done => done.with_context(|| format!("cannot make {}", folder.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mirror_is_debians_own() {
        let listed = "https://example.org/apt/\nhttp://m.example/debian-security/\nhttp://m.example/debian/\n";
        assert_eq!(
            debian_mirror(listed).as_deref(),
            Some("http://m.example/debian")
        );
        assert_eq!(debian_mirror("https://example.org/apt/\n"), None);
    }

    #[test]
    fn the_pins_of_both_suites_are_well_formed() {
        let root = Workspace::locate().unwrap().root;
        for name in ["wpt", "test262"] {
            let pin = read_pin(&root, name).unwrap();
            assert_eq!(pin.sha256.len(), 64, "{name}");
            assert!(!pin.folders.is_empty(), "{name}");
        }
        assert!(read_pin(&root, "no-such-suite").is_err());
    }

    #[test]
    fn an_archive_is_unpacked_without_what_the_pin_leaves_out() {
        let work = tempfile::tempdir().unwrap();
        let at = work.path();
        for file in ["a/b/keep/x.js", "a/b/leave/y.js"] {
            let file = at.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "1").unwrap();
        }
        let archive = at.join("all.tar");
        tools::run(
            Command::new("tar")
                .arg("-cf")
                .arg(&archive)
                .arg("-C")
                .arg(at)
                .arg("a"),
        )
        .unwrap();
        let pin = Pin {
            root: "a/b".to_owned(),
            folders: vec!["keep".to_owned()],
            ..read_pin(&Workspace::locate().unwrap().root, "wpt").unwrap()
        };
        let draft = at.join("draft");
        unpack(&pin, &archive, &draft).unwrap();
        assert!(draft.join("keep/x.js").is_file());
        assert!(!draft.join("leave").exists());
        publish(&draft, &at.join("final")).unwrap();
        assert!(at.join("final/keep/x.js").is_file());
        assert_ne!(sha256_of(&archive).unwrap(), pin.sha256);
    }
}
