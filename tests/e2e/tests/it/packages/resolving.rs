//! Which file a specifier means: `exports`, `imports`, conditions, folders, and `node_modules` at several heights.

use serde_json::json;

use super::{Case, check};

#[test]
fn specifiers_lead_where_they_do_in_node() {
    check(&[
        Case {
            what: "exports by condition: who imports gets another file than who requires",
            files: &[
                (
                    "index.mjs",
                    "import how from 'both'; import { createRequire } from 'node:module';
                     export const handler = () => [how, createRequire(import.meta.url)('both')];",
                ),
                (
                    "node_modules/both/package.json",
                    r#"{"exports": {".": {"browser": "./no.js", "import": "./esm.mjs", "require": "./cjs.cjs"}}}"#,
                ),
                ("node_modules/both/esm.mjs", "export default 'imported';"),
                ("node_modules/both/cjs.cjs", "module.exports = 'required';"),
            ],
            reply: json!(["imported", "required"]),
        },
        Case {
            what: "subpaths, patterns, and what exports keep to themselves",
            files: &[
                (
                    "index.js",
                    "const tried = (name) => { try { return require(name); } catch (error) { return error.code; } };
                     exports.handler = () =>
                       ['tool', 'tool/sub', 'tool/features/one', 'tool/features/hidden', 'tool/lib/sub.js', 'tool/package.json']
                         .map(tried);",
                ),
                (
                    "node_modules/tool/package.json",
                    r#"{"main": "./no.js", "exports": {".": {"node": "./lib/main.js"}, "./sub": "./lib/sub.js",
                        "./features/*": "./lib/features/*.js", "./features/hidden": null}}"#,
                ),
                ("node_modules/tool/lib/main.js", "module.exports = 'main';"),
                ("node_modules/tool/lib/sub.js", "module.exports = 'sub';"),
                ("node_modules/tool/lib/features/one.js", "module.exports = 'one';"),
                ("node_modules/tool/lib/features/hidden.js", "module.exports = 'hidden';"),
            ],
            reply: json!([
                "main",
                "sub",
                "one",
                "ERR_PACKAGE_PATH_NOT_EXPORTED",
                "ERR_PACKAGE_PATH_NOT_EXPORTED",
                "ERR_PACKAGE_PATH_NOT_EXPORTED"
            ]),
        },
        Case {
            what: "imports of package.json, to a file, a pattern, and a package",
            files: &[
                (
                    "package.json",
                    r##"{"name": "own", "type": "module", "exports": {".": "./index.js", "./self": "./src/self.js"},
                         "imports": {"#config": "./src/config.js", "#src/*": "./src/*.js", "#dep": "dep"}}"##,
                ),
                (
                    "index.js",
                    "import config from '#config'; import one from '#src/one'; import dep from '#dep'; import self from 'own/self';
                     export const handler = () => [config, one, dep, self];",
                ),
                ("src/config.js", "export default 'config';"),
                ("src/one.js", "export default 'one';"),
                ("src/self.js", "export default 'self';"),
                ("node_modules/dep/index.js", "module.exports = 'dep';"),
            ],
            reply: json!(["config", "one", "dep", "self"]),
        },
        Case {
            what: "two versions of one package, each for who asks for it",
            files: &[
                (
                    "index.js",
                    "exports.handler = () => [require('dep'), require('user'), require('@scope/name'), require('@scope/name/sub')];",
                ),
                ("node_modules/dep/package.json", r#"{"version": "1.0.0"}"#),
                ("node_modules/dep/index.js", "module.exports = require('./package.json').version;"),
                ("node_modules/user/index.js", "module.exports = require('dep');"),
                ("node_modules/user/node_modules/dep/index.json", "\"2.0.0\""),
                ("node_modules/@scope/name/index.js", "module.exports = 'scoped';"),
                ("node_modules/@scope/name/sub/index.js", "module.exports = 'sub of ' + require('..');"),
            ],
            reply: json!(["1.0.0", "2.0.0", "scoped", "sub of scoped"]),
        },
        Case {
            what: "the type of the nearest package.json",
            files: &[
                ("package.json", r#"{"type": "module"}"#),
                (
                    "index.js",
                    "import common from './common/index.js'; export const handler = () => [common, typeof require];",
                ),
                ("common/package.json", r#"{"type": "commonjs"}"#),
                ("common/index.js", "module.exports = typeof require;"),
            ],
            reply: json!(["function", "undefined"]),
        },
        Case {
            what: "a package in the only folder of a zip, as archives of repositories have it",
            files: &[
                ("project-1.0/package.json", r#"{"main": "lib"}"#),
                ("project-1.0/lib/index.js", "exports.handler = () => [__filename, require('dep')];"),
                ("project-1.0/node_modules/dep/index.js", "module.exports = 'dep';"),
            ],
            reply: json!(["/lib/index.js", "dep"]),
        },
    ]);
}
