// `process`. Its streams are put in by index.js, once streams are there.

import { core, json, number, text } from "../host.js";
import { missing, nodeError } from "./errors.js";
import EventEmitter from "./events.js";
import * as check from "./validate.js";

const FACT = 6,
  EXIT = 10,
  ENV = 14,
  MIB = 1 << 20;

let env = null;
let mask = 0o22;

class Process extends EventEmitter {}
Object.defineProperty(Process, "name", { value: "process" });

export const process = new Process();

// ---- ticks: before promises that settle later, since all of them run in one job ---------------------------------

let ticks = [];

function nextTick(run, ...args) {
  check.callback(run, "callback");
  if (ticks.length === 0) queueMicrotask(drain);
  ticks.push({ run, args, context: core.asyncContext?.get() });
}

function drain() {
  const before = core.asyncContext?.get();
  for (let at = 0; at < ticks.length; at++) {
    const { run, args, context } = ticks[at];
    core.asyncContext?.set(context);
    try {
      run(...args);
    } catch (error) {
      uncaught(error);
    }
  }
  ticks = [];
  core.asyncContext?.set(before);
}

/** What nobody caught: the function's own listener has it, or the call fails. */
export function uncaught(error) {
  if (process.listenerCount("uncaughtException") > 0) process.emit("uncaughtException", error, "uncaughtException");
  else core.fail(error);
}

// ---- time, memory ----------------------------------------------------------------------------------------------

function hrtime(since) {
  const us = Math.round(core.nowMs() * 1000);
  const [s, ns] = [Math.floor(us / 1e6), (us % 1e6) * 1000];
  if (!since) return [s, ns];
  return ns < since[1] ? [s - since[0] - 1, ns - since[1] + 1e9] : [s - since[0], ns - since[1]];
}
hrtime.bigint = () => BigInt(Math.round(core.nowMs() * 1000)) * 1000n;

const limit = () => (Number(text(FACT, "memory_mb")) || 0) * MIB;

// How much of its memory a sandbox uses cannot be seen from inside; what may be used can.
const memoryUsage = () => {
  const bytes = limit();
  return { rss: bytes, heapTotal: bytes, heapUsed: 0, external: 0, arrayBuffers: 0 };
};
memoryUsage.rss = limit;

function cpuUsage(since) {
  const user = Math.round(core.nowMs() * 1000) - (since?.user ?? 0);
  return { user, system: 0 };
}

// ---- warnings --------------------------------------------------------------------------------------------------

function emitWarning(warning, type, code) {
  let detail;
  if (type !== null && typeof type === "object") ({ type, code, detail } = type);
  if (typeof code === "function") code = undefined;
  if (typeof type === "function") type = undefined;
  let error = warning;
  if (typeof warning === "string") {
    error = new Error(warning);
    error.name = type || "Warning";
    if (code !== undefined) error.code = code;
    if (detail !== undefined) error.detail = detail;
  } else {
    check.object(warning, "warning");
  }
  if (error.name === "DeprecationWarning" && process.noDeprecation) return;
  nextTick(() => {
    process.emit("warning", error);
    const label = error.code ? `[${error.code}] ` : "";
    console.warn(`(hydra) ${label}${error.name}: ${error.message}${error.detail ? `\n${error.detail}` : ""}`);
  });
}

const cannot = (name, hint) =>
  ({
    [name]() {
      throw missing(`process.${name}`, hint);
    },
  })[name];

function exit(code) {
  if (code !== undefined) process.exitCode = code;
  process.emit("exit", process.exitCode ?? 0);
  number(EXIT, String(Number(process.exitCode ?? 0) & 255));
}

const id = () => 1000;

Object.assign(process, {
  title: "hydra",
  version: "v22.12.0",
  versions: { node: "22.12.0", hydra: "0.1", quickjs: "ng", modules: "127" },
  release: { name: "node", lts: "Jod" },
  arch: "wasm32",
  platform: "linux",
  argv: ["hydra", "function"],
  argv0: "hydra",
  execArgv: [],
  execPath: "/usr/bin/hydra",
  debugPort: 9229,
  exitCode: undefined,
  pid: 1,
  ppid: 0,
  config: { target_defaults: {}, variables: {} },
  features: {
    inspector: false,
    debug: false,
    uv: false,
    ipv6: true,
    tls_alpn: false,
    tls_sni: false,
    tls_ocsp: false,
    tls: false,
    cached_builtins: true,
    require_module: true,
    typescript: false,
  },
  allowedNodeEnvironmentFlags: new Set(),
  report: undefined,
  nextTick,
  hrtime,
  memoryUsage,
  constrainedMemory: limit,
  availableMemory: limit,
  cpuUsage,
  resourceUsage: () => ({ userCPUTime: cpuUsage().user, systemCPUTime: 0, maxRSS: limit() / 1024 }),
  uptime: () => core.nowMs() / 1000,
  cwd: () => "/",
  chdir: cannot("chdir", "the current folder is always /; use absolute paths"),
  exit,
  reallyExit: exit,
  abort: () => exit(134),
  kill: cannot("kill", "a sandbox has no processes"),
  dlopen: cannot("dlopen", "native add-ons do not run in a sandbox; use a package in JavaScript or WebAssembly"),
  binding(name) {
    throw nodeError("ERR_UNKNOWN_BUILTIN_MODULE", `No such binding: ${name}; Hydra has no native bindings`);
  },
  umask(next) {
    const before = mask;
    if (next !== undefined) mask = (typeof next === "string" ? parseInt(next, 8) : next) & 0o777;
    return before;
  },
  getuid: id,
  geteuid: id,
  getgid: id,
  getegid: id,
  getgroups: () => [1000],
  emitWarning,
  getActiveResourcesInfo: () => [],
  hasUncaughtExceptionCaptureCallback: () => false,
  setUncaughtExceptionCaptureCallback: cannot(
    "setUncaughtExceptionCaptureCallback",
    "use process.on('uncaughtException')",
  ),
  setSourceMapsEnabled() {},
  ref() {},
  unref() {},
  loadEnvFile: cannot("loadEnvFile", "give the environment when you register the function"),
});
Object.defineProperty(process, "env", {
  // Made when it is first looked at: most functions never do.
  get() {
    return (env ??= json(ENV) ?? {});
  },
  set(replacement) {
    env = replacement;
  },
  enumerable: true,
  configurable: true,
});
Object.defineProperty(process, Symbol.toStringTag, { value: "process", configurable: true });
Object.defineProperty(globalThis, "process", { value: process, writable: true, enumerable: false, configurable: true });

/** Forgets what belongs to a function. */
export function forget() {
  env = null;
  mask = 0o22;
  ticks = [];
  process.exitCode = undefined;
  process.removeAllListeners();
}

export default process;
