//! Keeps images on local disk, one file per image, and knows who in this process still reads which.
//!
//! ```text
//!  Draft ──rename──► Published ──retire──► Retired ──last handle in this process gone──► deleted
//!    └─error, or process killed─► swept     ▲   └─published again─► Published
//! ```
//!
//! Layout: `base/<id>.img`, `function/<id>.img`, `key/<key>` (cache key to image id), `draft/`, and `ledger`, which
//! holds the bytes used and is what processes lock. Does not know what a page means, and evicts nothing by itself.
//!
//! One mutex guards the handle counts; whoever changes the directory also holds the lock on `ledger`. So:
//! - Readers see published images only, and verify them; a kill at any moment leaves whole images and at most a
//!   draft, which the next [`ImageStore::open`] removes. Files are not synced: after a power loss an image may be
//!   torn, its checksum says so, and publishing it again replaces it.
//! - Several processes may share the directory. Another process's retirement deletes under this one's handles,
//!   which stay valid, since the files are open; a later open finds [`ImageError::Missing`] and builds again.
//! - The image files stay at or below [`StoreLimits::capacity`] together; publication refuses first. Keys (48 bytes
//!   each) are not counted.

mod key;
mod ledger;
mod live;

use std::{io, path::Path, sync::Arc};

use hydra_types::Bytes;

use crate::{
    BaseImage, FunctionImage, GuestId, Image, ImageError, ImageId, Snapshot,
    encode::Encoded,
    store::{
        ledger::{Folder, Ledger, Locked},
        live::{Shared, Stage},
    },
};

pub(crate) use live::Lease;

/// What the store may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreLimits {
    /// Bytes of all image files together.
    pub capacity: Bytes,
}

/// A directory of images. Cheap to clone; clones share handle counts.
#[derive(Clone, Debug)]
pub struct ImageStore {
    shared: Arc<Shared>,
}

impl ImageStore {
    /// Opens or makes the store in `dir`, and removes what killed processes left there.
    ///
    /// Costs a look at every image's size and every key.
    ///
    /// # Errors
    ///
    /// - [`ImageError::Io`]: the directory cannot be made, listed or written.
    /// - [`ImageError::Busy`]: another process kept the lock.
    pub fn open(dir: &Path, limits: StoreLimits) -> Result<Self, ImageError> {
        let ledger = Ledger::open(dir, limits.capacity)?;
        let locked = ledger.lock()?;
        locked.recount()?;
        key::sweep(&locked)?;
        drop(locked);
        Ok(Self {
            shared: Arc::new(Shared::new(ledger)),
        })
    }

    /// Publishes a base image. Where it is published already, that one is verified and taken, or replaced.
    ///
    /// # Errors
    ///
    /// - [`ImageError::BadSnapshot`], [`ImageError::TooLarge`]: the format cannot hold the snapshot.
    /// - [`ImageError::Full`]: the image would pass the capacity.
    /// - [`ImageError::Io`], [`ImageError::Busy`]: the directory cannot be written.
    pub fn publish_base(&self, snapshot: &Snapshot<'_>) -> Result<Arc<BaseImage>, ImageError> {
        let encoded = Encoded::base(snapshot)?;
        let state = self.shared.state();
        match publish(&state.ledger.lock()?, Folder::Base, &encoded)? {
            Image::Base(image) => Ok(Arc::new(image)),
            Image::Function(_) => Err(ImageError::header("published as another kind of image")),
        }
    }

    /// Publishes what differs between the snapshot and `base`, whose [`BaseImage::read_data`] is `base_data`.
    ///
    /// Costs one pass over both memories and one over the changed pages; other publications wait while the file is
    /// written. The caller answers for `base_data`: only its length is checked.
    ///
    /// # Errors
    ///
    /// As [`Self::publish_base`], and
    /// - [`ImageError::ForeignGuest`]: the base is one of another guest.
    /// - [`ImageError::BadSnapshot`]: the memory is smaller than the base's, or `base_data` is not the base's.
    pub fn publish_function(
        &self,
        snapshot: &Snapshot<'_>,
        base: &BaseImage,
        base_data: &[u8],
    ) -> Result<Arc<FunctionImage>, ImageError> {
        check_guest(base.guest(), snapshot.guest)?;
        if base_data.len() as u64 != base.data_bytes() {
            return Err(ImageError::BadSnapshot {
                fault: "the base data is not this base's; pass what read_data returns",
            });
        }
        if (snapshot.memory.len() as u64) < base.memory_bytes() {
            return Err(ImageError::BadSnapshot {
                fault: "its memory is smaller than the base's; linear memory never shrinks",
            });
        }
        let encoded = Encoded::function(snapshot, base.id(), base_data)?;
        let mut state = self.shared.state();
        let image = publish(&state.ledger.lock()?, Folder::Function, &encoded)?;
        match image {
            Image::Function(image) => Ok(self.shared.register(&mut state, image)),
            Image::Base(_) => Err(ImageError::header("published as another kind of image")),
        }
    }

