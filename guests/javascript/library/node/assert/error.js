// `AssertionError`.

import { invalidType } from "../errors.js";
import { deepMessage } from "./messages.js";

export class AssertionError extends Error {
  constructor(options) {
    if (options === null || typeof options !== "object") throw invalidType("options", "of type object", options);
    const { message, operator, stackStartFn, actual, expected } = options;
    super(message !== undefined ? String(message) : deepMessage(operator, actual, expected));
    this.generatedMessage = options.generated ?? message === undefined;
    Object.defineProperty(this, "name", {
      value: "AssertionError",
      writable: true,
      enumerable: false,
      configurable: true,
    });
    this.code = "ERR_ASSERTION";
    this.actual = actual;
    this.expected = expected;
    this.operator = operator;
    Error.captureStackTrace(this, stackStartFn);
  }

  toString() {
    return `${this.name} [${this.code}]: ${this.message}`;
  }
}
