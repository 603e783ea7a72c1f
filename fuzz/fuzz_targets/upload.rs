//! What users upload: modules, sources, zips. Nothing may panic, and a module that is accepted stays acceptable.
//!
//! Of a package, the entry is found for a few handlers, and what its main file and every file at the top ask for is
//! resolved.

#![no_main]

use bytes::Bytes;
use hydra_package::{How, Package};
use libfuzzer_sys::fuzz_target;

const HANDLERS: [Option<&str>; 4] = [
    None,
    Some("handler"),
    Some("src/app.handler"),
    Some("../a.b.c"),
];
const SPECIFIERS: [&str; 8] = [
    "./a",
    "..",
    "/index.js",
    "dep",
    "dep/sub",
    "@scope/dep/x.mjs",
    "#mine",
    "node:fs",
];

fn walk(package: &Package) {
    for handler in HANDLERS {
        let Ok(entry) = package.entry(handler) else {
            continue;
        };
        let found = package.metadata(&entry.path);
        assert!(
            found.is_some_and(|found| !found.is_dir),
            "the entry {} is no file",
            entry.path
        );
        let _ = package.source(&entry.path);
        for how in [How::Require, How::Import] {
            for specifier in SPECIFIERS {
                let _ = package.resolve(specifier, &entry.path, how, &|name| name == "fs");
            }
        }
    }
    for (name, is_dir) in package.list("/").unwrap_or_default() {
        let path = format!("/{name}");
        if !is_dir {
            let _ = (
                package.kind(&path),
                package.read(&path),
                package.source(&path),
            );
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    hydra_sandbox_wasm::fuzzing::split_module(bytes);
    hydra_sandbox_wasm::fuzzing::read_archive(bytes);
    if let Ok(package) = Package::open(Bytes::copy_from_slice(bytes), "index.js") {
        walk(&package);
    }
});
