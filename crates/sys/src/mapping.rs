//! Read-only views of files.

use std::{fs::File, io, ops::Deref, ptr::NonNull};

use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// A range of a file, mapped shared and read-only: one copy in memory for every process that looks.
///
/// The file must not shrink while it is mapped; Hydra maps only published images, which never change.
pub struct FileView {
    start: NonNull<u8>,
    bytes: usize,
}

// SAFETY: the view is read-only memory that nothing in this process writes; it is unmapped once, by its owner.
unsafe impl Send for FileView {}
// SAFETY: as above; shared reads of read-only memory.
unsafe impl Sync for FileView {}

impl FileView {
    /// Maps `bytes` of `file` from `offset`, which is a multiple of the page size.
    ///
    /// # Errors
    ///
    /// What `mmap` said; also [`io::ErrorKind::UnexpectedEof`] where the file is shorter than asked for.
    pub fn new(file: &File, offset: u64, bytes: usize) -> io::Result<Self> {
        if bytes == 0 {
            return Ok(Self {
                start: NonNull::dangling(),
                bytes,
            });
        }
        let end = offset.checked_add(bytes as u64);
        if end.is_none_or(|end| file.metadata().map_or(true, |meta| meta.len() < end)) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        // SAFETY: a fresh mapping at an address the kernel picks; nothing else refers to it.
        let start = unsafe {
            mmap(
                std::ptr::null_mut(),
                bytes,
                ProtFlags::READ,
                MapFlags::SHARED,
                file,
                offset,
            )?
        };
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Self { start, bytes })
    }
}

impl Deref for FileView {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: `start` is the start of `bytes` readable bytes (or dangling and aligned for none) that live
        // as long as `self` and are never written.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.bytes) }
    }
}

impl Drop for FileView {
    fn drop(&mut self) {
        if self.bytes > 0 {
            // SAFETY: exactly the range that `new` mapped; no slice of it outlives `self`.
            let unmapped = unsafe { munmap(self.start.as_ptr().cast(), self.bytes) };
            debug_assert!(unmapped.is_ok(), "a mapping of our own unmaps");
        }
    }
}
