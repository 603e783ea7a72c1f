//! A running server: started, watched, signalled, and killed by its id when the test is over.

use std::{
    fs::{self, File},
    path::PathBuf,
    process::{Child, ExitStatus},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use super::{address::Address, client::Client, process::Process, site::Site, wait};

/// Compiling the guest anew is the longest that a start may take.
const START: Duration = Duration::from_secs(60);

/// One `hydra runtime`.
pub(crate) struct Server {
    child: Child,
    addresses: Vec<Address>,
    output: PathBuf,
    log: PathBuf,
}

impl Server {
    pub(crate) fn start(site: &Site, flags: &[&str]) -> Self {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let output = site.path().join(format!("{number}.out"));
        let log = site.path().join(format!("{number}.log"));
        let child = site
            .command()
            .arg("runtime")
            .args(["--log", "info,function=off"])
            .args(flags)
            .stdout(File::create(&output).unwrap())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut server = Self {
            child,
            addresses: Vec::new(),
            output,
            log,
        };
        wait::until("the server is ready", START, || server.is_ready());
        server.addresses = server
            .output()
            .lines()
            .filter_map(|line| Address::parse(line.strip_prefix("listening on ")?))
            .collect();
        server
    }

    fn is_ready(&mut self) -> bool {
        if let Some(status) = self.child.try_wait().unwrap() {
            panic!("the server ended: {status}");
        }
        self.output()
            .lines()
            .any(|line| line.starts_with("ready in "))
    }

    /// What it printed.
    pub(crate) fn output(&self) -> String {
        fs::read_to_string(&self.output).unwrap()
    }

    /// What it logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// Fails the test where the log has a warning or an error.
    pub(crate) fn assert_no_complaint(&self) {
        let log = self.log();
        let bad = |line: &&str| {
            line.contains(" WARN ") || line.contains(" ERROR ") || line.contains("panicked")
        };
        let complaints: Vec<&str> = log.lines().filter(bad).collect();
        assert!(complaints.is_empty(), "{complaints:#?}");
    }

    pub(crate) fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    pub(crate) fn address(&self) -> &Address {
        &self.addresses[0]
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.address().clone())
    }

    pub(crate) fn process(&self) -> Process {
        Process(self.child.id())
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Ends it at once, as the kernel's out-of-memory killer would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self, patience: Duration) -> ExitStatus {
        let mut status = None;
        wait::until("the server ends", patience, || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }

    /// Asks it to stop, and expects success.
    pub(crate) fn stop(mut self) {
        self.signal(Signal::TERM);
        let status = self.wait(Duration::from_secs(35));
        assert_eq!(status.code(), Some(0), "{status}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended; then there is nothing to kill.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
        if thread::panicking() {
            let log = fs::read_to_string(&self.log).unwrap_or_default();
            let from = log.len().saturating_sub(8 << 10);
            eprintln!(
                "--- the server's log ends with\n{}",
                log.get(from..).unwrap_or(&log)
            );
        }
    }
}
