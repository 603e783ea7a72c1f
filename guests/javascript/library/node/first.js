// Puts the globals of the Web in place, which packages look for while they are evaluated. The first import of
// index.js.

import { globals } from "../web/index.js";
import "./stack.js";

for (const [name, value] of Object.entries(globals)) {
  Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
}

// The engine has no Atomics; the package behind `util.inspect` looks at their names. `index.js` takes them away again.
export const withoutAtomics = !("Atomics" in globalThis);
if (withoutAtomics) globalThis.Atomics = {};
