//! What is missing or wrong in a package: said when it is registered, or by the call that comes upon it.

use super::{Files, put};
use crate::harness::{client::Client, site::Site};

/// What helps where a package is missing.
const HINT: &str = "npm install left-pad";

/// Where a fault shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Registering,
    Calling,
}

/// A package with a fault, and what the error says.
struct Fault {
    what: &'static str,
    when: When,
    spec: &'static str,
    files: &'static Files,
    says: &'static [&'static str],
}

fn problem(client: &mut Client, fault: &Fault) -> Option<String> {
    let registered = put(client, "faulty", fault.spec, fault.files);
    let (reply, status, code) = match fault.when {
        When::Registering => (registered, 400, "code_invalid"),
        When::Calling if registered.status < 400 => {
            (client.invoke("faulty", "null"), 500, "handler_error")
        }
        When::Calling => return Some(format!("was not registered: {}", registered.text())),
    };
    if reply.status != status || reply.code() != code {
        return Some(format!(
            "should be {status} {code}: {} {}",
            reply.status,
            reply.text()
        ));
    }
    let said = reply.says();
    if said.contains("internal") {
        return Some(format!("blames itself: {said}"));
    }
    let silent = fault.says.iter().find(|part| !said.contains(**part))?;
    Some(format!("should say {silent:?}: {said}"))
}

fn check(faults: &[Fault]) {
    let site = Site::take();
    let server = site.start(&[]);
    let mut client = server.client();
    let problems: Vec<String> = faults
        .iter()
        .filter_map(|fault| Some(format!("{}: {}", fault.what, problem(&mut client, fault)?)))
        .collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    // A fault of one is nothing to the next.
    let good: &Files = &[("index.js", "exports.handler = () => 'good'")];
    assert_eq!(put(&mut client, "good", "", good).status, 201);
    assert_eq!(client.call("good", "null"), "good");
    server.assert_no_complaint();
    server.stop();
}

#[test]
fn modules_that_are_missing_are_named_with_what_to_do() {
    check(&[
        Fault {
            what: "a package, by require at the top",
            when: When::Registering,
            spec: "",
            files: &[(
                "index.js",
                "require('left-pad'); exports.handler = () => 1;",
            )],
            says: &["Cannot find module 'left-pad'", "/index.js", HINT],
        },
        Fault {
            what: "a package, by a static import",
            when: When::Registering,
            spec: "",
            files: &[
                ("index.mjs", "export { handler } from './lib.mjs';"),
                (
                    "lib.mjs",
                    "import 'left-pad'; export const handler = () => 1;",
                ),
            ],
            says: &["Cannot find package 'left-pad'", "/lib.mjs", HINT],
        },
        Fault {
            what: "a package, by import() at the top",
            when: When::Registering,
            spec: "",
            files: &[(
                "index.mjs",
                "await import('left-pad'); export const handler = () => 1;",
            )],
            says: &["Cannot find package 'left-pad'", HINT],
        },
        Fault {
            what: "a package, by require in a call",
            when: When::Calling,
            spec: "",
            files: &[("index.js", "exports.handler = () => require('left-pad');")],
            says: &["Cannot find module 'left-pad'", HINT],
        },
        Fault {
            what: "a package, by import() in a call",
            when: When::Calling,
            spec: "",
            files: &[(
                "index.mjs",
                "export const handler = () => import('left-pad');",
            )],
            says: &["Cannot find package 'left-pad'", HINT],
        },
        Fault {
            what: "a file whose name is nearly right",
            when: When::Registering,
            spec: "",
            files: &[
                (
                    "index.js",
                    "require('./lib/Tools'); exports.handler = () => 1;",
                ),
                ("lib/tools.js", ""),
            ],
            says: &[
                "Cannot find module './lib/Tools'",
                "did you mean './lib/tools.js'?",
            ],
        },
        Fault {
            what: "an import without an ending",
            when: When::Registering,
            spec: "",
            files: &[
                (
                    "index.mjs",
                    "import './tools'; export const handler = () => 1;",
                ),
                ("tools.mjs", ""),
            ],
            says: &["/tools", "did you mean './tools.mjs'?"],
        },
        Fault {
            what: "a module of Node that is not there",
            when: When::Registering,
            spec: "",
            files: &[(
                "index.js",
                "require('node:sqlite'); exports.handler = () => 1;",
            )],
            says: &["node:sqlite"],
        },
        Fault {
            what: "a name that a module does not export",
            when: When::Registering,
            spec: "",
            files: &[
                (
                    "index.mjs",
                    "import { none } from './lib.mjs'; export const handler = () => none;",
                ),
                ("lib.mjs", "export const some = 1;"),
            ],
            says: &["none", "lib.mjs"],
        },
        Fault {
            what: "a file above the package",
            when: When::Calling,
            spec: "",
            files: &[(
                "index.js",
                "exports.handler = () => require('../../etc/passwd');",
            )],
            says: &["Cannot find module '../../etc/passwd'"],
        },
    ]);
}

