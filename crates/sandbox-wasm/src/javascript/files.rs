//! The host's side of Node's `fs`: the package's files, read-only at `/`, and the sandbox's private `/tmp`.
//!
//! The JavaScript side (`guests/javascript/library/node/fs`) keeps descriptors, positions and what Node's interface
//! adds; here are single steps. A request is JSON, for writes with the data behind a line feed. A step moves at most
//! [`PIECE_BYTES`] and lists at most [`PIECE_ENTRIES`], since it cannot be interrupted.
//!
//! ```text
//! /tmp, /tmp/…   crate::wasi::Tmp     read-write, bounded, gone at a reset
//! all else       hydra_package        read-only; a `tmp` of the package is hidden
//! ```
//!
//! Errors are told by code, number and the words that Node uses; the JavaScript side adds system call and path.

mod errno;
mod place;
#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;

use bytes::Bytes as Buffer;
use hydra_compute::Answer;
use hydra_package::{Package, PackageError};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

pub(super) use self::errno::Refusal;
use self::place::{Ending, Place, Volumes};
use crate::wasi::{Errno, Handle, Reading, Stat, Wasi, oflags};

/// The operations that [`operate`] serves.
pub(super) const RANGE: RangeInclusive<i32> = 30..=49;

/// The same numbers as in `guests/javascript/library/node/fs/host.js`.
mod op {
    /// `[path, flags]`, flags as Linux has them ─► a number; 0 for what is not in `/tmp`, which needs no descriptor.
    pub(super) const OPEN: i32 = 30;
    /// `number`.
    pub(super) const CLOSE: i32 = 31;
    /// `path or number` ─► see [`super::stat`].
    pub(super) const STAT: i32 = 32;
    /// `[path or number, offset, length]` ─► bytes.
    pub(super) const READ: i32 = 33;
    /// `path` ─► the whole file as text, what is no UTF-8 replaced; nothing where it is larger than a piece.
    pub(super) const READ_TEXT: i32 = 34;
    /// `[number, offset or null]`, line feed, data ─► how many bytes. `null` is the end of the file.
    pub(super) const WRITE: i32 = 35;
    /// `[number, size]`.
    pub(super) const RESIZE: i32 = 36;
    /// `[path, from]` ─► `[[name, is directory]…, next or null]`.
    pub(super) const LIST: i32 = 37;
    /// `path`, as for the next two.
    pub(super) const MAKE_DIRECTORY: i32 = 38;
    pub(super) const REMOVE_DIRECTORY: i32 = 39;
    pub(super) const UNLINK: i32 = 40;
    /// `[from, to]`.
    pub(super) const RENAME: i32 = 41;
    /// `[path or number, accessed, modified]`: nanoseconds as text, or null.
    pub(super) const SET_TIMES: i32 = 42;
}

/// Most bytes that one step reads or writes.
const PIECE_BYTES: usize = 1 << 20;

/// Most bytes of a request besides the data of a write: two paths of the greatest length, escaped.
const MAX_REQUEST_BYTES: usize = 64 << 10;

/// Most entries that one step lists.
const PIECE_ENTRIES: usize = 1024;

/// Flags of `open`, as Linux has them.
mod flags {
    pub(super) const ACCESS: u32 = 3;
    pub(super) const WRITE_ONLY: u32 = 1;
    pub(super) const READ_WRITE: u32 = 2;
    pub(super) const CREATE: u32 = 0o100;
    pub(super) const EXCLUSIVE: u32 = 0o200;
    pub(super) const TRUNCATE: u32 = 0o1000;
    pub(super) const DIRECTORY: u32 = 0o200_000;
}

/// Opens the function's package, when it is needed.
pub(super) type OpenPackage<'a> = &'a dyn Fn() -> Result<Package, PackageError>;

/// What a request is about.
#[derive(Deserialize)]
#[serde(untagged)]
enum Target {
    Number(u32),
    Path(String),
}

