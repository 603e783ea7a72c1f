// What Web IDL asks of every interface: the shape of its properties, conversions of arguments, and iterators.

const { defineProperty, getOwnPropertyDescriptor, getOwnPropertyNames, getPrototypeOf } = Object;

// Prototypes of the interfaces, with what clones their objects; `null` where they cannot be cloned.
const interfaces = new Map();

/**
 * Gives a class the shape of an interface: members are enumerable, and objects know their name. `clone` makes a copy
 * of an object for `structuredClone`.
 */
export function expose(Class, { name = Class.name, clone = null, constants = {} } = {}) {
  const { prototype } = Class;
  for (const key of getOwnPropertyNames(prototype)) {
    if (key !== "constructor") defineProperty(prototype, key, { enumerable: true });
  }
  for (const key of getOwnPropertyNames(Class)) {
    if (!["length", "name", "prototype"].includes(key)) defineProperty(Class, key, { enumerable: true });
  }
  for (const [key, value] of Object.entries(constants)) {
    const constant = { value, enumerable: true };
    defineProperty(Class, key, constant);
    defineProperty(prototype, key, constant);
  }
  defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true });
  interfaces.set(prototype, clone);
  return Class;
}

/** Makes `structuredClone` refuse the objects of classes that have an interface's shape already. */
export function uncloneable(...classes) {
  for (const { prototype } of classes) interfaces.set(prototype, null);
}

/** What clones an object of an interface; `null` where it is not to be cloned, `undefined` where it is no interface. */
export function cloneSteps(object) {
  for (let found = getPrototypeOf(object); found !== null; found = getPrototypeOf(found)) {
    const steps = interfaces.get(found);
    if (steps !== undefined) return steps;
  }
  return undefined;
}

/** What `util.inspect` and the console show of an object: the fields that `fields` gives. */
export function shown(Class, fields) {
  defineProperty(Class.prototype, Symbol.for("nodejs.util.inspect.custom"), {
    value(depth, options, inspect) {
      const name = this?.constructor?.name ?? Class.name;
      if (typeof inspect !== "function" || depth < 0) return `[${name}]`;
      let found;
      try {
        found = fields(this);
      } catch {
        return `${name} {}`;
      }
      const inner = { ...options, depth: typeof options?.depth === "number" ? options.depth - 1 : options?.depth };
      return typeof found === "string" ? found : `${name} ${inspect(found, inner)}`;
    },
    writable: true,
    configurable: true,
  });
}

export function failed(message, code) {
  const error = new TypeError(message);
  if (code) error.code = code;
  return error;
}

export function required(count, wanted, what) {
  if (count < wanted) {
    const arguments_ = wanted === 1 ? "1 argument is" : `${wanted} arguments are`;
    throw failed(`${what}: ${arguments_} required, but only ${count} given`, "ERR_MISSING_ARGS");
  }
}

export function illegal() {
  return failed("Illegal constructor", "ERR_ILLEGAL_CONSTRUCTOR");
}

/** A string without halves of characters. */
export function usv(value) {
  return `${value}`.toWellFormed();
}

/** A string each of whose characters is one byte. */
export function byteString(value) {
  const string = `${value}`;
  for (let i = 0; i < string.length; i++) {
    if (string.charCodeAt(i) > 255) {
      throw failed(`Cannot convert argument to a ByteString because the character at index ${i} has a value of ` +
        `${string.charCodeAt(i)} which is greater than 255.`);
    }
  }
  return string;
}