    /// Opens and verifies a base image.
    ///
    /// # Errors
    ///
    /// - [`ImageError::Missing`]: it is not in the store.
    /// - [`ImageError::ForeignGuest`]: it is one of another guest.
    /// - [`ImageError::InFile`]: the file does not verify; publish it again.
    pub fn open_base(
        &self,
        id: ImageId,
        expect_guest: GuestId,
    ) -> Result<Arc<BaseImage>, ImageError> {
        let path = self.shared.state().ledger.image_path(Folder::Base, id);
        match open_as(&path, id)? {
            Image::Base(image) => {
                check_guest(expect_guest, image.guest())?;
                Ok(Arc::new(image))
            }
            Image::Function(_) => Err(ImageError::header("a function image, not a base image")),
        }
    }

    /// Opens and verifies a function image; takes the handle that is there where this process has one.
    ///
    /// # Errors
    ///
    /// As [`Self::open_base`], and
    /// - [`ImageError::Missing`]: also where the image is retired.
    /// - [`ImageError::WrongBase`]: the image is a delta over another base.
    pub fn open_function(
        &self,
        id: ImageId,
        expect_guest: GuestId,
        base: &BaseImage,
    ) -> Result<Arc<FunctionImage>, ImageError> {
        let live = self.shared.state().live(id)?;
        let image = match live {
            Some(image) => image,
            None => self.open_published(id)?,
        };
        check_guest(expect_guest, image.guest())?;
        if image.base() != base.id() {
            return Err(ImageError::WrongBase {
                expected: base.id(),
                found: image.base(),
            });
        }
        if image.memory_bytes() < base.memory_bytes() {
            return Err(ImageError::header("its memory is smaller than its base's"));
        }
        Ok(image)
    }

    /// Gives a function image up: its file is deleted once this process's last handle of it is gone, at once where
    /// there is none. Publishing the same content again takes the retirement back.
    ///
    /// # Errors
    ///
    /// [`ImageError::Io`], [`ImageError::Busy`]: the file could not be deleted.
    pub fn retire(&self, id: ImageId) -> Result<(), ImageError> {
        self.shared.state().retire(id)
    }

    /// Every function image in the store, of all processes, in no order: for a caller that retires what no
    /// function wants any more.
    ///
    /// # Errors
    ///
    /// [`ImageError::Io`]: the directory cannot be listed.
    pub fn function_images(&self) -> Result<Vec<ImageId>, ImageError> {
        self.shared.state().ledger.ids(Folder::Function)
    }

    /// Every base image in the store, in no order.
    ///
    /// # Errors
    ///
    /// [`ImageError::Io`]: the directory cannot be listed.
    pub fn base_images(&self) -> Result<Vec<ImageId>, ImageError> {
        self.shared.state().ledger.ids(Folder::Base)
    }

    /// Bytes of all image files, of all processes. Waits for nobody.
    #[must_use]
    pub fn bytes_used(&self) -> Bytes {
        Bytes(self.shared.bytes_used())
    }

    /// Remembers under a cache key that `id` is the image to use. The image is published first.
    ///
    /// # Errors
    ///
    /// [`ImageError::Io`], [`ImageError::Busy`]: the key cannot be written.
    pub fn remember(&self, key: &[u8; 32], id: ImageId) -> Result<(), ImageError> {
        let mut state = self.shared.state();
        key::write(&state.ledger.lock()?, key, id)?;
        state.note_key(id, *key);
        Ok(())
    }

    /// The image remembered under a cache key, where it is still in the store. Whatever is wrong with the key, it
    /// counts as absent.
    #[must_use]
    pub fn recall(&self, key: &[u8; 32]) -> Option<ImageId> {
        let mut state = self.shared.state();
        let id = key::read(&state.ledger, key)?;
        if state.stage(id) == Some(Stage::Retired) {
            return None;
        }
        state.note_key(id, *key);
        Some(id)
    }

    fn open_published(&self, id: ImageId) -> Result<Arc<FunctionImage>, ImageError> {
        let path = self.shared.state().ledger.image_path(Folder::Function, id);
        // Verified without the mutex: large images take milliseconds. Where it is retired meanwhile, the handle
        // is of a deleted file, as it would be had another process retired it.
        let Image::Function(image) = open_as(&path, id)? else {
            return Err(ImageError::header("a base image, not a function image"));
        };
        let mut state = self.shared.state();
        if state.stage(id) == Some(Stage::Retired) {
            return Err(ImageError::Missing { id });
        }
        Ok(self.shared.register(&mut state, image))
    }
}

fn publish(
    locked: &Locked<'_>,
    folder: Folder,
    encoded: &Encoded<'_>,
) -> Result<Image, ImageError> {
    let path = locked.image_path(folder, encoded.id);
    match open_as(&path, encoded.id) {
        Ok(image) => return Ok(image),
        Err(ImageError::Missing { .. }) => {}
        Err(error) if error.blames_the_bytes() => {}
        Err(error) => return Err(error),
    }
    locked.publish(&path, encoded)?;
    open_as(&path, encoded.id)
}

fn open_as(path: &Path, id: ImageId) -> Result<Image, ImageError> {
    match Image::open(path) {
        Ok(image) if image.id() == id => Ok(image),
        Ok(_) => Err(ImageError::header("another image than its file name says")),
        Err(ImageError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            Err(ImageError::Missing { id })
        }
        Err(error) => Err(error),
    }
}

fn check_guest(expected: GuestId, found: GuestId) -> Result<(), ImageError> {
    if expected == found {
        return Ok(());
    }
    Err(ImageError::ForeignGuest { expected, found })
}