/// Does one step of `fs`.
///
/// # Errors
///
/// What Node's error says, but for system call and path. An operation or a request that is unknown is `EINVAL`.
pub(super) fn operate(
    wasi: &mut Wasi,
    package: OpenPackage<'_>,
    operation: i32,
    given: &[u8],
) -> Result<Answer, Refusal> {
    let mut volumes = Volumes::new(wasi, package);
    match operation {
        op::OPEN => open(&mut volumes, request(given)?),
        op::CLOSE => {
            let number = request(given)?;
            Ok(done(volumes.tmp().close(number))?)
        }
        op::STAT => stat(&mut volumes, &request(given)?),
        op::READ => read(&mut volumes, request(given)?).map(Answer::Bytes),
        op::READ_TEXT => read_text(&mut volumes, request(given)?),
        op::WRITE => write(&mut volumes, given),
        op::RESIZE => {
            let (number, size_bytes) = request(given)?;
            Ok(done(volumes.tmp().resize(number, size_bytes))?)
        }
        op::LIST => list(&mut volumes, request(given)?),
        op::MAKE_DIRECTORY => make_directory(&mut volumes, request(given)?),
        op::REMOVE_DIRECTORY => match volumes.find(request(given)?)? {
            Place::Tmp(path) => Ok(done(volumes.tmp().remove_directory(&path))?),
            Place::Package(path, ending) => match volumes.metadata(&path, ending)?.is_dir {
                true => Err(Errno::ROFS.into()),
                false => Err(Errno::NOTDIR.into()),
            },
        },
        op::UNLINK => match volumes.find(request(given)?)? {
            Place::Tmp(path) => Ok(done(volumes.tmp().unlink(&path))?),
            Place::Package(path, ending) => match volumes.metadata(&path, ending)?.is_dir {
                true => Err(Errno::ISDIR.into()),
                false => Err(Errno::ROFS.into()),
            },
        },
        op::RENAME => rename(&mut volumes, request(given)?),
        op::SET_TIMES => set_times(&mut volumes, request(given)?),
        _ => Err(Errno::INVAL.into()),
    }
}

/// What loading left in `/tmp`, if anything: an image does not hold it.
pub(super) fn left_behind(wasi: &mut Wasi) -> Option<String> {
    wasi.files().left_behind()
}

fn request<T: DeserializeOwned>(given: &[u8]) -> Result<T, Errno> {
    if given.len() > MAX_REQUEST_BYTES {
        return Err(Errno::INVAL);
    }
    serde_json::from_slice(given).map_err(|_| Errno::INVAL)
}

fn done(result: Result<(), Errno>) -> Result<Answer, Errno> {
    result.map(|()| Answer::Number(0))
}

fn open(volumes: &mut Volumes<'_>, (path, wanted): (String, u32)) -> Result<Answer, Refusal> {
    let asks = |flag| wanted & flag != 0;
    let (reads, writes) = match wanted & flags::ACCESS {
        0 => (true, false),
        flags::WRITE_ONLY => (false, true),
        flags::READ_WRITE => (true, true),
        _ => return Err(Errno::INVAL.into()),
    };
    match volumes.find(path)? {
        Place::Tmp(path) => {
            let pairs = [
                (flags::CREATE, oflags::CREAT),
                (flags::EXCLUSIVE, oflags::EXCL),
                (flags::TRUNCATE, oflags::TRUNC),
                (flags::DIRECTORY, oflags::DIRECTORY),
            ];
            let chosen = pairs.iter().filter(|(flag, _)| asks(*flag));
            let oflags = chosen.fold(0, |all, (_, oflag)| all | oflag);
            let number = volumes.tmp().open(&path, oflags, (reads, writes))?;
            let number = i32::try_from(number).map_err(|_| Errno::MFILE)?;
            Ok(Answer::Number(number))
        }
        Place::Package(path, ending) => {
            let found = match volumes.metadata(&path, ending) {
                Err(refusal) if refusal.errno == Errno::NOENT && asks(flags::CREATE) => {
                    return Err(volumes.not_created(&path));
                }
                other => other?,
            };
            if asks(flags::CREATE) && asks(flags::EXCLUSIVE) {
                return Err(Errno::EXIST.into());
            }
            if asks(flags::DIRECTORY) && !found.is_dir {
                return Err(Errno::NOTDIR.into());
            }
            let changes = writes || asks(flags::TRUNCATE) || asks(flags::CREATE) && found.is_dir;
            match (changes, found.is_dir) {
                (true, true) => Err(Errno::ISDIR.into()),
                (true, false) => Err(Errno::ROFS.into()),
                (false, _) => Ok(Answer::Number(0)),
            }
        }
    }
}

