// `IncomingMessage`: what is read of a request or a response.

import { Readable } from "../stream.js";
import { Buffer } from "../buffer.js";
import { nodeError } from "../errors.js";
import { callable } from "./callable.js";

// Of these the first counts; of others all do.
const SINGLE = new Set([
  "age",
  "authorization",
  "content-length",
  "content-type",
  "etag",
  "expires",
  "from",
  "host",
  "if-modified-since",
  "if-unmodified-since",
  "last-modified",
  "location",
  "max-forwards",
  "proxy-authorization",
  "referer",
  "retry-after",
  "server",
  "user-agent",
]);

const kSource = Symbol("source"),
  kHeaders = Symbol("headers"),
  kDistinct = Symbol("distinct headers");

class Methods extends Readable {
  get headers() {
    if (this[kHeaders]) return this[kHeaders];
    this[kHeaders] = {};
    for (let i = 0; i < this.rawHeaders.length; i += 2) {
      this._addHeaderLine(this.rawHeaders[i].toLowerCase(), this.rawHeaders[i + 1], this[kHeaders]);
    }
    return this[kHeaders];
  }
  set headers(headers) {
    this[kHeaders] = headers;
  }

  _addHeaderLine(name, value, to) {
    if (name === "set-cookie") (to[name] ??= []).push(value);
    else if (!Object.hasOwn(to, name)) to[name] = value;
    else if (name === "cookie") to[name] += `; ${value}`;
    else if (!SINGLE.has(name)) to[name] += `, ${value}`;
  }

  get headersDistinct() {
    if (this[kDistinct]) return this[kDistinct];
    this[kDistinct] = Object.create(null);
    for (let i = 0; i < this.rawHeaders.length; i += 2) {
      (this[kDistinct][this.rawHeaders[i].toLowerCase()] ??= []).push(this.rawHeaders[i + 1]);
    }
    return this[kDistinct];
  }
  set headersDistinct(headers) {
    this[kDistinct] = headers;
  }

  get connection() {
    return this.socket;
  }
  set connection(socket) {
    this.socket = socket;
  }

  _read() {
    if (!this[kSource]) return;
    this[kSource].read().then(
      (piece) => {
        if (this.destroyed) return;
        if (piece === null) {
          this.complete = true;
          this.push(null);
        } else this.push(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
      },
      (error) => this.destroy(error),
    );
  }

  _destroy(error, callback) {
    if (this[kSource] && !this.complete) {
      this.aborted = true;
      this[kSource].cancel();
      this.emit("aborted");
      error ??= nodeError("ECONNRESET", "aborted");
      // A response that nobody listens to may end quietly.
      if (this.listenerCount("error") === 0) error = null;
    }
    callback(error);
  }

  setTimeout(ms, callback) {
    this.socket?.setTimeout?.(ms, callback);
    return this;
  }

  _dump() {
    this.resume();
  }
}

Object.defineProperty(Methods, "name", { value: "IncomingMessage" });

export const IncomingMessage = callable(Methods, function begin(socket) {
  Readable.call(this, { autoDestroy: true });
  Object.assign(this, {
    socket,
    httpVersion: "1.1",
    httpVersionMajor: 1,
    httpVersionMinor: 1,
    rawHeaders: [],
    rawTrailers: [],
    trailers: {},
    trailersDistinct: {},
    joinDuplicateHeaders: false,
    complete: false,
    aborted: false,
    upgrade: null,
    url: "",
    method: null,
    statusCode: null,
    statusMessage: null,
    [kSource]: null,
    [kHeaders]: null,
    [kDistinct]: null,
  });
});

/** An answer of the host: `exchange` has `read` and `cancel`. */
export function answerOf(exchange, socket) {
  const message = new IncomingMessage(socket);
  message[kSource] = exchange;
  message.statusCode = exchange.status;
  message.statusMessage = exchange.reason ?? "";
  message.rawHeaders = exchange.headers.flat();
  return message;
}
