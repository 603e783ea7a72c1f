//! The order in which ready tasks run: two lanes, pure.
//!
//! - *fresh*: new, or woken by a timer or by I/O;
//! - *yielded*: was computing when its tick ended, and wants to go on.
//!
//! Fresh goes first, so that a short task does not wait behind those that compute. A thread that has run fresh tasks
//! for [`FRESH_SPAN`] while a yielded one waited runs one yielded task next. A yielded task computes for a tick,
//! which is as long: under a flood of short tasks each kind gets about half of each core.
//!
//! The lanes are shared by all threads; the time each thread has given to fresh tasks is its own ([`Share`]).

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// How long a thread may run fresh tasks before a yielded one gets its turn: a guest's tick.
pub(crate) const FRESH_SPAN: Duration = Duration::from_millis(1);

/// Which lane a task waits in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    Fresh,
    Yielded,
}

#[derive(Debug)]
pub(crate) struct Lanes<T> {
    fresh: VecDeque<T>,
    yielded: VecDeque<T>,
}

/// Since when one thread has taken fresh tasks past waiting yielded ones; `None` while it has not.
#[derive(Debug, Default)]
pub(crate) struct Share {
    fresh_since: Option<Instant>,
}

impl<T> Lanes<T> {
    pub(crate) const fn new() -> Self {
        Self {
            fresh: VecDeque::new(),
            yielded: VecDeque::new(),
        }
    }

    pub(crate) fn push(&mut self, lane: Lane, task: T) {
        match lane {
            Lane::Fresh => self.fresh.push_back(task),
            Lane::Yielded => self.yielded.push_back(task),
        }
    }

    /// Takes the next task for the thread whose share of time is `share`. Asks `now` only while both kinds wait.
    pub(crate) fn pop(&mut self, share: &mut Share, now: impl FnOnce() -> Instant) -> Option<T> {
        if self.yielded.is_empty() {
            share.fresh_since = None;
            return self.fresh.pop_front();
        }
        if !self.fresh.is_empty() {
            let now = now();
            let since = *share.fresh_since.get_or_insert(now);
            if now.saturating_duration_since(since) < FRESH_SPAN {
                return self.fresh.pop_front();
            }
        }
        share.fresh_since = None;
        self.yielded.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs `script` (`f` and `y` push, `.` pops, `+` lets 0.4 ms pass) and compares what came out; tasks are named
    /// by their position.
    fn check(script: &str, expected: &[usize]) {
        let mut lanes = Lanes::new();
        let mut share = Share::default();
        let mut now = Instant::now();
        let mut popped = Vec::new();
        for (at, step) in script.chars().enumerate() {
            match step {
                'f' => lanes.push(Lane::Fresh, at),
                'y' => lanes.push(Lane::Yielded, at),
                '+' => now += Duration::from_micros(400),
                _ => popped.extend(lanes.pop(&mut share, || now)),
            }
        }
        assert_eq!(popped, expected, "{script}");
    }

    #[test]
    fn fresh_tasks_go_first_and_each_lane_is_in_order() {
        check("..", &[]);
        check("yyff....", &[2, 3, 0, 1]);
        check("y.f.", &[0, 2]);
    }

    #[test]
    fn any_number_of_fresh_tasks_passes_within_the_span() {
        check(
            "yffffffffffff++.............",
            &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0],
        );
    }

    #[test]
    fn a_yielded_task_runs_after_a_span_of_fresh_ones_and_then_fresh_ones_have_a_span_again() {
        check("yyffffffff.+.+.+.+.+.+.+.+.", &[2, 3, 4, 0, 5, 6, 7, 1, 8]);
    }

    #[test]
    fn time_that_passes_while_no_yielded_task_waits_does_not_count() {
        check("fffff.+.+.+y..", &[0, 1, 2, 3, 4]);
    }

    #[test]
    fn threads_count_their_own_time() {
        let (mut one, mut other) = (Share::default(), Share::default());
        let mut lanes = Lanes::new();
        for (lane, task) in [
            (Lane::Yielded, "y"),
            (Lane::Fresh, "a"),
            (Lane::Fresh, "b"),
            (Lane::Fresh, "c"),
        ] {
            lanes.push(lane, task);
        }
        let start = Instant::now();
        assert_eq!(lanes.pop(&mut one, || start), Some("a"));
        let later = start + FRESH_SPAN;
        assert_eq!(lanes.pop(&mut other, || later), Some("b"));
        assert_eq!(lanes.pop(&mut one, || later), Some("y"));
    }
}
