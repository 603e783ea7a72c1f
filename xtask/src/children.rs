//! The processes this program started, so that none outlives it.
//!
//! Every child is registered from start to end. [`Child`] ends its process when dropped; a signal to this program
//! ends all that are registered, by process id, and then this program.
//!
//! Does not reach processes that a child started and left behind, nor anything after `SIGKILL` of this program.

use std::{
    collections::BTreeSet,
    io,
    os::unix::process::CommandExt,
    process::{self, Command, ExitStatus},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

/// How long a child may take to end after `SIGTERM` when this program is itself being ended.
const INTERRUPTED_GRACE: Duration = Duration::from_secs(5);
/// How often an awaited end is looked for.
const POLL_EVERY: Duration = Duration::from_millis(10);

static RUNNING: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// Whether a terminal's Ctrl-C reaches the child directly.
#[derive(Clone, Copy)]
pub(crate) enum Terminal {
    /// The child belongs to this program's process group.
    Shared,
    /// Only this program ends the child.
    Apart,
}

/// A process that ends when this value is dropped.
pub(crate) struct Child(process::Child);

impl Child {
    /// Starts `command`.
    pub(crate) fn start(command: &mut Command, terminal: Terminal) -> io::Result<Self> {
        if let Terminal::Apart = terminal {
            command.process_group(0);
        }
        // The lock is held over the start, so that a signal in between finds the child registered.
        let mut running = running();
        let child = command.spawn()?;
        running.insert(child.id());
        Ok(Self(child))
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// The process, to take its pipes.
    pub(crate) fn process(&mut self) -> &mut process::Child {
        &mut self.0
    }

    /// Waits for the end.
    pub(crate) fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.0.wait()?;
        running().remove(&self.id());
        Ok(status)
    }

    /// Waits for the end, but not longer than `limit`; `None` when the process still runs.
    pub(crate) fn wait_at_most(&mut self, limit: Duration) -> io::Result<Option<ExitStatus>> {
        let until = Instant::now() + limit;
        loop {
            if let Some(status) = self.0.try_wait()? {
                running().remove(&self.id());
                return Ok(Some(status));
            }
            if Instant::now() >= until {
                return Ok(None);
            }
            thread::sleep(POLL_EVERY);
        }
    }

    /// Asks the process to end, and makes it after `grace`. `None` when it had to be made.
    pub(crate) fn end(&mut self, grace: Duration) -> io::Result<Option<ExitStatus>> {
        if let Some(status) = self.wait_at_most(Duration::ZERO)? {
            return Ok(Some(status));
        }
        send(self.id(), Signal::TERM);
        let ended = self.wait_at_most(grace)?;
        if ended.is_none() {
            self.0.kill()?;
            self.wait()?;
        }
        Ok(ended)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Nobody is left to tell; a process that is gone already is what was wanted.
        let _ = self.end(INTERRUPTED_GRACE);
    }
}

/// Ends every registered child and then this program (exit code 130) on `SIGINT`, `SIGTERM` or `SIGHUP`.
pub(crate) fn end_on_signals() -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            if signals.forever().next().is_some() {
                end_all();
                process::exit(130);
            }
        })?;
    Ok(())
}

fn end_all() {
    // Held to the end: nothing new starts.
    let running = running();
    for &id in &*running {
        send(id, Signal::TERM);
    }
    let until = Instant::now() + INTERRUPTED_GRACE;
    while running.iter().any(|&id| is_alive(id)) && Instant::now() < until {
        thread::sleep(POLL_EVERY);
    }
    for &id in running.iter().filter(|&&id| is_alive(id)) {
        send(id, Signal::KILL);
    }
}

fn running() -> MutexGuard<'static, BTreeSet<u32>> {
    // A set of numbers is never half written.
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn send(id: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        // Fails only when the process is gone.
        let _ = kill_process(pid, signal);
    }
}

/// Whether the process runs; one that ended and waits to be collected does not.
fn is_alive(id: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| {
        // The state follows the command in parentheses, which may itself hold anything.
        let state = stat
            .rsplit_once(") ")
            .and_then(|(_, rest)| rest.chars().next());
        !matches!(state, Some('Z' | 'X') | None)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_child_is_gone_and_no_longer_registered() {
        let child = Child::start(Command::new("sleep").arg("60"), Terminal::Shared).unwrap();
        let id = child.id();
        assert!(is_alive(id));
        assert!(running().contains(&id));
        drop(child);
        assert!(!is_alive(id));
        assert!(!running().contains(&id));
    }

    #[test]
    fn a_child_that_ignores_the_request_is_killed() {
        let mut command = Command::new("sh");
        command
            .args(["-c", "trap '' TERM; echo ready; while :; do sleep 1; done"])
            .stdout(process::Stdio::piped());
        let mut child = Child::start(&mut command, Terminal::Apart).unwrap();
        // The trap is set once the line is there.
        let mut line = String::new();
        let stdout = child.process().stdout.take().unwrap();
        io::BufRead::read_line(&mut io::BufReader::new(stdout), &mut line).unwrap();
        let ended = child.end(Duration::from_millis(50)).unwrap();
        assert!(ended.is_none());
        assert!(!is_alive(child.id()));
    }
}
