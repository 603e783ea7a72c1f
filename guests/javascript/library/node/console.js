// `node:console` and the global `console`, which hands whole lines to the log of the invocation.

import inspector from "node-inspect-extracted";
import { core, number } from "../host.js";
import { table } from "./console/table.js";
import { invalidType } from "./errors.js";

const LOG = 5;
const { formatWithOptions, inspect } = inspector;

function write(text) {
  number(LOG, text);
}

// Listing the keys of a huge array would take more memory than the array; nobody reads more than its beginning.
const HUGE = 100_000, SHOWN = 100;
function shortened(value) {
  if (!Array.isArray(value) || value.length <= HUGE) return value;
  const shown = inspect(value.slice(0, SHOWN)).replace(/\s*\]$/, "");
  const text = `${shown},\n  ... ${value.length - SHOWN} more items\n]`;
  return { [inspect.custom]: () => text };
}

const settled = [];

// The methods of one console over two functions that take a text; they work without `this`.
function methods({ out, err, inspectOptions, groupIndentation = 2 }) {
  let indent = "";
  const counts = new Map(),
    timers = new Map();
  settled.push(() => {
    indent = "";
    counts.clear();
    timers.clear();
  });

  function format(args) {
    if (args.length === 1 && typeof args[0] === "string") return args[0];
    try {
      return formatWithOptions(inspectOptions?.(args) ?? {}, ...args.map(shortened));
    } catch {
      return "(what was to be logged cannot be shown)";
    }
  }
  function print(to, args) {
    let text = format(args);
    if (indent !== "") text = indent + text.replaceAll("\n", `\n${indent}`);
    to(`${text}\n`);
  }
  const named = (label) => (label === undefined ? "default" : `${label}`);
  const passed = (ms) => (ms >= 1000 ? `${(ms / 1000).toFixed(3)}s` : `${Number(ms.toFixed(3))}ms`);
  function elapsed(label, what) {
    const since = timers.get(label);
    if (since === undefined) process.emitWarning(`No such label '${label}' for console.${what}()`);
    return since === undefined ? undefined : passed(core.nowMs() - since);
  }

  const console = {
    log(...args) {
      print(out, args);
    },
    warn(...args) {
      print(err, args);
    },
    dir(value, options) {
      print(out, [inspect(value, { customInspect: false, ...inspectOptions?.([value]), ...options })]);
    },
    time(label) {
      label = named(label);
      if (timers.has(label)) process.emitWarning(`Label '${label}' already exists for console.time()`);
      else timers.set(label, core.nowMs());
    },
    timeEnd(label) {
      const text = elapsed(named(label), "timeEnd");
      if (text !== undefined) print(out, [`${named(label)}: ${text}`]);
      timers.delete(named(label));
    },
    timeLog(label, ...args) {
      const text = elapsed(named(label), "timeLog");
      if (text !== undefined) print(out, [`${named(label)}: ${text}`, ...args]);
    },
    trace(...args) {
      const stack = new Error().stack
        .split("\n")
        .filter((line) => /^\s*at /.test(line))
        .slice(1)
        .join("\n");
      const text = args.length > 0 ? `Trace: ${format(args)}` : "Trace";
      print(err, [`${text}\n${stack}`]);
    },
    assert(condition, ...args) {
      if (condition) return;
      if (typeof args[0] === "string") args[0] = `Assertion failed: ${args[0]}`;
      else args.unshift("Assertion failed");
      print(err, args);
    },
    clear() {},
    count(label) {
      label = named(label);
      counts.set(label, (counts.get(label) ?? 0) + 1);
      print(out, [`${label}: ${counts.get(label)}`]);
    },
    countReset(label) {
      if (!counts.delete(named(label))) process.emitWarning(`Count for '${named(label)}' does not exist`);
    },
    group(...args) {
      if (args.length > 0) print(out, args);
      indent += " ".repeat(groupIndentation);
    },
    groupEnd() {
      indent = indent.slice(0, Math.max(0, indent.length - groupIndentation));
    },
    table(data, columns) {
      if (data === null || typeof data !== "object") return print(out, [data]);
      if (columns !== undefined && !Array.isArray(columns))
        throw invalidType("properties", "an instance of Array", columns);
      print(out, [table(data, columns)]);
    },
    profile() {},
    profileEnd() {},
    timeStamp() {},
  };
  console.debug = { debug: (...args) => print(out, args) }.debug;
  console.info = { info: (...args) => print(out, args) }.info;
  console.dirxml = { dirxml: (...args) => print(out, args) }.dirxml;
  console.error = { error: (...args) => print(err, args) }.error;
  console.groupCollapsed = { groupCollapsed: (...args) => console.group(...args) }.groupCollapsed;
  return console;
}

/** `new Console(stdout, stderr)` or `new Console({ stdout, stderr, inspectOptions, groupIndentation })`. */
export function Console(options, second) {
  if (!new.target) return new Console(options, second);
  const given = typeof options?.write === "function" ? { stdout: options, stderr: second } : (options ?? {});
  const { stdout, stderr = stdout, colorMode = false, groupIndentation, inspectOptions } = given;
  for (const [name, stream] of [
    ["stdout", stdout],
    ["stderr", stderr],
  ]) {
    if (typeof stream?.write !== "function") throw invalidType(name, "a stream with a write function", stream);
  }
  const shown = inspectOptions ?? (colorMode === true ? { colors: true } : undefined);
  Object.assign(
    this,
    methods({
      out: (text) => stdout.write(text),
      err: (text) => stderr.write(text),
      inspectOptions: shown && (() => shown),
      groupIndentation,
    }),
  );
  // The library keeps what its own console remembers, not that of others.
  settled.pop();
}
Object.defineProperty(Console, Symbol.hasInstance, {
  value(instance) {
    return instance === console || Function.prototype[Symbol.hasInstance].call(Console, instance);
  },
});

export const console = Object.assign(Object.create({}), methods({ out: write, err: write }), { Console });
Object.defineProperty(console, Symbol.toStringTag, { value: "console", configurable: true });

export function forget() {
  for (const clear of settled) clear();
}

export default console;
