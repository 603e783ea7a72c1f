//! Test files of the Web Platform Tests: which there are, what their `// META:` lines ask for, what they fetch.
//!
//! Only `*.any.js` are tests here; the rest need a document. Looks at text and runs nothing.

use std::{
    collections::BTreeMap,
    fs,
    path::{Component, Path, PathBuf},
};

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// What a test sees as its origin; nothing is served there.
const ORIGIN: &str = "http://web-platform.test:8000";
const TEST_ENDING: &str = ".any.js";
/// Parses interface definitions; the suite's own server knows it by another path.
const IDL_PARSER: (&str, &str) = (
    "resources/WebIDLParser.js",
    "resources/webidl2/lib/webidl2.js",
);
const IDL_HARNESS: &str = "resources/idlharness.js";

/// One run of one file.
pub(super) struct TestFile {
    /// The path from the root, with the variant: `url/url-constructor.any.js?include=file`.
    pub(super) name: String,
    root: PathBuf,
    path: String,
    variant: String,
    /// Whether the file says that it needs longer.
    pub(super) is_long: bool,
    scripts: Vec<String>,
}

/// Every test below `root`, one for each variant, by name.
pub(super) fn find(root: &Path) -> Result<Vec<TestFile>> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries =
            fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(TEST_ENDING) {
                found.extend(read(root, &path)?);
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn read(root: &Path, file: &Path) -> Result<Vec<TestFile>> {
    let path = file.strip_prefix(root)?.to_string_lossy().into_owned();
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {path}"))?;
    let meta: Vec<(&str, &str)> = text.lines().filter_map(meta).collect();
    let all = |wanted: &str| -> Vec<String> {
        let values = meta.iter().filter(|(key, _)| *key == wanted);
        values.map(|(_, value)| (*value).to_owned()).collect()
    };
    let mut variants = all("variant");
    if variants.is_empty() {
        variants.push(String::new());
    }
    let scripts: Vec<String> = all("script")
        .iter()
        .map(|script| resolve(&path, script))
        .collect();
    Ok(variants
        .into_iter()
        .map(|variant| TestFile {
            name: format!("{path}{variant}"),
            root: root.to_owned(),
            path: path.clone(),
            is_long: meta.contains(&("timeout", "long")),
            scripts: scripts.clone(),
            variant,
        })
        .collect())
}

/// The key and value of `// META: key=value`.
fn meta(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.strip_prefix("// META:")?.split_once('=')?;
    Some((key.trim(), value.trim()))
}

/// A reference in the file `from`, as a path from the root.
fn resolve(from: &str, reference: &str) -> String {
    let base = match reference.strip_prefix('/') {
        Some(absolute) => PathBuf::from(absolute),
        None => Path::new(from)
            .parent()
            .unwrap_or(Path::new(""))
            .join(reference),
    };
    let mut parts: Vec<String> = Vec::new();
    for component in base.components() {
        match component {
            Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
            Component::ParentDir => drop(parts.pop()),
            _ => {}
        }
    }
    parts.join("/")
}

/// Every text that `code` seems to fetch by a literal name.
fn fetched(code: &str) -> Vec<&str> {
    ["fetch(", "fetch_json("]
        .iter()
        .flat_map(|call| {
            code.match_indices(call)
                .map(|(at, call)| &code[at + call.len()..])
        })
        .filter_map(|rest| {
            let quote = rest
                .chars()
                .next()
                .filter(|c| matches!(c, '"' | '\'' | '`'))?;
            rest[1..].split_once(quote).map(|(name, _)| name)
        })
        .collect()
}

impl TestFile {
    /// The event for the function that runs it. `harness` is the path of testharness.js, `more` is put behind `&` or
    /// `?` of the location, `limit_ms` is how long the test may take.
    pub(super) fn event(&self, harness: &Path, more: &str, limit_ms: u64) -> Result<Value> {
        let mut scripts = vec![script("testharness.js", read_text(harness)?)];
        let mut files = BTreeMap::new();
        let names = self.scripts.iter().chain([&self.path]);
        for name in names {
            let file = if name == IDL_PARSER.0 {
                IDL_PARSER.1
            } else {
                name.as_str()
            };
            let text = read_text(&self.root.join(file))?;
            for fetched in fetched(&text) {
                self.offer(&mut files, &resolve(&self.path, fetched));
            }
            if name == IDL_HARNESS {
                self.offer_interfaces(&mut files)?;
            }
            scripts.push(script(name, text));
        }
        let mut location = format!("{ORIGIN}/{}{}", self.path, self.variant);
        if !more.is_empty() {
            location.push(if self.variant.is_empty() { '?' } else { '&' });
            location.push_str(more);
        }
        Ok(json!({"scripts": scripts, "files": files, "location": location, "limit_ms": limit_ms}))
    }

    /// Adds the file to what the test may fetch, if it is there and is text.
    fn offer(&self, files: &mut BTreeMap<String, String>, path: &str) {
        if let Ok(text) = fs::read_to_string(self.root.join(path)) {
            files.insert(format!("{ORIGIN}/{path}"), text);
        }
    }

    fn offer_interfaces(&self, files: &mut BTreeMap<String, String>) -> Result<()> {
        let folder = self.root.join("interfaces");
        for entry in fs::read_dir(&folder).context("the suite has no interfaces")? {
            let name = entry?.file_name();
            self.offer(files, &format!("interfaces/{}", name.to_string_lossy()));
        }
        Ok(())
    }
}

fn read_text(path: &Path) -> Result<String> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn script(name: &str, text: String) -> Value {
    json!({"name": name, "text": text})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_resolved_from_the_file_or_the_root() {
        let check = |reference, expected| {
            assert_eq!(resolve("a/b/c.any.js", reference), expected, "{reference}");
        };
        check("x.js", "a/b/x.js");
        check("./x.js", "a/b/x.js");
        check("../r/x.js", "a/r/x.js");
        check("/common/x.js", "common/x.js");
        check("../../../../x.js", "x.js");
    }

    #[test]
    fn what_a_test_fetches_by_name_is_found() {
        let code = r#"fetch("a.json").then(); fetch_json('b.json'); fetch(url); fetch(`c.txt`)"#;
        assert_eq!(fetched(code), ["a.json", "c.txt", "b.json"]);
    }

    #[test]
    fn a_file_is_one_test_for_each_of_its_variants() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("area");
        fs::create_dir(&folder).unwrap();
        fs::write(
            folder.join("x.any.js"),
            "// META: timeout=long\n// META: variant=?1-2\n// META: variant=?3-4\n// META: script=h.js\ntest();",
        )
        .unwrap();
        fs::write(folder.join("h.js"), "fetch('h.js')").unwrap();
        fs::write(folder.join("x.html"), "").unwrap();
        let found = find(root.path()).unwrap();
        let names: Vec<&str> = found.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["area/x.any.js?1-2", "area/x.any.js?3-4"]);
        assert!(found[0].is_long);
        let event = found[1].event(&folder.join("h.js"), "port=1", 9).unwrap();
        assert_eq!(
            event["location"],
            format!("{ORIGIN}/area/x.any.js?3-4&port=1")
        );
        assert_eq!(event["scripts"][1]["name"], "area/h.js");
        assert_eq!(
            event["files"][format!("{ORIGIN}/area/h.js")],
            "fetch('h.js')"
        );
    }
}
