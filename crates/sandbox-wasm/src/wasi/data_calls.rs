//! Calls that move bytes, or the place where the next byte moves.
//!
//! Bytes go straight between guest memory and file, event, reply or log.

use super::{
    Wasi,
    abi::{Answer, Errno, Refusal, fdflags, rights},
    clock::realtime_ns,
    descriptors::{Descriptor, Kind, Place, Volume},
    guest::Guest,
};

pub(super) fn fd_read(
    guest: &mut Guest<'_>,
    wasi: &mut Wasi,
    fd: u32,
    list: u32,
    count: u32,
    moved_out: u32,
) -> Answer {
    let descriptor = wasi.descriptors.get(fd)?;
    descriptor.require(rights::FD_READ)?;
    let moved = match descriptor.kind {
        Kind::Stdin => guest.each_buffer(list, count, |buffer| Ok(read_event(wasi, buffer)))?,
        Kind::File { place, offset } => {
            let moved = read_file(guest, wasi, place, offset, (list, count))?;
            wasi.set_offset(fd, offset.saturating_add(moved as u64))?;
            moved
        }
        Kind::Directory { .. } => return Err(Errno::ISDIR.into()),
        Kind::Stdout | Kind::Stderr => return Err(Errno::BADF.into()),
    };
    Ok(guest.write_size(moved_out, moved)?)
}

pub(super) fn fd_pread(
    guest: &mut Guest<'_>,
    wasi: &mut Wasi,
    fd: u32,
    list: u32,
    count: u32,
    offset: u64,
    moved_out: u32,
) -> Answer {
    let descriptor = wasi.descriptors.get(fd)?;
    let place = seekable(&descriptor)?;
    descriptor.require(rights::FD_READ)?;
    let moved = read_file(guest, wasi, place, offset, (list, count))?;
    Ok(guest.write_size(moved_out, moved)?)
}

pub(super) fn fd_write(
    guest: &mut Guest<'_>,
    wasi: &mut Wasi,
    fd: u32,
    list: u32,
    count: u32,
    moved_out: u32,
) -> Answer {
    let descriptor = wasi.descriptors.get(fd)?;
    descriptor.require(rights::FD_WRITE)?;
    let moved = match descriptor.kind {
        Kind::Stdout => guest.each_buffer(list, count, |buffer| {
            wasi.write_output(buffer).map(|()| buffer.len())
        })?,
        Kind::Stderr => guest.each_buffer(list, count, |buffer| {
            wasi.log.write(buffer);
            Ok(buffer.len())
        })?,
        Kind::File { place, offset } => {
            let start = match descriptor.flags & fdflags::APPEND {
                0 => offset,
                _ => wasi.stat(place)?.size_bytes,
            };
            let moved = write_file(guest, wasi, place, start, (list, count))?;
            wasi.set_offset(fd, start.saturating_add(moved as u64))?;
            moved
        }
        Kind::Stdin | Kind::Directory { .. } => return Err(Errno::BADF.into()),
    };
    Ok(guest.write_size(moved_out, moved)?)
}

/// Writes at `offset` even where the descriptor appends, as POSIX says and Linux does not.
pub(super) fn fd_pwrite(
    guest: &mut Guest<'_>,
    wasi: &mut Wasi,
    fd: u32,
    list: u32,
    count: u32,
    offset: u64,
    moved_out: u32,
) -> Answer {
    let descriptor = wasi.descriptors.get(fd)?;
    let place = seekable(&descriptor)?;
    descriptor.require(rights::FD_WRITE)?;
    let moved = write_file(guest, wasi, place, offset, (list, count))?;
    Ok(guest.write_size(moved_out, moved)?)
}

pub(super) fn fd_seek(
    guest: &mut Guest<'_>,
    wasi: &mut Wasi,
    fd: u32,
    delta: i64,
    whence: u32,
    into: u32,
) -> Answer {
    let descriptor = wasi.descriptors.get(fd)?;
    let place = seekable(&descriptor)?;
    let base = match whence {
        0 => 0,
        1 => offset_of(&descriptor),
        2 => wasi.stat(place)?.size_bytes,
        _ => return Err(Errno::INVAL.into()),
    };
    // POSIX offsets are signed: one past that range is as wrong as one below zero.
    let offset = base
        .checked_add_signed(delta)
        .filter(|offset| i64::try_from(*offset).is_ok())
        .ok_or(Errno::INVAL)?;
    guest.write_u64(into, offset)?;
    Ok(wasi.set_offset(fd, offset)?)
}

pub(super) fn fd_tell(guest: &mut Guest<'_>, wasi: &mut Wasi, fd: u32, into: u32) -> Answer {
    let descriptor = wasi.descriptors.get(fd)?;
    seekable(&descriptor)?;
    Ok(guest.write_u64(into, offset_of(&descriptor))?)
}

fn seekable(descriptor: &Descriptor) -> Result<Place, Errno> {
    match descriptor.kind {
        Kind::File { place, .. } => Ok(place),
        Kind::Directory { .. } => Err(Errno::ISDIR),
        Kind::Stdin | Kind::Stdout | Kind::Stderr => Err(Errno::SPIPE),
    }
}

fn offset_of(descriptor: &Descriptor) -> u64 {
    match descriptor.kind {
        Kind::File { offset, .. } => offset,
        _ => 0,
    }
}

/// Takes from the front of what is left of the event.
fn read_event(wasi: &mut Wasi, buffer: &mut [u8]) -> usize {
    let count = buffer.len().min(wasi.input.len());
    buffer[..count].copy_from_slice(&wasi.input.split_to(count));
    count
}

fn read_file(
    guest: &mut Guest<'_>,
    wasi: &mut Wasi,
    place: Place,
    offset: u64,
    (list, count): (u32, u32),
) -> Result<usize, Refusal> {
    let mut at = offset;
    guest.each_buffer(list, count, |buffer| {
        let moved = wasi.read_at(place, at, buffer)?;
        at = at.saturating_add(moved as u64);
        Ok(moved)
    })
}

fn write_file(
    guest: &mut Guest<'_>,
    wasi: &mut Wasi,
    place: Place,
    offset: u64,
    (list, count): (u32, u32),
) -> Result<usize, Refusal> {
    if place.volume == Volume::Tree {
        return Err(Errno::ROFS.into());
    }
    let now_ns = realtime_ns();
    let files = wasi.tmp();
    let mut at = offset;
    guest.each_buffer(list, count, |buffer| {
        let moved = files.write_at(place.node, at, buffer, now_ns)?;
        at = at.saturating_add(moved as u64);
        Ok(moved)
    })
}

impl Wasi {
    fn set_offset(&mut self, fd: u32, to: u64) -> Result<(), Errno> {
        if let Kind::File { offset, .. } = &mut self.descriptors.get_mut(fd)?.kind {
            *offset = to;
        }
        Ok(())
    }
}

/// How many bytes a read would find now, for `poll_oneoff`.
pub(super) fn readable_bytes(wasi: &mut Wasi, fd: u32) -> Result<u64, Errno> {
    let descriptor = wasi.descriptors.get(fd)?;
    descriptor.require(rights::FD_READ)?;
    match descriptor.kind {
        Kind::Stdin => Ok(wasi.input.len() as u64),
        Kind::File { place, offset } => Ok(wasi.stat(place)?.size_bytes.saturating_sub(offset)),
        _ => Err(Errno::BADF),
    }
}
