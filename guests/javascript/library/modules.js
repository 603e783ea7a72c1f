// Modules: `require`, and what lets ES modules and CommonJS load each other.
//
// The host finds files, tells kinds and compiles (crates/sandbox-wasm/src/javascript/modules.rs). ES modules are
// linked by the interpreter itself, which asks the host for them. What is no ES module gets one in front of it, whose
// text the host writes and which reaches in here through `globalThis[Symbol.for("hydra")]`.

import { core, json, number, problem, text } from "./host.js";

const WHY = 20, RESOLVE = 25, BYTECODE = 26, SOURCE = 27, TEXT = 28, IMPORTER = 29;
const GIVE_STRING = 1, WANT_JSON = 3 << 4, WANT_CODE = 4 << 4, WANT_EVALUATED = 5 << 4, PROMISE_RESULT = 6 << 4;
const { host: door } = core;

/** Built-in modules by name, without `node:`. */
export const builtins = Object.create(null);

// The usual main file's module is made here and not while a function loads: then it is in the base image, and a
// function that is loaded changes little of it.
const USUAL = "/index.js";
let cache, main;

/** Forgets what belongs to a function. */
export function forget() {
  cache = Object.create(null);
  main = new Module(USUAL);
  main.id = ".";
  // Until it runs it is nobody's.
  main.begun = false;
  main.require.main = main;
  cache[USUAL] = main;
  imported.clear();
}

class Module {
  constructor(filename, parent) {
    this.id = filename;
    this.path = folderOf(filename);
    this.filename = filename;
    this.exports = {};
    this.parent = parent;
    this.loaded = false;
    this.children = [];
    this.paths = [];
    this.require = requireOf(this);
  }
}
Module.prototype.constructor = Module;

const folderOf = (filename) => filename.slice(0, filename.lastIndexOf("/")) || "/";

function refused() {
  const why = door(WHY, WANT_JSON);
  return why === null ? new Error("the module cannot be compiled") : problem(why);
}

/** A `require` for code in the file `parent.filename`. */
export function requireOf(parent) {
  const found = Object.create(null);
  function require(specifier) {
    if (typeof specifier !== "string") {
      throw problem({
        name: "TypeError",
        code: "ERR_INVALID_ARG_TYPE",
        message: `The "id" argument must be of type string. Received ${specifier === null ? "null" : typeof specifier}`,
      });
    }
    const { path, kind } = found[specifier] ??= resolve(specifier, parent.filename);
    return load(path, kind, parent);
  }
  require.resolve = (specifier) => {
    const { path, kind } = resolve(specifier, parent.filename);
    return kind === "builtin" && specifier.startsWith("node:") ? specifier : path;
  };
  require.resolve.paths = () => [];
  require.main = main;
  require.cache = cache;
  require.extensions = Object.create(null);
  return require;
}

function resolve(specifier, from) {
  const bare = specifier.startsWith("node:") ? specifier.slice(5) : specifier;
  if (bare in builtins) return { path: bare, kind: "builtin" };
  return json(RESOLVE, JSON.stringify([specifier, from]));
}

function load(path, kind, parent) {
  if (kind === "builtin") return builtins[path];
  const known = cache[path];
  if (known && (known !== main || main.begun)) return known.exports;
  if (kind === "module") return loadModule(path);
  const module = new Module(path, parent);
  if (parent) parent.children.push(module);
  cache[path] = module;
  try {
    if (kind === "json") module.exports = parse(path);
    else run(module);
    module.loaded = true;
  } catch (error) {
    delete cache[path];
    throw error;
  }
  return module.exports;
}

function parse(path) {
  const source = text(TEXT, path);
  try {
    return JSON.parse(source);
  } catch (error) {
    error.message = `${path}: ${error.message}`;
    throw error;
  }
}

// What the wrapper returns: only of a plain script without exports is it looked at.
function run(module) {
  const { filename } = module;
  let wrapper = door(BYTECODE, GIVE_STRING | WANT_CODE, filename);
  if (wrapper === null) wrapper = door(SOURCE, GIVE_STRING | WANT_EVALUATED, filename);
  if (wrapper === null) throw refused();
  return Reflect.apply(wrapper, module.exports, [module.exports, module.require, module, filename, module.path]);
}

// ---- ES modules ------------------------------------------------------------------------------------------------

let nextImport = 1;
const imported = new Map();

// Begins to evaluate; the promise of its end, and a function that gives the namespace once it is there.
function evaluate(path) {
  const id = nextImport++;
  const promise = door(IMPORTER, GIVE_STRING | WANT_EVALUATED, JSON.stringify([path, id]));
  if (promise === null) throw refused();
  return { promise, id };
}

function loadModule(path) {
  const { promise, id } = evaluate(path);
  if (imported.has(id)) {
    const namespace = imported.get(id);
    imported.delete(id);
    return "module.exports" in namespace ? namespace["module.exports"] : namespace;
  }
  const reason = door(0, PROMISE_RESULT, promise);
  promise.then(undefined, () => {});
  if (reason !== undefined) throw reason;
  throw problem({
    name: "Error",
    code: "ERR_REQUIRE_ASYNC_MODULE",
    message: `require() cannot load ${path}, since it or what it imports awaits at its top level; use import()`,
  });
}

Object.defineProperty(globalThis, Symbol.for("hydra"), {
  value: Object.freeze({
    found(id, namespace) { imported.set(id, namespace); },
    // The exports of what is no ES module, for the ES module that stands in front of it.
    exports(path, kind) { return load(path, kind, main); },
    // `import.meta.resolve`.
    resolve(specifier, from) {
      const { path, kind } = json(RESOLVE, JSON.stringify([specifier, from, "import"]));
      return kind === "builtin" ? `node:${path}` : `file://${encodeURI(path).replace(/[?#]/g, encodeURIComponent)}`;
    },
  }),
});

// ---- the function ----------------------------------------------------------------------------------------------

/** Runs the function's main file, which is CommonJS. An ES module is run by the host. */
export function loadMain(path) {
  if (path !== USUAL) {
    delete cache[USUAL];
    main.path = folderOf(path);
    main.filename = path;
    cache[path] = main;
  }
  main.begun = true;
  const declared = run(main);
  main.loaded = true;
  const { exports } = main;
  const bare = typeof exports === "object" && exports !== null && Object.keys(exports).length === 0;
  core.adopt(bare && declared ? declared : exports);
}

/** What a built-in module exports, for the ES module in front of it. */
export function exportNames() {
  const names = {};
  for (const name of Object.keys(builtins)) names[name] = Object.keys(builtins[name]);
  return names;
}

forget();
