// What requests and responses that are written have in common: their headers.

import { Writable } from "../stream.js";
import { callable } from "./callable.js";
import { invalidType, nodeError, typeError } from "../errors.js";

const TOKEN = /^[!#$%&'*+\-.^_`|~A-Za-z0-9]+$/;
const BAD_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

export function checkName(name, label = "Header name") {
  if (typeof name !== "string" || !TOKEN.test(name)) {
    throw typeError("ERR_INVALID_HTTP_TOKEN", `${label} must be a valid HTTP token ["${name}"]`);
  }
}

export function checkValue(name, value) {
  if (value === undefined)
    throw typeError("ERR_HTTP_INVALID_HEADER_VALUE", `Invalid value "${value}" for header "${name}"`);
  if (BAD_VALUE.test(value)) throw typeError("ERR_INVALID_CHAR", `Invalid character in header content ["${name}"]`);
}

// By lower-case name: the name as it was given, and the value.
const kHeaders = Symbol("headers"),
  kCheck = Symbol("check");

class Methods extends Writable {
  [kCheck](action) {
    if (!this.headersSent) return;
    throw nodeError("ERR_HTTP_HEADERS_SENT", `Cannot ${action} headers after they are sent to the client`);
  }

  setHeader(name, value) {
    this[kCheck]("set");
    checkName(name);
    if (Array.isArray(value)) for (const item of value) checkValue(name, item);
    else checkValue(name, value);
    this[kHeaders].set(name.toLowerCase(), [name, value]);
    return this;
  }

  setHeaders(headers) {
    if (typeof headers?.entries !== "function") throw invalidType("headers", "an instance of Headers or Map", headers);
    for (const [name, value] of headers) {
      if (name.toLowerCase() === "set-cookie") this.appendHeader(name, value);
      else this.setHeader(name, value);
    }
    return this;
  }

  appendHeader(name, value) {
    const before = this.getHeader(name);
    if (before === undefined) return this.setHeader(name, value);
    return this.setHeader(name, [before, value].flat());
  }

  getHeader(name) {
    if (typeof name !== "string") throw invalidType("name", "of type string", name);
    return this[kHeaders].get(name.toLowerCase())?.[1];
  }

  removeHeader(name) {
    if (typeof name !== "string") throw invalidType("name", "of type string", name);
    this[kCheck]("remove");
    this[kHeaders].delete(name.toLowerCase());
  }

  hasHeader(name) {
    return this[kHeaders].has(`${name}`.toLowerCase());
  }
  getHeaderNames() {
    return [...this[kHeaders].keys()];
  }
  getRawHeaderNames() {
    return Array.from(this[kHeaders].values(), ([name]) => name);
  }
  getHeaders() {
    return Object.assign(
      Object.create(null),
      Object.fromEntries(Array.from(this[kHeaders], ([name, [, value]]) => [name, value])),
    );
  }

  /** The headers as pairs of strings. */
  _pairs() {
    return Array.from(this[kHeaders].values()).flatMap(([name, value]) =>
      Array.isArray(value) ? value.map((item) => [name, `${item}`]) : [[name, `${value}`]],
    );
  }

  addTrailers() {}
  flushHeaders() {}
  setTimeout(ms, callback) {
    if (callback) this.once("timeout", callback);
    return this;
  }

  get finished() {
    return this.writableEnded;
  }
  get connection() {
    return this.socket;
  }
  set connection(socket) {
    this.socket = socket;
  }
}

Object.defineProperty(Methods, "name", { value: "OutgoingMessage" });

export const OutgoingMessage = callable(Methods, function begin(options) {
  Writable.call(this, { decodeStrings: true, autoDestroy: false, ...options });
  this[kHeaders] = new Map();
  Object.assign(this, {
    headersSent: false,
    sendDate: false,
    shouldKeepAlive: true,
    chunkedEncoding: false,
    useChunkedEncodingByDefault: true,
    socket: null,
    _header: null,
  });
});
