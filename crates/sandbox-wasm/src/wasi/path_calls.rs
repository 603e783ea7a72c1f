//! Calls that take a path.
//!
//! A path starts at a directory descriptor and stays inside it ([`super::paths`]). Symbolic and hard links are not
//! supported, so `lookupflags` change nothing.

use super::{
    Wasi,
    abi::{Answer, Errno, fdflags, oflags, rights},
    clock::realtime_ns,
    descriptors::{Descriptor, Kind, Origin, Place, Volume},
    fd_calls::{checked_flags, set_times},
    files::Files,
    guest::Guest,
    paths::{Form, NodeId, Target, Walk, resolve},
};

/// A path and the directory it starts at, as the guest passes them.
#[derive(Clone, Copy)]
struct Path {
    fd: u32,
    at: u32,
    length: u32,
}

impl Path {
    fn target<'g>(
        self,
        guest: &'g Guest<'_>,
        wasi: &mut Wasi,
    ) -> Result<(Volume, Target<'g>), Errno> {
        let Kind::Directory { place, .. } = wasi.descriptors.get(self.fd)?.kind else {
            return Err(Errno::NOTDIR);
        };
        let path = guest.bytes(self.at, self.length)?;
        let target = resolve(wasi.walk(place.volume)?, place.node, path)?;
        Ok((place.volume, target))
    }

    fn existing(self, guest: &Guest<'_>, wasi: &mut Wasi) -> Result<Place, Errno> {
        let (volume, target) = self.target(guest, wasi)?;
        let node = target.existing(wasi.walk(volume)?)?;
        Ok(Place { volume, node })
    }

    /// A target about to be changed: in `/tmp` only.
    fn changeable<'g>(self, guest: &'g Guest<'_>, wasi: &mut Wasi) -> Result<Target<'g>, Errno> {
        match self.target(guest, wasi)? {
            (Volume::Tmp, target) => Ok(target),
            (Volume::Tree, _) => Err(Errno::ROFS),
        }
    }
}

pub(super) fn create_directory(
    guest: &mut Guest<'_>,
    wasi: &mut Wasi,
    fd: u32,
    at: u32,
    length: u32,
) -> Answer {
    let target = Path { fd, at, length }.changeable(guest, wasi)?;
    let name = target.name.ok_or(Errno::EXIST)?;
    wasi.tmp()
        .create_directory(target.directory, name, realtime_ns())?;
    Ok(())
}

pub(super) fn remove_directory(
    guest: &mut Guest<'_>,
    wasi: &mut Wasi,
    fd: u32,
    at: u32,
    length: u32,
) -> Answer {
    let target = Path { fd, at, length }.changeable(guest, wasi)?;
    let name = target.name.ok_or(Errno::INVAL)?;
    Ok(wasi
        .tmp()
        .remove_directory(target.directory, name, realtime_ns())?)
}

pub(super) fn unlink_file(
    guest: &mut Guest<'_>,
    wasi: &mut Wasi,
    fd: u32,
    at: u32,
    length: u32,
) -> Answer {
    let target = Path { fd, at, length }.changeable(guest, wasi)?;
    Ok(unlink_target(wasi.tmp(), &target)?)
}

pub(super) fn unlink_target(files: &mut Files, target: &Target<'_>) -> Result<(), Errno> {
    let name = target.name.ok_or(Errno::ISDIR)?;
    // For `NOTDIR` where a file's name ends in a slash.
    target.existing(files)?;
    files.unlink(target.directory, name, realtime_ns())
}

