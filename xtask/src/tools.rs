//! Runs other programs, and says how to get those that are missing.

use std::{
    env,
    error::Error,
    fmt,
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::PathBuf,
    process::{Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail};

use crate::children::{Child, Terminal};

/// A chore that took longer than this says how long.
const WORTH_TELLING: Duration = Duration::from_secs(1);
/// Lines shown of the beginning, and as many of the end, of what a failed program said.
const GIST_LINES: usize = 6;
/// Fetching one package from a registry, at most.
pub(crate) const FETCH_LIMIT: Duration = Duration::from_secs(600);

/// A program a chore needs.
pub(crate) struct Tool {
    /// Its name on the path.
    pub(crate) program: &'static str,
    /// What needs it.
    pub(crate) wanted_for: &'static str,
    /// How to get it.
    pub(crate) how_to_get: &'static str,
}

/// Cargo itself, for the rare case that this program is run without it.
pub(crate) const CARGO: Tool = Tool {
    program: "cargo",
    wanted_for: "building Hydra",
    how_to_get: "install Rust with rustup",
};
/// npm.
pub(crate) const NPM: Tool = Tool {
    program: "npm",
    wanted_for: "fetching the JavaScript guest",
    how_to_get: "install Node.js with npm (Debian: apt-get install npm)",
};
/// Node.js.
pub(crate) const NODE: Tool = Tool {
    program: "node",
    wanted_for: "building the JavaScript library",
    how_to_get: "install Node.js 20 or newer (Debian: apt-get install nodejs)",
};
/// Go.
pub(crate) const GO: Tool = Tool {
    program: "go",
    wanted_for: "the Go examples",
    how_to_get: "install Go 1.24 or newer",
};
/// Python, for the package that brings zig.
pub(crate) const PYTHON: Tool = Tool {
    program: "python3",
    wanted_for: "the C example (zig cc comes from PyPI)",
    how_to_get: "install Python 3 with venv (Debian: apt-get install python3-venv)",
};
/// cargo-deny.
pub(crate) const CARGO_DENY: Tool = Tool {
    program: "cargo-deny",
    wanted_for: "checking licences and sources of dependencies",
    how_to_get: "cargo install --locked cargo-deny",
};

impl Tool {
    /// Whether the program is on the path.
    pub(crate) fn is_there(&self) -> bool {
        self.path().is_some()
    }

    fn path(&self) -> Option<PathBuf> {
        let path = env::var_os("PATH")?;
        env::split_paths(&path)
            .map(|folder| folder.join(self.program))
            .find(|file| file.is_file())
    }
}

/// Fails naming every tool that is missing, not only the first.
pub(crate) fn require(tools: &[Tool]) -> Result<()> {
    let missing: Vec<&Tool> = tools.iter().filter(|tool| !tool.is_there()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = |text: fn(&Tool) -> String| {
        missing
            .iter()
            .map(|tool| text(tool))
            .collect::<Vec<_>>()
            .join("; ")
    };
    Err(Advice::error(
        format!(
            "missing on the path: {}",
            list(|tool| format!("{} ({})", tool.program, tool.wanted_for))
        ),
        list(|tool| tool.how_to_get.to_owned()),
    ))
}

/// An error together with what to do next.
#[derive(Debug)]
pub(crate) struct Advice {
    message: String,
    hint: String,
}

impl Advice {
    /// Makes an error that carries a hint.
    pub(crate) fn error(message: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
        anyhow::Error::new(Self {
            message: message.into(),
            hint: hint.into(),
        })
    }

    /// The hint that an error, or one of its causes, carries.
    pub(crate) fn hint_of(error: &anyhow::Error) -> Option<&str> {
        error
            .chain()
            .find_map(|cause| cause.downcast_ref::<Self>())
            .map(|advice| advice.hint.as_str())
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Advice {}

/// Says what begins, does it, and says how long it took when that was worth telling.
pub(crate) fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("» {what}");
    let begun = Instant::now();
    let done = work().with_context(|| format!("{what} failed"))?;
    let took = begun.elapsed();
    if took > WORTH_TELLING {
        eprintln!("  {what}: {:.1} s", took.as_secs_f64());
    }
    Ok(done)
}

/// Runs `command` with this program's own streams.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let text = shown(command);
    let status = Child::start(command, Terminal::Shared)
        .and_then(|mut child| child.wait())
        .with_context(|| format!("cannot run `{text}`"))?;
    succeeded(&text, status)
}

/// Runs `command` quietly for at most `limit`; its output appears only in the error.
pub(crate) fn run_quietly(command: &mut Command, limit: Duration) -> Result<()> {
    let text = shown(command);
    let said = tempfile::tempfile().context("cannot make a temporary file")?;
    command
        .stdin(Stdio::null())
        .stdout(said.try_clone()?)
        .stderr(said.try_clone()?);
    let mut child =
        Child::start(command, Terminal::Shared).with_context(|| format!("cannot run `{text}`"))?;
    let Some(status) = child.wait_at_most(limit)? else {
        bail!("`{text}` did not end within {} s", limit.as_secs());
    };
    succeeded(&text, status).map_err(|error| anyhow!("{error}; it said:\n{}", gist(said)))
}

/// Runs `command` and takes its standard output.
pub(crate) fn output(command: &mut Command) -> Result<Vec<u8>> {
    let text = shown(command);
    let done = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run `{text}`"))?;
    succeeded(&text, done.status)?;
    Ok(done.stdout)
}

fn succeeded(text: &str, status: ExitStatus) -> Result<()> {
    if !status.success() {
        bail!("`{text}` ended with {status}");
    }
    Ok(())
}

/// A command as one would type it, without its environment.
fn shown(command: &Command) -> String {
    let program = PathBuf::from(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program());
    std::iter::once(name)
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The beginning and the end of what a failed program said: enough to see why.
fn gist(mut said: File) -> String {
    let mut bytes = Vec::new();
    let read = said
        .seek(SeekFrom::Start(0))
        .and_then(|_| said.read_to_end(&mut bytes));
    if read.is_err() || bytes.is_empty() {
        return "nothing".to_owned();
    }
    let text = String::from_utf8_lossy(&bytes);
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let mut lines: Vec<&str> = lines.collect();
    if lines.len() > 2 * GIST_LINES + 1 {
        lines.splice(GIST_LINES..lines.len() - GIST_LINES, ["…"]);
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_missing_tool_is_named_with_the_way_to_get_it() {
        let error = require(&[
            CARGO,
            Tool {
                program: "hydra-no-such-tool",
                wanted_for: "nothing",
                how_to_get: "carve it",
            },
            Tool {
                program: "hydra-nor-this",
                wanted_for: "less",
                how_to_get: "grow it",
            },
        ])
        .unwrap_err()
        .context("outer");
        let text = format!("{error:#}");
        assert!(text.contains("hydra-no-such-tool (nothing); hydra-nor-this (less)"));
        assert!(!text.contains("cargo"));
        assert_eq!(Advice::hint_of(&error), Some("carve it; grow it"));
    }

    #[test]
    fn a_quiet_command_that_fails_shows_what_it_said() {
        let error = run_quietly(
            Command::new("sh").args(["-c", "echo to stdout; echo why >&2; exit 3"]),
            FETCH_LIMIT,
        )
        .unwrap_err();
        let text = format!("{error:#}");
        assert!(text.contains("to stdout\nwhy"), "{text}");
        assert!(text.contains("exit status: 3"), "{text}");
        let error = run_quietly(
            Command::new("sh").args(["-c", "seq 1 100; exit 1"]),
            FETCH_LIMIT,
        )
        .unwrap_err();
        let text = format!("{error:#}");
        assert!(text.contains("\n6\n…\n95\n"), "{text}");
    }

    #[test]
    fn a_quiet_command_that_hangs_is_ended() {
        let error = run_quietly(Command::new("sleep").arg("60"), Duration::from_millis(30));
        assert!(format!("{:#}", error.unwrap_err()).contains("did not end within"));
    }
}
