//! Which programs use which published function image, so that the last one to go retires it.
//!
//! Two programs can share an image: the same code registered twice has the same content, hence the same id.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use hydra_image::{FunctionImage, ImageError, ImageId, ImageStore};

use crate::core::Core;

#[derive(Default)]
pub(crate) struct Claims(Mutex<HashMap<ImageId, usize>>);

/// One program's use of an image; dropping the last one retires the image.
pub(crate) struct Claim {
    core: Arc<Core>,
    pub(crate) id: ImageId,
}

impl Claim {
    /// Publishes an image and claims it.
    ///
    /// In one step, so that the last other user of the same content cannot retire it in between.
    pub(crate) fn publish(
        core: &Arc<Core>,
        publish: impl FnOnce(&ImageStore) -> Result<Arc<FunctionImage>, ImageError>,
    ) -> Result<(Self, Arc<FunctionImage>), ImageError> {
        let mut claims = core.claims.0.lock().unwrap_or_else(PoisonError::into_inner);
        let image = publish(&core.functions)?;
        let id = image.id();
        *claims.entry(id).or_insert(0) += 1;
        Ok((
            Self {
                core: Arc::clone(core),
                id,
            },
            image,
        ))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut claims = self
            .core
            .claims
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let Some(count) = claims.get_mut(&self.id) else {
            return;
        };
        *count -= 1;
        if *count == 0 {
            claims.remove(&self.id);
            if let Err(error) = self.core.functions.retire(self.id) {
                tracing::warn!(%error, id = %self.id, "cannot delete the image of a function that is gone");
            }
        }
    }
}
