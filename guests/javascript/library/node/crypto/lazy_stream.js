// A Transform whose streams are made when they are first used: most hashes and ciphers are never piped.

import { Transform } from "../stream.js";

export function LazyTransform(options) {
  Object.defineProperty(this, "_options", { value: options, writable: true, configurable: true });
}
LazyTransform.prototype = Object.create(Transform.prototype, {
  constructor: { value: LazyTransform, writable: true, configurable: true },
});
Object.setPrototypeOf(LazyTransform, Transform);

for (const name of ["_readableState", "_writableState"]) {
  Object.defineProperty(LazyTransform.prototype, name, {
    get() {
      if (this === LazyTransform.prototype || !Object.hasOwn(this, "_options")) return undefined;
      Transform.call(this, this._options);
      this._writableState.decodeStrings = false;
      return this[name];
    },
    set(value) {
      Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true });
    },
    configurable: true,
  });
}
