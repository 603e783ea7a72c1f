//! A read-only tree of files, shared by all sandboxes of a program and mounted at `/`.
//!
//! Immutable once made, so it has no lock, no limit and no times; what may go into it is its maker's to bound.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes as Buffer;

use super::{
    abi::{Errno, FileType, Stat, Times},
    paths::{NodeId, Walk},
};

/// The device number of the tree.
const DEVICE: u64 = 2;

/// Files by path.
#[derive(Debug)]
pub(crate) struct ReadOnlyTree {
    nodes: Vec<Node>,
}

#[derive(Debug)]
enum Node {
    File(Buffer),
    Directory(Directory),
}

#[derive(Debug)]
struct Directory {
    parent: NodeId,
    /// Position in `entries` by name.
    names: HashMap<Box<str>, usize>,
    entries: Vec<(Box<str>, NodeId)>,
}

/// Why files are no tree.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum TreeError {
    /// The path has an empty, `.` or `..` part, or a NUL, or a name above 255 bytes.
    #[error("{path:?} is not a relative path of plain names")]
    Path {
        /// The path.
        path: String,
    },
    /// The path is given twice, or runs through a file.
    #[error("{path:?} collides with another file of the tree")]
    Collision {
        /// The path.
        path: String,
    },
    /// There are more nodes than a node id can number.
    #[error("the tree has too many files")]
    TooMany,
}

impl ReadOnlyTree {
    /// Makes a tree of files given by relative path; directories follow from the paths.
    ///
    /// # Errors
    ///
    /// [`TreeError`] names the first path that cannot be in the tree.
    #[cfg_attr(
        not(test),
        expect(
            dead_code,
            reason = "Python and archives mount one; no backend has them yet"
        )
    )]
    pub(crate) fn new<P: Into<String>>(
        files: impl IntoIterator<Item = (P, Buffer)>,
    ) -> Result<Self, TreeError> {
        let mut sorted = BTreeMap::new();
        for (path, content) in files {
            let path = path.into();
            if !path.split('/').all(is_plain) {
                return Err(TreeError::Path { path });
            }
            if sorted.insert(path.clone(), content).is_some() {
                return Err(TreeError::Collision { path });
            }
        }
        let mut tree = Self {
            nodes: vec![Node::Directory(Directory::new(NodeId::ROOT))],
        };
        for (path, content) in sorted {
            tree.add(&path, content)?;
        }
        Ok(tree)
    }

    fn add(&mut self, path: &str, content: Buffer) -> Result<(), TreeError> {
        let mut names = path.split('/').peekable();
        let mut at = NodeId::ROOT;
        while let Some(name) = names.next() {
            let is_last = names.peek().is_none();
            at = match (self.child(at, name), is_last) {
                (Ok(node), false) => node,
                (Err(Errno::NOENT), true) => self.link(at, name, Node::File(content.clone()))?,
                (Err(Errno::NOENT), false) => {
                    self.link(at, name, Node::Directory(Directory::new(at)))?
                }
                _ => {
                    return Err(TreeError::Collision {
                        path: path.to_owned(),
                    });
                }
            };
        }
        Ok(())
    }

    fn link(&mut self, parent: NodeId, name: &str, node: Node) -> Result<NodeId, TreeError> {
        let id = NodeId::new(self.nodes.len()).ok_or(TreeError::TooMany)?;
        self.nodes.push(node);
        if let Some(Node::Directory(directory)) = self.nodes.get_mut(parent.index()) {
            directory.names.insert(name.into(), directory.entries.len());
            directory.entries.push((name.into(), id));
        }
        Ok(id)
    }

    /// Copies content from `offset` on; none at or past the end.
    pub(super) fn read_at(
        &self,
        node: NodeId,
        offset: u64,
        into: &mut [u8],
    ) -> Result<usize, Errno> {
        match self.nodes.get(node.index()) {
            Some(Node::File(content)) => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX);
                let rest = content.get(start..).unwrap_or_default();
                let count = rest.len().min(into.len());
                into[..count].copy_from_slice(&rest[..count]);
                Ok(count)
            }
            Some(Node::Directory(_)) => Err(Errno::ISDIR),
            None => Err(Errno::IO),
        }
    }

    fn directory(&self, node: NodeId) -> Result<&Directory, Errno> {
        match self.nodes.get(node.index()) {
            Some(Node::Directory(directory)) => Ok(directory),
            Some(Node::File(_)) => Err(Errno::NOTDIR),
            None => Err(Errno::IO),
        }
    }
}