#[test]
fn what_is_no_javascript_is_refused_with_the_reason() {
    check(&[
        Fault {
            what: "a native addon at the top",
            when: When::Registering,
            spec: "",
            files: &[
                ("index.js", "require('addon'); exports.handler = () => 1;"),
                (
                    "node_modules/addon/index.js",
                    "module.exports = require('./build/addon.node');",
                ),
                ("node_modules/addon/build/addon.node", "\x7fELF"),
            ],
            says: &["native addon", "/node_modules/addon/build/addon.node"],
        },
        Fault {
            what: "a native addon in a call",
            when: When::Calling,
            spec: "",
            files: &[
                (
                    "index.js",
                    "exports.handler = () => require('./addon.node');",
                ),
                ("addon.node", "\x7fELF"),
            ],
            says: &["native addon", "/addon.node"],
        },
        Fault {
            what: "an enum in the main file",
            when: When::Registering,
            spec: "",
            files: &[(
                "index.ts",
                "export const handler = (): number => 1;\n\n  enum Kind { A }",
            )],
            says: &["enum", "index.ts:3:3", "tsc or esbuild"],
        },
        Fault {
            what: "an enum in the main file of a package of ES modules",
            when: When::Registering,
            spec: "",
            files: &[
                ("package.json", r#"{"type": "module"}"#),
                (
                    "index.ts",
                    "export const handler = (): number => 1;\n  enum Kind { A }",
                ),
            ],
            says: &["SyntaxError", "enum", "index.ts:2:3"],
        },
        Fault {
            what: "an enum in another file",
            when: When::Registering,
            spec: "",
            files: &[
                (
                    "index.ts",
                    "import { Kind } from './lib/kind.ts'; export const handler = () => Kind.A;",
                ),
                ("lib/kind.ts", "type Unused = 1;\nexport enum Kind { A }"),
            ],
            says: &["enum", "lib/kind.ts:2:8"],
        },
        Fault {
            what: "an enum that a call comes upon",
            when: When::Calling,
            spec: "",
            files: &[
                ("index.js", "exports.handler = () => import('./kind.ts');"),
                ("kind.ts", "\n\nexport enum Kind { A }"),
            ],
            says: &["SyntaxError", "enum", "kind.ts:3:8"],
        },
        Fault {
            what: "a parameter property",
            when: When::Registering,
            spec: "",
            files: &[(
                "index.ts",
                "class A { constructor(private n: number) {} }\nexport const handler = () => new A(1);",
            )],
            says: &["index.ts:1:31", "tsc or esbuild"],
        },
        Fault {
            what: "a require of a module that awaits",
            when: When::Calling,
            spec: "",
            files: &[
                (
                    "index.js",
                    "exports.handler = () => require('./awaits.mjs');",
                ),
                (
                    "awaits.mjs",
                    "await new Promise((resolve) => setTimeout(resolve, 1));",
                ),
            ],
            says: &["require() cannot load /awaits.mjs", "use import()"],
        },
        Fault {
            what: "a wrong word that a call comes upon",
            when: When::Calling,
            spec: "",
            files: &[
                ("index.js", "exports.handler = () => require('./wrong');"),
                ("wrong.js", "const a == 1;"),
            ],
            says: &["SyntaxError"],
        },
        Fault {
            what: "broken JSON",
            when: When::Registering,
            spec: "",
            files: &[
                (
                    "index.js",
                    "require('./data.json'); exports.handler = () => 1;",
                ),
                ("data.json", "{\"a\": }"),
            ],
            says: &["data.json"],
        },
        Fault {
            what: "a broken package.json",
            when: When::Registering,
            spec: "",
            files: &[
                ("package.json", "{\"main\": "),
                ("index.js", "exports.handler = () => 1;"),
            ],
            says: &["package.json"],
        },
    ]);
}

#[test]
fn handlers_that_are_not_there_are_named_with_what_is() {
    check(&[
        Fault {
            what: "an export that is not there",
            when: When::Registering,
            spec: "&handler=nothing",
            files: &[(
                "index.js",
                "exports.handler = () => 1; exports.other = () => 2;",
            )],
            says: &["\"nothing\"", "handler, other"],
        },
        Fault {
            what: "a file that is not there",
            when: When::Registering,
            spec: "&handler=src/none.handler",
            files: &[
                ("index.js", ""),
                ("src/app.js", "exports.handler = () => 1;"),
            ],
            says: &["\"src/none.handler\"", "names no file", "src/app.js"],
        },
        Fault {
            what: "an export of a file that is not there",
            when: When::Registering,
            spec: "&handler=src/app.nothing",
            files: &[
                ("index.js", ""),
                ("src/app.mjs", "export const handler = () => 1;"),
            ],
            says: &["\"nothing\"", "handler"],
        },
        Fault {
            what: "an export that is no function",
            when: When::Registering,
            spec: "&handler=data",
            files: &[("index.js", "exports.data = 1; exports.other = () => 1;")],
            says: &["\"data\"", "other"],
        },
        Fault {
            what: "no handler at all",
            when: When::Registering,
            spec: "",
            files: &[("index.mjs", "export const data = 1;")],
            says: &["no handler", "handler, default, main, handle"],
        },
        Fault {
            what: "no file to begin with",
            when: When::Registering,
            spec: "",
            files: &[("README.md", "hello")],
            says: &["no file to begin with", "index.js"],
        },
        Fault {
            what: "several files to begin with",
            when: When::Registering,
            spec: "",
            files: &[("a.js", ""), ("b.js", "")],
            says: &["several", "a.js, b.js"],
        },
    ]);
}

#[test]
fn handlers_are_found_by_the_names_that_other_platforms_use() {
    let site = Site::take();
    let server = site.start(&[]);
    let mut client = server.client();
    let files: &Files = &[
        ("package.json", r#"{"main": "main.js"}"#),
        (
            "main.js",
            "exports.handler = () => 'main'; exports.api = { run: () => 'api.run' };",
        ),
        (
            "src/app.mjs",
            "export const handler = () => 'app'; export default () => 'default';",
        ),
        (
            "src/api.v2.ts",
            "export const handler = (): string => 'dotted';",
        ),
    ];
    for (spec, expected) in [
        ("", "main"),
        ("&handler=handler", "main"),
        ("&handler=api.run", "api.run"),
        ("&handler=main.handler", "main"),
        ("&handler=src/app.handler", "app"),
        ("&handler=src/app.default", "default"),
        ("&handler=src/app.mjs", "app"),
        ("&handler=src/api.v2.handler", "dotted"),
    ] {
        let registered = put(&mut client, "f", spec, files);
        assert!(registered.status < 400, "{spec}: {registered:?}");
        assert_eq!(client.call("f", "null"), expected, "{spec}");
    }
    server.stop();
}
