//! From a guest's path to a node, without ever leaving the directory it starts in.
//!
//! Knows no file system: what it walks is a [`Walk`]. No symbolic links, so one pass over the path is all.
//!
//! Source: `path_resolution(7)`; preview 1 adds that a path is relative and that `..` stays inside.

use super::abi::{Errno, FileType, Stat};

/// Longest path, as Linux has it (`PATH_MAX`).
const MAX_PATH_BYTES: usize = 4096;

/// Longest name, as Linux has it (`NAME_MAX`).
const MAX_NAME_BYTES: usize = 255;

/// A file or directory of one file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NodeId(u32);

impl NodeId {
    /// The directory that everything else is in.
    pub(super) const ROOT: Self = Self(0);

    pub(super) fn new(index: usize) -> Option<Self> {
        u32::try_from(index).ok().map(Self)
    }

    pub(super) fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// A file system to look around in.
pub(super) trait Walk {
    /// `NOENT` where there is no such name, `NOTDIR` where `directory` is none.
    fn child(&self, directory: NodeId, name: &str) -> Result<NodeId, Errno>;

    /// The root's parent is the root.
    fn parent(&self, directory: NodeId) -> Result<NodeId, Errno>;

    fn stat(&self, node: NodeId) -> Stat;

    /// The first entry at `position` or after; `.` and `..` are not entries, 0 and 1 stand for them.
    fn entry_at(&self, directory: NodeId, position: u64) -> Option<(u64, &str, NodeId)>;

    fn is_directory(&self, node: NodeId) -> bool {
        self.stat(node).file_type == FileType::Directory
    }
}

/// Where a path leads: the last directory on it, and the name to look for there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target<'p> {
    pub(super) directory: NodeId,
    /// `None` where the path ends in `.` or `..`: then `directory` itself is meant.
    pub(super) name: Option<&'p str>,
    pub(super) form: Form,
}

/// What a path's ending asks of the thing it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Any,
    /// Ends in `/` or `/.`.
    Directory,
}

impl Target<'_> {
    /// The node that is there.
    pub(super) fn existing(&self, volume: &dyn Walk) -> Result<NodeId, Errno> {
        let Some(name) = self.name else {
            return Ok(self.directory);
        };
        let node = volume.child(self.directory, name)?;
        match self.form {
            Form::Directory if !volume.is_directory(node) => Err(Errno::NOTDIR),
            _ => Ok(node),
        }
    }
}

/// Follows `path` from `start` up to its last name. What the target names as a directory is one.
pub(super) fn resolve<'p>(
    volume: &dyn Walk,
    start: NodeId,
    path: &'p [u8],
) -> Result<Target<'p>, Errno> {
    let path = checked(path)?;
    let mut directory = start;
    let mut depth = 0_usize;
    let mut last = None;
    let names = path.split('/').filter(|part| !matches!(*part, "" | "."));
    for part in names {
        if let Some(name) = last.take() {
            directory = volume.child(directory, name)?;
            depth += 1;
        }
        if part == ".." {
            depth = depth.checked_sub(1).ok_or(Errno::PERM)?;
            directory = volume.parent(directory)?;
        } else if part.len() > MAX_NAME_BYTES {
            return Err(Errno::NAMETOOLONG);
        } else {
            last = Some(part);
        }
    }
    if !volume.is_directory(directory) {
        return Err(Errno::NOTDIR);
    }
    let form = if path.ends_with('/') || path.ends_with("/.") {
        Form::Directory
    } else {
        Form::Any
    };
    Ok(Target {
        directory,
        name: last,
        form,
    })
}

fn checked(path: &[u8]) -> Result<&str, Errno> {
    if path.len() > MAX_PATH_BYTES {
        return Err(Errno::NAMETOOLONG);
    }
    let path = std::str::from_utf8(path).map_err(|_| Errno::ILSEQ)?;
    match path {
        "" => Err(Errno::NOENT),
        _ if path.contains('\0') => Err(Errno::INVAL),
        _ if path.starts_with('/') => Err(Errno::PERM),
        _ => Ok(path),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes as Buffer;

    use super::*;
    use crate::wasi::ReadOnlyTree;

    fn tree() -> ReadOnlyTree {
        let files = ["a/b/c", "a/f", "g"];
        ReadOnlyTree::new(files.map(|path| (path, Buffer::new()))).unwrap()
    }

    fn check_from(start: &str, path: &str, expected: Result<&str, Errno>) {
        let tree = tree();
        let find = |start, path: &str| {
            resolve(&tree, start, path.as_bytes()).and_then(|target| target.existing(&tree))
        };
        let start = find(NodeId::ROOT, start).unwrap();
        let expected = expected.map(|path| find(NodeId::ROOT, path).unwrap());
        assert_eq!(find(start, path), expected, "{path:?}");
    }

    #[test]
    fn paths_lead_to_nodes_and_never_out_of_their_start() {
        let check = |path: &str, expected| check_from(".", path, expected);
        check(".", Ok("."));
        check("a/b/c", Ok("a/b/c"));
        check("./a//b/./c", Ok("a/b/c"));
        check("a/b/", Ok("a/b"));
        check("a/b/../f", Ok("a/f"));
        check("a/..", Ok("."));
        check("a/b/../../g", Ok("g"));
        check("..", Err(Errno::PERM));
        check("a/../..", Err(Errno::PERM));
        check("a/../../a", Err(Errno::PERM));
        check("/a", Err(Errno::PERM));
        check("", Err(Errno::NOENT));
        check("x", Err(Errno::NOENT));
        check("x/..", Err(Errno::NOENT));
        check("g/", Err(Errno::NOTDIR));
        check("g/.", Err(Errno::NOTDIR));
        check("g/x", Err(Errno::NOTDIR));
        check("g/..", Err(Errno::NOTDIR));
        check("a\0", Err(Errno::INVAL));
        check(&"x".repeat(255), Err(Errno::NOENT));
        check(&"x".repeat(256), Err(Errno::NAMETOOLONG));
        check(&"./".repeat(2048), Ok("."));
        check(&"./".repeat(2049), Err(Errno::NAMETOOLONG));
    }

    #[test]
    fn a_path_from_an_open_directory_stays_in_that_directory() {
        check_from("a", "b/c", Ok("a/b/c"));
        check_from("a", "b/../f", Ok("a/f"));
        check_from("a", "../g", Err(Errno::PERM));
        check_from("a/b", "../../g", Err(Errno::PERM));
    }

    #[test]
    fn a_path_that_is_not_utf8_is_refused() {
        assert_eq!(resolve(&tree(), NodeId::ROOT, b"a\xff"), Err(Errno::ILSEQ));
    }
}
