//! Runs of a comparison: medians, ratios, the table and the file.
//!
//! Ratios are the headline, since machines differ: requests per second of Hydra over the better workerd arm's,
//! and memory of the leaner workerd arm over Hydra's. Both read "Hydra is that many times better".

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::HttpOptions;

/// One server under load once.
pub(super) struct Run {
    pub(super) arm: &'static str,
    pub(super) round: u32,
    /// From start until every function had answered once.
    pub(super) ready_seconds: f64,
    /// The load generator's report.
    pub(super) load: Value,
}

/// All runs with one number of functions.
pub(super) struct Runs {
    functions: u32,
    settings: Value,
    runs: Vec<Run>,
}

/// Medians over an arm's rounds.
struct Medians {
    arm: &'static str,
    requests_per_second: f64,
    p50_us: f64,
    p99_us: f64,
    pss_mib: f64,
    ready_seconds: f64,
}

/// How many times better Hydra is.
struct Ratios {
    requests_per_second: f64,
    pss: f64,
}

impl Runs {
    pub(super) fn new(functions: u32, workerd: &str, options: &HttpOptions) -> Self {
        let settings = json!({
            "functions": functions,
            "workerd_version": workerd,
            "connections": options.connections,
            "seconds": options.seconds,
            "warm_up_seconds": options.warm_up_seconds,
            "rounds": options.rounds,
        });
        Self {
            functions,
            settings,
            runs: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, run: Run) {
        self.runs.push(run);
    }

    /// Writes everything to `<folder>/<date>/http-<functions>-<time>.json`.
    pub(super) fn save(&self, folder: &Path) -> Result<PathBuf> {
        let last = self.runs.last().context("nothing was run")?;
        let date = last.load["machine"]["date"]
            .as_str()
            .context("the load report has no date")?;
        let (day, time) = date
            .split_once('T')
            .context("the load report's date has no time")?;
        let time: String = time.chars().filter(char::is_ascii_digit).collect();
        let folder = folder.join(day);
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let file = folder.join(format!("http-{}-{time}.json", self.functions));
        let text = serde_json::to_string_pretty(&self.json())?;
        fs::write(&file, text + "\n")
            .with_context(|| format!("cannot write {}", file.display()))?;
        Ok(file)
    }

    fn json(&self) -> Value {
        let run = |run: &Run| {
            json!({
                "arm": run.arm,
                "round": run.round,
                "ready_seconds": run.ready_seconds,
                "load": run.load,
            })
        };
        let median = |median: &Medians| {
            json!({
                "arm": median.arm,
                "requests_per_second": median.requests_per_second,
                "p50_us": median.p50_us,
                "p99_us": median.p99_us,
                "pss_mib": median.pss_mib,
                "ready_seconds": median.ready_seconds,
            })
        };
        let medians = self.medians();
        let ratios = ratios(&medians).map(
            |ratios| json!({"requests_per_second": ratios.requests_per_second, "pss": ratios.pss}),
        );
        json!({
            "settings": self.settings,
            "machine": self.runs.last().map(|run| &run.load["machine"]),
            "ratios": ratios,
            "medians": medians.iter().map(median).collect::<Vec<_>>(),
            "runs": self.runs.iter().map(run).collect::<Vec<_>>(),
        })
    }

    /// In the order in which arms first ran.
    fn medians(&self) -> Vec<Medians> {
        let mut arms: Vec<&'static str> = Vec::new();
        for run in &self.runs {
            if !arms.contains(&run.arm) {
                arms.push(run.arm);
            }
        }
        arms.into_iter().map(|arm| self.medians_of(arm)).collect()
    }

    fn medians_of(&self, arm: &'static str) -> Medians {
        let runs: Vec<&Run> = self.runs.iter().filter(|run| run.arm == arm).collect();
        let of =
            |figure: &dyn Fn(&Run) -> f64| median(runs.iter().map(|run| figure(run)).collect());
        let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
        Medians {
            arm,
            requests_per_second: of(&|run| number(&run.load["requests_per_second"])),
            p50_us: of(&|run| number(&run.load["p50_us"])),
            p99_us: of(&|run| number(&run.load["p99_us"])),
            pss_mib: of(&|run| number(&run.load["server_pss"]["total_kib"]) / 1024.0),
            ready_seconds: of(&|run| run.ready_seconds),
        }
    }
}

fn ratios(medians: &[Medians]) -> Option<Ratios> {
    let (hydra, others): (Vec<_>, Vec<_>) =
        medians.iter().partition(|median| median.arm == "hydra");
    let hydra = hydra.first()?;
    let fastest = others
        .iter()
        .map(|other| other.requests_per_second)
        .reduce(f64::max)?;
    let leanest = others.iter().map(|other| other.pss_mib).reduce(f64::min)?;
    Some(Ratios {
        requests_per_second: hydra.requests_per_second / fastest,
        pss: leanest / hydra.pss_mib,
    })
}

/// The middle value, or the mean of the two in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match (
        values.get(values.len().saturating_sub(1) / 2),
        values.get(values.len() / 2),
    ) {
        (Some(low), Some(high)) => f64::midpoint(*low, *high),
        _ => f64::NAN,
    }
}

