// Whether all that `expected` has is in `actual`, strictly.

import { isDeepStrictEqual } from "../util/equal.js";
import types from "../util_types.js";

const plain = (value) => value !== null && typeof value === "object";

export function isPartial(actual, expected, seen = new Map()) {
  if (!plain(actual) || !plain(expected)) return Object.is(actual, expected);
  if (Object.getPrototypeOf(actual) !== Object.getPrototypeOf(expected)) return false;
  if (seen.get(expected) === actual) return true;
  seen.set(expected, actual);
  if (
    types.isDate(expected) ||
    types.isRegExp(expected) ||
    ArrayBuffer.isView(expected) ||
    types.isAnyArrayBuffer(expected) ||
    types.isBoxedPrimitive(expected)
  )
    return isDeepStrictEqual(actual, expected);
  if (types.isMap(expected)) {
    return [...expected].every(([key, value]) => actual.has(key) && isPartial(actual.get(key), value, seen));
  }
  if (types.isSet(expected)) return ordered([...actual], [...expected], seen, false);
  if (Array.isArray(expected)) return ordered(actual, expected, seen, true);
  if (expected instanceof Error && (actual.message !== expected.message || actual.name !== expected.name)) return false;
  return Reflect.ownKeys(expected)
    .filter((key) => Object.prototype.propertyIsEnumerable.call(expected, key))
    .every((key) => Object.hasOwn(actual, key) && isPartial(actual[key], expected[key], seen));
}

// Each of `expected` is found in `actual`, each place once; in order where that matters.
function ordered(actual, expected, seen, inOrder) {
  const used = new Set();
  let from = 0;
  return expected.every((wanted) => {
    for (let at = inOrder ? from : 0; at < actual.length; at++) {
      if (used.has(at) || !isPartial(actual[at], wanted, seen)) continue;
      used.add(at);
      from = at + 1;
      return true;
    }
    return false;
  });
}
