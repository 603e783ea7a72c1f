//! The private in-memory file system behind `/tmp`.
//!
//! Pure: no clock (times are arguments), no paths (see [`super::paths`]), no descriptors (they only hold nodes).
//! No hard or symbolic links, so a node has one name at most.
//!
//! ```text
//! create ─► named ──unlink, rmdir, renamed over──► nameless ──last release──► gone
//!             └──────────────(no holds)──────────────────────────────────────►
//! ```
//!
//! Invariants:
//! - `used` = [`NODE_BYTES`] for each node but the root, plus the blocks of each file's size, holes included; it
//!   never exceeds the limit. So a `/tmp` of 16 MiB holds a little less than 16 MiB of data.
//! - A directory without a name is empty and stays so.
//! - Positions in a directory only grow: a reader's cookie stays good while entries come and go.

mod node;

use std::sync::Arc;

use hydra_types::Bytes;

use self::node::{Body, Directory, Entry, Name, Node};
use super::{
    abi::{Errno, FileType, Stat},
    content::{BLOCK_BYTES, Content, blocks_for},
    paths::{NodeId, Walk},
};

/// What a node is charged besides its content: its name (255 bytes at most) and its records.
pub(super) const NODE_BYTES: u64 = 512;

/// Most nodes at once.
const MAX_NODES: usize = 4096;

/// The device number of `/tmp`.
pub(super) const DEVICE: u64 = 1;

/// The inode of `/tmp` itself.
pub(super) const ROOT_INODE: u64 = 1;

/// A tree of directories and files, bounded in bytes and nodes.
#[derive(Debug)]
pub(super) struct Files {
    nodes: Vec<Option<Node>>,
    free: Vec<NodeId>,
    next_inode: u64,
    used_bytes: u64,
    limit_bytes: u64,
}

impl Files {
    /// An empty root directory.
    pub(super) fn new(limit: Bytes, now_ns: u64) -> Self {
        let root = Node::new(
            Body::Directory(Directory::new(NodeId::ROOT)),
            ROOT_INODE,
            now_ns,
        );
        Self {
            nodes: vec![Some(root)],
            free: Vec::new(),
            next_inode: ROOT_INODE + 1,
            used_bytes: 0,
            limit_bytes: limit.0,
        }
    }

    /// Whether the root is all there is.
    pub(super) fn is_empty(&self) -> bool {
        self.used_bytes == 0
    }

    /// Creates an empty file.
    pub(super) fn create_file(
        &mut self,
        directory: NodeId,
        name: &str,
        now_ns: u64,
    ) -> Result<NodeId, Errno> {
        self.create(directory, name, Body::File(Content::default()), now_ns)
    }

    /// Creates an empty directory.
    pub(super) fn create_directory(
        &mut self,
        directory: NodeId,
        name: &str,
        now_ns: u64,
    ) -> Result<NodeId, Errno> {
        let body = Body::Directory(Directory::new(directory));
        self.create(directory, name, body, now_ns)
    }

    fn create(
        &mut self,
        directory: NodeId,
        name: &str,
        body: Body,
        now_ns: u64,
    ) -> Result<NodeId, Errno> {
        if self.node(directory)?.name == Name::Gone {
            return Err(Errno::NOENT);
        }
        if self.directory(directory)?.names.contains_key(name) {
            return Err(Errno::EXIST);
        }
        let room = self.limit_bytes.saturating_sub(self.used_bytes);
        if room < NODE_BYTES || self.nodes.len() - self.free.len() >= MAX_NODES {
            return Err(Errno::NOSPC);
        }
        let id = self.insert(Node::new(body, self.next_inode, now_ns))?;
        self.next_inode += 1;
        self.used_bytes += NODE_BYTES;
        self.link(directory, name.into(), id, now_ns)?;
        Ok(id)
    }

    /// Removes a file's name; its content lives on while it is held.
    pub(super) fn unlink(
        &mut self,
        directory: NodeId,
        name: &str,
        now_ns: u64,
    ) -> Result<(), Errno> {
        let id = self.child(directory, name)?;
        match self.node(id)?.body {
            Body::Directory(_) => Err(Errno::ISDIR),
            Body::File(_) => self.remove(directory, name, now_ns),
        }
    }

    /// Removes an empty directory.
    pub(super) fn remove_directory(
        &mut self,
        directory: NodeId,
        name: &str,
        now_ns: u64,
    ) -> Result<(), Errno> {
        let id = self.child(directory, name)?;
        if !self.directory(id)?.names.is_empty() {
            return Err(Errno::NOTEMPTY);
        }
        self.remove(directory, name, now_ns)
    }

