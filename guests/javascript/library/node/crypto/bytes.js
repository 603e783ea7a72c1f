// Data as Node's crypto takes it: views, buffers and texts.

import { Buffer } from "../buffer.js";
import { invalidType, rangeError } from "../errors.js";

const VIEWS = "of type string or an instance of ArrayBuffer, Buffer, TypedArray, or DataView";

/** A Uint8Array over the same bytes; of a text, its bytes. */
export function bytesOf(data, name, encoding = "utf8", expected = VIEWS) {
  if (typeof data === "string") return Buffer.from(data, encoding === "buffer" ? "utf8" : encoding);
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer || data instanceof SharedArrayBuffer) return new Uint8Array(data);
  throw invalidType(name, expected, data);
}

export const CHUNK = "of type string or an instance of Buffer, TypedArray, or DataView";

export function toBuffer(bytes) {
  return Object.setPrototypeOf(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength), Buffer.prototype);
}

/** As a text where an encoding is given, else as a Buffer. */
export function output(bytes, encoding) {
  const buffer = toBuffer(bytes);
  return encoding && encoding !== "buffer" ? buffer.toString(encoding) : buffer;
}

export function timingSafeEqual(a, b) {
  const expected = "an instance of ArrayBuffer, Buffer, TypedArray, or DataView";
  if (typeof a === "string") throw invalidType("buf1", expected, a);
  if (typeof b === "string") throw invalidType("buf2", expected, b);
  const [x, y] = [bytesOf(a, "buf1", "utf8", expected), bytesOf(b, "buf2", "utf8", expected)];
  if (x.length !== y.length) {
    throw rangeError("ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH", "Input buffers must have the same byte length");
  }
  let different = 0;
  for (let i = 0; i < x.length; i++) different |= x[i] ^ y[i];
  return different === 0;
}

/** Calls back with what `run` gives, after the caller has returned. */
export function later(callback, run) {
  let [error, result] = [null, undefined];
  try {
    result = run();
  } catch (failure) {
    error = failure;
  }
  process.nextTick(() => (error ? callback(error) : callback(null, result)));
}
