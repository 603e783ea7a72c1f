//! `cargo xtask wpt`: runs Web Platform Tests inside functions and compares with the list of known failures.
//!
//! ```text
//! *.any.js ─► one event: testharness.js, the scripts it names, the test
//!                │  one invocation, in a sandbox of its own
//!                ▼
//!             subtests ─► tests/conformance/wpt.toml ─► surprises fail the run; --update rewrites the list
//! ```
//!
//! The tests are those of the suite that `tests/conformance/sources.toml` pins, and our own for what it lacks
//! (`tests/conformance/cases`), which may talk to a small server of the runner's ([`peer`]). Builds nothing.

mod files;
pub(crate) mod list;
mod peer;
pub(crate) mod report;
pub(crate) mod server;
pub(crate) mod source;

use std::{collections::BTreeMap, fs};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::workspace::Workspace;

use self::{
    files::TestFile,
    list::{List, Outcome},
    peer::Peer,
    report::Report,
    server::{Answer, Server},
};

const LIST_FILE: &str = "tests/conformance/wpt.toml";
const CASES: &str = "tests/conformance/cases";
const FUNCTION_FILE: &str = "tests/conformance/harness/wpt.js";
const FUNCTION: &str = "wpt";
/// How long a test may take, and one that says it is long; the function's own limit lies above.
const TEST_LIMIT_MS: u64 = 10_000;
const LONG_TEST_LIMIT_MS: u64 = 40_000;
const SPEC: &str = "reuse=fresh&memory_mb=512&stack_kb=512&timeout_ms=60000&cpu_ms=60000\
                    &input_kb=65536&output_kb=65536";
/// The part that stands for the file as a whole.
const WHOLE_FILE: &str = "(the file)";
/// testharness.js: the subtest did not apply here.
const PRECONDITION_FAILED: u64 = 4;

/// What to run.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only files whose name contains this.
    filter: Option<String>,
    /// Writes what failed into the list of known failures.
    #[arg(long)]
    update: bool,
    #[command(flatten)]
    server: server::Options,
}

/// Runs the tests.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let suite = source::install(workspace, "wpt")?;
    let list_path = workspace.root.join(LIST_FILE);
    let mut list = List::read(&list_path)?;
    let mut tests = files::find(&suite)?;
    tests.extend(files::find(&workspace.root.join(CASES))?);
    let all: Vec<String> = tests.iter().map(|test| test.name.clone()).collect();
    if let Some(filter) = &options.filter {
        tests.retain(|test| test.name.contains(filter.as_str()));
    }
    let peer = Peer::start()?;
    let server = Server::start(workspace, &options.server)?;
    let code = fs::read(workspace.root.join(FUNCTION_FILE))
        .with_context(|| format!("cannot read {FUNCTION_FILE}"))?;
    let spec = format!("{SPEC}&egress={}", peer.address());
    server.register(FUNCTION, &spec, &code)?;
    let harness = suite.join("resources").join("testharness.js");
    let more = format!("peer={}", peer.address());
    let (skipped, run): (Vec<TestFile>, Vec<TestFile>) = tests
        .into_iter()
        .partition(|test| list.skipped(&test.name).is_some());
    let mut report = Report::default();
    let outcomes = report::in_parallel(&run, |test| {
        let limit_ms = if test.is_long {
            LONG_TEST_LIMIT_MS
        } else {
            TEST_LIMIT_MS
        };
        let event = test.event(&harness, &more, limit_ms)?;
        outcome(&test.name, server.invoke(FUNCTION, &event)?)
    })?;
    for test in &skipped {
        report.skip(area(&test.name), 1);
    }
    let outcomes = joined(outcomes);
    for outcome in &outcomes {
        report.add(area(&outcome.name), outcome);
    }
    if options.update {
        list.keep(|name| all.iter().any(|known| path(known) == name));
    }
    // With a filter, what was not run says nothing: it neither surprises nor is forgotten.
    if options.filter.is_some() != options.update {
        list.narrow(&outcomes);
    }
    report.conclude(&mut list, &outcomes, options.update.then_some(&*list_path))
}

/// One outcome for each path: the variants of a file share its tests.
fn joined(outcomes: Vec<Outcome>) -> Vec<Outcome> {
    let mut found: BTreeMap<String, Outcome> = BTreeMap::new();
    for Outcome { name, parts } in outcomes {
        let name = path(&name).to_owned();
        let joined = found.entry(name.clone()).or_insert(Outcome {
            name,
            parts: Vec::new(),
        });
        for part in parts {
            joined.add(part);
        }
    }
    found.into_values().collect()
}

