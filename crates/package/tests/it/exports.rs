//! `exports`, `imports` and the package's own name.

use hydra_package::How::{Import, Require};

use crate::{check, resolve, tree};

#[test]
fn exports_decide_where_a_package_has_them() {
    let json = r##"{"name":"p","main":"wrong.js","exports":{
        ".":{"browser":"./b.js","import":{"types":"./t.d.ts","default":"./m.mjs"},"require":"./c.cjs"},
        "./node":{"node":"./n.js","default":"./d.js"},
        "./feature/*":"./f/*.js","./feature/*.js":"./f/*.js","./feature/private/*":null,"./feature/private/ok":"./f/ok.js",
        "./data/*.json":"./d/*.json","./list":["bad-target","./n.js"],"./nothing":{"deno":"./n.js"},
        "./up":"../n.js","./modules":"./node_modules/x.js","./bare":"other","./gone":"./gone.js",
        "./number":1,"./esm":{"import":"./m.mjs"},"./native":"./x.node","./package.json":"./package.json",
        "./empty":[], "./enc":"./f/%2e%2e/x.js","./fall":{"require":null,"default":"./n.js"}}}"##;
    let manifest = format!("node_modules/p/package.json = {json}");
    let mut files = vec!["i.js", manifest.as_str()];
    files.extend(
        [
            "m.mjs",
            "c.cjs",
            "n.js",
            "f/a.js",
            "f/deep/b.js",
            "f/ok.js",
            "d/x.json",
            "x.node",
            "wrong.js",
            "other.js",
        ]
        .map(|file| Box::leak(format!("node_modules/p/{file}").into_boxed_str()) as &str),
    );
    let package = tree(&files);
    const CLOSED: &str = "ERR_PACKAGE_PATH_NOT_EXPORTED";
    const TARGET: &str = "ERR_INVALID_PACKAGE_TARGET";
    for how in [Import, Require] {
        for (specifier, expected) in [
            ("p/node", "/node_modules/p/n.js"),
            ("p/feature/a", "/node_modules/p/f/a.js"),
            ("p/feature/a.js", "/node_modules/p/f/a.js"),
            ("p/feature/deep/b", "/node_modules/p/f/deep/b.js"),
            ("p/feature/private/x", CLOSED),
            ("p/feature/private/ok", "/node_modules/p/f/ok.js"),
            ("p/data/x.json", "/node_modules/p/d/x.json"),
            ("p/list", "/node_modules/p/n.js"),
            ("p/nothing", CLOSED),
            ("p/other.js", CLOSED),
            ("p/empty", CLOSED),
            ("p/up", TARGET),
            ("p/modules", TARGET),
            ("p/bare", TARGET),
            ("p/number", TARGET),
            ("p/enc", TARGET),
            ("p/feature/../x", "ERR_INVALID_MODULE_SPECIFIER"),
            ("p/native", "ERR_DLOPEN_FAILED"),
            ("p/package.json", "/node_modules/p/package.json"),
        ] {
            assert_eq!(
                resolve(&package, specifier, "/i.js", how),
                expected,
                "{how:?} {specifier}"
            );
        }
    }
    check(
        &package,
        &[
            (Import, "/i.js", "p", "/node_modules/p/m.mjs"),
            (Require, "/i.js", "p", "/node_modules/p/c.cjs"),
            (Require, "/i.js", "p/esm", CLOSED),
            (Import, "/i.js", "p/fall", "/node_modules/p/n.js"),
            (Require, "/i.js", "p/fall", CLOSED),
            (Import, "/i.js", "p/gone", "ERR_MODULE_NOT_FOUND"),
            (Require, "/i.js", "p/gone", "MODULE_NOT_FOUND"),
            (
                Import,
                "/node_modules/p/n.js",
                "p/node",
                "/node_modules/p/n.js",
            ),
        ],
    );
}

#[test]
fn shapes_of_exports_and_the_packages_own_name() {
    for (exports, specifier, expected) in [
        ("\"./a.js\"", "me", "/a.js"),
        ("\"./a.js\"", "me/a.js", "ERR_PACKAGE_PATH_NOT_EXPORTED"),
        ("{\"import\":\"./a.js\"}", "me", "/a.js"),
        ("[{\"deno\":\"./x.js\"},\"./a.js\"]", "me", "/a.js"),
        (
            "{\".\":\"./a.js\",\"import\":\"./a.js\"}",
            "me",
            "ERR_INVALID_PACKAGE_CONFIG",
        ),
        ("{\"0\":\"./a.js\"}", "me", "ERR_INVALID_PACKAGE_CONFIG"),
        ("false", "me", "ERR_INVALID_PACKAGE_TARGET"),
        ("null", "me", "ERR_MODULE_NOT_FOUND"),
        ("{}", "me", "ERR_PACKAGE_PATH_NOT_EXPORTED"),
    ] {
        let manifest = format!("package.json = {{\"name\":\"me\",\"exports\":{exports}}}");
        let package = tree(&[&manifest, "a.js", "sub/b.js"]);
        assert_eq!(
            resolve(&package, specifier, "/sub/b.js", Import),
            expected,
            "{exports}"
        );
    }
    let broken = tree(&[
        "i.js",
        "node_modules/p/package.json = {",
        "node_modules/p/index.js",
    ]);
    assert_eq!(
        resolve(&broken, "p", "/i.js", Import),
        "ERR_INVALID_PACKAGE_CONFIG"
    );
}

#[test]
fn imports_of_the_package_lead_inside_outside_and_to_builtins() {
    let manifest = r##"package.json = {"imports":{
        "#a":"./src/a.js","#dep":"dep","#dep/*":"dep/*","#fs":"fs","#nfs":"node:fs","#lib/*.js":"./src/*.js",
        "#cond":{"require":"./src/r.js","default":"./src/a.js"},"#up":"../x.js","#abs":"/x.js","#url":"https://x.test/",
        "#no":null}}"##;
    let package = tree(&[
        manifest,
        "src/a.js",
        "src/r.js",
        "node_modules/dep/index.js",
        "node_modules/dep/s.js",
        "node_modules/dep/package.json = {}",
    ]);
    const UNDEFINED: &str = "ERR_PACKAGE_IMPORT_NOT_DEFINED";
    for (specifier, expected) in [
        ("#a", "/src/a.js"),
        ("#dep", "/node_modules/dep/index.js"),
        ("#dep/s.js", "/node_modules/dep/s.js"),
        ("#fs", "node:fs"),
        ("#nfs", "node:fs"),
        ("#lib/a.js", "/src/a.js"),
        ("#cond", "/src/a.js"),
        ("#up", "ERR_INVALID_PACKAGE_TARGET"),
        ("#abs", "ERR_INVALID_PACKAGE_TARGET"),
        ("#url", "ERR_INVALID_PACKAGE_TARGET"),
        ("#no", UNDEFINED),
        ("#else", UNDEFINED),
        ("#", "ERR_INVALID_MODULE_SPECIFIER"),
        ("#/a", "ERR_INVALID_MODULE_SPECIFIER"),
    ] {
        assert_eq!(
            resolve(&package, specifier, "/src/r.js", Import),
            expected,
            "{specifier}"
        );
    }
    assert_eq!(
        resolve(&package, "#cond", "/src/a.js", Require),
        "/src/r.js"
    );
    // Another package has imports of its own, or none.
    assert_eq!(
        resolve(&package, "#a", "/node_modules/dep/index.js", Import),
        UNDEFINED
    );
}
