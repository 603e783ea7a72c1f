//! The private `/tmp` for an interface of the host's own, beside preview 1's calls: JavaScript's `fs`.
//!
//! The same nodes, limits and descriptors. Paths are relative to `/tmp`; `.` is `/tmp` itself. Knows no JavaScript and
//! no read-only files.

use super::{
    Wasi,
    abi::{Errno, FileType, Stat, Times, rights},
    clock::realtime_ns,
    descriptors::{Kind, Origin, Place, Volume},
    files::{DEVICE, ROOT_INODE},
    path_calls::{Opening, rename_target, unlink_target},
    paths::{NodeId, Target, resolve},
};

/// The device number of files outside `/tmp`: that of the tree which modules find at `/`.
const READ_ONLY_DEVICE: u64 = 2;

/// The private `/tmp` of a sandbox.
pub(crate) struct Tmp<'w> {
    wasi: &'w mut Wasi,
}

/// A path below `/tmp`, or what [`Tmp::open`] returned.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Handle<'p> {
    /// Relative to `/tmp`.
    Path(&'p str),
    /// A descriptor.
    Number(u32),
}

/// Some entries of a directory.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Names, and whether they are directories.
    pub(crate) entries: Vec<(String, bool)>,
    /// Where to go on, if there is more.
    pub(crate) next: Option<u64>,
}

impl<'w> Tmp<'w> {
    pub(super) fn new(wasi: &'w mut Wasi) -> Self {
        Self { wasi }
    }

    /// Opens or creates; `oflags` are WASI's, `reads` and `writes` the rights that are asked for.
    pub(crate) fn open(
        &mut self,
        path: &str,
        oflags: u32,
        (reads, writes): (bool, bool),
    ) -> Result<u32, Errno> {
        self.wasi.descriptors.check_room()?;
        let read = if reads { rights::FD_READ } else { 0 };
        let write = if writes { rights::FD_WRITE } else { 0 };
        let rights = read | write;
        let target = self.target(path)?;
        let opening = Opening {
            oflags,
            rights,
            inheriting: 0,
            flags: 0,
        };
        opening.open(self.wasi, Volume::Tmp, &target, rights)
    }

    /// Closes what [`Self::open`] returned.
    pub(crate) fn close(&mut self, number: u32) -> Result<(), Errno> {
        match self.wasi.descriptors.get(number)?.kind {
            Kind::File { .. }
            | Kind::Directory {
                origin: Origin::Opened,
                ..
            } => {}
            _ => return Err(Errno::BADF),
        }
        let closed = self.wasi.descriptors.close(number)?;
        self.wasi.release(closed.place());
        Ok(())
    }

    pub(crate) fn stat(&mut self, handle: Handle<'_>) -> Result<Stat, Errno> {
        let node = self.node(handle, 0)?;
        self.wasi.stat(Place {
            volume: Volume::Tmp,
            node,
        })
    }

    /// Bytes from `offset` on: `length` of them, or fewer at the end of the file.
    pub(crate) fn read(
        &mut self,
        handle: Handle<'_>,
        offset: u64,
        length: usize,
    ) -> Result<Vec<u8>, Errno> {
        let node = self.node(handle, rights::FD_READ)?;
        let left = self.wasi.tmp().size(node)?.saturating_sub(offset);
        let length = length.min(usize::try_from(left).unwrap_or(usize::MAX));
        let mut bytes = vec![0; length];
        let read = self.wasi.tmp().read_at(node, offset, &mut bytes)?;
        bytes.truncate(read);
        Ok(bytes)
    }

    /// Writes all of `bytes`, at the end of the file where `offset` is `None`. Where `/tmp` is too small, writes what
    /// fits and says `NOSPC`.
    pub(crate) fn write(
        &mut self,
        number: u32,
        offset: Option<u64>,
        bytes: &[u8],
    ) -> Result<(), Errno> {
        let node = self.node(Handle::Number(number), rights::FD_WRITE)?;
        let files = self.wasi.tmp();
        let mut offset = match offset {
            Some(offset) => offset,
            None => files.size(node)?,
        };
        let mut rest = bytes;
        while !rest.is_empty() {
            let written = files.write_at(node, offset, rest, realtime_ns())?;
            offset += written as u64;
            rest = &rest[written..];
        }
        Ok(())
    }

    /// Cuts a file off, or grows it with zeros.
    pub(crate) fn resize(&mut self, number: u32, size_bytes: u64) -> Result<(), Errno> {
        let node = self.node(Handle::Number(number), rights::FD_WRITE)?;
        self.wasi.tmp().set_size(node, size_bytes, realtime_ns())
    }

