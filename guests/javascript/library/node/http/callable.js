// Classes as functions that also work with `Class.call(this)`, by which older code inherits.

/** The methods are those of the class `Methods`; `begin` does what its constructor would. */
export function callable(Methods, begin) {
  const { name } = Methods;
  const Class = {
    [name]: function (...args) {
      if (!new.target && !(this instanceof Class)) return new Class(...args);
      Reflect.apply(begin, this, args);
      return undefined;
    },
  }[name];
  Object.setPrototypeOf(Class, Object.getPrototypeOf(Methods));
  Class.prototype = Methods.prototype;
  Object.defineProperty(Methods.prototype, "constructor", { value: Class, writable: true, configurable: true });
  return Class;
}
