//! What is known to fail, and what is not run, each with a reason: the lists under `tests/conformance`.
//!
//! A run that differs from its list fails, whichever way it differs. Knows files and their parts ("subtests"), and
//! nothing of how they are run; test262 uses it with folders as files and tests as parts.
//!
//! In `[skip]` a name that ends with `/` is a folder; a name without a variant means all of them. In `[fail]` a `*` in
//! a part stands for any text; of what such an entry covers, one or more must fail.

use std::{collections::BTreeMap, fmt::Write, fs, path::Path};

use anyhow::{Context, Result};
use serde::Deserialize;

/// The longest reason that is taken from what a test said.
const REASON_CHARS_MAX: usize = 100;

/// A list, as its file has it.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct List {
    /// Features whose tests are not run.
    #[serde(default)]
    pub(crate) features: BTreeMap<String, String>,
    #[serde(default)]
    skip: BTreeMap<String, String>,
    #[serde(default)]
    fail: BTreeMap<String, BTreeMap<String, String>>,
    /// The comment that the file begins with.
    #[serde(skip)]
    head: String,
}

/// What one file came to.
pub(crate) struct Outcome {
    /// The file, with its variant.
    pub(crate) name: String,
    /// Its parts in order, with what was wrong with those that failed.
    pub(crate) parts: Vec<(String, Option<String>)>,
}

impl Outcome {
    /// Adds a part; of two of one name, one that failed counts.
    pub(crate) fn add(&mut self, part: (String, Option<String>)) {
        match self.parts.iter_mut().find(|(name, _)| *name == part.0) {
            Some(known) => known.1 = known.1.take().or(part.1),
            None => self.parts.push(part),
        }
    }

    fn failures(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parts
            .iter()
            .filter_map(|(part, wrong)| Some((part.as_str(), wrong.as_deref()?)))
    }

    /// How many parts failed.
    pub(crate) fn failed(&self) -> usize {
        self.failures().count()
    }
}

impl List {
    /// Reads the list; one that is not there is empty.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        if !path.exists() {
            return Ok(Self::default());
        }
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let list: Self =
            toml::from_str(&text).with_context(|| format!("{} is malformed", path.display()))?;
        let head: Vec<&str> = text
            .lines()
            .take_while(|line| line.starts_with('#'))
            .collect();
        Ok(Self {
            head: head.join("\n"),
            ..list
        })
    }

    /// Why the file is not run, if it is not.
    pub(crate) fn skipped(&self, name: &str) -> Option<&str> {
        let path = without_variant(name);
        let mut folders = path.match_indices('/').map(|(at, _)| &path[..=at]);
        let found = [name, path].iter().find_map(|name| self.skip.get(*name));
        found
            .or_else(|| folders.find_map(|folder| self.skip.get(folder)))
            .map(String::as_str)
    }

    fn known(&self, name: &str) -> Option<&BTreeMap<String, String>> {
        self.fail.get(name)
    }

    /// Every way in which the outcome differs from the list, in words.
    pub(crate) fn surprises(&self, outcome: &Outcome) -> Vec<String> {
        let none = BTreeMap::new();
        let known = self.known(&outcome.name).unwrap_or(&none);
        let name = &outcome.name;
        let mut surprises: Vec<String> = outcome
            .failures()
            .filter(|(part, _)| reason(known, part).is_none())
            .map(|(part, wrong)| format!("{name} | {part} | failed: {wrong}"))
            .collect();
        let fails = |pattern: &str| outcome.failures().any(|(part, _)| matches(pattern, part));
        let idle = known.keys().filter(|pattern| !fails(pattern));
        surprises.extend(idle.map(|part| format!("{name} | {part} | is listed and did not fail")));
        surprises
    }

    /// Makes the list what the outcome was; reasons that still apply stay, and so do entries for what did not run.
    pub(crate) fn learn(&mut self, outcome: &Outcome) {
        let old = self.fail.remove(&outcome.name).unwrap_or_default();
        let ran = |pattern: &str| outcome.parts.iter().any(|(part, _)| matches(pattern, part));
        let unrun = old.iter().filter(|(pattern, _)| !ran(pattern));
        let mut new: BTreeMap<String, String> = unrun
            .map(|(pattern, reason)| (pattern.clone(), reason.clone()))
            .collect();
        for (part, wrong) in outcome.failures() {
            let (part, reason) = match reason(&old, part) {
                Some((pattern, reason)) => (pattern.to_owned(), reason.to_owned()),
                None => (part.to_owned(), shortened(wrong)),
            };
            new.insert(part, reason);
        }
        if !new.is_empty() {
            self.fail.insert(outcome.name.clone(), new);
        }
    }

    /// Drops what is listed for files that `exists` denies or that are not run.
    pub(crate) fn keep(&mut self, exists: impl Fn(&str) -> bool) {
        let mut fail = std::mem::take(&mut self.fail);
        fail.retain(|name, _| exists(name) && self.skipped(name).is_none());
        self.fail = fail;
    }

    /// Forgets entries of these files that no part that ran falls under.
    pub(crate) fn narrow(&mut self, outcomes: &[Outcome]) {
        for outcome in outcomes {
            if let Some(known) = self.fail.get_mut(&outcome.name) {
                known.retain(|pattern, _| {
                    outcome.parts.iter().any(|(part, _)| matches(pattern, part))
                });
            }
        }
    }

    /// How many entries `[fail]` has.
    pub(crate) fn len(&self) -> usize {
        self.fail.values().map(BTreeMap::len).sum()
    }

    /// Writes the list.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        fs::write(path, self.text()).with_context(|| format!("cannot write {}", path.display()))
    }

    fn text(&self) -> String {
        let mut text = format!("{}\n", self.head);
        let mut table = |head: String, entries: &BTreeMap<String, String>| {
            if !entries.is_empty() {
                // Writing to a string does not fail.
                let _ = writeln!(text, "\n[{head}]");
                for (key, value) in entries {
                    let _ = writeln!(text, "{} = {}", quoted(key), quoted(value));
                }
            }
        };
        table("features".to_owned(), &self.features);
        table("skip".to_owned(), &self.skip);
        for (name, parts) in &self.fail {
            table(format!("fail.{}", quoted(name)), parts);
        }
        text
    }
}

