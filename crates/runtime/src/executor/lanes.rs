//! The order in which ready tasks run: two lanes, pure.
//!
//! - *fresh*: new, or woken by a timer or by I/O;
//! - *yielded*: was computing when its tick ended, and wants to go on.
//!
//! Fresh goes first, so that a short task does not wait behind those that compute. After [`FRESH_IN_A_ROW`] fresh
//! tasks one yielded task runs, so that a flood of short ones does not stop those that compute.

use std::collections::VecDeque;

/// Fresh tasks that may pass a yielded one before it gets its turn.
pub(crate) const FRESH_IN_A_ROW: u32 = 8;

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
    /// Fresh tasks taken since a yielded one was, or since none waited.
    passed: u32,
}

impl<T> Lanes<T> {
    pub(crate) const fn new() -> Self {
        Self {
            fresh: VecDeque::new(),
            yielded: VecDeque::new(),
            passed: 0,
        }
    }

    pub(crate) fn push(&mut self, lane: Lane, task: T) {
        match lane {
            Lane::Fresh => self.fresh.push_back(task),
            Lane::Yielded => self.yielded.push_back(task),
        }
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        if self.yielded.is_empty() {
            self.passed = 0;
            return self.fresh.pop_front();
        }
        if self.passed < FRESH_IN_A_ROW
            && let Some(task) = self.fresh.pop_front()
        {
            self.passed += 1;
            return Some(task);
        }
        self.passed = 0;
        self.yielded.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs `script` (`f` and `y` push, `.` pops) and compares what came out; tasks are named by their position.
    fn check(script: &str, expected: &[usize]) {
        let mut lanes = Lanes::new();
        let mut popped = Vec::new();
        for (at, step) in script.chars().enumerate() {
            match step {
                'f' => lanes.push(Lane::Fresh, at),
                'y' => lanes.push(Lane::Yielded, at),
                _ => popped.extend(lanes.pop()),
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
    fn a_yielded_task_runs_after_eight_fresh_ones() {
        check(
            "yfffffffffffffff..........",
            &[1, 2, 3, 4, 5, 6, 7, 8, 0, 9],
        );
    }
}
