//! Opened, verified images: the file, and where in it the pages are.
//!
//! Maps nothing: the file and offsets go to whoever does. A file that was verified stays as it is, because the
//! store never writes to a published file; whoever writes to the store's directory by other means breaks that.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustix::fs::{Mode, OFlags};

use crate::{
    FileRange, GlobalValue, GuestId, ImageError, ImageId, Patch, PatchedPages,
    delta::materialise,
    parse::{self, Content, Header, Range},
    prefix::MAX_HEAD_BYTES,
    store::Lease,
};

/// Enough for the head of a small function image in one read.
const FIRST_READ_BYTES: u64 = 64 << 10;
const VERIFY_BUFFER_BYTES: u64 = 1 << 20;

/// Contiguous pages that are stored raw and page aligned, to be mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Index of the first page in linear memory.
    pub page: u32,
    /// Number of pages.
    pub pages: u32,
    /// Where the first page begins in the file; a multiple of a page.
    pub file_offset: u64,
}

/// What every kind of image has.
#[derive(Debug)]
struct Common {
    id: ImageId,
    guest: GuestId,
    memory_bytes: u64,
    globals: Vec<GlobalValue>,
    meta: Vec<u8>,
    file: Arc<File>,
    file_bytes: u64,
    path: PathBuf,
}

macro_rules! common_accessors {
    () => {
        /// The image's name.
        #[must_use]
        pub fn id(&self) -> ImageId {
            self.common.id
        }

        /// The guest that the image is of.
        #[must_use]
        pub fn guest(&self) -> GuestId {
            self.common.guest
        }

        /// Size of the whole linear memory; what the file does not hold is zero.
        #[must_use]
        pub fn memory_bytes(&self) -> u64 {
            self.common.memory_bytes
        }

        /// The mutable globals, in the backend's order.
        #[must_use]
        pub fn globals(&self) -> &[GlobalValue] {
            &self.common.globals
        }

        /// The backend's own.
        #[must_use]
        pub fn meta(&self) -> &[u8] {
            &self.common.meta
        }

        /// The file, open for reading.
        #[must_use]
        pub fn file(&self) -> &Arc<File> {
            &self.common.file
        }

        /// Size of the file.
        #[must_use]
        pub fn file_bytes(&self) -> u64 {
            self.common.file_bytes
        }
    };
}

/// A base image: an initialised guest.
#[derive(Debug)]
pub struct BaseImage {
    common: Common,
    data_offset: u64,
    data_bytes: u64,
}

impl BaseImage {
    common_accessors!();

    /// Where memory begins in the file; a multiple of a page.
    #[must_use]
    pub fn data_offset(&self) -> u64 {
        self.data_offset
    }

    /// Bytes of memory in the file, up to the last page that is not zero; a multiple of a page.
    #[must_use]
    pub fn data_bytes(&self) -> u64 {
        self.data_bytes
    }

    /// Reads the memory that the file holds. Allocates [`Self::data_bytes`].
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub fn read_data(&self) -> io::Result<Vec<u8>> {
        let bytes = usize::try_from(self.data_bytes).map_err(io::Error::other)?;
        let mut data = vec![0; bytes];
        self.common
            .file
            .read_exact_at(&mut data, self.data_offset)?;
        Ok(data)
    }
}

/// A function image: what loading the user's code changed in a base image.
///
/// Holding one keeps the file, even where the image is retired meanwhile, and one descriptor: a process with many
/// functions raises its limit on open files. Dropping the last handle of a retired image deletes the file, and for
/// that waits for the store's lock (microseconds, or as long as a publication writes).
#[derive(Debug)]
pub struct FunctionImage {
    common: Common,
    base: ImageId,
    runs: Vec<Run>,
    patches: Vec<Patch>,
    /// The range of the changed lines, to be verified again when they are read.
    lines: Range,
    /// Set by the store; tells it when the image's last handle is gone.
    pub(crate) lease: Option<Lease>,
}

impl FunctionImage {
    common_accessors!();

    /// The base image that this is a delta over.
    #[must_use]
    pub fn base(&self) -> ImageId {
        self.base
    }

    /// Runs of raw pages, ascending by page; at most [`crate::MAX_RUNS`].
    #[must_use]
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// Patched pages, ascending, none of which is in a run.
    #[must_use]
    pub fn patches(&self) -> &[Patch] {
        &self.patches
    }

