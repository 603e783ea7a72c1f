// Loads one test of test262 that is a module, or that imports some: see xtask/src/test262/module.rs. It lies beside
// this file with what it imports, and runs while the function is loaded; the function then says how that went.
//
// `TEST` ({ file, async, negative }) and `HARNESS` (texts) are put in front of this text.
/* global HARNESS, TEST */

const evaluate = globalThis.eval;
const { resolve, promise: done } = Promise.withResolvers();

const define = (name, value) =>
  Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });

function describe(error) {
  if (error === null || (typeof error !== "object" && typeof error !== "function")) return String(error);
  return `${error.constructor?.name ?? error.name}: ${error.message}`;
}

define("reportCompare", () => {});
define("print", () => {});
define("$262", { global: globalThis, gc() {}, evalScript: (text) => evaluate(text) });
if (TEST.async) define("$DONE", (error) => resolve(error ? describe(error) : "pass"));
for (const text of HARNESS) evaluate(text);

async function run() {
  const { file, negative } = TEST;
  try {
    await import(`./${file}`);
  } catch (error) {
    const said = describe(error);
    if (negative === null) return said;
    return said.startsWith(`${negative}: `) ? "pass" : `expected ${negative}, got ${said}`;
  }
  if (negative !== null) return `expected ${negative}, got none`;
  return TEST.async ? await done : "pass";
}

const answer = await run();

export const handler = () => answer;