/// `[mode, size, inode, device, links, then seconds and nanoseconds of access, modification and change]`.
fn stat(volumes: &mut Volumes<'_>, target: &Target) -> Result<Answer, Refusal> {
    let stat = match target {
        Target::Number(number) => volumes.tmp().stat(Handle::Number(*number))?,
        Target::Path(path) => match volumes.find(path.clone())? {
            Place::Tmp(path) => volumes.tmp().stat(Handle::Path(&path))?,
            Place::Package(path, ending) => volumes.stat(&path, ending)?,
        },
    };
    let [accessed, modified, changed] = [
        stat.times.accessed_ns,
        stat.times.modified_ns,
        stat.times.changed_ns,
    ]
    .map(|ns| (ns / 1_000_000_000, ns % 1_000_000_000));
    let fields = json!([
        mode(&stat),
        stat.size_bytes,
        stat.inode,
        stat.device,
        stat.links,
        accessed.0,
        accessed.1,
        modified.0,
        modified.1,
        changed.0,
        changed.1,
    ]);
    Ok(Answer::Json(fields.to_string()))
}

fn mode(stat: &Stat) -> u32 {
    match stat.is_directory() {
        true if stat.is_tmp() => 0o41777,
        true => 0o40755,
        false => 0o100_644,
    }
}

fn read(
    volumes: &mut Volumes<'_>,
    (target, offset, length): (Target, u64, u64),
) -> Result<Vec<u8>, Refusal> {
    let length = usize::try_from(length).map_or(PIECE_BYTES, |length| length.min(PIECE_BYTES));
    match target {
        Target::Number(number) => Ok(volumes.tmp().read(Handle::Number(number), offset, length)?),
        Target::Path(path) => match volumes.find(path)? {
            Place::Tmp(path) => Ok(volumes.tmp().read(Handle::Path(&path), offset, length)?),
            Place::Package(path, ending) => read_package(volumes, path, ending, offset, length),
        },
    }
}

fn read_package(
    volumes: &mut Volumes<'_>,
    path: String,
    ending: Ending,
    offset: u64,
    length: usize,
) -> Result<Vec<u8>, Refusal> {
    let content = content(volumes, &path, ending)?;
    let start = usize::try_from(offset).unwrap_or(usize::MAX);
    let rest = content.get(start..).unwrap_or_default();
    let piece = &rest[..rest.len().min(length)];
    let answer = piece.to_vec();
    // Whoever read to the end seldom reads again.
    *volumes.wasi.reading() = (piece.len() < rest.len()).then(|| Reading {
        path: path.into(),
        content: content.clone(),
    });
    Ok(answer)
}

fn content(volumes: &mut Volumes<'_>, path: &str, ending: Ending) -> Result<Buffer, Refusal> {
    if let Some(reading) = volumes.wasi.reading()
        && &*reading.path == path
    {
        return Ok(reading.content.clone());
    }
    if volumes.metadata(path, ending)?.is_dir {
        return Err(Errno::ISDIR.into());
    }
    let content = volumes.package()?.read(path)?;
    Ok(content.ok_or(Errno::NOENT)?)
}

fn read_text(volumes: &mut Volumes<'_>, path: String) -> Result<Answer, Refusal> {
    let bytes = match volumes.find(path)? {
        Place::Tmp(path) => {
            let handle = Handle::Path(&path);
            let size_bytes = volumes.tmp().stat(handle)?.size_bytes;
            if size_bytes > PIECE_BYTES as u64 {
                return Ok(Answer::Nothing);
            }
            volumes.tmp().read(handle, 0, PIECE_BYTES)?
        }
        Place::Package(path, ending) => {
            if volumes.metadata(&path, ending)?.len > PIECE_BYTES as u64 {
                return Ok(Answer::Nothing);
            }
            content(volumes, &path, ending)?.to_vec()
        }
    };
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    Ok(Answer::Text(text))
}