#[expect(clippy::too_many_arguments, reason = "the signature is WASI's")]
pub(super) fn rename(
    guest: &mut Guest<'_>,
    wasi: &mut Wasi,
    fd: u32,
    at: u32,
    length: u32,
    new_fd: u32,
    new_at: u32,
    new_length: u32,
) -> Answer {
    let old = Path { fd, at, length };
    let new = Path {
        fd: new_fd,
        at: new_at,
        length: new_length,
    };
    let (old_volume, from) = old.target(guest, wasi)?;
    let (new_volume, to) = new.target(guest, wasi)?;
    match (old_volume, new_volume) {
        (Volume::Tmp, Volume::Tmp) => {}
        (Volume::Tree, Volume::Tree) => return Err(Errno::ROFS.into()),
        _ => return Err(Errno::XDEV.into()),
    }
    Ok(rename_target(wasi.tmp(), &from, &to)?)
}

pub(super) fn rename_target(
    files: &mut Files,
    from: &Target<'_>,
    to: &Target<'_>,
) -> Result<(), Errno> {
    let (Some(old), Some(new)) = (from.name, to.name) else {
        return Err(Errno::INVAL);
    };
    let node = from.existing(files)?;
    if to.form == Form::Directory && !files.is_directory(node) {
        return Err(Errno::NOTDIR);
    }
    files.rename((from.directory, old), (to.directory, new), realtime_ns())
}

pub(super) fn filestat_get(
    guest: &mut Guest<'_>,
    wasi: &mut Wasi,
    fd: u32,
    _lookup: u32,
    at: u32,
    length: u32,
    into: u32,
) -> Answer {
    let place = Path { fd, at, length }.existing(guest, wasi)?;
    let stat = wasi.stat(place)?;
    Ok(guest.write(into, &stat.encode())?)
}

#[expect(clippy::too_many_arguments, reason = "the signature is WASI's")]
pub(super) fn filestat_set_times(
    guest: &mut Guest<'_>,
    wasi: &mut Wasi,
    fd: u32,
    _lookup: u32,
    at: u32,
    length: u32,
    accessed_ns: u64,
    modified_ns: u64,
    flags: u32,
) -> Answer {
    let place = Path { fd, at, length }.existing(guest, wasi)?;
    set_times(wasi, place, (accessed_ns, modified_ns), flags)
}

/// No node is a symbolic link, so what exists is `INVAL`.
#[expect(clippy::too_many_arguments, reason = "the signature is WASI's")]
pub(super) fn readlink(
    guest: &mut Guest<'_>,
    wasi: &mut Wasi,
    fd: u32,
    at: u32,
    length: u32,
    _into: u32,
    _into_length: u32,
    _used_out: u32,
) -> Answer {
    Path { fd, at, length }.existing(guest, wasi)?;
    Err(Errno::INVAL.into())
}

#[expect(clippy::too_many_arguments, reason = "the signature is WASI's")]
pub(super) fn link(
    _: &mut Guest<'_>,
    wasi: &mut Wasi,
    fd: u32,
    _lookup: u32,
    _at: u32,
    _length: u32,
    new_fd: u32,
    _new_at: u32,
    _new_length: u32,
) -> Answer {
    wasi.descriptors.get(fd)?;
    wasi.descriptors.get(new_fd)?;
    Err(Errno::NOTSUP.into())
}

pub(super) fn symlink(
    _: &mut Guest<'_>,
    wasi: &mut Wasi,
    _at: u32,
    _length: u32,
    fd: u32,
    _new_at: u32,
    _new_length: u32,
) -> Answer {
    wasi.descriptors.get(fd)?;
    Err(Errno::NOTSUP.into())
}

/// What `path_open` asks for.
#[derive(Clone, Copy)]
pub(super) struct Opening {
    pub(super) oflags: u32,
    pub(super) rights: u64,
    pub(super) inheriting: u64,
    pub(super) flags: u16,
}

