//! A `hydra runtime` process on a free loopback port, ended when the demo is over however it ends.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{ChildStdout, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};

use crate::children::{Child, Terminal};

/// The first start compiles the guest.
const READY_LIMIT: Duration = Duration::from_secs(180);
/// How long the server may drain.
const STOP_LIMIT: Duration = Duration::from_secs(40);
/// What its address begins with.
const SCHEME: &str = "http://";
/// Lines of its log that an error shows.
const LAST_LINES: usize = 15;

/// The server.
pub(super) struct Server {
    child: Child,
    url: String,
    log: PathBuf,
}

impl Server {
    /// Starts `binary` with a fresh data folder under `folder`; returns once it says that it listens.
    pub(super) fn start(binary: &Path, guests: &Path, folder: &Path) -> Result<Self> {
        let data = folder.join("data");
        match fs::remove_dir_all(&data) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot empty {}", data.display()));
            }
            _ => {}
        }
        fs::create_dir_all(&data).with_context(|| format!("cannot make {}", data.display()))?;
        let mut command = Command::new(binary);
        command
            .args(["runtime", "--listen", "127.0.0.1:0", "--guests"])
            .arg(guests)
            .arg("--data")
            .arg(&data);
        Self::launch(command, folder.join("server.log"))
    }

    /// Starts `command`, which must say where it listens.
    fn launch(mut command: Command, log: PathBuf) -> Result<Self> {
        let log_file =
            fs::File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log_file);
        let mut child = Child::start(&mut command, Terminal::Apart)
            .with_context(|| format!("cannot run {}", command.get_program().to_string_lossy()))?;
        let stdout = child.process().stdout.take().context("no pipe")?;
        match ready(stdout) {
            Ok(url) => Ok(Self { child, url, log }),
            Err(error) => {
                child.end(STOP_LIMIT)?;
                Err(error.context(last_lines(&log)))
            }
        }
    }

    /// Where it listens.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The same without the scheme.
    pub(super) fn address(&self) -> &str {
        self.url.trim_start_matches(SCHEME)
    }

    /// Its process id.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Proportional set size of the process and its children.
    pub(super) fn pss_kib(&self) -> Result<u64> {
        tree_pss_kib(self.id())
    }

    /// Ends it the polite way and expects a clean exit.
    pub(super) fn stop(&mut self) -> Result<()> {
        match self.child.end(STOP_LIMIT)? {
            Some(status) if status.success() => Ok(()),
            Some(status) => bail!("the server ended with {status}; {}", last_lines(&self.log)),
            None => bail!(
                "the server did not stop within {} s and was killed",
                STOP_LIMIT.as_secs()
            ),
        }
    }

    /// The end of what it logged.
    pub(super) fn last_words(&self) -> String {
        last_lines(&self.log)
    }
}

/// Waits for the line that says where the server listens, then keeps its standard output flowing.
fn ready(stdout: ChildStdout) -> Result<String> {
    let (tell, told) = mpsc::channel();
    thread::Builder::new()
        .name("server output".to_owned())
        .spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if let Some(url) = listening(&line) {
                    // Nobody listens any more once the first line was taken.
                    let _ = tell.send(url.to_owned());
                }
            }
        })?;
    match told.recv_timeout(READY_LIMIT) {
        Ok(url) => Ok(url),
        Err(mpsc::RecvTimeoutError::Disconnected) => bail!("the server ended before it listened"),
        Err(mpsc::RecvTimeoutError::Timeout) => bail!(
            "the server did not listen within {} s",
            READY_LIMIT.as_secs()
        ),
    }
}

/// The address in `listening on http://127.0.0.1:8080 …`.
fn listening(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("listening on ")?;
    let url = rest.split_whitespace().next()?;
    url.starts_with(SCHEME).then_some(url)
}

fn tree_pss_kib(process: u32) -> Result<u64> {
    let path = format!("/proc/{process}/smaps_rollup");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let own = pss_kib(&text).with_context(|| format!("no Pss in {path}"))?;
    let mut total = own;
    for child in children(process) {
        // A child may be gone by now.
        total += tree_pss_kib(child).unwrap_or(0);
    }
    Ok(total)
}

