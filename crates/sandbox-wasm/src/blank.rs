//! The first state of a module's memory, as an image: what its data segments say.

use std::sync::Arc;

use hydra_image::Snapshot;

use crate::{
    body::Point,
    core::Core,
    instance::Linked,
    memory_image::{BaseMemory, MemoryImage},
    split::SplitModule,
};

/// Publishes `module`'s blank memory as a base image, or finds it published.
///
/// The globals of the point are empty: a new instance has its own.
pub(crate) fn publish(
    core: &Core,
    linked: &Linked,
    module: &SplitModule,
) -> wasmtime::Result<Arc<Point>> {
    let memory_bytes = usize::try_from(module.memory_bytes)?;
    // Zero pages are not stored, but they must be there to be looked at; the kernel gives them when touched.
    let mut memory = vec![0; memory_bytes];
    memory[..module.data.len()].copy_from_slice(&module.data);
    let snapshot = Snapshot {
        guest: linked.code.id,
        memory: &memory,
        globals: &[],
        meta: &[],
    };
    let image = core.bases.publish_base(&snapshot)?;
    let memory = MemoryImage::of_base(BaseMemory::map(image)?)?;
    Ok(Arc::new(Point {
        memory,
        globals: Vec::new(),
    }))
}
