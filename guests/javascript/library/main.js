// The library: what JavaScript functions find beside the language itself. Evaluated once, into the base image.
//
// The bundle is an expression: a function of `{ host, core }` (see ../prelude.js) that returns what the sandbox calls
// while it loads a function. `build.mjs` makes it.

import { forget as forgetIntl } from "./intl/index.js";
import { core, problem } from "./host.js";
import { builtins as table, exportNames, forget as forgetModules, loadMain } from "./modules.js";
import { builtins, forget as forgetNode, globals as nodeGlobals, inspect } from "./node/index.js";
import { forget as forgetWeb, globals as webGlobals } from "./web/index.js";
import { exportsOf } from "./lexer.js";

const hidden = (value) => ({ value, writable: true, enumerable: false, configurable: true });

for (const globals of [webGlobals, nodeGlobals]) {
  for (const [name, value] of Object.entries(globals)) Object.defineProperty(globalThis, name, hidden(value));
}
Object.assign(table, builtins);

core.problem = problem;
core.inspect = inspect;
core.forget = () => {
  for (const forget of [forgetModules, forgetNode, forgetWeb, forgetIntl]) forget();
};

/** Runs the main file, which is CommonJS. */
export function commonjs(path) {
  try {
    loadMain(path);
  } catch (error) {
    core.fail(error);
  }
}

/** JSON of the names that each built-in module exports. */
export const builtinNames = () => JSON.stringify(exportNames());

/** JSON of what CommonJS text seems to export. */
export { exportsOf };

/** An error for what the host refuses in the middle of linking; `why` is JSON. */
export const refusal = (why) => problem(JSON.parse(why));
