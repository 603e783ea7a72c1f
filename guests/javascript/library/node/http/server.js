// `Server` and `ServerResponse`: for frameworks that a function calls with requests of its own. A server does not
// listen; a response writes HTTP/1.1 to the socket that it is given.

import EventEmitter from "../events.js";
import { Buffer } from "../buffer.js";
import { missing, nodeError, rangeError } from "../errors.js";
import { STATUS_CODES } from "./codes.js";
import { callable } from "./callable.js";
import { OutgoingMessage } from "./outgoing.js";

class ServerMethods extends EventEmitter {
  listen() {
    throw missing(
      "server.listen",
      "a function is called by events; export a handler, and let it hand requests to the framework",
    );
  }
  address() {
    return null;
  }
  close(callback) {
    if (callback) process.nextTick(callback, nodeError("ERR_SERVER_NOT_RUNNING", "Server is not running."));
    return this;
  }
  closeAllConnections() {}
  closeIdleConnections() {}
  getConnections(callback) {
    process.nextTick(callback, null, 0);
  }
  setTimeout() {
    return this;
  }
  ref() {
    return this;
  }
  unref() {
    return this;
  }
}

Object.defineProperty(ServerMethods, "name", { value: "Server" });

export const Server = callable(ServerMethods, function begin(options, listener) {
  EventEmitter.call(this);
  if (typeof options === "function") listener = options;
  Object.assign(this, {
    listening: false,
    timeout: 0,
    keepAliveTimeout: 5000,
    headersTimeout: 60000,
    requestTimeout: 300000,
    maxHeadersCount: null,
    maxRequestsPerSocket: 0,
  });
  if (listener) this.on("request", listener);
});

// What waits for a socket, and whether the body goes in chunks.
const kWaiting = Symbol("waiting"),
  kChunked = Symbol("chunked");
const kSend = Symbol("send"),
  kHead = Symbol("head"),
  kMayHaveBody = Symbol("may have a body");

class ResponseMethods extends OutgoingMessage {
  assignSocket(socket) {
    this.socket = socket;
    socket._httpMessage = this;
    this.emit("socket", socket);
    for (const piece of this[kWaiting].splice(0)) socket.write(piece);
  }

  detachSocket(socket) {
    if (socket) socket._httpMessage = null;
    this.socket = null;
  }

  [kSend](piece) {
    if (this.socket) this.socket.write(piece);
    else this[kWaiting].push(piece);
  }

  writeHead(status, reason, headers) {
    if (this.headersSent)
      throw nodeError("ERR_HTTP_HEADERS_SENT", "Cannot write headers after they are sent to the client");
    const code = Number(status) | 0;
    if (code < 100 || code > 999) throw rangeError("ERR_HTTP_INVALID_STATUS_CODE", `Invalid status code: ${status}`);
    if (typeof reason === "string") this.statusMessage = reason;
    else headers = reason;
    this.statusCode = code;
    if (Array.isArray(headers)) {
      const pairs = Array.isArray(headers[0])
        ? headers
        : headers.flatMap((name, i) => (i % 2 ? [] : [[name, headers[i + 1]]]));
      for (const [name] of pairs) this.removeHeader(name);
      for (const [name, value] of pairs) this.appendHeader(name, value);
    } else {
      for (const name of Object.keys(headers ?? {}))
        if (headers[name] !== undefined) this.setHeader(name, headers[name]);
    }
    this[kHead]();
    return this;
  }

  [kHead](length) {
    this.statusMessage ??= STATUS_CODES[this.statusCode] ?? "unknown";
    if ([204, 304].includes(this.statusCode) || this.statusCode < 200) this._hasBody = false;
    if (this.sendDate && !this.hasHeader("date")) this.setHeader("Date", new Date().toUTCString());
    if (this._hasBody && !this.hasHeader("content-length") && !this.hasHeader("transfer-encoding")) {
      if (length !== undefined) this.setHeader("Content-Length", length);
      else if (this.useChunkedEncodingByDefault && this.req.httpVersion !== "1.0") {
        this.setHeader("Transfer-Encoding", "chunked");
        this[kChunked] = this.chunkedEncoding = true;
      }
    }
    const lines = this._pairs()
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join("");
    this._header = `HTTP/1.1 ${this.statusCode} ${this.statusMessage}\r\n${lines}\r\n`;
    this.headersSent = true;
    this[kSend](this._header);
  }

  _implicitHeader() {
    this.writeHead(this.statusCode);
  }

  flushHeaders() {
    if (!this.headersSent) this[kHead]();
  }

  end(chunk, encoding, callback) {
    if (typeof chunk === "function") [chunk, encoding, callback] = [undefined, undefined, chunk];
    else if (typeof encoding === "function") [encoding, callback] = [undefined, encoding];
    if (!this.headersSent && !this.writableEnded) {
      const size = chunk == null ? 0 : typeof chunk === "string" ? Buffer.byteLength(chunk, encoding) : chunk.length;
      if (!this.hasHeader("content-length") && !this.hasHeader("transfer-encoding") && this[kMayHaveBody]()) {
        this.setHeader("Content-Length", size);
      }
      this._implicitHeader();
    }
    return super.end(chunk ?? undefined, encoding, callback);
  }

  [kMayHaveBody]() {
    return this._hasBody && ![204, 304].includes(this.statusCode);
  }

  write(chunk, encoding, callback) {
    if (!this.headersSent) this._implicitHeader();
    return super.write(chunk, encoding, callback);
  }

  _write(chunk, encoding, callback) {
    if (!this.headersSent) this._implicitHeader();
    if (this._hasBody && chunk.length > 0) {
      this[kSend](
        this[kChunked]
          ? Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from("\r\n")])
          : chunk,
      );
    }
    callback();
  }

  _final(callback) {
    if (!this.headersSent) this._implicitHeader();
    if (this[kChunked]) this[kSend]("0\r\n\r\n");
    callback();
  }

  writeContinue(callback) {
    callback?.();
  }
  writeProcessing(callback) {
    callback?.();
  }
  writeEarlyHints(hints, callback) {
    callback?.();
  }
}

Object.defineProperty(ResponseMethods, "name", { value: "ServerResponse" });

export const ServerResponse = callable(ResponseMethods, function begin(request = {}, options) {
  OutgoingMessage.call(this, options);
  Object.assign(this, {
    req: request,
    statusCode: 200,
    statusMessage: undefined,
    sendDate: true,
    strictContentLength: false,
    [kWaiting]: [],
    _hasBody: request.method !== "HEAD",
    [kChunked]: false,
  });
  this.once("finish", () =>
    process.nextTick(() => {
      this.emit("close");
      this.detachSocket(this.socket);
    }),
  );
});