export function isObject(value) {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** A dictionary: nothing, or an object to take members from. */
export function dictionary(value, what) {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw failed(`${what} must be an object`, "ERR_INVALID_ARG_TYPE");
  return value;
}

export function callback(value, what) {
  if (typeof value !== "function") throw failed(`${what} must be a function`, "ERR_INVALID_ARG_TYPE");
  return value;
}

export function oneOf(value, allowed, what) {
  const string = `${value}`;
  if (!allowed.includes(string)) throw failed(`${what}: ${JSON.stringify(string)} is not one of ${allowed.join(", ")}`);
  return string;
}

/** An integer as `[EnforceRange]` takes it: from 0 up to `max`. */
export function enforceRange(value, max, what) {
  const number = Number(value);
  const whole = Math.trunc(number);
  if (!Number.isFinite(number) || whole < 0 || whole > max) {
    throw failed(`${what} must be a number from 0 to ${max}`, "ERR_OUT_OF_RANGE");
  }
  return whole + 0;
}

/** An integer as `[Clamp]` takes it for 64 bits with a sign. */
export function clampLong(value) {
  const number = Number(value);
  if (Number.isNaN(number)) return 0;
  return Math.min(Math.max(roundEven(number), -Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
}

function roundEven(number) {
  const low = Math.floor(number);
  const rest = number - low;
  if (rest !== 0.5) return rest < 0.5 ? low : low + 1;
  return low % 2 === 0 ? low : low + 1;
}

/** A sequence out of an object with an iterator. */
export function sequence(value, convert, method) {
  if (!isObject(value)) throw failed("The value must be a sequence", "ERR_INVALID_ARG_TYPE");
  method ??= value[Symbol.iterator];
  const iterator = Reflect.apply(callback(method, "The iterator"), value, []);
  if (!isObject(iterator)) throw failed("The iterator is not an object");
  const { next } = iterator;
  const out = [];
  for (;;) {
    const step = Reflect.apply(next, iterator, []);
    if (!isObject(step)) throw failed("The iterator gave what is not an object");
    if (step.done) return out;
    out.push(convert(step.value));
  }
}

/** Pairs out of what a constructor of pairs is given: a sequence of pairs, or an object of names and values. */
export function pairs(value, what, convert) {
  const method = value[Symbol.iterator];
  if (method !== undefined && method !== null) {
    return sequence(value, (item) => {
      if (!isObject(item)) throw failed(`${what}: each item must be a pair of a name and a value`, "ERR_INVALID_TUPLE");
      const pair = sequence(item, convert);
      if (pair.length !== 2) {
        throw failed(`${what}: each item must be a pair of a name and a value`, "ERR_INVALID_TUPLE");
      }
      return pair;
    }, method);
  }
  const found = new Map();
  for (const key of Reflect.ownKeys(value)) {
    const property = getOwnPropertyDescriptor(value, key);
    if (property?.enumerable) {
      const name = convert(key);
      found.set(name, convert(value[key]));
    }
  }
  return [...found];
}

export function isBuffer(value) {
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value) || value instanceof SharedArrayBuffer;
}

const NONE = new Uint8Array(0);

/** The bytes of an ArrayBuffer or a view, not copied. */
export function bytesOf(source) {
  const buffer = ArrayBuffer.isView(source) ? source.buffer : source;
  if (buffer.detached) return NONE;
  if (buffer === source) return new Uint8Array(buffer);
  return source instanceof Uint8Array && source.constructor === Uint8Array ? source
    : new Uint8Array(buffer, source.byteOffset, source.byteLength);
}

export function bufferSource(value, what) {
  if (!isBuffer(value)) {
    throw failed(`${what} must be an instance of ArrayBuffer, Buffer, TypedArray or DataView`, "ERR_INVALID_ARG_TYPE");
  }
  return bytesOf(value);
}

const IteratorPrototype = getPrototypeOf(getPrototypeOf([][Symbol.iterator]()));

/**
 * Adds to a class of pairs what Web IDL asks of an iterable: `entries`, `keys`, `values`, `forEach` and the iterator.
 * `list` gives the pairs at that time, and throws for what is not of the class.
 */
export function iterable(Class, name, list) {
  class PairIterator {
    #of;
    #kind;
    #at = 0;

    constructor(of, kind) {
      this.#of = of;
      this.#kind = kind;
    }

    next() {
      const found = list(this.#of);
      if (this.#at >= found.length) return { value: undefined, done: true };
      const pair = found[this.#at++];
      return { value: this.#kind === 2 ? [pair[0], pair[1]] : pair[this.#kind], done: false };
    }
  }
  const prototype = PairIterator.prototype;
  delete prototype.constructor;
  Object.setPrototypeOf(prototype, IteratorPrototype);
  defineProperty(prototype, "next", { enumerable: true });
  defineProperty(prototype, Symbol.toStringTag, { value: `${name} Iterator`, configurable: true });

  const members = {
    entries() { list(this); return new PairIterator(this, 2); },
    forEach(run, thisArg = undefined) {
      list(this);
      required(arguments.length, 1, `${name}.forEach`);
      callback(run, "The callback");
      for (let at = 0, found = list(this); at < found.length; at++, found = list(this)) {
        Reflect.apply(run, thisArg, [found[at][1], found[at][0], this]);
      }
    },
    keys() { list(this); return new PairIterator(this, 0); },
    values() { list(this); return new PairIterator(this, 1); },
  };
  defineProperty(members.forEach, "length", { value: 1, configurable: true });
  for (const [key, value] of Object.entries(members)) {
    defineProperty(Class.prototype, key, { value, writable: true, enumerable: true, configurable: true });
  }
  defineProperty(Class.prototype, Symbol.iterator, { value: members.entries, writable: true, configurable: true });
}