    /// Gives a node another name, replacing a file by a file or an empty directory by a directory.
    pub(super) fn rename(
        &mut self,
        (from, old): (NodeId, &str),
        (to, new): (NodeId, &str),
        now_ns: u64,
    ) -> Result<(), Errno> {
        let id = self.child(from, old)?;
        let is_directory = self.is_directory(id);
        if is_directory && self.is_within(to, id)? {
            return Err(Errno::INVAL);
        }
        if self.node(to)?.name == Name::Gone {
            return Err(Errno::NOENT);
        }
        match self.child(to, new) {
            Ok(replaced) if replaced == id => return Ok(()),
            Ok(_) if is_directory => self.remove_directory(to, new, now_ns)?,
            Ok(_) => self.unlink(to, new, now_ns)?,
            Err(Errno::NOENT) => {}
            Err(errno) => return Err(errno),
        }
        self.unname(from, old, now_ns)?;
        self.link(to, new.into(), id, now_ns)?;
        if let Body::Directory(moved) = &mut self.node_mut(id)?.body {
            moved.parent = to;
        }
        Ok(())
    }

    /// Keeps a node alive until it is released as often.
    pub(super) fn hold(&mut self, id: NodeId) -> Result<(), Errno> {
        self.node_mut(id)?.holds += 1;
        Ok(())
    }

    /// Undoes one [`Files::hold`].
    pub(super) fn release(&mut self, id: NodeId) {
        if let Ok(node) = self.node_mut(id) {
            node.holds = node.holds.saturating_sub(1);
            self.drop_if_unused(id);
        }
    }

    /// Copies content from `offset` on; none at or past the end.
    pub(super) fn read_at(&self, id: NodeId, offset: u64, into: &mut [u8]) -> Result<usize, Errno> {
        match &self.node(id)?.body {
            Body::File(content) => Ok(content.read_at(offset, into)),
            Body::Directory(_) => Err(Errno::ISDIR),
        }
    }

    /// Writes as much of `from` as there is room for; `NOSPC` where that is nothing.
    pub(super) fn write_at(
        &mut self,
        id: NodeId,
        offset: u64,
        from: &[u8],
        now_ns: u64,
    ) -> Result<usize, Errno> {
        let size = self.size(id)?;
        let room = self.reach(size).saturating_sub(offset);
        let count = from.len().min(usize::try_from(room).unwrap_or(usize::MAX));
        if count == 0 {
            return if from.is_empty() {
                Ok(0)
            } else {
                Err(Errno::NOSPC)
            };
        }
        self.charge(size, size.max(offset + count as u64));
        let node = self.node_mut(id)?;
        if let Body::File(content) = &mut node.body {
            content.write_at(offset, &from[..count]);
        }
        node.times.modified_ns = now_ns;
        node.times.changed_ns = now_ns;
        Ok(count)
    }

    /// Cuts a file off, or grows it with zeros.
    pub(super) fn set_size(
        &mut self,
        id: NodeId,
        size_bytes: u64,
        now_ns: u64,
    ) -> Result<(), Errno> {
        let size = self.size(id)?;
        if size_bytes > self.reach(size) {
            return Err(Errno::NOSPC);
        }
        self.charge(size, size_bytes);
        let node = self.node_mut(id)?;
        if let Body::File(content) = &mut node.body {
            content.set_size(size_bytes);
        }
        node.times.modified_ns = now_ns;
        node.times.changed_ns = now_ns;
        Ok(())
    }

    /// Sets access and modification times where given.
    pub(super) fn set_times(
        &mut self,
        id: NodeId,
        accessed_ns: Option<u64>,
        modified_ns: Option<u64>,
        now_ns: u64,
    ) -> Result<(), Errno> {
        let times = &mut self.node_mut(id)?.times;
        times.accessed_ns = accessed_ns.unwrap_or(times.accessed_ns);
        times.modified_ns = modified_ns.unwrap_or(times.modified_ns);
        times.changed_ns = now_ns;
        Ok(())
    }

    /// Bytes in a file.
    pub(super) fn size(&self, id: NodeId) -> Result<u64, Errno> {
        match &self.node(id)?.body {
            Body::File(content) => Ok(content.size_bytes()),
            Body::Directory(_) => Err(Errno::ISDIR),
        }
    }

    /// The largest size that a file of `size_bytes` can have.
    fn reach(&self, size_bytes: u64) -> u64 {
        let free_blocks = self.limit_bytes.saturating_sub(self.used_bytes) / BLOCK_BYTES;
        (blocks_for(size_bytes) + free_blocks) * BLOCK_BYTES
    }

    /// Accounts for a file's change of size, which [`Files::reach`] has allowed.
    fn charge(&mut self, old_bytes: u64, new_bytes: u64) {
        self.used_bytes -= blocks_for(old_bytes) * BLOCK_BYTES;
        self.used_bytes += blocks_for(new_bytes) * BLOCK_BYTES;
    }

