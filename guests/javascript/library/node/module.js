// `node:module`.

import { builtins, requireOf } from "../modules.js";
import { invalidValue, missing } from "./errors.js";
import process from "./process.js";
import { fileURLToPath } from "./url.js";

function createRequire(from) {
  let path = from;
  if (from instanceof URL || (typeof from === "string" && from.startsWith("file:"))) path = fileURLToPath(from);
  if (typeof path !== "string" || !path.startsWith("/")) {
    throw invalidValue("filename", from, "must be a file URL object, file URL string, or absolute path string");
  }
  return requireOf({ filename: path, children: [] });
}

const bare = (name) => (name.startsWith("node:") ? name.slice(5) : name);
const isBuiltin = (name) => typeof name === "string" && bare(name) in builtins;

function Module() {
  throw missing("new Module()", "modules are made by require and import");
}

Object.assign(Module, {
  Module,
  createRequire,
  isBuiltin,
  builtinModules: [],
  _extensions: {},
  _cache: {},
  globalPaths: [],
  _load: (name) => createRequire("/")(name),
  _resolveFilename: (name, parent) => createRequire(parent?.filename ?? "/").resolve(name),
  _nodeModulePaths: (from) => {
    const parts = `${from}`.split("/").filter((part) => part !== "" && part !== "node_modules");
    return [...parts.map((_, i) => `/${parts.slice(0, parts.length - i).join("/")}/node_modules`), "/node_modules"];
  },
  wrap: (source) => `(function (exports, require, module, __filename, __dirname) { ${source}\n});`,
  findSourceMap: () => undefined,
  syncBuiltinESMExports() {},
  enableCompileCache: () => ({ status: 3 }),
  getCompileCacheDir: () => undefined,
  register() {
    throw missing("module.register", "there are no hooks on loading; bundle the function instead");
  },
  registerHooks() {
    throw missing("module.registerHooks", "there are no hooks on loading; bundle the function instead");
  },
});

process.getBuiltinModule = function getBuiltinModule(name) {
  return isBuiltin(name) ? builtins[bare(name)] : undefined;
};

export default Module;
