// Request. Its fields are a record (`recordOf`) that `fetch` makes without the object around it.

import { parseUrl } from "../compute.js";
import { dependentSignal, isSignal, signalPair } from "../web/abort.js";
import { blobOf } from "../web/object_urls.js";
import { ReadableStream } from "../web/streams.js";
import { dictionary, expose, failed, isObject, oneOf, required, shown, usv } from "../web/webidl.js";
import { Content, extract, readable } from "./body.js";
import { fillHeaders, Headers, isToken } from "./headers.js";

const REFERRER_POLICIES = [
  "", "no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin", "origin-when-cross-origin",
  "strict-origin-when-cross-origin", "unsafe-url",
];
const MODES = ["cors", "navigate", "no-cors", "same-origin"];
const CREDENTIALS = ["include", "omit", "same-origin"];
const CACHES = ["default", "force-cache", "no-cache", "no-store", "only-if-cached", "reload"];
const REDIRECTS = ["error", "follow", "manual"];
const PRIORITIES = ["auto", "high", "low"];
const UPPER = /^(delete|get|head|options|post|put)$/i;
const FORBIDDEN = /^(connect|trace|track)$/i;

// Said to the constructor by what is here only.
const MADE = Symbol("made");

let isRequest, recordIn;

function methodOf(value) {
  const method = `${value}`;
  if (!isToken(method) || FORBIDDEN.test(method)) {
    throw failed(`Request: ${JSON.stringify(method)} is not an allowed method`);
  }
  return UPPER.test(method) ? method.toUpperCase() : method;
}

function urlOf(input) {
  const text = usv(input);
  const url = parseUrl(text);
  if (url === null) {
    const message = `Failed to parse URL from ${text}; it must be a whole URL, such as https://example.com/path`;
    throw Object.assign(failed(message, "ERR_INVALID_URL"), { input: text });
  }
  if (url.username !== "" || url.password !== "") {
    throw failed(`Request cannot be constructed from a URL that includes credentials, for ${url.host}`);
  }
  return url;
}

// A signal of ours, that one from outside was, or one that follows what a package made.
function signalOf(value) {
  if (value === null || value === undefined) return null;
  if (isSignal(value)) return value;
  if (!isObject(value) || typeof value.aborted !== "boolean" || typeof value.addEventListener !== "function") {
    throw failed("The signal of a Request must be an AbortSignal", "ERR_INVALID_ARG_TYPE");
  }
  const { signal, abort } = signalPair();
  if (value.aborted) abort(value.reason);
  else value.addEventListener("abort", () => abort(value.reason));
  return signal;
}

function referrerOf(value) {
  const text = usv(value);
  if (text === "") return "no-referrer";
  const url = parseUrl(text, "about:client");
  if (url === null) throw failed(`Request: ${JSON.stringify(text)} is no referrer`);
  return url.href === "about:client" ? "client" : url.href;
}

const DEFAULTS = {
  method: "GET", headers: null, content: null, redirect: "follow", signal: null, mode: "cors",
  credentials: "same-origin", cache: "default", integrity: "", keepalive: false, referrer: "client",
  referrerPolicy: "",
};

// A `blob:` URL means the blob that has it now, even if it is revoked later.
function named(url) {
  return { ...DEFAULTS, url, blob: url.protocol === "blob:" ? blobOf(url.href) : undefined };
}

/** The fields of a request out of what `fetch` or `Request` is given. */
export function recordOf(input, init) {
  const from = isRequest(input) ? recordIn(input) : null;
  const record = from === null ? named(urlOf(input)) : { ...from };
  const { body, headers, duplex } = take(record, dictionary(init, "Request options"));
  record.headers = new Headers();
  if (headers !== undefined) fillHeaders(record.headers, headers);
  else if (from !== null) fillHeaders(record.headers, from.headers);
  const inherited = from?.content ?? null;
  if ((body !== undefined && body !== null || inherited !== null) && /^(GET|HEAD)$/.test(record.method)) {
    throw failed(`Request with ${record.method} method cannot have body`);
  }
  record.content = null;
  if (body !== undefined && body !== null) {
    const { content, type } = extract(body);
    if (type !== null && !record.headers.has("content-type")) record.headers.append("content-type", type);
    if (content.streamed && duplex === undefined) {
      throw failed("Request: duplex option is required when sending a body that is a stream");
    }
    if (content.streamed && record.keepalive) {
      throw failed("Request: keepalive does not go with a body that is a stream");
    }
    record.content = content;
  } else if (inherited !== null) {
    if (inherited.unusable) {
      throw failed("Cannot construct a Request with a Request object that has already been used.");
    }
    record.content = moved(inherited);
  }
  return record;
}