impl Walk for ReadOnlyTree {
    fn child(&self, directory: NodeId, name: &str) -> Result<NodeId, Errno> {
        let directory = self.directory(directory)?;
        let position = directory.names.get(name).ok_or(Errno::NOENT)?;
        let entry = directory.entries.get(*position);
        entry.map(|(_, node)| *node).ok_or(Errno::IO)
    }

    fn parent(&self, directory: NodeId) -> Result<NodeId, Errno> {
        Ok(self.directory(directory)?.parent)
    }

    fn stat(&self, node: NodeId) -> Stat {
        let (file_type, size_bytes) = match self.nodes.get(node.index()) {
            Some(Node::File(content)) => (FileType::Regular, content.len() as u64),
            _ => (FileType::Directory, 0),
        };
        Stat {
            device: DEVICE,
            inode: node.index() as u64 + 1,
            file_type,
            links: 1,
            size_bytes,
            times: Times::default(),
        }
    }

    fn entry_at(&self, directory: NodeId, position: u64) -> Option<(u64, &str, NodeId)> {
        let index = usize::try_from(position.saturating_sub(2)).ok()?;
        let (name, node) = self.directory(directory).ok()?.entries.get(index)?;
        Some((index as u64 + 2, name, *node))
    }
}

impl Directory {
    fn new(parent: NodeId) -> Self {
        Self {
            parent,
            names: HashMap::new(),
            entries: Vec::new(),
        }
    }
}

fn is_plain(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && name.len() <= 255 && !name.contains('\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_relative_paths_without_collisions_make_a_tree() {
        let check = |paths: &[&str], expected: Result<(), TreeError>| {
            let files = paths.iter().map(|path| (*path, Buffer::new()));
            assert_eq!(ReadOnlyTree::new(files).map(|_| ()), expected, "{paths:?}");
        };
        let path = |path: &str| Err(TreeError::Path { path: path.into() });
        let collision = |path: &str| Err(TreeError::Collision { path: path.into() });
        check(&[], Ok(()));
        check(&["a", "b/c", "b/d"], Ok(()));
        check(&["/a"], path("/a"));
        check(&["../a"], path("../a"));
        check(&["a/./b"], path("a/./b"));
        check(&["a//b"], path("a//b"));
        check(&["a/"], path("a/"));
        check(&[""], path(""));
        check(&["a", "a"], collision("a"));
        check(&["a/b", "a"], collision("a/b"));
    }

    #[test]
    fn files_read_back_and_directories_list_what_is_in_them() {
        let files = [("b/two", "22"), ("b/one", "1"), ("top", "0")];
        let files = files.map(|(path, text)| (path, Buffer::from_static(text.as_bytes())));
        let tree = ReadOnlyTree::new(files).unwrap();
        let b = tree.child(NodeId::ROOT, "b").unwrap();
        let two = tree.child(b, "two").unwrap();
        let mut into = [0; 4];
        assert_eq!(tree.read_at(two, 1, &mut into), Ok(1));
        assert_eq!(into, *b"2\0\0\0");
        assert_eq!(tree.read_at(two, u64::MAX, &mut into), Ok(0));
        let (at, name, _) = tree.entry_at(b, 0).unwrap();
        assert_eq!((at, name), (2, "one"));
        let (at, name, _) = tree.entry_at(b, at + 1).unwrap();
        assert_eq!((at, name), (3, "two"));
        assert!(tree.entry_at(b, at + 1).is_none());
        assert!(tree.entry_at(b, u64::MAX).is_none());
    }
}
