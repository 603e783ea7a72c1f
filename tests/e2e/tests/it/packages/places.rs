//! Where an error happened: file, line and column of the source as it was uploaded, in whatever module it was.

use serde_json::Value;

use super::{Files, put};
use crate::harness::site::Site;

/// A package that fails in `handler`, and the frames that the reply must begin with.
struct Failure {
    what: &'static str,
    files: &'static Files,
    frames: &'static [&'static str],
}

/// The frames of a failure, without what is not the package's.
fn frames(reply: &Value) -> Vec<String> {
    let stack = reply["stack"].as_array().into_iter().flatten();
    stack
        .map(|frame| frame.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn failures_name_file_line_and_column_in_every_kind_of_module() {
    let site = Site::take();
    let server = site.start(&[]);
    let mut client = server.client();
    // The interpreter's column of `throw new X(` is that of the name after `new`.
    let failures = [
        Failure {
            what: "CommonJS",
            files: &[
                (
                    "index.js",
                    "exports.handler = () => require('./lib/deep/fails').fails();",
                ),
                (
                    "lib/deep/fails.js",
                    "exports.fails = function fails() {\n  if (true) {\n    throw new RangeError(\"deep\");\n  }\n};",
                ),
            ],
            frames: &[
                "at fails (lib/deep/fails.js:3:15)",
                "at <anonymous> (index.js:1:",
            ],
        },
        Failure {
            what: "an ES module",
            files: &[
                (
                    "index.mjs",
                    "import { fails } from './lib/deep/fails.mjs';\nexport const handler = () => fails();",
                ),
                (
                    "lib/deep/fails.mjs",
                    "export function fails() {\n  if (true) {\n    throw new RangeError(\"deep\");\n  }\n}",
                ),
            ],
            frames: &[
                "at fails (lib/deep/fails.mjs:3:15)",
                "at handler (index.mjs:2:",
            ],
        },
        Failure {
            what: "an ES module that asks where it is, on its first line",
            files: &[
                ("index.mjs", "export { handler } from './fails.mjs';"),
                (
                    "fails.mjs",
                    "export const at = import.meta.url; export function handler() { throw new RangeError(\"deep\"); }",
                ),
            ],
            frames: &["at handler (fails.mjs:1:74)"],
        },
        Failure {
            what: "TypeScript, whose types are gone",
            files: &[
                (
                    "index.ts",
                    "import { fails } from './fails.ts';\nexport const handler = (event: unknown): never => fails<string>(event);",
                ),
                (
                    "fails.ts",
                    "interface Long {\n  a: number;\n}\nexport function fails<T>(it: unknown, more?: Long): never {\n  const all: T = it as T; throw new RangeError(\"deep\");\n}",
                ),
            ],
            frames: &["at fails (fails.ts:5:37)", "at handler (index.ts:2:"],
        },
        Failure {
            what: "a package",
            files: &[
                (
                    "index.js",
                    "const dep = require('dep'); exports.handler = () => dep();",
                ),
                (
                    "node_modules/dep/index.js",
                    "module.exports = function dep() {\n  throw new RangeError(\"deep\");\n};",
                ),
            ],
            frames: &["at dep (node_modules/dep/index.js:2:13)"],
        },
        Failure {
            what: "a module that is loaded in the call",
            files: &[
                (
                    "index.js",
                    "exports.handler = async () => (await import('./late.mjs')).fails(require('./late.cjs'));",
                ),
                (
                    "late.mjs",
                    "export const fails = (common) => {\n  return common();\n};",
                ),
                (
                    "late.cjs",
                    "module.exports = function common() {\n\n   throw new RangeError(\"deep\");\n};",
                ),
            ],
            frames: &["at common (late.cjs:3:14)", "at fails (late.mjs:2:"],
        },
        Failure {
            what: "after an await",
            files: &[
                (
                    "index.mjs",
                    "import { fails } from './fails.mjs';\nexport const handler = async () => { await fails(); };",
                ),
                (
                    "fails.mjs",
                    "export async function fails() {\n  await null;\n  throw new RangeError(\"deep\");\n}",
                ),
            ],
            frames: &["at fails (fails.mjs:3:13)"],
        },
    ];
    let mut wrong = Vec::new();
    for failure in &failures {
        let registered = put(&mut client, "f", "", failure.files);
        assert!(registered.status < 400, "{}: {registered:?}", failure.what);
        let reply = client.invoke("f", "null");
        assert_eq!(reply.code(), "handler_error", "{}", failure.what);
        assert_eq!(
            reply.json()["message"],
            "RangeError: deep",
            "{}",
            failure.what
        );
        let found = frames(&reply.json());
        let agree = failure
            .frames
            .iter()
            .zip(&found)
            .filter(|(expected, frame)| frame.starts_with(**expected));
        if agree.count() < failure.frames.len() {
            wrong.push(format!(
                "{}: {found:?}, expected {:?}",
                failure.what, failure.frames
            ));
        }
        let foreign = found.iter().find(|frame| frame.contains("hydra"));
        assert_eq!(foreign, None, "{}", failure.what);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    server.stop();
}

#[test]
fn faults_while_loading_name_the_place_in_the_module_that_has_them() {
    let site = Site::take();
    let server = site.start(&[]);
    let mut client = server.client();
    let cases: [(&str, &Files, &str, &str); 5] = [
        (
            "a throw at the top of CommonJS",
            &[
                ("index.js", "require('./lib/bad');"),
                ("lib/bad.js", "\n\n  throw new RangeError('bad');"),
            ],
            "RangeError: bad",
            "lib/bad.js:3:13",
        ),
        (
            "a throw at the top of an ES module",
            &[
                ("index.mjs", "import './lib/bad.mjs';"),
                (
                    "lib/bad.mjs",
                    "const a = 1;\n  throw new RangeError('bad');",
                ),
            ],
            "RangeError: bad",
            "lib/bad.mjs:2:13",
        ),
        (
            "a wrong word in CommonJS",
            &[
                ("index.js", "require('./lib/bad');"),
                ("lib/bad.js", "const a = 1;\nconst b == 2;"),
            ],
            "SyntaxError",
            "lib/bad.js:2:9",
        ),
        (
            "a wrong word in an ES module",
            &[
                ("index.mjs", "import './lib/bad.mjs';"),
                ("lib/bad.mjs", "export const a = 1;\nconst b == 2;"),
            ],
            "SyntaxError",
            "lib/bad.mjs:2:9",
        ),
        (
            "a wrong word in TypeScript",
            &[
                ("index.ts", "import './lib/bad.ts';"),
                ("lib/bad.ts", "type A = 1;\nconst b: number == 2;"),
            ],
            "SyntaxError",
            "lib/bad.ts:2:7",
        ),
    ];
    for (what, files, says, place) in cases {
        let refused = put(&mut client, "f", "", files);
        assert_eq!(refused.status, 400, "{what}: {refused:?}");
        assert_eq!(refused.code(), "code_invalid", "{what}");
        assert!(refused.says().contains(says), "{what}: {}", refused.says());
        assert!(
            refused.text().contains(place),
            "{what}, {place}: {}",
            refused.text()
        );
    }
    server.stop();
}
