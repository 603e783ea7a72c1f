//! Stacks for fibers: a guard page below, memory above, returned to the kernel when dropped.

use std::{io, ops::Range, ptr::NonNull};

use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};

use crate::PAGE_BYTES;

/// A stack with one inaccessible page below its lowest byte.
pub struct Stack {
    /// Start of the mapping, guard included.
    start: NonNull<u8>,
    /// Bytes of the mapping, guard included.
    bytes: usize,
}

// SAFETY: plain memory owned by this value.
unsafe impl Send for Stack {}
// SAFETY: shared access only reads the two fields.
unsafe impl Sync for Stack {}

impl Stack {
    /// Makes a stack of `usable_bytes`, a multiple of the page size. Costs no memory until it is used.
    ///
    /// # Errors
    ///
    /// What the kernel said.
    pub fn new(usable_bytes: usize) -> io::Result<Self> {
        let bytes = usable_bytes
            .checked_add(PAGE_BYTES)
            .ok_or(io::ErrorKind::InvalidInput)?;
        // SAFETY: a fresh anonymous mapping at an address the kernel picks.
        let start = unsafe {
            mmap_anonymous(
                std::ptr::null_mut(),
                bytes,
                ProtFlags::empty(),
                MapFlags::PRIVATE | MapFlags::NORESERVE,
            )?
        };
        let start: NonNull<u8> = NonNull::new(start.cast()).ok_or(io::ErrorKind::InvalidData)?;
        let stack = Self { start, bytes };
        let range = stack.range();
        // SAFETY: inside the mapping made above, which nothing refers to yet.
        unsafe {
            mprotect(
                std::ptr::with_exposed_provenance_mut(range.start),
                range.len(),
                MprotectFlags::READ | MprotectFlags::WRITE,
            )?;
        }
        Ok(stack)
    }

    /// One byte past the highest usable byte.
    #[must_use]
    pub const fn top(&self) -> *mut u8 {
        self.start.as_ptr().wrapping_add(self.bytes)
    }

    /// Usable addresses.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        let start = self.start.as_ptr().expose_provenance();
        start + PAGE_BYTES..start + self.bytes
    }

    /// Addresses of the guard page.
    #[must_use]
    pub fn guard_range(&self) -> Range<*mut u8> {
        let start = self.start.as_ptr();
        start..start.wrapping_add(PAGE_BYTES)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: exactly the range that `new` mapped; its owner says that nothing runs on it any more.
        let unmapped = unsafe { munmap(self.start.as_ptr().cast(), self.bytes) };
        debug_assert!(unmapped.is_ok(), "a mapping of our own unmaps");
    }
}
