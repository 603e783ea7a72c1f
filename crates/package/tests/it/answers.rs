//! What comes with a file, and what an error says.

use hydra_package::{
    How::{Import, Require},
    Kind, Package, Resolved,
};

use crate::{is_builtin, tree};

#[test]
fn the_kind_of_a_file_is_told_by_its_name_and_the_nearest_manifest() {
    let package = tree(&[
        "a.js",
        "esm/package.json = {\"type\":\"module\"}",
        "esm/a.js",
        "cjs/package.json = {\"type\":\"commonjs\"}",
        "esm/deep/package.json = {}",
        "node_modules/p/package.json = {}",
        "node_modules/q/package.json = {\"type\":\"module\"}",
    ]);
    for (path, expected) in [
        ("/a.js", Kind::Unknown),
        ("/a.ts", Kind::Unknown),
        ("/a", Kind::Unknown),
        ("/esm/a.js", Kind::Module),
        ("/esm/lib/a.ts", Kind::Module),
        ("/esm/deep/a.js", Kind::Unknown),
        ("/esm/a.cjs", Kind::CommonJs),
        ("/esm/a.cts", Kind::CommonJs),
        ("/cjs/a.js", Kind::CommonJs),
        ("/cjs/a.mjs", Kind::Module),
        ("/cjs/a.mts", Kind::Module),
        ("/node_modules/p/a.js", Kind::CommonJs),
        ("/node_modules/bare/a.js", Kind::CommonJs),
        ("/node_modules/q/a.js", Kind::Module),
        ("/a.json", Kind::Json),
        ("/a.node", Kind::Native),
        ("/a.wasm", Kind::Wasm),
        ("/a.txt", Kind::Text),
        ("/a.foo", Kind::Text),
    ] {
        assert_eq!(package.kind(path), expected, "{path}");
    }
    let files = tree(&["i.js", "a.foo"]);
    let found = files
        .resolve("./a.foo", "/i.js", Require, &is_builtin)
        .unwrap();
    let expected = Resolved::File {
        path: "/a.foo".to_owned(),
        kind: Kind::Unknown,
    };
    assert_eq!(found, expected);
}

#[test]
fn errors_say_who_asked_and_what_to_do() {
    let package = tree(&[
        "src/i.js",
        "src/utils.js",
        "src/Helper.js",
        "src/dir/index.js",
        "node_modules/lodash/index.js",
        "node_modules/@scope/thing/index.js",
        "node_modules/sharp/package.json = {\"main\":\"x.node\"}",
        "node_modules/sharp/x.node",
        "node_modules/p/package.json = {\"exports\":{\".\":\"./i.js\",\"./a\":\"./a.js\"}}",
    ]);
    for (how, specifier, message, hint) in [
        (
            Import,
            "./utils",
            "Cannot find module '/src/utils' imported from /src/i.js",
            "did you mean './utils.js'?",
        ),
        (
            Import,
            "./helper.js",
            "Cannot find module '/src/helper.js' imported",
            "did you mean './Helper.js'?",
        ),
        (
            Import,
            "./utlis.js",
            "Cannot find module",
            "did you mean './utils.js'?",
        ),
        (
            Require,
            "./nope/x",
            "Cannot find module './nope/x'\nRequire stack:\n- /src/i.js",
            "there is no folder /src/nope",
        ),
        (
            Import,
            "./dir",
            "Directory import '/src/dir'",
            "import the file: '/src/dir/index.js'",
        ),
        (
            Import,
            "lodahs",
            "Cannot find package 'lodahs' imported from /src/i.js",
            "did you mean 'lodash'?",
        ),
        (
            Import,
            "@scope/thign",
            "Cannot find package '@scope/thign'",
            "did you mean '@scope/thing'?",
        ),
        (
            Import,
            "express",
            "Cannot find package 'express'",
            "npm install express",
        ),
        (
            Require,
            "express",
            "Cannot find module 'express'",
            "add it to node_modules",
        ),
        (
            Import,
            "utils",
            "Cannot find package 'utils'",
            "did you mean './utils.js'?",
        ),
        (
            Import,
            "p/b",
            "Package subpath './b' is not defined by \"exports\" in /node_modules/p/package.json",
            "it exports ., ./a",
        ),
        (
            Require,
            "sharp",
            "Cannot load the native addon '/node_modules/sharp/x.node'",
            "the package sharp needs machine code",
        ),
    ] {
        let error = package
            .resolve(specifier, "/src/i.js", how, &is_builtin)
            .unwrap_err();
        assert!(
            error.message.starts_with(message),
            "{specifier}: {}",
            error.message
        );
        let said = error.hint.unwrap_or_default();
        assert!(said.contains(hint), "{specifier}: {said}");
    }
    let single = Package::open("x".into(), "index.js").unwrap();
    let error = single
        .resolve("zod", "/index.js", Import, &is_builtin)
        .unwrap_err();
    assert!(error.hint.unwrap().contains("one file has no packages"));
}
