//! A `hydra runtime` of the runner's own, and the functions that run tests in it.
//!
//! The process, its data and its log go when the value is dropped. Nothing is built: the binary must be there.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{ChildStdout, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    children::{Child, Terminal},
    guests,
    tools::Advice,
    workspace::Workspace,
};

/// The first start compiles the guest and makes the base image.
const READY_LIMIT: Duration = Duration::from_secs(180);
/// No test may take longer, whatever the server does.
const CALL_LIMIT: Duration = Duration::from_secs(90);
const REPLY_BYTES_MAX: u64 = 64 << 20;
const LAST_LINES: usize = 15;

/// A running server. Fields drop in this order: the process ends before its files go.
pub(crate) struct Server {
    _child: Child,
    folder: TempDir,
    url: String,
    client: ureq::Agent,
}

/// What to start.
#[derive(clap::Args, Default)]
pub(crate) struct Options {
    /// The binary to run instead of the one in the build output.
    #[arg(long)]
    hydra: Option<PathBuf>,
    /// A guests folder to take as it is; without it the usual one is brought up to date.
    #[arg(long)]
    guests: Option<PathBuf>,
}

/// What an invocation came to.
pub(crate) enum Answer {
    /// The function's reply.
    Reply(Value),
    /// The error's code and text.
    Refused(String),
}

impl Server {
    /// Starts the binary, which must have been built, with fresh data.
    pub(crate) fn start(workspace: &Workspace, options: &Options) -> Result<Self> {
        let built = || workspace.target.join("release").join("hydra");
        let binary = options.hydra.clone().unwrap_or_else(built);
        if !binary.is_file() {
            return Err(Advice::error(
                format!("{} is not there", binary.display()),
                "build it first: cargo build --release --package hydra",
            ));
        }
        let guests = match &options.guests {
            Some(folder) => folder.clone(),
            None => guests::install(workspace)?,
        };
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let log = fs::File::create(folder.path().join("log"))?;
        let mut command = Command::new(&binary);
        command
            .args([
                "runtime",
                "--listen",
                "127.0.0.1:0",
                "--log",
                "warn,function=off",
            ])
            .arg("--guests")
            .arg(guests)
            .arg("--data")
            .arg(folder.path().join("data"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log);
        fs::create_dir(folder.path().join("data"))?;
        let mut child = Child::start(&mut command, Terminal::Apart)
            .with_context(|| format!("cannot run {}", binary.display()))?;
        let stdout = child.process().stdout.take().context("no pipe")?;
        let url = ready(stdout).map_err(|error| error.context(last_lines(folder.path())))?;
        Ok(Self {
            _child: child,
            folder,
            url,
            client: client(),
        })
    }

    /// Registers `code`; `query` has the parameters of the spec.
    pub(crate) fn register(&self, name: &str, query: &str, code: &[u8]) -> Result<()> {
        match self.put(name, query, code)? {
            Answer::Reply(_) => Ok(()),
            Answer::Refused(why) => bail!("{name} was not accepted: {why}"),
        }
    }

    /// Registers `code`, which may be refused.
    pub(crate) fn put(&self, name: &str, query: &str, code: &[u8]) -> Result<Answer> {
        let url = format!(
            "{}/v1/functions/{name}?runtime=javascript&{query}",
            self.url
        );
        let request = self
            .client
            .put(&url)
            .content_type("application/octet-stream");
        let reply = request.send(code).with_context(|| format!("PUT {url}"))?;
        answer(reply)
    }

    /// Calls a function.
    pub(crate) fn invoke(&self, name: &str, event: &Value) -> Result<Answer> {
        let url = format!("{}/v1/functions/{name}/invocations", self.url);
        let request = self.client.post(&url).content_type("application/json");
        let reply = request
            .send(serde_json::to_vec(event)?)
            .with_context(|| format!("POST {url}; {}", last_lines(self.folder.path())))?;
        answer(reply)
    }

    /// Takes a function away.
    pub(crate) fn delete(&self, name: &str) -> Result<()> {
        let url = format!("{}/v1/functions/{name}", self.url);
        self.client
            .delete(&url)
            .call()
            .with_context(|| format!("DELETE {url}"))?;
        Ok(())
    }
}

fn client() -> ureq::Agent {
    ureq::Agent::config_builder()
        .timeout_global(Some(CALL_LIMIT))
        .http_status_as_error(false)
        .build()
        .into()
}

fn answer(mut reply: ureq::http::Response<ureq::Body>) -> Result<Answer> {
    let status = reply.status();
    let bytes = reply
        .body_mut()
        .with_config()
        .limit(REPLY_BYTES_MAX)
        .read_to_vec()
        .context("the reply broke off")?;
    let value: Value = serde_json::from_slice(&bytes)
        .with_context(|| format!("a reply with status {status} is no JSON"))?;
    if status.is_success() {
        return Ok(Answer::Reply(value));
    }
    let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
    Ok(Answer::Refused(format!(
        "{}: {}",
        text("code"),
        text("message")
    )))
}

/// Waits for the line that says where the server listens, then keeps its standard output flowing.
fn ready(stdout: ChildStdout) -> Result<String> {
    let (tell, told) = mpsc::channel();
    thread::Builder::new()
        .name("server output".to_owned())
        .spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if let Some((_, url)) = line.split_once("listening on ") {
                    // Nobody listens any more once the first line was taken.
                    let _ = tell.send(url.trim().to_owned());
                }
            }
        })?;
    match told.recv_timeout(READY_LIMIT) {
        Ok(url) => Ok(url),
        Err(mpsc::RecvTimeoutError::Disconnected) => bail!("the server ended before it listened"),
        Err(mpsc::RecvTimeoutError::Timeout) => {
            bail!(
                "the server did not listen within {} s",
                READY_LIMIT.as_secs()
            )
        }
    }
}

fn last_lines(folder: &Path) -> String {
    let text = fs::read_to_string(folder.join("log")).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    format!(
        "the server's last words:\n{}",
        lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
    )
}
