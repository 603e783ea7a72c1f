//! The table from descriptor numbers to what is behind them.
//!
//! Until the guest opens, closes or changes one, the table is a constant and takes no memory. Does not hold nodes
//! alive: whoever opens or closes tells [`super::files`].

use super::{
    abi::{Errno, rights},
    paths::NodeId,
};

/// Most descriptors at once, as Linux has it by default.
const MAX_DESCRIPTORS: usize = 1024;

const STDIN: Descriptor = Descriptor::new(Kind::Stdin, rights::STDIN, 0, 0);
const STDOUT: Descriptor = Descriptor::new(Kind::Stdout, rights::STDOUT, 0, 0);
const STDERR: Descriptor = Descriptor::new(Kind::Stderr, rights::STDOUT, 0, 0);
const TMP: Descriptor = Descriptor::root(Volume::Tmp);
const TREE: Descriptor = Descriptor::root(Volume::Tree);
const INITIAL: [Descriptor; 5] = [STDIN, STDOUT, STDERR, TMP, TREE];

/// One of the two file systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Volume {
    /// The private `/tmp`.
    Tmp,
    /// The shared read-only tree at `/`.
    Tree,
}

/// What a sandbox finds mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mounts {
    Tmp,
    TmpAndTree,
}

impl Volume {
    /// Where it is mounted.
    pub(super) const fn mount(self) -> &'static str {
        match self {
            Self::Tmp => "/tmp",
            Self::Tree => "/",
        }
    }

    /// Rights of a directory.
    pub(super) const fn directory_rights(self) -> u64 {
        match self {
            Self::Tmp => rights::DIRECTORY,
            Self::Tree => rights::READ_ONLY_DIRECTORY,
        }
    }

    /// Rights of a file.
    pub(super) const fn file_rights(self) -> u64 {
        match self {
            Self::Tmp => rights::FILE,
            Self::Tree => rights::READ_ONLY_FILE,
        }
    }
}

/// A node of one of the file systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) volume: Volume,
    pub(super) node: NodeId,
}

/// What a descriptor is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Reads the event.
    Stdin,
    /// Appends to the reply.
    Stdout,
    /// Appends to the log.
    Stderr,
    /// An open file and where the next read or write happens.
    File {
        /// Which file.
        place: Place,
        /// In bytes; may lie past the end.
        offset: u64,
    },
    /// An open directory.
    Directory {
        /// Which directory.
        place: Place,
        /// How the guest got it.
        origin: Origin,
    },
}

/// How the guest got a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// It was there from the start, and paths begin in it.
    Preopened,
    /// The guest opened it.
    Opened,
}

/// An entry of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Descriptor {
    pub(super) kind: Kind,
    /// `fdflags`.
    pub(super) flags: u16,
    pub(super) rights: u64,
    /// Rights of what is opened through it.
    pub(super) inheriting: u64,
}

impl Descriptor {
    pub(super) const fn new(kind: Kind, rights: u64, inheriting: u64, flags: u16) -> Self {
        Self {
            kind,
            flags,
            rights,
            inheriting,
        }
    }

    const fn root(volume: Volume) -> Self {
        let place = Place {
            volume,
            node: NodeId::ROOT,
        };
        let directory = volume.directory_rights();
        let origin = Origin::Preopened;
        let inheriting = directory | volume.file_rights();
        Self::new(Kind::Directory { place, origin }, directory, inheriting, 0)
    }

    /// The node it holds, if any.
    pub(super) fn place(&self) -> Option<Place> {
        match self.kind {
            Kind::File { place, .. } | Kind::Directory { place, .. } => Some(place),
            Kind::Stdin | Kind::Stdout | Kind::Stderr => None,
        }
    }

    /// Refuses with `BADF`, as POSIX does for the wrong mode, unless every right is there.
    pub(super) fn require(&self, rights: u64) -> Result<(), Errno> {
        match self.rights & rights == rights {
            true => Ok(()),
            false => Err(Errno::BADF),
        }
    }
}

/// All descriptors of a sandbox.
#[derive(Debug)]
pub(super) struct Descriptors {
    initial: &'static [Descriptor],
    changed: Option<Vec<Option<Descriptor>>>,
}

impl Descriptors {
    pub(super) fn new(mounts: Mounts) -> Self {
        let initial = match mounts {
            Mounts::Tmp => &INITIAL[..4],
            Mounts::TmpAndTree => &INITIAL[..],
        };
        Self {
            initial,
            changed: None,
        }
    }

    /// Whether the guest would find what it finds at first. Flags do not count: on streams and directories, all
    /// there is at first, they change nothing, and Go sets them on every start.
    pub(super) fn are_initial(&self) -> bool {
        let Some(table) = &self.changed else {
            return true;
        };
        let mut table = table.iter();
        let first = self.initial.iter().all(|initial| {
            let found = table.next().copied().flatten();
            found.map(|found| Descriptor { flags: 0, ..found }) == Some(*initial)
        });
        first && table.all(Option::is_none)
    }

