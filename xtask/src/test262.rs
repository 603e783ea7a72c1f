//! `cargo xtask test262`: runs the language's own tests inside functions and compares with the list of known failures.
//!
//! ```text
//! one function with the suite's harness in it
//!    │  one invocation for each test, in a sandbox that starts from the function's image
//!    ▼
//! "pass", or why not ─► tests/conformance/test262.toml ─► surprises fail the run; --update rewrites the list
//! ```
//!
//! The suite comes as SpiderMonkey carries it (`tests/conformance/sources.toml`): harness files are gathered in files
//! named `shell.js`, and tests for strict mode begin with the directive. Tests that need neither mode run once, in
//! sloppy mode. A test that is a module, or imports some, is a function of its own ([`module`]). Builds nothing.

mod metadata;
mod module;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::{
    checksum,
    workspace::Workspace,
    wpt::{
        list::{List, Outcome},
        report::{self, Report},
        server::{self, Answer, Server},
        source,
    },
};

use self::metadata::Metadata;

const LIST_FILE: &str = "tests/conformance/test262.toml";
const FUNCTION_FILE: &str = "tests/conformance/harness/test262.js";
const MODULE_FILE: &str = "tests/conformance/harness/test262_module.js";
const FUNCTION: &str = "test262";
/// What is run of the suite.
const ROOTS: [&str; 2] = ["built-ins", "language"];
/// Where SpiderMonkey gathers harness files, and how it marks the beginning of each.
const GATHERED: &str = "shell.js";
const GATHERED_MARK: &str = "// file: ";
/// What other tests import.
const FIXTURE_ENDING: &str = "_FIXTURE.js";
const SPEC: &str = "reuse=fresh&memory_mb=256&stack_kb=512&timeout_ms=20000&cpu_ms=10000\
                    &input_kb=16384&concurrency=64";
const MODULE_SPEC: &str = "memory_mb=256&stack_kb=512&timeout_ms=20000&cpu_ms=10000";
/// What every test finds evaluated.
const ALWAYS: [&str; 2] = ["assert.js", "sta.js"];
/// Scripts in here import; all but those about syntax want what lies beside them.
const IMPORTS: &str = "language/expressions/dynamic-import/";
const IMPORTS_NOTHING: &str = "language/expressions/dynamic-import/syntax/";

/// What to run.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only tests whose path contains this.
    filter: Option<String>,
    /// Writes what failed into the list of known failures.
    #[arg(long)]
    update: bool,
    #[command(flatten)]
    server: server::Options,
}

/// One test, not yet read.
struct Test {
    /// From the suite's root: `built-ins/Array/from/length.js`.
    path: String,
}

/// What became of a test.
enum Ran {
    Skipped,
    Passed,
    Failed(String),
}

/// What the tests are run with.
struct Run {
    suite: PathBuf,
    /// Harness files by name.
    harness: BTreeMap<String, String>,
    /// The main file of tests that are modules.
    main: String,
    list: List,
    server: Server,
}

/// Runs the tests.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let suite = source::install(workspace, "test262")?;
    let list_path = workspace.root.join(LIST_FILE);
    let mut harness = BTreeMap::new();
    let mut tests = Vec::new();
    for root in ROOTS {
        collect(&suite, &suite.join(root), &mut tests, &mut harness)?;
    }
    gather(&suite.join(GATHERED), &mut harness)?;
    gather(&suite.join("harness").join(GATHERED), &mut harness)?;
    tests.sort_by(|a, b| a.path.cmp(&b.path));
    if let Some(filter) = &options.filter {
        tests.retain(|test| test.path.contains(filter.as_str()));
    }
    let read = |file: &str| {
        fs::read_to_string(workspace.root.join(file)).with_context(|| format!("cannot read {file}"))
    };
    let function = read(FUNCTION_FILE)?;
    let code = format!(
        "const HARNESS = {};\n{function}",
        serde_json::to_string(&harness)?
    );
    let mut run = Run {
        main: read(MODULE_FILE)?,
        list: List::read(&list_path)?,
        server: Server::start(workspace, &options.server)?,
        suite,
        harness,
    };
    run.server.register(FUNCTION, SPEC, code.as_bytes())?;
    let mut report = Report::default();
    let ran = report::in_parallel(&tests, |test| run.test(test))?;
    let outcomes = sort(&tests, ran, &mut report);
    // With a filter, what was not run says nothing: it neither surprises nor is forgotten.
    if options.filter.is_some() != options.update {
        run.list.narrow(&outcomes);
    }
    report.conclude(
        &mut run.list,
        &outcomes,
        options.update.then_some(&*list_path),
    )
}

/// Puts what became of each test under its folder, and counts it.
fn sort(tests: &[Test], ran: Vec<Ran>, report: &mut Report) -> Vec<Outcome> {
    let mut outcomes: BTreeMap<&str, Outcome> = BTreeMap::new();
    for (test, ran) in tests.iter().zip(ran) {
        let (folder, rest) = divide(&test.path);
        let wrong = match ran {
            Ran::Skipped => {
                report.skip(folder.to_owned(), 1);
                continue;
            }
            Ran::Passed => None,
            Ran::Failed(wrong) => Some(wrong),
        };
        let outcome = outcomes.entry(folder).or_insert_with(|| Outcome {
            name: folder.to_owned(),
            parts: Vec::new(),
        });
        outcome.parts.push((rest.to_owned(), wrong));
    }
    let outcomes: Vec<Outcome> = outcomes.into_values().collect();
    for outcome in &outcomes {
        report.add(outcome.name.clone(), outcome);
    }
    outcomes
}

