// `node:util/types`: what a value is, told by its internal slots where the language shows them.

const tag = (value) => Object.prototype.toString.call(value).slice(8, -1);
const getter = (Class, name) => Object.getOwnPropertyDescriptor(Class.prototype, name).get;

// Whether a value of that class has the slots that `method` wants in its `this`. Asking the class first is cheap, and
// a refusal costs an error.
function accepts(Class, method, ...args) {
  return (value) => {
    if (!(value instanceof Class)) return false;
    try {
      Reflect.apply(method, value, args);
      return true;
    } catch {
      return false;
    }
  };
}

const arrayKind = getter(Object.getPrototypeOf(Uint8Array), Symbol.toStringTag);
const typed = (name) => (value) => ArrayBuffer.isView(value) && Reflect.apply(arrayKind, value, []) === name;
const object = (value) => value !== null && typeof value === "object";

const isArrayBuffer = accepts(ArrayBuffer, getter(ArrayBuffer, "byteLength"));
const isSharedArrayBuffer = accepts(SharedArrayBuffer, getter(SharedArrayBuffer, "byteLength"));
const isNumberObject = accepts(Number, Number.prototype.valueOf);
const isStringObject = accepts(String, String.prototype.valueOf);
const isBooleanObject = accepts(Boolean, Boolean.prototype.valueOf);
const isSymbolObject = accepts(Symbol, Symbol.prototype.valueOf);
const isBigIntObject = accepts(BigInt, BigInt.prototype.valueOf);

const types = {
  isExternal: () => false,
  isDate: accepts(Date, Date.prototype.getTime),
  isArgumentsObject: (value) => object(value) && !(Symbol.toStringTag in value) && tag(value) === "Arguments",
  isBigIntObject,
  isBooleanObject,
  isNumberObject,
  isStringObject,
  isSymbolObject,
  isBoxedPrimitive: (value) =>
    isNumberObject(value) ||
    isStringObject(value) ||
    isBooleanObject(value) ||
    isBigIntObject(value) ||
    isSymbolObject(value),
  isNativeError: (value) => Error.isError(value),
  isRegExp: accepts(RegExp, getter(RegExp, "source")),
  isAsyncFunction: (value) =>
    typeof value === "function" && ["AsyncFunction", "AsyncGeneratorFunction"].includes(tag(value)),
  isGeneratorFunction: (value) =>
    typeof value === "function" && ["GeneratorFunction", "AsyncGeneratorFunction"].includes(tag(value)),
  isGeneratorObject: (value) => object(value) && ["Generator", "AsyncGenerator"].includes(tag(value)),
  isPromise: (value) => object(value) && value instanceof Promise && tag(value) === "Promise",
  isMap: accepts(Map, getter(Map, "size")),
  isSet: accepts(Set, getter(Set, "size")),
  isMapIterator: (value) => object(value) && tag(value) === "Map Iterator",
  isSetIterator: (value) => object(value) && tag(value) === "Set Iterator",
  isWeakMap: accepts(WeakMap, WeakMap.prototype.has, {}),
  isWeakSet: accepts(WeakSet, WeakSet.prototype.has, {}),
  isArrayBuffer,
  isDataView: (value) => ArrayBuffer.isView(value) && Reflect.apply(arrayKind, value, []) === undefined,
  isSharedArrayBuffer,
  isProxy: () => false,
  isModuleNamespaceObject: (value) => object(value) && Object.getPrototypeOf(value) === null && tag(value) === "Module",
  isAnyArrayBuffer: (value) => isArrayBuffer(value) || isSharedArrayBuffer(value),
  isCryptoKey: (value) => typeof CryptoKey === "function" && value instanceof CryptoKey,
  isKeyObject: (value) => object(value) && tag(value) === "KeyObject",
  isEventTarget: (value) => value instanceof EventTarget,
  isArrayBufferView: (value) => ArrayBuffer.isView(value),
  isTypedArray: (value) => ArrayBuffer.isView(value) && Reflect.apply(arrayKind, value, []) !== undefined,
};

for (const name of [
  "Uint8Array",
  "Uint8ClampedArray",
  "Uint16Array",
  "Uint32Array",
  "Int8Array",
  "Int16Array",
  "Int32Array",
  "Float16Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
]) {
  types[`is${name}`] = typed(name);
}

export default types;
