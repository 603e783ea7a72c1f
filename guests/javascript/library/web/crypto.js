// `crypto`: randomness, and `subtle`.

import { fill, uuid } from "./random.js";
import { bytesOf, expose, failed, illegal, required } from "./webidl.js";
import { subtle } from "./crypto/subtle.js";

const SECRET = Symbol("crypto");
const MAX_BYTES = 65536;
const INTEGERS = [
  Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, BigInt64Array,
  BigUint64Array,
];

let check;

export class Crypto {
  #brand;

  constructor() {
    if (arguments[0] !== SECRET) throw illegal();
  }

  get subtle() {
    check(this);
    return subtle;
  }

  getRandomValues(array) {
    check(this);
    required(arguments.length, 1, "crypto.getRandomValues");
    if (!ArrayBuffer.isView(array)) throw failed("crypto.getRandomValues takes a typed array", "ERR_INVALID_ARG_TYPE");
    if (!INTEGERS.some((Class) => array instanceof Class)) {
      throw new DOMException("crypto.getRandomValues takes a typed array of integers", "TypeMismatchError");
    }
    if (array.byteLength > MAX_BYTES) {
      const message = `crypto.getRandomValues gives at most ${MAX_BYTES} bytes at a time, not ${array.byteLength}`;
      throw new DOMException(message, "QuotaExceededError");
    }
    fill(bytesOf(array));
    return array;
  }

  randomUUID() {
    check(this);
    return uuid();
  }

  static {
    check = (it) => it.#brand;
  }
}
expose(Crypto);

export const crypto = new Crypto(SECRET);
