//! The folder of this process's function images.
//!
//! A function lives as long as the process that it is registered with, and so do its images; base images are shared
//! by all processes and stay. So each process publishes function images into a folder of its own and holds a lock on
//! a file in it. Whoever starts removes the folders that nobody holds any more: their processes ended, however they
//! ended.
//!
//! ```text
//! images/
//!   base/  key/  …              shared, see hydra-image
//!   processes/<pid>-<random>/   one process's: `owner` (locked), function/, …
//! ```

use std::{
    fs::{self, File, TryLockError},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

/// Holds the lock; the folder is removed with it, or by the next process to start.
pub(crate) struct OwnImages {
    folder: PathBuf,
    _owner: File,
}

impl OwnImages {
    /// Makes a folder for this process below `images`, and removes those of processes that have ended.
    pub(crate) fn claim(images: &Path) -> io::Result<Self> {
        let all = images.join("processes");
        private_folder(&all)?;
        // One process at a time comes and sweeps: between making a folder and locking it, it looks abandoned.
        let door = File::create(all.join("door"))?;
        door.lock()?;
        sweep(&all)?;
        let random = getrandom::u32().map_err(io::Error::other)?;
        let folder = all.join(format!("{}-{random:08x}", std::process::id()));
        private_folder(&folder)?;
        let owner = File::create(folder.join("owner"))?;
        owner.lock()?;
        Ok(Self {
            folder,
            _owner: owner,
        })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for OwnImages {
    fn drop(&mut self) {
        // Left to the next process where it fails.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn private_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
}

fn sweep(all: &Path) -> io::Result<()> {
    for entry in fs::read_dir(all)? {
        let folder = entry?.path();
        if folder.is_dir() && is_abandoned(&folder)? {
            fs::remove_dir_all(&folder)?;
        }
    }
    Ok(())
}

fn is_abandoned(folder: &Path) -> io::Result<bool> {
    match File::open(folder.join("owner")) {
        Ok(owner) => match owner.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        },
        // Its process ended before it had locked it; the door says that none is doing so now.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_processes_that_ended_are_swept_and_others_stay() {
        let images = tempfile::tempdir().unwrap();
        let alive = OwnImages::claim(images.path()).unwrap();
        let dead = images.path().join("processes/1-dead");
        fs::create_dir_all(dead.join("function")).unwrap();
        fs::write(dead.join("owner"), "").unwrap();
        fs::create_dir(images.path().join("processes/2-unborn")).unwrap();

        let second = OwnImages::claim(images.path()).unwrap();
        assert!(alive.folder().is_dir() && second.folder().is_dir());
        assert!(!dead.exists());
        let gone = second.folder().to_owned();
        drop(second);
        assert!(!gone.exists());
        let left = fs::read_dir(images.path().join("processes")).unwrap();
        assert_eq!(left.count(), 2, "the living one and the door");
    }
}
