// The kinds of events beside Event itself.

import { Event } from "./events.js";
import { dictionary, enforceRange, expose, failed, required, sequence, usv } from "./webidl.js";

export class CustomEvent extends Event {
  #detail;

  constructor(type, init = undefined) {
    required(arguments.length, 1, "CustomEvent");
    super(type, init);
    this.#detail = dictionary(init).detail ?? null;
  }

  get detail() { return this.#detail; }

  initCustomEvent(type, bubbles = false, cancelable = false, detail = null) {
    required(arguments.length, 1, "initCustomEvent");
    this.initEvent(type, bubbles, cancelable);
    this.#detail = detail;
  }
}
expose(CustomEvent);

export class ErrorEvent extends Event {
  #init;

  constructor(type, init = undefined) {
    required(arguments.length, 1, "ErrorEvent");
    super(type, init);
    const { message = "", filename = "", lineno = 0, colno = 0, error } = dictionary(init);
    this.#init = { message: `${message}`, filename: usv(filename), lineno: lineno >>> 0, colno: colno >>> 0, error };
  }

  get message() { return this.#init.message; }
  get filename() { return this.#init.filename; }
  get lineno() { return this.#init.lineno; }
  get colno() { return this.#init.colno; }
  get error() { return this.#init.error; }
}
expose(ErrorEvent);

export class MessageEvent extends Event {
  #init;

  constructor(type, init = undefined) {
    required(arguments.length, 1, "MessageEvent");
    super(type, init);
    const { data = null, origin = "", lastEventId = "", source = null, ports = [] } = dictionary(init);
    if (source !== null && typeof source !== "object") throw failed("source of a MessageEvent must be a MessagePort");
    const frozen = Object.freeze(sequence(ports, (port) => port));
    this.#init = { data, origin: usv(origin), lastEventId: `${lastEventId}`, source, ports: frozen };
  }

  get data() { return this.#init.data; }
  get origin() { return this.#init.origin; }
  get lastEventId() { return this.#init.lastEventId; }
  get source() { return this.#init.source; }
  get ports() { return this.#init.ports; }

  initMessageEvent(type, bubbles = false, cancelable = false, data = null, origin = "", lastEventId = "",
    source = null, ports = []) {
    required(arguments.length, 1, "initMessageEvent");
    this.initEvent(type, bubbles, cancelable);
    const frozen = Object.freeze(sequence(ports, (port) => port));
    this.#init = { data, origin: usv(origin), lastEventId: `${lastEventId}`, source, ports: frozen };
  }
}
expose(MessageEvent);

export class ProgressEvent extends Event {
  #init;

  constructor(type, init = undefined) {
    required(arguments.length, 1, "ProgressEvent");
    super(type, init);
    const { lengthComputable = false, loaded = 0, total = 0 } = dictionary(init);
    this.#init = { lengthComputable: Boolean(lengthComputable), loaded: Number(loaded), total: Number(total) };
  }

  get lengthComputable() { return this.#init.lengthComputable; }
  get loaded() { return this.#init.loaded; }
  get total() { return this.#init.total; }
}
expose(ProgressEvent);

export class CloseEvent extends Event {
  #init;

  constructor(type, init = undefined) {
    required(arguments.length, 1, "CloseEvent");
    super(type, init);
    const { wasClean = false, code = 0, reason = "" } = dictionary(init);
    this.#init = {
      wasClean: Boolean(wasClean), code: enforceRange(code, 65535, "code of a CloseEvent"), reason: usv(reason),
    };
  }

  get wasClean() { return this.#init.wasClean; }
  get code() { return this.#init.code; }
  get reason() { return this.#init.reason; }
}
expose(CloseEvent);

export class PromiseRejectionEvent extends Event {
  #promise;
  #reason;

  constructor(type, init) {
    required(arguments.length, 2, "PromiseRejectionEvent");
    super(type, init);
    if (!("promise" in dictionary(init))) throw failed("PromiseRejectionEvent: the promise is missing");
    this.#promise = init.promise;
    this.#reason = init.reason;
  }

  get promise() { return this.#promise; }
  get reason() { return this.#reason; }
}
expose(PromiseRejectionEvent);
