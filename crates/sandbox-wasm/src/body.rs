//! What every kind of Wasm sandbox is made of: a slot that shows an image, and an instance while it is worth it.
//!
//! ```text
//!          restore                    call                       others are hotter
//! image ───────────► Parked ◄──────────────────► Running ─► Hot ───────────────────► Parked
//!                      │        instantiate         ▲        │
//!                      └────────────────────────────┴────────┘
//! ```
//!
//! - *Parked*: memory in the slot, globals and host state saved. Costs the pages that the sandbox wrote and little
//!   else, so thousands can wait.
//! - *Hot*: the instance and the stack it last ran on are still there; the next call starts at once. At most
//!   [`MAX_HOT`] per engine; the one that has been hot for longest is parked when another comes.
//! - *Running*: the instance is with the call. If the call is dropped half-way it never comes back, and the sandbox
//!   can only be dropped.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use hydra_image::GlobalValue;
use hydra_sandbox::SandboxError;
use hydra_types::Bytes;

use crate::{
    core::Core,
    instance::{Instance, Linked},
    memory_image::MemoryImage,
    slots::{Lease, TakeError},
    state::State,
};

/// Sandboxes that keep their instance while they wait.
const MAX_HOT: usize = 64;

/// How a sandbox is put back to its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reset {
    /// Memory and globals are all its state.
    InPlace,
    /// The instance has state of its own.
    NewInstance,
}

/// A point to which a sandbox can be put.
pub(crate) struct Point {
    pub(crate) memory: Arc<MemoryImage>,
    pub(crate) globals: Vec<GlobalValue>,
}

/// A sandbox's substance, without what the guest's language adds.
pub(crate) struct Body {
    core: Arc<Core>,
    linked: Arc<Linked>,
    cell: Arc<Cell>,
}

/// What the hot list reaches too.
struct Cell {
    held: Mutex<Held>,
    lease: Lease,
    /// Where the sandbox was made.
    point: Arc<Point>,
    /// The number of its latest call, see [`HotList`].
    last_call: AtomicU64,
}

enum Held {
    Parked(Parked),
    Hot(Box<Instance>),
    Running,
}

struct Parked {
    state: Box<State>,
    globals: Vec<GlobalValue>,
}

impl Body {
    /// Makes a sandbox at `point`.
    pub(crate) fn restore(
        core: &Arc<Core>,
        linked: &Arc<Linked>,
        point: &Arc<Point>,
        state: State,
    ) -> Result<Self, SandboxError> {
        let lease = core
            .slots
            .take(&point.memory)
            .map_err(|error| match error {
                TakeError::Exhausted { slots } => SandboxError::Exhausted { slots },
                TakeError::Os(source) => refused("making a slot for a sandbox", source),
            })?;
        let body = Self {
            core: Arc::clone(core),
            linked: Arc::clone(linked),
            cell: Arc::new(Cell {
                held: Mutex::new(Held::Running),
                lease,
                point: Arc::clone(point),
                last_call: AtomicU64::new(0),
            }),
        };
        let mut instance = body.instantiate(state)?;
        body.put_to_point(&mut instance)?;
        *body.held() = Held::Hot(Box::new(instance));
        body.core.hot.add(&body.cell);
        Ok(body)
    }

    /// Takes the instance to run a call. Give it back with [`Self::check_in`] unless it is spent.
    pub(crate) fn check_out(&mut self) -> Result<Box<Instance>, SandboxError> {
        let held = std::mem::replace(&mut *self.held(), Held::Running);
        match held {
            Held::Hot(instance) => Ok(instance),
            Held::Parked(parked) => {
                let mut instance = self.instantiate(*parked.state)?;
                instance
                    .set_globals(&parked.globals)
                    .map_err(|e| refused("setting globals", e))?;
                Ok(Box::new(instance))
            }
            Held::Running => Err(refused(
                "running a call",
                "the sandbox lost its instance in an earlier one",
            )),
        }
    }

    pub(crate) fn check_in(&mut self, instance: Box<Instance>) {
        *self.held() = Held::Hot(instance);
        self.core.hot.add(&self.cell);
    }

