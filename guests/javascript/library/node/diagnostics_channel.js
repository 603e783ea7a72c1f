// `node:diagnostics_channel`.

import { invalidType, nodeError } from "./errors.js";
import { uncaught } from "./process.js";
import * as check from "./validate.js";

let channels = new Map();

class Channel {
  #stores = new Map();
  _subscribers = [];

  constructor(name) {
    this.name = name;
  }

  get hasSubscribers() {
    return this._subscribers.length > 0 || this.#stores.size > 0;
  }

  subscribe(run) {
    check.callback(run, "subscription");
    this._subscribers = [...this._subscribers, run];
  }

  unsubscribe(run) {
    const at = this._subscribers.indexOf(run);
    if (at < 0) return false;
    this._subscribers = this._subscribers.toSpliced(at, 1);
    return true;
  }

  bindStore(store, transform) {
    this.#stores.set(store, transform);
  }
  unbindStore(store) {
    return this.#stores.delete(store);
  }

  publish(message) {
    for (const run of this._subscribers) {
      try {
        run(message, this.name);
      } catch (error) {
        process.nextTick(() => uncaught(error));
      }
    }
  }

  runStores(message, run, self, ...args) {
    let call = () => {
      this.publish(message);
      return Reflect.apply(run, self, args);
    };
    for (const [store, transform] of this.#stores) {
      const inner = call;
      call = () => store.run(transform ? transform(message) : message, inner);
    }
    return call();
  }
}

function channel(name) {
  if (typeof name !== "string" && typeof name !== "symbol")
    throw invalidType("channel", "of type string or symbol", name);
  if (!channels.has(name)) channels.set(name, new Channel(name));
  return channels.get(name);
}

const EVENTS = ["start", "end", "asyncStart", "asyncEnd", "error"];

class TracingChannel {
  constructor(names) {
    for (const event of EVENTS) {
      this[event] = typeof names === "string" ? channel(`tracing:${names}:${event}`) : names[event];
    }
  }

  get hasSubscribers() {
    return EVENTS.some((event) => this[event]?.hasSubscribers);
  }

  subscribe(handlers) {
    for (const event of EVENTS) if (handlers[event]) this[event].subscribe(handlers[event]);
  }

  unsubscribe(handlers) {
    return EVENTS.filter((event) => handlers[event]).every((event) => this[event].unsubscribe(handlers[event]));
  }

  traceSync(run, context = {}, self, ...args) {
    return this.start.runStores(context, () => {
      try {
        return (context.result = Reflect.apply(run, self, args));
      } catch (error) {
        context.error = error;
        this.error.publish(context);
        throw error;
      } finally {
        this.end.publish(context);
      }
    });
  }

  tracePromise(run, context = {}, self, ...args) {
    const settle = (name, value) => {
      context[name] = value;
      if (name === "error") this.error.publish(context);
      this.asyncStart.publish(context);
      this.asyncEnd.publish(context);
    };
    return this.start.runStores(context, () => {
      try {
        return Promise.resolve(Reflect.apply(run, self, args)).then(
          (value) => {
            settle("result", value);
            return value;
          },
          (error) => {
            settle("error", error);
            throw error;
          },
        );
      } catch (error) {
        context.error = error;
        this.error.publish(context);
        throw error;
      } finally {
        this.end.publish(context);
      }
    });
  }

  traceCallback(run, position = -1, context = {}, self, ...args) {
    const at = position < 0 ? args.length + position : position;
    const done = args[at];
    check.callback(done, "callback");
    args[at] = (error, value) => {
      if (error) {
        context.error = error;
        this.error.publish(context);
      } else context.result = value;
      this.asyncStart.runStores(context, () => {
        try {
          return Reflect.apply(done, self, [error, value]);
        } finally {
          this.asyncEnd.publish(context);
        }
      });
    };
    return this.start.runStores(context, () => {
      try {
        return Reflect.apply(run, self, args);
      } finally {
        this.end.publish(context);
      }
    });
  }
}

function tracingChannel(names) {
  if (typeof names !== "string" && (names === null || typeof names !== "object")) {
    throw nodeError("ERR_INVALID_ARG_TYPE", 'The "nameOrChannels" argument must be of type string or object');
  }
  return new TracingChannel(names);
}

export const forget = () => {
  channels = new Map();
};

export default {
  channel,
  hasSubscribers: (name) => channels.get(name)?.hasSubscribers ?? false,
  subscribe: (name, run) => channel(name).subscribe(run),
  unsubscribe: (name, run) => channel(name).unsubscribe(run),
  tracingChannel,
  Channel,
};
