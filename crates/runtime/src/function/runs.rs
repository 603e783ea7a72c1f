//! The running jobs of a function: who waits for each, and until when.
//!
//! Clients wait here, under the function's lock, and not with the task that runs their job: so whoever finds that a
//! sandbox ignores its deadline can answer in its place. Entering and leaving touch one entry and allocate nothing
//! once there is room.
//!
//! Invariant: a key names its entry from [`Runs::begin`] to [`Runs::end`], answered or not.

use std::time::{Duration, Instant};

use crate::job::Client;

/// How long after its deadline a job counts as overdue: far more than a sandbox that keeps deadlines ever takes.
pub(crate) const OVERDUE_AFTER: Duration = Duration::from_secs(1);

/// Names a running job within its function.
#[derive(Debug)]
pub(crate) struct RunKey(usize);

#[derive(Debug, Default)]
pub(super) struct Runs {
    entries: Vec<Entry>,
    free: Vec<usize>,
}

#[derive(Debug)]
struct Entry {
    deadline: Instant,
    /// `None` once answered.
    client: Option<Client>,
}

impl Runs {
    pub(super) fn begin(&mut self, deadline: Instant, client: Client) -> RunKey {
        let entry = Entry {
            deadline,
            client: Some(client),
        };
        let Some(place) = self.free.pop() else {
            self.entries.push(entry);
            return RunKey(self.entries.len() - 1);
        };
        self.entries[place] = entry;
        RunKey(place)
    }

    /// The job's client, unless it has been answered.
    pub(super) fn end(&mut self, key: RunKey) -> Option<Client> {
        self.free.push(key.0);
        self.entries[key.0].client.take()
    }

    /// Takes the clients of jobs that are overdue. Costs a walk over all entries.
    pub(super) fn take_overdue(&mut self, now: Instant) -> Vec<Client> {
        self.entries
            .iter_mut()
            .filter(|entry| entry.deadline + OVERDUE_AFTER <= now)
            .filter_map(|entry| entry.client.take())
            .collect()
    }

    /// The first deadline among jobs whose client waits. Costs a walk over all entries.
    pub(super) fn first_deadline(&self) -> Option<Instant> {
        let waited_for = self.entries.iter().filter(|entry| entry.client.is_some());
        waited_for.map(|entry| entry.deadline).min()
    }

    /// Gives back what a burst needed, where nothing runs.
    pub(super) fn shrink(&mut self) {
        if self.free.len() == self.entries.len() {
            *self = Self::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use hydra_sandbox::Payload;
    use hydra_types::RequestId;

    use super::*;
    use crate::{admission::Admission, job::Job};

    fn client(id: u128) -> Client {
        let permit = Admission::new(100).enter().unwrap();
        let now = Instant::now();
        let event = Payload::Raw(Bytes::new());
        let id = RequestId::from_random_bits(id);
        Job::new(id, event, now, now, permit).0.client
    }

    #[test]
    fn overdue_clients_are_taken_once_and_their_keys_stay_valid() {
        let mut runs = Runs::default();
        let start = Instant::now();
        let early = runs.begin(start, client(1));
        let late = runs.begin(start + OVERDUE_AFTER, client(2));
        assert!(runs.take_overdue(start).is_empty());
        assert_eq!(runs.first_deadline(), Some(start));
        assert_eq!(runs.take_overdue(start + OVERDUE_AFTER).len(), 1);
        assert!(runs.take_overdue(start + OVERDUE_AFTER).is_empty());
        assert_eq!(runs.first_deadline(), Some(start + OVERDUE_AFTER));
        // The place of an overdue job is not given to another until it has really ended.
        let third = runs.begin(start, client(3));
        assert!(runs.end(early).is_none());
        assert!(runs.end(late).is_some());
        assert!(runs.end(third).is_some());
        assert_eq!(runs.first_deadline(), None);
    }

    #[test]
    fn places_are_used_again() {
        let mut runs = Runs::default();
        for id in 0..1000 {
            let key = runs.begin(Instant::now(), client(id));
            assert!(runs.end(key).is_some());
        }
        assert_eq!(runs.entries.len(), 1);
        runs.shrink();
        assert_eq!(runs.entries.capacity(), 0);
    }
}