    fn insert(&mut self, node: Node) -> Result<NodeId, Errno> {
        if let Some(id) = self.free.pop() {
            self.nodes[id.index()] = Some(node);
            return Ok(id);
        }
        let id = NodeId::new(self.nodes.len()).ok_or(Errno::NOSPC)?;
        self.nodes.push(Some(node));
        Ok(id)
    }

    fn link(
        &mut self,
        directory: NodeId,
        name: Arc<str>,
        node: NodeId,
        now_ns: u64,
    ) -> Result<(), Errno> {
        let entries = self.directory_mut(directory, now_ns)?;
        let position = entries.next_position;
        entries.next_position += 1;
        entries.order.insert(position, Arc::clone(&name));
        entries.names.insert(name, Entry { node, position });
        Ok(())
    }

    /// Takes a name away from its node, which the caller then names anew or drops.
    fn unname(&mut self, directory: NodeId, name: &str, now_ns: u64) -> Result<NodeId, Errno> {
        let entries = self.directory_mut(directory, now_ns)?;
        let entry = entries.names.remove(name).ok_or(Errno::NOENT)?;
        entries.order.remove(&entry.position);
        Ok(entry.node)
    }

    fn remove(&mut self, directory: NodeId, name: &str, now_ns: u64) -> Result<(), Errno> {
        let id = self.unname(directory, name, now_ns)?;
        let node = self.node_mut(id)?;
        node.name = Name::Gone;
        node.times.changed_ns = now_ns;
        if let Body::Directory(removed) = &mut node.body {
            removed.parent = id;
        }
        self.drop_if_unused(id);
        Ok(())
    }

    fn drop_if_unused(&mut self, id: NodeId) {
        let Some(slot) = self.nodes.get_mut(id.index()) else {
            return;
        };
        if let Some(node) = slot.take_if(|node| node.name == Name::Gone && node.holds == 0) {
            let size = match &node.body {
                Body::File(content) => content.size_bytes(),
                Body::Directory(_) => 0,
            };
            self.free.push(id);
            self.charge(size, 0);
            self.used_bytes -= NODE_BYTES;
        }
    }

    /// Whether `id` is `ancestor` or below it.
    fn is_within(&self, id: NodeId, ancestor: NodeId) -> Result<bool, Errno> {
        let mut at = id;
        while at != ancestor {
            let parent = self.directory(at)?.parent;
            if parent == at {
                return Ok(false);
            }
            at = parent;
        }
        Ok(true)
    }

    fn node(&self, id: NodeId) -> Result<&Node, Errno> {
        let slot = self.nodes.get(id.index()).ok_or(Errno::IO)?;
        slot.as_ref().ok_or(Errno::IO)
    }

    fn node_mut(&mut self, id: NodeId) -> Result<&mut Node, Errno> {
        let slot = self.nodes.get_mut(id.index()).ok_or(Errno::IO)?;
        slot.as_mut().ok_or(Errno::IO)
    }

    fn directory(&self, id: NodeId) -> Result<&Directory, Errno> {
        match &self.node(id)?.body {
            Body::Directory(directory) => Ok(directory),
            Body::File(_) => Err(Errno::NOTDIR),
        }
    }

    /// A directory about to change.
    fn directory_mut(&mut self, id: NodeId, now_ns: u64) -> Result<&mut Directory, Errno> {
        let node = self.node_mut(id)?;
        match &mut node.body {
            Body::Directory(directory) => {
                node.times.modified_ns = now_ns;
                node.times.changed_ns = now_ns;
                Ok(directory)
            }
            Body::File(_) => Err(Errno::NOTDIR),
        }
    }
}

impl Walk for Files {
    fn child(&self, directory: NodeId, name: &str) -> Result<NodeId, Errno> {
        let entry = self.directory(directory)?.names.get(name);
        entry.map(|entry| entry.node).ok_or(Errno::NOENT)
    }

    fn parent(&self, directory: NodeId) -> Result<NodeId, Errno> {
        Ok(self.directory(directory)?.parent)
    }

    fn stat(&self, id: NodeId) -> Stat {
        let Ok(node) = self.node(id) else {
            return Stat::STREAM;
        };
        let (file_type, size_bytes) = match &node.body {
            Body::File(content) => (FileType::Regular, content.size_bytes()),
            Body::Directory(_) => (FileType::Directory, 0),
        };
        Stat {
            device: DEVICE,
            inode: node.inode,
            file_type,
            links: u64::from(node.name == Name::Present),
            size_bytes,
            times: node.times,
        }
    }

    fn entry_at(&self, directory: NodeId, position: u64) -> Option<(u64, &str, NodeId)> {
        let directory = self.directory(directory).ok()?;
        let (position, name) = directory.order.range(position..).next()?;
        let entry = directory.names.get(name)?;
        Some((*position, name, entry.node))
    }
}

#[cfg(test)]
mod tests;
