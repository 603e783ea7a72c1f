// Events and their targets, as the DOM standard has them where there is no tree.

import { core } from "../host.js";
import { now } from "./performance.js";
import { dictionary, expose, failed, isObject, required, shown } from "./webidl.js";

const NONE = 0, AT_TARGET = 2;

let isSignal = () => false;
let onAbort = () => {};

/** abort.js says what a signal is, and how to run something when it aborts. */
export function signals(is, on) {
  isSignal = is;
  onAbort = on;
}

/** Hands an error that nobody can catch to where uncaught errors go. */
export function report(error) {
  core.fail(error);
}

// One accessor for all events, which the standard wants on each of them.
const TRUSTED = { get: undefined, set: undefined, enumerable: true, configurable: false };

let setTrusted, begin, end, isUnderWay, isStopped, setPassive;

export class Event {
  #type;
  #bubbles;
  #cancelable;
  #composed;
  #time = now();
  #trusted = false;
  #canceled = false;
  #stopped = false;
  #stoppedNow = false;
  #passive = false;
  #underWay = false;
  #target = null;
  #current = null;

  constructor(type, init = undefined) {
    required(arguments.length, 1, "Event");
    this.#type = `${type}`;
    const { bubbles, cancelable, composed } = dictionary(init, "The event's options");
    this.#bubbles = Boolean(bubbles);
    this.#cancelable = Boolean(cancelable);
    this.#composed = Boolean(composed);
    Object.defineProperty(this, "isTrusted", TRUSTED);
  }

