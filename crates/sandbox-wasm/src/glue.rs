//! What this crate vouches for to the engine: the only file of it with `unsafe`.
//!
//! - Linear memories live in slots ([`SlotMemories`]). Which slot a memory gets is set by [`next_memory`] on the
//!   thread that instantiates, just before.
//! - Fibers run on pooled stacks ([`StackPool`]), held only while a call runs.
//! - Machine code is mapped from files that this process, or one of the same user, compiled ([`load_code`]).

#![expect(
    unsafe_code,
    reason = "the engine's extension points are unsafe traits; see each"
)]

use std::{
    cell::Cell,
    fs::File,
    ops::Range,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use hydra_sys::{
    slot::{GUARD_BYTES, RESERVED_BYTES},
    stack::Stack,
};
use wasmtime::{
    Engine, LinearMemory, MemoryCreator, MemoryType, Module, StackCreator, StackMemory,
};

use crate::slots::Lease;

thread_local! {
    static NEXT: Cell<Option<Lease>> = const { Cell::new(None) };
}

/// Runs `instantiate` so that the one memory it makes lives in `lease`'s slot.
pub(crate) fn next_memory<R>(lease: &Lease, instantiate: impl FnOnce() -> R) -> R {
    NEXT.set(Some(lease.clone()));
    let result = instantiate();
    // Left over where instantiation failed before it came to the memory.
    NEXT.take();
    result
}

/// Gives instances slots for memories.
pub(crate) struct SlotMemories;

// SAFETY: a slot is `RESERVED_BYTES` of address space that never moves, followed by `GUARD_BYTES` of no access;
// more is refused here. What is accessible is readable and writable, and no more than `byte_size` says. The
// "zero filled" of the contract is widened knowingly: a slot shows an image. The engine adds no data of its own,
// since every module was split from its data.
unsafe impl MemoryCreator for SlotMemories {
    fn new_memory(
        &self,
        _ty: MemoryType,
        minimum: usize,
        _maximum: Option<usize>,
        reserved_bytes: Option<usize>,
        guard_bytes: usize,
    ) -> Result<Box<dyn LinearMemory>, String> {
        let lease = NEXT
            .take()
            .ok_or("a memory was created outside of a sandbox's instantiation")?;
        if reserved_bytes.is_some_and(|bytes| bytes > RESERVED_BYTES) || guard_bytes > GUARD_BYTES {
            return Err("the engine asks for more address space than a slot has".to_owned());
        }
        let (start, open_bytes) = lease.place();
        if open_bytes < minimum {
            return Err(format!(
                "the image has {open_bytes} bytes of memory, the module needs {minimum}"
            ));
        }
        Ok(Box::new(SlotMemory { lease, start }))
    }
}

struct SlotMemory {
    lease: Lease,
    start: *mut u8,
}

// SAFETY: the pointer is into the slot that the lease keeps; sending it moves no memory.
unsafe impl Send for SlotMemory {}
// SAFETY: shared access reads the pointer and a size behind a lock.
unsafe impl Sync for SlotMemory {}

// SAFETY: `start` stays valid for as long as the lease, which this value holds; `grow_to` never moves it.
unsafe impl LinearMemory for SlotMemory {
    fn byte_size(&self) -> usize {
        self.lease.place().1
    }

    fn byte_capacity(&self) -> usize {
        RESERVED_BYTES
    }

    fn grow_to(&mut self, new_size: usize) -> wasmtime::Result<()> {
        Ok(self.lease.grow(new_size)?)
    }

    fn as_ptr(&self) -> *mut u8 {
        self.start
    }
}

/// Stacks for running calls. Idle sandboxes hold none.
pub(crate) struct StackPool {
    free: Mutex<Vec<Stack>>,
    /// Stacks kept for reuse; more go back to the kernel.
    keep: usize,
    this: Weak<Self>,
}

impl StackPool {
    pub(crate) fn new(keep: usize) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            free: Mutex::default(),
            keep,
            this: this.clone(),
        })
    }
}

// SAFETY: each stack is a mapping of its own with a guard page below, page aligned, and in one fiber's use at a
// time, since it returns to the pool only when the fiber's owner drops it. Reused stacks are not zeroed: frames
// of one sandbox's host calls are no secret to another of the same tenant, and wasm cannot read its native stack.
unsafe impl StackCreator for StackPool {
    fn new_stack(&self, size: usize, zeroed: bool) -> wasmtime::Result<Box<dyn StackMemory>> {
        debug_assert!(
            !zeroed,
            "the engine is configured not to ask for zeroed stacks"
        );
        let pooled = self
            .free
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let stack = match pooled {
            Some(stack) => stack,
            None => Stack::new(size)?,
        };
        Ok(Box::new(PooledStack {
            stack: Some(stack),
            pool: self.this.clone(),
        }))
    }
}

struct PooledStack {
    /// Taken only by `drop`.
    stack: Option<Stack>,
    pool: Weak<StackPool>,
}

impl PooledStack {
    fn stack(&self) -> &Stack {
        self.stack
            .as_ref()
            .expect("a pooled stack has its stack until it is dropped")
    }
}

// SAFETY: as the stack itself, see `StackPool`.
unsafe impl StackMemory for PooledStack {
    fn top(&self) -> *mut u8 {
        self.stack().top()
    }

    fn range(&self) -> Range<usize> {
        self.stack().range()
    }

    fn guard_range(&self) -> Range<*mut u8> {
        self.stack().guard_range()
    }
}

impl Drop for PooledStack {
    fn drop(&mut self) {
        let (Some(stack), Some(pool)) = (self.stack.take(), self.pool.upgrade()) else {
            return;
        };
        let mut free = pool.free.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < pool.keep {
            free.push(stack);
        }
    }
}

/// Maps machine code from `file`, so that all processes share its pages.
///
/// The file must have been written by [`Engine::precompile_module`] and be out of reach of anybody who may not
/// run code as this user: the engine checks versions and settings, not intent.
pub(crate) fn load_code(engine: &Engine, file: File) -> wasmtime::Result<Module> {
    // SAFETY: the code cache only names files that it wrote itself into a directory of this user's own, checks
    // their length and hash-derived names, and never changes one in place.
    unsafe { Module::deserialize_open_file(engine, file) }
}
