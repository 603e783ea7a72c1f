//! A function's memory as this process sees it: a base that many share, and what the function changed.
//!
//! ```text
//! base      ████████████████████████████░░░░░░░░░░  file mapping, one for all functions of a guest; zeroes behind
//! runs                            ▓▓▓▓▓▓▓▓          long changed stretches, mapped over it from the function's file
//! patches     ▪   ▪ ▪      ▪                        single changed pages, copied: they are written by most calls
//! ```
//!
//! Patched pages are kept here whole, so that bringing a slot back to the image is plain copying.

use std::{fs::File, io, ops::Range, sync::Arc};

use hydra_image::{BaseImage, FunctionImage, PatchedPages};
use hydra_sys::{PAGE_BYTES, mapping::FileView, slot::Slot};

/// A base image, mapped.
pub(crate) struct BaseMemory {
    pub(crate) image: Arc<BaseImage>,
    file: Arc<File>,
    view: FileView,
}

impl BaseMemory {
    pub(crate) fn map(image: Arc<BaseImage>) -> io::Result<Arc<Self>> {
        let file = Arc::clone(image.file());
        let bytes = usize::try_from(image.data_bytes()).map_err(|_| io::ErrorKind::InvalidData)?;
        let view = FileView::new(&file, image.data_offset(), bytes)?;
        Ok(Arc::new(Self { image, file, view }))
    }

    /// The base's bytes, up to its last page that is not zero.
    pub(crate) fn data(&self) -> &[u8] {
        &self.view
    }
}

/// What a sandbox's memory is at its start.
pub(crate) struct MemoryImage {
    base: Arc<BaseMemory>,
    memory_bytes: usize,
    patches: Option<PatchedPages>,
    runs: Vec<MappedRun>,
    function: Option<Arc<FunctionImage>>,
}

struct MappedRun {
    range: Range<usize>,
    file_offset: u64,
    view: FileView,
}

impl MemoryImage {
    /// The base as it is.
    pub(crate) fn of_base(base: Arc<BaseMemory>) -> io::Result<Arc<Self>> {
        let memory_bytes =
            usize::try_from(base.image.memory_bytes()).map_err(|_| io::ErrorKind::InvalidData)?;
        Ok(Arc::new(Self {
            base,
            memory_bytes,
            patches: None,
            runs: Vec::new(),
            function: None,
        }))
    }

    /// A function's image over its base.
    pub(crate) fn of_function(
        base: Arc<BaseMemory>,
        function: Arc<FunctionImage>,
    ) -> io::Result<Arc<Self>> {
        let memory_bytes =
            usize::try_from(function.memory_bytes()).map_err(|_| io::ErrorKind::InvalidData)?;
        let runs = function.runs().iter().map(|run| {
            let start = run.page as usize * PAGE_BYTES;
            let bytes = run.pages as usize * PAGE_BYTES;
            let view = FileView::new(function.file(), run.file_offset, bytes)?;
            Ok(MappedRun {
                range: start..start + bytes,
                file_offset: run.file_offset,
                view,
            })
        });
        let runs = runs.collect::<io::Result<_>>()?;
        let patches = function
            .patched_pages(base.data())
            .map_err(io::Error::other)?;
        Ok(Arc::new(Self {
            base,
            memory_bytes,
            patches: Some(patches),
            runs,
            function: Some(function),
        }))
    }

    pub(crate) const fn memory_bytes(&self) -> usize {
        self.memory_bytes
    }

    pub(crate) const fn base(&self) -> &Arc<BaseMemory> {
        &self.base
    }

    /// Whether parts of the image are mapped over the base.
    pub(crate) const fn has_runs(&self) -> bool {
        !self.runs.is_empty()
    }

    /// Maps the image into `slot`, patches aside.
    pub(crate) fn map_into(&self, slot: &mut Slot) -> io::Result<()> {
        let base = &self.base.image;
        slot.map_image(
            &self.base.file,
            base.data_offset(),
            self.base.view.len(),
            self.memory_bytes,
        )?;
        if let Some(function) = &self.function {
            for run in &self.runs {
                slot.overlay(function.file(), run.file_offset, run.range.clone())?;
            }
        }
        Ok(())
    }

    /// Copies the patched pages into `memory`, which starts where the image does.
    pub(crate) fn patch(&self, memory: &mut [u8]) {
        let Some(patches) = &self.patches else { return };
        for (&page, bytes) in patches
            .pages
            .iter()
            .zip(patches.bytes.chunks_exact(PAGE_BYTES))
        {
            let start = page as usize * PAGE_BYTES;
            memory[start..start + PAGE_BYTES].copy_from_slice(bytes);
        }
    }

    /// Whether `page` is one of those that are copied.
    pub(crate) fn patches_page(&self, page: u32) -> bool {
        self.patches
            .as_ref()
            .is_some_and(|patches| patches.pages.binary_search(&page).is_ok())
    }

    /// Fills `target`, which lies at `start` of the memory, with the image's bytes, patches aside.
    pub(crate) fn fill(&self, start: usize, target: &mut [u8]) {
        let from_base = self.base.view.len().saturating_sub(start).min(target.len());
        let (head, tail) = target.split_at_mut(from_base);
        head.copy_from_slice(
            self.base
                .view
                .get(start..start + from_base)
                .unwrap_or_default(),
        );
        tail.fill(0);
        for run in &self.runs {
            let (from, to) = (
                run.range.start.max(start),
                run.range.end.min(start + target.len()),
            );
            if from < to {
                let source = &run.view[from - run.range.start..to - run.range.start];
                target[from - start..to - start].copy_from_slice(source);
            }
        }
    }
}
