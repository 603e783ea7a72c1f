//! Handlers and main files.

use hydra_package::{Entry, Package};

use crate::tree;

fn entry(package: &Package, handler: &str) -> (String, Option<String>) {
    let Entry { path, export } = package.entry(Some(handler)).unwrap();
    (path, export)
}

#[test]
fn a_handler_names_a_file_and_an_export_as_for_lambda() {
    let package = tree(&[
        "index.js",
        "src/app.js",
        "src/app.ts",
        "lib/esm.mjs",
        "lib/c.cjs",
        "lib/t.ts",
        "a.b.js",
        "a.js",
        "dotted.min.js",
        "package.json = {}",
    ]);
    for (handler, path, export) in [
        ("index.handler", "/index.js", Some("handler")),
        ("src/app.handler", "/src/app.js", Some("handler")),
        ("./src/app.handler", "/src/app.js", Some("handler")),
        ("/src/app.handler", "/src/app.js", Some("handler")),
        ("lib/esm.default", "/lib/esm.mjs", Some("default")),
        ("lib/c.run", "/lib/c.cjs", Some("run")),
        ("lib/t.run", "/lib/t.ts", Some("run")),
        ("index.api.users.get", "/index.js", Some("api.users.get")),
        ("a.b.c", "/a.js", Some("b.c")),
        ("dotted.min.run", "/dotted.min.js", Some("run")),
        ("src/app.js", "/src/app.js", None),
        ("src/app", "/src/app.js", None),
        ("lib/t.ts", "/lib/t.ts", None),
        ("handler", "/index.js", Some("handler")),
        ("api.get", "/index.js", Some("api.get")),
        ("index", "/index.js", Some("index")),
    ] {
        let export = export.map(str::to_owned);
        assert_eq!(
            entry(&package, handler),
            (path.to_owned(), export),
            "{handler}"
        );
    }
}

#[test]
fn a_handler_may_name_the_folder_that_was_zipped() {
    let package = tree(&["src/index.js", "src/app.js"]);
    assert_eq!(
        entry(&package, "src/app.run"),
        ("/app.js".to_owned(), Some("run".to_owned()))
    );
    assert_eq!(
        entry(&package, "app.run"),
        ("/app.js".to_owned(), Some("run".to_owned()))
    );
}

#[test]
fn without_a_handler_the_main_file_is_found() {
    for (files, expected) in [
        (
            &[
                "package.json = {\"main\":\"src/a.js\"}",
                "src/a.js",
                "index.js",
            ][..],
            "/src/a.js",
        ),
        (
            &[
                "package.json = {\"main\":\"src\"}",
                "src/index.mjs",
                "src/index.js",
            ],
            "/src/index.js",
        ),
        (
            &["package.json = {\"main\":\"a\"}", "a.ts", "index.js"],
            "/a.ts",
        ),
        (
            &["package.json = {\"main\":\"gone.js\"}", "index.mjs"],
            "/index.mjs",
        ),
        (
            &["package.json = {\"main\":\"dist/a.js\"}", "dist/a.ts"],
            "/dist/a.ts",
        ),
        (
            &[
                "package.json = {\"exports\":{\".\":{\"import\":\"./e.mjs\"}}}",
                "e.mjs",
                "index.js",
            ],
            "/e.mjs",
        ),
        (
            &[
                "package.json = {\"exports\":\"./e.js\",\"main\":\"m.js\"}",
                "e.js",
                "m.js",
            ],
            "/m.js",
        ),
        (&["index.mjs", "index.js"], "/index.js"),
        (&["index.mts", "other.js"], "/index.mts"),
        (
            &[
                "app.cjs",
                "README.md",
                "app.test.js",
                "app.d.ts",
                "eslint.config.js",
                "lib/x.js",
            ],
            "/app.cjs",
        ),
        (&["hello/app.js", "hello/data.json"], "/hello/app.js"),
        (
            &["hello/index.js", "node_modules/x/index.js"],
            "/hello/index.js",
        ),
    ] {
        let entry = tree(files).entry(None).unwrap();
        assert_eq!(
            (entry.path.as_str(), entry.export),
            (expected, None),
            "{files:?}"
        );
        assert_eq!(tree(files).entry(Some("")).unwrap().path, expected);
    }
    let single = Package::open("x".into(), "fn.ts").unwrap();
    assert_eq!(single.entry(None).unwrap().path, "/fn.ts");
    assert_eq!(single.entry(Some("run")).unwrap().path, "/fn.ts");
}

#[test]
fn a_choice_that_is_left_open_is_an_error_that_lists_it() {
    for (files, handler, message, hint) in [
        (
            &["a.js", "b.js"][..],
            None,
            "several source files",
            "there are a.js, b.js",
        ),
        (
            &["readme.md"],
            None,
            "no file to begin with",
            "there is no JavaScript",
        ),
        (
            &["x/a.js", "y/b.js"],
            None,
            "no file to begin with",
            "there are x/a.js, y/b.js",
        ),
        (
            &["src/app.js", "src/index.mjs", "z.txt"],
            Some("src/gone.run"),
            "\"src/gone.run\" names no file",
            "src/app.js",
        ),
        (
            &["package.json = {", "index.js"],
            None,
            "Invalid package config /package.json",
            "correct the file",
        ),
        (
            &["index.js"],
            Some("a\0b"),
            "control characters",
            "src/app.handler",
        ),
    ] {
        let error = tree(files).entry(handler).unwrap_err();
        assert!(error.to_string().contains(message), "{files:?}: {error}");
        assert!(
            error.hint().unwrap().contains(hint),
            "{files:?}: {:?}",
            error.hint()
        );
    }
}
