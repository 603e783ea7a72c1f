//! Calls about an open descriptor that move no data: closing, attributes, directories, flags.

use super::{
    Wasi,
    abi::{Answer, Errno, FileType, Stat, fdflags, fstflags, rights},
    clock::realtime_ns,
    descriptors::{Kind, Origin, Place, Volume},
    guest::Guest,
    paths::{NodeId, Walk},
};

/// Bytes of a `dirent` before the name.
const DIRENT_BYTES: usize = 24;

pub(super) fn advise(
    _: &mut Guest<'_>,
    wasi: &mut Wasi,
    fd: u32,
    _offset: u64,
    _length: u64,
    advice: u32,
) -> Answer {
    file(wasi, fd)?;
    match advice {
        0..=5 => Ok(()),
        _ => Err(Errno::INVAL.into()),
    }
}

pub(super) fn allocate(
    _: &mut Guest<'_>,
    wasi: &mut Wasi,
    fd: u32,
    offset: u64,
    length: u64,
) -> Answer {
    let place = writable_file(wasi, fd)?;
    let end = offset.checked_add(length).ok_or(Errno::INVAL)?;
    if length == 0 {
        return Err(Errno::INVAL.into());
    }
    if end > wasi.stat(place)?.size_bytes {
        wasi.tmp().set_size(place.node, end, realtime_ns())?;
    }
    Ok(())
}

pub(super) fn close(_: &mut Guest<'_>, wasi: &mut Wasi, fd: u32) -> Answer {
    let closed = wasi.descriptors.close(fd)?;
    wasi.release(closed.place());
    Ok(())
}

pub(super) fn renumber(_: &mut Guest<'_>, wasi: &mut Wasi, from: u32, to: u32) -> Answer {
    if let Some(replaced) = wasi.descriptors.renumber(from, to)? {
        wasi.release(replaced.place());
    }
    Ok(())
}

/// Answers `fd_sync` and `fd_datasync`: memory is always in sync with itself.
pub(super) fn sync(_: &mut Guest<'_>, wasi: &mut Wasi, fd: u32) -> Answer {
    match wasi.descriptors.get(fd)?.place() {
        Some(_) => Ok(()),
        None => Err(Errno::INVAL.into()),
    }
}

pub(super) fn fdstat_get(guest: &mut Guest<'_>, wasi: &mut Wasi, fd: u32, into: u32) -> Answer {
    let descriptor = wasi.descriptors.get(fd)?;
    let file_type = match descriptor.kind {
        Kind::Stdin | Kind::Stdout | Kind::Stderr => FileType::Unknown,
        Kind::File { .. } => FileType::Regular,
        Kind::Directory { .. } => FileType::Directory,
    };
    let mut record = [0; 24];
    record[0] = file_type as u8;
    record[2..4].copy_from_slice(&descriptor.flags.to_le_bytes());
    record[8..16].copy_from_slice(&descriptor.rights.to_le_bytes());
    record[16..24].copy_from_slice(&descriptor.inheriting.to_le_bytes());
    Ok(guest.write(into, &record)?)
}

pub(super) fn fdstat_set_flags(_: &mut Guest<'_>, wasi: &mut Wasi, fd: u32, flags: u32) -> Answer {
    let flags = checked_flags(flags)?;
    if wasi.descriptors.get(fd)?.flags != flags {
        wasi.descriptors.get_mut(fd)?.flags = flags;
    }
    Ok(())
}

/// Checks `fdflags`.
pub(super) fn checked_flags(flags: u32) -> Result<u16, Errno> {
    u16::try_from(flags)
        .ok()
        .filter(|flags| flags & !fdflags::ALL == 0)
        .ok_or(Errno::INVAL)
}

/// Gives up rights; none can be gained.
pub(super) fn fdstat_set_rights(
    _: &mut Guest<'_>,
    wasi: &mut Wasi,
    fd: u32,
    rights: u64,
    inheriting: u64,
) -> Answer {
    let descriptor = wasi.descriptors.get(fd)?;
    if rights & !descriptor.rights != 0 || inheriting & !descriptor.inheriting != 0 {
        return Err(Errno::NOTCAPABLE.into());
    }
    let descriptor = wasi.descriptors.get_mut(fd)?;
    descriptor.rights = rights;
    descriptor.inheriting = inheriting;
    Ok(())
}

pub(super) fn filestat_get(guest: &mut Guest<'_>, wasi: &mut Wasi, fd: u32, into: u32) -> Answer {
    let stat = match wasi.descriptors.get(fd)?.place() {
        Some(place) => wasi.stat(place)?,
        None => Stat::STREAM,
    };
    Ok(guest.write(into, &stat.encode())?)
}

pub(super) fn filestat_set_size(
    _: &mut Guest<'_>,
    wasi: &mut Wasi,
    fd: u32,
    size_bytes: u64,
) -> Answer {
    let place = writable_file(wasi, fd)?;
    Ok(wasi.tmp().set_size(place.node, size_bytes, realtime_ns())?)
}

pub(super) fn filestat_set_times(
    _: &mut Guest<'_>,
    wasi: &mut Wasi,
    fd: u32,
    accessed_ns: u64,
    modified_ns: u64,
    flags: u32,
) -> Answer {
    let place = wasi.descriptors.get(fd)?.place().ok_or(Errno::INVAL)?;
    set_times(wasi, place, (accessed_ns, modified_ns), flags)
}

