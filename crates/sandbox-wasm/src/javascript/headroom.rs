//! Free memory in the base image, all in one place.
//!
//! Evaluating the library leaves free places all over the heap, in the allocator's holes and in the interpreter's own
//! arenas. Whatever a load or a call allocates would land in them, each time on another page of the base, which would
//! then be the sandbox's own. So they are taken, for good, before the base image is made.

use super::{guest::Guest, shim::value};

/// Memory that the allocator holds free in the base, so that ordinary calls never grow the memory. Untouched, it
/// costs nothing.
const BYTES: i32 = 1 << 20;

/// Takes the allocator's free blocks that lie among the interpreter's own, for good, and leaves
/// [`BYTES`] free behind them.
///
/// Buffers of loads and calls would otherwise land in holes all over the heap, and each would put a page of the
/// base into the function's image and into every sandbox. So they land side by side.
pub(super) async fn make(guest: &mut Guest<'_>) -> wasmtime::Result<()> {
    const MAX_BLOCKS_PER_SIZE: usize = 50_000;
    /// Larger holes are as good as memory behind all others.
    const MIN_KEPT_BYTES: i32 = 64 << 10;
    // Whatever lies behind the memory of now lies behind all holes.
    let old_end = guest.memory_mut().len();
    let mut large = Vec::new();
    let end = loop {
        let block: i32 = guest.call("malloc", BYTES).await?;
        wasmtime::ensure!(block != 0, "the guest has no memory for its headroom");
        if block.cast_unsigned() as usize >= old_end {
            break block;
        }
        clear(guest, block, BYTES);
        large.push(block);
    };
    let halves = (0..6).map(|halved| (BYTES / 2) >> halved);
    let small = (16..BYTES >> 6).rev().step_by(16);
    for size in halves.chain(small) {
        for _ in 0..MAX_BLOCKS_PER_SIZE {
            let block: i32 = guest.call("malloc", size).await?;
            if block.cast_unsigned() > end.cast_unsigned() || block == 0 {
                guest.free(block).await?;
                break;
            }
            clear(guest, block, size);
            if size >= MIN_KEPT_BYTES {
                large.push(block);
            }
        }
    }
    fill_arenas(guest, end).await?;
    for block in large {
        guest.free(block).await?;
    }
    guest.free(end).await
}

/// Takes the free places of the interpreter's own allocator, which keeps small blocks of one size side by side in
/// arenas, likewise: strings and buffers of every size until one comes from a new arena, behind `end`.
async fn fill_arenas(guest: &mut Guest<'_>, end: i32) -> wasmtime::Result<()> {
    const MAX_BLOCK_BYTES: usize = 1024;
    const MAX_BLOCKS_PER_SIZE: usize = 50_000;
    /// A string's own bytes come on top of its text; below this, buffers do.
    const MIN_STRING_BYTES: usize = 32;
    let text = "-".repeat(MAX_BLOCK_BYTES);
    let place = guest.place(text.as_bytes()).await?;
    let scratch = guest.place(&[0; 4]).await?;
    for size in (2..MAX_BLOCK_BYTES).step_by(8) {
        let length = i32::try_from(size)?;
        for _ in 0..MAX_BLOCKS_PER_SIZE {
            let string: i64 = guest
                .call("JS_NewStringLen", (guest.context, place, length))
                .await?;
            if value::payload(string).cast_unsigned() > end.cast_unsigned() {
                break;
            }
        }
        if size > MIN_STRING_BYTES {
            continue;
        }
        for _ in 0..MAX_BLOCKS_PER_SIZE {
            let buffer: i64 = guest
                .call("JS_NewArrayBufferCopy", (guest.context, place, length))
                .await?;
            let bytes: i32 = guest
                .call("JS_GetArrayBuffer", (guest.context, scratch, buffer))
                .await?;
            if bytes.cast_unsigned() > end.cast_unsigned() {
                break;
            }
        }
    }
    guest.free(scratch).await?;
    guest.free(place).await
}

/// Zeroes a block, so that whole pages of it are in no image.
fn clear(guest: &mut Guest<'_>, block: i32, size: i32) {
    let start = block.cast_unsigned() as usize;
    let range = start..start + size.cast_unsigned() as usize;
    if let Some(block) = guest.memory_mut().get_mut(range) {
        block.fill(0);
    }
}
