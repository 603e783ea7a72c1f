// structuredClone.
//
// What is transferred gets a new buffer at once, which is filled at the end: where cloning fails nothing is lost.

import { cloneSteps, dictionary, isObject, required, sequence } from "./webidl.js";
import { transferPort, isPort } from "./messages.js";
import { isTransferableStream, transferStream } from "./clone_streams.js";

const { getPrototypeOf, hasOwn, keys } = Object;
const tagOf = Object.prototype.toString;
const ERRORS = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, Error };
const typedTag = Object.getOwnPropertyDescriptor(getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get;
const VIEWS = {
  Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float16Array,
  Float32Array, Float64Array, BigInt64Array, BigUint64Array,
};

function refused(what) {
  return new DOMException(`${what} could not be cloned.`, "DataCloneError");
}

function nameOf(value) {
  if (typeof value === "function") return Function.prototype.toString.call(value).slice(0, 100);
  if (typeof value === "symbol") return String(value);
  return `#<${value?.constructor?.name ?? "Object"}>`;
}

// Whether `run`, which only objects of one kind have, takes it.
function is(run, value) {
  try {
    run.call(value);
    return true;
  } catch {
    return false;
  }
}

const getter = (Class, key) => Object.getOwnPropertyDescriptor(Class.prototype, key).get;
const mapSize = getter(Map, "size"), setSize = getter(Set, "size");
const bufferBytes = getter(ArrayBuffer, "byteLength"), sharedBytes = getter(SharedArrayBuffer, "byteLength");

function cloneBuffer(buffer) {
  if (buffer.detached) throw refused("An ArrayBuffer that is detached");
  if (!buffer.resizable) return buffer.slice(0);
  const copy = new ArrayBuffer(buffer.byteLength, { maxByteLength: buffer.maxByteLength });
  new Uint8Array(copy).set(new Uint8Array(buffer));
  return copy;
}

function cloneView(view, seen) {
  const name = Reflect.apply(typedTag, view, []);
  const Class = name === undefined ? DataView : VIEWS[name];
  let offset, bytes, length;
  const buffer = view.buffer;
  try {
    if (buffer.detached || (name !== undefined && !fits(view))) throw new TypeError();
    offset = view.byteOffset;
    bytes = view.byteLength;
    length = name === undefined ? bytes : view.length;
  } catch {
    throw refused("A view of an ArrayBuffer that is detached or too small");
  }
  const copy = clone(buffer, seen);
  return tracks(view, buffer) ? new Class(copy, offset) : new Class(copy, offset, length);
}

// Whether a typed array lies within its buffer: one that does not has no iterator.
function fits(view) {
  try {
    Reflect.apply(Uint8Array.prototype.entries, view, []);
    return true;
  } catch {
    return false;
  }
}

// Whether a view's length follows that of its buffer: told by what it does as the buffer grows. Of a buffer that
// cannot grow any more, those that end with it are taken to.
function tracks(view, buffer) {
  if (!buffer.resizable) return false;
  const { byteLength, byteOffset, BYTES_PER_ELEMENT: step = 1 } = view;
  const size = buffer.byteLength;
  if (size + step > buffer.maxByteLength) return byteOffset + byteLength > size - step;
  buffer.resize(size + step);
  const follows = view.byteLength !== byteLength;
  buffer.resize(size);
  return follows;
}

function cloneError(error, seen) {
  const name = `${error.name}`;
  const copy = new (hasOwn(ERRORS, name) ? ERRORS[name] : Error)();
  seen.set(error, copy);
  const message = Object.getOwnPropertyDescriptor(error, "message");
  if (message && "value" in message) define(copy, "message", `${message.value}`);
  define(copy, "stack", `${error.stack}`);
  if (hasOwn(error, "cause")) define(copy, "cause", clone(error.cause, seen));
  return copy;
}

function define(object, key, value) {
  Object.defineProperty(object, key, { value, writable: true, enumerable: false, configurable: true });
}

function cloneException(error) {
  const copy = new DOMException(error.message, error.name);
  if (typeof error.stack === "string") define(copy, "stack", error.stack);
  return copy;
}

function fill(copy, value, seen) {
  for (const key of keys(value)) {
    if (!hasOwn(value, key)) continue;
    const item = clone(value[key], seen);
    if (key === "__proto__") {
      Object.defineProperty(copy, key, { value: item, writable: true, enumerable: true, configurable: true });
    } else {
      copy[key] = item;
    }
  }
  return copy;
}

function begin(copy, value, seen) {
  seen.set(value, copy);
  return copy;
}

// Kinds of built-in objects by the tag that the engine gives; what only carries the tag is an ordinary object.
const KINDS = {
  "[object Date]": (value) => is(Date.prototype.getTime, value) && new Date(Date.prototype.getTime.call(value)),
  "[object RegExp]": (value) => is(getter(RegExp, "source"), value) && new RegExp(value.source, value.flags),
  "[object Boolean]": (value) => is(Boolean.prototype.valueOf, value) && Object(Boolean.prototype.valueOf.call(value)),
  "[object Number]": (value) => is(Number.prototype.valueOf, value) && Object(Number.prototype.valueOf.call(value)),
  "[object String]": (value) => is(String.prototype.valueOf, value) && Object(String.prototype.valueOf.call(value)),
  "[object BigInt]": (value) => is(BigInt.prototype.valueOf, value) && Object(BigInt.prototype.valueOf.call(value)),
  "[object ArrayBuffer]": (value) => is(bufferBytes, value) && cloneBuffer(value),
  "[object DOMException]": (value) => is(getter(DOMException, "code"), value) && cloneException(value),
  "[object Error]": (value, seen) => Error.isError(value) && cloneError(value, seen),
  "[object Map]"(value, seen) {
    if (!is(mapSize, value)) return false;
    const copy = begin(new Map(), value, seen);
    for (const [key, item] of [...Map.prototype.entries.call(value)]) copy.set(clone(key, seen), clone(item, seen));
    return copy;
  },
  "[object Set]"(value, seen) {
    if (!is(setSize, value)) return false;
    const copy = begin(new Set(), value, seen);
    for (const item of [...Set.prototype.values.call(value)]) copy.add(clone(item, seen));
    return copy;
  },
  // The same memory cannot be in two agents here, since there is one.
  "[object SharedArrayBuffer]": (value) => is(sharedBytes, value) && value,
};

const NEVER =
  /^\[object (Promise|WeakMap|WeakSet|WeakRef|FinalizationRegistry|Symbol|Generator|AsyncGenerator|.* Iterator)\]$/;

function cloneObject(value, seen) {
  const prototype = getPrototypeOf(value);
  if (Array.isArray(value)) {
    const copy = begin([], value, seen);
    copy.length = value.length;
    return fill(copy, value, seen);
  }
  if (ArrayBuffer.isView(value)) return cloneView(value, seen);
  const tag = Reflect.apply(tagOf, value, []);
  if (tag !== "[object Object]") {
    const kind = hasOwn(KINDS, tag) ? KINDS[tag](value, seen) : false;
    if (kind !== false) return kind;
    if (NEVER.test(tag) && !hasOwn(value, Symbol.toStringTag)) throw refused(nameOf(value));
  }
  if (prototype !== Object.prototype && prototype !== null) {
    if (Error.isError(value)) return cloneError(value, seen);
    const steps = cloneSteps(value);
    if (steps === null) throw refused(nameOf(value));
    if (steps !== undefined) return steps(value, seen);
  }
  return fill(begin({}, value, seen), value, seen);
}

function clone(value, seen) {
  if (typeof value === "symbol" || typeof value === "function") throw refused(nameOf(value));
  if (typeof value !== "object" || value === null) return value;
  const known = seen.get(value);
  if (known !== undefined) return known;
  const copy = cloneObject(value, seen);
  if (!seen.has(value)) seen.set(value, copy);
  return copy;
}

// Puts what will stand for a transferred object into `seen`; returns what completes the transfer.
function transferred(object, seen) {
  if (seen.has(object)) throw refused("What is to be transferred is listed twice: it");
  if (is(bufferBytes, object)) {
    if (object.detached) throw refused("An ArrayBuffer that is detached");
    const { byteLength, resizable } = object;
    const options = resizable ? { maxByteLength: object.maxByteLength } : undefined;
    const copy = new ArrayBuffer(byteLength, options);
    seen.set(object, copy);
    return () => {
      if (object.detached) throw refused("An ArrayBuffer that is detached");
      new Uint8Array(copy).set(new Uint8Array(object).subarray(0, byteLength));
      object.transfer(0);
    };
  }
  if (isPort(object)) return transferPort(object, (port) => seen.set(object, port));
  if (isTransferableStream(object)) return transferStream(object, (stream) => seen.set(object, stream), refused);
  throw refused(`${nameOf(object)} cannot be transferred; it`);
}

/** Clones, and transfers what `transfer` lists; returns the clone and what became of the listed. */
export function cloneWith(value, transfer) {
  const seen = new Map();
  const complete = transfer.map((object) => transferred(object, seen));
  const copy = clone(value, seen);
  for (const run of complete) run();
  return { copy, moved: transfer.map((object) => seen.get(object)) };
}

/** The list of a `transfer` option. */
export function transferList(options) {
  const { transfer } = dictionary(options, "The options");
  if (transfer === undefined) return [];
  return sequence(transfer, (object) => {
    if (!isObject(object)) throw new TypeError("What is transferred must be an object");
    return object;
  });
}

export function structuredClone(value, options = undefined) {
  required(arguments.length, 1, "structuredClone");
  return cloneWith(value, transferList(options)).copy;
}
