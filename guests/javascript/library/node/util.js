// `node:util`.

import inspector from "node-inspect-extracted";
import { invalidType, nodeError } from "./errors.js";
import { isDeepStrictEqual } from "./util/equal.js";
import { parseArgs } from "./util/args.js";
import { styleText } from "./util/style.js";
import { callbackify, promisify } from "./util/promises.js";
import { MIMEParams, MIMEType } from "./util/mime.js";
import * as check from "./validate.js";
import types from "./util_types.js";

const { format, formatWithOptions, inspect } = inspector;
inspect.defaultOptions ??= inspector.inspectDefaultOptions;

function inherits(constructor, parent) {
  if (typeof constructor !== "function") throw invalidType("ctor", "of type function", constructor);
  if (typeof parent !== "function") throw invalidType("superCtor", "of type function", parent);
  if (parent.prototype === undefined) throw invalidType("superCtor.prototype", "of type object", parent.prototype);
  Object.defineProperty(constructor, "super_", { value: parent, writable: true, configurable: true });
  Object.setPrototypeOf(constructor.prototype, parent.prototype);
}

const warned = new Set();

function deprecate(run, message, code) {
  check.callback(run, "fn");
  let told = false;
  function deprecated(...args) {
    if (!told) {
      told = true;
      if (code === undefined || !warned.has(code)) {
        if (code !== undefined) warned.add(code);
        process.emitWarning(message, "DeprecationWarning", code, deprecated);
      }
    }
    if (new.target) return Reflect.construct(run, args, new.target);
    return Reflect.apply(run, this, args);
  }
  Object.setPrototypeOf(deprecated, run);
  if (run.prototype) deprecated.prototype = run.prototype;
  return deprecated;
}

function debuglog(section, use) {
  const name = `${section}`.toUpperCase();
  let on;
  const enabled = () =>
    (on ??= (process.env.NODE_DEBUG ?? "").split(",").some((item) =>
      new RegExp(
        `^${item
          .trim()
          .replace(/[|\\{}()[\]^$+?.]/g, "\\$&")
          .replaceAll("*", ".*")}$`,
        "i",
      ).test(name),
    ));
  function log(...args) {
    if (enabled()) process.stderr.write(`${name} ${process.pid}: ${formatWithOptions({}, ...args)}\n`);
    if (use) {
      use(log);
      use = undefined;
    }
  }
  return Object.defineProperty(log, "enabled", { get: enabled, configurable: true, enumerable: true });
}

const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EEXIST: 17,
  EXDEV: 18,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  EMFILE: 24,
  EFBIG: 27,
  ENOSPC: 28,
  ESPIPE: 29,
  EROFS: 30,
  EPIPE: 32,
  ENAMETOOLONG: 36,
  ENOSYS: 38,
  ENOTEMPTY: 39,
  ELOOP: 40,
  EADDRINUSE: 98,
  ENETUNREACH: 101,
  ECONNABORTED: 103,
  ECONNRESET: 104,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  EHOSTUNREACH: 113,
  ECANCELED: 125,
};

function getSystemErrorName(errno) {
  check.integer(errno, "err", Number.MIN_SAFE_INTEGER, -1);
  return Object.keys(ERRNO).find((name) => ERRNO[name] === -errno);
}

const getSystemErrorMap = () => new Map(Object.entries(ERRNO).map(([name, no]) => [-no, [name, name]]));

async function aborted(signal, resource) {
  if (signal === undefined) throw invalidType("signal", "an instance of AbortSignal", signal);
  check.abortSignal(signal, "signal");
  if (resource === null || typeof resource !== "object") throw invalidType("resource", "of type object", resource);
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

function parseEnv(text) {
  check.string(text, "content");
  const line = /^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*(?:"([^"]*)"|'([^']*)'|`([^`]*)`|([^#\r\n]*))/gm;
  const found = {};
  for (const [, name, double, single, tick, bare] of text.matchAll(line)) {
    found[name] = double?.replaceAll("\\n", "\n") ?? single ?? tick ?? bare.trim();
  }
  return found;
}

function getCallSites(count = 8) {
  check.integer(typeof count === "object" ? 8 : count, "frameCount", 1, 200);
  const frame = /^\s*at (?:(.*?) \()?(.*?)(?::(\d+))?(?::(\d+))?\)?$/;
  return new Error().stack
    .split("\n")
    .filter((line) => /^\s*at /.test(line))
    .slice(1, count + 1)
    .map((line) => {
      const [, functionName = "", scriptName, lineNumber, column] = frame.exec(line);
      return {
        functionName,
        scriptName,
        scriptId: "0",
        lineNumber: Number(lineNumber),
        column: Number(column),
        columnNumber: Number(column),
      };
    });
}

const is = (type) => (value) => typeof value === type;

const util = {
  inspect,
  format,
  formatWithOptions,
  promisify,
  callbackify,
  inherits,
  deprecate,
  debuglog,
  debug: debuglog,
  types,
  isDeepStrictEqual,
  parseArgs,
  styleText,
  aborted,
  parseEnv,
  getCallSites,
  getSystemErrorName,
  getSystemErrorMap,
  getSystemErrorMessage: (errno) => getSystemErrorName(errno),
  stripVTControlCharacters(text) {
    check.string(text, "str");
    return inspector.stripVTControlCharacters(text);
  },
  toUSVString: (value) => `${value}`.toWellFormed(),
  TextEncoder: globalThis.TextEncoder,
  TextDecoder: globalThis.TextDecoder,
  MIMEType,
  MIMEParams,
  transferableAbortController: () => new AbortController(),
  transferableAbortSignal: (signal) => signal,
  _extend(target, source) {
    return source !== null && typeof source === "object" ? Object.assign(target, source) : target;
  },
  _errnoException(errno, syscall, original) {
    const name = getSystemErrorName(errno) ?? `Unknown system error ${errno}`;
    return nodeError(name, `${syscall} ${name}${original ? ` ${original}` : ""}`, { errno, syscall });
  },
  isArray: Array.isArray,
  isBoolean: is("boolean"),
  isNumber: is("number"),
  isString: is("string"),
  isSymbol: is("symbol"),
  isFunction: is("function"),
  isUndefined: is("undefined"),
  isNull: (value) => value === null,
  isNullOrUndefined: (value) => value == null,
  isObject: (value) => value !== null && typeof value === "object",
  isPrimitive: (value) => value === null || (typeof value !== "object" && typeof value !== "function"),
  isRegExp: types.isRegExp,
  isDate: types.isDate,
  isError: (value) => types.isNativeError(value) || value instanceof Error,
  isBuffer: (value) => globalThis.Buffer.isBuffer(value),
};

/** Forgets which deprecations a function was told of. */
export const forget = () => warned.clear();

export default util;
export { inspect, format, formatWithOptions, inherits, deprecate, debuglog, types, promisify, callbackify };
export { isDeepStrictEqual };
