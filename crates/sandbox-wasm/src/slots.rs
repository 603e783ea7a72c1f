//! The pool of slots, and bringing a slot's memory to the state of an image.
//!
//! ```text
//! take ─► Lease ─ show(image) ─► sandbox runs ─ show(image) ─► … ─► last handle dropped ─► dirty or clean
//! ```
//!
//! A page fault costs some 30 times as much as copying the page (1.7 µs and 0.05 µs on the machine of the first
//! measurements), and every sandbox of a guest writes nearly the same pages: stack, allocator, run-time tables.
//! So a slot that comes back keeps the pages it owns, and [`Lease::show`] puts the next image's bytes into them.
//! No mapping changes, no fault, no TLB shoot-down. This is also what a reset in place is.
//!
//! Invariants:
//! - After `show(image)`, every byte of the slot is the image's, whatever it held before.
//! - Slots are made up to the limit, never beyond; of those that come back, few stay dirty ([`MAX_DIRTY`]), more
//!   stay clean ([`MAX_CLEAN`]: mapped, owning nothing), the rest goes back to the kernel.
//! - All users of one pool belong to one tenant: contents are overwritten, not wiped, between sandboxes.

use std::{
    collections::VecDeque,
    io,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use hydra_sys::{PAGE_BYTES, slot::Slot};

use crate::memory_image::{BaseMemory, MemoryImage};

/// Slots that keep their pages while nobody uses them.
const MAX_DIRTY: usize = 32;

/// Slots that stay mapped while nobody uses them.
const MAX_CLEAN: usize = 512;

/// A slot that owns more pages than this (1 MiB) gives them back when it is free, or put back to its image: few
/// sandboxes need as many, and [`MAX_DIRTY`] such slots are what a process keeps at most.
const MAX_KEPT_PAGES: u32 = 256;

/// A slot that another image left with more pages than this gives them back once, rather than have all of them
/// overwritten every time: what that image's sandboxes needed, those of this one may not.
const MAX_INHERITED_PAGES: u32 = 64;

/// All slots of one process.
pub(crate) struct SlotPool {
    max: usize,
    state: Mutex<Free>,
}

#[derive(Default)]
struct Free {
    made: usize,
    dirty: VecDeque<Contents>,
    clean: Vec<Contents>,
}

/// A slot and what is mapped into it.
struct Contents {
    slot: Slot,
    mapped: Option<Mapped>,
    /// Pages of its own, known while nobody uses the slot.
    owned: Option<OwnedRuns>,
    /// The image it was brought to last.
    last: Option<Weak<MemoryImage>>,
}

/// Which files a slot's mappings show. A free slot must not keep the image of a function that is gone or idle, so
/// the image is referred to weakly; see [`SlotPool::release_dead`].
struct Mapped {
    base: Arc<BaseMemory>,
    /// The image whose runs lie over the base, if it has any.
    runs_of: Option<Weak<MemoryImage>>,
}

impl Mapped {
    fn of(image: &Arc<MemoryImage>) -> Self {
        Self {
            base: Arc::clone(image.base()),
            runs_of: image.has_runs().then(|| Arc::downgrade(image)),
        }
    }

    /// Whether no mapping must change to show `image`.
    fn suits(&self, image: &Arc<MemoryImage>) -> bool {
        Arc::ptr_eq(&self.base, image.base())
            && match &self.runs_of {
                Some(shown) => std::ptr::eq(shown.as_ptr(), Arc::as_ptr(image)),
                None => !image.has_runs(),
            }
    }

    /// Whether the image whose runs are mapped is in use no more.
    fn is_dead(&self) -> bool {
        self.runs_of
            .as_ref()
            .is_some_and(|image| image.strong_count() == 0)
    }
}

/// Why no slot could be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TakeError {
    /// The limit is reached.
    #[error("all {slots} slots are taken")]
    Exhausted { slots: usize },
    /// The kernel refused.
    #[error("the kernel refused to map a slot; if vm.max_map_count is reached, raise it")]
    Os(#[from] io::Error),
}

impl SlotPool {
    pub(crate) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self {
            max,
            state: Mutex::default(),
        })
    }

    /// Takes a slot and brings it to `image`.
    ///
    /// # Errors
    ///
    /// No slot is free, or the kernel refused one.
    pub(crate) fn take(self: &Arc<Self>, image: &Arc<MemoryImage>) -> Result<Lease, TakeError> {
        let contents = self.free_slot(image)?;
        let lease = Lease(Arc::new(Leased {
            contents: Mutex::new(Some(contents)),
            pool: Arc::clone(self),
        }));
        lease.show(image)?;
        Ok(lease)
    }

    /// A slot that needs as little work as possible: the same mappings and the fewest pages to overwrite, of those
    /// the one that was used last; else any.
    fn free_slot(&self, image: &Arc<MemoryImage>) -> Result<Contents, TakeError> {
        let mut state = self.lock();
        let suits = |contents: &Contents| {
            contents
                .mapped
                .as_ref()
                .is_some_and(|mapped| mapped.suits(image))
        };
        let suiting = state.dirty.iter().enumerate().rev();
        let least = suiting
            .filter(|(_, contents)| suits(contents))
            .min_by_key(|(_, contents)| contents.owned.as_ref().map(|owned| owned.pages));
        if let Some(contents) = least
            .map(|(place, _)| place)
            .and_then(|place| state.dirty.remove(place))
        {
            return Ok(contents);
        }
        if let Some(contents) = state.clean.pop() {
            return Ok(contents);
        }
        if let Some(contents) = state.dirty.pop_front() {
            return Ok(contents);
        }
        if state.made >= self.max {
            return Err(TakeError::Exhausted { slots: self.max });
        }
        state.made += 1;
        drop(state);
        let made = Slot::reserve();
        if made.is_err() {
            self.lock().made -= 1;
        }
        Ok(Contents {
            slot: made?,
            mapped: None,
            owned: None,
            last: None,
        })
    }

    fn give_back(&self, mut contents: Contents) {
        contents.owned = contents.owned_runs().ok();
        let keeps = |owned: &OwnedRuns| owned.pages <= MAX_KEPT_PAGES;
        let crowded_out = if contents.owned.as_ref().is_some_and(keeps) {
            let mut state = self.lock();
            state.dirty.push_back(contents);
            if state.dirty.len() <= MAX_DIRTY {
                return;
            }
            // The one that owns most makes room, the oldest of such: it costs most, to keep and to overwrite.
            let pages = |contents: &Contents| contents.owned.as_ref().map(|owned| owned.pages);
            let most = state.dirty.iter().enumerate().rev();
            let most = most.max_by_key(|(_, contents)| pages(contents));
            most.map(|(place, _)| place)
                .and_then(|place| state.dirty.remove(place))
        } else {
            Some(contents)
        };
        if let Some(contents) = crowded_out {
            self.clean(contents);
        }
    }

    /// Gives back the free slots that are mapped to images which are in use no more. Called when one may have gone.
    pub(crate) fn release_dead(&self) {
        let is_dead = |contents: &Contents| contents.mapped.as_ref().is_some_and(Mapped::is_dead);
        let mut state = self.lock();
        let dirty = std::mem::take(&mut state.dirty);
        let (dead, alive): (VecDeque<_>, VecDeque<_>) = dirty.into_iter().partition(is_dead);
        state.dirty = alive;
        state.made -= dead.len();
        drop(state);
        // Unmapped here, outside the lock.
        drop(dead);
    }

    /// Gives back what a slot owns, and the slot itself where enough are free. The kernel works outside the lock.
    fn clean(&self, mut contents: Contents) {
        let cleaned = contents.slot.forget(0..contents.slot.open_bytes()).is_ok();
        contents.owned = None;
        // What is mapped over a base belongs to one function, which may be gone or idle.
        let plain = contents
            .mapped
            .as_ref()
            .is_none_or(|mapped| mapped.runs_of.is_none());
        let mut state = self.lock();
        if cleaned && plain && state.clean.len() < MAX_CLEAN {
            state.clean.push(contents);
        } else {
            state.made -= 1;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Free> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A slot in use. Clones are handles to the same slot, which goes back when the last is dropped.
#[derive(Clone)]
pub(crate) struct Lease(Arc<Leased>);

struct Leased {
    /// `None` only while it is dropped. Locked for moments; never while a guest runs.
    contents: Mutex<Option<Contents>>,
    pool: Arc<SlotPool>,
}

impl Drop for Leased {
    fn drop(&mut self) {
        if let Some(contents) = self
            .contents
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
        {
            self.pool.give_back(contents);
        }
    }
}

impl Lease {
    /// Where the slot starts, and how many bytes are accessible.
    pub(crate) fn place(&self) -> (*mut u8, usize) {
        self.with(|contents| (contents.slot.as_ptr(), contents.slot.open_bytes()))
    }

    /// Makes the slot larger.
    pub(crate) fn grow(&self, open_bytes: usize) -> io::Result<()> {
        self.with(|contents| contents.slot.resize(open_bytes))
    }

    /// Bytes that only this slot holds. Costs a system call.
    pub(crate) fn private_bytes(&self) -> u64 {
        let mut pages = 0;
        let counted = self.with(|contents| {
            contents
                .slot
                .private_pages(|run| pages += u64::from(run.end - run.start))
        });
        if counted.is_ok() {
            pages * PAGE_BYTES as u64
        } else {
            0
        }
    }

    /// Brings the slot's memory to the state of `image`, from whatever it is.
    ///
    /// Nothing may run on the slot meanwhile. On error the slot's content is undefined.
    pub(crate) fn show(&self, image: &Arc<MemoryImage>) -> io::Result<()> {
        self.with(|contents| contents.show(image))
    }

    /// Gives back pages of its own that hold the image's bytes again: most of what a call writes are reference
    /// counts that it counts down afterwards.
    ///
    /// Costs a comparison of those pages now and a page fault for each at the next call, so it is for sandboxes
    /// that are not called often.
    pub(crate) fn give_back_unchanged(&self, image: &MemoryImage) -> io::Result<()> {
        self.with(|contents| contents.give_back_unchanged(image))
    }

    /// The accessible memory.
    pub(crate) fn read<R>(&self, look: impl FnOnce(&[u8]) -> R) -> R {
        self.with(|contents| look(contents.slot.bytes()))
    }

    /// The accessible memory, to write. Nothing may run on the slot meanwhile.
    pub(crate) fn write(&self, write: impl FnOnce(&mut [u8])) {
        self.with(|contents| write(contents.slot.bytes_mut()));
    }

    fn with<R>(&self, act: impl FnOnce(&mut Contents) -> R) -> R {
        let mut contents = self
            .0
            .contents
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        act(contents
            .as_mut()
            .expect("a lease has its slot until the last handle is dropped"))
    }
}

impl Contents {
    fn show(&mut self, image: &Arc<MemoryImage>) -> io::Result<()> {
        if self
            .mapped
            .as_ref()
            .is_some_and(|mapped| mapped.suits(image))
        {
            self.slot.resize(image.memory_bytes())?;
            let again = |last: &Weak<MemoryImage>| std::ptr::eq(last.as_ptr(), Arc::as_ptr(image));
            let kept = match &self.last {
                Some(last) if again(last) => MAX_KEPT_PAGES,
                _ => MAX_INHERITED_PAGES,
            };
            self.overwrite(image, kept)?;
        } else {
            (self.mapped, self.owned) = (None, None);
            image.map_into(&mut self.slot)?;
            self.mapped = Some(Mapped::of(image));
        }
        image.patch(self.slot.bytes_mut());
        self.last = Some(Arc::downgrade(image));
        Ok(())
    }

    fn owned_runs(&self) -> io::Result<OwnedRuns> {
        let mut owned = OwnedRuns::default();
        self.slot.private_pages(|run| owned.add(run))?;
        Ok(owned)
    }

    /// Puts the image's bytes into every page that the slot owns, patches aside.
    fn overwrite(&mut self, image: &MemoryImage, max_kept: u32) -> io::Result<()> {
        let owned = match self.owned.take() {
            Some(owned) => owned,
            None => self.owned_runs()?,
        };
        if owned.pages > max_kept {
            return self.slot.forget(0..self.slot.open_bytes());
        }
        let memory = self.slot.bytes_mut();
        // What the slot had grown to is gone; pages beyond the image were given back with it.
        for run in &owned.runs {
            let start = run.start as usize * PAGE_BYTES;
            let range = start..(run.end as usize * PAGE_BYTES).min(memory.len());
            if range.is_empty() {
                continue;
            }
            image.fill(range.start, &mut memory[range]);
        }
        Ok(())
    }
}

impl Contents {
    fn give_back_unchanged(&mut self, image: &MemoryImage) -> io::Result<()> {
        let owned = self.owned_runs()?;
        let mut pristine = [0; PAGE_BYTES];
        let mut unchanged: Option<Range<usize>> = None;
        for page in owned
            .runs
            .into_iter()
            .flatten()
            .filter(|&page| !image.patches_page(page))
        {
            let start = page as usize * PAGE_BYTES;
            let range = start..start + PAGE_BYTES;
            image.fill(start, &mut pristine);
            if self.slot.bytes()[range.clone()] != pristine {
                continue;
            }
            match &mut unchanged {
                Some(run) if run.end == start => run.end = range.end,
                run => {
                    if let Some(run) = run.replace(range) {
                        self.slot.forget(run)?;
                    }
                }
            }
        }
        unchanged.map_or(Ok(()), |run| self.slot.forget(run))
    }
}

#[derive(Default)]
struct OwnedRuns {
    runs: Vec<Range<u32>>,
    pages: u32,
}

impl OwnedRuns {
    fn add(&mut self, run: Range<u32>) {
        self.pages += run.end - run.start;
        self.runs.push(run);
    }
}
