//! Node's rules, one by one: builtins, paths, URLs, packages, TypeScript.

use hydra_package::How::{Import, Require};

use crate::{check, tree};

#[test]
fn builtins_come_first_and_some_only_with_their_prefix() {
    let package = tree(
        &[
            "/i.js",
            "node_modules/fs/index.js",
            "node_modules/test/index.js",
            "node_modules/process/index.js",
        ]
        .map(|file| file.trim_start_matches('/')),
    );
    check(
        &package,
        &[
            (Import, "/i.js", "fs", "node:fs"),
            (Require, "/i.js", "fs", "node:fs"),
            (Import, "/i.js", "node:fs/promises", "node:fs/promises"),
            (Import, "/i.js", "fs/promises", "node:fs/promises"),
            (
                Import,
                "/i.js",
                "node:nothing",
                "ERR_UNKNOWN_BUILTIN_MODULE",
            ),
            (
                Require,
                "/i.js",
                "node:nothing",
                "ERR_UNKNOWN_BUILTIN_MODULE",
            ),
            (Require, "/i.js", "test", "/node_modules/test/index.js"),
            (Import, "/i.js", "node:test", "node:test"),
            (
                Require,
                "/i.js",
                "process/",
                "/node_modules/process/index.js",
            ),
            (Import, "/i.js", "process/", "ERR_INVALID_MODULE_SPECIFIER"),
        ],
    );
}

#[test]
fn import_takes_relative_urls_as_they_are() {
    let package = tree(&[
        "a/i.js",
        "a/b.js",
        "a/b.json",
        "c d.js",
        "top.mjs",
        "a/dir/index.js",
        "a/é.js",
        "a/x?y.js",
    ]);
    check(
        &package,
        &[
            (Import, "/a/i.js", "./b.js", "/a/b.js"),
            (Import, "/a/i.js", "../top.mjs", "/top.mjs"),
            (Import, "/a/i.js", "../../../top.mjs", "/top.mjs"),
            (Import, "/a/i.js", "/top.mjs", "/top.mjs"),
            (Import, "/a/i.js", "./b.json", "/a/b.json"),
            (Import, "/a/i.js", "./b.js?v=1#x", "/a/b.js"),
            (Import, "/a/i.js", "../c%20d.js", "/c d.js"),
            (Import, "/a/i.js", "../c d.js", "/c d.js"),
            (Import, "/a/i.js", "./%C3%A9.js", "/a/é.js"),
            (Import, "/a/i.js", "./x%3Fy.js", "/a/x?y.js"),
            (
                Import,
                "/a/i.js",
                "./b%2Fc.js",
                "ERR_INVALID_MODULE_SPECIFIER",
            ),
            (
                Import,
                "/a/i.js",
                "./b%5cc.js",
                "ERR_INVALID_MODULE_SPECIFIER",
            ),
            (
                Import,
                "/a/i.js",
                "./%zz.js",
                "ERR_INVALID_MODULE_SPECIFIER",
            ),
            (Import, "/a/i.js", "./b", "ERR_MODULE_NOT_FOUND"),
            (Import, "/a/i.js", "./dir", "ERR_UNSUPPORTED_DIR_IMPORT"),
            (Import, "/a/i.js", ".", "ERR_UNSUPPORTED_DIR_IMPORT"),
            (Import, "/a/i.js", "", "ERR_INVALID_MODULE_SPECIFIER"),
            (Import, "/a/i.js", "file:///top.mjs", "/top.mjs"),
            (Import, "/a/i.js", "file:///c%20d.js", "/c d.js"),
            (
                Import,
                "/a/i.js",
                "file://host/top.mjs",
                "ERR_INVALID_MODULE_SPECIFIER",
            ),
            (Import, "file:///a/i.js", "./b.js", "/a/b.js"),
            (
                Import,
                "/a/i.js",
                "https://x.test/a.js",
                "ERR_UNSUPPORTED_ESM_URL_SCHEME",
            ),
            (
                Import,
                "/a/i.js",
                "data:text/javascript,1",
                "ERR_UNSUPPORTED_ESM_URL_SCHEME",
            ),
        ],
    );
}

#[test]
fn require_tries_endings_and_folders() {
    let package = tree(&[
        "i.js",
        "a.js",
        "a.json",
        "a/index.js",
        "b.json",
        "c/index.json",
        "d/package.json = {\"main\":\"lib\"}",
        "d/lib.js",
        "e/package.json = {\"main\":\"lib\"}",
        "e/lib/index.js",
        "f/package.json = {\"main\":\"gone\"}",
        "f/index.js",
        "g.mjs",
        "h%20.js",
        "only/x.txt",
        "j.node",
        "sub/k.js",
    ]);
    check(
        &package,
        &[
            (Require, "/i.js", "./a", "/a.js"),
            (Require, "/i.js", "./a/", "/a/index.js"),
            (Require, "/i.js", "./a.json", "/a.json"),
            (Require, "/i.js", "./b", "/b.json"),
            (Require, "/i.js", "./c", "/c/index.json"),
            (Require, "/i.js", "./d", "/d/lib.js"),
            (Require, "/i.js", "./e", "/e/lib/index.js"),
            (Require, "/i.js", "./f", "/f/index.js"),
            (Require, "/i.js", "./g", "MODULE_NOT_FOUND"),
            (Require, "/i.js", "./g.mjs", "/g.mjs"),
            (Require, "/i.js", "./h%20", "/h%20.js"),
            (Require, "/i.js", "./only", "MODULE_NOT_FOUND"),
            (Require, "/i.js", "./j", "ERR_DLOPEN_FAILED"),
            (Require, "/sub/k.js", "..", "MODULE_NOT_FOUND"),
            (Require, "/a/index.js", ".", "/a/index.js"),
            (Require, "/a/index.js", "/b.json", "/b.json"),
        ],
    );
}

