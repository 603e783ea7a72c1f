// `node:net`: what concerns addresses; sockets are not there.

import { absent, missing, rangeError, invalidType } from "./errors.js";
import * as check from "./validate.js";

const hint = "a sandbox opens no sockets; use fetch or node:http, which the host's rules on egress govern";

const OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const V4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);

const isIPv4 = (text) => V4.test(`${text}`);

function isIPv6(text) {
  const address = `${text}`.replace(/%[0-9A-Za-z\-.:]+$/, "");
  if (!/^[0-9A-Fa-f:.]+$/.test(address) || !address.includes(":") || address.includes(":::")) return false;
  const halves = address.split("::");
  if (halves.length > 2) return false;
  let words = 0;
  const lists = halves.map((half) => (half === "" ? [] : half.split(":")));
  for (const [which, list] of lists.entries()) {
    for (const [i, word] of list.entries()) {
      const last = which === lists.length - 1 && i === list.length - 1;
      if (word.includes(".") ? !(last && isIPv4(word)) : !/^[0-9A-Fa-f]{1,4}$/.test(word)) return false;
      words += word.includes(".") ? 2 : 1;
    }
  }
  return halves.length === 2 ? words <= 7 : words === 8;
}

const isIP = (text) => (isIPv4(text) ? 4 : isIPv6(text) ? 6 : 0);

// An address as a number, and how many bits it has.
function bitsOf(address, family) {
  if (family === "ipv4") return [address.split(".").reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n), 32];
  let text = address.replace(/%.*$/, "");
  const tail = /(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (tail) {
    const [value] = bitsOf(tail[1], "ipv4");
    text = text.slice(0, -tail[1].length) + `${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`;
  }
  const [left, right] = text.split("::").map((half) => (half === "" ? [] : half.split(":")));
  const words = right === undefined ? left : [...left, ...Array(8 - left.length - right.length).fill("0"), ...right];
  return [words.reduce((sum, word) => (sum << 16n) | BigInt(`0x${word}`), 0n), 128];
}

function checkAddress(address, family) {
  check.string(address, "address");
  check.oneOf(family, "family", ["ipv4", "ipv6"]);
  if (!(family === "ipv4" ? isIPv4(address) : isIPv6(address))) {
    throw rangeError("ERR_INVALID_ADDRESS", "Invalid address");
  }
}

class SocketAddress {
  constructor({ family = "ipv4", address = family === "ipv6" ? "::" : "127.0.0.1", port = 0, flowlabel = 0 } = {}) {
    checkAddress(address, family);
    check.integer(port, "port", 0, 65535);
    Object.assign(this, { address, family, port, flowlabel });
  }
  static isSocketAddress(value) {
    return value instanceof SocketAddress;
  }
}

class BlockList {
  #ranges = [];
  #rules = [];

  #add(rule, family, from, to) {
    this.#rules.unshift(rule);
    this.#ranges.push({ family, from, to });
  }
  addAddress(address, family = "ipv4") {
    checkAddress(address, family);
    const [value] = bitsOf(address, family);
    this.#add(`Address: ${family === "ipv4" ? "IPv4" : "IPv6"} ${address}`, family, value, value);
  }
  addRange(start, end, family = "ipv4") {
    checkAddress(start, family);
    checkAddress(end, family);
    const [[from], [to]] = [bitsOf(start, family), bitsOf(end, family)];
    if (from > to) throw invalidType("start", "at most end", start);
    this.#add(`Range: ${family === "ipv4" ? "IPv4" : "IPv6"} ${start}-${end}`, family, from, to);
  }
  addSubnet(network, prefix, family = "ipv4") {
    checkAddress(network, family);
    const [value, size] = bitsOf(network, family);
    check.integer(prefix, "prefix", 0, size);
    const rest = (1n << BigInt(size - prefix)) - 1n;
    this.#add(
      `Subnet: ${family === "ipv4" ? "IPv4" : "IPv6"} ${network}/${prefix}`,
      family,
      value & ~rest,
      value | rest,
    );
  }
  check(address, family = "ipv4") {
    if (!(family === "ipv4" ? isIPv4(address) : isIPv6(address))) return false;
    const [value] = bitsOf(address, family);
    const mapped = family === "ipv6" && value >> 32n === 0xffffn ? value & 0xffffffffn : undefined;
    return this.#ranges.some(
      ({ family: kind, from, to }) =>
        (kind === family && from <= value && value <= to) ||
        (kind === "ipv4" && mapped !== undefined && from <= mapped && mapped <= to),
    );
  }
  get rules() {
    return [...this.#rules];
  }
  static isBlockList(value) {
    return value instanceof BlockList;
  }
}

class Socket {
  constructor() {
    throw missing("node:net.Socket", hint);
  }
}
class Server {
  constructor() {
    throw missing("node:net.Server", "a function is called by events; it does not listen");
  }
}

export default {
  isIP,
  isIPv4,
  isIPv6,
  SocketAddress,
  BlockList,
  Socket,
  Stream: Socket,
  Server,
  connect: absent("node:net.connect", hint),
  createConnection: absent("node:net.createConnection", hint),
  createServer: absent("node:net.createServer", "a function is called by events; it does not listen"),
  getDefaultAutoSelectFamily: () => true,
  setDefaultAutoSelectFamily() {},
  getDefaultAutoSelectFamilyAttemptTimeout: () => 250,
  setDefaultAutoSelectFamilyAttemptTimeout() {},
};
