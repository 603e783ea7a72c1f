//! Small memories, stores in temporary directories, and what a restore does, done in plain memory.

use std::{os::unix::fs::FileExt, path::PathBuf};

use hydra_image::{
    BaseImage, FunctionImage, GlobalValue, GuestId, ImageId, ImageStore, PAGE_BYTES, Snapshot,
    StoreLimits,
};
use hydra_types::Bytes;

pub(crate) const UNIT: usize = 64 << 10;
pub(crate) const GLOBALS: [GlobalValue; 4] = [
    GlobalValue::I32(-5),
    GlobalValue::I64(i64::MIN),
    GlobalValue::F32(0x7fc0_0001),
    GlobalValue::F64(f64::NAN.to_bits()),
];

pub(crate) struct Fixture {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) store: ImageStore,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self::with_capacity(Bytes::mib(256))
    }

    pub(crate) fn with_capacity(capacity: Bytes) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = ImageStore::open(dir.path(), StoreLimits { capacity }).unwrap();
        Self { dir, store }
    }

    pub(crate) fn path(&self, folder: &str, id: ImageId) -> PathBuf {
        self.dir.path().join(folder).join(format!("{id}.img"))
    }

    /// The same directory, as another process sees it.
    pub(crate) fn another(&self) -> ImageStore {
        let capacity = Bytes::mib(256);
        ImageStore::open(self.dir.path(), StoreLimits { capacity }).unwrap()
    }
}

pub(crate) fn guest() -> GuestId {
    GuestId::of(b"a guest")
}

pub(crate) fn snapshot(memory: &[u8]) -> Snapshot<'_> {
    Snapshot {
        guest: guest(),
        memory,
        globals: &GLOBALS,
        meta: b"meta",
    }
}

/// `units` of 64 KiB in which every third page holds something, the last included.
pub(crate) fn base_memory(units: usize) -> Vec<u8> {
    let mut memory = vec![0; units * UNIT];
    for page in (0..units * UNIT / PAGE_BYTES).rev().step_by(3) {
        memory[page * PAGE_BYTES + page % 7..][..9].copy_from_slice(b"base page");
    }
    memory
}

/// What a restore makes of base and function image.
pub(crate) fn restore(base: &BaseImage, image: &FunctionImage) -> Vec<u8> {
    let data = base.read_data().unwrap();
    let mut memory = vec![0; usize::try_from(image.memory_bytes()).unwrap()];
    memory[..data.len()].copy_from_slice(&data);
    for run in image.runs() {
        let span = &mut memory[run.page as usize * PAGE_BYTES..][..run.pages as usize * PAGE_BYTES];
        image.file().read_exact_at(span, run.file_offset).unwrap();
    }
    let patched = image.patched_pages(&data).unwrap();
    for (page, content) in patched
        .pages
        .iter()
        .zip(patched.bytes.chunks_exact(PAGE_BYTES))
    {
        memory[*page as usize * PAGE_BYTES..][..PAGE_BYTES].copy_from_slice(content);
    }
    memory
}

/// Deterministic numbers (xorshift64).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap()
    }
}
