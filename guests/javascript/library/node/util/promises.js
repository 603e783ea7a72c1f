// `promisify` and `callbackify`.

import { invalidType, nodeError } from "../errors.js";
import * as check from "../validate.js";

const custom = Symbol.for("nodejs.util.promisify.custom");

/** Names for the values of callbacks that have several; set by the library only. */
export const argumentNames = Symbol("argument names");

export function promisify(original) {
  check.callback(original, "original");
  if (original[custom]) {
    const own = original[custom];
    if (typeof own !== "function") throw invalidType("util.promisify.custom", "of type function", own);
    return Object.defineProperty(own, custom, { value: own, writable: true, configurable: true });
  }
  const names = original[argumentNames];
  function promised(...args) {
    return new Promise((resolve, reject) => {
      Reflect.apply(original, this, [
        ...args,
        (error, ...values) => {
          if (error) reject(error);
          else if (names !== undefined && values.length > 1) {
            resolve(Object.fromEntries(names.map((name, i) => [name, values[i]])));
          } else resolve(values[0]);
        },
      ]);
    });
  }
  Object.setPrototypeOf(promised, Object.getPrototypeOf(original));
  const copied = Object.getOwnPropertyDescriptors(original);
  delete copied.prototype;
  return Object.defineProperties(promised, {
    ...copied,
    [custom]: { value: promised, writable: true, configurable: true },
  });
}
promisify.custom = custom;

export function callbackify(original) {
  check.callback(original, "original");
  function called(...args) {
    const done = args.pop();
    check.callback(done, "last argument");
    Reflect.apply(original, this, args).then(
      (value) => process.nextTick(() => Reflect.apply(done, this, [null, value])),
      (reason) => {
        const error =
          reason || nodeError("ERR_FALSY_VALUE_REJECTION", "Promise was rejected with falsy value", { reason });
        process.nextTick(() => Reflect.apply(done, this, [error]));
      },
    );
  }
  return Object.defineProperties(called, {
    name: { value: `${original.name}Callbackified`, configurable: true },
    length: { value: original.length + 1, configurable: true },
  });
}