    /// Makes the patched pages whole, over the base's [`BaseImage::read_data`].
    ///
    /// Reads the changed lines from the file each time, so that an idle image holds none of them in memory.
    ///
    /// # Errors
    ///
    /// - [`ImageError::Io`]: the file cannot be read.
    /// - [`ImageError::Corrupt`]: the lines changed since the image was opened.
    pub fn patched_pages(&self, base: &[u8]) -> Result<PatchedPages, ImageError> {
        let path = &self.common.path;
        let lines = read(&self.common.file, path, self.lines.offset, self.lines.bytes)?;
        parse::check_range(&self.lines, &blake3::hash(&lines)).map_err(in_file(path))?;
        Ok(materialise(&self.patches, &lines, base))
    }
}

/// An image of either kind.
#[derive(Debug)]
pub enum Image {
    /// A base image.
    Base(BaseImage),
    /// A function image.
    Function(FunctionImage),
}

impl Image {
    /// The image's name.
    #[must_use]
    pub fn id(&self) -> ImageId {
        match self {
            Self::Base(image) => image.id(),
            Self::Function(image) => image.id(),
        }
    }

    /// Opens an image file and verifies all of it.
    ///
    /// Reads the whole file once, at about the speed of BLAKE3 (1 GB/s and up).
    ///
    /// # Errors
    ///
    /// - [`ImageError::InFile`]: what is wrong with the file.
    /// - [`ImageError::Io`]: it cannot be read.
    pub fn open(path: &Path) -> Result<Self, ImageError> {
        let file = open_regular(path).map_err(ImageError::io("open", path))?;
        let file_bytes = file
            .metadata()
            .map_err(ImageError::io("inspect", path))?
            .len();
        let first = read(&file, path, 0, file_bytes.min(FIRST_READ_BYTES))?;
        let head_bytes = parse::head_bytes(&first, file_bytes).map_err(in_file(path))?;
        let head = if head_bytes <= first.len() as u64 {
            first
        } else {
            read(&file, path, 0, head_bytes.min(MAX_HEAD_BYTES))?
        };
        let header = parse::header(&head, file_bytes).map_err(in_file(path))?;
        verify(&header, &file, path)?;
        Ok(Self::new(header, file, path))
    }

    fn new(header: Header, file: File, path: &Path) -> Self {
        let lines = Range {
            name: FileRange::Lines,
            offset: header.head_bytes,
            bytes: 0,
            hash: [0; 32],
        };
        let lines = header.ranges.first().copied().unwrap_or(lines);
        let common = Common {
            id: header.id,
            guest: header.guest,
            memory_bytes: header.memory_bytes,
            globals: header.globals,
            meta: header.meta,
            file: Arc::new(file),
            file_bytes: header.file_bytes,
            path: path.to_owned(),
        };
        match header.content {
            Content::Base {
                data_offset,
                data_bytes,
            } => Self::Base(BaseImage {
                common,
                data_offset,
                data_bytes,
            }),
            Content::Function {
                base,
                runs,
                patches,
            } => Self::Function(FunctionImage {
                common,
                base,
                runs,
                patches,
                lines,
                lease: None,
            }),
        }
    }
}

/// A link or a pipe in the store's directory is none of ours; opening one must not lead elsewhere or block.
fn open_regular(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not a regular file",
        ));
    }
    Ok(file)
}

fn verify(header: &Header, file: &File, path: &Path) -> Result<(), ImageError> {
    for range in &header.ranges {
        let mut hasher = blake3::Hasher::new();
        let mut done = 0;
        while done < range.bytes {
            let step = (range.bytes - done).min(VERIFY_BUFFER_BYTES);
            hasher.update(&read(file, path, range.offset + done, step)?);
            done += step;
        }
        parse::check_range(range, &hasher.finalize()).map_err(in_file(path))?;
    }
    Ok(())
}

fn read(file: &File, path: &Path, offset: u64, bytes: u64) -> Result<Vec<u8>, ImageError> {
    let fail = ImageError::io("read", path);
    let mut buffer = vec![0; usize::try_from(bytes).map_err(|e| fail(io::Error::other(e)))?];
    file.read_exact_at(&mut buffer, offset).map_err(fail)?;
    Ok(buffer)
}

fn in_file(path: &Path) -> impl Fn(ImageError) -> ImageError {
    let path = path.to_owned();
    move |source| ImageError::InFile {
        path: path.clone(),
        source: Box::new(source),
    }
}