/// The folder that a test is listed under, and the rest of its path.
fn divide(path: &str) -> (&str, &str) {
    let second = path.match_indices('/').nth(1).map(|(at, _)| at);
    let at = second.or_else(|| path.find('/')).unwrap_or(0);
    (&path[..at], path[at..].trim_start_matches('/'))
}

/// Finds tests below `folder`, and the harness files that are gathered there.
fn collect(
    suite: &Path,
    folder: &Path,
    tests: &mut Vec<Test>,
    harness: &mut BTreeMap<String, String>,
) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() {
            collect(suite, &path, tests, harness)?;
        } else if name == GATHERED {
            gather(&path, harness)?;
        } else if name.ends_with(".js") && name != "browser.js" && !name.ends_with(FIXTURE_ENDING) {
            let path = path.strip_prefix(suite)?.to_string_lossy().into_owned();
            tests.push(Test { path });
        }
    }
    Ok(())
}

/// Takes a file of harness files apart.
fn gather(path: &Path, harness: &mut BTreeMap<String, String>) -> Result<()> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    for piece in text.split(GATHERED_MARK).skip(1) {
        if let Some((name, text)) = piece.split_once('\n') {
            harness
                .entry(name.trim().to_owned())
                .or_insert_with(|| text.to_owned());
        }
    }
    Ok(())
}

impl Run {
    fn test(&self, test: &Test) -> Result<Ran> {
        if self.list.skipped(&test.path).is_some() {
            return Ok(Ran::Skipped);
        }
        let path = self.suite.join(&test.path);
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", test.path))?;
        let text = String::from_utf8_lossy(&bytes);
        let metadata = Metadata::of(&text);
        if metadata
            .features
            .iter()
            .any(|feature| self.list.features.contains_key(feature))
        {
            return Ok(Ran::Skipped);
        }
        let imports = test.path.starts_with(IMPORTS) && !test.path.starts_with(IMPORTS_NOTHING);
        let answer = if metadata.has_flag("module") || imports {
            self.module(test, &text, &metadata)?
        } else {
            self.script(&text, &metadata)?
        };
        Ok(match answer {
            Answer::Reply(Value::String(text)) if text == "pass" => Ran::Passed,
            Answer::Reply(Value::String(text)) => Ran::Failed(text),
            Answer::Reply(other) => Ran::Failed(format!("replied {other}")),
            Answer::Refused(why) => Ran::Failed(why),
        })
    }

    fn script(&self, text: &str, metadata: &Metadata) -> Result<Answer> {
        let event = json!({
            "test": text,
            "includes": metadata.includes,
            "raw": metadata.has_flag("raw"),
            "async": metadata.has_flag("async"),
            "negative": metadata.negative.as_ref().map(|kind| json!({"type": kind})),
        });
        self.server.invoke(FUNCTION, &event)
    }

    fn module(&self, test: &Test, text: &str, metadata: &Metadata) -> Result<Answer> {
        let mut harness = Vec::new();
        for name in ALWAYS
            .into_iter()
            .chain(metadata.includes.iter().map(String::as_str))
        {
            let text = self.harness.get(name);
            harness.push(
                text.with_context(|| format!("there is no harness file {name}"))?
                    .as_str(),
            );
        }
        let path = self.suite.join(&test.path);
        let archive = module::archive(&path, text, metadata, &self.main, &harness)?;
        let name = format!(
            "module-{}",
            &checksum::sha256_hex(test.path.as_bytes())[..16]
        );
        match self.server.put(&name, MODULE_SPEC, &archive)? {
            Answer::Reply(_) => {}
            refused => return Ok(refused),
        }
        let answer = self.server.invoke(&name, &Value::Null);
        self.server.delete(&name)?;
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_is_listed_under_two_folders() {
        assert_eq!(
            divide("built-ins/Array/from/x.js"),
            ("built-ins/Array", "from/x.js")
        );
        assert_eq!(divide("language/asi/x.js"), ("language/asi", "x.js"));
        assert_eq!(divide("built-ins/x.js"), ("built-ins", "x.js"));
    }

    #[test]
    fn gathered_harness_files_are_told_apart_and_tests_found() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("language/asi");
        fs::create_dir_all(&deep).unwrap();
        let gathered = "// GENERATED\n// file: a.js\nvar a;\n\n// file: b.js\nvar b;\n";
        for (name, text) in [
            (GATHERED, gathered),
            ("t.js", ""),
            ("x_FIXTURE.js", ""),
            ("browser.js", ""),
        ] {
            fs::write(deep.join(name), text).unwrap();
        }
        let (mut tests, mut harness) = (Vec::new(), BTreeMap::new());
        collect(folder.path(), folder.path(), &mut tests, &mut harness).unwrap();
        assert_eq!(tests.len(), 1);
        assert_eq!(tests[0].path, "language/asi/t.js");
        assert_eq!(harness["a.js"], "var a;\n\n");
        assert_eq!(harness["b.js"], "var b;\n");
    }
}