#[test]
fn bare_names_are_looked_for_in_every_node_modules_above() {
    let package = tree(&[
        "src/deep/i.js",
        "node_modules/x/index.js",
        "src/node_modules/y/index.js",
        "node_modules/y/index.js",
        "node_modules/@s/p/package.json = {\"main\":\"./m.js\"}",
        "node_modules/@s/p/m.js",
        "node_modules/@s/p/sub/f.js",
        "node_modules/x/node_modules/z/index.js",
        "node_modules/one.js",
        "node_modules/x/lib.js",
        "node_modules/mod/package.json = {\"main\":\"m\",\"module\":\"es.js\"}",
        "node_modules/mod/m.js",
        "node_modules/mod/es.js",
        "node_modules/none/readme.md",
    ]);
    let from = "/src/deep/i.js";
    for how in [Import, Require] {
        check(
            &package,
            &[
                (how, from, "x", "/node_modules/x/index.js"),
                (how, from, "y", "/src/node_modules/y/index.js"),
                (how, "/i.js", "y", "/node_modules/y/index.js"),
                (how, from, "@s/p", "/node_modules/@s/p/m.js"),
                (how, from, "@s/p/sub/f.js", "/node_modules/@s/p/sub/f.js"),
                (
                    how,
                    "/node_modules/x/lib.js",
                    "z",
                    "/node_modules/x/node_modules/z/index.js",
                ),
                (
                    how,
                    "/node_modules/x/lib.js",
                    "y",
                    "/node_modules/y/index.js",
                ),
                (how, from, "mod", "/node_modules/mod/m.js"),
                (how, from, "@s", "ERR_INVALID_MODULE_SPECIFIER"),
                (how, from, "a\\b", "ERR_INVALID_MODULE_SPECIFIER"),
                (how, from, ".hidden", "ERR_INVALID_MODULE_SPECIFIER"),
                (how, from, "x/../y", "/node_modules/y/index.js"),
            ][..if how == Import { 11 } else { 12 }],
        );
    }
    check(
        &package,
        &[
            (Import, from, "z", "ERR_MODULE_NOT_FOUND"),
            (Require, from, "z", "MODULE_NOT_FOUND"),
            (Require, from, "x/lib", "/node_modules/x/lib.js"),
            (Import, from, "x/lib", "ERR_MODULE_NOT_FOUND"),
            (Require, from, "one", "/node_modules/one.js"),
            (Import, from, "one", "ERR_MODULE_NOT_FOUND"),
            (Import, from, "none", "ERR_MODULE_NOT_FOUND"),
        ],
    );
}

#[test]
fn typescript_stands_in_for_javascript() {
    let package = tree(&[
        "i.js",
        "i.ts",
        "a.ts",
        "m.mts",
        "c.cts",
        "both.js",
        "both.ts",
        "dir/index.ts",
        "lib.js",
        "node_modules/w/package.json = {\"exports\":\"./main.js\"}",
        "node_modules/w/main.ts",
    ]);
    check(
        &package,
        &[
            (Import, "/i.js", "./a.ts", "/a.ts"),
            (Import, "/i.js", "./a.js", "/a.ts"),
            (Import, "/i.ts", "./m.mjs", "/m.mts"),
            (Import, "/i.ts", "./c.cjs", "/c.cts"),
            (Import, "/i.ts", "./both.js", "/both.js"),
            (Import, "/i.ts", "./a", "/a.ts"),
            (Import, "/i.ts", "./both", "/both.ts"),
            (Import, "/i.ts", "./lib", "/lib.js"),
            (Import, "/i.ts", "./dir", "/dir/index.ts"),
            (Import, "/i.js", "./a", "ERR_MODULE_NOT_FOUND"),
            (Import, "/i.js", "./dir", "ERR_UNSUPPORTED_DIR_IMPORT"),
            (Require, "/i.js", "./a", "/a.ts"),
            (Require, "/i.js", "./c", "/c.cts"),
            (Require, "/i.js", "./both", "/both.js"),
            (Require, "/i.ts", "./both", "/both.ts"),
            (Require, "/i.js", "./dir", "/dir/index.ts"),
            (Import, "/i.js", "w", "/node_modules/w/main.ts"),
        ],
    );
}
