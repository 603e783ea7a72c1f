// `node:events`: the npm package, and what Node has added since.

import EventEmitter from "events";
import { inspect } from "node-inspect-extracted";
import { invalidType, isAborted, missing, nodeError } from "./errors.js";
import * as check from "./validate.js";

const errorMonitor = Symbol("events.errorMonitor");
const captureRejectionSymbol = Symbol.for("nodejs.rejection");
const kCapture = Symbol("kCapture");

const { emit, addListener, prependListener } = EventEmitter.prototype;
const init = EventEmitter.init;

EventEmitter.init = function (options) {
  Reflect.apply(init, this, []);
  if (options?.captureRejections) {
    check.boolean(options.captureRejections, "options.captureRejections");
    this[kCapture] = true;
  } else if (EventEmitter.captureRejections) {
    this[kCapture] = true;
  }
};

// The package calls `init` without the options.
function Emitter(options) {
  EventEmitter.init.call(this, options);
}
Object.setPrototypeOf(Emitter, EventEmitter);
Emitter.prototype = EventEmitter.prototype;

function unhandled(args) {
  const [error] = args;
  if (error instanceof Error) return error;
  let shown;
  try {
    shown = inspect(error);
  } catch {
    shown = String(error);
  }
  return nodeError("ERR_UNHANDLED_ERROR", `Unhandled error. (${shown})`, { context: error });
}

function rejected(emitter, error, type, args) {
  const own = emitter[captureRejectionSymbol];
  if (typeof own === "function") return own.call(emitter, error, type, ...args);
  emitter[kCapture] = false;
  try {
    emitter.emit("error", error);
  } finally {
    emitter[kCapture] = true;
  }
}

function capturing(emitter, type, args) {
  const listeners = emitter.rawListeners(type);
  for (const listener of listeners) {
    const result = Reflect.apply(listener, emitter, args);
    if (typeof result?.then !== "function") continue;
    result.then(undefined, (error) => process.nextTick(rejected, emitter, error, type, args));
  }
  return listeners.length > 0;
}

const define = (object, values) => {
  for (const [name, value] of Object.entries(values)) {
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  }
};

function listenerCheck(listener) {
  if (typeof listener !== "function") throw invalidType("listener", "of type function", listener);
}

define(EventEmitter.prototype, {
  emit: function emit_(type, ...args) {
    if (type === "error") {
      if (this._events?.[errorMonitor] !== undefined) Reflect.apply(emit, this, [errorMonitor, ...args]);
      if (this._events === undefined || this._events.error === undefined) throw unhandled(args);
    }
    if (this[kCapture]) return capturing(this, type, args);
    const found = this._events?.[type];
    if (found === undefined) return false;
    if (typeof found === "function") Reflect.apply(found, this, args);
    else for (const listener of found.slice()) Reflect.apply(listener, this, args);
    return true;
  },
  addListener(type, listener) {
    listenerCheck(listener);
    return Reflect.apply(addListener, this, [type, listener]);
  },
  prependListener(type, listener) {
    listenerCheck(listener);
    return Reflect.apply(prependListener, this, [type, listener]);
  },
  listenerCount(type, listener) {
    const all = this._events?.[type];
    if (all === undefined) return 0;
    const list = typeof all === "function" ? [all] : all;
    if (listener == null) return list.length;
    return list.filter((item) => item === listener || item.listener === listener).length;
  },
});
Object.defineProperty(EventEmitter.prototype.emit, "name", { value: "emit" });
EventEmitter.prototype.on = EventEmitter.prototype.addListener;

function listen(target, name, listener, options) {
  if (typeof target?.on === "function") {
    if (options?.once) target.once(name, listener);
    else target.on(name, listener);
    return () => target.removeListener(name, listener);
  }
  if (typeof target?.addEventListener === "function") {
    target.addEventListener(name, listener, options);
    return () => target.removeEventListener(name, listener);
  }
  throw invalidType("emitter", "an instance of EventEmitter", target);
}

async function once(emitter, name, options = {}) {
  check.object(options, "options");
  const { signal } = options;
  check.abortSignal(signal, "options.signal");
  if (signal?.aborted) throw isAborted(signal);
  return new Promise((resolve, reject) => {
    const undo = [];
    const end = (settle, value) => {
      for (const drop of undo) drop();
      settle(value);
    };
    undo.push(listen(emitter, name, (...args) => end(resolve, args), { once: true }));
    if (name !== "error" && typeof emitter.once === "function") {
      undo.push(listen(emitter, "error", (error) => end(reject, error), { once: true }));
    }
    if (signal) undo.push(listen(signal, "abort", () => end(reject, isAborted(signal)), { once: true }));
  });
}

