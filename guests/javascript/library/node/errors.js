// Node's errors: classes with a code, and the texts that go with the most common codes.

import inspector from "node-inspect-extracted";

// `name` stays that of the class; the code shows in `toString`, as Node does it.
function coded(Class, code, message, more) {
  const error = new Class(message);
  Object.defineProperties(error, {
    code: { value: code, writable: true, enumerable: true, configurable: true },
    toString: {
      value() {
        return `${this.name} [${code}]: ${this.message}`;
      },
      writable: true,
      enumerable: false,
      configurable: true,
    },
  });
  return more ? Object.assign(error, more) : error;
}

/** An `Error` with a code; `more` are further properties. */
export const nodeError = (code, message, more) => coded(Error, code, message, more);
export const typeError = (code, message, more) => coded(TypeError, code, message, more);
export const rangeError = (code, message, more) => coded(RangeError, code, message, more);

/** What `Received …` says of a value. */
export function received(value) {
  if (value == null) return ` Received ${value}`;
  if (typeof value === "function") return ` Received function ${value.name}`;
  if (typeof value === "object") {
    if (value.constructor?.name) return ` Received an instance of ${value.constructor.name}`;
    return ` Received ${inspector.inspect(value, { depth: -1 })}`;
  }
  let shown = inspector.inspect(value, { colors: false });
  if (shown.length > 28) shown = `${shown.slice(0, 25)}...`;
  return ` Received type ${typeof value} (${shown})`;
}

const subject = (name) =>
  name.endsWith(" argument") ? `The ${name}` : `The "${name}" ${name.includes(".") ? "property" : "argument"}`;

/** `expected`: "of type string", "an instance of Map" and so on. */
export function invalidType(name, expected, value) {
  return typeError("ERR_INVALID_ARG_TYPE", `${subject(name)} must be ${expected}.${received(value)}`);
}

export function invalidValue(name, value, reason = "is invalid") {
  let shown = inspector.inspect(value);
  if (shown.length > 128) shown = `${shown.slice(0, 128)}...`;
  const kind = name.includes(".") ? "property" : "argument";
  return typeError("ERR_INVALID_ARG_VALUE", `The ${kind} '${name}' ${reason}. Received ${shown}`);
}

export function outOfRange(name, range, value) {
  const shown = typeof value === "bigint" ? `${value}n` : inspector.inspect(value);
  return rangeError(
    "ERR_OUT_OF_RANGE",
    `The value of "${name}" is out of range. It must be ${range}. Received ${shown}`,
  );
}

export function isAborted(signal) {
  const cause = signal?.reason;
  const error = coded(Error, "ABORT_ERR", "The operation was aborted", cause === undefined ? undefined : { cause });
  error.name = "AbortError";
  return error;
}

/** A function or module of Node that a sandbox cannot have. */
export function missing(what, hint) {
  return nodeError("ERR_METHOD_NOT_IMPLEMENTED", `${what} is not available in Hydra: ${hint}`);
}

/** A function that throws `missing`. */
export function absent(what, hint) {
  const name = what.slice(what.lastIndexOf(".") + 1).replace(/\(\)$/, "");
  return {
    [name]() {
      throw missing(what, hint);
    },
  }[name];
}
