//! Which function images this process has handles of, and what happens when the last one goes.
//!
//! Invariants:
//! - An entry exists while handles do; at zero it goes, and with it the file where the image is retired.
//! - No handle is dropped while the mutex is held: its [`Lease`] takes the mutex.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use crate::{
    FunctionImage, ImageError, ImageId,
    store::{
        key,
        ledger::{self, Folder, Ledger},
    },
};

#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    ledger_path: PathBuf,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) ledger: Ledger,
    live: HashMap<ImageId, Live>,
    /// Keys that this process used for an image, to be forgotten with it.
    keys: HashMap<ImageId, Vec<[u8; 32]>>,
}

#[derive(Debug)]
struct Live {
    /// More than one only while the drop of an old handle races with an open.
    handles: usize,
    image: Weak<FunctionImage>,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Published,
    Retired,
}

/// A function image's tie to its store: tells it when the image is gone.
#[derive(Debug)]
pub(crate) struct Lease {
    shared: Arc<Shared>,
    id: ImageId,
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.shared.state().release(self.id);
    }
}

impl Shared {
    pub(super) fn new(ledger: Ledger) -> Self {
        Self {
            ledger_path: ledger.path(),
            state: Mutex::new(State {
                ledger,
                live: HashMap::new(),
                keys: HashMap::new(),
            }),
        }
    }

    /// Each change to the state is one step, so a panic while the mutex was held leaves it in order.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the ledger by its path, so as not to wait for a publication.
    pub(super) fn bytes_used(&self) -> u64 {
        ledger::read_used(&self.ledger_path).unwrap_or_default()
    }

    /// Makes a handle of an opened image, or takes the one that is there.
    pub(super) fn register(
        self: &Arc<Self>,
        state: &mut State,
        mut image: FunctionImage,
    ) -> Arc<FunctionImage> {
        let id = image.id();
        let live = state.live.entry(id).or_insert(Live {
            handles: 0,
            image: Weak::new(),
            stage: Stage::Published,
        });
        live.stage = Stage::Published;
        if let Some(handle) = live.image.upgrade() {
            return handle;
        }
        image.lease = Some(Lease {
            shared: Arc::clone(self),
            id,
        });
        let handle = Arc::new(image);
        live.handles += 1;
        live.image = Arc::downgrade(&handle);
        handle
    }
}

impl State {
    pub(super) fn stage(&self, id: ImageId) -> Option<Stage> {
        self.live.get(&id).map(|live| live.stage)
    }

    pub(super) fn live(&self, id: ImageId) -> Result<Option<Arc<FunctionImage>>, ImageError> {
        match self.live.get(&id) {
            Some(live) if live.stage == Stage::Retired => Err(ImageError::Missing { id }),
            Some(live) => Ok(live.image.upgrade()),
            None => Ok(None),
        }
    }

    pub(super) fn retire(&mut self, id: ImageId) -> Result<(), ImageError> {
        if let Some(live) = self.live.get_mut(&id) {
            live.stage = Stage::Retired;
            return Ok(());
        }
        self.delete(id)
    }

    pub(super) fn note_key(&mut self, id: ImageId, key: [u8; 32]) {
        let keys = self.keys.entry(id).or_default();
        if !keys.contains(&key) {
            keys.push(key);
        }
    }

    fn release(&mut self, id: ImageId) {
        let Some(live) = self.live.get_mut(&id) else {
            return;
        };
        live.handles -= 1;
        if live.handles > 0 {
            return;
        }
        let stage = live.stage;
        self.live.remove(&id);
        if stage == Stage::Retired {
            // A drop cannot report. The file stays published, is counted, and `function_images` lists it.
            let _ = self.delete(id);
        }
    }

    fn delete(&mut self, id: ImageId) -> Result<(), ImageError> {
        let locked = self.ledger.lock()?;
        for key in self.keys.remove(&id).unwrap_or_default() {
            key::forget(&locked, &key);
        }
        locked.delete(&self.ledger.image_path(Folder::Function, id))
    }
}