    /// Puts memory, globals and host state back to the point that the sandbox was made at.
    pub(crate) fn reset(&mut self, how: Reset) -> Result<(), SandboxError> {
        let mut instance = self.check_out()?;
        let grown =
            instance.store.data().memory_bytes > self.cell.point.memory.memory_bytes() as u64;
        instance.store.data_mut().reset();
        // An instance's memory never shrinks: where it grew, another is made over the same slot.
        if how == Reset::NewInstance || grown {
            let state = instance.into_state();
            self.show_point()?;
            instance = Box::new(self.instantiate(state)?);
        } else {
            self.show_point()?;
        }
        self.put_to_point(&mut instance)?;
        self.check_in(instance);
        Ok(())
    }

    fn show_point(&self) -> Result<(), SandboxError> {
        self.cell
            .lease
            .show(&self.cell.point.memory)
            .map_err(|error| refused("resetting a sandbox's memory", error))
    }

    /// Saves what the sandbox is now, through `save`, which gets memory and globals.
    pub(crate) fn snapshot<R>(
        &mut self,
        save: impl FnOnce(&[u8], &[GlobalValue]) -> R,
    ) -> Result<R, SandboxError> {
        let mut instance = self.check_out()?;
        let globals = instance
            .globals()
            .map_err(|e| refused("reading globals", e))?;
        let saved = self.cell.lease.read(|memory| save(memory, &globals));
        self.check_in(instance);
        Ok(saved)
    }

    /// Ends the instance and gives back pages that the sandbox does not need to be what it is.
    pub(crate) fn rest(&mut self) {
        park(&self.cell);
        // Where the kernel refuses, the sandbox keeps its pages; nothing is wrong with it.
        let _ = self.cell.lease.give_back_unchanged(&self.cell.point.memory);
    }

    /// Whether there is state that memory and globals do not hold.
    pub(crate) fn has_state_outside_memory(&mut self) -> Result<bool, SandboxError> {
        let instance = self.check_out()?;
        let has = instance.store.data().outside_memory();
        self.check_in(instance);
        Ok(has)
    }

    /// Writes to the memory of a sandbox that is not running.
    pub(crate) fn write(&mut self, write: impl FnOnce(&mut [u8])) {
        self.cell.lease.write(write);
    }

    pub(crate) fn private_memory(&self) -> Bytes {
        Bytes(self.cell.lease.private_bytes())
    }

    fn instantiate(&self, state: State) -> Result<Instance, SandboxError> {
        let instance = self
            .linked
            .instantiate(&self.core.engine, state, &self.cell.lease);
        instance.map_err(|error| refused("instantiating a sandbox", error))
    }

    fn put_to_point(&self, instance: &mut Instance) -> Result<(), SandboxError> {
        instance
            .set_globals(&self.cell.point.globals)
            .map_err(|error| refused("setting globals", error))
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.cell
            .held
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A [`SandboxError`] for what should not happen.
pub(crate) fn refused(
    doing: &'static str,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> SandboxError {
    SandboxError::Refused {
        doing,
        source: source.into(),
    }
}

/// The sandboxes that keep their instance: those that were called among the last [`MAX_HOT`] calls.
#[derive(Default)]
pub(crate) struct HotList(Mutex<Calls>);

#[derive(Default)]
struct Calls {
    count: u64,
    /// Sandboxes in the order of their calls, each with its call's number; a sandbox may be there many times.
    recent: VecDeque<(Weak<Cell>, u64)>,
}

impl HotList {
    fn add(&self, cell: &Arc<Cell>) {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        calls.count += 1;
        let count = calls.count;
        cell.last_call.store(count, Ordering::Relaxed);
        calls.recent.push_back((Arc::downgrade(cell), count));
        let oldest = if calls.recent.len() > MAX_HOT {
            calls.recent.pop_front()
        } else {
            None
        };
        drop(calls);
        let Some((oldest, number)) = oldest else {
            return;
        };
        // Called since: a later entry speaks for it.
        if let Some(oldest) = oldest
            .upgrade()
            .filter(|cell| cell.last_call.load(Ordering::Relaxed) == number)
        {
            park(&oldest);
        }
    }
}

/// Ends the instance of a waiting sandbox and keeps what it needs to come back.
fn park(cell: &Cell) {
    // Locked by its owner means in use: it is then hot again, and listed anew when the call ends.
    let Ok(mut held) = cell.held.try_lock() else {
        return;
    };
    match std::mem::replace(&mut *held, Held::Running) {
        // Reading a global of our own instance does not fail; were it to, the sandbox would be unusable.
        Held::Hot(mut instance) => {
            if let Ok(globals) = instance.globals() {
                let state = Box::new(instance.into_state());
                *held = Held::Parked(Parked { state, globals });
            }
        }
        other => *held = other,
    }
}
