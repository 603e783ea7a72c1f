// Randomness, which the host gives.

import { number } from "../host.js";

const RANDOM = 11;

/** Fills bytes. */
export function fill(bytes) {
  if (bytes.length > 0) number(RANDOM, bytes);
  return bytes;
}

/** A version 4 UUID. */
export function uuid() {
  const b = fill(new Uint8Array(16));
  b[6] = (b[6] & 15) | 64;
  b[8] = (b[8] & 63) | 128;
  const hex = b.toHex();
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
