//! What can be wrong with an image, a snapshot or the store, split by what the caller can do.
//!
//! A fault inside a file arrives as [`ImageError::InFile`], which says where; [`ImageError::fault`] gets to it.

use std::{fmt, io, path::PathBuf};

use hydra_types::Bytes;

use crate::{GuestId, ImageId};

/// A part of an image file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileRange {
    /// Fixed fields, globals, meta and tables.
    Header,
    /// Changed lines of patched pages, and the padding before the first page of raw data.
    Lines,
    /// A range of a base image's memory.
    Data {
        /// Which, counted from 0.
        index: usize,
    },
    /// A run of raw pages.
    Run {
        /// Which, counted from 0.
        index: usize,
    },
    /// What comes after the last byte that belongs to the image.
    Tail,
}

impl fmt::Display for FileRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header => f.write_str("header"),
            Self::Lines => f.write_str("changed lines"),
            Self::Data { index } => write!(f, "data range {index}"),
            Self::Run { index } => write!(f, "run {index}"),
            Self::Tail => f.write_str("tail"),
        }
    }
}

/// Why an image cannot be read, made or kept.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The bytes are something else.
    #[error("not a Hydra image (the first 8 bytes differ); check the path")]
    NotAnImage,
    /// A later Hydra wrote the image.
    #[error(
        "format version {found} is newer than {known}, the newest known here; upgrade Hydra or rebuild the image"
    )]
    NewerFormat {
        /// The file's version.
        found: u32,
        /// The newest version that this build reads.
        known: u32,
    },
    /// The file ends too early.
    #[error(
        "truncated: {expected} bytes expected, {found} found; delete the image, it will be rebuilt"
    )]
    Truncated {
        /// Bytes that the image needs at least.
        expected: u64,
        /// Bytes that there are.
        found: u64,
    },
    /// A checksum or a rule of the format does not hold.
    #[error("corrupt {range}: {fault}; delete the image, it will be rebuilt")]
    Corrupt {
        /// Where.
        range: FileRange,
        /// What does not hold.
        fault: &'static str,
    },
    /// The image is one of another guest.
    #[error("made by guest {found}, wanted is guest {expected}; rebuild the image with this guest")]
    ForeignGuest {
        /// The guest that was asked for.
        expected: GuestId,
        /// The guest that the image names.
        found: GuestId,
    },
    /// The function image is a delta over another base.
    #[error(
        "a delta over base {found}, wanted is base {expected}; rebuild the image over this base"
    )]
    WrongBase {
        /// The base that was asked for.
        expected: ImageId,
        /// The base that the image names.
        found: ImageId,
    },
    /// A hard limit of the format.
    #[error("{what}: {found} exceeds the limit of {limit}; reduce it")]
    TooLarge {
        /// Which quantity, with its unit.
        what: &'static str,
        /// The largest allowed.
        limit: u64,
        /// What was found.
        found: u64,
    },
    /// The snapshot breaks a rule of [`crate::Snapshot`].
    #[error("the snapshot cannot become an image: {fault}")]
    BadSnapshot {
        /// Which rule.
        fault: &'static str,
    },
    /// The image would pass the store's capacity; nothing was written.
    #[error(
        "the store is full: the image needs {needed}, {used} of {capacity} are used; deregister functions or raise the capacity"
    )]
    Full {
        /// Size of the image.
        needed: Bytes,
        /// What the store holds.
        used: Bytes,
        /// What the store may hold.
        capacity: Bytes,
    },
    /// No such image is published, or it is retired.
    #[error("image {id} is not in the store; build it again")]
    Missing {
        /// The image that was asked for.
        id: ImageId,
    },
    /// Another process keeps the store's lock.
    #[error(
        "the store lock {path} was not free within {waited_ms} ms; look for a stopped process that holds it"
    )]
    Busy {
        /// The lock file.
        path: PathBuf,
        /// How long this process tried.
        waited_ms: u64,
    },
    /// The operating system refused.
    #[error(
        "cannot {action} {path}; check that the store directory exists, is writable and has space"
    )]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A fault in one file.
    #[error("image file {path}")]
    InFile {
        /// The file.
        path: PathBuf,
        /// The fault.
        source: Box<ImageError>,
    },
}

impl ImageError {
    /// The fault itself, without the file that it is in.
    #[must_use]
    pub fn fault(&self) -> &Self {
        match self {
            Self::InFile { source, .. } => source.fault(),
            fault => fault,
        }
    }

    /// Whether the bytes of the file are to blame, so that building the image again helps.
    pub(crate) fn blames_the_bytes(&self) -> bool {
        matches!(
            self.fault(),
            Self::NotAnImage
                | Self::NewerFormat { .. }
                | Self::Truncated { .. }
                | Self::Corrupt { .. }
                | Self::TooLarge { .. }
        )
    }

    pub(crate) fn header(fault: &'static str) -> Self {
        Self::Corrupt {
            range: FileRange::Header,
            fault,
        }
    }

    pub(crate) fn io(action: &'static str, path: &std::path::Path) -> impl Fn(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path: path.clone(),
            source,
        }
    }
}