    pub(super) fn get(&self, fd: u32) -> Result<Descriptor, Errno> {
        let fd = index(fd)?;
        match &self.changed {
            None => self.initial.get(fd).copied(),
            Some(table) => table.get(fd).copied().flatten(),
        }
        .ok_or(Errno::BADF)
    }

    pub(super) fn get_mut(&mut self, fd: u32) -> Result<&mut Descriptor, Errno> {
        let slot = self.table().get_mut(index(fd)?).ok_or(Errno::BADF)?;
        slot.as_mut().ok_or(Errno::BADF)
    }

    /// Refuses with `MFILE` where no descriptor is left; ask before creating what is to be opened.
    pub(super) fn check_room(&self) -> Result<(), Errno> {
        let open = self
            .changed
            .as_ref()
            .map_or(0, |table| table.iter().flatten().count());
        match open < MAX_DESCRIPTORS {
            true => Ok(()),
            false => Err(Errno::MFILE),
        }
    }

    /// Puts a descriptor at the lowest free number.
    pub(super) fn insert(&mut self, descriptor: Descriptor) -> Result<u32, Errno> {
        self.check_room()?;
        let table = self.table();
        let fd = table.iter().position(Option::is_none);
        let fd = fd.unwrap_or_else(|| {
            table.push(None);
            table.len() - 1
        });
        table[fd] = Some(descriptor);
        u32::try_from(fd).map_err(|_| Errno::MFILE)
    }

    /// Takes a descriptor out.
    pub(super) fn close(&mut self, fd: u32) -> Result<Descriptor, Errno> {
        self.get(fd)?;
        let slot = self.table().get_mut(index(fd)?).ok_or(Errno::BADF)?;
        slot.take().ok_or(Errno::BADF)
    }

    /// Moves `from` over `to`; both must be open. Tells what was at `to`, unless they are one.
    pub(super) fn renumber(&mut self, from: u32, to: u32) -> Result<Option<Descriptor>, Errno> {
        self.get(from)?;
        let replaced = self.get(to)?;
        if from == to {
            return Ok(None);
        }
        let moved = self.close(from)?;
        *self.get_mut(to)? = moved;
        Ok(Some(replaced))
    }

    fn table(&mut self) -> &mut Vec<Option<Descriptor>> {
        let initial = self.initial;
        self.changed
            .get_or_insert_with(|| initial.iter().copied().map(Some).collect())
    }
}

fn index(fd: u32) -> Result<usize, Errno> {
    usize::try_from(fd).map_err(|_| Errno::BADF)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(descriptors: &Descriptors) -> Vec<u32> {
        (0..2000)
            .filter(|fd| descriptors.get(*fd).is_ok())
            .collect()
    }

    #[test]
    fn the_lowest_free_number_is_taken_and_closing_all_but_the_first_is_the_initial_state() {
        let mut descriptors = Descriptors::new(Mounts::Tmp);
        assert_eq!(numbers(&descriptors), [0, 1, 2, 3]);
        assert_eq!(descriptors.insert(STDERR), Ok(4));
        assert_eq!(descriptors.insert(STDERR), Ok(5));
        assert!(descriptors.close(4).is_ok());
        assert_eq!(descriptors.close(4), Err(Errno::BADF));
        assert_eq!(descriptors.insert(STDERR), Ok(4));
        assert!(!descriptors.are_initial());
        assert!(descriptors.close(4).is_ok() && descriptors.close(5).is_ok());
        assert!(descriptors.are_initial());
        descriptors.get_mut(0).unwrap().flags = 4;
        assert!(descriptors.are_initial());
        assert!(descriptors.close(0).is_ok());
        assert!(!descriptors.are_initial());
    }

    #[test]
    fn a_full_table_takes_no_more() {
        let mut descriptors = Descriptors::new(Mounts::TmpAndTree);
        while descriptors.check_room().is_ok() {
            descriptors.insert(STDOUT).unwrap();
        }
        assert_eq!(numbers(&descriptors).len(), MAX_DESCRIPTORS);
        assert_eq!(descriptors.insert(STDOUT), Err(Errno::MFILE));
        descriptors.close(7).unwrap();
        assert_eq!(descriptors.insert(STDOUT), Ok(7));
    }

    #[test]
    fn renumbering_moves_one_open_descriptor_over_another() {
        let mut descriptors = Descriptors::new(Mounts::Tmp);
        assert_eq!(descriptors.renumber(0, 9), Err(Errno::BADF));
        assert_eq!(descriptors.renumber(9, 0), Err(Errno::BADF));
        assert_eq!(descriptors.renumber(1, 1), Ok(None));
        assert_eq!(descriptors.renumber(1, 2), Ok(Some(STDERR)));
        assert_eq!(numbers(&descriptors), [0, 2, 3]);
        assert_eq!(descriptors.get(2), Ok(STDOUT));
    }
}
