//! Tests that are modules, or that import some: each becomes a function of its own, an archive of the test, what lies
//! beside it to be imported, and a main file that imports the test while the function is loaded.
//!
//! Scripts that import are CommonJS here, which is a function's body and not a script; few can tell.

use std::{
    fs,
    io::{Cursor, Write},
    path::Path,
};

use anyhow::{Context, Result};
use serde_json::json;
use zip::{ZipWriter, write::SimpleFileOptions};

use super::{FIXTURE_ENDING, metadata::Metadata};

const MAIN: &str = "index.mjs";

/// The archive for the test at `path`, whose text is `text`. `main` is the main file's text; `harness` are the texts
/// to evaluate first.
pub(super) fn archive(
    path: &Path,
    text: &str,
    metadata: &Metadata,
    main: &str,
    harness: &[&str],
) -> Result<Vec<u8>> {
    let is_module = metadata.has_flag("module");
    let name = path.file_name().context("a test without a name")?;
    let name = name.to_string_lossy();
    let test = json!({
        "file": name,
        "async": metadata.has_flag("async"),
        "negative": metadata.negative,
    });
    let main = format!(
        "const HARNESS = {};\nconst TEST = {test};\n{main}",
        serde_json::to_string(harness)?
    );
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let mut add = |name: &str, bytes: &[u8]| -> Result<()> {
        zip.start_file(name, SimpleFileOptions::default())?;
        Ok(zip.write_all(bytes)?)
    };
    // What is imported is a module, whatever the test itself is.
    let package = json!({"type": "module", "main": MAIN}).to_string();
    add("package.json", package.as_bytes())?;
    add(MAIN, main.as_bytes())?;
    if is_module {
        add(&name, text.as_bytes())?;
    } else {
        add("test.cjs", text.as_bytes())?;
        add(&name, b"import \"./test.cjs\";\n")?;
    }
    let folder = path.parent().context("a test without a folder")?;
    for other in beside(folder, &name, text)? {
        add(&other, &fs::read(folder.join(&other))?)?;
    }
    Ok(zip.finish()?.into_inner())
}

/// What lies in `folder` for the test called `name` to import: fixtures, data, and tests that one of them names.
fn beside(folder: &Path, name: &str, text: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut others = Vec::new();
    let mut texts = vec![text.to_owned()];
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let other = entry.file_name().to_string_lossy().into_owned();
        if other.ends_with(FIXTURE_ENDING) {
            texts.push(String::from_utf8_lossy(&fs::read(entry.path())?).into_owned());
            found.push(other);
        } else if other.ends_with(".json") {
            found.push(other);
        } else if other != name {
            others.push(other);
        }
    }
    let is_named = |other: &String| {
        let specifier = format!("./{other}'");
        texts.iter().any(|text| text.contains(&specifier))
    };
    found.extend(others.into_iter().filter(is_named));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn an_archive_has_the_test_its_fixtures_and_a_main_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.js");
        fs::write(
            folder.path().join("x_FIXTURE.js"),
            "export * from './named.js'",
        )
        .unwrap();
        for name in ["other.js", "named.js", "t.js"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let metadata = Metadata::of("/*---\nflags: [module, async]\n---*/");
        let bytes = archive(&path, "import './x_FIXTURE.js'", &metadata, "MAIN", &["h"]).unwrap();
        let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut names: Vec<String> = zip
            .file_names()
            .map(|name| name.unwrap().into_owned())
            .collect();
        names.sort();
        assert_eq!(
            names,
            [
                "index.mjs",
                "named.js",
                "package.json",
                "t.js",
                "x_FIXTURE.js"
            ]
        );
        let mut main = String::new();
        zip.by_name(MAIN)
            .unwrap()
            .read_to_string(&mut main)
            .unwrap();
        assert_eq!(
            main,
            "const HARNESS = [\"h\"];\nconst TEST = {\"async\":true,\"file\":\"t.js\",\"negative\":null};\nMAIN"
        );
    }
}
