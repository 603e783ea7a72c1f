//! Keeps uploads on disk, one file per content, so that a package nobody uses costs no memory.
//!
//! ```text
//! keep ─► draft ─rename─► kept ─last StoredPackage of this content dropped─► deleted
//!           └─error─► deleted
//! ```
//!
//! The folder is one process's own: whoever gives it removes what a killed process left. Files are not synced. A file
//! that is deleted stays readable for whoever has it open.

use std::{
    collections::HashMap,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;

use crate::{
    Package, PackageError,
    blob::Blob,
    package::{Seen, WeakPackage},
};

/// A folder of uploads. Clones share it.
#[derive(Clone, Debug)]
pub struct PackageStore {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    /// How many stored packages have this content, by its hash.
    claims: Mutex<HashMap<String, usize>>,
}

/// An upload on disk. The file goes with the last of equal content; clones are one.
#[derive(Clone, Debug)]
pub struct StoredPackage {
    stored: Arc<Stored>,
}

#[derive(Debug)]
struct Stored {
    shared: Arc<Shared>,
    hash: String,
    single_name: String,
    len: u64,
    opened: Mutex<Opened>,
}

#[derive(Debug, Default)]
struct Opened {
    /// In use.
    package: Option<Package>,
    /// Forgotten here, but perhaps still held by somebody.
    weak: WeakPackage,
}

impl PackageStore {
    /// Makes the folder where it is not there. No other process may use it.
    ///
    /// # Errors
    ///
    /// [`PackageError::Io`]: it cannot be made.
    pub fn open(folder: &Path) -> Result<Self, PackageError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(PackageError::io("make the folder", folder))?;
        Ok(Self {
            shared: Arc::new(Shared {
                folder: folder.to_owned(),
                claims: Mutex::default(),
            }),
        })
    }

    /// Verifies an upload as [`Package::open`] does, and writes it, unless the same content is there already.
    ///
    /// Costs a hash of the upload, and a write.
    ///
    /// # Errors
    ///
    /// - [`PackageError::Refused`]: the zip is broken, hostile or too large.
    /// - [`PackageError::Io`]: the disk would not.
    pub fn keep(&self, code: Bytes, single_name: &str) -> Result<StoredPackage, PackageError> {
        Package::open(code.clone(), single_name)?;
        let hash = blake3::hash(&code).to_hex().to_string();
        // In one step, so that the last other user of the same content cannot delete it in between.
        let mut claims = self.shared.claims();
        let path = self.shared.path(&hash);
        let len = code.len() as u64;
        let is_there =
            claims.contains_key(&hash) && fs::metadata(&path).is_ok_and(|found| found.len() == len);
        if !is_there {
            write(&path, &code)?;
        }
        *claims.entry(hash.clone()).or_insert(0) += 1;
        drop(claims);
        Ok(StoredPackage {
            stored: Arc::new(Stored {
                shared: Arc::clone(&self.shared),
                hash,
                single_name: single_name.to_owned(),
                len,
                opened: Mutex::default(),
            }),
        })
    }
}

impl StoredPackage {
    /// The package: the one that is open, or opened from disk and kept open until [`Self::forget`].
    ///
    /// Costs a read of the zip's directory where it is not open. Files are read from disk as they are asked for.
    ///
    /// # Errors
    ///
    /// [`PackageError::Io`]: the file cannot be read, or is not what was written.
    pub fn open(&self) -> Result<Package, PackageError> {
        let stored = &self.stored;
        let mut opened = stored.opened();
        if let Some(package) = &opened.package {
            return Ok(package.clone());
        }
        let package = match opened.weak.upgrade() {
            Some(package) => package,
            None => stored.read()?,
        };
        opened.weak = package.downgrade();
        opened.package = Some(package.clone());
        Ok(package)
    }

    /// Lets go of the open package. Who holds it keeps it, and the next [`Self::open`] gives the same one meanwhile.
    pub fn forget(&self) {
        let package = self.stored.opened().package.take();
        // Freed without the lock.
        drop(package);
    }

    /// The hash of the content, BLAKE3 in hexadecimal.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.stored.hash
    }

    /// Bytes on disk.
    #[must_use]
    pub fn stored_bytes(&self) -> u64 {
        self.stored.len
    }
}

impl Shared {
    fn path(&self, hash: &str) -> PathBuf {
        self.folder.join(format!("{hash}.package"))
    }

    fn claims(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.claims.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stored {
    fn opened(&self) -> MutexGuard<'_, Opened> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self) -> Result<Package, PackageError> {
        let path = self.shared.path(&self.hash);
        let open = || {
            let file = File::open(&path)?;
            if file.metadata()?.len() != self.len {
                return Err(io::Error::other("it is not as long as it was written"));
            }
            Ok(file)
        };
        let file = open().map_err(PackageError::io("read", &path))?;
        let blob = Blob::File {
            file: Arc::new(file),
            len: self.len,
        };
        Package::of_blob(blob, &self.single_name, Seen::Before)
    }
}

impl Drop for Stored {
    fn drop(&mut self) {
        let mut claims = self.shared.claims();
        let Some(count) = claims.get_mut(&self.hash) else {
            return;
        };
        *count -= 1;
        if *count == 0 {
            claims.remove(&self.hash);
            // Left to whoever removes the folder where it fails.
            let _ = fs::remove_file(self.shared.path(&self.hash));
        }
    }
}

/// Writes a file so that it is there as a whole or not at all.
fn write(path: &Path, bytes: &[u8]) -> Result<(), PackageError> {
    let draft = path.with_extension("draft");
    let written = || {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&draft)?;
        file.write_all(bytes)?;
        fs::rename(&draft, path)
    };
    written().map_err(|error| {
        let _ = fs::remove_file(&draft);
        PackageError::io("write", path)(error)
    })
}