/// Sets times of a node as `fstflags` say.
pub(super) fn set_times(
    wasi: &mut Wasi,
    place: Place,
    (accessed_ns, modified_ns): (u64, u64),
    flags: u32,
) -> Answer {
    let now_ns = realtime_ns();
    let choose = |given, given_ns, now| match (flags & given != 0, flags & now != 0) {
        (true, true) => Err(Errno::INVAL),
        (true, false) => Ok(Some(given_ns)),
        (false, true) => Ok(Some(now_ns)),
        (false, false) => Ok(None),
    };
    let accessed = choose(fstflags::ATIM, accessed_ns, fstflags::ATIM_NOW)?;
    let modified = choose(fstflags::MTIM, modified_ns, fstflags::MTIM_NOW)?;
    match place.volume {
        Volume::Tree => Err(Errno::ROFS.into()),
        Volume::Tmp => Ok(wasi
            .tmp()
            .set_times(place.node, accessed, modified, now_ns)?),
    }
}

pub(super) fn prestat_get(guest: &mut Guest<'_>, wasi: &mut Wasi, fd: u32, into: u32) -> Answer {
    let mount = mount(wasi, fd)?;
    guest.write_u32(into, 0)?;
    let length_at = into.checked_add(4).ok_or(Errno::FAULT)?;
    Ok(guest.write_size(length_at, mount.len())?)
}

pub(super) fn prestat_dir_name(
    guest: &mut Guest<'_>,
    wasi: &mut Wasi,
    fd: u32,
    into: u32,
    length: u32,
) -> Answer {
    let mount = mount(wasi, fd)?.as_bytes();
    let buffer = guest.bytes_mut(into, length)?;
    match buffer.get_mut(..mount.len()) {
        Some(start) => start.copy_from_slice(mount),
        None => return Err(Errno::NAMETOOLONG.into()),
    }
    Ok(())
}

/// Lists a directory into a buffer: whole entries, the last one cut off where the buffer ends.
pub(super) fn readdir(
    guest: &mut Guest<'_>,
    wasi: &mut Wasi,
    fd: u32,
    into: u32,
    length: u32,
    cookie: u64,
    used_out: u32,
) -> Answer {
    let Kind::Directory { place, .. } = wasi.descriptors.get(fd)?.kind else {
        return Err(Errno::NOTDIR.into());
    };
    let volume = wasi.walk(place.volume)?;
    let buffer = guest.bytes_mut(into, length)?;
    let mut used = 0;
    let mut position = cookie;
    while used < buffer.len()
        && let Some((at, name, node)) = entry(volume, place.node, position)
    {
        position = at.saturating_add(1);
        let head = dirent(position, name, &volume.stat(node));
        used += fill(&mut buffer[used..], &head);
        used += fill(&mut buffer[used..], name.as_bytes());
    }
    Ok(guest.write_size(used_out, used)?)
}

fn entry(volume: &dyn Walk, directory: NodeId, position: u64) -> Option<(u64, &str, NodeId)> {
    match position {
        0 => Some((0, ".", directory)),
        1 => Some((1, "..", volume.parent(directory).ok()?)),
        _ => volume.entry_at(directory, position),
    }
}

fn dirent(next: u64, name: &str, stat: &Stat) -> [u8; DIRENT_BYTES] {
    // Names have at most 255 bytes.
    let length = u32::try_from(name.len()).unwrap_or(0);
    let mut record = [0; DIRENT_BYTES];
    record[0..8].copy_from_slice(&next.to_le_bytes());
    record[8..16].copy_from_slice(&stat.inode.to_le_bytes());
    record[16..20].copy_from_slice(&length.to_le_bytes());
    record[20] = stat.file_type as u8;
    record
}

fn fill(buffer: &mut [u8], from: &[u8]) -> usize {
    let count = buffer.len().min(from.len());
    buffer[..count].copy_from_slice(&from[..count]);
    count
}

fn mount(wasi: &Wasi, fd: u32) -> Result<&'static str, Errno> {
    match wasi.descriptors.get(fd)?.kind {
        Kind::Directory {
            place,
            origin: Origin::Preopened,
        } => Ok(place.volume.mount()),
        _ => Err(Errno::BADF),
    }
}

fn file(wasi: &Wasi, fd: u32) -> Result<Place, Errno> {
    match wasi.descriptors.get(fd)?.kind {
        Kind::File { place, .. } => Ok(place),
        Kind::Directory { .. } => Err(Errno::BADF),
        Kind::Stdin | Kind::Stdout | Kind::Stderr => Err(Errno::SPIPE),
    }
}

fn writable_file(wasi: &Wasi, fd: u32) -> Result<Place, Errno> {
    let place = match file(wasi, fd) {
        Err(Errno::SPIPE) => return Err(Errno::INVAL),
        other => other?,
    };
    wasi.descriptors.get(fd)?.require(rights::FD_WRITE)?;
    match place.volume {
        Volume::Tmp => Ok(place),
        Volume::Tree => Err(Errno::ROFS),
    }
}
