//! Which pages of a range this process holds privately.
//!
//! A page of a private file mapping becomes private when it is first written; a page of anonymous memory when it
//! is first written too (reads get the shared zero page). `PAGEMAP_SCAN` lists such pages as ranges in one call;
//! kernels before 6.7 lack it, and there the classic `/proc/self/pagemap` is read, eight bytes a page.
//!
//! Source: Linux `Documentation/admin-guide/mm/pagemap.rst`.

use std::{
    fs::File,
    io,
    ops::Range,
    os::{fd::AsRawFd, unix::fs::FileExt},
    sync::OnceLock,
};

use crate::PAGE_BYTES;

/// `_IOWR('f', 16, struct pm_scan_arg)`.
const PAGEMAP_SCAN: libc::Ioctl = 0xc060_6610_u32 as libc::Ioctl;

const PAGE_IS_FILE: u64 = 1 << 2;
const PAGE_IS_PRESENT: u64 = 1 << 3;
const PAGE_IS_SWAPPED: u64 = 1 << 4;
const PAGE_IS_PFNZERO: u64 = 1 << 5;

/// `struct pm_scan_arg` of `linux/fs.h`.
#[repr(C)]
#[derive(Default)]
struct ScanArg {
    size: u64,
    flags: u64,
    start: u64,
    end: u64,
    walk_end: u64,
    vec: u64,
    vec_len: u64,
    max_pages: u64,
    category_inverted: u64,
    category_mask: u64,
    category_anyof_mask: u64,
    return_mask: u64,
}

/// `struct page_region` of `linux/fs.h`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct PageRegion {
    start: u64,
    end: u64,
    categories: u64,
}

/// How private pages are found on this kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// One `PAGEMAP_SCAN` call for a range.
    Scan,
    /// Reading `/proc/self/pagemap`. Also lists anonymous pages that were only read: the file cannot tell them.
    Read,
}

/// Calls `found` with each run of private pages in `bytes` of memory from `start`, as page numbers relative to
/// `start`, ascending.
///
/// Costs about 2 µs and 5 ns a page on kernels that scan.
///
/// # Errors
///
/// What the kernel said; `/proc` must be mounted.
pub fn private_pages(
    start: *const u8,
    bytes: usize,
    found: impl FnMut(Range<u32>),
) -> io::Result<()> {
    private_pages_by(method(), start, bytes, found)
}

/// [`private_pages`] by a given method, so that both are tested on every kernel.
///
/// # Errors
///
/// As [`private_pages`].
pub fn private_pages_by(
    method: Method,
    start: *const u8,
    bytes: usize,
    found: impl FnMut(Range<u32>),
) -> io::Result<()> {
    match method {
        Method::Scan => scan(start as u64, bytes as u64, found),
        Method::Read => read(start as u64, bytes as u64, found),
    }
}

/// How private pages are found on this kernel; asked once.
#[must_use]
pub fn method() -> Method {
    static METHOD: OnceLock<Method> = OnceLock::new();
    *METHOD.get_or_init(|| match scan(0, 0, |_| {}) {
        Ok(()) => Method::Scan,
        Err(_) => Method::Read,
    })
}

fn pagemap_file() -> io::Result<&'static File> {
    static FILE: OnceLock<File> = OnceLock::new();
    if let Some(file) = FILE.get() {
        return Ok(file);
    }
    let file = File::open("/proc/self/pagemap")?;
    Ok(FILE.get_or_init(|| file))
}

fn scan(start: u64, bytes: u64, mut found: impl FnMut(Range<u32>)) -> io::Result<()> {
    let file = pagemap_file()?;
    let mut regions = [PageRegion::default(); 64];
    let mut arg = ScanArg {
        size: size_of::<ScanArg>() as u64,
        start,
        end: start + bytes,
        vec: regions.as_mut_ptr() as u64,
        vec_len: regions.len() as u64,
        category_inverted: PAGE_IS_FILE | PAGE_IS_PFNZERO,
        category_mask: PAGE_IS_FILE | PAGE_IS_PFNZERO,
        category_anyof_mask: PAGE_IS_PRESENT | PAGE_IS_SWAPPED,
        return_mask: PAGE_IS_PRESENT,
        ..ScanArg::default()
    };
    let base = start;
    loop {
        // SAFETY: `arg` is a `pm_scan_arg` with its own size in it, `vec` is `vec_len` regions, both live and
        // writable for the call; the kernel only reads page tables of `start..end`.
        let count = unsafe { libc::ioctl(file.as_raw_fd(), PAGEMAP_SCAN, &raw mut arg) };
        let count = usize::try_from(count).map_err(|_| io::Error::last_os_error())?;
        for region in regions.iter().take(count) {
            found(page_number(region.start - base)..page_number(region.end - base));
        }
        // A full vector is the only reason to stop before the end.
        if count < regions.len() || arg.walk_end >= arg.end {
            return Ok(());
        }
        arg.start = arg.walk_end;
    }
}

fn read(start: u64, bytes: u64, mut found: impl FnMut(Range<u32>)) -> io::Result<()> {
    const FILE_OR_SHARED: u64 = 1 << 61;
    const SWAPPED: u64 = 1 << 62;
    const PRESENT: u64 = 1 << 63;
    let file = pagemap_file()?;
    let mut entries = [0_u8; 8 * 512];
    let (first, pages) = (start / PAGE_BYTES as u64, bytes / PAGE_BYTES as u64);
    let mut run: Option<Range<u32>> = None;
    let mut page = 0;
    while page < pages {
        let count = usize::try_from(pages - page).unwrap_or(usize::MAX).min(512);
        file.read_exact_at(&mut entries[..count * 8], (first + page) * 8)?;
        for (index, entry) in entries[..count * 8].chunks_exact(8).enumerate() {
            let entry = u64::from_le_bytes(entry.try_into().unwrap_or_default());
            let number = page_number((page + index as u64) * PAGE_BYTES as u64);
            if entry & (PRESENT | SWAPPED) != 0 && entry & FILE_OR_SHARED == 0 {
                run = Some(run.map_or(number, |run| run.start)..number + 1);
            } else if let Some(run) = run.take() {
                found(run);
            }
        }
        page += count as u64;
    }
    if let Some(run) = run {
        found(run);
    }
    Ok(())
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a slot has at most 4 GiB, which is 2^20 pages"
)]
const fn page_number(offset_bytes: u64) -> u32 {
    (offset_bytes / PAGE_BYTES as u64) as u32
}
