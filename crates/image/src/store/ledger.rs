//! The store's directory: its lock, how many bytes its images use, and changes to its files.
//!
//! The file `ledger` holds the bytes used (8, little-endian), and its `flock` is what every process takes before it
//! changes the directory. The count is raised before a file appears and lowered after one is gone, so that a kill
//! in between leaves it too high and never too low; a recount puts it right, at open and before a refusal.
//!
//! Since drafts exist only under the lock, whoever holds it may delete every draft that it did not make.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use hydra_types::Bytes;

use crate::{ImageError, ImageId, encode::Encoded};

/// Long enough to write the largest image; a process that holds the lock for longer is stopped or stuck.
const LOCK_PATIENCE: Duration = Duration::from_secs(10);
const LOCK_RETRY: Duration = Duration::from_millis(1);
const IMAGE_SUFFIX: &str = ".img";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Folder {
    Base,
    Function,
    Key,
    Draft,
}

impl Folder {
    const ALL: [Self; 4] = [Self::Base, Self::Function, Self::Key, Self::Draft];

    fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Function => "function",
            Self::Key => "key",
            Self::Draft => "draft",
        }
    }
}

#[derive(Debug)]
pub(super) struct Ledger {
    dir: PathBuf,
    capacity: Bytes,
    file: File,
}

impl Ledger {
    /// Opens or makes the directory, for this user only: images hold users' data.
    pub(super) fn open(dir: &Path, capacity: Bytes) -> Result<Self, ImageError> {
        for folder in Folder::ALL {
            let path = dir.join(folder.name());
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&path)
                .map_err(ImageError::io("make the directory", &path))?;
        }
        let path = dir.join("ledger");
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(ImageError::io("open", &path))?;
        Ok(Self {
            dir: dir.to_owned(),
            capacity,
            file,
        })
    }

    pub(super) fn path(&self) -> PathBuf {
        self.dir.join("ledger")
    }

    pub(super) fn folder(&self, folder: Folder) -> PathBuf {
        self.dir.join(folder.name())
    }

    pub(super) fn image_path(&self, folder: Folder, id: ImageId) -> PathBuf {
        self.folder(folder).join(format!("{id}{IMAGE_SUFFIX}"))
    }

    /// Every image in a folder; files that are named otherwise are none.
    pub(super) fn ids(&self, folder: Folder) -> Result<Vec<ImageId>, ImageError> {
        let files = files(&self.folder(folder))?;
        let id = |path: &PathBuf| {
            let name = path.file_name()?.to_str()?;
            name.strip_suffix(IMAGE_SUFFIX)?.parse().ok()
        };
        Ok(files.iter().filter_map(id).collect())
    }

    /// Takes the lock that every process sharing the directory respects. The caller holds the store's mutex, since
    /// threads of one process share the lock. Polls, because a waiting `flock` cannot be given a deadline.
    pub(super) fn lock(&self) -> Result<Locked<'_>, ImageError> {
        self.lock_within(LOCK_PATIENCE)
    }

    fn lock_within(&self, patience: Duration) -> Result<Locked<'_>, ImageError> {
        let start = Instant::now();
        loop {
            match self.file.try_lock() {
                Ok(()) => return Ok(Locked { ledger: self }),
                Err(TryLockError::WouldBlock) if start.elapsed() < patience => {
                    thread::sleep(LOCK_RETRY);
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(ImageError::Busy {
                        path: self.path(),
                        waited_ms: u64::try_from(patience.as_millis()).unwrap_or(u64::MAX),
                    });
                }
                Err(TryLockError::Error(source)) => {
                    return Err(ImageError::io("lock", &self.path())(source));
                }
            }
        }
    }
}

/// The directory, locked against other processes until dropped.
#[derive(Debug)]
pub(super) struct Locked<'a> {
    ledger: &'a Ledger,
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // Fails for no file that could be locked; and closing it unlocks at the latest.
        let _ = self.ledger.file.unlock();
    }
}

