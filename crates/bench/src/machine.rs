//! What a figure was measured on: the header of every report.
//!
//! Reads `/proc` and asks `git` for the commit where the command is there; anything unknown reads `unknown`.

use std::{
    env, fmt, fs,
    process::{Command, Stdio},
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

/// The machine, the build and the day of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Kernel release.
    pub kernel: String,
    /// CPU model.
    pub cpu: String,
    /// Cores this process may use.
    pub cores: usize,
    /// Memory of the machine, MiB.
    pub memory_mib: u64,
    /// Commit of the tree, with `-dirty` where it had changes.
    pub commit: String,
    /// Day and time, UTC.
    pub date: String,
    /// Hydra's version.
    pub hydra_version: String,
}

impl Machine {
    /// Of this process, now.
    #[must_use]
    pub fn here() -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        Self {
            kernel: known(read("/proc/sys/kernel/osrelease").trim()),
            cpu: known(proc_field(&read("/proc/cpuinfo"), "model name").unwrap_or_default()),
            cores: thread::available_parallelism().map_or(1, usize::from),
            memory_mib: memory_mib(&read("/proc/meminfo")),
            commit: commit(),
            date: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or_else(|_| known(""), |since| utc(since.as_secs())),
            hydra_version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kernel,
            cpu,
            cores,
            memory_mib,
            commit,
            date,
            hydra_version,
        } = self;
        writeln!(f, "{cpu}, {cores} cores, {memory_mib} MiB, Linux {kernel}")?;
        write!(f, "hydra {hydra_version}, commit {commit}, {date}")
    }
}

fn known(text: &str) -> String {
    if text.is_empty() {
        "unknown".to_owned()
    } else {
        text.to_owned()
    }
}

/// The value of `name` in a `name : value` file of `/proc`.
fn proc_field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .find_map(|(key, value)| (key.trim() == name).then(|| value.trim()))
}

fn memory_mib(meminfo: &str) -> u64 {
    let kib =
        proc_field(meminfo, "MemTotal").and_then(|value| value.strip_suffix(" kB")?.parse().ok());
    kib.unwrap_or(0_u64) >> 10
}

/// `HYDRA_COMMIT` where the caller knows better, else what git says of the current directory.
fn commit() -> String {
    if let Ok(commit) = env::var("HYDRA_COMMIT") {
        return known(commit.trim());
    }
    let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"]) else {
        return known("");
    };
    match git(&["status", "--porcelain", "--untracked-files=no"]) {
        Some(changes) if !changes.is_empty() => format!("{commit}-dirty"),
        _ => commit,
    }
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .args(arguments)
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// Seconds since 1970 as `2026-01-31T12:00:00Z`.
fn utc(seconds: u64) -> String {
    let (year, month, day) = civil_from_days(seconds / 86_400);
    let second = seconds % 86_400;
    let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}Z")
}

/// Howard Hinnant's `civil_from_days`, for days since 1970 that are not negative. Years begin in March there, so
/// that the leap day is the last of its year.
fn civil_from_days(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        let check = |seconds, expected: &str| assert_eq!(utc(seconds), expected);
        check(0, "1970-01-01T00:00:00Z");
        check(951_782_400, "2000-02-29T00:00:00Z");
        check(951_868_800, "2000-03-01T00:00:00Z");
        check(1_735_689_599, "2024-12-31T23:59:59Z");
        check(4_107_542_400, "2100-03-01T00:00:00Z");
    }

    #[test]
    fn proc_fields_are_found_by_their_whole_name() {
        let text = "model\t\t: 2\nmodel name\t: AMD EPYC\nMemTotal:       24000512 kB\n";
        assert_eq!(proc_field(text, "model name"), Some("AMD EPYC"));
        assert_eq!(proc_field(text, "name"), None);
        assert_eq!(memory_mib(text), 23_438);
    }

    #[test]
    fn the_machine_at_hand_has_a_kernel_and_cores() {
        let machine = Machine::here();
        assert_ne!(machine.kernel, "unknown");
        assert!(machine.cores > 0 && machine.memory_mib > 0);
    }
}
