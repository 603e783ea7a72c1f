//! `cargo xtask packages`: npm packages as installed, in functions, compared with what Node answers.
//!
//! ```text
//! tests/e2e/packages ─npm ci─► cache ─closure of one package.json─► stage/NAME ─zip─► PUT ─► invocation ┐
//!                                                                       └─► node node.mjs ──► reply ────┴─► equal?
//! ```
//!
//! Every folder of `tests/e2e/packages` is a function as somebody would upload it: a handler, a `package.json` and
//! the part of `node_modules` that this asks for. Handlers leave out what differs from run to run. What Node cannot
//! run (TypeScript) is compared with `expected.json` beside the handler instead.

mod bundle;
mod compare;
mod oracle;

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::{
    tools::{self, NODE, NPM},
    workspace::Workspace,
    wpt::server::{self, Answer, Server},
};

use self::{
    bundle::{Bundle, Installed},
    oracle::Peer,
};

const FOLDER: &str = "tests/e2e/packages";
const SPEC: &str =
    "handler=index.handler&egress=localhost&memory_mb=256&timeout_ms=60000&stack_kb=512";
/// Invocations of each function: the second may find a sandbox that has served.
const INVOCATIONS: usize = 2;

/// What to run.
#[derive(clap::Args, Default)]
pub(crate) struct Options {
    /// Only these folders of the package tests.
    names: Vec<String>,
    /// Runs the handlers in Node alone.
    #[arg(long)]
    node_only: bool,
    #[command(flatten)]
    server: server::Options,
}

/// One line of the table.
struct Line {
    name: String,
    versions: String,
    zip_kib: u64,
    image_kib: u64,
    registered: Duration,
    ran: Duration,
    /// What is wrong.
    fault: Option<String>,
}

/// Runs every handler in Hydra and in Node; fails where a reply differs.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    tools::require(&[NODE, NPM])?;
    let sources = workspace.root.join(FOLDER);
    let names = chosen(&sources, &options.names)?;
    let installed = Installed::install(workspace, &sources)?;
    let stage = tempfile::tempdir().context("cannot make a temporary folder")?;
    let peer = Peer::start(&sources)?;
    let server = match options.node_only {
        true => None,
        false => Some(tools::step("starting hydra runtime", || {
            Server::start(workspace, &options.server)
        })?),
    };
    let event = json!({ "endpoint": peer.url() });
    let mut lines = Vec::new();
    for name in &names {
        let line = (|| {
            let bundle = installed.bundle(name, stage.path())?;
            let expected = expected(&sources, &bundle, &event)?;
            try_one(name, &bundle, &expected, &event, server.as_ref())
        })();
        let line = line.with_context(|| name.clone())?;
        eprintln!("  {name}: {}", line.fault.as_deref().unwrap_or("ok"));
        lines.push(line);
    }
    println!("{}", table(&lines));
    let wrong: Vec<&str> = lines
        .iter()
        .filter(|line| line.fault.is_some())
        .map(|line| line.name.as_str())
        .collect();
    if !wrong.is_empty() {
        bail!(
            "{} of {} differ from Node: {}",
            wrong.len(),
            lines.len(),
            wrong.join(", ")
        );
    }
    match server {
        Some(_) => println!(
            "{} functions with packages answered as in Node.",
            lines.len()
        ),
        None => println!("{} functions with packages answered in Node.", lines.len()),
    }
    Ok(())
}

