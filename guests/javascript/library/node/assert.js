// `node:assert`.

import inspector from "node-inspect-extracted";
import { AssertionError } from "./assert/error.js";
import { deepMessage, innerOk } from "./assert/messages.js";
import { expectsError, expectsNoError } from "./assert/throws.js";
import { isPartial } from "./assert/partial.js";
import { invalidType } from "./errors.js";
import { isDeepEqual, isDeepStrictEqual } from "./util/equal.js";
import types from "./util_types.js";

const { inspect } = inspector;

function fails({ message, ...options }) {
  if (message instanceof Error) throw message;
  throw new AssertionError({ message, ...options });
}

function need(args, count) {
  if (args.length >= count) return;
  const error = new TypeError('The "actual" and "expected" arguments must be specified');
  error.code = "ERR_MISSING_ARGS";
  throw error;
}

const comparison = (name, operator, holds) =>
  ({
    [name](actual, expected, message) {
      need(arguments, 2);
      if (!holds(actual, expected)) {
        fails({
          actual,
          expected,
          message: message ?? deepMessage(operator, actual, expected),
          generated: message === undefined,
          operator,
          stackStartFn: assert[name],
        });
      }
    },
  })[name];

// eslint-disable-next-line eqeqeq
const loose = (a, b) => a == b || (a !== a && b !== b);

function ok(...args) {
  innerOk(ok, args.length, ...args);
}

function assert(...args) {
  innerOk(assert, args.length, ...args);
}

function matching(name, operator, wanted) {
  return {
    [name](text, pattern, message) {
      if (!types.isRegExp(pattern)) throw invalidType("regexp", "an instance of RegExp", pattern);
      if (typeof text === "string" && pattern.test(text) === wanted) return;
      const why =
        typeof text !== "string"
          ? `The "string" argument must be of type string. Received type ${typeof text} (${inspect(text)})`
          : `${
              wanted
                ? "The input did not match the regular expression "
                : "The input was expected to not match the regular " + "expression "
            }${inspect(pattern)}. Input:\n\n${inspect(text)}\n`;
      fails({
        actual: text,
        expected: pattern,
        message: message ?? why,
        operator,
        stackStartFn: assert[name],
        generated: message === undefined,
      });
    },
  }[name];
}

async function settle(promised) {
  let promise = promised;
  if (typeof promised === "function") {
    promise = promised();
    if (typeof promise?.then !== "function") {
      const instance = promise !== null && typeof promise === "object";
      const found = instance ? `an instance of ${promise.constructor?.name}` : typeof promise;
      const error = new TypeError(
        `Expected instance of Promise to be returned from the "promiseFn" function but got ${found}.`,
      );
      error.code = "ERR_INVALID_RETURN_VALUE";
      throw error;
    }
  } else if (typeof promised?.then !== "function") {
    throw invalidType("promiseFn", "of type function or an instance of Promise", promised);
  }
  try {
    await promise;
  } catch (error) {
    return { error };
  }
  return undefined;
}

function attempt(run) {
  if (typeof run !== "function") throw invalidType("fn", "of type function", run);
  try {
    run();
  } catch (error) {
    return { error };
  }
  return undefined;
}

Object.assign(assert, {
  AssertionError,
  ok,
  fail(message) {
    if (message instanceof Error) throw message;
    throw new AssertionError({
      message: message ?? "Failed",
      generated: message === undefined,
      operator: "fail",
      stackStartFn: assert.fail,
    });
  },
  equal: comparison("equal", "==", loose),
  notEqual: comparison("notEqual", "!=", (a, b) => !loose(a, b)),
  strictEqual: comparison("strictEqual", "strictEqual", Object.is),
  notStrictEqual: comparison("notStrictEqual", "notStrictEqual", (a, b) => !Object.is(a, b)),
  deepEqual: comparison("deepEqual", "deepEqual", isDeepEqual),
  notDeepEqual: comparison("notDeepEqual", "notDeepEqual", (a, b) => !isDeepEqual(a, b)),
  deepStrictEqual: comparison("deepStrictEqual", "deepStrictEqual", isDeepStrictEqual),
  notDeepStrictEqual: comparison("notDeepStrictEqual", "notDeepStrictEqual", (a, b) => !isDeepStrictEqual(a, b)),
  partialDeepStrictEqual: comparison("partialDeepStrictEqual", "partialDeepStrictEqual", isPartial),
  throws(run, ...rest) {
    expectsError(assert.throws, attempt(run), rest);
  },
  doesNotThrow(run, ...rest) {
    expectsNoError(assert.doesNotThrow, attempt(run), rest);
  },
  async rejects(promise, ...rest) {
    expectsError(assert.rejects, await settle(promise), rest);
  },
  async doesNotReject(promise, ...rest) {
    expectsNoError(assert.doesNotReject, await settle(promise), rest);
  },
  ifError(error) {
    if (error === null || error === undefined) return;
    const text =
      typeof error === "object" && typeof error.message === "string"
        ? error.message || error.constructor?.name
        : inspect(error);
    const failure = new AssertionError({
      actual: error,
      expected: null,
      operator: "ifError",
      generated: false,
      message: `ifError got unwanted exception: ${text}`,
      stackStartFn: assert.ifError,
    });
    throw failure;
  },
  match: matching("match", "match", true),
  doesNotMatch: matching("doesNotMatch", "doesNotMatch", false),
});

function strict(...args) {
  innerOk(strict, args.length, ...args);
}
Object.assign(strict, assert, {
  equal: assert.strictEqual,
  notEqual: assert.notStrictEqual,
  deepEqual: assert.deepStrictEqual,
  notDeepEqual: assert.notDeepStrictEqual,
});
assert.strict = strict;
strict.strict = strict;

export default assert;
export { strict };
