// Randomness.

import { Buffer } from "../buffer.js";
import { invalidType, outOfRange } from "../errors.js";
import { fill, uuid } from "../../web/random.js";
import * as check from "../validate.js";

const PIECE = 65536,
  MOST = 2 ** 31 - 1;

function fillAll(bytes) {
  for (let at = 0; at < bytes.length; at += PIECE) fill(bytes.subarray(at, at + PIECE));
}

export function randomBytes(size, callback) {
  check.number(size, "size", 0, MOST);
  if (callback !== undefined) check.callback(callback, "callback");
  const bytes = Buffer.alloc(Math.floor(size));
  fillAll(bytes);
  if (callback === undefined) return bytes;
  process.nextTick(callback, null, bytes);
  return undefined;
}

function part(target, offset, size) {
  if (!ArrayBuffer.isView(target) && !(target instanceof ArrayBuffer)) {
    throw invalidType("buf", "an instance of ArrayBuffer or ArrayBufferView", target);
  }
  const unit = target.BYTES_PER_ELEMENT ?? 1;
  const all = ArrayBuffer.isView(target)
    ? new Uint8Array(target.buffer, target.byteOffset, target.byteLength)
    : new Uint8Array(target);
  check.number(offset, "offset", 0, all.length / unit);
  const length = size === undefined ? all.length - offset * unit : size * unit;
  if (!(length >= 0 && offset * unit + length <= all.length))
    throw outOfRange("size + offset", `<= ${all.length}`, length + offset);
  return all.subarray(offset * unit, offset * unit + length);
}

export function randomFillSync(target, offset = 0, size = undefined) {
  fillAll(part(target, offset, size));
  return target;
}

export function randomFill(target, offset, size, callback) {
  if (typeof offset === "function") [offset, size, callback] = [0, undefined, offset];
  else if (typeof size === "function") [size, callback] = [undefined, size];
  check.callback(callback, "callback");
  randomFillSync(target, offset, size);
  process.nextTick(callback, null, target);
}

export function randomInt(min, max, callback) {
  if (max === undefined || typeof max === "function") [min, max, callback] = [0, min, max];
  if (callback !== undefined) check.callback(callback, "callback");
  if (!Number.isSafeInteger(min)) throw invalidType("min", "a safe integer", min);
  if (!Number.isSafeInteger(max)) throw invalidType("max", "a safe integer", max);
  if (max <= min) throw outOfRange("max", `greater than the value of "min" (${min})`, max);
  const range = max - min;
  if (range > 2 ** 48 - 1) throw outOfRange("max - min", `<= ${2 ** 48 - 1}`, range);
  // Numbers above the last whole multiple of the range would make some results likelier.
  const limit = 2 ** 48 - (2 ** 48 % range);
  const bytes = new Uint8Array(6);
  let drawn;
  do {
    fill(bytes);
    drawn = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  } while (drawn >= limit);
  const value = (drawn % range) + min;
  if (callback === undefined) return value;
  process.nextTick(callback, null, value);
  return undefined;
}

export function randomUUID(options) {
  if (options !== undefined) check.object(options, "options");
  return uuid();
}
