// `ClientRequest`: collects what is sent, hands it to the host, and gives the answer as an `IncomingMessage`.
//
// Connections, names and certificates are the host's business: agents and options about them are accepted and change
// nothing, but for those whose absence would send a request that was not meant.

import { request as exchange } from "../../fetch/exchange.js";
import { Buffer } from "../buffer.js";
import { invalidType, isAborted, missing, nodeError, typeError } from "../errors.js";
import { urlToHttpOptions } from "../url.js";
import { globalAgent } from "./agent.js";
import { answerOf } from "./incoming.js";
import { OutgoingMessage, checkName } from "./outgoing.js";
import { NoSocket } from "./socket.js";

// The host writes these itself.
const OF_THE_HOST = new Set([
  "connection",
  "content-length",
  "expect",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
const PATH = /[^\x21-\xff]/;

function gather(input, options) {
  if (typeof input === "string") input = urlToHttpOptions(new URL(input));
  else if (input instanceof URL) input = urlToHttpOptions(input);
  else return { ...input, ...(typeof options === "object" ? options : undefined) };
  return { ...input, ...options };
}

function checkTarget(options) {
  for (const name of ["cert", "key", "pfx"]) {
    if (options[name] !== undefined)
      throw missing(`node:https with the option "${name}"`, "the host sends no client certificates");
  }
  if (options.socketPath) throw missing('node:http with the option "socketPath"', "a sandbox opens no sockets");
  for (const name of ["hostname", "host"]) {
    if (options[name] != null && typeof options[name] !== "string") {
      throw invalidType(`options.${name}`, "of type string or one of undefined or null", options[name]);
    }
  }
}

function failure(error) {
  if (error?.name === "AbortError") return error;
  const code = error?.cause?.code ?? error?.code;
  const made = new Error(error?.cause?.message ?? error?.message ?? "the request failed", { cause: error });
  if (code !== undefined) made.code = code;
  return made;
}

export class ClientRequest extends OutgoingMessage {
  #pieces = [];
  #cancel = new AbortController();
  #url;
  #begun = false;
  res = null;
  aborted = false;
  reusedSocket = false;
  maxHeadersCount = null;
  timeoutCb = null;

  constructor(input, options, callback, agent = globalAgent) {
    super();
    if (typeof options === "function") [options, callback] = [undefined, options];
    const given = gather(input, options);
    if (given.agent === null) given.agent = undefined;
    checkTarget(given);
    this.agent = given.agent === undefined ? (given._defaultAgent ?? agent) : given.agent;
    const preset = agent.protocol;
    this.protocol = given.protocol || this.agent?.protocol || preset;
    const expected = this.agent?.protocol || preset;
    if (this.protocol !== expected) {
      throw typeError("ERR_INVALID_PROTOCOL", `Protocol "${this.protocol}" not supported. Expected "${expected}"`);
    }
    this.method = (given.method ?? "GET").toUpperCase();
    checkName(this.method, "Method");
    if (this.method === "CONNECT") throw missing("the method CONNECT", "the host opens no tunnels");
    this.path = given.path || "/";
    if (PATH.test(this.path)) throw typeError("ERR_UNESCAPED_CHARACTERS", "Request path contains unescaped characters");
    this.host = given.hostname || given.host || "localhost";
    const port = given.port ?? given.defaultPort ?? (this.protocol === "https:" ? 443 : 80);
    this.port = port;
    const host = this.host.includes(":") && !this.host.startsWith("[") ? `[${this.host}]` : this.host;
    this.#url = new URL(`${this.protocol}//${host}:${port}${this.path.startsWith("/") ? "" : "/"}${this.path}`).href;
    this.#headersFrom(given, host, port);
    if (callback) this.once("response", callback);
    this.#watch(given);
  }

  #headersFrom({ headers, auth, setHost = true }, host, port) {
    if (Array.isArray(headers)) {
      const pairs = Array.isArray(headers[0])
        ? headers
        : headers.flatMap((name, i) => (i % 2 === 0 ? [[name, headers[i + 1]]] : []));
      for (const [name, value] of pairs) this.appendHeader(name, value);
    } else if (headers) {
      for (const name of Object.keys(headers)) this.setHeader(name, headers[name]);
    }
    const usual = this.protocol === "https:" ? 443 : 80;
    if (setHost && !this.hasHeader("host")) this.setHeader("Host", Number(port) === usual ? host : `${host}:${port}`);
    if (auth && !this.hasHeader("authorization")) {
      this.setHeader("Authorization", `Basic ${Buffer.from(auth).toString("base64")}`);
    }
  }

  #watch({ signal, timeout }) {
    const socket = new NoSocket(this.protocol === "https:");
    this.socket = socket;
    socket.on("timeout", () => this.emit("timeout"));
    socket.destroy = (error) => {
      this.destroy(error);
      return NoSocket.prototype.destroy.call(socket);
    };
    if (timeout !== undefined) socket.setTimeout(timeout);
    if (signal?.aborted) process.nextTick(() => this.destroy(isAborted(signal)));
    else signal?.addEventListener("abort", () => this.destroy(isAborted(signal)), { once: true });
    process.nextTick(() => {
      if (this.destroyed) return;
      this.emit("socket", socket);
      socket.emit("connect");
      socket.emit("ready");
      if (socket.encrypted) socket.emit("secureConnect");
      // The body is sent with the head, so nothing is gained by waiting for the server's word.
      if (/100-continue/i.test(this.getHeader("expect") ?? "")) this.emit("continue");
    });
  }

  _write(chunk, encoding, callback) {
    this.#pieces.push(chunk);
    this.socket._active();
    callback();
  }

  _final(callback) {
    this.#begin();
    callback();
  }

  #begin() {
    if (this.#begun || this.destroyed) return;
    this.#begun = true;
    this.headersSent = true;
    const own = new URL(this.#url).host;
    const headers = this._pairs().filter(
      ([name, value]) =>
        !OF_THE_HOST.has(name.toLowerCase()) &&
        !(name.toLowerCase() === "host" && value.replace(/:(80|443)$/, "") === own),
    );
    const body = this.#pieces.length > 0 ? Buffer.concat(this.#pieces) : null;
    this.#pieces = [];
    exchange({
      method: this.method,
      url: this.#url,
      headers,
      body,
      redirect: "manual",
      decompress: false,
      signal: this.#cancel.signal,
    }).then(
      (answer) => this.#answered(answer),
      (error) => {
        if (!this.destroyed) this.destroy(failure(error));
      },
    );
  }

  #answered(answer) {
    if (this.destroyed) {
      answer.cancel();
      return;
    }
    const { socket } = this;
    const read = async () => {
      let piece;
      try {
        piece = await answer.read();
      } catch (error) {
        throw failure(error);
      }
      if (piece === null) socket._stop();
      else socket._active();
      return piece;
    };
    const { status, reason, headers } = answer;
    this.res = answerOf({ status, reason, headers, read, cancel: () => answer.cancel() }, socket);
    this.res.req = this;
    socket._active();
    this.res.once("close", () => {
      socket._stop();
      this.destroy();
    });
    if (!this.emit("response", this.res)) this.res._dump();
  }

  _destroy(error, callback) {
    this.socket._stop();
    this.socket.destroyed = true;
    if (!this.res) {
      if (this.#begun) this.#cancel.abort();
      error ??= nodeError("ECONNRESET", "socket hang up");
    } else if (!this.res.destroyed) {
      this.res.destroy(error ?? undefined);
      error = null;
    }
    callback(error);
  }

  abort() {
    if (this.aborted) return;
    this.aborted = true;
    process.nextTick(() => this.emit("abort"));
    this.destroy();
  }

  setTimeout(ms, callback) {
    if (callback) this.once("timeout", callback);
    this.socket.setTimeout(ms);
    return this;
  }

  setNoDelay() {
    return this;
  }
  setSocketKeepAlive() {
    return this;
  }
  onSocket() {}
  clearTimeout() {
    this.socket.setTimeout(0);
  }
}