/// What the function's answer means.
fn outcome(name: &str, answer: Answer) -> Result<Outcome> {
    let mut outcome = Outcome {
        name: name.to_owned(),
        parts: Vec::new(),
    };
    let whole = match answer {
        Answer::Refused(why) => Some(why),
        Answer::Reply(reply) => {
            let tests = reply["tests"]
                .as_array()
                .context("the reply has no tests")?;
            tests
                .iter()
                .filter_map(part)
                .for_each(|part| outcome.add(part));
            let nothing = || tests.is_empty().then(|| "the file has no test".to_owned());
            whole(&reply).or_else(nothing)
        }
    };
    if whole.is_some() {
        outcome.add((WHOLE_FILE.to_owned(), whole));
    }
    Ok(outcome)
}

/// What is wrong with the file as a whole.
fn whole(reply: &Value) -> Option<String> {
    if reply["ended"] != true {
        return Some("did not end in time".to_owned());
    }
    let message = || {
        reply["message"]
            .as_str()
            .unwrap_or("the harness failed")
            .to_owned()
    };
    match reply["status"].as_u64() {
        Some(0 | PRECONDITION_FAILED) => None,
        _ => Some(message()),
    }
}

/// A subtest; `None` where it does not apply.
fn part(test: &Value) -> Option<(String, Option<String>)> {
    let name = test["name"]
        .as_str()
        .unwrap_or("(without a name)")
        .to_owned();
    let message = test["message"].as_str();
    let wrong = match test["status"].as_u64() {
        Some(0) => None,
        Some(1) => Some(message.unwrap_or("failed")),
        Some(2) => Some(message.unwrap_or("timed out")),
        Some(3) => Some("did not run to its end"),
        Some(PRECONDITION_FAILED) => return None,
        _ => Some("unknown status"),
    };
    Some((name, wrong.map(str::to_owned)))
}

/// The name of a test without its variant.
fn path(name: &str) -> &str {
    name.split_once('?').map_or(name, |(path, _)| path)
}

/// The part of the platform that a file is about.
fn area(name: &str) -> String {
    let depth = match name.split('/').next() {
        Some("html") => 3,
        Some("dom" | "webidl" | "webmessaging" | "fetch" | "xhr") => 2,
        _ => 1,
    };
    let folders: Vec<&str> = path(name).split('/').collect();
    folders[..depth.min(folders.len().saturating_sub(1))].join("/")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_area_is_a_folder_deep_enough_to_say_something() {
        let check = |name, expected: &str| assert_eq!(area(name), expected, "{name}");
        check("url/a.any.js?a/b", "url");
        check("streams/piping/a.any.js", "streams");
        check("html/webappapis/timers/a.any.js", "html/webappapis/timers");
        check("dom/abort/a.any.js", "dom/abort");
    }

    #[test]
    fn variants_are_joined_and_a_part_that_failed_in_one_failed() {
        let outcome = |name: &str, wrong: Option<&str>| Outcome {
            name: name.to_owned(),
            parts: vec![("a".to_owned(), wrong.map(str::to_owned))],
        };
        let found = joined(vec![
            outcome("x?1", None),
            outcome("x?2", Some("w")),
            outcome("y", None),
        ]);
        let names: Vec<&str> = found.iter().map(|outcome| outcome.name.as_str()).collect();
        assert_eq!(names, ["x", "y"]);
        assert_eq!(found[0].parts, [("a".to_owned(), Some("w".to_owned()))]);
    }

    #[test]
    fn a_reply_becomes_parts() {
        let parts = |reply| outcome("x", Answer::Reply(reply)).unwrap().parts;
        let test = |name: &str, status| json!({"name": name, "status": status, "message": "m"});
        let found = parts(json!({
            "ended": true, "status": 0,
            "tests": [test("a", 0), test("b", 1), test("c", 3), test("d", 4), test("a", 1)],
        }));
        let wrong = |text: &str| Some(text.to_owned());
        let expected = [
            ("a", wrong("m")),
            ("b", wrong("m")),
            ("c", wrong("did not run to its end")),
        ];
        assert_eq!(
            found,
            expected.map(|(name, wrong)| (name.to_owned(), wrong))
        );
        for (reply, expected) in [
            (
                json!({"ended": false, "status": 2, "tests": [test("a", 0)]}),
                "did not end in time",
            ),
            (
                json!({"ended": true, "status": 1, "message": "x", "tests": []}),
                "x",
            ),
            (
                json!({"ended": true, "status": 0, "tests": []}),
                "the file has no test",
            ),
        ] {
            assert_eq!(
                parts(reply).last().unwrap(),
                &(WHOLE_FILE.to_owned(), wrong(expected))
            );
        }
    }
}
