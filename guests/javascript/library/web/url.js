// URL. The host parses; here is the object around what it found.

import { parseUrl, setUrl } from "../compute.js";
import { makeObjectUrl, revokeObjectUrl } from "./object_urls.js";
import { paramsFor, replacePairs } from "./search_params.js";
import { expose, required, shown, usv } from "./webidl.js";

function invalid(input, base) {
  const error = new TypeError("Invalid URL");
  error.code = "ERR_INVALID_URL";
  error.input = input;
  if (base !== undefined) error.base = base;
  return error;
}

function parse(url, base) {
  return parseUrl(usv(url), base === undefined ? undefined : usv(base));
}

const FROM = Symbol("from a record");

let fromRecord;

export class URL {
  #record;
  // Made when it is first looked at.
  #params = null;

  constructor(url, base = undefined) {
    if (arguments.length === 2 && arguments[1] === FROM) {
      this.#record = url;
      return;
    }
    required(arguments.length, 1, "URL");
    const input = usv(url);
    const from = base === undefined ? undefined : usv(base);
    this.#record = parseUrl(input, from);
    if (this.#record === null) throw invalid(input, from);
  }

  static canParse(url, base = undefined) {
    required(arguments.length, 1, "URL.canParse");
    return parse(url, base) !== null;
  }

  static parse(url, base = undefined) {
    required(arguments.length, 1, "URL.parse");
    const record = parse(url, base);
    return record === null ? null : fromRecord(record);
  }

  static createObjectURL(object) {
    required(arguments.length, 1, "URL.createObjectURL");
    return makeObjectUrl(object);
  }

  static revokeObjectURL(url) {
    required(arguments.length, 1, "URL.revokeObjectURL");
    revokeObjectUrl(usv(url));
  }

  #set(part, value) {
    const text = usv(value);
    this.#record = setUrl(this.#record.href, part, text) ?? this.#record;
  }

  get href() { return this.#record.href; }
  set href(value) {
    const text = usv(value);
    const record = parseUrl(text);
    if (record === null) throw invalid(text);
    this.#record = record;
    this.#refresh();
  }

  get origin() {
    const { origin, protocol, pathname } = this.#record;
    return protocol === "blob:" && !/^https?:/i.test(pathname) ? "null" : origin;
  }

  get protocol() { return this.#record.protocol; }
  set protocol(value) { this.#set("protocol", value); }

  get username() { return this.#record.username; }
  set username(value) { this.#set("username", value); }

  get password() { return this.#record.password; }
  set password(value) { this.#set("password", value); }

  get host() { return this.#record.host; }
  set host(value) { this.#set("host", value); }

  get hostname() { return this.#record.hostname; }
  set hostname(value) { this.#set("hostname", value); }

  get port() { return this.#record.port; }
  set port(value) { this.#set("port", value); }

  get pathname() { return this.#record.pathname; }
  set pathname(value) { this.#set("pathname", value); }

  get search() { return this.#record.search; }
  set search(value) {
    this.#set("search", value);
    this.#refresh();
  }

  get searchParams() {
    return this.#params ??= paramsFor(this.#record.search.slice(1), () => this.#set("search", `${this.#params}`));
  }

  get hash() { return this.#record.hash; }
  set hash(value) { this.#set("hash", value); }

  toString() { return this.#record.href; }

  toJSON() { return this.#record.href; }

  #refresh() {
    if (this.#params !== null) replacePairs(this.#params, this.#record.search.slice(1));
  }

  static {
    fromRecord = (record) => new URL(record, FROM);
  }
}
for (const name of ["canParse", "parse"]) Object.defineProperty(URL[name], "length", { value: 1, configurable: true });
expose(URL);
shown(URL, (url) => {
  const { href, origin, protocol, username, password, host, hostname, port, pathname, search, searchParams,
    hash } = url;
  return { href, origin, protocol, username, password, host, hostname, port, pathname, search, searchParams, hash };
});
