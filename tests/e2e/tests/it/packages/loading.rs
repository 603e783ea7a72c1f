//! How modules of all kinds load each other, at the top level and in calls.

use serde_json::json;

use super::{Case, check};

#[test]
fn modules_of_all_kinds_load_each_other() {
    check(&[
        Case {
            what: "an ES module over CommonJS, JSON, TypeScript and a package",
            files: &[
                (
                    "index.mjs",
                    "import common, { named } from './lib/common.cjs';
                     import data from './data.json' with { type: 'json' };
                     import { typed } from './lib/typed.ts';
                     import greet, { version } from 'greet';
                     import { basename } from 'node:path';
                     export const handler = async () =>
                       [common.named, named, data.list, typed(2), greet('Ada'), version, basename('/a/b')];",
                ),
                ("lib/common.cjs", "exports.named = 'from CommonJS';"),
                ("data.json", r#"{"list": [1, "ä"]}"#),
                (
                    "lib/typed.ts",
                    "import type { Unused } from './nowhere.ts';
                     interface Pair<T> { a: T; b: T }
                     export function typed(n: number): Pair<number> { return { a: n, b: n * 2 } satisfies Pair<number>; }",
                ),
                ("node_modules/greet/package.json", r#"{"name": "greet", "type": "module", "exports": "./main.js"}"#),
                (
                    "node_modules/greet/main.js",
                    "export default (name) => `Hello, ${name}!`; export const version = 3;",
                ),
            ],
            reply: json!(["from CommonJS", "from CommonJS", [1, "ä"], {"a": 2, "b": 4}, "Hello, Ada!", 3, "b"]),
        },
        Case {
            what: "CommonJS over an ES module, JSON, TypeScript and a package",
            files: &[
                (
                    "index.js",
                    "const { double, default: other } = require('./lib/module.mjs');
                     const { list } = require('./data');
                     const { typed } = require('./lib/typed.cts');
                     const greet = require('greet');
                     module.exports.handler = (event, context, done) =>
                       done(null, [double(4), other, list, typed(2), greet('Ada')]);",
                ),
                ("lib/module.mjs", "export const double = (n) => 2 * n; export default 'default';"),
                ("data.json", r#"{"list": [1, 2]}"#),
                (
                    "lib/typed.cts",
                    "const twice = (n: number): number => n * 2;\nmodule.exports = { typed: twice };",
                ),
                ("node_modules/greet/package.json", r#"{"name": "greet", "main": "lib/greet"}"#),
                ("node_modules/greet/lib/greet.js", "module.exports = (name) => `Hello, ${name}!`;"),
            ],
            reply: json!([8, "default", [1, 2], 4, "Hello, Ada!"]),
        },
        Case {
            what: "TypeScript all through",
            files: &[
                ("package.json", r#"{"type": "module", "main": "src/index.ts"}"#),
                (
                    "src/index.ts",
                    "import { Counter, type Kind } from './counter.ts';
                     const counter = new Counter<Kind>('up' as Kind);
                     export async function handler(this: void, _event: unknown): Promise<string[]> {
                       counter.count();
                       return [counter.kind as string, counter.constructor.name];
                     }",
                ),
                (
                    "src/counter.ts",
                    "export type Kind = 'up' | 'down';
                     export abstract class Base { protected n = 0; abstract get kind(): Kind; declare hidden: number; }
                     export class Counter<K extends Kind> extends Base {
                       #kind: K;
                       constructor(kind: K) { super(); this.#kind = kind; }
                       override get kind(): Kind { return this.#kind!; }
                       public count(by: number = 1): void { this.n += by; }
                     }",
                ),
            ],
            reply: json!(["up", "Counter"]),
        },
        Case {
            what: "a require of an ES module gives its namespace, or what it calls module.exports",
            files: &[
                (
                    "index.cjs",
                    "const plain = require('./plain.mjs');
                     const named = require('./named.mjs');
                     exports.handler = () => [Object.keys(plain), plain.default, named()];",
                ),
                ("plain.mjs", "export default 1; export const a = 2;"),
                ("named.mjs", "const f = () => 'itself'; export { f as 'module.exports' };"),
            ],
            reply: json!([["a", "default"], 1, "itself"]),
        },
    ]);
}

#[test]
fn what_is_loaded_later_is_there_in_the_first_call_and_in_the_second() {
    check(&[
        Case {
            what: "await at the top level, of a timer and of an import",
            files: &[
                (
                    "index.mjs",
                    "import { setTimeout } from 'node:timers/promises';
                     const waited = await setTimeout(5, 'waited');
                     const { late } = await import('./late.mjs');
                     export const handler = () => [waited, late];",
                ),
                ("late.mjs", "export const late = await Promise.resolve('late');"),
            ],
            reply: json!(["waited", "late"]),
        },
        Case {
            what: "an import() in a call: of an ES module, CommonJS, JSON, TypeScript, a built-in",
            files: &[
                (
                    "index.mjs",
                    "export const handler = async () => {
                       const names = ['./a.mjs', './b.cjs', './c.json', './d.ts', 'node:os'];
                       const all = [];
                       for (const name of names) {
                         const options = name.endsWith('json') ? { with: { type: 'json' } } : undefined;
                         all.push(await import(name, options));
                       }
                       const [a, b, c, d, os] = all;
                       return [a.default, b.default.b, b.b, c.default.c, d.d, typeof os.EOL];
                     };",
                ),
                ("a.mjs", "import { deep } from './deep/a.mjs'; export default deep;"),
                ("deep/a.mjs", "export const deep = await Promise.resolve('a');"),
                ("b.cjs", "exports.b = require('./deep/b.cjs');"),
                ("deep/b.cjs", "module.exports = 'b';"),
                ("c.json", r#"{"c": 3}"#),
                ("d.ts", "export const d: string = 'd';"),
            ],
            reply: json!(["a", "b", "b", 3, "d", "string"]),
        },
        Case {
            what: "an import() in CommonJS, and a require in a call",
            files: &[
                (
                    "index.js",
                    "exports.handler = async () => {
                       const before = globalThis.loads ?? 0;
                       const { lazy } = require('./lazy');
                       require('./lazy.js');
                       const found = await import('./module.mjs');
                       return [before <= 1, globalThis.loads, lazy, found.default, (await import('./module.mjs')) === found];
                     };",
                ),
                ("lazy.js", "globalThis.loads = (globalThis.loads ?? 0) + 1; exports.lazy = 'lazy';"),
                ("module.mjs", "export default 'module';"),
            ],
            reply: json!([true, 1, "lazy", "module", true]),
        },
    ]);
}

#[test]
fn cycles_see_what_is_there_already() {
    check(&[
        Case {
            what: "CommonJS, as the manual of Node has it",
            files: &[
                (
                    "index.js",
                    "const a = require('./a'); const b = require('./b');
                     exports.handler = () => [a.done, b.done, a.seen, b.seen];",
                ),
                (
                    "a.js",
                    "exports.done = false; exports.seen = require('./b').done; exports.done = true;",
                ),
                (
                    "b.js",
                    "exports.done = false; exports.seen = require('./a').done; exports.done = true;",
                ),
            ],
            reply: json!([true, true, true, false]),
        },
        Case {
            what: "ES modules, whose functions are there before they run",
            files: &[
                (
                    "index.mjs",
                    "import { even } from './even.mjs'; export const handler = () => [even(10), even(7)];",
                ),
                (
                    "even.mjs",
                    "import { odd } from './odd.mjs'; export function even(n) { return n === 0 || odd(n - 1); }",
                ),
                (
                    "odd.mjs",
                    "import { even } from './even.mjs'; export function odd(n) { return n !== 0 && even(n - 1); }",
                ),
            ],
            reply: json!([true, false]),
        },
    ]);
}

#[test]
fn a_module_is_evaluated_once_however_it_is_reached() {
    check(&[Case {
        what: "by require, import, import() and createRequire",
        files: &[
            (
                "index.mjs",
                "import { createRequire } from 'node:module';
                 import first from './counted.cjs';
                 const require = createRequire(import.meta.url);
                 const again = await import('./counted.cjs');
                 export const handler = async () => {
                   const late = await import('./counted.cjs');
                   return [globalThis.evaluated, first === require('./counted.cjs'), again.default === first, late === again];
                 };",
            ),
            (
                "counted.cjs",
                "globalThis.evaluated = (globalThis.evaluated ?? 0) + 1; module.exports = { it: 1 };",
            ),
        ],
        reply: json!([1, true, true, true]),
    }]);
}

#[test]
fn a_module_knows_where_it_is_and_reads_the_files_beside_it() {
    check(&[
        Case {
            what: "an ES module",
            files: &[
                ("index.mjs", "export { handler } from './src/deep/here.mjs';"),
                (
                    "src/deep/here.mjs",
                    "import { readFileSync } from 'node:fs';
                     import { readFile } from 'node:fs/promises';
                     import { fileURLToPath } from 'node:url';
                     const { url, filename, dirname, resolve } = import.meta;
                     const early = readFileSync(new URL('./beside.txt', url), 'utf8');
                     export const handler = async () => [
                       url, filename, dirname, resolve('../up.js'), resolve('node:fs'), fileURLToPath(url) === filename,
                       early, await readFile(`${dirname}/beside.txt`, 'utf8'), readFileSync('src/deep/beside.txt').length,
                     ];",
                ),
                ("src/up.js", ""),
                ("src/deep/beside.txt", "beside, ü"),
            ],
            reply: json!([
                "file:///src/deep/here.mjs",
                "/src/deep/here.mjs",
                "/src/deep",
                "file:///src/up.js",
                "node:fs",
                true,
                "beside, ü",
                "beside, ü",
                10
            ]),
        },
        Case {
            what: "CommonJS",
            files: &[
                (
                    "index.js",
                    "const here = require('./src/here');
                     exports.handler = () => [require.main === module, module.id, __filename, ...here()];",
                ),
                (
                    "src/here.js",
                    "const fs = require('fs'); const path = require('path');
                     const early = fs.readFileSync(path.join(__dirname, 'beside.txt'), 'utf8');
                     module.exports = () => [
                       __dirname, __filename, early, require.resolve('./here.js'), require.main === module,
                       module.parent.filename, fs.readdirSync(__dirname).sort(),
                     ];",
                ),
                ("src/beside.txt", "beside"),
            ],
            reply: json!([
                true,
                ".",
                "/index.js",
                "/src",
                "/src/here.js",
                "beside",
                "/src/here.js",
                false,
                "/index.js",
                ["beside.txt", "here.js"]
            ]),
        },
        Case {
            what: "createRequire, from elsewhere in the package",
            files: &[
                (
                    "index.mjs",
                    "import { createRequire, builtinModules, isBuiltin } from 'node:module';
                     const require = createRequire('/src/none.js');
                     export const handler = () =>
                       [require('./data').n, require.resolve('dep'), require('dep'), isBuiltin('fs'), builtinModules.includes('fs')];",
                ),
                ("src/data.json", r#"{"n": 1}"#),
                ("src/node_modules/dep/index.js", "module.exports = 'near';"),
                ("node_modules/dep/index.js", "module.exports = 'far';"),
            ],
            reply: json!([1, "/src/node_modules/dep/index.js", "near", true, true]),
        },
    ]);
}
