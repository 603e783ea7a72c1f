//! What a package does with uploads, specifiers, handlers, types and folders.

#![expect(clippy::unwrap_used, reason = "a test may panic, its helpers too")]

mod answers;
mod entry;
mod exports;
mod hostile;
mod node_modules;
mod pack;
mod resolve;
mod store;
mod text;
mod tree;
mod types;

use std::io::{Cursor, Write};

use bytes::Bytes;
use hydra_package::{How, Package, Resolved};
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

fn options() -> SimpleFileOptions {
    let time = DateTime::from_date_and_time(2024, 3, 1, 12, 0, 0).unwrap();
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(time)
}

/// A zip of files, by name and text; a name with a slash at the end is a folder.
fn zip(files: &[(&str, &str)]) -> Bytes {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        if name.ends_with('/') {
            zip.add_directory(*name, options()).unwrap();
        } else {
            zip.start_file(*name, options()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
    }
    zip.finish().unwrap().into_inner().into()
}

fn package(files: &[(&str, &str)]) -> Package {
    Package::open(zip(files), "index.js").unwrap()
}

/// The package of files that are all empty, but for `package.json`s given as `path = json`.
fn tree(files: &[&str]) -> Package {
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|file| file.split_once(" = ").unwrap_or((file, "")))
        .collect();
    package(&files)
}

fn is_builtin(name: &str) -> bool {
    ["fs", "path", "fs/promises", "test", "process", "buffer"].contains(&name)
}

/// What a specifier leads to: a path, `node:name`, or the code of the error.
fn resolve(package: &Package, specifier: &str, from: &str, how: How) -> String {
    match package.resolve(specifier, from, how, &is_builtin) {
        Ok(Resolved::File { path, .. }) => path,
        Ok(Resolved::Builtin(name)) => format!("node:{name}"),
        Err(error) => error.code.to_owned(),
    }
}

/// Questions to one tree: who asks, from which file, what, and the answer.
fn check(package: &Package, questions: &[(How, &str, &str, &str)]) {
    for (how, from, specifier, expected) in questions {
        let found = resolve(package, specifier, from, *how);
        assert_eq!(found, *expected, "{how:?} of {specifier} from {from}");
    }
}
