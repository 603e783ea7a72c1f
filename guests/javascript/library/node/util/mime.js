// `MIMEType` and `MIMEParams`.

import { typeError } from "../errors.js";

const TOKEN = /^[!#$%&'*+\-.^_`|~A-Za-z0-9]+$/;
const QUOTABLE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;

function bad(what, text) {
  return typeError("ERR_INVALID_MIME_SYNTAX", `The MIME syntax for a ${what} in "${text}" is invalid`);
}

export class MIMEParams {
  #map = new Map();

  get(name) {
    return this.#map.get(`${name}`) ?? null;
  }
  has(name) {
    return this.#map.has(`${name}`);
  }
  delete(name) {
    this.#map.delete(`${name}`);
  }
  set(name, value) {
    if (!TOKEN.test(name)) throw bad("parameter name", name);
    if (!QUOTABLE.test(value)) throw bad("parameter value", value);
    this.#map.set(`${name}`, `${value}`);
  }
  entries() {
    return this.#map.entries();
  }
  keys() {
    return this.#map.keys();
  }
  values() {
    return this.#map.values();
  }
  [Symbol.iterator]() {
    return this.#map.entries();
  }
  toString() {
    return Array.from(
      this.#map,
      ([name, value]) => `${name}=${TOKEN.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`}`,
    ).join(";");
  }
  toJSON() {
    return this.toString();
  }
}

export class MIMEType {
  #type;
  #subtype;
  #params = new MIMEParams();

  constructor(input) {
    const text = `${input}`.trim();
    const [essence, ...rest] = text.split(/;(?=(?:[^"]*"[^"]*")*[^"]*$)/);
    const [type, subtype, more] = essence.split("/");
    if (!TOKEN.test(type)) throw bad("type", text);
    if (more !== undefined || !TOKEN.test(subtype?.trimEnd() ?? "")) throw bad("subtype", text);
    [this.#type, this.#subtype] = [type.toLowerCase(), subtype.trimEnd().toLowerCase()];
    for (const part of rest) {
      const at = part.indexOf("=");
      const name = part.slice(0, Math.max(at, 0)).trim().toLowerCase();
      let value = part.slice(at + 1).trim();
      if (value.startsWith('"')) value = /^"((?:[^"\\]|\\.)*)/.exec(value)[1].replace(/\\(.)/g, "$1");
      else if (value === "") continue;
      if (TOKEN.test(name) && QUOTABLE.test(value) && !this.#params.has(name)) this.#params.set(name, value);
    }
  }

  get type() {
    return this.#type;
  }
  set type(value) {
    if (!TOKEN.test(value)) throw bad("type", value);
    this.#type = `${value}`.toLowerCase();
  }
  get subtype() {
    return this.#subtype;
  }
  set subtype(value) {
    if (!TOKEN.test(value)) throw bad("subtype", value);
    this.#subtype = `${value}`.toLowerCase();
  }
  get essence() {
    return `${this.#type}/${this.#subtype}`;
  }
  get params() {
    return this.#params;
  }
  toString() {
    const params = this.#params.toString();
    return params ? `${this.essence};${params}` : this.essence;
  }
  toJSON() {
    return this.toString();
  }
}
