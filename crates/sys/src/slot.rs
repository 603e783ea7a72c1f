//! Slots: reserved ranges of address space that a Wasm sandbox's linear memory lives in.
//!
//! ```text
//! 0            image_bytes         open_bytes                        reserved_bytes   + guard
//! ├──────────────┼───────────────────┼──────────────────────────────────┼───────────────┤
//! │ image file   │ anonymous, zero   │ no access: a touch is a fault    │ no access     │
//! │ private, CoW │ read and write    │ that the engine turns to a trap  │               │
//! └──────────────┴───────────────────┴──────────────────────────────────┴───────────────┘
//!                 overlays: parts of the image range may be mapped from another file
//! ```
//!
//! Invariants:
//! - Everything from `open_bytes` on is inaccessible, so compiled code may leave out bounds checks.
//! - Bytes below `open_bytes` are readable and writable for as long as the slot lives.
//! - Growing never moves the slot.
//!
//! A slot knows nothing of what an image means: which bytes are pristine is its user's business.

use std::{fs::File, io, ops::Range, ptr::NonNull};

use rustix::mm::{
    Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mmap, mmap_anonymous, mprotect, munmap,
};

use crate::{PAGE_BYTES, pagemap};

/// Bytes of address space that a slot's memory may take: all that a 32-bit address can name.
pub const RESERVED_BYTES: usize = 4 << 30;

/// Inaccessible bytes behind, so that a 32-bit address plus a static offset below this cannot reach beyond.
pub const GUARD_BYTES: usize = 32 << 20;

/// A reserved range of address space.
pub struct Slot {
    start: NonNull<u8>,
    /// Where file mappings end.
    image_bytes: usize,
    /// Where accessible memory ends.
    open_bytes: usize,
}

// SAFETY: a slot is plain memory owned by this value; its methods that change mappings take `&mut self`.
unsafe impl Send for Slot {}
// SAFETY: shared access only reads the three fields and asks the kernel about pages.
unsafe impl Sync for Slot {}

