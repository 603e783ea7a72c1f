// Checks of arguments that throw as Node does.

import { invalidType, invalidValue, outOfRange } from "./errors.js";

export function string(value, name) {
  if (typeof value !== "string") throw invalidType(name, "of type string", value);
}

export function callback(value, name) {
  if (typeof value !== "function") throw invalidType(name, "of type function", value);
}

export function boolean(value, name) {
  if (typeof value !== "boolean") throw invalidType(name, "of type boolean", value);
}

export function object(value, name) {
  if (value === null || typeof value !== "object" || Array.isArray(value))
    throw invalidType(name, "of type object", value);
}

export function number(value, name, least = -Infinity, most = Infinity) {
  if (typeof value !== "number") throw invalidType(name, "of type number", value);
  if (!(value >= least && value <= most)) throw outOfRange(name, between(least, most), value);
}

export function integer(value, name, least = Number.MIN_SAFE_INTEGER, most = Number.MAX_SAFE_INTEGER) {
  if (typeof value !== "number") throw invalidType(name, "of type number", value);
  if (!Number.isInteger(value)) throw outOfRange(name, "an integer", value);
  if (value < least || value > most) throw outOfRange(name, between(least, most), value);
}

function between(least, most) {
  if (least === -Infinity) return `<= ${most}`;
  return most === Infinity ? `>= ${least}` : `>= ${least} && <= ${most}`;
}

export function oneOf(value, name, allowed) {
  if (allowed.includes(value)) return;
  const list = allowed.map((item) => (typeof item === "string" ? `'${item}'` : String(item))).join(", ");
  throw invalidValue(name, value, `must be one of: ${list}`);
}

export function abortSignal(signal, name) {
  if (signal === undefined) return;
  if (signal === null || typeof signal !== "object" || !("aborted" in signal)) {
    throw invalidType(name, "an instance of AbortSignal", signal);
  }
}
