// Runs one test of test262 per call; the runner (xtask/src/test262.rs) gives every call a sandbox of its own.
//
// The event: `test` (source text), `includes` (names of harness files), `raw`, `async`, `negative` ({ phase, type } or
// null). The reply: "pass", or why not. `HARNESS` is put in front of this text: harness files by name.
//
// Tests are evaluated by an indirect `eval`, which differs from a script in one thing that tests can see: what it
// declares may be deleted, and its `let` and `const` are its own.
/* global HARNESS */

const evaluate = globalThis.eval;
const ALWAYS = ["assert.js", "sta.js"];
// Declarations that the next `eval` would not see.
const LEXICAL = /^(?:const|let|class)\s/m;

const define = (name, value) =>
  Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });

const HOST = {
  global: globalThis,
  gc() {},
  evalScript: (text) => evaluate(text),
  detachArrayBuffer(buffer) { buffer.transfer(); },
  createRealm() { throw new Error("hydra has one realm in each sandbox"); },
};

define("reportCompare", () => {});
define("print", () => {});
define("$262", HOST);
for (const name of ALWAYS) evaluate(HARNESS[name]);

function describe(error) {
  try {
    if (error === null || (typeof error !== "object" && typeof error !== "function")) return String(error);
    const name = error.constructor?.name ?? error.name;
    return `${name}: ${error.message}`;
  } catch {
    return "something that cannot be described";
  }
}

function run({ test, includes, raw }) {
  let before = "";
  if (!raw) {
    for (const name of includes) {
      if (ALWAYS.includes(name)) continue;
      const text = HARNESS[name];
      if (text === undefined) throw new Error(`there is no harness file ${name}`);
      if (LEXICAL.test(text)) before += `${text}\n`;
      else evaluate(text);
    }
  }
  if (before !== "" && /^\s*(['"])use strict\1/.test(test)) before = `"use strict";\n${before}`;
  evaluate(before + test);
}

exports.handler = (event, context, callback) => {
  const { negative } = event;
  let replied = false;
  const reply = (answer) => {
    if (replied) return;
    replied = true;
    callback(null, answer);
  };
  if (event.async) define("$DONE", (error) => reply(error ? describe(error) : "pass"));
  try {
    run(event);
  } catch (error) {
    if (negative === null) return reply(describe(error));
    const said = describe(error);
    return reply(said.startsWith(`${negative.type}: `) ? "pass" : `expected ${negative.type}, got ${said}`);
  }
  if (negative !== null) return reply(`expected ${negative.type}, got none`);
  if (!event.async) reply("pass");
};
