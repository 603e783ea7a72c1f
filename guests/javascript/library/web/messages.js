// MessageChannel: two ports in one sandbox. What one is sent arrives at the other in a later turn.

import { core } from "../host.js";
import { cloneWith, transferList } from "./clone.js";
import { MessageEvent } from "./event_kinds.js";
import { Event, EventTarget, fire, handlers } from "./events.js";
import { dictionary, expose, illegal, isObject, required, sequence, shown } from "./webidl.js";

const SECRET = Symbol("port");

let entangle, isPort, take, startPort;

export class MessagePort extends EventTarget {
  #other = null;
  // What has come and was not delivered; nothing once the port is closed or was transferred.
  #queue = [];
  #started = false;
  #due = false;

  constructor() {
    if (arguments[0] !== SECRET) throw illegal();
    super();
  }

  postMessage(message, options = undefined) {
    required(arguments.length, 1, "MessagePort.postMessage");
    const list = isObject(options) && options[Symbol.iterator] !== undefined
      ? sequence(options, (object) => object) : transferList(dictionary(options, "The options"));
    if (list.includes(this)) throw new DOMException("A port cannot be sent through itself.", "DataCloneError");
    const { copy, moved } = cloneWith(message, list);
    const other = this.#other;
    if (other === null || other.#queue === null) return;
    other.#queue.push({ data: copy, ports: moved.filter(isPort) });
    other.#schedule();
  }

  start() {
    this.#started = true;
    this.#schedule();
  }

  close() {
    const other = this.#other;
    this.#other = null;
    this.#queue = null;
    if (other === null || other.#other !== this) return;
    other.#other = null;
    core.timers.setImmediate(() => fire(other, new Event("close")));
  }

  #schedule() {
    if (this.#due || !this.#started || this.#queue === null || this.#queue.length === 0) return;
    this.#due = true;
    core.timers.setImmediate(() => {
      this.#due = false;
      const message = this.#queue?.shift();
      this.#schedule();
      if (message) fire(this, new MessageEvent("message", message));
    });
  }

  static {
    isPort = (value) => typeof value === "object" && value !== null && #queue in value;
    entangle = (a, b) => {
      a.#other = b;
      b.#other = a;
    };
    // A new port in the place of one that is transferred.
    take = (port, put, refused) => {
      if (port.#queue === null) throw refused();
      const next = new MessagePort(SECRET);
      put(next);
      return () => {
        next.#queue = port.#queue;
        next.#other = port.#other;
        if (port.#other !== null) port.#other.#other = next;
        port.#queue = port.#other = null;
      };
    };
    startPort = (port) => port.start();
  }
}
handlers(MessagePort, ["message", "messageerror", "close"], (port, name, handler) => {
  if (name === "message" && handler !== null) startPort(port);
});
// As in Node; a port holds nothing open here.
for (const name of ["ref", "unref"]) {
  Object.defineProperty(MessagePort.prototype, name, {
    value: { [name]() {} }[name], writable: true, configurable: true,
  });
}
expose(MessagePort);
shown(MessagePort, () => ({}));

export class MessageChannel {
  #port1 = new MessagePort(SECRET);
  #port2 = new MessagePort(SECRET);

  constructor() { entangle(this.#port1, this.#port2); }

  get port1() { return this.#port1; }
  get port2() { return this.#port2; }
}
expose(MessageChannel);
shown(MessageChannel, ({ port1, port2 }) => ({ port1, port2 }));

/** Moves a port; see `transferred` in clone.js. */
export function transferPort(port, put) {
  return take(port, put, () => new DOMException("A port that is closed could not be cloned.", "DataCloneError"));
}

export { isPort };
