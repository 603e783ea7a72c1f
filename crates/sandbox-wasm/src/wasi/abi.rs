//! Numbers and records of preview 1: errnos, rights, file types, flags, and how a call answers.
//!
//! Only what the calls use. Source: `typenames.witx` of WASI snapshot preview 1.

use super::Stop;

/// An error number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Errno(pub(super) u16);

impl Errno {
    pub(crate) const BADF: Self = Self(8);
    pub(crate) const BUSY: Self = Self(10);
    pub(crate) const EXIST: Self = Self(20);
    pub(crate) const FAULT: Self = Self(21);
    pub(crate) const ILSEQ: Self = Self(25);
    pub(crate) const INVAL: Self = Self(28);
    pub(crate) const IO: Self = Self(29);
    pub(crate) const ISDIR: Self = Self(31);
    pub(crate) const MFILE: Self = Self(33);
    pub(crate) const NAMETOOLONG: Self = Self(37);
    pub(crate) const NOENT: Self = Self(44);
    pub(crate) const NOSPC: Self = Self(51);
    pub(crate) const NOSYS: Self = Self(52);
    pub(crate) const NOTDIR: Self = Self(54);
    pub(crate) const NOTEMPTY: Self = Self(55);
    pub(crate) const NOTSOCK: Self = Self(57);
    pub(crate) const NOTSUP: Self = Self(58);
    pub(crate) const PERM: Self = Self(63);
    pub(crate) const ROFS: Self = Self(69);
    pub(crate) const SPIPE: Self = Self(70);
    pub(crate) const XDEV: Self = Self(75);
    pub(crate) const NOTCAPABLE: Self = Self(76);
}

/// Why a call did not do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The guest is told.
    Errno(Errno),
    /// The guest is ended.
    Stop(Stop),
}

impl From<Errno> for Refusal {
    fn from(errno: Errno) -> Self {
        Self::Errno(errno)
    }
}

impl From<Stop> for Refusal {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

/// What every call comes to.
pub(super) type Answer = Result<(), Refusal>;

/// The kind of thing behind a descriptor or a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileType {
    /// A standard stream: neither a terminal nor seekable.
    Unknown = 0,
    /// A directory.
    Directory = 3,
    /// A file with content.
    Regular = 4,
}

/// Attributes of a node. Times in nanoseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) device: u64,
    pub(crate) inode: u64,
    pub(crate) file_type: FileType,
    pub(crate) links: u64,
    pub(crate) size_bytes: u64,
    pub(crate) times: Times,
}

/// Times of a node, in nanoseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) accessed_ns: u64,
    pub(crate) modified_ns: u64,
    pub(crate) changed_ns: u64,
}

impl Stat {
    /// A standard stream's attributes.
    pub(super) const STREAM: Self = Self {
        device: 0,
        inode: 0,
        file_type: FileType::Unknown,
        links: 1,
        size_bytes: 0,
        times: Times {
            accessed_ns: 0,
            modified_ns: 0,
            changed_ns: 0,
        },
    };

    /// The record `filestat`.
    pub(super) fn encode(&self) -> [u8; 64] {
        let mut record = [0; 64];
        record[0..8].copy_from_slice(&self.device.to_le_bytes());
        record[8..16].copy_from_slice(&self.inode.to_le_bytes());
        record[16] = self.file_type as u8;
        record[24..32].copy_from_slice(&self.links.to_le_bytes());
        record[32..40].copy_from_slice(&self.size_bytes.to_le_bytes());
        record[40..48].copy_from_slice(&self.times.accessed_ns.to_le_bytes());
        record[48..56].copy_from_slice(&self.times.modified_ns.to_le_bytes());
        record[56..64].copy_from_slice(&self.times.changed_ns.to_le_bytes());
        record
    }
}

/// Bits of `rights`. Reading and writing are enforced, the rest is told to the guest and no more: later versions
/// of WASI dropped them.
pub(super) mod rights {
    pub(in super::super) const FD_READ: u64 = 1 << 1;
    pub(in super::super) const FD_WRITE: u64 = 1 << 6;
    const FD_SEEK: u64 = 1 << 2;
    const FD_FDSTAT_SET_FLAGS: u64 = 1 << 3;
    const FD_TELL: u64 = 1 << 5;
    const FD_ADVISE: u64 = 1 << 7;
    const FD_FILESTAT_GET: u64 = 1 << 21;
    const POLL_FD_READWRITE: u64 = 1 << 27;
    const SYNC: u64 = 1 | 1 << 4;
    const RESIZE: u64 = 1 << 8 | 1 << 22 | 1 << 23;

    const STREAM: u64 = FD_FDSTAT_SET_FLAGS | FD_FILESTAT_GET | POLL_FD_READWRITE;
    /// Standard input.
    pub(in super::super) const STDIN: u64 = STREAM | FD_READ;
    /// Standard output and error.
    pub(in super::super) const STDOUT: u64 = STREAM | FD_WRITE;
    /// What a file of the read-only tree allows.
    pub(in super::super) const READ_ONLY_FILE: u64 =
        STREAM | FD_READ | FD_SEEK | FD_TELL | FD_ADVISE;
    /// What a file in `/tmp` allows.
    pub(in super::super) const FILE: u64 = READ_ONLY_FILE | FD_WRITE | SYNC | RESIZE;
    /// What a directory of the read-only tree allows: open, readdir, readlink, filestat_get.
    pub(in super::super) const READ_ONLY_DIRECTORY: u64 =
        FD_FDSTAT_SET_FLAGS | FD_FILESTAT_GET | 1 << 13 | 1 << 14 | 1 << 15 | 1 << 18;
    /// What a directory in `/tmp` allows: also create, rename, resize, set times, remove, unlink.
    pub(in super::super) const DIRECTORY: u64 = READ_ONLY_DIRECTORY
        | SYNC
        | 1 << 9
        | 1 << 10
        | 1 << 16
        | 1 << 17
        | 1 << 19
        | 1 << 20
        | 1 << 23
        | 1 << 25
        | 1 << 26;
}

/// Bits of `oflags`.
pub(crate) mod oflags {
    pub(crate) const CREAT: u32 = 1;
    pub(crate) const DIRECTORY: u32 = 1 << 1;
    pub(crate) const EXCL: u32 = 1 << 2;
    pub(crate) const TRUNC: u32 = 1 << 3;
}

/// Bits of `fdflags`: append, dsync, nonblock, rsync, sync. All but append change nothing for memory.
pub(super) mod fdflags {
    pub(in super::super) const APPEND: u16 = 1;
    pub(in super::super) const ALL: u16 = 0b1_1111;
}

/// Bits of `fstflags`.
pub(super) mod fstflags {
    pub(in super::super) const ATIM: u32 = 1;
    pub(in super::super) const ATIM_NOW: u32 = 1 << 1;
    pub(in super::super) const MTIM: u32 = 1 << 2;
    pub(in super::super) const MTIM_NOW: u32 = 1 << 3;
}
