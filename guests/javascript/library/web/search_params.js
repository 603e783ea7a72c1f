// URLSearchParams, and the text form of pairs that it shares with fetch bodies.

import { decodeUtf8 } from "../compute.js";
import { expose, isObject, iterable, pairs, required, shown, usv } from "./webidl.js";

function decode(text) {
  if (text.includes("+")) text = text.replaceAll("+", " ");
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return decodeUtf8(percentDecode(text));
  }
}

const HEX = /^[0-9a-fA-F]{2}$/;

/** The bytes that a string with percent signs stands for. */
export function percentDecode(text) {
  // As bytes first, one in each character.
  const raw = unescape(encodeURIComponent(text));
  const out = new Uint8Array(raw.length);
  let length = 0;
  for (let at = 0; at < raw.length; at++) {
    const hex = raw[at] === "%" ? raw.slice(at + 1, at + 3) : "";
    if (HEX.test(hex)) {
      out[length++] = parseInt(hex, 16);
      at += 2;
    } else {
      out[length++] = raw.charCodeAt(at);
    }
  }
  return out.subarray(0, length);
}

/** Pairs out of the text of an HTML form. */
export function parseForm(text) {
  const found = [];
  for (const piece of text.split("&")) {
    if (piece === "") continue;
    const equals = piece.indexOf("=");
    if (equals < 0) found.push([decode(piece), ""]);
    else found.push([decode(piece.slice(0, equals)), decode(piece.slice(equals + 1))]);
  }
  return found;
}

const SAFE = /^[A-Za-z0-9*._-]*$/;
const OTHERS = /%20|[!'()~]/g;
const CODES = { "%20": "+", "!": "%21", "'": "%27", "(": "%28", ")": "%29", "~": "%7E" };

function encode(text) {
  return SAFE.test(text) ? text : encodeURIComponent(text).replace(OTHERS, (found) => CODES[found]);
}

/** The text of an HTML form. */
export function formText(list) {
  let out = "";
  for (const [name, value] of list) out += `${out === "" ? "" : "&"}${encode(name)}=${encode(value)}`;
  return out;
}

let listOf, replace, paramsFor;

export class URLSearchParams {
  #list = [];
  // Told when the list has changed.
  #changed = null;

  constructor(init = "") {
    if (isObject(init)) {
      this.#list = pairs(init, "URLSearchParams", usv);
    } else {
      const text = usv(init);
      this.#list = parseForm(text[0] === "?" ? text.slice(1) : text);
    }
  }

  get size() { return this.#list.length; }

  append(name, value) {
    required(arguments.length, 2, "URLSearchParams.append");
    this.#list.push([usv(name), usv(value)]);
    this.#changed?.();
  }

  delete(name, value = undefined) {
    required(arguments.length, 1, "URLSearchParams.delete");
    const wanted = usv(name);
    const only = value === undefined ? undefined : usv(value);
    this.#list = this.#list.filter((pair) => pair[0] !== wanted || (only !== undefined && pair[1] !== only));
    this.#changed?.();
  }

  get(name) {
    required(arguments.length, 1, "URLSearchParams.get");
    const wanted = usv(name);
    return this.#list.find((pair) => pair[0] === wanted)?.[1] ?? null;
  }

  getAll(name) {
    required(arguments.length, 1, "URLSearchParams.getAll");
    const wanted = usv(name);
    return this.#list.filter((pair) => pair[0] === wanted).map((pair) => pair[1]);
  }

  has(name, value = undefined) {
    required(arguments.length, 1, "URLSearchParams.has");
    const wanted = usv(name);
    const only = value === undefined ? undefined : usv(value);
    return this.#list.some((pair) => pair[0] === wanted && (only === undefined || pair[1] === only));
  }

  set(name, value) {
    required(arguments.length, 2, "URLSearchParams.set");
    const wanted = usv(name);
    const only = usv(value);
    const at = this.#list.findIndex((pair) => pair[0] === wanted);
    if (at < 0) {
      this.#list.push([wanted, only]);
    } else {
      this.#list[at][1] = only;
      this.#list = this.#list.filter((pair, i) => i <= at || pair[0] !== wanted);
    }
    this.#changed?.();
  }

  sort() {
    this.#list.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    this.#changed?.();
  }

  toString() { return formText(this.#list); }

  static {
    listOf = (params) => params.#list;
    replace = (params, query) => { params.#list = parseForm(query); };
    paramsFor = (query, changed) => {
      const params = new URLSearchParams();
      params.#list = parseForm(query);
      params.#changed = changed;
      return params;
    };
  }
}
iterable(URLSearchParams, "URLSearchParams", (params) => listOf(params));
for (const name of ["delete", "has"]) {
  Object.defineProperty(URLSearchParams.prototype[name], "length", { value: 1, configurable: true });
}
expose(URLSearchParams);
shown(URLSearchParams, (params) => Object.fromEntries(listOf(params)));

export { listOf as pairsOf, paramsFor, replace as replacePairs };