// What a Request carried goes over to the new one: the old one is used up.
function moved(content) {
  const kept = content.kept;
  if (kept !== null) {
    content.bytes();
    return new Content({ bytes: kept, shared: true });
  }
  const { stream } = content;
  const reader = stream.getReader();
  const next = new ReadableStream({
    async pull(controller) {
      const { value, done } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
  return new Content({ stream: next });
}

// Takes the members of `init`, read in the order of the alphabet as Web IDL says; returns those of the body.
function take(record, init) {
  const {
    body, cache, credentials, duplex, headers, integrity, keepalive, method, mode, priority, redirect, referrer,
    referrerPolicy, signal, window,
  } = init;
  if (window !== undefined && window !== null) throw failed("Request: window must be null");
  if (referrer !== undefined) record.referrer = referrerOf(referrer);
  if (referrerPolicy !== undefined) {
    record.referrerPolicy = oneOf(referrerPolicy, REFERRER_POLICIES, "referrerPolicy of a Request");
  }
  if (mode !== undefined) record.mode = oneOf(mode, MODES, "mode of a Request");
  if (record.mode === "navigate") throw failed("Request: the mode must not be navigate");
  if (credentials !== undefined) record.credentials = oneOf(credentials, CREDENTIALS, "credentials of a Request");
  if (cache !== undefined) record.cache = oneOf(cache, CACHES, "cache of a Request");
  if (record.cache === "only-if-cached" && record.mode !== "same-origin") {
    throw failed("Request: cache 'only-if-cached' can be set only with 'same-origin' mode");
  }
  if (redirect !== undefined) record.redirect = oneOf(redirect, REDIRECTS, "redirect of a Request");
  if (integrity !== undefined) record.integrity = `${integrity}`;
  if (keepalive !== undefined) record.keepalive = Boolean(keepalive);
  if (method !== undefined) record.method = methodOf(method);
  if (signal !== undefined) record.signal = signalOf(signal);
  if (priority !== undefined) oneOf(priority, PRIORITIES, "priority of a Request");
  if (duplex !== undefined) oneOf(duplex, ["half"], "duplex of a Request");
  return { body, headers, duplex };
}

export class Request {
  #record;
  // Follows the signal that was given; made when it is first looked at.
  #signal = null;

  constructor(input, init = undefined) {
    if (input === MADE) {
      this.#record = init;
      return;
    }
    required(arguments.length, 1, "Request");
    this.#record = recordOf(input, init);
  }

  get method() { return this.#record.method; }
  get url() { return this.#record.url.href; }
  get headers() { return this.#record.headers; }
  get destination() { return this.#record && ""; }
  get referrer() {
    const { referrer } = this.#record;
    return referrer === "client" ? "about:client" : referrer === "no-referrer" ? "" : referrer;
  }
  get referrerPolicy() { return this.#record.referrerPolicy; }
  get mode() { return this.#record.mode; }
  get credentials() { return this.#record.credentials; }
  get cache() { return this.#record.cache; }
  get redirect() { return this.#record.redirect; }
  get integrity() { return this.#record.integrity; }
  get keepalive() { return this.#record.keepalive; }
  get isReloadNavigation() { return this.#record && false; }
  get isHistoryNavigation() { return this.#record && false; }
  get signal() {
    const { signal } = this.#record;
    return this.#signal ??= dependentSignal(signal === null ? [] : [signal]);
  }
  get duplex() { return this.#record && "half"; }

  clone() {
    const record = this.#record;
    if (record.content?.unusable) throw failed("Request.clone: Body has already been consumed.");
    const headers = new Headers(record.headers);
    return new Request(MADE, { ...record, headers, content: record.content?.copy() ?? null });
  }

  static {
    isRequest = (value) => typeof value === "object" && value !== null && #record in value;
    recordIn = (request) => request.#record;
  }
}
readable(Request, (request) => recordIn(request));
expose(Request);
shown(Request, (request) => {
  const { method, url, headers, mode, credentials, cache, redirect, referrer, signal } = request;
  return { method, url, headers, mode, credentials, cache, redirect, referrer, signal };
});
