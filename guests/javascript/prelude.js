// The part of the JavaScript runtime that is written in JavaScript. Evaluated once, into the base image.
//
// Gets `host(op, shape, payload)` from the sandbox (crates/sandbox-wasm/src/javascript/shim.rs says what a shape
// is) and returns the functions that the sandbox calls. Nothing else of the host can be reached from here, and
// nothing of it stays reachable for user code.
//
// Copies of the built-ins that a reply depends on are taken first, so that a function that replaces
// `JSON.stringify` or `Promise.prototype.then` harms only itself.
(function (host) {
  "use strict";

  // Operations; the same numbers as in crates/sandbox-wasm/src/javascript/ops.rs.
  const EVENT = 1, REPLY = 2, REPLY_BYTES = 3, FAIL = 4, LOG = 5, FACT = 6, REMAINING_MS = 7,
    REQUEST_ID = 8, LOADED = 9, EXIT = 10, RANDOM = 11, NOW_US = 12, HANDLER = 13, ENV = 14;
  // Shapes: what is given, and what is wanted back.
  const NUMBER = 0, GIVE_STRING = 1, GIVE_BYTES = 2, WANT_STRING = 1 << 4, WANT_BYTES = 2 << 4, WANT_JSON = 3 << 4;

  const { stringify } = JSON;
  const { isArray } = Array;
  const { Promise, ArrayBuffer, Uint8Array, Error, TypeError, RangeError, String, Number, Object, Math } = globalThis;
  const { keys, is: isSame } = Object;
  const { then } = Promise.prototype;
  const { resolve } = Promise;
  const { apply } = Reflect;
  const { isView } = ArrayBuffer;
  const { toWellFormed, slice, lastIndexOf } = String.prototype;
  const global = globalThis;

  // ---- failures ----------------------------------------------------------------------------------------------

  function describe(error) {
    try {
      if (error instanceof Error || (error !== null && typeof error === "object" && "message" in error)) {
        const constructor = error.constructor;
        const type = error.name || (constructor && constructor.name) || "Error";
        return description(String(type), String(error.message), typeof error.stack === "string" ? error.stack : "");
      }
      return description("Error", typeof error === "string" ? error : inspect(error), "");
    } catch {
      return description("Error", "the thrown value cannot be described", "");
    }
  }

  // As JSON, whatever has become of the prototypes: no `toJSON` is found on the way, and halves of characters, which
  // are no text outside, are replaced.
  function description(type, message, stack) {
    const text = (value) => stringify(apply(toWellFormed, value, []));
    return `{"type":${text(type)},"message":${text(message)},"stack":${text(stack)}}`;
  }

  function fail(error) {
    host(FAIL, GIVE_STRING, describe(error));
  }

  // ---- console -----------------------------------------------------------------------------------------------

  const DEPTH = 3, ITEMS = 100;

  function inspect(value, depth = 0, seen = []) {
    switch (typeof value) {
      case "string": return depth === 0 ? value : stringify(value);
      case "bigint": return value + "n";
      case "symbol": return String(value);
      case "function": return `[${isClass(value) ? "class" : "Function"}: ${value.name || "(anonymous)"}]`;
      case "object": return value === null ? "null" : inspectObject(value, depth, seen);
      default: return isSame(value, -0) ? "-0" : String(value);
    }
  }

  function isClass(value) {
    return Function.prototype.toString.call(value).startsWith("class");
  }

  function inspectObject(value, depth, seen) {
    if (value instanceof Error) return (value.stack ? `${value}\n${value.stack}` : String(value)).trimEnd();
    if (value instanceof Date) return isNaN(value) ? "Invalid Date" : value.toISOString();
    if (value instanceof RegExp) return String(value);
    if (value instanceof Promise) return "Promise {}";
    if (seen.includes(value)) return "[Circular]";
    const name = value.constructor && value.constructor.name;
    if (depth >= DEPTH) return isArray(value) ? "[Array]" : `[${name || "Object"}]`;
    const inner = (item) => inspect(item, depth + 1, [...seen, value]);
    if (isArray(value)) return list("[", value, inner, "]");
    if (isView(value) && !(value instanceof DataView)) return `${name}(${value.length}) ` + list("[", value, inner, "]");
    if (value instanceof Map) return `Map(${value.size}) ` + list("{", value, ([k, v]) => `${inner(k)} => ${inner(v)}`, "}");
    if (value instanceof Set) return `Set(${value.size}) ` + list("{", value, inner, "}");
    const fields = list("{", Object.keys(value), (key) => `${fieldName(key)}: ${inner(value[key])}`, "}");
    return name && name !== "Object" ? `${name} ${fields}` : fields;
  }

  function fieldName(key) {
    return /^[A-Za-z_$][\w$]*$/.test(key) ? key : stringify(key);
  }

  function list(open, items, show, close) {
    const shown = [];
    let rest = 0;
    for (const item of items) {
      if (shown.length < ITEMS) shown.push(show(item));
      else rest++;
    }
    if (rest > 0) shown.push(`... ${rest} more`);
    const pad = open === "{" ? " " : "";
    return shown.length ? open + pad + shown.join(", ") + pad + close : open + close;
  }

  function format(args) {
    if (typeof args[0] !== "string" || !args[0].includes("%") || args.length === 1) {
      return args.map((arg) => inspect(arg)).join(" ");
    }
    let next = 1;
    const text = args[0].replace(/%[sdifjoOc%]/g, (directive) => {
      if (directive === "%%") return "%";
      if (next >= args.length) return directive;
      const arg = args[next++];
      switch (directive) {
        case "%s": return inspect(arg);
        case "%d": return typeof arg === "bigint" ? arg + "n" : String(Number(arg));
        case "%i": return String(parseInt(arg, 10));
        case "%f": return String(parseFloat(arg));
        case "%j": return stringify(arg);
        case "%c": return "";
        default: return inspect(arg, 1);
      }
    });
    return [text, ...args.slice(next).map((arg) => inspect(arg))].join(" ");
  }

  let indent = "";
  const counts = new Map(), timers = new Map();

  function log(...args) {
    let text;
    try {
      text = format(args);
    } catch (error) {
      text = "(what was to be logged cannot be shown)";
    }
    if (indent) text = indent + text.replaceAll("\n", "\n" + indent);
    host(LOG, GIVE_STRING, text + "\n");
  }

  const console = {
    log, info: log, debug: log, warn: log, error: log,
    trace(...args) { log(...args, "\n" + new Error().stack); },
    assert(condition, ...args) { if (!condition) log("Assertion failed" + (args.length ? ":" : ""), ...args); },
    dir(value) { log(inspect(value, 1)); },
    table(value) { log(inspect(value, 1)); },
    group(...args) { if (args.length) log(...args); indent += "  "; },
    groupEnd() { indent = indent.slice(2); },
    count(label = "default") { counts.set(label, (counts.get(label) || 0) + 1); log(`${label}: ${counts.get(label)}`); },
    countReset(label = "default") { counts.delete(label); },
    time(label = "default") { timers.set(label, nowMs()); },
    timeLog(label = "default", ...args) { log(`${label}: ${(nowMs() - timers.get(label)).toFixed(3)}ms`, ...args); },
    timeEnd(label = "default") { console.timeLog(label); timers.delete(label); },
  };
  console.groupCollapsed = console.group;

  // ---- timers ------------------------------------------------------------------------------------------------
  // Ordered by time, then by age. Time passes between turns only: the host waits, then calls `poll`.

  let pending = [];
  let nextTimer = 1;

  function nowMs() {
    return host(NOW_US, WANT_JSON) / 1000;
  }

  class Timeout {
    constructor(run, args, delay, every) {
      this.id = nextTimer++;
      this.run = run;
      this.args = args;
      this.delay = delay >= 1 && delay <= 0x7fffffff ? Number(delay) : 1;
      this.every = every;
    }
    ref() { return this; }
    unref() { return this; }
    hasRef() { return true; }
    close() { forget(this); return this; }
    refresh() { forget(this); start(this); return this; }
    [Symbol.toPrimitive]() { return this.id; }
  }

  function start(timer) {
    timer.due = nowMs() + timer.delay;
    let place = pending.length;
    while (place > 0 && pending[place - 1].due > timer.due) place--;
    pending.splice(place, 0, timer);
    return timer;
  }

  function forget(timer) {
    const id = typeof timer === "object" && timer !== null ? timer.id : Number(timer);
    pending = pending.filter((other) => other.id !== id);
  }

  function timer(run, delay, args, every) {
    if (typeof run !== "function") throw new TypeError("the first argument of a timer must be a function");
    return start(new Timeout(run, args, delay, every));
  }

  // ---- calls -------------------------------------------------------------------------------------------------

  let handler = null;
  let turn = 0;

  // What most handlers never look at is behind accessors: making it for every call would write to memory that is
  // shared otherwise.
  function fact(name) { return host(FACT, GIVE_STRING | WANT_STRING, name); }

  class Context {
    get callbackWaitsForEmptyEventLoop() { return true; }
    set callbackWaitsForEmptyEventLoop(_) {}
    get functionName() { return fact("name"); }
    get functionVersion() { return fact("version"); }
    get invokedFunctionArn() { return fact("arn"); }
    get memoryLimitInMB() { return fact("memory_mb"); }
    get awsRequestId() { return host(REQUEST_ID, WANT_STRING); }
    get logGroupName() { return fact("log_group"); }
    get logStreamName() { return fact("log_stream"); }
    toJSON() {
      const { functionName, functionVersion, invokedFunctionArn, memoryLimitInMB, awsRequestId, logGroupName, logStreamName } = this;
      return { functionName, functionVersion, invokedFunctionArn, memoryLimitInMB, awsRequestId, logGroupName, logStreamName };
    }
    get requestId() { return this.awsRequestId; }
    getRemainingTimeInMillis() { return host(REMAINING_MS, NUMBER); }
    done(error, result) { error ? fail(error) : reply(result); }
    succeed(result) { reply(result); }
    fail(error) { fail(error); }
  }

  function reply(value) {
    try {
      // Only what has a byte length can be bytes; the exact question would touch more objects, for every reply.
      if (value?.byteLength !== undefined && (isView(value) || value instanceof ArrayBuffer)) {
        const bytes = value instanceof ArrayBuffer ? new Uint8Array(value)
          : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
        if (bytes.length > 0) host(REPLY_BYTES, GIVE_BYTES, bytes);
        else host(REPLY_BYTES, NUMBER);
        return;
      }
      const json = stringify(value);
      host(REPLY, GIVE_STRING, json === undefined ? "null" : json);
    } catch (error) {
      fail(error);
    }
  }

  function begin(event) {
    const mine = ++turn;
    let result;
    try {
      const context = new Context();
      result = handler.length < 3 ? handler(event, context) : handler(event, context, (error, value) => {
        if (mine === turn) error ? fail(error) : reply(value);
      });
      if (result === undefined && handler.length >= 3) return;
      if (result === null || typeof result !== "object" || typeof result.then !== "function") return reply(result);
    } catch (error) {
      return fail(error);
    }
    const settle = (value) => { if (mine === turn) reply(value); };
    const reject = (error) => { if (mine === turn) fail(error); };
    if (result instanceof Promise) apply(then, result, [settle, reject]);
    else apply(then, apply(resolve, Promise, [result]), [settle, reject]);
  }

  function serve(shape) {
    let event;
    try {
      event = host(EVENT, shape);
    } catch (error) {
      // An event that is nested deeper than the stack allows, or larger than memory.
      return fail(error);
    }
    begin(event);
  }

  // ---- loading -----------------------------------------------------------------------------------------------

  const NAMES = ["handler", "default", "main", "handle"];

  function choose(found) {
    const exports = found ?? {};
    const wanted = host(HANDLER, WANT_STRING);
    if (wanted !== null) {
      const name = apply(slice, wanted, [apply(lastIndexOf, wanted, ["."]) + 1]);
      const found = exports[name] || (exports.default && exports.default[name]);
      if (typeof found === "function") return found;
      throw new TypeError(`the code exports no function ${stringify(name)}; it exports ${names(exports)}`);
    }
    if (typeof exports === "function") return exports;
    for (let i = 0; i < NAMES.length; i++) {
      const found = exports[NAMES[i]] || (exports.default && exports.default[NAMES[i]]);
      if (typeof found === "function") return found;
    }
    throw new TypeError(`the code exports no handler; export one of ${NAMES.join(", ")}, or name another with ` +
      `handler=…; it exports ${names(exports)}`);
  }

  function names(exports) {
    const found = keys(exports).filter((name) => typeof exports[name] === "function");
    return found.length ? found.join(", ") : "no function";
  }

  function missing(name) {
    const error = new Error(`Cannot find module '${name}': a function is one file here and has no modules to load`);
    error.code = "MODULE_NOT_FOUND";
    throw error;
  }

  function adopt(exports) {
    handler = choose(exports);
    host(LOADED, NUMBER);
  }

  // ---- what user code sees -----------------------------------------------------------------------------------

  const hidden = (value) => ({ value, writable: true, enumerable: false, configurable: true });
  const shown = (value) => ({ value, writable: true, enumerable: true, configurable: true });

  let env = null;

  const process = {
    // Made when it is first looked at: most functions never do.
    get env() { return env ?? (env = host(ENV, WANT_JSON)); },
    set env(replacement) { env = replacement; },
    argv: ["hydra"],
    platform: "linux",
    arch: "wasm32",
    pid: 1,
    title: "hydra",
    version: "v20.0.0",
    versions: { hydra: "0.1", quickjs: "ng" },
    cwd: () => "/",
    exit(status = 0) { host(EXIT, GIVE_STRING, String(Number(status) & 255)); },
    nextTick(run, ...args) { queueMicrotask(() => run(...args)); },
    uptime: () => nowMs() / 1000,
    hrtime: Object.assign(
      (since) => {
        const us = Math.round(nowMs() * 1000);
        const [s, ns] = [Math.floor(us / 1e6), (us % 1e6) * 1000];
        if (!since) return [s, ns];
        return ns < since[1] ? [s - since[0] - 1, ns - since[1] + 1e9] : [s - since[0], ns - since[1]];
      },
      { bigint: () => BigInt(Math.round(nowMs() * 1000)) * 1000n },
    ),
    stdout: { write(text) { host(LOG, GIVE_STRING, String(text)); return true; } },
    stderr: { write(text) { host(LOG, GIVE_STRING, String(text)); return true; } },
    emitWarning(warning) { log("Warning:", warning); },
    on() { return process; },
    once() { return process; },
    off() { return process; },
  };


  const crypto = {
    getRandomValues(array) {
      if (!isView(array)) throw new TypeError("getRandomValues takes an integer typed array");
      if (array.byteLength > 65536) throw new RangeError("getRandomValues gives at most 65,536 bytes at a time");
      const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
      if (bytes.length > 0) host(RANDOM, GIVE_BYTES, bytes);
      return array;
    },
    randomUUID() {
      const b = crypto.getRandomValues(new Uint8Array(16));
      b[6] = (b[6] & 15) | 64;
      b[8] = (b[8] & 63) | 128;
      let text = "";
      for (let i = 0; i < 16; i++) {
        text += (i === 4 || i === 6 || i === 8 || i === 10 ? "-" : "") + (b[i] + 256).toString(16).slice(1);
      }
      return text;
    },
  };

  function setTimeout(run, delay, ...args) { return timer(run, delay, args, false); }
  function setInterval(run, delay, ...args) { return timer(run, delay, args, true); }
  function setImmediate(run, ...args) { return timer(run, 0, args, false); }

  Object.defineProperties(global, {
    console: hidden(console),
    process: hidden(process),
    crypto: hidden(crypto),
    global: hidden(global),
    self: hidden(global),
    setTimeout: shown(setTimeout),
    setInterval: shown(setInterval),
    setImmediate: shown(setImmediate),
    clearTimeout: shown(forget),
    clearInterval: shown(forget),
    clearImmediate: shown(forget),
  });
  if (typeof global.queueMicrotask !== "function") {
    global.queueMicrotask = (run) => { Promise.resolve().then(run); };
  }

  // ---- what the sandbox calls --------------------------------------------------------------------------------

  return {
    // Run a CommonJS module, whose text became the body of `evaluate`. Top-level functions called like a handler
    // count as exports, so that a plain script works too; `evaluate` returns them.
    commonjs(evaluate, file) {
      try {
        const module = { exports: {}, id: ".", filename: "/" + file, loaded: false, children: [], paths: [] };
        const declared = apply(evaluate, module.exports, [module.exports, missing, module, "/" + file, "/"]);
        module.loaded = true;
        const { exports } = module;
        const bare = typeof exports === "object" && exports !== null && keys(exports).length === 0;
        adopt(bare && declared ? declared : exports);
      } catch (error) {
        fail(error);
      }
    },

    // What could not even be compiled.
    fail,

    // No function is loaded any more.
    forget() {
      handler = null;
      env = null;
    },

    // The module's evaluation has ended or will end.
    watch(promise, exports) {
      apply(then, promise, [() => { try { adopt(exports); } catch (error) { fail(error); } }, fail]);
    },

    // Serve one event.
    json() { serve(WANT_JSON); },
    bytes() { serve(WANT_BYTES); },

    // Run the timers that are due; in how many milliseconds the next one is, or -1.
    poll() {
      const now = pending.length ? nowMs() : 0;
      let ran = false;
      while (pending.length && pending[0].due <= now) {
        const due = pending.shift();
        ran = true;
        if (due.every) start(due);
        try { due.run(...due.args); } catch (error) { fail(error); }
      }
      // What they settled runs after this returns, and may set timers.
      if (ran) return 0;
      return pending.length ? Math.max(0, Math.ceil(pending[0].due - nowMs())) : -1;
    },
  };
})
