//! A test's own place: folders for guests and images, and the machine to itself.
//!
//! Tests of one process take turns, since they measure time and memory; so a test takes one site, and starts its
//! servers, one after the other or several, in that.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tempfile::TempDir;

use super::server::Server;

static TURN: Mutex<()> = Mutex::new(());

/// Folders that end with the test.
pub(crate) struct Site {
    dir: TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Site {
    /// Waits for its turn. The guests are copies: what a test does to them stays here.
    pub(crate) fn take() -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let dir = TempDir::new().unwrap();
        let site = Self { dir, _turn: turn };
        copy_guest(&site.guests());
        site
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn guests(&self) -> PathBuf {
        self.dir.path().join("guests")
    }

    pub(crate) fn images(&self) -> PathBuf {
        self.dir.path().join("images")
    }

    /// Starts a server on a free loopback port and waits until it is ready.
    pub(crate) fn start(&self, flags: &[&str]) -> Server {
        let mut all = vec!["--listen", "127.0.0.1:0"];
        all.extend(flags);
        Server::start(self, &all)
    }

    /// The binary with this site's folders, and nothing of the caller's settings.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(binary());
        command
            .env("HYDRA_GUESTS", self.guests())
            .env("HYDRA_DATA", self.images())
            .env_remove("HYDRA_LOG")
            .stdin(Stdio::null());
        command
    }

    /// Runs the binary to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command().args(arguments).output().unwrap()
    }
}

fn binary() -> PathBuf {
    let given = env::var_os("HYDRA_BIN").map(PathBuf::from);
    let path = given.unwrap_or_else(|| target().join("release").join("hydra"));
    assert!(
        path.is_file(),
        "{} is missing: cargo build --release -p hydra",
        path.display()
    );
    path
}

/// A module built from `examples/`; `None`, said loudly, where the compiler for it was not there.
pub(crate) fn example(name: &str) -> Option<Vec<u8>> {
    let given = env::var_os("HYDRA_EXAMPLES_BUILD").map(PathBuf::from);
    let path = given
        .unwrap_or_else(|| target().join("example-modules"))
        .join(name);
    let code = fs::read(&path).ok();
    if code.is_none() {
        eprintln!("SKIPPED: {} is missing", path.display());
    }
    code
}

fn target() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target")
}

/// Copies the guest, and its machine code where that is at hand.
fn copy_guest(to: &Path) {
    let from = env::var_os("HYDRA_GUESTS").map_or_else(default_guests, PathBuf::from);
    fs::create_dir_all(to).unwrap();
    for file in ["quickjs.wasm", "library.js"] {
        let guest = from.join(file);
        fs::copy(&guest, to.join(file)).unwrap_or_else(|error| {
            panic!("{}: {error}; run `cargo xtask guests`", guest.display())
        });
    }
    for entry in fs::read_dir(from.join("code")).into_iter().flatten() {
        let entry = entry.unwrap();
        let code = to.join("code");
        if !code.exists() {
            use std::os::unix::fs::DirBuilderExt;
            fs::DirBuilder::new().mode(0o700).create(&code).unwrap();
        }
        // A draft that another process renames meanwhile is no loss.
        let _gone = fs::copy(entry.path(), code.join(entry.file_name()));
    }
}

fn default_guests() -> PathBuf {
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.unwrap_or_else(|| PathBuf::from(env::var_os("HOME").unwrap()).join(".cache"));
    cache.join("hydra").join("guests")
}

/// Where servers over `images` keep the images of their functions: a folder per process.
pub(crate) fn function_folders(images: &Path) -> Vec<PathBuf> {
    let Ok(processes) = fs::read_dir(images.join("processes")) else {
        return Vec::new();
    };
    let folders = processes.map(|entry| entry.unwrap().path().join("function"));
    folders.filter(|folder| folder.is_dir()).collect()
}
