// What classes of Intl have in common: how their members look, and which objects are theirs.

/** The inner formatter of each public object. */
const inner = new WeakMap();

export const adopt = (object, formatter) => inner.set(object, formatter);

/** The inner formatter of `object`, which must be one of `Class`. */
export function of(object, Class, method) {
  const found =
    typeof object === "object" && object !== null && object instanceof Class ? inner.get(object) : undefined;
  if (found === undefined) {
    throw new TypeError(
      `Method Intl.${Class.name}.prototype.${method} called on incompatible receiver ${String(object)}`,
    );
  }
  return found;
}

/** Gives `Class` its members: methods, getters and static methods, none of them enumerable. */
export function members(Class, name, { methods = {}, getters = {}, statics = {} }) {
  const hide = (target, from) => {
    for (const [key, value] of Object.entries(from)) {
      Object.defineProperty(target, key, { value, writable: true, enumerable: false, configurable: true });
    }
  };
  hide(Class.prototype, methods);
  hide(Class, statics);
  for (const [key, get] of Object.entries(getters)) {
    Object.defineProperty(get, "name", { value: `get ${key}`, configurable: true });
    Object.defineProperty(Class.prototype, key, { get, enumerable: false, configurable: true });
  }
  Object.defineProperty(Class, "name", { value: name, configurable: true });
  Object.defineProperty(Class, "length", { value: 0, configurable: true });
  if (Object.getOwnPropertyDescriptor(Class, "prototype").writable)
    Object.defineProperty(Class, "prototype", { writable: false });
  Object.defineProperty(Class.prototype, "constructor", {
    value: Class,
    writable: true,
    enumerable: false,
    configurable: true,
  });
  Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: `Intl.${name}`, configurable: true });
}

/** The object that `new Class` is to return; `target` is `new.target`, undefined for a plain call. */
export const create = (Class, target) =>
  Object.create(target === undefined ? Class.prototype : (target.prototype ?? Class.prototype));