fn pss_kib(rollup: &str) -> Option<u64> {
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

fn children(process: u32) -> Vec<u32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else {
        return Vec::new();
    };
    threads
        .filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("children")).ok())
        .flat_map(|text| {
            text.split_whitespace()
                .filter_map(|id| id.parse().ok())
                .collect::<Vec<u32>>()
        })
        .collect()
}

fn last_lines(log: &Path) -> String {
    let mut text = String::new();
    let read = fs::File::open(log).and_then(|mut file| file.read_to_string(&mut text));
    let lines: Vec<&str> = text.lines().collect();
    if read.is_err() || lines.is_empty() {
        return format!("the server logged nothing to {}", log.display());
    }
    format!(
        "the server's last words, from {}:\n{}",
        log.display(),
        lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_the_ready_line() {
        let check = |line, expected| assert_eq!(listening(line), expected, "{line}");
        check(
            "listening on http://127.0.0.1:8080",
            Some("http://127.0.0.1:8080"),
        );
        check(
            "listening on http://127.0.0.1:8080 after 12 ms",
            Some("http://127.0.0.1:8080"),
        );
        check("listening on unix:/run/hydra.sock", None);
        check("ready", None);
    }

    #[test]
    fn pss_is_read_and_not_its_parts() {
        let text = "55d-7ff ---p 0 00:00 0 [rollup]\nRss: 9000 kB\nPss_Dirty: 1 kB\nPss:                4321 kB\n";
        assert_eq!(pss_kib(text), Some(4321));
        assert_eq!(pss_kib("Rss: 9 kB\n"), None);
    }

    #[test]
    fn a_process_tree_counts_its_children() {
        let mut command = Command::new("sh");
        // Two processes: the shell waits for its own child.
        command
            .args(["-c", "sleep 60 & echo; wait"])
            .stdout(Stdio::piped());
        let mut shell = Child::start(&mut command, Terminal::Apart).unwrap();
        let mut line = String::new();
        BufReader::new(shell.process().stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let sleeping = children(shell.id());
        assert_eq!(sleeping.len(), 1);
        // Read first: what the shell shares with its child only ever becomes less.
        let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", shell.id())).unwrap();
        let alone = pss_kib(&rollup).unwrap();
        assert!(tree_pss_kib(shell.id()).unwrap() > alone);
        // The shell does not take its child along.
        let sleep = i32::try_from(sleeping[0]).unwrap();
        rustix::process::kill_process(
            rustix::process::Pid::from_raw(sleep).unwrap(),
            rustix::process::Signal::KILL,
        )
        .unwrap();
    }

    fn launch(script: &str) -> Result<Server> {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Server::launch(command, folder.path().join("log"))
    }

    #[test]
    fn a_server_is_ready_once_it_says_so_and_stops_when_asked() {
        let mut server = launch(
            "trap 'exit 0' TERM; echo warming up; echo listening on http://127.0.0.1:9; \
             while :; do sleep 0.01; done",
        )
        .unwrap();
        assert_eq!(server.url(), "http://127.0.0.1:9");
        assert_eq!(server.address(), "127.0.0.1:9");
        assert!(server.pss_kib().unwrap() > 0);
        server.stop().unwrap();
        assert!(server.pss_kib().is_err());
    }

    #[test]
    fn a_server_that_exits_badly_is_an_error() {
        let mut server = launch(
            "trap 'exit 3' TERM; echo listening on http://127.0.0.1:9; while :; do sleep 0.01; done",
        )
        .unwrap();
        let text = format!("{:#}", server.stop().unwrap_err());
        assert!(text.contains("exit status: 3"), "{text}");
    }

    #[test]
    fn a_server_that_ends_at_once_is_an_error_that_shows_its_last_words() {
        let text = format!("{:#}", launch("echo no port >&2; exit 1").err().unwrap());
        assert!(text.contains("ended before it listened"), "{text}");
        assert!(text.contains("no port"), "{text}");
    }
}
