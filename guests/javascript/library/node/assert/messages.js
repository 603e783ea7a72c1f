// What a failed assertion says.

import inspector from "node-inspect-extracted";
import { AssertionError } from "./error.js";

const { inspect } = inspector;
const LINES = 50;

const HEADS = {
  deepStrictEqual: "Expected values to be strictly deep-equal:",
  partialDeepStrictEqual: "Expected values to be partially and strictly deep-equal:",
  strictEqual: "Expected values to be strictly equal:",
  strictEqualObject: 'Expected "actual" to be reference-equal to "expected":',
  deepEqual: "Expected values to be loosely deep-equal:",
  notDeepStrictEqual: 'Expected "actual" not to be strictly deep-equal to:',
  notStrictEqual: 'Expected "actual" to be strictly unequal to:',
  notStrictEqualObject: 'Expected "actual" not to be reference-equal to "expected":',
  notDeepEqual: 'Expected "actual" not to be loosely deep-equal to:',
};

const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";

const show = (value) =>
  inspect(value, {
    compact: false,
    customInspect: false,
    depth: 1000,
    maxArrayLength: Infinity,
    showHidden: false,
    showProxy: false,
    sorted: true,
    getters: true,
  });

const cut = (lines) => (lines.length > LINES ? [...lines.slice(0, LINES), "..."] : lines);

// The lines of two texts with those marked that only one has: the longest common part, as far as that is cheap.
function difference(actual, expected) {
  const [a, b] = [actual, expected];
  if (a.length * b.length > 250000) return [...a.map((line) => `+ ${line}`), ...b.map((line) => `- ${line}`)];
  const common = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i][j] = a[i] === b[j] ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
    }
  }
  const out = [];
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      out.push(`  ${a[i]}`);
      i++;
      j++;
    } else if (i < a.length && (j === b.length || common[i + 1][j] >= common[i][j + 1])) out.push(`+ ${a[i++]}`);
    else out.push(`- ${b[j++]}`);
  }
  return out;
}

function compared(operator, actual, expected) {
  let kind = operator;
  if (operator === "strictEqual" && isObject(actual) && isObject(expected)) kind = "strictEqualObject";
  const [a, b] = [show(actual).split("\n"), show(expected).split("\n")];
  if (a.length === 1 && b.length === 1 && a[0] !== b[0] && (!isObject(actual) || !isObject(expected))) {
    return `${HEADS[kind]}\n\n${a[0]} !== ${b[0]}\n`;
  }
  if (a.join("\n") === b.join("\n")) {
    return `Values have same structure but are not reference-equal:\n\n${cut(a).join("\n")}\n`;
  }
  return `${HEADS[kind]}\n+ actual - expected\n\n${cut(difference(a, b)).join("\n")}\n`;
}

export function deepMessage(operator, actual, expected) {
  switch (operator) {
    case "==":
    case "!=":
      return `${inspect(actual)} ${operator} ${inspect(expected)}`;
    case "deepEqual":
      return (
        `${HEADS.deepEqual}\n\n${cut(show(actual).split("\n")).join("\n")}\n\nshould loosely deep-equal\n\n` +
        cut(show(expected).split("\n")).join("\n")
      );
    case "deepStrictEqual":
    case "strictEqual":
    case "partialDeepStrictEqual":
      return compared(operator, actual, expected);
    case "notDeepStrictEqual":
    case "notStrictEqual":
    case "notDeepEqual": {
      const lines = cut(show(actual).split("\n"));
      const kind = operator === "notStrictEqual" && isObject(actual) ? "notStrictEqualObject" : operator;
      return lines.length === 1
        ? `${HEADS[kind]}${lines[0].length > 5 ? "\n\n" : " "}${lines[0]}`
        : `${HEADS[kind]}\n\n${lines.join("\n")}\n`;
    }
    default:
      return `${inspect(actual)} ${operator} ${inspect(expected)}`;
  }
}

/** What `assert.ok` does. */
export function innerOk(caller, count, value, message) {
  if (value) return;
  if (message instanceof Error) throw message;
  const generated = message === undefined;
  let text = message;
  if (count === 0) text = "No value argument passed to `assert.ok()`";
  else if (generated) text = `The expression evaluated to a falsy value:\n\n  ${caller.name}(${inspect(value)})\n`;
  throw new AssertionError({
    actual: value,
    expected: true,
    message: text,
    operator: "==",
    generated,
    stackStartFn: caller,
  });
}