/// Folders with a `package.json`, by name.
fn chosen(sources: &Path, wanted: &[String]) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(sources).with_context(|| format!("cannot list {FOLDER}"))? {
        let entry = entry?;
        if entry.path().join("package.json").is_file() {
            all.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    all.sort();
    if let Some(unknown) = wanted.iter().find(|name| !all.contains(name)) {
        bail!("{FOLDER} has no {unknown}; it has {}", all.join(", "));
    }
    all.retain(|name| wanted.is_empty() || wanted.contains(name));
    Ok(all)
}

/// What the handler is to reply.
fn expected(sources: &Path, bundle: &Bundle, event: &Value) -> Result<Value> {
    let recorded: PathBuf = sources.join(&bundle.name).join("expected.json");
    if recorded.is_file() {
        let text = fs::read(&recorded).context("cannot read expected.json")?;
        return serde_json::from_slice(&text).context("expected.json is no JSON");
    }
    oracle::ask(&sources.join("node.mjs"), &bundle.folder, event)
}

fn try_one(
    name: &str,
    bundle: &Bundle,
    expected: &Value,
    event: &Value,
    server: Option<&Server>,
) -> Result<Line> {
    let mut line = Line {
        name: name.to_owned(),
        versions: bundle.versions.clone(),
        zip_kib: 0,
        image_kib: 0,
        registered: Duration::ZERO,
        ran: Duration::ZERO,
        fault: None,
    };
    let Some(server) = server else {
        return Ok(line);
    };
    let zip = bundle.zip()?;
    line.zip_kib = u64::try_from(zip.len())?.div_ceil(1024);
    let begun = Instant::now();
    let answer = server.put(name, SPEC, &zip)?;
    line.registered = begun.elapsed();
    match answer {
        Answer::Refused(why) => {
            line.fault = Some(format!("not accepted: {why}"));
            return Ok(line);
        }
        Answer::Reply(reply) => {
            let bytes = reply["function"]["image"]["function_bytes"]
                .as_u64()
                .unwrap_or_default();
            line.image_kib = bytes.div_ceil(1024);
        }
    }
    for _ in 0..INVOCATIONS {
        let begun = Instant::now();
        let answer = server.invoke(name, event)?;
        line.ran = begun.elapsed();
        line.fault = match answer {
            Answer::Refused(why) => Some(why),
            Answer::Reply(reply) => compare::difference(&reply, expected),
        };
        if line.fault.is_some() {
            break;
        }
    }
    Ok(line)
}

const HEADINGS: [&str; 7] = [
    "function",
    "packages",
    "zip KiB",
    "image KiB",
    "register ms",
    "run ms",
    "result",
];

fn table(lines: &[Line]) -> String {
    let millis = |time: Duration| format!("{:.1}", time.as_secs_f64() * 1e3);
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    rows.extend(lines.iter().map(|line| {
        [
            line.name.clone(),
            line.versions.clone(),
            line.zip_kib.to_string(),
            line.image_kib.to_string(),
            millis(line.registered),
            millis(line.ran),
            line.fault.clone().unwrap_or_else(|| "ok".to_owned()),
        ]
    }));
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: [usize; 6] = std::array::from_fn(width);
    let mut text = String::new();
    for row in &rows {
        for (column, width) in widths.iter().enumerate() {
            let cell = &row[column];
            let padded = if column < 2 {
                format!("{cell:<width$}  ")
            } else {
                format!("{cell:>width$}  ")
            };
            text.push_str(&padded);
        }
        text.push_str(&row[6]);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_that_are_there_can_be_chosen() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b", "a", "none"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        for name in ["a", "b"] {
            fs::write(folder.path().join(name).join("package.json"), "{}").unwrap();
        }
        let check = |wanted: &[&str], expected: Option<&[&str]>| {
            let wanted: Vec<String> = wanted.iter().map(|&name| name.to_owned()).collect();
            let found = chosen(folder.path(), &wanted).ok();
            let found: Option<Vec<&str>> = found
                .as_ref()
                .map(|names| names.iter().map(String::as_str).collect());
            assert_eq!(found.as_deref(), expected);
        };
        check(&[], Some(&["a", "b"]));
        check(&["b"], Some(&["b"]));
        check(&["none"], None);
    }

    #[test]
    fn a_fault_stands_at_the_end_of_its_line() {
        let line = |name: &str, fault: Option<&str>| Line {
            name: name.to_owned(),
            versions: "x 1.0.0".to_owned(),
            zip_kib: 7,
            image_kib: 1200,
            registered: Duration::from_micros(1500),
            ran: Duration::from_micros(40),
            fault: fault.map(str::to_owned),
        };
        let text = table(&[line("one", None), line("two-three", Some("it broke"))]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[1],
            "one        x 1.0.0         7       1200          1.5     0.0  ok"
        );
        assert!(lines[2].ends_with("0.0  it broke"), "{text}");
    }
}
