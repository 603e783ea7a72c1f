//! Functions of several files: what loads what, when, and how often.

use hydra_sandbox::LoadError;
use hydra_types::{Runtime, SpecFields};

use super::{package, zipped};
use crate::harness;

/// The reply to `null` of the function in these files, asked twice in each of two sandboxes.
fn check(entries: &[(&str, &str)], expected: &str) {
    let program = package(entries);
    for _ in 0..2 {
        let mut sandbox = program.restore().unwrap();
        for _ in 0..2 {
            assert_eq!(
                harness::reply(&mut *sandbox, "null"),
                expected,
                "{entries:?}"
            );
        }
    }
}

#[test]
fn modules_of_every_kind_import_each_other_statically() {
    check(
        &[
            (
                "index.mjs",
                "import { a } from './lib/a.mjs'; import b, { name } from './lib/b.cjs'; import c from './c.json' with { type: 'json' };
                 import path, { join } from 'node:path'; import dep from 'dep';
                 export const handler = () => [a, b.name, name, c.c, join('x', 'y'), path.join === join, dep()];",
            ),
            ("lib/a.mjs", "export { a } from './deeper/a.mjs';"),
            ("lib/deeper/a.mjs", "export const a = import.meta.filename;"),
            ("lib/b.cjs", "exports.name = require('./b.json').b + __filename;"),
            ("lib/b.json", r#"{"b":"b of "}"#),
            ("c.json", r#"{"c":3}"#),
            ("node_modules/dep/package.json", r#"{"main":"lib/main"}"#),
            ("node_modules/dep/lib/main.js", "module.exports = () => require('./part').name;"),
            ("node_modules/dep/lib/part/index.js", "exports.name = __dirname;"),
        ],
        r#"["/lib/deeper/a.mjs","b of /lib/b.cjs","b of /lib/b.cjs",3,"x/y",true,"/node_modules/dep/lib/part"]"#,
    );
}

#[test]
fn each_module_is_evaluated_once_whoever_asks() {
    check(
        &[
            (
                "index.js",
                "import { createRequire } from 'node:module'; import './x.mjs'; import './y.mjs'; import './z.cjs';
                 const dynamic = await import('./count.cjs');
                 export const handler = () => [globalThis.count, dynamic.default.n, createRequire('/index.js')('./count.cjs').n];",
            ),
            ("x.mjs", "import './count.cjs';"),
            ("y.mjs", "import count from './count.cjs'; count.n++;"),
            ("z.cjs", "require('./count.cjs').n++; require('./count');"),
            ("count.cjs", "globalThis.count = (globalThis.count ?? 0) + 1; exports.n = 0;"),
            ("count.js", "require('./count.cjs').n++;"),
            ("package.json", "{}"),
        ],
        "[1,3,3]",
    );
}

#[test]
fn modules_are_imported_dynamically_while_loading_and_in_calls() {
    check(
        &[
            (
                "index.mjs",
                "const early = await import('./early.mjs');
                 export async function handler() {
                   const late = await import('./late.mjs'), cjs = await import('./late.cjs'), json = await import('./late.json', { with: { type: 'json' } });
                   return [early.name, late.name, late === await import('./late.mjs'), cjs.name, cjs.default.name, json.default.name];
                 }",
            ),
            ("early.mjs", "export const name = 'early';"),
            ("late.mjs", "import { shared } from './shared.mjs'; export const name = 'late ' + shared;"),
            ("shared.mjs", "export const shared = 'shared';"),
            ("late.cjs", "exports.name = 'late cjs';"),
            ("late.json", r#"{"name":"late json"}"#),
        ],
        r#"["early","late shared",true,"late cjs","late cjs","late json"]"#,
    );
}

#[test]
fn files_are_required_in_calls() {
    check(
        &[
            (
                "index.js",
                "exports.handler = () => [require('./late').name, require('./late') === require('./late.js'), require('./esm.mjs').name];",
            ),
            ("late.js", "exports.name = require('./later.json').name;"),
            ("later.json", r#"{"name":"later"}"#),
            ("esm.mjs", "export const name = 'esm';"),
        ],
        r#"["later",true,"esm"]"#,
    );
}

#[test]
fn cycles_end() {
    check(
        &[
            (
                "index.mjs",
                "import { odd } from './odd.mjs'; export const even = (n) => n === 0 || odd(n - 1); export const handler = () => even(10);",
            ),
            (
                "odd.mjs",
                "import { even } from './index.mjs'; export const odd = (n) => n !== 0 && even(n - 1);",
            ),
        ],
        "true",
    );
    check(
        &[
            (
                "index.js",
                "exports.early = 1; const b = require('./b'); exports.late = 2; exports.handler = () => [b.seen(), b.late()];",
            ),
            (
                "b.js",
                "const a = require('.'); const { early, late } = a; exports.seen = () => [early, late]; exports.late = () => a.late;",
            ),
        ],
        "[[1,null],2]",
    );
    check(
        &[
            (
                "index.mjs",
                "import b from './b.cjs'; export const handler = () => b.a();",
            ),
            ("b.cjs", "exports.a = () => require('./a.mjs').value;"),
            (
                "a.mjs",
                "import b from './b.cjs'; export const value = typeof b.a;",
            ),
        ],
        r#""function""#,
    );
}

#[test]
fn names_that_commonjs_passes_on_can_be_imported() {
    check(
        &[
            (
                "index.mjs",
                "import { own, passed, deep, defined, join } from './facade.cjs'; export const handler = () => [own, passed, deep, defined, typeof join];",
            ),
            (
                "facade.cjs",
                "exports.own = 1; Object.assign(exports, {}); __exportStar(require('./more.cjs'), exports); __exportStar(require('path'), exports);
                 const more = require('./more.cjs'); Object.defineProperty(exports, 'defined', { enumerable: true, get: function () { return more.passed; } });
                 function __exportStar(m, e) { for (const k in m) if (!(k in e)) e[k] = m[k]; }",
            ),
            ("more.cjs", "module.exports = require('./deep.cjs'); module.exports.passed = 2;"),
            ("deep.cjs", "exports.deep = 3; exports.passed = 0;"),
        ],
        r#"[1,2,3,2,"function"]"#,
    );
}

#[test]
fn packages_are_found_by_their_exports_and_imports() {
    check(
        &[
            (
                "index.mjs",
                "import { kind } from 'dual'; import sub from 'dual/sub'; import mine from '#mine'; import { createRequire } from 'node:module';
                 const require = createRequire(import.meta.url);
                 export const handler = () => [kind, require('dual').kind, sub, mine, import.meta.resolve('dual')];",
            ),
            ("package.json", r##"{"imports":{"#mine":"./lib/mine.mjs"}}"##),
            ("lib/mine.mjs", "export default 'mine';"),
            (
                "node_modules/dual/package.json",
                r#"{"exports":{".":{"import":"./esm.mjs","require":"./cjs.cjs"},"./sub":"./sub.mjs"}}"#,
            ),
            ("node_modules/dual/esm.mjs", "export const kind = 'esm';"),
            ("node_modules/dual/cjs.cjs", "exports.kind = 'cjs';"),
            ("node_modules/dual/sub.mjs", "export default 'sub';"),
        ],
        r#"["esm","cjs","sub","mine","file:///node_modules/dual/esm.mjs"]"#,
    );
}

#[test]
fn the_handler_names_a_file_and_an_export() {
    let fields = SpecFields {
        handler: Some("src/app.api.run".to_owned()),
        ..SpecFields::default()
    };
    let code = zipped(&[
        ("index.js", "throw new Error('not the one')"),
        (
            "src/app.mjs",
            "export const api = { run() { return this === api } };",
        ),
    ]);
    let program = harness::load(Runtime::JavaScript, fields, &code);
    assert_eq!(
        harness::reply(&mut *program.restore().unwrap(), "null"),
        "true"
    );
}

/// Why the function in these files does not load.
fn refused(entries: &[(&str, &str)]) -> LoadError {
    super::refusal(&zipped(entries))
}

#[test]
fn a_syntax_error_in_a_dependency_is_told_with_its_place() {
    let check = |entries: &[(&str, &str)], place: &str| {
        let error = refused(entries);
        let text = error.to_string();
        assert!(matches!(error, LoadError::Code { .. }), "{error:?}");
        assert!(
            text.starts_with("SyntaxError: ") && text.contains(place),
            "{text}"
        );
    };
    let esm = "import './lib/bad.mjs'; export const handler = () => 1;";
    check(
        &[("index.mjs", esm), ("lib/bad.mjs", "\nlet = ;")],
        "lib/bad.mjs:2:",
    );
    let cjs = "require('./lib/bad'); exports.handler = () => 1;";
    check(
        &[("index.js", cjs), ("lib/bad.js", "\n\nconst x = ;")],
        "lib/bad.js:3:",
    );
    check(
        &[
            (
                "index.mjs",
                "import './bad.cjs'; export const handler = () => 1;",
            ),
            ("bad.cjs", "var x = ;"),
        ],
        "bad.cjs:1:",
    );
}

#[test]
fn a_missing_file_or_export_is_told_by_whom_it_is_missed() {
    let check = |entries: &[(&str, &str)], needles: &[&str]| {
        let error = refused(entries);
        let text = match &error {
            LoadError::TopLevel(failure) => failure.to_string(),
            other => other.to_string(),
        };
        for needle in needles {
            assert!(text.contains(needle), "{text:?} does not say {needle:?}");
        }
    };
    check(
        &[
            (
                "index.mjs",
                "import './a.mjs'; export const handler = () => 1;",
            ),
            ("a.mjs", "import './b.mjs';"),
        ],
        &["/b.mjs", "/a.mjs"],
    );
    check(
        &[
            ("index.js", "require('./a'); exports.handler = () => 1;"),
            ("a.js", "require('absent');"),
        ],
        &["absent", "/a.js"],
    );
    check(
        &[
            (
                "index.mjs",
                "import { b } from './a.mjs'; export const handler = () => b;",
            ),
            ("a.mjs", "export const a = 1;"),
        ],
        &["SyntaxError", "b", "a.mjs"],
    );
}

#[test]
fn a_dependency_that_throws_is_told_with_its_place() {
    let check = |entries: &[(&str, &str)], frame: &str| match refused(entries) {
        LoadError::TopLevel(failure) => {
            assert_eq!(failure.to_string(), "RangeError: early", "{entries:?}");
            let found = failure.stack().first().cloned().unwrap_or_default();
            assert!(found.contains(frame), "{found} in {entries:?}");
        }
        other => panic!("{other:?}"),
    };
    check(
        &[
            (
                "index.mjs",
                "import './a.mjs'; export const handler = () => 1;",
            ),
            ("a.mjs", "import './b.cjs';"),
            ("b.cjs", "\n  throw new RangeError('early');"),
        ],
        "(b.cjs:2:13)",
    );
    check(
        &[
            ("index.js", "require('./a'); exports.handler = () => 1;"),
            ("a.js", "require('./b.mjs');"),
            ("b.mjs", "await_: { throw new RangeError('early'); }"),
        ],
        "b.mjs:1:",
    );
}

#[test]
fn a_dependency_that_throws_in_a_call_fails_that_call_and_is_tried_again() {
    let program = package(&[
        (
            "index.js",
            "exports.handler = async (event) => event ? require(event).name : (await import('./bad.mjs')).name;",
        ),
        (
            "bad.js",
            "if (!globalThis.tried) { globalThis.tried = true; throw new Error('once'); } exports.name = 'then';",
        ),
        ("bad.mjs", "throw new Error('always');"),
        ("syntax.js", "const = 1;"),
    ]);
    let mut sandbox = program.restore().unwrap();
    assert_eq!(
        harness::failure(&mut *sandbox, r#""./bad""#).to_string(),
        "Error: once"
    );
    assert_eq!(harness::reply(&mut *sandbox, r#""./bad""#), r#""then""#);
    for _ in 0..2 {
        assert_eq!(
            harness::failure(&mut *sandbox, "null").to_string(),
            "Error: always"
        );
        let failure = harness::failure(&mut *sandbox, r#""./syntax""#);
        assert!(
            failure.to_string().starts_with("SyntaxError: "),
            "{failure}"
        );
    }
}

#[test]
fn columns_are_those_of_the_file_in_the_guest_too() {
    let stack = "new Error('x').stack.split('\\n').find((line) => line.includes('index'))";
    for (name, code, place) in [
        (
            "index.js",
            format!("exports.handler = () => {stack}"),
            "/index.js:1:29",
        ),
        (
            "index.mjs",
            format!("export const handler = () => {stack}"),
            "/index.mjs:1:34",
        ),
    ] {
        let program = package(&[(name, &code)]);
        let replied = harness::reply(&mut *program.restore().unwrap(), "null");
        assert!(replied.contains(place), "{replied} is not at {place}");
    }
}
