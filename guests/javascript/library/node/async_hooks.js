// `node:async_hooks`: values that follow what is asynchronous. The core carries one value; here it is a map of all
// storages, which is never changed, only replaced.

import { core } from "../host.js";
import { missing } from "./errors.js";
import * as check from "./validate.js";

const get = () => core.asyncContext.get();
const set = (value) => core.asyncContext.set(value);

// Runs `run` in another context, then puts back what was there.
function within(context, run, self, args) {
  const before = get();
  set(context);
  try {
    return Reflect.apply(run, self, args);
  } finally {
    set(before);
  }
}

export class AsyncLocalStorage {
  #preset;
  #name;

  constructor({ defaultValue, name = "" } = {}) {
    core.asyncContext.enable();
    this.#preset = defaultValue;
    this.#name = name;
  }

  static bind(run) {
    check.callback(run, "fn");
    const context = get();
    return function bound(...args) {
      return within(context, run, this, args);
    };
  }

  static snapshot() {
    const context = get();
    return function snapshot(run, ...args) {
      return within(context, run, this, args);
    };
  }

  get name() {
    return this.#name;
  }

  #with(store) {
    return new Map(get()).set(this, store);
  }

  #without() {
    const context = new Map(get());
    context.delete(this);
    return context;
  }

  run(store, run, ...args) {
    return within(this.#with(store), run, undefined, args);
  }
  exit(run, ...args) {
    return within(this.#without(), run, undefined, args);
  }
  enterWith(store) {
    set(this.#with(store));
  }
  disable() {
    set(this.#without());
  }

  getStore() {
    const context = get();
    return context?.has(this) ? context.get(this) : this.#preset;
  }
}

export class AsyncResource {
  #context;

  constructor(type) {
    check.string(type, "type");
    this.#context = get();
  }

  static bind(run, type, self) {
    return new AsyncResource(type || run.name || "bound-anonymous-fn").bind(run, self);
  }

  runInAsyncScope(run, self, ...args) {
    return within(this.#context, run, self, args);
  }

  bind(run, self) {
    check.callback(run, "fn");
    const resource = this;
    const bound =
      self === undefined
        ? function bound(...args) {
            return resource.runInAsyncScope(run, this, ...args);
          }
        : (...args) => resource.runInAsyncScope(run, self, ...args);
    return Object.defineProperties(bound, {
      length: { value: run.length, configurable: true },
      asyncResource: { value: this, enumerable: true, configurable: true, writable: true },
    });
  }

  emitDestroy() {
    return this;
  }
  asyncId() {
    return 1;
  }
  triggerAsyncId() {
    return 0;
  }
}

const asyncHooks = {
  AsyncLocalStorage,
  AsyncResource,
  createHook() {
    throw missing("async_hooks.createHook", "there are no events of resources; AsyncLocalStorage carries values");
  },
  executionAsyncId: () => 1,
  triggerAsyncId: () => 0,
  executionAsyncResource: () => ({}),
  asyncWrapProviders: Object.freeze({ NONE: 0, PROMISE: 1, Timeout: 2, TickObject: 3, Microtask: 4 }),
};

export default asyncHooks;