fn write(volumes: &mut Volumes<'_>, given: &[u8]) -> Result<Answer, Refusal> {
    let end = given
        .iter()
        .take(MAX_REQUEST_BYTES)
        .position(|byte| *byte == b'\n');
    let (head, data) = given.split_at(end.ok_or(Errno::INVAL)?);
    let data = &data[1..];
    if data.len() > PIECE_BYTES {
        return Err(Errno::INVAL.into());
    }
    let (number, offset) = request(head)?;
    volumes.tmp().write(number, offset, data)?;
    // At most a piece.
    Ok(Answer::Number(
        i32::try_from(data.len()).unwrap_or(i32::MAX),
    ))
}

fn list(volumes: &mut Volumes<'_>, (path, from): (String, u64)) -> Result<Answer, Refusal> {
    let (entries, next) = match volumes.find(path)? {
        Place::Tmp(path) => {
            let listed = volumes.tmp().list(&path, from, PIECE_ENTRIES)?;
            (listed.entries, listed.next)
        }
        Place::Package(path, ending) => {
            let mut entries = volumes.list(&path, ending)?;
            let start = usize::try_from(from)
                .unwrap_or(usize::MAX)
                .min(entries.len());
            let end = entries.len().min(start.saturating_add(PIECE_ENTRIES));
            let next = (end < entries.len()).then_some(end as u64);
            (entries.drain(start..end).collect(), next)
        }
    };
    Ok(Answer::Json(json!([entries, next]).to_string()))
}

fn make_directory(volumes: &mut Volumes<'_>, path: String) -> Result<Answer, Refusal> {
    match volumes.find(path)? {
        Place::Tmp(path) => Ok(done(volumes.tmp().make_directory(&path))?),
        Place::Package(path, _) => match volumes.metadata(&path, Ending::Any) {
            Ok(_) => Err(Errno::EXIST.into()),
            Err(refusal) if refusal.errno == Errno::NOENT => Err(volumes.not_created(&path)),
            Err(refusal) => Err(refusal),
        },
    }
}

fn rename(volumes: &mut Volumes<'_>, (from, to): (String, String)) -> Result<Answer, Refusal> {
    let (from, to) = (volumes.find(from)?, volumes.find(to)?);
    match (from, to) {
        (Place::Tmp(from), Place::Tmp(to)) => Ok(done(volumes.tmp().rename(&from, &to))?),
        (Place::Tmp(from), Place::Package(..)) => {
            volumes.tmp().stat(Handle::Path(&from))?;
            Err(Errno::XDEV.into())
        }
        (Place::Package(from, ending), to) => {
            volumes.metadata(&from, ending)?;
            match to {
                Place::Tmp(_) => Err(Errno::XDEV.into()),
                Place::Package(..) => Err(Errno::ROFS.into()),
            }
        }
    }
}

fn set_times(
    volumes: &mut Volumes<'_>,
    (target, accessed, modified): (Target, Option<String>, Option<String>),
) -> Result<Answer, Refusal> {
    let parse = |ns: Option<String>| {
        let parsed = ns.map(|ns| ns.parse::<u64>().map_err(|_| Errno::INVAL));
        parsed.transpose()
    };
    let (accessed, modified) = (parse(accessed)?, parse(modified)?);
    let set = |handle: Handle<'_>, volumes: &mut Volumes<'_>| {
        done(volumes.tmp().set_times(handle, accessed, modified))
    };
    match target {
        Target::Number(number) => Ok(set(Handle::Number(number), volumes)?),
        Target::Path(path) => match volumes.find(path)? {
            Place::Tmp(path) => Ok(set(Handle::Path(&path), volumes)?),
            Place::Package(path, ending) => {
                volumes.metadata(&path, ending)?;
                Err(Errno::ROFS.into())
            }
        },
    }
}
