// Response.

import { parseUrl } from "../compute.js";
import { dictionary, expose, failed, required, shown, usv } from "../web/webidl.js";
import { extract, readable } from "./body.js";
import { fillHeaders, Headers, immutableHeaders } from "./headers.js";

const NULL_BODY = [101, 103, 204, 205, 304];
const REDIRECTS = [301, 302, 303, 307, 308];
const REASON = /^[\t\x20-\x7e\x80-\xff]*$/;

// Said to the constructor by what is here only.
const MADE = Symbol("made");

let recordIn, make;

function unsigned(value) {
  const number = Math.trunc(Number(value));
  return Number.isFinite(number) ? ((number % 65536) + 65536) % 65536 : 0;
}

// Fills a record from the second argument of a constructor.
function initialise(record, init, body) {
  const { headers, status = 200, statusText = "" } = dictionary(init, "Response options");
  const code = unsigned(status);
  const text = `${statusText}`;
  if (code < 200 || code > 599) {
    throw new RangeError(`Response: the status ${code} is not in the range from 200 to 599`);
  }
  if (!REASON.test(text)) throw failed("Response: the status text has a character that is not allowed");
  record.status = code;
  record.statusText = text;
  if (headers !== undefined) fillHeaders(record.headers, headers);
  if (body === null) return record;
  if (NULL_BODY.includes(code)) throw failed(`Response: the status ${code} goes with no body`);
  record.content = body.content;
  if (body.type !== null && !record.headers.has("content-type")) record.headers.append("content-type", body.type);
  return record;
}

const fresh = () => ({
  type: "default", url: "", redirected: false, status: 200, statusText: "", headers: new Headers(), content: null,
});

export class Response {
  #record;

  constructor(body = null, init = undefined) {
    if (body === MADE) {
      this.#record = init;
      return;
    }
    const extracted = body === null ? null : extract(body);
    this.#record = initialise(fresh(), init, extracted);
  }

  static error() {
    return make({ ...fresh(), type: "error", status: 0, headers: immutableHeaders([]) });
  }

  static json(data, init = undefined) {
    required(arguments.length, 1, "Response.json");
    const text = JSON.stringify(data);
    if (text === undefined) throw failed("Response.json: the value has no form in JSON");
    return make(initialise(fresh(), init, { ...extract(text), type: "application/json" }));
  }

  static redirect(url, status = 302) {
    required(arguments.length, 1, "Response.redirect");
    const parsed = parseUrl(usv(url));
    if (parsed === null) throw failed(`Failed to parse URL from ${usv(url)}`, "ERR_INVALID_URL");
    const code = unsigned(status);
    if (!REDIRECTS.includes(code)) throw new RangeError(`Response.redirect: ${code} is not a redirect status`);
    return make({ ...fresh(), status: code, headers: immutableHeaders([["location", parsed.href]]) });
  }

  get type() { return this.#record.type; }
  get url() { return this.#record.url; }
  get redirected() { return this.#record.redirected; }
  get status() { return this.#record.status; }
  get ok() { return this.#record.status >= 200 && this.#record.status <= 299; }
  get statusText() { return this.#record.statusText; }
  get headers() { return this.#record.headers; }

  clone() {
    const record = this.#record;
    if (record.content?.unusable) throw failed("Response.clone: Body has already been consumed.");
    const headers = record.type === "default" ? new Headers(record.headers) : immutableHeaders(record.headers);
    return make({ ...record, headers, content: record.content?.copy() ?? null });
  }

  static {
    recordIn = (response) => response.#record;
    make = (record) => new Response(MADE, record);
  }
}
Object.defineProperty(Response.json, "length", { value: 1, configurable: true });
readable(Response, (response) => recordIn(response));
expose(Response);
shown(Response, (response) => {
  const { status, statusText, headers, bodyUsed, ok, redirected, type, url } = response;
  return { status, statusText, headers, bodyUsed, ok, redirected, type, url };
});

/** A Response that came from somewhere: `{ url, redirected, status, statusText, headers, content }`. */
export function received({ url, redirected, status, statusText, headers, content }) {
  return make({ type: "basic", url, redirected, status, statusText, headers: immutableHeaders(headers), content });
}

export function hasNoBody(status) {
  return NULL_BODY.includes(status);
}
