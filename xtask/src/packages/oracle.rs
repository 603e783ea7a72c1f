//! Node: the same handler with the same event, and the server that handlers fetch from.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{
    children::{Child, Terminal},
    tools::NODE,
};

const REPLY_LIMIT: Duration = Duration::from_secs(60);
const SAID_CHARS_MAX: usize = 2000;
/// Files that a handler may be in.
const MAINS: [&str; 3] = ["index.js", "index.mjs", "index.cjs"];

/// The server that handlers fetch from. Ends when dropped.
pub(super) struct Peer {
    _child: Child,
    url: String,
}

impl Peer {
    /// Starts it; returns once it says where it listens.
    pub(super) fn start(sources: &Path) -> Result<Self> {
        let mut command = Command::new(NODE.program);
        command
            .arg(sources.join("server.mjs"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child =
            Child::start(&mut command, Terminal::Apart).context("cannot run server.mjs")?;
        let stdout = child.process().stdout.take().context("no pipe")?;
        let mut line = String::new();
        BufReader::new(stdout)
            .read_line(&mut line)
            .context("server.mjs does not say where it listens")?;
        let url = line.trim().to_owned();
        if !url.starts_with("http://") {
            bail!("server.mjs says {url:?} instead of where it listens");
        }
        Ok(Self { _child: child, url })
    }

    /// Where it listens.
    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

/// What the handler in `folder` replies to `event` in Node.
pub(super) fn ask(script: &Path, folder: &Path, event: &Value) -> Result<Value> {
    let main = main_of(folder)?;
    let reply = tempfile::tempfile().context("cannot make a temporary file")?;
    let said = tempfile::tempfile().context("cannot make a temporary file")?;
    let mut command = Command::new(NODE.program);
    command
        .arg(script)
        .arg(main)
        .arg(event.to_string())
        .current_dir(folder)
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        // What a function has, too.
        .envs([("TZ", "UTC"), ("LANG", "en_US.UTF-8")])
        .env("HOME", folder)
        .stdin(Stdio::null())
        .stdout(reply.try_clone()?)
        .stderr(said.try_clone()?);
    let mut child = Child::start(&mut command, Terminal::Apart).context("cannot run Node")?;
    match child.wait_at_most(REPLY_LIMIT)? {
        Some(status) if status.success() => {
            serde_json::from_str(&text_of(reply)?).context("Node's reply is no JSON")
        }
        Some(status) => {
            let said: String = text_of(said)?.chars().take(SAID_CHARS_MAX).collect();
            bail!("Node ended with {status}:\n{said}")
        }
        None => bail!("Node did not reply within {} s", REPLY_LIMIT.as_secs()),
    }
}

fn main_of(folder: &Path) -> Result<PathBuf> {
    let mut mains = MAINS.iter().map(|name| folder.join(name));
    mains.find(|path| path.is_file()).with_context(|| {
        format!(
            "no {} for Node to run; put expected.json beside the handler",
            MAINS.join(", ")
        )
    })
}

fn text_of(mut file: File) -> Result<String> {
    let mut text = String::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_handler_is_asked_in_node_and_its_failure_told() {
        if !NODE.is_there() {
            eprintln!("skipped: Node is not on the path");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("script.mjs");
        std::fs::write(
            &script,
            "process.stdout.write(process.argv[3]); process.exit(process.argv[3] === '1' ? 0 : 5)",
        )
        .unwrap();
        let event = json!(1);
        let text = format!("{:#}", ask(&script, folder.path(), &event).unwrap_err());
        assert!(text.contains("expected.json"), "{text}");
        std::fs::write(folder.path().join("index.js"), "").unwrap();
        assert_eq!(ask(&script, folder.path(), &event).unwrap(), event);
        let text = format!("{:#}", ask(&script, folder.path(), &json!(2)).unwrap_err());
        assert!(text.contains("exit status: 5"), "{text}");
    }
}
