// Makes the text of a stack begin with the error's name and message, as packages that log `error.stack` expect.
//
// The interpreter's own text has frames only. Reading the stack is what costs a little more; making an error does not.

const native = Object.getOwnPropertyDescriptor(Error.prototype, "stack");
const { captureStackTrace } = Error;
const describe = Error.prototype.toString;

const bare = (stack) => typeof stack === "string" && (stack === "" || /^\s*at /.test(stack));

function headed(error, stack) {
  if (!bare(stack)) return stack;
  let head;
  try {
    head = Reflect.apply(describe, error, []);
  } catch {
    head = "Error";
  }
  return stack === "" ? head : `${head}\n${stack.trimEnd()}`;
}

const accessors = {
  get stack() {
    return headed(this, Reflect.apply(native.get, this, []));
  },
  set stack(value) {
    Reflect.apply(native.set, this, [value]);
  },
};

Object.defineProperty(Error.prototype, "stack", {
  ...Object.getOwnPropertyDescriptor(accessors, "stack"),
  enumerable: false,
  configurable: true,
});

Object.defineProperty(Error, "captureStackTrace", {
  value: function captureStackTrace_(target, above) {
    captureStackTrace(target, above ?? captureStackTrace_);
    const own = Object.getOwnPropertyDescriptor(target, "stack");
    if (own && bare(own.value)) Object.defineProperty(target, "stack", { ...own, value: headed(target, own.value) });
  },
  writable: true,
  enumerable: false,
  configurable: true,
});
Object.defineProperty(Error.captureStackTrace, "name", { value: "captureStackTrace" });

// What packages ask the places in a stack for, where the interpreter has no answer of its own.
const places = {
  isEval: () => false,
  isToplevel: () => true,
  isAsync: () => false,
  isPromiseAll: () => false,
  getPromiseIndex: () => null,
  getEvalOrigin: () => undefined,
  getThis: () => undefined,
  getTypeName: () => null,
  getMethodName: () => null,
  getScriptHash: () => "",
  getScriptNameOrSourceURL() {
    return this.getFileName();
  },
  toString() {
    const [name, file] = [this.getFunctionName(), this.getFileName() ?? "native"];
    const at = this.isNative() ? file : `${file}:${this.getLineNumber()}:${this.getColumnNumber()}`;
    return name ? `${name} (${at})` : at;
  },
};

function sitePrototype() {
  const before = Error.prepareStackTrace;
  Error.prepareStackTrace = (error, sites) => sites;
  const holder = {};
  captureStackTrace(holder);
  Error.prepareStackTrace = before;
  return Object.getPrototypeOf(holder.stack[0]);
}

const prototype = sitePrototype();
for (const [name, value] of Object.entries(places)) {
  if (Object.hasOwn(prototype, name)) continue;
  Object.defineProperty(prototype, name, { value, writable: true, enumerable: false, configurable: true });
}