  get type() { return this.#type; }
  get target() { return this.#target; }
  get srcElement() { return this.#target; }
  get currentTarget() { return this.#current; }
  composedPath() { return this.#current === null ? [] : [this.#current]; }

  get eventPhase() { return this.#current === null ? NONE : AT_TARGET; }
  stopPropagation() { this.#stopped = true; }
  get cancelBubble() { return this.#stopped; }
  set cancelBubble(value) { if (value) this.#stopped = true; }
  stopImmediatePropagation() {
    this.#stopped = true;
    this.#stoppedNow = true;
  }

  get bubbles() { return this.#bubbles; }
  get cancelable() { return this.#cancelable; }
  get returnValue() { return !this.#canceled; }
  set returnValue(value) { if (!value) this.preventDefault(); }
  preventDefault() {
    if (this.#cancelable && !this.#passive) this.#canceled = true;
  }
  get defaultPrevented() { return this.#canceled; }
  get composed() { return this.#composed; }
  get timeStamp() { return this.#time; }

  initEvent(type, bubbles = false, cancelable = false) {
    required(arguments.length, 1, "initEvent");
    if (this.#underWay) return;
    this.#stopped = this.#stoppedNow = this.#canceled = this.#trusted = false;
    this.#target = null;
    this.#type = `${type}`;
    this.#bubbles = Boolean(bubbles);
    this.#cancelable = Boolean(cancelable);
  }

  static {
    const { get } = Object.getOwnPropertyDescriptor({ get isTrusted() { return trustedOf(this); } }, "isTrusted");
    const trustedOf = (event) => event.#trusted;
    TRUSTED.get = get;
    setTrusted = (event) => { event.#trusted = true; };
    isUnderWay = (event) => event.#underWay;
    isStopped = (event) => event.#stoppedNow;
    setPassive = (event, passive) => { event.#passive = passive; };
    begin = (event, target) => {
      event.#underWay = true;
      event.#target = event.#current = target;
    };
    end = (event) => {
      event.#underWay = event.#stopped = event.#stoppedNow = event.#passive = false;
      event.#current = null;
      return !event.#canceled;
    };
  }
}

expose(Event, { constants: { NONE, CAPTURING_PHASE: 1, AT_TARGET, BUBBLING_PHASE: 3 } });
shown(Event, (event) => ({
  type: event.type, defaultPrevented: event.defaultPrevented, cancelable: event.cancelable,
  timeStamp: event.timeStamp,
}));

let listenersOf, ownHandlers;

export class EventTarget {
  // Nothing until there is a listener.
  #listeners = null;
  #handlers = null;

  addEventListener(type, listener, options = undefined) {
    required(arguments.length, 2, "addEventListener");
    const { capture, once, passive, signal } = flattened(options, true);
    add(this, `${type}`, checked(listener), capture, once, passive, signal);
  }

  removeEventListener(type, listener, options = undefined) {
    required(arguments.length, 2, "removeEventListener");
    const { capture } = flattened(options, false);
    remove(this, `${type}`, checked(listener), capture);
  }

  dispatchEvent(event) {
    required(arguments.length, 1, "dispatchEvent");
    // For what is no target.
    listenersOf(this);
    if (!(event instanceof Event)) throw failed("The event must be an Event", "ERR_INVALID_ARG_TYPE");
    if (isUnderWay(event)) throw new DOMException("The event is already being dispatched.", "InvalidStateError");
    return dispatch(this, event);
  }

  static {
    listenersOf = (target, make) => target.#listeners ?? (make ? (target.#listeners = []) : null);
    ownHandlers = (target) => target.#handlers ??= new Map();
  }
}
for (const name of ["addEventListener", "removeEventListener"]) {
  Object.defineProperty(EventTarget.prototype[name], "length", { value: 2, configurable: true });
}
expose(EventTarget);
shown(EventTarget, () => ({}));

function checked(listener) {
  if (listener === null || listener === undefined) return null;
  if (!isObject(listener)) {
    throw failed("The listener must be a function or an object with handleEvent", "ERR_INVALID_ARG_TYPE");
  }
  return listener;
}

function flattened(options, more) {
  if (!isObject(options)) return { capture: Boolean(options), once: false, passive: false, signal: null };
  const capture = Boolean(options.capture);
  if (!more) return { capture };
  const once = Boolean(options.once);
  const passive = Boolean(options.passive);
  const { signal } = options;
  if (signal !== undefined && !isSignal(signal)) {
    throw failed("The signal must be an AbortSignal", "ERR_INVALID_ARG_TYPE");
  }
  return { capture, once, passive, signal: signal ?? null };
}

function add(target, type, run, capture, once, passive, signal) {
  const list = listenersOf(target, true);
  if (signal?.aborted || run === null) return;
  if (list.some((other) => other.type === type && other.run === run && other.capture === capture)) return;
  list.push({ type, run, capture, once, passive, removed: false });
  if (signal) onAbort(signal, () => remove(target, type, run, capture));
}

function remove(target, type, run, capture) {
  const list = listenersOf(target, false);
  const at = list?.findIndex((other) => other.type === type && other.run === run && other.capture === capture) ?? -1;
  if (at < 0) return;
  list[at].removed = true;
  list.splice(at, 1);
}

function dispatch(target, event) {
  begin(event, target);
  const list = listenersOf(target, false);
  if (list !== null && list.length > 0) {
    const mine = list.filter((listener) => listener.type === event.type);
    for (const capture of [true, false]) {
      for (const listener of mine) {
        if (listener.capture !== capture || listener.removed) continue;
        if (isStopped(event)) break;
        if (listener.once) remove(target, event.type, listener.run, capture);
        setPassive(event, listener.passive);
        call(listener.run, target, event);
        setPassive(event, false);
      }
      // Propagation that was stopped while capturing does not come to the second round either.
      if (event.cancelBubble && capture) break;
    }
  }
  return end(event);
}

function call(run, target, event) {
  try {
    if (typeof run === "function") {
      Reflect.apply(run, target, [event]);
      return;
    }
    const { handleEvent } = run;
    if (typeof handleEvent !== "function") throw failed("handleEvent of the listener is not a function");
    Reflect.apply(handleEvent, run, [event]);
  } catch (error) {
    report(error);
  }
}

/** Makes and dispatches an event that comes from the runtime itself. */
export function fire(target, event) {
  setTrusted(event);
  return dispatch(target, event);
}

/** Adds `on…` attributes to a class of targets. `set` is told when one has been set. */
export function handlers(Class, names, set = () => {}) {
  for (const name of names) {
    const key = `on${name}`;
    const { get, set: put } = Object.getOwnPropertyDescriptor({
      get [key]() { return ownHandlers(this).get(name)?.handler ?? null; },
      set [key](value) {
        const handler = isObject(value) ? value : null;
        const mine = ownHandlers(this);
        const found = mine.get(name);
        if (found && handler !== null) {
          found.handler = handler;
        } else if (found) {
          mine.delete(name);
          remove(this, name, found.run, false);
        } else if (handler !== null) {
          const entry = { handler };
          entry.run = function (event) {
            if (typeof entry.handler !== "function") return;
            const result = Reflect.apply(entry.handler, this, [event]);
            if (result === false) event.preventDefault();
          };
          mine.set(name, entry);
          add(this, name, entry.run, false, false, false, null);
        }
        set(this, name, handler);
      },
    }, key);
    Object.defineProperty(Class.prototype, key, { get, set: put, enumerable: true, configurable: true });
  }
}