impl Slot {
    /// Reserves a slot. Costs address space and one kernel mapping, no memory.
    ///
    /// # Errors
    ///
    /// What `mmap` said; `ENOMEM` where address space or `vm.max_map_count` is used up.
    pub fn reserve() -> io::Result<Self> {
        let bytes = RESERVED_BYTES + GUARD_BYTES;
        // SAFETY: a fresh anonymous mapping at an address the kernel picks.
        let start = unsafe {
            mmap_anonymous(
                std::ptr::null_mut(),
                bytes,
                ProtFlags::empty(),
                MapFlags::PRIVATE | MapFlags::NORESERVE,
            )?
        };
        // Huge pages would make a sandbox that writes a few bytes cost 2 MiB. Kernels without them refuse.
        // SAFETY: advice about a range that was just mapped and holds nothing.
        let _ = unsafe { madvise(start, bytes, Advice::LinuxNoHugepage) };
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Self {
            start,
            image_bytes: 0,
            open_bytes: 0,
        })
    }

    /// The start of the slot; its memory stays there.
    #[must_use]
    pub const fn as_ptr(&self) -> *mut u8 {
        self.start.as_ptr()
    }

    /// Accessible bytes.
    #[must_use]
    pub const fn open_bytes(&self) -> usize {
        self.open_bytes
    }

    /// Maps an image into the start of the slot, private and copy-on-write, and makes accessible what follows up
    /// to `open_bytes`, zeroed. All that the slot held is gone.
    ///
    /// # Errors
    ///
    /// What `mmap` said; the slot then holds nothing.
    pub fn map_image(
        &mut self,
        file: &File,
        offset: u64,
        image_bytes: usize,
        open_bytes: usize,
    ) -> io::Result<()> {
        check(image_bytes.is_multiple_of(PAGE_BYTES) && image_bytes <= open_bytes)?;
        self.clear()?;
        if image_bytes > 0 {
            self.map_file(file, offset, 0..image_bytes)?;
            self.image_bytes = image_bytes;
            self.open_bytes = image_bytes;
        }
        self.resize(open_bytes)
    }

    /// Maps part of another file over `range` of the slot, which lies in accessible memory.
    ///
    /// # Errors
    ///
    /// What `mmap` said; the range is then as it was.
    pub fn overlay(&mut self, file: &File, offset: u64, range: Range<usize>) -> io::Result<()> {
        check(range.start <= range.end && range.end <= self.open_bytes)?;
        let end = range.end;
        self.map_file(file, offset, range)?;
        self.image_bytes = self.image_bytes.max(end);
        Ok(())
    }

    /// Moves the end of accessible memory. What is added is zero; what is cut off goes back to the kernel.
    ///
    /// # Errors
    ///
    /// What the kernel said; the slot is then as it was. Cutting into file mappings is refused.
    pub fn resize(&mut self, open_bytes: usize) -> io::Result<()> {
        check(
            open_bytes.is_multiple_of(PAGE_BYTES)
                && open_bytes <= RESERVED_BYTES
                && open_bytes >= self.image_bytes,
        )?;
        let (low, high) = (
            self.open_bytes.min(open_bytes),
            self.open_bytes.max(open_bytes),
        );
        if low == high {
            return Ok(());
        }
        let start = self.start.as_ptr().wrapping_add(low).cast();
        if open_bytes > self.open_bytes {
            // SAFETY: inside the reservation, and beyond all memory that anybody was given.
            unsafe {
                mprotect(
                    start,
                    high - low,
                    MprotectFlags::READ | MprotectFlags::WRITE,
                )?
            };
        } else {
            // SAFETY: inside the reservation, anonymous; `&mut self` says that nobody else looks at it.
            unsafe {
                mprotect(start, high - low, MprotectFlags::empty())?;
                madvise(start, high - low, Advice::LinuxDontNeed)?;
            }
        }
        self.open_bytes = open_bytes;
        Ok(())
    }

    /// Drops every private page of `range`: file mappings show their file again, anonymous memory is zero.
    ///
    /// # Errors
    ///
    /// What `madvise` said.
    pub fn forget(&mut self, range: Range<usize>) -> io::Result<()> {
        check(range.start <= range.end && range.end <= self.open_bytes)?;
        if range.is_empty() {
            return Ok(());
        }
        let start = self.start.as_ptr().wrapping_add(range.start).cast();
        // SAFETY: inside accessible memory of the slot, which `&mut self` says nobody else looks at.
        unsafe { madvise(start, range.len(), Advice::LinuxDontNeed)? };
        Ok(())
    }

    /// Calls `found` with each run of pages that are this slot's own, ascending.
    ///
    /// # Errors
    ///
    /// As [`pagemap::private_pages`].
    pub fn private_pages(&self, found: impl FnMut(Range<u32>)) -> io::Result<()> {
        pagemap::private_pages(self.start.as_ptr(), self.open_bytes, found)
    }

    /// The accessible memory.
    #[must_use]
    pub const fn bytes(&self) -> &[u8] {
        // SAFETY: `open_bytes` from `start` are readable while the slot lives; `&self` keeps writers out.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.open_bytes) }
    }

    /// The accessible memory, to write.
    #[must_use]
    pub const fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: `open_bytes` from `start` are writable while the slot lives; `&mut self` keeps others out.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.open_bytes) }
    }

    /// Gives back everything that the slot holds.
    fn clear(&mut self) -> io::Result<()> {
        if self.open_bytes > 0 {
            // SAFETY: replaces mappings of the slot itself, which `&mut self` says nobody else looks at.
            unsafe {
                mmap_anonymous(
                    self.start.as_ptr().cast(),
                    self.open_bytes,
                    ProtFlags::empty(),
                    MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::FIXED,
                )?;
            }
        }
        self.image_bytes = 0;
        self.open_bytes = 0;
        Ok(())
    }

    fn map_file(&mut self, file: &File, offset: u64, range: Range<usize>) -> io::Result<()> {
        let start = self.start.as_ptr().wrapping_add(range.start).cast();
        // SAFETY: replaces a range of the slot itself, which `&mut self` says nobody else looks at.
        unsafe {
            mmap(
                start,
                range.len(),
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::PRIVATE | MapFlags::FIXED,
                file,
                offset,
            )?;
        }
        Ok(())
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        // SAFETY: exactly the range that `reserve` mapped; no slice of it outlives `self`.
        let unmapped = unsafe { munmap(self.start.as_ptr().cast(), RESERVED_BYTES + GUARD_BYTES) };
        debug_assert!(unmapped.is_ok(), "a reservation of our own unmaps");
    }
}

fn check(condition: bool) -> io::Result<()> {
    if condition {
        Ok(())
    } else {
        Err(io::ErrorKind::InvalidInput.into())
    }
}