#[expect(clippy::too_many_arguments, reason = "the signature is WASI's")]
pub(super) fn open(
    guest: &mut Guest<'_>,
    wasi: &mut Wasi,
    fd: u32,
    _lookup: u32,
    at: u32,
    length: u32,
    oflags: u32,
    rights: u64,
    inheriting: u64,
    flags: u32,
    into: u32,
) -> Answer {
    let allowed = wasi.descriptors.get(fd)?.inheriting;
    let opening = Opening {
        oflags,
        rights: rights & allowed,
        inheriting: inheriting & allowed,
        flags: checked_flags(flags)?,
    };
    // Before anything is created or held: the number must have a place to go, and a descriptor to be had.
    guest.bytes(into, 4)?;
    wasi.descriptors.check_room()?;
    let (volume, target) = Path { fd, at, length }.target(guest, wasi)?;
    let number = opening.open(wasi, volume, &target, rights)?;
    Ok(guest.write_u32(into, number)?)
}

impl Opening {
    const fn asks(&self, oflag: u32) -> bool {
        self.oflags & oflag != 0
    }

    /// Finds or creates the node and puts a descriptor of it into the table, which must have room.
    pub(super) fn open(
        &self,
        wasi: &mut Wasi,
        volume: Volume,
        target: &Target<'_>,
        asked_rights: u64,
    ) -> Result<u32, Errno> {
        let node = self.node(wasi, volume, target, asked_rights)?;
        let descriptor = self.descriptor(wasi, Place { volume, node })?;
        if volume == Volume::Tmp {
            wasi.tmp().hold(node)?;
        }
        wasi.descriptors.insert(descriptor)
    }

    /// Finds or creates the node, checked against what was asked.
    fn node(
        &self,
        wasi: &mut Wasi,
        volume: Volume,
        target: &Target<'_>,
        asked_rights: u64,
    ) -> Result<NodeId, Errno> {
        if self.asks(oflags::CREAT) && self.asks(oflags::DIRECTORY) {
            return Err(Errno::INVAL);
        }
        let walk = wasi.walk(volume)?;
        let node = match target.existing(walk) {
            Ok(node) => node,
            Err(Errno::NOENT) if self.asks(oflags::CREAT) => {
                return create(wasi, volume, target);
            }
            Err(errno) => return Err(errno),
        };
        let is_directory = walk.is_directory(node);
        if self.asks(oflags::CREAT) && self.asks(oflags::EXCL) {
            return Err(Errno::EXIST);
        }
        if self.asks(oflags::DIRECTORY) && !is_directory {
            return Err(Errno::NOTDIR);
        }
        let changes = asked_rights & rights::FD_WRITE != 0 || self.asks(oflags::TRUNC);
        if is_directory && changes && !self.asks(oflags::DIRECTORY) {
            return Err(Errno::ISDIR);
        }
        if !is_directory && changes && volume == Volume::Tree {
            return Err(Errno::ROFS);
        }
        if self.asks(oflags::TRUNC) && !is_directory {
            wasi.tmp().set_size(node, 0, realtime_ns())?;
        }
        Ok(node)
    }

    fn descriptor(&self, wasi: &mut Wasi, place: Place) -> Result<Descriptor, Errno> {
        let directory = place.volume.directory_rights();
        let file = place.volume.file_rights();
        Ok(match wasi.walk(place.volume)?.is_directory(place.node) {
            true => Descriptor::new(
                Kind::Directory {
                    place,
                    origin: Origin::Opened,
                },
                self.rights & directory,
                self.inheriting & (directory | file),
                self.flags & !fdflags::APPEND,
            ),
            false => Descriptor::new(
                Kind::File { place, offset: 0 },
                self.rights & file,
                0,
                self.flags,
            ),
        })
    }
}

fn create(wasi: &mut Wasi, volume: Volume, target: &Target<'_>) -> Result<NodeId, Errno> {
    let name = target.name.ok_or(Errno::ISDIR)?;
    match (volume, target.form) {
        (Volume::Tree, _) => Err(Errno::ROFS),
        (Volume::Tmp, Form::Directory) => Err(Errno::ISDIR),
        (Volume::Tmp, Form::Any) => {
            Files::create_file(wasi.tmp(), target.directory, name, realtime_ns())
        }
    }
}
