//! A point that sandboxes start from, kept on disk and read when needed.
//!
//! A registered function that nobody calls must cost next to nothing, so what is read (pages, a descriptor, file
//! mappings) is dropped by [`StoredPoint::forget`]; an id and the globals stay.

use std::sync::{Arc, Mutex, PoisonError};

use hydra_image::{GlobalValue, Snapshot};
use hydra_sandbox::SandboxError;
use hydra_types::Bytes;

use crate::{
    body::Point,
    claims::Claim,
    core::Core,
    memory_image::{BaseMemory, MemoryImage},
};

pub(crate) struct StoredPoint {
    core: Arc<Core>,
    base: Arc<BaseMemory>,
    /// Absent where the point is the base as it is.
    claim: Option<Claim>,
    globals: Vec<GlobalValue>,
    file_bytes: u64,
    read: Mutex<Option<Arc<Point>>>,
}

impl StoredPoint {
    /// The base as it is, with `globals`.
    pub(crate) fn of_base(
        core: &Arc<Core>,
        base: &Arc<BaseMemory>,
        globals: Vec<GlobalValue>,
    ) -> Self {
        Self {
            core: Arc::clone(core),
            base: Arc::clone(base),
            claim: None,
            globals,
            file_bytes: 0,
            read: Mutex::default(),
        }
    }

    /// Publishes `memory` and `globals` as a function image over `base`.
    ///
    /// # Errors
    ///
    /// The store is full or its disk refuses.
    pub(crate) fn publish(
        core: &Arc<Core>,
        base: &Arc<BaseMemory>,
        memory: &[u8],
        globals: &[GlobalValue],
    ) -> Result<Self, hydra_image::ImageError> {
        let snapshot = Snapshot {
            guest: base.image.guest(),
            memory,
            globals,
            meta: &[],
        };
        let publish = |images: &hydra_image::ImageStore| {
            images.publish_function(&snapshot, &base.image, base.data())
        };
        let (claim, image) = Claim::publish(core, publish)?;
        Ok(Self {
            core: Arc::clone(core),
            base: Arc::clone(base),
            claim: Some(claim),
            globals: globals.to_vec(),
            file_bytes: image.file_bytes(),
            read: Mutex::default(),
        })
    }

    /// The point, read from disk if it is not at hand.
    pub(crate) fn get(&self) -> Result<Arc<Point>, SandboxError> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(point) = &*read {
            return Ok(Arc::clone(point));
        }
        let memory = match &self.claim {
            None => MemoryImage::of_base(Arc::clone(&self.base)),
            Some(claim) => {
                let base = &self.base.image;
                let image = self
                    .core
                    .functions
                    .open_function(claim.id, base.guest(), base);
                let image = image.map_err(|error| SandboxError::Image {
                    source: error.into(),
                })?;
                MemoryImage::of_function(Arc::clone(&self.base), image)
            }
        };
        let memory = memory.map_err(|error| SandboxError::Image {
            source: error.into(),
        })?;
        let point = Arc::new(Point {
            memory,
            globals: self.globals.clone(),
        });
        *read = Some(Arc::clone(&point));
        Ok(point)
    }

    /// Drops what [`Self::get`] can read again.
    pub(crate) fn forget(&self) {
        let read = self
            .read
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if read.is_some() {
            drop(read);
            self.core.slots.release_dead();
        }
    }

    /// Bytes of the function's own image file.
    pub(crate) const fn file_bytes(&self) -> Bytes {
        Bytes(self.file_bytes)
    }
}

impl Drop for StoredPoint {
    fn drop(&mut self) {
        self.forget();
    }
}
