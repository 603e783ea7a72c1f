// The core of the JavaScript runtime: what every call passes through. Evaluated into the base image before the
// library (guests/javascript/library), so that what calls write to lies close together.
//
// Gets `host(op, shape, payload)` from the sandbox (crates/sandbox-wasm/src/javascript/shim.rs says what a shape
// is) and returns what the sandbox calls, and `core`: what the library builds on. Nothing else of the host can be
// reached from here.
//
// Copies of the built-ins that a reply depends on are taken first, so that a function that replaces
// `JSON.stringify` or `Promise.prototype.then` harms only itself.
(function (host) {
  "use strict";

  // Operations; the same numbers as in crates/sandbox-wasm/src/javascript/ops.rs.
  const EVENT = 1, REPLY = 2, REPLY_BYTES = 3, FAIL = 4, FACT = 6, REMAINING_MS = 7, REQUEST_ID = 8, LOADED = 9,
    NOW_US = 12, HANDLER = 13, DONE = 22;
  // Shapes: what is given, and what is wanted back.
  const NUMBER = 0, GIVE_STRING = 1, GIVE_BYTES = 2, WANT_STRING = 1 << 4, WANT_BYTES = 2 << 4, WANT_JSON = 3 << 4, HOOK = 7 << 4;

  const { stringify } = JSON;
  const { Promise, ArrayBuffer, Uint8Array, Error, TypeError, String, Number, Object, Math, queueMicrotask } = globalThis;
  const { keys } = Object;
  const { then } = Promise.prototype;
  const { resolve } = Promise;
  const { apply } = Reflect;
  const { isView } = ArrayBuffer;
  const { toWellFormed } = String.prototype;

  // ---- failures ----------------------------------------------------------------------------------------------

  function describe(error) {
    try {
      if (error instanceof Error || (error !== null && typeof error === "object" && "message" in error)) {
        const constructor = error.constructor;
        const type = error.name || (constructor && constructor.name) || "Error";
        return description(String(type), String(error.message), typeof error.stack === "string" ? error.stack : "");
      }
      return description("Error", typeof error === "string" ? error : core.inspect(error), "");
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

  // ---- what AsyncLocalStorage carries ------------------------------------------------------------------------
  //
  // A value that follows what is asynchronous. The interpreter has no such thing, so, once it is asked for, each
  // reaction to a promise gets one in front of it that puts the value back. Reactions of one promise run one after
  // the other, so that nothing comes between the two. Reactions are made in three ways:
  //
  // - `then`, which is replaced;
  // - `await` of a promise, which asks for the promise's constructor at that moment;
  // - `await` of anything else, which makes a promise of it at that moment: the interpreter's promise hook tells.

  let context, enter = () => { context = undefined; };
  let carrying = false, busy = false;

  function setContext(value) {
    if (value === context) return;
    context = value;
    if (carrying) enter = () => { setContext(value); };
  }

  // As `queueMicrotask`, and what `run` throws is the call's failure.
  function microtask(run) {
    const mine = context;
    queueMicrotask(() => {
      setContext(mine);
      try { run(); } catch (error) { fail(error); }
    });
  }

  function mark(promise) {
    if (busy) return;
    busy = true;
    try {
      apply(then, promise, [enter, enter]);
    } catch {
      // No promise.
    } finally {
      busy = false;
    }
  }

  function carryContext() {
    if (carrying) return;
    carrying = true;
    const { prototype } = Promise;
    const patched = {
      then(fulfilled, rejected) {
        mark(this);
        // The interpreter asks for the constructor here too.
        const outer = busy;
        busy = true;
        try {
          return apply(then, this, [fulfilled, rejected]);
        } finally {
          busy = outer;
        }
      },
      get constructor() {
        mark(this);
        return Promise;
      },
      set constructor(value) {
        Object.defineProperty(this, "constructor", { value, writable: true, enumerable: true, configurable: true });
      },
    };
    for (const name of ["then", "constructor"]) {
      const descriptor = Object.getOwnPropertyDescriptor(patched, name);
      Object.defineProperty(prototype, name, { ...descriptor, enumerable: false });
    }
    host(0, HOOK, mark);
  }

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
      this.context = context;
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

  // ---- what the host does meanwhile --------------------------------------------------------------------------

  // By the operation's id, what settles its promise.
  const waiting = new Map();

  function wait(id) {
    return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
  }

  // Settles what has come; whether anything has.
  function settle() {
    let settled = false;
    while (waiting.size > 0) {
      const done = host(DONE, WANT_JSON);
      if (done === null) break;
      settled = true;
      const { resolve, reject } = waiting.get(done.id) ?? {};
      waiting.delete(done.id);
      if (done.refused) reject?.(core.problem(done.refused));
      else resolve?.(done.answer);
    }
    return settled;
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
    setContext(undefined);
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

  // `a.b` of `exports`, looked for in `exports.default` too; with the object that it is a method of.
  function member(exports, path) {
    const from = (start) => {
      const names = path.split(".");
      let object, found = start;
      for (let i = 0; i < names.length; i++) {
        object = found;
        found = found?.[names[i]];
      }
      return typeof found === "function" && names.length > 1 ? found.bind(object) : found;
    };
    let found = from(exports);
    if (found === undefined && exports?.default && exports.default !== exports) found = from(exports.default);
    return typeof found === "function" ? found : undefined;
  }

  function choose(exports) {
    const wanted = host(HANDLER, WANT_STRING);
    if (wanted !== null) {
      const found = member(exports, wanted);
      if (found) return found;
      throw new TypeError(`the code exports no function ${stringify(wanted)}; it exports ${names(exports)}`);
    }
    if (typeof exports === "function") return exports;
    for (let i = 0; i < NAMES.length; i++) {
      const found = member(exports, NAMES[i]);
      if (found) return found;
    }
    throw new TypeError(`the code exports no handler; export one of ${NAMES.join(", ")}, or name another with ` +
      `handler=…; it exports ${names(exports)}`);
  }

  function names(exports) {
    const found = keys(exports ?? {}).filter((name) => typeof exports[name] === "function");
    return found.length ? found.join(", ") : "no function";
  }

  function adopt(exports) {
    handler = choose(exports);
    host(LOADED, NUMBER);
  }

  // ---- what the library builds on ----------------------------------------------------------------------------

  const core = {
    host, fail, adopt, nowMs, wait, microtask,
    asyncContext: { get: () => context, set: setContext, enable: carryContext },
    unwait(id) { waiting.delete(id); },
    timers: {
      setTimeout(run, delay, ...args) { return timer(run, delay, args, false); },
      setInterval(run, delay, ...args) { return timer(run, delay, args, true); },
      setImmediate(run, ...args) { return timer(run, 0, args, false); },
      clear: forget,
    },
    // The library puts its own here.
    inspect: String,
    problem: ({ message }) => new Error(message),
    forget() {},
  };

  // ---- what the sandbox calls --------------------------------------------------------------------------------

  return {
    core,

    // What could not even be compiled.
    fail,

    // No function is loaded any more.
    forget() {
      handler = null;
      core.forget();
    },

    // The evaluation of the main module has ended or will end.
    watch(promise, exports) {
      apply(then, promise, [() => { try { adopt(exports); } catch (error) { fail(error); } }, fail]);
    },

    // Serve one event.
    json() { serve(WANT_JSON); },
    bytes() { serve(WANT_BYTES); },

    // Settle what has come and run the timers that are due; in how many milliseconds the next one is, or -1.
    poll() {
      let ran = waiting.size > 0 && settle();
      const now = pending.length ? nowMs() : 0;
      while (pending.length && pending[0].due <= now) {
        const due = pending.shift();
        ran = true;
        if (due.every) start(due);
        setContext(due.context);
        try { due.run(...due.args); } catch (error) { fail(error); }
      }
      // What they settled runs after this returns, and may set timers.
      if (ran) return 0;
      return pending.length ? Math.max(0, Math.ceil(pending[0].due - nowMs())) : -1;
    },
  };
})
