// What `throws` and `rejects` expect of an error.

import inspector from "node-inspect-extracted";
import { AssertionError } from "./error.js";
import { deepMessage } from "./messages.js";
import { invalidType, invalidValue, nodeError } from "../errors.js";
import { isDeepStrictEqual } from "../util/equal.js";
import types from "../util_types.js";

const { inspect } = inspector;

const verb = (caller) => (caller.name === "rejects" || caller.name === "doesNotReject" ? "rejection" : "exception");

function fail(caller, options) {
  if (options.message instanceof Error) throw options.message;
  throw new AssertionError({ operator: caller.name, stackStartFn: caller, ...options });
}

// `found` is `{ error }`, or nothing where there was none; `rest` is what was given beside the function.
export function expectsError(caller, found, rest) {
  let [expected, message] = rest;
  if (typeof expected === "string") {
    if (rest.length > 1)
      throw invalidType("error", "of type function or an instance of Error, RegExp, or Object", expected);
    if (found && (found.error?.message === expected || found.error === expected)) {
      const error = new TypeError(
        `The "error/message" argument is ambiguous. The error message "${expected}" is identical ` + "to the message.",
      );
      error.code = "ERR_AMBIGUOUS_ARGUMENT";
      throw error;
    }
    [message, expected] = [expected, undefined];
  } else if (
    expected !== undefined &&
    expected !== null &&
    typeof expected !== "object" &&
    typeof expected !== "function"
  ) {
    throw invalidType("error", "of type function or an instance of Error, RegExp, or Object", expected);
  }
  if (!found) {
    const named = expected?.name ? ` (${expected.name})` : "";
    const more = message ? `: ${message}` : ".";
    fail(caller, {
      actual: undefined,
      expected,
      generated: false,
      message: message instanceof Error ? message : `Missing expected ${verb(caller)}${named}${more}`,
    });
  }
  if (expected !== undefined && expected !== null) fits(caller, found.error, expected, message);
}

function fits(caller, actual, expected, message) {
  const generated = message === undefined;
  if (types.isRegExp(expected)) {
    if (expected.test(String(actual))) return;
    fail(caller, {
      actual,
      expected,
      generated,
      message:
        message ??
        "The input did not match the regular expression " +
          `${inspect(expected)}. Input:\n\n${inspect(String(actual))}\n`,
    });
  }
  if (typeof expected === "object") {
    fitsObject(caller, actual, expected, message);
    return;
  }
  if (expected.prototype !== undefined && actual instanceof expected) return;
  if (Object.prototype.isPrototypeOf.call(Error, expected)) {
    const kind = actual?.constructor?.name ? `"${actual.constructor.name}"` : `"${inspect(actual, { depth: -1 })}"`;
    fail(caller, {
      actual,
      expected,
      generated,
      message:
        message ??
        `The error is expected to be an instance of "${expected.name}". Received ${kind}\n\n` +
          `Error message:\n\n${actual?.message}`,
    });
  }
  const returned = Reflect.apply(expected, {}, [actual]);
  if (returned === true) return;
  fail(caller, {
    actual,
    expected,
    generated,
    message:
      message ??
      `The ${expected.name ? `"${expected.name}" ` : ""}validation ` +
        `function is expected to return "true". Received ${inspect(returned)}\n\nCaught error:\n\n${actual}`,
  });
}

function fitsObject(caller, actual, expected, message) {
  if (actual === null || typeof actual !== "object") {
    fail(caller, {
      actual,
      expected,
      generated: message === undefined,
      message: message ?? deepMessage("deepStrictEqual", actual, expected),
    });
  }
  const keys = Object.keys(expected);
  if (expected instanceof Error) keys.push("name", "message");
  else if (keys.length === 0) throw invalidValue("error", expected, "may not be an empty object");
  for (const key of keys) {
    const [have, want] = [actual[key], expected[key]];
    if (typeof have === "string" && types.isRegExp(want) && want.test(have)) continue;
    if (key in actual && isDeepStrictEqual(have, want)) continue;
    // Only what was asked for is shown.
    const pick = (from) => Object.fromEntries(keys.filter((name) => name in from).map((name) => [name, from[name]]));
    fail(caller, {
      actual,
      expected,
      generated: message === undefined,
      message: message ?? deepMessage("deepStrictEqual", pick(actual), pick(expected)),
    });
  }
}

export function expectsNoError(caller, found, rest) {
  if (!found) return;
  let [expected, message] = rest;
  if (typeof expected === "string") [message, expected] = [expected, undefined];
  const matches =
    expected === undefined ||
    (types.isRegExp(expected)
      ? expected.test(String(found.error))
      : typeof expected === "function"
        ? found.error instanceof expected
        : false);
  if (typeof expected === "object" && expected !== null && !types.isRegExp(expected)) {
    throw nodeError("ERR_INVALID_ARG_TYPE", 'The "expected" argument must be a function or an instance of RegExp');
  }
  if (!matches) throw found.error;
  fail(caller, {
    actual: found.error,
    expected,
    generated: false,
    message: `Got unwanted ${verb(caller)}${message ? `: ${message}` : "."}\nActual message: "${found.error?.message}"`,
  });
}
