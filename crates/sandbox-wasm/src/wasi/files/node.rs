//! What a file system's nodes are made of. Keeps no invariant of its own: see [`super`].

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use crate::wasi::{abi::Times, content::Content, paths::NodeId};

/// The first position after `.` and `..`.
const FIRST_POSITION: u64 = 2;

#[derive(Debug)]
pub(super) struct Node {
    pub(super) body: Body,
    pub(super) name: Name,
    pub(super) holds: u32,
    pub(super) inode: u64,
    pub(super) times: Times,
}

/// Whether a node can still be found by a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Present,
    Gone,
}

#[derive(Debug)]
pub(super) enum Body {
    File(Content),
    Directory(Directory),
}

#[derive(Debug)]
pub(super) struct Directory {
    pub(super) parent: NodeId,
    pub(super) names: HashMap<Arc<str>, Entry>,
    pub(super) order: BTreeMap<u64, Arc<str>>,
    pub(super) next_position: u64,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) node: NodeId,
    pub(super) position: u64,
}

impl Node {
    pub(super) fn new(body: Body, inode: u64, now_ns: u64) -> Self {
        Self {
            body,
            name: Name::Present,
            holds: 0,
            inode,
            times: Times {
                accessed_ns: now_ns,
                modified_ns: now_ns,
                changed_ns: now_ns,
            },
        }
    }
}

impl Directory {
    pub(super) fn new(parent: NodeId) -> Self {
        Self {
            parent,
            names: HashMap::new(),
            order: BTreeMap::new(),
            next_position: FIRST_POSITION,
        }
    }
}
