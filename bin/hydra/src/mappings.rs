//! How many sandboxes the kernel's bound on mappings leaves room for.
//!
//! A sandbox that the kernel cannot map fails in the middle of an invocation; a bound that is known at the start
//! makes room instead, by dropping the oldest idle sandbox.
//!
//! Source: `vm.max_map_count`, Linux `Documentation/admin-guide/sysctl/vm.rst`.

use std::num::NonZeroUsize;

/// Mappings of a live sandbox: its base image, the runs of its function's image, grown memory, the guard.
const PER_SANDBOX: u64 = 4;

/// Mappings of everything else: libraries, heaps, stacks, compiled code.
const RESERVED: u64 = 4096;

/// Sandboxes that may live at once where nobody says.
const DEFAULT: usize = 20_000;

/// Sandboxes that may live at once: as many as were asked for, fewer where the kernel's bound is lower. Says so in
/// the log: a warning where somebody asked for more.
pub(crate) fn max_sandboxes(asked: Option<NonZeroUsize>) -> usize {
    let wanted = asked.map_or(DEFAULT, NonZeroUsize::get);
    let Ok(max_mappings) = hydra_sys::process::max_mappings() else {
        tracing::warn!(
            wanted,
            "cannot read vm.max_map_count, which bounds how many sandboxes can live"
        );
        return wanted;
    };
    let allowed = wanted.min(room(max_mappings));
    if allowed < wanted {
        let text = too_many(wanted, allowed, max_mappings);
        match asked {
            Some(_) => tracing::warn!("{text}"),
            None => tracing::info!("{text}"),
        }
    }
    allowed
}

fn too_many(wanted: usize, allowed: usize, max_mappings: u64) -> String {
    format!(
        "vm.max_map_count = {max_mappings} leaves room for {allowed} live sandboxes, not {wanted}; \
         raise it with: sysctl -w vm.max_map_count={}",
        needed(wanted)
    )
}

/// How many sandboxes fit; at least one.
fn room(max_mappings: u64) -> usize {
    let fitting = max_mappings.saturating_sub(RESERVED) / PER_SANDBOX;
    usize::try_from(fitting.max(1)).unwrap_or(usize::MAX)
}

/// What `vm.max_map_count` must be for so many.
fn needed(sandboxes: usize) -> u64 {
    (sandboxes as u64)
        .saturating_mul(PER_SANDBOX)
        .saturating_add(RESERVED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_for_so_many_sandboxes_leaves_room_for_them() {
        let check = |max_mappings: u64, expected: usize| {
            assert_eq!(room(max_mappings), expected, "{max_mappings}");
        };
        check(0, 1);
        check(65_530, 15_358);
        for sandboxes in [1, 20_000, 1_000_000] {
            check(needed(sandboxes), sandboxes);
        }
    }

    #[test]
    fn nobody_gets_more_sandboxes_than_were_asked_for() {
        let one = NonZeroUsize::MIN;
        assert_eq!(max_sandboxes(Some(one)), 1);
        let max_mappings = hydra_sys::process::max_mappings().unwrap();
        assert_eq!(max_sandboxes(Some(NonZeroUsize::MAX)), room(max_mappings));
        assert_eq!(max_sandboxes(None), room(max_mappings).min(DEFAULT));
    }
}
