//! The functions by name, and the order of their registrations.
//!
//! ```text
//!            begin                    install
//! (no entry) ─────► loading ───────────────────► current, version 1
//!                     │ ticket dropped              │ begin, install      ▲
//!                     ▼                             └─────────────────────┘ version + 1
//!                 (no entry) ◄── remove, and nothing loads
//! ```
//!
//! Two registrations of one name may load at once. The one that *began* later wins, whichever ends first: the other
//! is refused. Versions are given out when a function comes into place, so they have no gaps.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use hydra_types::FunctionName;

use crate::{
    RegisterError,
    function::{Counts, Function},
};

pub(crate) struct Table {
    entries: RwLock<HashMap<FunctionName, Entry>>,
    limit: usize,
}

#[derive(Default)]
struct Entry {
    current: Option<Arc<Function>>,
    counts: Arc<Counts>,
    installed: u64,
    begun: u64,
    loading: u32,
}

/// The right to install one registration under its name.
pub(crate) struct Ticket {
    table: Arc<Table>,
    name: FunctionName,
    order: u64,
}

/// Where a function about to be installed stands.
pub(crate) struct Standing {
    pub(crate) version: u64,
    pub(crate) order: u64,
    pub(crate) counts: Arc<Counts>,
}

/// A function in place, and the one it replaced.
pub(crate) struct Installed {
    pub(crate) function: Arc<Function>,
    pub(crate) replaced: Option<Arc<Function>>,
}

impl Table {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            entries: RwLock::default(),
            limit,
        })
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<FunctionName, Entry>> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<FunctionName, Entry>> {
        self.entries.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn get(&self, name: &FunctionName) -> Option<Arc<Function>> {
        self.read().get(name)?.current.clone()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Function>> {
        let entries = self.read();
        entries
            .values()
            .filter_map(|entry| entry.current.clone())
            .collect()
    }

    /// Begins a registration.
    ///
    /// # Errors
    ///
    /// The table is full.
    pub(crate) fn begin(self: &Arc<Self>, name: &FunctionName) -> Result<Ticket, RegisterError> {
        let mut entries = self.write();
        if entries.len() >= self.limit && !entries.contains_key(name) {
            return Err(RegisterError::TooManyFunctions { limit: self.limit });
        }
        let entry = entries.entry(name.clone()).or_default();
        entry.begun += 1;
        entry.loading += 1;
        Ok(Ticket {
            table: Arc::clone(self),
            name: name.clone(),
            order: entry.begun,
        })
    }

    /// Puts a successor of `old` in its place, unless `old` is no longer in it.
    pub(crate) fn succeed(
        &self,
        old: &Arc<Function>,
        make: impl FnOnce(Standing) -> Arc<Function>,
    ) -> Option<Installed> {
        let mut entries = self.write();
        let entry = entries.get_mut(&old.spec.name)?;
        let in_place = entry
            .current
            .as_ref()
            .is_some_and(|current| Arc::ptr_eq(current, old));
        in_place.then(|| entry.install(old.order, make))
    }

    pub(crate) fn remove(&self, name: &FunctionName) -> Option<Arc<Function>> {
        let mut entries = self.write();
        let entry = entries.get_mut(name)?;
        let removed = entry.current.take();
        if entry.loading == 0 {
            entries.remove(name);
        }
        removed
    }
}

impl Entry {
    fn install(&mut self, order: u64, make: impl FnOnce(Standing) -> Arc<Function>) -> Installed {
        self.installed += 1;
        let function = make(Standing {
            version: self.installed,
            order,
            counts: Arc::clone(&self.counts),
        });
        Installed {
            replaced: self.current.replace(Arc::clone(&function)),
            function,
        }
    }
}

impl Ticket {
    /// Puts the function that `make` makes in place.
    ///
    /// # Errors
    ///
    /// A registration that began later is in place.
    pub(crate) fn install(
        self,
        make: impl FnOnce(Standing) -> Arc<Function>,
    ) -> Result<Installed, RegisterError> {
        let mut entries = self.table.write();
        // The entry lives at least as long as its tickets; a missing one is made again rather than asserted.
        let entry = entries.entry(self.name.clone()).or_default();
        if entry
            .current
            .as_ref()
            .is_some_and(|current| current.order > self.order)
        {
            return Err(RegisterError::Superseded {
                name: self.name.clone(),
            });
        }
        Ok(entry.install(self.order, make))
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut entries = self.table.write();
        if let Some(entry) = entries.get_mut(&self.name) {
            entry.loading = entry.loading.saturating_sub(1);
            if entry.loading == 0 && entry.current.is_none() {
                entries.remove(&self.name);
            }
        }
    }
}