fn without_variant(name: &str) -> &str {
    name.split_once('?').map_or(name, |(path, _)| path)
}

fn matches(pattern: &str, part: &str) -> bool {
    if pattern == part {
        return true;
    }
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| part.strip_prefix(first)) else {
        return false;
    };
    let mut last = None;
    for piece in pieces {
        if let Some(between) = last.replace(piece) {
            match rest.split_once(between) {
                Some((_, after)) => rest = after,
                None => return false,
            }
        }
    }
    last.is_some_and(|last| rest.ends_with(last))
}

/// The entry that `part` falls under, an exact one first.
fn reason<'a>(known: &'a BTreeMap<String, String>, part: &str) -> Option<(&'a str, &'a str)> {
    let found = known.get_key_value(part).or_else(|| {
        let mut patterns = known.iter();
        patterns.find(|(pattern, _)| matches(pattern, part))
    });
    found.map(|(pattern, reason)| (pattern.as_str(), reason.as_str()))
}

/// What a test said, as one line.
fn shortened(said: &str) -> String {
    let line: String = said.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(REASON_CHARS_MAX) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

/// A TOML string: as JSON writes it, and the one character more that TOML wants escaped.
fn quoted(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    json.replace('\u{7f}', "\\u007F")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(name: &str, parts: &[(&str, Option<&str>)]) -> Outcome {
        let own =
            |(part, wrong): &(&str, Option<&str>)| ((*part).to_owned(), wrong.map(str::to_owned));
        Outcome {
            name: name.to_owned(),
            parts: parts.iter().map(own).collect(),
        }
    }

    fn list(text: &str) -> List {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn a_run_that_differs_from_the_list_either_way_is_a_surprise() {
        let list = list("[fail.'a.any.js']\n'known' = 'r'\n'group *' = 'r'");
        let check = |parts: &[_], expected: &[&str]| {
            assert_eq!(list.surprises(&outcome("a.any.js", parts)), expected);
        };
        let group = ("group 1", Some("x"));
        check(&[("known", Some("x")), group, ("fine", None)], &[]);
        check(
            &[("known", Some("x")), group, ("fine", Some("no"))],
            &["a.any.js | fine | failed: no"],
        );
        check(
            &[("known", None), group],
            &["a.any.js | known | is listed and did not fail"],
        );
        check(
            &[("known", Some("x")), ("group 1", None)],
            &["a.any.js | group * | is listed and did not fail"],
        );
    }

    #[test]
    fn what_is_learnt_keeps_its_reasons_and_is_read_back() {
        let mut list = list(
            "[skip]\n'x/' = 'none'\n[fail.'a']\n'old' = 'because'\n'gone' = 'g'\n'g*' = 'all'",
        );
        let learnt = outcome(
            "a",
            &[
                ("old", Some("x")),
                ("new\u{0}\u{7f}\"", Some("a\n b")),
                ("gone", None),
                ("g1", Some("y")),
            ],
        );
        list.learn(&learnt);
        list.head = "# Head.".to_owned();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.toml");
        list.write(&path).unwrap();
        let again = List::read(&path).unwrap();
        assert_eq!(again.head, "# Head.");
        assert_eq!(again.len(), 3);
        assert!(again.surprises(&learnt).is_empty());
        assert_eq!(again.fail["a"]["old"], "because");
        assert_eq!(again.fail["a"]["new\u{0}\u{7f}\""], "a b");
        assert_eq!(again.fail["a"]["g*"], "all");
        assert_eq!(again.skipped("x/y/z.any.js?1"), Some("none"));
    }

    #[test]
    fn a_star_stands_for_any_text() {
        let check = |pattern, part, expected| {
            assert_eq!(matches(pattern, part), expected, "{pattern} {part}");
        };
        check("a", "a", true);
        check("a", "ab", false);
        check("a*", "ab", true);
        check("*b", "ab", true);
        check("*", "", true);
        check("a*c*e", "abcde", true);
        check("a*c*e", "abde", false);
        check("a*ba", "aba", true);
        check("ab*ba", "aba", false);
        check("a*b", "a*b", true);
        check("*x*", "axb", true);
        check("*x*", "ab", false);
    }

    #[test]
    fn a_file_is_skipped_by_its_variant_its_path_or_a_folder() {
        let list = list("[skip]\n'a/b.any.js' = '1'\n'a/c.any.js?v' = '2'\n'd/' = '3'");
        let check = |name, expected| assert_eq!(list.skipped(name), expected, "{name}");
        check("a/b.any.js?x", Some("1"));
        check("a/c.any.js?v", Some("2"));
        check("a/c.any.js", None);
        check("d/e/f.any.js", Some("3"));
        check("dd/f.any.js", None);
    }
}