function on(emitter, name, options = {}) {
  check.object(options, "options");
  const { signal } = options;
  check.abortSignal(signal, "options.signal");
  if (signal?.aborted) throw isAborted(signal);
  const ready = [],
    wanted = [],
    undo = [];
  let failure = null,
    finished = false;

  const push = (...args) => {
    const next = wanted.shift();
    if (next) next.resolve({ value: args, done: false });
    else ready.push(args);
  };
  const fail = (error) => {
    const next = wanted.shift();
    if (next) next.reject(error);
    else failure = error;
    end();
  };
  const end = () => {
    for (const drop of undo.splice(0)) drop();
    finished = true;
    for (const next of wanted.splice(0)) next.resolve({ value: undefined, done: true });
    return Promise.resolve({ value: undefined, done: true });
  };

  undo.push(listen(emitter, name, push));
  if (name !== "error" && typeof emitter.on === "function") undo.push(listen(emitter, "error", fail));
  for (const close of options.close ?? []) undo.push(listen(emitter, close, () => end()));
  if (signal) undo.push(listen(signal, "abort", () => fail(isAborted(signal)), { once: true }));

  return Object.setPrototypeOf(
    {
      next() {
        if (ready.length > 0) return Promise.resolve({ value: ready.shift(), done: false });
        if (failure !== null) {
          const error = failure;
          failure = null;
          return Promise.reject(error);
        }
        if (finished) return Promise.resolve({ value: undefined, done: true });
        return new Promise((resolve, reject) => wanted.push({ resolve, reject }));
      },
      return: end,
      throw(error) {
        if (!(error instanceof Error)) throw invalidType("EventEmitter.AsyncIterator", "an instance of Error", error);
        fail(error);
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    },
    Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}).prototype),
  );
}

function getEventListeners(target, type) {
  if (typeof target?.listeners === "function") return target.listeners(type);
  if (target instanceof EventTarget) {
    throw missing(
      "events.getEventListeners of an EventTarget",
      "keep the listeners that you add in a list of your own",
    );
  }
  throw invalidType("emitter", "an instance of EventEmitter or EventTarget", target);
}

function getMaxListeners(target) {
  if (typeof target?.getMaxListeners === "function") return target.getMaxListeners();
  if (target instanceof EventTarget) return 0;
  throw invalidType("emitter", "an instance of EventEmitter or EventTarget", target);
}

function setMaxListeners(count = EventEmitter.defaultMaxListeners, ...targets) {
  check.number(count, "setMaxListeners", 0);
  if (targets.length === 0) EventEmitter.defaultMaxListeners = count;
  for (const target of targets) {
    if (target instanceof EventTarget) continue;
    if (typeof target?.setMaxListeners !== "function") {
      throw invalidType("eventTargets", "an instance of EventEmitter or EventTarget", target);
    }
    target.setMaxListeners(count);
  }
}

function addAbortListener(signal, listener) {
  if (signal === undefined) throw invalidType("signal", "an instance of AbortSignal", signal);
  check.abortSignal(signal, "signal");
  check.callback(listener, "listener");
  if (signal.aborted) {
    queueMicrotask(() => listener());
    return { [Symbol.dispose ?? Symbol.for("Symbol.dispose")]() {} };
  }
  signal.addEventListener("abort", listener, { once: true });
  return {
    [Symbol.dispose ?? Symbol.for("Symbol.dispose")]() {
      signal.removeEventListener("abort", listener);
    },
  };
}

class EventEmitterAsyncResource extends Emitter {
  constructor(options) {
    super(typeof options === "string" ? undefined : options);
  }
  emitDestroy() {}
  get asyncId() {
    return 0;
  }
  get triggerAsyncId() {
    return 0;
  }
  get asyncResource() {
    return this;
  }
}

define(Emitter, {
  EventEmitter: Emitter,
  EventEmitterAsyncResource,
  once,
  on,
  getEventListeners,
  getMaxListeners,
  setMaxListeners,
  addAbortListener,
  errorMonitor,
  captureRejectionSymbol,
  captureRejections: false,
  usingDomains: false,
  listenerCount: (emitter, type) => emitter.listenerCount(type),
  init: EventEmitter.init,
});
Object.defineProperty(Emitter, "defaultMaxListeners", {
  get: () => EventEmitter.defaultMaxListeners,
  set(count) {
    check.number(count, "defaultMaxListeners", 0);
    EventEmitter.defaultMaxListeners = count;
  },
  enumerable: true,
});
Object.defineProperty(Emitter, "captureRejections", {
  get: () => EventEmitter.captureRejections === true,
  set(value) {
    EventEmitter.captureRejections = value;
  },
  enumerable: true,
});
Object.defineProperty(Emitter, "name", { value: "EventEmitter" });
Object.defineProperty(EventEmitter.prototype, "constructor", { value: Emitter, writable: true, configurable: true });

export default Emitter;
export { Emitter as EventEmitter, once, on, errorMonitor, addAbortListener, setMaxListeners, getEventListeners };
