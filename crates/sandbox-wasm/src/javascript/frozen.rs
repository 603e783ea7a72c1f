//! Taking objects out of the cycle collector's sight.
//!
//! A collection writes to every object that it knows: with the library in the base image, that would make most of the
//! base private to each sandbox that ever collects. Objects that an image holds will live as long as its sandboxes;
//! so, before an image is made, they all leave the collector's list. They keep their reference counts, and what they
//! refer to stays alive by them. What a sandbox makes later is collected as ever.
//!
//! It also shortens the path of a call: a new object is linked behind the youngest one, which otherwise lies on a page
//! of the base.
//!
//! Source: `gc_obj_list` of `JSRuntime` in quickjs-ng: a doubly linked ring through each object's header. The list is
//! found by its shape, since its place in the structure differs between builds.

/// Bytes of `JSRuntime` in which the head of the list is looked for.
const RUNTIME_BYTES: usize = 4096;

/// Where links lie behind the start of an object: a reference count and flags come first.
const LINK_BYTES: usize = 8;

/// More objects than any other list of the runtime has entries.
const MIN_OBJECTS: usize = 1_000;

/// The ring's places, its head first.
fn ring(memory: &[u8], head: u32) -> Option<Vec<u32>> {
    let word = |at: u32| {
        let bytes = memory.get(at as usize..at as usize + 4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    };
    let mut places = vec![head];
    let mut at = head;
    loop {
        let next = word(at)?;
        if !next.is_multiple_of(4) || word(next.checked_add(4)?)? != at {
            return None;
        }
        if next == head {
            return Some(places);
        }
        if places.len() > memory.len() / (LINK_BYTES * 2) {
            return None;
        }
        places.push(next);
        at = next;
    }
}

/// Where the list of collectable objects begins, in the runtime at `runtime`.
pub(super) fn find(memory: &[u8], runtime: u32) -> Option<u32> {
    let start = runtime as usize;
    let heads = (start..start + RUNTIME_BYTES).step_by(4);
    heads
        .filter_map(|head| u32::try_from(head).ok())
        .filter_map(|head| ring(memory, head))
        // Every place in a ring looks like its head; the first in the runtime itself is.
        .find(|places| places.len() > MIN_OBJECTS)
        .and_then(|places| places.first().copied())
}

/// Empties the list that begins at `head`: each object becomes a ring of its own. Returns how many left.
pub(super) fn freeze(memory: &mut [u8], head: u32) -> Option<usize> {
    let places = ring(memory, head)?;
    for &place in &places {
        let at = place as usize;
        let link = memory.get_mut(at..at + 8)?;
        link[..4].copy_from_slice(&place.to_le_bytes());
        link[4..].copy_from_slice(&place.to_le_bytes());
    }
    Some(places.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A memory with a ring of `count` objects whose head is at 64.
    fn memory(count: u32) -> Vec<u8> {
        let mut memory = vec![0; 1 << 20];
        let place = |index: u32| if index == 0 { 64 } else { 8192 + index * 32 };
        for index in 0..=count {
            let next = place((index + 1) % (count + 1));
            let at = place(index) as usize;
            memory[at..at + 4].copy_from_slice(&next.to_le_bytes());
            let next = next as usize;
            memory[next + 4..next + 8].copy_from_slice(&place(index).to_le_bytes());
        }
        memory
    }

    #[test]
    fn the_long_ring_is_found_and_emptied_once() {
        let mut memory = memory(2_000);
        assert_eq!(find(&memory, 0), Some(64));
        assert_eq!(freeze(&mut memory, 64), Some(2_000));
        assert_eq!(find(&memory, 0), None);
        assert_eq!(freeze(&mut memory, 64), Some(0));
    }

    #[test]
    fn a_short_ring_is_not_taken_for_it() {
        assert_eq!(find(&memory(10), 0), None);
    }

    #[test]
    fn a_broken_ring_is_refused() {
        let mut memory = memory(2_000);
        memory[9_000..9_200].fill(0xff);
        assert_eq!(freeze(&mut memory, 64), None);
    }
}
