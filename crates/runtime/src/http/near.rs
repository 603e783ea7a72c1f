//! Finds the registered name that somebody may have meant.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use hydra_types::FunctionName;

use super::watch::Millis;
use crate::Instance;

/// Typing errors up to this many are understood.
const MAX_DISTANCE: usize = 2;
/// The least time between two searches. A search looks at every name, so a flood of wrong ones must not pay for it.
const PAUSE_MS: u64 = 100;

/// When the next search may be made.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    next_ms: AtomicU64,
}

/// What to do about a name that is not registered.
pub(super) fn hint(instance: &Instance, throttle: &Throttle, name: &FunctionName) -> String {
    let how = format!("register it with PUT /v1/functions/{name}?runtime=…");
    match throttle.pass().then(|| nearest(instance, name)).flatten() {
        Some(near) => format!("did you mean {:?}? or {how}", near.as_str()),
        None => how,
    }
}

impl Throttle {
    fn pass(&self) -> bool {
        let now_ms = Millis::now().value();
        let next_ms = self.next_ms.load(Relaxed);
        now_ms >= next_ms
            && self
                .next_ms
                .compare_exchange(next_ms, now_ms + PAUSE_MS, Relaxed, Relaxed)
                .is_ok()
    }
}

fn nearest(instance: &Instance, name: &FunctionName) -> Option<FunctionName> {
    instance
        .list()
        .into_iter()
        .map(|function| {
            (
                distance(function.name.as_str(), name.as_str()),
                function.name,
            )
        })
        .filter(|(distance, _)| *distance <= MAX_DISTANCE)
        .min()
        .map(|(_, name)| name)
}

/// Levenshtein's distance, letter case ignored; anything above [`MAX_DISTANCE`] may be reported as one more.
fn distance(a: &str, b: &str) -> usize {
    if a.len().abs_diff(b.len()) > MAX_DISTANCE {
        return MAX_DISTANCE + 1;
    }
    let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, byte) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in b.bytes().enumerate() {
            let substituted = diagonal + usize::from(byte != other);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_typing_errors() {
        let check =
            |a: &str, b: &str, expected: usize| assert_eq!(distance(a, b), expected, "{a} {b}");
        check("hello", "hello", 0);
        check("Hello", "hello", 0);
        check("helo", "hello", 1);
        check("hlelo", "hello", 2);
        check("a", "b", 1);
        check("short", "much-longer", MAX_DISTANCE + 1);
    }

    #[test]
    fn searches_are_throttled() {
        let throttle = Throttle::default();
        assert!(throttle.pass());
        assert!(!throttle.pass());
    }
}
