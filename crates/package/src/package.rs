//! A package that is open: its tree, and the bytes of its files as they are asked for.

use std::{
    io::Read,
    sync::{Arc, Weak},
};

use bytes::Bytes;
use zip::ZipArchive;

use crate::{
    PackageError,
    blob::{Blob, Reader},
    directory,
    error::shown,
    index::{Index, MAX_ENTRIES, broken},
    package_json::Manifests,
    path,
};

/// Largest file that is read, in inflated bytes.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// An uploaded package, opened. Immutable; clones share everything.
///
/// Paths are absolute, as in `/node_modules/x/index.js`; others count from the root.
#[derive(Clone, Debug)]
pub struct Package {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    content: Content,
    index: Index,
    manifests: Manifests,
}

#[derive(Debug)]
enum Content {
    Single(Blob),
    Zip(ZipArchive<Reader>),
}

/// A package that somebody else may hold open.
#[derive(Debug, Default)]
pub(crate) struct WeakPackage(Weak<Inner>);

impl WeakPackage {
    pub(crate) fn upgrade(&self) -> Option<Package> {
        self.0.upgrade().map(|inner| Package { inner })
    }
}

/// What is known of a file or folder without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// A folder; else a file.
    pub is_dir: bool,
    /// Bytes of the file, as the zip says. 0 for folders.
    pub len: u64,
    /// Seconds since 1970, taken from the zip as UTC. 0 where it does not say.
    pub modified_s: u64,
}

/// Whether the bytes were opened before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Never,
    Before,
}

impl Package {
    /// Opens what was uploaded: a zip, told by its first bytes, or else one file called `single_name`.
    ///
    /// Costs a pass over the zip's directory; no file is inflated.
    ///
    /// # Errors
    ///
    /// [`PackageError::Refused`]: the zip is broken, hostile or too large.
    pub fn open(code: Bytes, single_name: &str) -> Result<Self, PackageError> {
        Self::of_blob(Blob::Memory(code), single_name, Seen::Never)
    }

    pub(crate) fn of_blob(blob: Blob, single_name: &str, seen: Seen) -> Result<Self, PackageError> {
        let head = blob.head().map_err(PackageError::io("read", single_name))?;
        let (index, content) = if is_zip(head) {
            let archive = open_zip(blob, seen)?;
            (Index::of_zip(&archive)?, Content::Zip(archive))
        } else {
            let index = Index::single(single_name, blob.len())?;
            (index, Content::Single(blob))
        };
        Ok(Self {
            inner: Arc::new(Inner {
                content,
                index,
                manifests: Manifests::default(),
            }),
        })
    }

    /// Whether this is one file, not a zip.
    #[must_use]
    pub fn is_single(&self) -> bool {
        matches!(self.inner.content, Content::Single(_))
    }

    /// The bytes of a file; `None` where there is no file of this path.
    ///
    /// Inflates anew at each call, and verifies length and checksum.
    ///
    /// # Errors
    ///
    /// - [`PackageError::Refused`]: the entry is broken, or larger than 64 MiB.
    /// - [`PackageError::Io`]: the disk cannot be read.
    pub fn read(&self, path: &str) -> Result<Option<Bytes>, PackageError> {
        let path = path::normalise(path);
        let Some(node) = self.inner.index.get(&path).filter(|node| !node.is_dir) else {
            return Ok(None);
        };
        if node.len > MAX_FILE_BYTES {
            return Err(too_large(&path));
        }
        match &self.inner.content {
            Content::Single(blob) => blob
                .read_all()
                .map(Some)
                .map_err(PackageError::io("read", path)),
            Content::Zip(archive) => inflate(archive, node.entry, node.len, &path).map(Some),
        }
    }

    /// What is known of a file or folder; `None` where there is none.
    #[must_use]
    pub fn metadata(&self, path: &str) -> Option<Metadata> {
        let node = self.inner.index.get(&path::normalise(path))?;
        Some(Metadata {
            is_dir: node.is_dir,
            len: node.len,
            modified_s: node.modified_s,
        })
    }

    /// What lies in a folder, sorted by name: names, and whether they are folders. `None` where there is no folder of
    /// this path.
    #[must_use]
    pub fn list(&self, dir: &str) -> Option<Vec<(String, bool)>> {
        self.inner.index.children(&path::normalise(dir))
    }

    pub(crate) fn downgrade(&self) -> WeakPackage {
        WeakPackage(Arc::downgrade(&self.inner))
    }

    pub(crate) fn index(&self) -> &Index {
        &self.inner.index
    }

    pub(crate) fn manifests(&self) -> &Manifests {
        &self.inner.manifests
    }
}

fn is_zip(head: [u8; 4]) -> bool {
    matches!(&head, b"PK\x03\x04" | b"PK\x05\x06")
}

fn open_zip(blob: Blob, seen: Seen) -> Result<ZipArchive<Reader>, PackageError> {
    if let (Blob::Memory(bytes), Seen::Never) = (&blob, seen) {
        directory::check_counts(bytes)?;
    }
    let mut archive = ZipArchive::new(Reader::new(blob)).map_err(|error| broken(&error))?;
    if archive.len() > MAX_ENTRIES {
        return Err(directory::too_many());
    }
    if archive.has_duplicate_names() {
        return Err(PackageError::refused(
            "the zip has several entries of one name",
            "zip the files anew, into a new archive",
        ));
    }
    if seen == Seen::Never
        && archive
            .has_overlapping_entries()
            .map_err(|error| broken(&error))?
    {
        return Err(PackageError::refused(
            "the zip has entries that share bytes",
            "zip the files anew, with an ordinary tool",
        ));
    }
    Ok(archive)
}

fn inflate(
    archive: &ZipArchive<Reader>,
    entry: usize,
    len: u64,
    path: &str,
) -> Result<Bytes, PackageError> {
    let damaged = |why: &dyn std::fmt::Display| {
        PackageError::refused(
            format!(
                "the zip entry \"{}\" cannot be read: {why}",
                shown(&path[1..])
            ),
            "zip the files anew",
        )
    };
    // A reader has a place and a block of its own; the directory behind it is shared.
    let mut archive = archive.clone();
    let file = archive.by_index(entry).map_err(|error| damaged(&error))?;
    let expected = usize::try_from(len).unwrap_or(usize::MAX);
    let mut bytes = Vec::with_capacity(expected.min(1 << 20));
    file.take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| damaged(&error))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(too_large(path));
    }
    if bytes.len() != expected {
        return Err(damaged(&"it ends before the length that the zip gives"));
    }
    bytes.shrink_to_fit();
    Ok(bytes.into())
}

fn too_large(path: &str) -> PackageError {
    PackageError::refused(
        format!("{} has more than {} MiB", shown(path), MAX_FILE_BYTES >> 20),
        "split it, or leave it out",
    )
}
