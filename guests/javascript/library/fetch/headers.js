// Headers.

import { byteString, expose, failed, isObject, iterable, pairs, required, shown } from "../web/webidl.js";

const TOKEN = /^[-!#$%&'*+.^_`|~A-Za-z0-9]+$/;
const EDGES = /^[\t\n\r ]+|[\t\n\r ]+$/g;

export function isToken(text) {
  return TOKEN.test(text);
}

function nameOf(value, what) {
  const name = byteString(value);
  if (!TOKEN.test(name)) {
    throw failed(`${what}: ${JSON.stringify(name)} is not a valid header name`, "ERR_INVALID_HTTP_TOKEN");
  }
  return name.toLowerCase();
}

function valueOf(value) {
  return byteString(value).replace(EDGES, "");
}

function check(value, name, what) {
  if (/[\0\r\n]/.test(value)) {
    throw failed(`${what}: the value of ${name} has a line break or a zero byte in it`, "ERR_INVALID_CHAR");
  }
  return value;
}

let listOf, guarded, fillFrom;

export class Headers {
  // Names in lower case with all their values, in the order of their first appearance.
  #list = new Map();
  #immutable = false;
  // Sorted and joined, until something changes.
  #sorted = null;

  constructor(init = undefined) {
    if (init === undefined) return;
    fillFrom(this, init);
  }

  append(name, value) {
    required(arguments.length, 2, "Headers.append");
    const key = nameOf(name, "Headers.append");
    this.#append(key, check(valueOf(value), key, "Headers.append"));
  }

  delete(name) {
    required(arguments.length, 1, "Headers.delete");
    const key = nameOf(name, "Headers.delete");
    this.#mayChange("delete");
    this.#list.delete(key);
    this.#sorted = null;
  }

  get(name) {
    required(arguments.length, 1, "Headers.get");
    return this.#list.get(nameOf(name, "Headers.get"))?.join(", ") ?? null;
  }

  getSetCookie() {
    return [...this.#list.get("set-cookie") ?? []];
  }

  has(name) {
    required(arguments.length, 1, "Headers.has");
    return this.#list.has(nameOf(name, "Headers.has"));
  }

  set(name, value) {
    required(arguments.length, 2, "Headers.set");
    const key = nameOf(name, "Headers.set");
    const text = check(valueOf(value), key, "Headers.set");
    this.#mayChange("set");
    this.#list.set(key, [text]);
    this.#sorted = null;
  }

  #mayChange(what) {
    if (this.#immutable) throw failed(`Headers.${what}: these headers are immutable`);
  }

  #append(key, value) {
    this.#mayChange("append");
    const values = this.#list.get(key);
    if (values) values.push(value);
    else this.#list.set(key, [value]);
    this.#sorted = null;
  }

  static {
    listOf = (headers) => {
      if (headers.#sorted !== null) return headers.#sorted;
      const sorted = [];
      for (const key of [...headers.#list.keys()].sort()) {
        const values = headers.#list.get(key);
        if (key === "set-cookie") for (const value of values) sorted.push([key, value]);
        else sorted.push([key, values.length === 1 ? values[0] : values.join(", ")]);
      }
      return headers.#sorted = sorted;
    };
    guarded = (list) => {
      const headers = new Headers();
      for (const [name, value] of list) headers.#append(name.toLowerCase(), value);
      headers.#immutable = true;
      return headers;
    };
    fillFrom = (headers, init) => {
      if (!isObject(init)) {
        throw failed("Headers: the first argument must be an object or pairs", "ERR_INVALID_ARG_TYPE");
      }
      if (#list in init && init[Symbol.iterator] === entries) {
        for (const [key, values] of init.#list) for (const value of values) headers.#append(key, value);
        return;
      }
      for (const [name, value] of pairs(init, "Headers", byteString)) {
        const key = nameOf(name, "Headers");
        headers.#append(key, check(valueOf(value), key, "Headers"));
      }
    };
  }
}
iterable(Headers, "Headers", (headers) => listOf(headers));
const { entries } = Headers.prototype;
expose(Headers);
shown(Headers, (headers) => {
  const out = {};
  for (const [name, value] of listOf(headers)) out[name] = name in out ? [out[name], value].flat() : value;
  return out;
});

export { fillFrom as fillHeaders, guarded as immutableHeaders, listOf as headerList };