impl Locked<'_> {
    pub(super) fn folder(&self, folder: Folder) -> PathBuf {
        self.ledger.folder(folder)
    }

    pub(super) fn image_path(&self, folder: Folder, id: ImageId) -> PathBuf {
        self.ledger.image_path(folder, id)
    }

    pub(super) fn has_image(&self, id: ImageId) -> bool {
        has_image(self.ledger, id)
    }

    /// Publishes an image, in place of a broken one of its name where there is one.
    pub(super) fn publish(&self, path: &Path, encoded: &Encoded<'_>) -> Result<(), ImageError> {
        let replaced = fs::symlink_metadata(path).map_or(0, |found| found.len());
        let used = self.make_room(encoded.file_bytes(), replaced)?;
        let draft = Draft::create(self.folder(Folder::Draft).join(encoded.id.to_string()))?;
        encoded
            .write_to(&mut &draft.file)
            .map_err(ImageError::io("write", &draft.path))?;
        self.set_used(used)?;
        draft.publish(path)
    }

    /// Writes a small file that is not counted, whole or not at all.
    pub(super) fn write_uncounted(&self, path: &Path, content: &[u8]) -> Result<(), ImageError> {
        let draft = Draft::create(self.folder(Folder::Draft).join("key"))?;
        (&draft.file)
            .write_all(content)
            .map_err(ImageError::io("write", &draft.path))?;
        draft.publish(path)
    }

    /// Deletes an image; one that is gone already is no failure.
    pub(super) fn delete(&self, path: &Path) -> Result<(), ImageError> {
        let bytes = fs::symlink_metadata(path).map_or(0, |found| found.len());
        match fs::remove_file(path) {
            Ok(()) => self.set_used(self.used()?.saturating_sub(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(ImageError::io("delete", path)(error)),
        }
    }

    /// Removes drafts, counts the images, and writes the count down.
    pub(super) fn recount(&self) -> Result<u64, ImageError> {
        for draft in files(&self.folder(Folder::Draft))? {
            fs::remove_file(&draft).map_err(ImageError::io("delete", &draft))?;
        }
        let mut used = 0;
        for folder in [Folder::Base, Folder::Function] {
            for path in files(&self.folder(folder))? {
                used += fs::symlink_metadata(&path).map_or(0, |found| found.len());
            }
        }
        self.set_used(used)?;
        Ok(used)
    }

    /// The count after an image of `needed` bytes took the place of `replaced`, or a refusal.
    fn make_room(&self, needed: u64, replaced: u64) -> Result<u64, ImageError> {
        let capacity = self.ledger.capacity.0;
        let after = |used: u64| used.saturating_sub(replaced).saturating_add(needed);
        let used = self.used()?;
        if after(used) <= capacity {
            return Ok(after(used));
        }
        let used = self.recount()?;
        if after(used) <= capacity {
            return Ok(after(used));
        }
        Err(ImageError::Full {
            needed: Bytes(needed),
            used: Bytes(used),
            capacity: self.ledger.capacity,
        })
    }

    fn used(&self) -> Result<u64, ImageError> {
        match read_used(&self.ledger.path()) {
            Some(used) => Ok(used),
            None => self.recount(),
        }
    }

    fn set_used(&self, used: u64) -> Result<(), ImageError> {
        self.ledger
            .file
            .write_all_at(&used.to_le_bytes(), 0)
            .map_err(ImageError::io("write", &self.ledger.path()))
    }
}

pub(super) fn has_image(ledger: &Ledger, id: ImageId) -> bool {
    [Folder::Function, Folder::Base]
        .iter()
        .any(|&folder| ledger.image_path(folder, id).is_file())
}

pub(super) fn read_used(ledger: &Path) -> Option<u64> {
    let mut bytes = [0; 8];
    File::open(ledger)
        .and_then(|file| file.read_exact_at(&mut bytes, 0))
        .ok()?;
    Some(u64::from_le_bytes(bytes))
}

pub(super) fn files(dir: &Path) -> Result<Vec<PathBuf>, ImageError> {
    let list = || -> io::Result<Vec<PathBuf>> {
        fs::read_dir(dir)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect()
    };
    list().map_err(ImageError::io("list", dir))
}

/// A file in the making; deleted unless published.
struct Draft {
    path: PathBuf,
    file: File,
}

impl Draft {
    fn create(path: PathBuf) -> Result<Self, ImageError> {
        // One of this name was left by a killed process: the lock is held, so nobody writes it.
        let _ = fs::remove_file(&path);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o400)
            .open(&path)
            .map_err(ImageError::io("make", &path))?;
        Ok(Self { path, file })
    }

    fn publish(self, path: &Path) -> Result<(), ImageError> {
        fs::rename(&self.path, path).map_err(ImageError::io("publish", path))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After publication there is nothing of this name.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(dir: &Path) -> Ledger {
        Ledger::open(dir, Bytes::mib(1)).unwrap()
    }

    #[test]
    fn a_lock_that_another_process_keeps_is_waited_for_and_then_reported() {
        let dir = tempfile::tempdir().unwrap();
        // A second open file stands for a second process: flock belongs to the open file.
        let (ours, theirs) = (ledger(dir.path()), ledger(dir.path()));
        let held = theirs.lock().unwrap();
        let error = ours.lock_within(Duration::from_millis(5)).unwrap_err();
        assert!(
            matches!(error, ImageError::Busy { waited_ms: 5, .. }),
            "{error}"
        );
        drop(held);
        assert!(ours.lock_within(Duration::ZERO).is_ok());
    }

    #[test]
    fn a_torn_ledger_is_counted_again() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = ledger(dir.path());
        fs::write(dir.path().join("base/x.img"), [0; 100]).unwrap();
        fs::write(ledger.path(), [1, 2, 3]).unwrap();
        assert_eq!(ledger.lock().unwrap().used().unwrap(), 100);
        assert_eq!(read_used(&ledger.path()), Some(100));
    }

    #[test]
    fn a_count_left_too_high_by_a_kill_refuses_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = ledger(dir.path());
        let locked = ledger.lock().unwrap();
        locked.set_used(1 << 20).unwrap();
        assert_eq!(locked.make_room(10, 0).unwrap(), 10);
    }
}
