//! Runs tests side by side, counts, prints a table, and says whether the list of known failures still holds.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use anyhow::{Result, bail};

use super::list::{List, Outcome};

/// Tests at a time, for each core.
const PER_CORE: usize = 1;
/// Surprises shown; the rest are counted.
const SURPRISES_SHOWN: usize = 200;
/// Told while the run goes on, so that nobody takes it for dead.
const TELL_EVERY: usize = 5_000;

/// Does `work` for each item, several at a time; results are in the order of the items.
pub(crate) fn in_parallel<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::with_capacity(items.len()));
    thread::scope(|scope| -> Result<()> {
        let worker = || -> Result<()> {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(item) = items.get(at) else {
                    return Ok(());
                };
                if at > 0 && at.is_multiple_of(TELL_EVERY) {
                    eprintln!("  {at} of {}", items.len());
                }
                let result =
                    work(item).inspect_err(|_| next.store(items.len(), Ordering::Relaxed))?;
                results
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push((at, result));
            }
        };
        let workers: Vec<_> = (0..cores * PER_CORE).map(|_| scope.spawn(worker)).collect();
        for worker in workers {
            match worker.join() {
                Ok(done) => done?,
                Err(_) => bail!("a thread of the runner panicked"),
            }
        }
        Ok(())
    })?;
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(at, _)| *at);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

/// Figures by area.
pub(crate) struct Report {
    areas: BTreeMap<String, Figures>,
    begun: Instant,
}

#[derive(Clone, Copy, Default)]
struct Figures {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Default for Report {
    fn default() -> Self {
        Self {
            areas: BTreeMap::new(),
            begun: Instant::now(),
        }
    }
}

impl Report {
    /// Counts what was not run.
    pub(crate) fn skip(&mut self, area: String, count: usize) {
        self.areas.entry(area).or_default().skipped += count;
    }

    /// Counts what was run.
    pub(crate) fn add(&mut self, area: String, outcome: &Outcome) {
        let figures = self.areas.entry(area).or_default();
        let failed = outcome.failed();
        figures.failed += failed;
        figures.passed += outcome.parts.len() - failed;
    }

    /// Prints the table; then compares with the list, or rewrites it at `update`.
    pub(crate) fn conclude(
        &self,
        list: &mut List,
        outcomes: &[Outcome],
        update: Option<&Path>,
    ) -> Result<()> {
        println!("{}", self.table());
        eprintln!(
            "  counted after {:.1} s",
            self.begun.elapsed().as_secs_f64()
        );
        if let Some(path) = update {
            for outcome in outcomes {
                list.learn(outcome);
            }
            list.write(path)?;
            println!("{} has {} known failures now.", path.display(), list.len());
            return Ok(());
        }
        let surprises: Vec<String> = outcomes
            .iter()
            .flat_map(|outcome| list.surprises(outcome))
            .collect();
        if surprises.is_empty() {
            println!("As listed.");
            return Ok(());
        }
        for surprise in surprises.iter().take(SURPRISES_SHOWN) {
            println!("{}", surprise.replace(char::is_control, "\u{fffd}"));
        }
        bail!(
            "{} results differ from the list; if they are right, run again with --update",
            surprises.len()
        )
    }

    fn table(&self) -> String {
        let mut total = Figures::default();
        for figures in self.areas.values() {
            total.passed += figures.passed;
            total.failed += figures.failed;
            total.skipped += figures.skipped;
        }
        let width = self.areas.keys().map(String::len).max().unwrap_or(0).max(5);
        let row = |name: &str, figures: &Figures| {
            format!(
                "| {name:<width$} | {:>6} | {:>6} | {:>7} |",
                figures.passed, figures.failed, figures.skipped
            )
        };
        let mut lines = vec![
            format!("| {:<width$} | passed | failed | skipped |", "area"),
            format!("|{}|-------:|-------:|--------:|", "-".repeat(width + 2)),
        ];
        lines.extend(self.areas.iter().map(|(name, figures)| row(name, figures)));
        lines.push(row("total", &total));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_and_an_error_ends_the_work() {
        let items: Vec<usize> = (0..100).collect();
        let doubled = in_parallel(&items, |item| Ok(item * 2)).unwrap();
        assert_eq!(
            doubled,
            items.iter().map(|item| item * 2).collect::<Vec<_>>()
        );
        let failed = in_parallel(&items, |item| {
            anyhow::ensure!(*item != 7, "seven");
            Ok(())
        });
        assert_eq!(failed.unwrap_err().to_string(), "seven");
    }

    #[test]
    fn the_table_has_a_row_for_each_area_and_a_total() {
        let mut report = Report::default();
        let part = |wrong: Option<&str>| ("p".to_owned(), wrong.map(str::to_owned));
        let outcome = Outcome {
            name: "a".to_owned(),
            parts: vec![part(None), part(None), part(Some("x"))],
        };
        report.add("url".to_owned(), &outcome);
        report.skip("streams".to_owned(), 4);
        let table = report.table();
        assert!(
            table.contains("| url     |      2 |      1 |       0 |"),
            "{table}"
        );
        assert!(
            table.contains("| total   |      2 |      1 |       4 |"),
            "{table}"
        );
    }
}
