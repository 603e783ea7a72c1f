// Deep equality, strict and loose, for `util.isDeepStrictEqual` and `assert`.

import types from "../util_types.js";

const { is, getPrototypeOf, keys, getOwnPropertySymbols } = Object;
const enumerable = Object.prototype.propertyIsEnumerable;
const tagOf = (value) => Object.prototype.toString.call(value);
const isObject = (value) => value !== null && typeof value === "object";

export const isDeepStrictEqual = (a, b) => equal(a, b, true, new Map());
export const isDeepEqual = (a, b) => equal(a, b, false, new Map());

function primitives(a, b, strict) {
  if (strict) return is(a, b);
  // eslint-disable-next-line eqeqeq
  return a == b || (a !== a && b !== b);
}

function equal(a, b, strict, seen) {
  if (a === b) return a !== 0 || !strict || is(a, b);
  if (strict) {
    if (!isObject(a) || !isObject(b)) return primitives(a, b, true);
    if (getPrototypeOf(a) !== getPrototypeOf(b)) return false;
  } else {
    if (!isObject(a) || !isObject(b)) return !isObject(a) && !isObject(b) && primitives(a, b, false);
  }
  if (tagOf(a) !== tagOf(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  if (!sameSlots(a, b, strict)) return false;
  const other = seen.get(a);
  if (other?.has(b)) return true;
  if (other) other.add(b);
  else seen.set(a, new Set([b]));
  const same = sameContent(a, b, strict, seen);
  seen.get(a).delete(b);
  return same;
}

// What lies in internal slots that have no parts.
function sameSlots(a, b, strict) {
  const prototype = getPrototypeOf(a);
  if (prototype === Object.prototype || prototype === Array.prototype || prototype === null) return true;
  if (types.isDate(a)) return types.isDate(b) && is(a.getTime(), b.getTime());
  if (types.isRegExp(a)) {
    return types.isRegExp(b) && a.source === b.source && a.flags === b.flags && a.lastIndex === b.lastIndex;
  }
  if (Error.isError(a) || a instanceof Error)
    return (Error.isError(b) || b instanceof Error) && a.message === b.message && a.name === b.name;
  if (ArrayBuffer.isView(a)) return ArrayBuffer.isView(b) && sameBytes(a, b, strict);
  if (types.isAnyArrayBuffer(a))
    return types.isAnyArrayBuffer(b) && sameBytes(new Uint8Array(a), new Uint8Array(b), true);
  if (types.isBoxedPrimitive(a)) return types.isBoxedPrimitive(b) && is(a.valueOf(), b.valueOf());
  if (types.isWeakMap(a) || types.isWeakSet(a) || types.isPromise(a)) return false;
  if (types.isSet(a)) return types.isSet(b) && a.size === b.size;
  if (types.isMap(a)) return types.isMap(b) && a.size === b.size;
  return true;
}

function sameBytes(a, b, strict) {
  if (a.byteLength !== b.byteLength) return false;
  if (!strict && types.isTypedArray(a) && /^Float|^Big/.test(a[Symbol.toStringTag]))
    return a.every((item, i) => item === b[i]);
  const [x, y] = [a, b].map((view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  return x.every((byte, i) => byte === y[i]);
}

function sameContent(a, b, strict, seen) {
  if (Array.isArray(a) && a.length !== b.length) return false;
  // The elements of typed arrays were compared as bytes.
  if (ArrayBuffer.isView(a)) return true;
  const names = keys(a);
  const others = keys(b);
  if (names.length !== others.length || !names.every((name) => Object.hasOwn(b, name) && enumerable.call(b, name)))
    return false;
  for (const name of names) if (!equal(a[name], b[name], strict, seen)) return false;
  if (strict) {
    const symbols = getOwnPropertySymbols(a).filter((symbol) => enumerable.call(a, symbol));
    const theirs = getOwnPropertySymbols(b).filter((symbol) => enumerable.call(b, symbol));
    if (symbols.length !== theirs.length || !symbols.every((symbol) => enumerable.call(b, symbol))) return false;
    for (const symbol of symbols) if (!equal(a[symbol], b[symbol], strict, seen)) return false;
  }
  if ((Error.isError(a) || a instanceof Error) && !sameHidden(a, b, strict, seen)) return false;
  if (types.isSet(a)) return sameSet(a, b, strict, seen);
  return !types.isMap(a) || sameMap(a, b, strict, seen);
}

function sameHidden(a, b, strict, seen) {
  return ["cause", "errors"].every(
    (name) =>
      Object.hasOwn(a, name) === Object.hasOwn(b, name) &&
      (!Object.hasOwn(a, name) || equal(a[name], b[name], strict, seen)),
  );
}

// Whether each of `left` finds one of its own in `right`.
function paired(left, right, same) {
  const rest = new Set(right);
  return left.every((item) => {
    for (const other of rest) if (same(item, other)) return rest.delete(other);
    return false;
  });
}

function sameSet(a, b, strict, seen) {
  const left = [...a].filter((item) => !b.has(item));
  if (strict && left.some((item) => !isObject(item))) return false;
  return (
    left.length === 0 ||
    paired(
      left,
      [...b].filter((item) => !a.has(item)),
      (x, y) => equal(x, y, strict, seen),
    )
  );
}

function sameMap(a, b, strict, seen) {
  const left = [];
  for (const [key, value] of a) {
    if (b.has(key) && equal(value, b.get(key), strict, seen)) continue;
    if (strict && !isObject(key)) return false;
    left.push([key, value]);
  }
  const right = [...b].filter(([key, value]) => !(a.has(key) && equal(a.get(key), value, strict, seen)));
  return paired(left, right, ([k, v], [ok, ov]) => equal(k, ok, strict, seen) && equal(v, ov, strict, seen));
}
