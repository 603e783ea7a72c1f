//! The persistent map from a cache key to an image: one small file per key, written by rename.
//!
//! A key is a hint. Whatever is wrong with one (torn, foreign, of an image that is gone), it counts as absent, and
//! the caller builds the image. Does not know what a key is made of; the caller hashes code, spec and base.

use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

use crate::{
    ImageError, ImageId,
    store::ledger::{Folder, Ledger, Locked, files, has_image},
};

/// The image's id, and half a hash of key and id.
const FILE_BYTES: usize = 48;

pub(super) fn write(locked: &Locked<'_>, key: &[u8; 32], id: ImageId) -> Result<(), ImageError> {
    let path = path(&locked.folder(Folder::Key), key);
    locked.write_uncounted(&path, &encode(key, id))
}

pub(super) fn read(ledger: &Ledger, key: &[u8; 32]) -> Option<ImageId> {
    let id = decode(key, &path(&ledger.folder(Folder::Key), key))?;
    has_image(ledger, id).then_some(id)
}

pub(super) fn forget(locked: &Locked<'_>, key: &[u8; 32]) {
    // A key that stays is harmless, and the next sweep finds it.
    let _ = fs::remove_file(path(&locked.folder(Folder::Key), key));
}

/// Deletes keys that lead nowhere.
pub(super) fn sweep(locked: &Locked<'_>) -> Result<(), ImageError> {
    for path in files(&locked.folder(Folder::Key))? {
        let id = key_of(&path).and_then(|key| decode(&key, &path));
        if !id.is_some_and(|id| locked.has_image(id)) {
            fs::remove_file(&path).map_err(ImageError::io("delete", &path))?;
        }
    }
    Ok(())
}

fn path(folder: &Path, key: &[u8; 32]) -> PathBuf {
    folder.join(ImageId::from_bytes(*key).to_string())
}

fn key_of(path: &Path) -> Option<[u8; 32]> {
    let name: ImageId = path.file_name()?.to_str()?.parse().ok()?;
    Some(*name.as_bytes())
}

fn encode(key: &[u8; 32], id: ImageId) -> [u8; FILE_BYTES] {
    let mut hasher = blake3::Hasher::new();
    hasher
        .update(b"hydra key 1")
        .update(key)
        .update(id.as_bytes());
    let mut content = [0; FILE_BYTES];
    content[..32].copy_from_slice(id.as_bytes());
    content[32..].copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    content
}

fn decode(key: &[u8; 32], path: &Path) -> Option<ImageId> {
    let mut content = Vec::with_capacity(FILE_BYTES + 1);
    let most = FILE_BYTES as u64 + 1;
    File::open(path)
        .and_then(|file| file.take(most).read_to_end(&mut content))
        .ok()?;
    let id = ImageId::from_bytes(*content.first_chunk()?);
    (content == encode(key, id)).then_some(id)
}
