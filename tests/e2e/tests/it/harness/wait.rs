//! Waiting for a condition, with an end.

use std::{
    thread,
    time::{Duration, Instant},
};

/// Looks until `holds`; fails the test after `patience`.
pub(crate) fn until(what: &str, patience: Duration, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + patience;
    while !holds() {
        assert!(Instant::now() < deadline, "not within {patience:?}: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}
