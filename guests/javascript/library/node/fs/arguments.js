// What callers of `node:fs` give, checked as Node checks it.

import { Buffer } from "../buffer.js";
import { invalidType, invalidValue, isAborted } from "../errors.js";
import * as check from "../validate.js";
import { fileURLToPath } from "../url.js";
import { constants } from "./constants.js";
import { systemError } from "./host.js";

const FLAGS = {
  "r": 0, "rs": 0o4010000, "sr": 0o4010000, "r+": 2, "rs+": 0o4010002, "sr+": 0o4010002,
  "w": 0o1101, "wx": 0o1301, "xw": 0o1301, "w+": 0o1102, "wx+": 0o1302, "xw+": 0o1302,
  "a": 0o2101, "ax": 0o2301, "xa": 0o2301, "as": 0o4012101, "sa": 0o4012101,
  "a+": 0o2102, "ax+": 0o2302, "xa+": 0o2302, "as+": 0o4012102, "sa+": 0o4012102,
};

/** The path as a string; of URLs and bytes too. */
export function path(value, name = "path") {
  let found = value;
  if (value instanceof Uint8Array) {
    found = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString();
    if (!Buffer.from(found).equals(value)) throw systemError(-84, "EILSEQ", "illegal byte sequence", "open", found);
  } else if (value !== null && typeof value === "object" && value.href && value.protocol) {
    found = fileURLToPath(value);
  }
  if (typeof found !== "string") throw invalidType(name, "of type string or an instance of Buffer or URL", value);
  if (found.includes("\0")) {
    throw invalidValue(name, found, "must be a string, Uint8Array, or URL without null bytes");
  }
  return found;
}

export function fd(value) {
  check.integer(value, "fd", 0, 2147483647);
  return value;
}

/** Whether `value` stands for an open file where a path may be given too. */
export const isFd = (value) => typeof value === "number" && value >>> 0 === value;

/** Options that may be given as just an encoding, over `defaults`. */
export function options(value, defaults = {}) {
  if (value === undefined || value === null || typeof value === "function") return defaults;
  let found;
  if (typeof value === "string") found = { ...defaults, encoding: value };
  else if (typeof value === "object") found = { ...defaults, ...value };
  else throw invalidType("options", "one of type string or object", value);
  encoding(found.encoding);
  if (found.signal !== undefined) check.abortSignal(found.signal, "options.signal");
  return found;
}

export function encoding(value, name = "encoding") {
  if (!value || value === "buffer") return;
  if (!Buffer.isEncoding(value)) throw invalidValue(name, value, "is invalid encoding");
}

export function notAborted(signal) {
  if (signal?.aborted) throw isAborted(signal);
}

export function flags(value, name = "flags") {
  if (value === undefined || value === null) return constants.O_RDONLY;
  if (typeof value === "number") {
    check.integer(value, name, -2147483648, 2147483647);
    return value;
  }
  const found = typeof value === "string" && Object.hasOwn(FLAGS, value) ? FLAGS[value] : undefined;
  if (found === undefined) throw invalidValue(name, value);
  return found;
}

export function mode(value, name = "mode", fallback = undefined) {
  if (value === undefined || value === null) {
    if (fallback !== undefined) return fallback;
  }
  if (typeof value === "string") {
    if (!/^[0-7]+$/.test(value)) {
      throw invalidValue(name, value, "must be a 32-bit unsigned integer or an octal string");
    }
    return Number.parseInt(value, 8);
  }
  check.integer(value, name, 0, 4294967295);
  return value;
}

/** Bytes of a buffer or view, or encoded text. */
export function data(value, encodingName, name = "data") {
  if (typeof value === "string") return Buffer.from(value, encodingName || "utf8");
  if (ArrayBuffer.isView(value)) return raw(value);
  throw invalidType(name, "of type string or an instance of Buffer, TypedArray, or DataView", value);
}

/** The bytes that a view shows. */
export const raw = (view) => (view instanceof Uint8Array ? view
  : new Uint8Array(view.buffer, view.byteOffset, view.byteLength));

export function view(value, name = "buffer") {
  if (!ArrayBuffer.isView(value)) throw invalidType(name, "an instance of Buffer, TypedArray, or DataView", value);
  return value;
}

export function views(value) {
  if (!Array.isArray(value) || !value.every((item) => ArrayBuffer.isView(item))) {
    throw invalidType("buffers", "an instance of ArrayBufferView[]", value);
  }
  return value;
}

/** A place in a file, or `null` for where the descriptor stands. */
export function position(value) {
  if (value === undefined || value === null) return null;
  if (typeof value === "bigint") return value < 0n ? null : Number(value);
  check.integer(value, "position", -1);
  return value < 0 ? null : value;
}

/** A time in nanoseconds, from seconds, a text of them, or a Date. */
export function time(value, name = "time") {
  let seconds = value;
  if (typeof value === "string" && value !== "" && Number(value) == value) seconds = Number(value);
  if (value instanceof Date) seconds = value.getTime() / 1000;
  if (typeof seconds !== "number" || Number.isNaN(seconds)) {
    throw invalidType(name, "an instance of Date or an Time in seconds", value);
  }
  if (!Number.isFinite(seconds) || seconds < 0) return BigInt(Date.now()) * 1000000n;
  return BigInt(Math.round(seconds * 1e6)) * 1000n;
}

/** Text or bytes of a name, as the encoding asks. */
export function named(name, encodingName) {
  if (!encodingName || encodingName === "utf8" || encodingName === "utf-8") return name;
  const bytes = Buffer.from(name);
  return encodingName === "buffer" ? bytes : bytes.toString(encodingName);
}

export { check };
