//! A server under load: its process, its folder, its URLs.

use std::{
    net::TcpListener,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::children::{Child, Terminal};

/// How long a server may take until its first reply.
const START_WITHIN: Duration = Duration::from_secs(120);
/// How often a starting server is asked.
const ASK_EVERY: Duration = Duration::from_millis(20);
/// One request outside the load.
const REPLY_WITHIN: Duration = Duration::from_secs(30);

const EVENT: &str = r#"{"name":"Ada"}"#;
const REPLY: &str = r#"{"message":"Hello, Ada!"}"#;

/// A running server with one URL per function. Ends when dropped; its folder goes after it.
pub(super) struct Server {
    // Fields drop in this order: the process ends before its files go.
    child: Child,
    folder: TempDir,
    urls: Vec<String>,
    client: ureq::Agent,
}

impl Server {
    /// Starts `command` with its messages in `folder`; does not wait for it to be ready.
    pub(super) fn start(command: &mut Command, folder: TempDir, urls: Vec<String>) -> Result<Self> {
        let said = std::fs::File::create(folder.path().join("said"))?;
        command
            .stdin(Stdio::null())
            .stdout(said.try_clone()?)
            .stderr(said);
        let child = Child::start(command, Terminal::Shared).context("cannot start the server")?;
        Ok(Self {
            child,
            folder,
            urls,
            client: client(),
        })
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn urls(&self) -> &[String] {
        &self.urls
    }

    /// The client for requests outside the load.
    pub(super) fn client(&self) -> &ureq::Agent {
        &self.client
    }

    /// Waits until `is_ready` says so.
    pub(super) fn wait_until(&mut self, is_ready: impl Fn(&ureq::Agent) -> bool) -> Result<()> {
        let until = Instant::now() + START_WITHIN;
        while !is_ready(&self.client) {
            if let Some(status) = self.child.wait_at_most(Duration::ZERO)? {
                bail!("the server ended with {status}: {}", self.said());
            }
            ensure!(
                Instant::now() < until,
                "the server is not ready after {START_WITHIN:?}: {}",
                self.said()
            );
            thread::sleep(ASK_EVERY);
        }
        Ok(())
    }

    /// Has every function answer once, rightly.
    pub(super) fn have_all_answer(&self) -> Result<()> {
        for url in &self.urls {
            let reply = hello(&self.client, url)
                .with_context(|| format!("{url}; the server said: {}", self.said()))?;
            ensure!(
                reply == REPLY,
                "{url} replied {reply:?} instead of {REPLY:?}"
            );
        }
        Ok(())
    }

    fn said(&self) -> String {
        let text = std::fs::read_to_string(self.folder().join("said")).unwrap_or_default();
        let end: Vec<&str> = text.lines().rev().take(5).collect();
        end.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

/// Sends the hello event.
pub(super) fn hello(client: &ureq::Agent, url: &str) -> Result<String> {
    let mut reply = client
        .post(url)
        .header("content-type", "application/json")
        .send(EVENT)?;
    Ok(reply.body_mut().read_to_string()?)
}

fn client() -> ureq::Agent {
    ureq::Agent::config_builder()
        .timeout_global(Some(REPLY_WITHIN))
        .build()
        .into()
}

/// `count` loopback ports that nothing listens on. Somebody may take one before the server does; it then says so.
pub(super) fn free_ports(count: u32) -> Result<Vec<u16>> {
    let held: Vec<TcpListener> = (0..count)
        .map(|_| TcpListener::bind(("127.0.0.1", 0)))
        .collect::<Result<_, _>>()
        .context("cannot find free ports")?;
    held.iter()
        .map(|listener| Ok(listener.local_addr()?.port()))
        .collect()
}