    /// Up to `most` entries from the position `from` on; 0 is the first.
    pub(crate) fn list(&mut self, path: &str, from: u64, most: usize) -> Result<Listed, Errno> {
        let target = self.target(path)?;
        let node = target.existing(self.wasi.tmp())?;
        let volume = self.wasi.walk(Volume::Tmp)?;
        if !volume.is_directory(node) {
            return Err(Errno::NOTDIR);
        }
        let mut entries = Vec::new();
        let mut position = from.max(2);
        while let Some((at, name, entry)) = volume.entry_at(node, position) {
            if entries.len() == most {
                return Ok(Listed {
                    entries,
                    next: Some(at),
                });
            }
            entries.push((name.to_owned(), volume.is_directory(entry)));
            position = at.saturating_add(1);
        }
        Ok(Listed {
            entries,
            next: None,
        })
    }

    pub(crate) fn make_directory(&mut self, path: &str) -> Result<(), Errno> {
        let target = self.target(path)?;
        let name = target.name.ok_or(Errno::EXIST)?;
        let files = self.wasi.tmp();
        files.create_directory(target.directory, name, realtime_ns())?;
        Ok(())
    }

    pub(crate) fn remove_directory(&mut self, path: &str) -> Result<(), Errno> {
        let target = self.target(path)?;
        let name = target.name.ok_or(Errno::BUSY)?;
        let files = self.wasi.tmp();
        files.remove_directory(target.directory, name, realtime_ns())
    }

    pub(crate) fn unlink(&mut self, path: &str) -> Result<(), Errno> {
        let target = self.target(path)?;
        unlink_target(self.wasi.tmp(), &target)
    }

    pub(crate) fn rename(&mut self, from: &str, to: &str) -> Result<(), Errno> {
        let from = self.target(from)?;
        let to = self.target(to)?;
        if from.name.is_none() || to.name.is_none() {
            return Err(Errno::BUSY);
        }
        rename_target(self.wasi.tmp(), &from, &to)
    }

    /// Sets the times that are given.
    pub(crate) fn set_times(
        &mut self,
        handle: Handle<'_>,
        accessed_ns: Option<u64>,
        modified_ns: Option<u64>,
    ) -> Result<(), Errno> {
        let node = self.node(handle, 0)?;
        let files = self.wasi.tmp();
        files.set_times(node, accessed_ns, modified_ns, realtime_ns())
    }

    /// What lies in `/tmp` or is open there, for a message; `None` where nothing is.
    pub(crate) fn left_behind(&mut self) -> Option<String> {
        if !self.wasi.has_state() {
            return None;
        }
        let listed = self.list(".", 0, 1).ok()?;
        Some(match listed.entries.first() {
            Some((name, _)) => format!("/tmp/{name}"),
            None => "an open file".to_owned(),
        })
    }

    fn target<'p>(&mut self, path: &'p str) -> Result<Target<'p>, Errno> {
        resolve(self.wasi.walk(Volume::Tmp)?, NodeId::ROOT, path.as_bytes())
    }

    /// The node of a handle; a descriptor must have `rights`.
    fn node(&mut self, handle: Handle<'_>, rights: u64) -> Result<NodeId, Errno> {
        match handle {
            Handle::Path(path) => self.target(path)?.existing(self.wasi.tmp()),
            Handle::Number(number) => {
                let descriptor = self.wasi.descriptors.get(number)?;
                let place = match descriptor.kind {
                    Kind::File { place, .. } => {
                        descriptor.require(rights)?;
                        place
                    }
                    Kind::Directory { place, .. } => place,
                    _ => return Err(Errno::BADF),
                };
                match place.volume {
                    Volume::Tmp => Ok(place.node),
                    Volume::Tree => Err(Errno::BADF),
                }
            }
        }
    }
}

impl Stat {
    /// Of a file or directory that nobody can change.
    pub(crate) fn read_only(
        inode: u64,
        is_directory: bool,
        size_bytes: u64,
        modified_ns: u64,
    ) -> Self {
        Self {
            device: READ_ONLY_DEVICE,
            inode,
            file_type: if is_directory {
                FileType::Directory
            } else {
                FileType::Regular
            },
            links: 1,
            size_bytes,
            times: Times {
                accessed_ns: modified_ns,
                modified_ns,
                changed_ns: modified_ns,
            },
        }
    }

    /// Whether this is `/tmp` itself.
    pub(crate) fn is_tmp(&self) -> bool {
        (self.device, self.inode) == (DEVICE, ROOT_INODE)
    }

    /// Whether this is a directory.
    pub(crate) fn is_directory(&self) -> bool {
        self.file_type == FileType::Directory
    }
}
