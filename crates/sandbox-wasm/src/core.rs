//! What all sandboxes of a process share: the engine, slots, images, compiled code, the ticker.

use std::{path::PathBuf, sync::Arc};

use hydra_image::{ImageError, ImageStore, StoreLimits};
use hydra_package::{PackageError, PackageStore};
use hydra_sandbox::Host;
use hydra_types::Bytes;
use wasmtime::{Config, Engine, OptLevel, WasmBacktraceDetails};

use crate::{
    body::HotList,
    claims::Claims,
    code_cache::{CodeCache, CodeError},
    glue::{SlotMemories, StackPool},
    own_images::OwnImages,
    slots::SlotPool,
    state::NATIVE_STACK,
    ticker::Ticker,
};

/// Stacks that wait for the next call: more than cores, since calls that yield keep theirs.
const KEPT_STACKS: usize = 64;

/// Where things lie and how many there may be.
pub struct WasmConfig {
    /// Where `quickjs.wasm` lies, and compiled code is cached.
    pub guests_dir: PathBuf,
    /// Where images are published.
    pub images_dir: PathBuf,
    /// How many bytes of images there may be.
    pub images_capacity: Bytes,
    /// How many sandboxes there may be at once.
    pub max_slots: usize,
    /// Waiting, for guests.
    pub host: Arc<dyn Host>,
}

/// Why sandboxes cannot be had at all.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Slots are laid out in pages of 4 KiB.
    #[error("this kernel's pages are not 4 KiB; Hydra needs a kernel with 4 KiB pages")]
    PageSize,
    /// The engine refused its settings or the machine.
    #[error("the WebAssembly engine does not start: {0:#}")]
    Engine(wasmtime::Error),
    /// Compiled code cannot be cached.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// Images cannot be kept.
    #[error("the image store does not open")]
    Images(#[from] ImageError),
    /// Uploads cannot be kept.
    #[error("the package store does not open")]
    Packages(#[from] PackageError),
    /// The kernel refused.
    #[error("the kernel refused a thread or a mapping")]
    Os(#[from] std::io::Error),
    /// The JavaScript guest is not what this build was made for.
    #[error("the JavaScript guest does not start: {reason}")]
    JavaScript {
        /// What is wrong with it.
        reason: String,
    },
}

pub(crate) struct Core {
    pub(crate) engine: Engine,
    pub(crate) slots: Arc<SlotPool>,
    /// Base images, shared by all processes.
    pub(crate) bases: ImageStore,
    /// Function images, this process's own.
    pub(crate) functions: ImageStore,
    /// What was uploaded, likewise.
    pub(crate) packages: PackageStore,
    /// Dropped last: the folder goes with it.
    _own_images: OwnImages,
    pub(crate) claims: Claims,
    pub(crate) code: CodeCache,
    pub(crate) ticker: Ticker,
    pub(crate) hot: HotList,
    pub(crate) host: Arc<dyn Host>,
}

impl Core {
    pub(crate) fn start(config: &WasmConfig) -> Result<Arc<Self>, StartError> {
        if !hydra_sys::check_page_size() {
            return Err(StartError::PageSize);
        }
        let engine = engine().map_err(StartError::Engine)?;
        let own_images = OwnImages::claim(&config.images_dir)?;
        let limits = StoreLimits {
            capacity: config.images_capacity,
        };
        Ok(Arc::new(Self {
            slots: SlotPool::new(config.max_slots),
            bases: ImageStore::open(&config.images_dir, limits)?,
            functions: ImageStore::open(own_images.folder(), limits)?,
            packages: PackageStore::open(&own_images.folder().join("packages"))?,
            _own_images: own_images,
            claims: Claims::default(),
            code: CodeCache::open(&config.guests_dir.join("code"), &engine)?,
            ticker: Ticker::start(&engine)?,
            hot: HotList::default(),
            host: Arc::clone(&config.host),
            engine,
        }))
    }
}

/// The engine, set up so that whatever [`crate::split`] lets pass compiles and runs in slots.
pub(crate) fn engine() -> wasmtime::Result<Engine> {
    let native_stack = NATIVE_STACK.as_usize();
    let mut config = Config::new();
    config
        .cranelift_opt_level(OptLevel::Speed)
        .with_host_memory(Arc::new(SlotMemories))
        .with_host_stack(StackPool::new(KEPT_STACKS))
        .max_wasm_stack(native_stack)
        // Host functions run on the guest's stack, below its limit.
        .async_stack_size(native_stack + (256 << 10))
        .memory_reservation(hydra_sys::slot::RESERVED_BYTES as u64)
        .memory_guard_size(hydra_sys::slot::GUARD_BYTES as u64)
        .memory_may_move(false)
        .guard_before_linear_memory(false)
        // Data is in images, not in modules.
        .memory_init_cow(false)
        .table_lazy_init(true)
        .epoch_interruption(true)
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        // Frame pointers do for our own backtraces; this would be registered at every load.
        .native_unwind_info(false);
    Engine::new(&config)
}
