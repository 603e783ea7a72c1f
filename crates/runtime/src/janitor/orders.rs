//! The orders in which functions come up: each holds a function at most once, by when it is due.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    sync::Weak,
    time::{Duration, Instant},
};

use crate::function::{Function, Listing, OVERDUE_AFTER, REST_AFTER};

/// A function, ordered by how long it has been in the state that its order is about.
pub(super) struct Entry {
    pub(super) since: Instant,
    pub(super) function: Weak<Function>,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.since == other.since
    }
}
impl Eq for Entry {}
impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.since.cmp(&other.since)
    }
}

/// What has an order of its own.
const LISTINGS: [Listing; 4] = [
    Listing::Idle,
    Listing::Awake,
    Listing::Quiet,
    Listing::Running,
];

pub(super) struct Orders {
    /// By position in [`LISTINGS`].
    heaps: [BinaryHeap<Reverse<Entry>>; LISTINGS.len()],
    keep_alive: Duration,
}

impl Orders {
    pub(super) fn new(keep_alive: Duration) -> Self {
        Self {
            heaps: Default::default(),
            keep_alive,
        }
    }

    const fn span(&self, listing: Listing) -> Duration {
        match listing {
            Listing::Idle | Listing::Quiet => self.keep_alive,
            Listing::Awake => REST_AFTER,
            Listing::Running => OVERDUE_AFTER,
        }
    }

    /// Enters a function. Returns whether it is now the first of all to fall due.
    pub(super) fn push(&mut self, listing: Listing, entry: Entry) -> bool {
        let due = entry.since + self.span(listing);
        let is_first = self.next_due().is_none_or(|next| due < next);
        self.heaps[listing as usize].push(Reverse(entry));
        is_first
    }

    /// When the first entry of any order falls due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        let firsts = LISTINGS.into_iter().filter_map(|listing| {
            let first = self.heaps[listing as usize].peek()?;
            Some(first.0.since + self.span(listing))
        });
        firsts.min()
    }

    /// Takes an entry that is due.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<(Listing, Entry)> {
        LISTINGS.into_iter().find_map(|listing| {
            let span = self.span(listing);
            let heap = &mut self.heaps[listing as usize];
            let is_due = heap.peek().is_some_and(|entry| entry.0.since + span <= now);
            let entry = is_due.then(|| heap.pop()).flatten()?;
            Some((listing, entry.0))
        })
    }

    /// Takes the function with the oldest idle sandbox, due or not.
    pub(super) fn take_oldest_idle(&mut self) -> Option<Entry> {
        let entry = self.heaps[Listing::Idle as usize].pop()?;
        Some(entry.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(since: Instant) -> Entry {
        Entry {
            since,
            function: Weak::new(),
        }
    }

    #[test]
    fn listings_are_positions_in_the_table() {
        for (at, listing) in LISTINGS.into_iter().enumerate() {
            assert_eq!(listing as usize, at);
        }
    }

    #[test]
    fn each_order_has_its_own_span() {
        let keep_alive = Duration::from_secs(10);
        let mut orders = Orders::new(keep_alive);
        let start = Instant::now();
        assert!(orders.push(Listing::Idle, entry(start)), "the only one");
        assert!(orders.push(Listing::Running, entry(start)), "earlier");
        assert!(!orders.push(Listing::Quiet, entry(start)), "no earlier");
        assert_eq!(orders.next_due(), Some(start + OVERDUE_AFTER));
        assert!(orders.take_due(start).is_none());
        let mut due = |at| orders.take_due(at).map(|(listing, _)| listing);
        assert_eq!(due(start + OVERDUE_AFTER), Some(Listing::Running));
        assert_eq!(due(start + OVERDUE_AFTER), None);
        assert_eq!(due(start + keep_alive), Some(Listing::Idle));
        assert_eq!(due(start + keep_alive), Some(Listing::Quiet));
    }
}