impl fmt::Display for Runs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let machine = self
            .runs
            .last()
            .map(|run| &run.load["machine"])
            .unwrap_or(&Value::Null);
        let word = |name: &str| machine[name].as_str().unwrap_or("unknown");
        writeln!(
            f,
            "{} function(s), {} connections, medians of {} rounds; {}, {} cores, Linux {}, commit {}, workerd {}",
            self.functions,
            self.settings["connections"],
            self.settings["rounds"],
            word("cpu"),
            machine["cores"],
            word("kernel"),
            word("commit"),
            self.settings["workerd_version"]
                .as_str()
                .unwrap_or("unknown"),
        )?;
        writeln!(
            f,
            "  {:<16}{:>12}{:>10}{:>10}{:>12}{:>10}",
            "server", "requests/s", "p50 µs", "p99 µs", "PSS MiB", "ready s"
        )?;
        let medians = self.medians();
        for median in &medians {
            writeln!(
                f,
                "  {:<16}{:>12.0}{:>10.0}{:>10.0}{:>12.1}{:>10.2}",
                median.arm,
                median.requests_per_second,
                median.p50_us,
                median.p99_us,
                median.pss_mib,
                median.ready_seconds
            )?;
        }
        match ratios(&medians) {
            Some(ratios) => write!(
                f,
                "  hydra over the better workerd: {:.2} times the requests/s, 1/{:.2} of the memory",
                ratios.requests_per_second, ratios.pss
            ),
            None => write!(f, "  no ratio: only one of the two was run"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(figures: &[(&'static str, f64, u64)]) -> Runs {
        let run = |&(arm, requests_per_second, pss_kib): &(&'static str, f64, u64)| Run {
            arm,
            round: 1,
            ready_seconds: 1.0,
            load: json!({
                "requests_per_second": requests_per_second,
                "p50_us": 1.0,
                "p99_us": 2.0,
                "server_pss": {"total_kib": pss_kib},
                "machine": {"date": "2026-01-31T01:02:03Z", "cpu": "X"},
            }),
        };
        let settings = json!({"connections": 8, "rounds": 1, "workerd_version": "1"});
        Runs {
            functions: 5,
            settings,
            runs: figures.iter().map(run).collect(),
        }
    }

    #[test]
    fn medians_are_the_middle() {
        let check = |values: &[f64], expected: f64| assert_eq!(median(values.to_vec()), expected);
        check(&[3.0], 3.0);
        check(&[9.0, 1.0, 2.0], 2.0);
        check(&[4.0, 1.0, 2.0, 9.0], 3.0);
        assert!(median(Vec::new()).is_nan());
    }

    #[test]
    fn ratios_take_the_better_workerd_in_each_figure() {
        let runs = runs(&[
            ("hydra", 3000.0, 1024),
            ("workerd", 2000.0, 8192),
            ("workerd-router", 1000.0, 4096),
        ]);
        let ratios = ratios(&runs.medians()).unwrap();
        assert_eq!((ratios.requests_per_second, ratios.pss), (1.5, 4.0));
    }

    #[test]
    fn without_hydra_there_is_no_ratio() {
        assert!(ratios(&runs(&[("workerd", 2000.0, 8192)]).medians()).is_none());
    }

    #[test]
    fn the_raw_runs_are_saved_under_their_day() {
        let folder = tempfile::tempdir().unwrap();
        let file = runs(&[("hydra", 1.0, 1), ("workerd", 2.0, 2), ("hydra", 3.0, 3)])
            .save(folder.path())
            .unwrap();
        assert_eq!(file, folder.path().join("2026-01-31/http-5-010203.json"));
        let saved: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        assert_eq!(saved["runs"].as_array().unwrap().len(), 3);
        assert_eq!(saved["medians"][0]["requests_per_second"], 2.0);
    }
}
