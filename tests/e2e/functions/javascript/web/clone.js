// structuredClone.

let checks = 0;

function same(actual, expected, what) {
  checks++;
  if (!Object.is(actual, expected)) throw new Error(`${what}: got ${String(actual)}, want ${String(expected)}`);
}

function fails(run, name, what) {
  checks++;
  try {
    run();
  } catch (error) {
    if (error.name !== name) throw new Error(`${what}: failed with ${error}, want ${name}`);
    return;
  }
  throw new Error(`${what}: did not fail`);
}

function values() {
  for (const value of [undefined, null, true, 0, -0, NaN, "text", "\ud800", 10n ** 30n, Infinity]) {
    same(structuredClone(value), value, `a value ${String(value)}`);
  }
  for (const value of [Object(false), Object(5), Object("s"), Object(7n)]) {
    const copy = structuredClone(value);
    same(typeof copy, "object", "boxed");
    same(copy.valueOf(), value.valueOf(), "boxed value");
    same(copy === value, false, "another box");
  }
  same(structuredClone(new Date(12)).getTime(), 12, "Date");
  same(Number.isNaN(structuredClone(new Date(NaN)).getTime()), true, "an invalid Date");
  const pattern = /a+/giu;
  pattern.lastIndex = 3;
  const copied = structuredClone(pattern);
  same(`${copied}${copied.lastIndex}`, "/a+/giu0", "RegExp");
}

function objects() {
  const cyclic = { name: "c", list: [1, , 3], nested: { deep: true } };
  cyclic.self = cyclic;
  cyclic.again = cyclic.nested;
  const copy = structuredClone(cyclic);
  same(copy.self, copy, "a cycle");
  same(copy.again, copy.nested, "the same object twice");
  same(copy.nested === cyclic.nested, false, "a deep copy");
  same(copy.list.length + String(1 in copy.list), "3false", "a hole");
  class Point {
    x = 1;
    get y() { return 2; }
  }
  const point = structuredClone(new Point());
  same(Object.getPrototypeOf(point), Object.prototype, "an instance becomes an ordinary object");
  same(JSON.stringify(point), '{"x":1}', "own properties only");
  same(Object.getPrototypeOf(structuredClone(Object.create(null))), Object.prototype, "no prototype");
  const odd = Object.defineProperty({ [Symbol("s")]: 1 }, "hidden", { value: 1 });
  same(Reflect.ownKeys(structuredClone(odd)).length, 0, "symbols and what is not enumerable");
  const list = Object.assign([1], { extra: "e" });
  same(structuredClone(list).extra, "e", "properties of an array");
  const proto = structuredClone(JSON.parse('{"__proto__": {"a": 1}}'));
  same(Object.hasOwn(proto, "__proto__"), true, "__proto__ is a property");
  const got = structuredClone({ get a() { return 5; } });
  same(Object.getOwnPropertyDescriptor(got, "a").value, 5, "a getter becomes its value");
}

function collections() {
  const map = new Map([["a", { b: 1 }]]);
  map.set(map, new Set([map]));
  const copy = structuredClone(map);
  same(copy instanceof Map && copy.get("a").b, 1, "Map");
  same([...copy.get(copy)][0], copy, "a cycle through Map and Set");
  same([...structuredClone(new Set([3, 1, 2]))].join(), "3,1,2", "the order of a Set");
}

function errors() {
  const error = new RangeError("r", { cause: { a: [1] } });
  error.extra = 1;
  const copy = structuredClone(error);
  same(copy instanceof RangeError && copy.message, "r", "RangeError");
  same(copy.stack, error.stack, "stack");
  same(copy.extra, undefined, "no other property");
  same(copy.cause?.a?.[0] ?? 1, 1, "cause");
  class Mine extends TypeError {}
  same(structuredClone(new Mine("m")).constructor, TypeError, "a class of its own");
  const named = new Error("n");
  named.name = "Odd";
  same(structuredClone(named).name, "Error", "an unknown name");
  const aborted = structuredClone(new DOMException("d", "AbortError"));
  same(`${aborted.name}${aborted.code}${aborted.message}`, "AbortError20d", "DOMException");
}

function buffers() {
  const buffer = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8).buffer;
  const views = structuredClone({ a: new Uint8Array(buffer, 2, 3), b: new DataView(buffer, 1),
    c: new Uint16Array(buffer), buffer });
  same(views.a.join(), "3,4,5", "a view");
  same(views.a.buffer, views.buffer, "views share the buffer");
  same(views.b.byteOffset + views.b.byteLength, 8, "a DataView");
  same(views.c.constructor, Uint16Array, "the kind of a view");
  views.a[0] = 99;
  same(new Uint8Array(buffer)[2], 3, "a copy");
  const moved = structuredClone({ buffer, view: new Uint8Array(buffer, 4) }, { transfer: [buffer] });
  same(buffer.byteLength, 0, "the transferred is detached");
  same(moved.view.buffer, moved.buffer, "views of the transferred");
  same(moved.view.join(), "5,6,7,8", "the transferred bytes");
  fails(() => structuredClone(buffer), "DataCloneError", "a detached buffer");
  fails(() => structuredClone(0, { transfer: [buffer] }), "DataCloneError", "transfer of a detached buffer");
  const kept = new ArrayBuffer(4);
  fails(() => structuredClone({ f() {} }, { transfer: [kept] }), "DataCloneError", "failure with a transfer");
  same(kept.byteLength, 4, "a failure detaches nothing");
  fails(() => structuredClone(0, { transfer: [kept, kept] }), "DataCloneError", "twice in the list");
  fails(() => structuredClone(0, { transfer: [{}] }), "DataCloneError", "an ordinary object in the list");
  fails(() => structuredClone(0, { transfer: [1] }), "TypeError", "a number in the list");
  const growing = structuredClone(new ArrayBuffer(4, { maxByteLength: 16 }));
  same(`${growing.resizable}${growing.maxByteLength}`, "true16", "a resizable buffer");
  const source = new ArrayBuffer(4, { maxByteLength: 16 });
  const tracking = structuredClone({ t: new Uint8Array(source), f: new Uint8Array(source, 0, 4) });
  tracking.t.buffer.resize(8);
  same(`${tracking.t.length},${tracking.f.length}`, "8,4", "views that follow the length");
}

async function platform() {
  const blob = structuredClone(new Blob(["abc"], { type: "text/x" }));
  same(`${blob.type}${await blob.text()}`, "text/xabc", "Blob");
  if (!Object.hasOwn(globalThis, "File")) return;
  const key = await crypto.subtle.importKey("raw", new Uint8Array(16), "AES-GCM", true, ["encrypt"]);
  same(structuredClone(key).algorithm.length, 128, "CryptoKey");
  if (navigator.userAgent === "Hydra") {
    const file = structuredClone(new File(["abc"], "n", { lastModified: 7 }));
    same(`${file.name}${file.lastModified}${await file.text()}`, "n7abc", "File");
    for (const value of [new URL("http://h/"), new Headers(), new Request("http://h/"), new Response(),
      new AbortController(),
      new EventTarget(), new Event("x"), new TextEncoder(), new URLSearchParams(), new FormData(), new WritableStream(),
      new ReadableStream(), new TransformStream()]) {
      fails(() => structuredClone(value), "DataCloneError", value.constructor.name);
    }
    const stream = new ReadableStream({ start(controller) { controller.enqueue({ a: 1 }); controller.close(); } });
    const moved = structuredClone(stream, { transfer: [stream] });
    same(stream.locked, true, "a transferred stream is locked");
    same((await moved.getReader().read()).value.a, 1, "a transferred stream goes on");
  }
}

export const handler = async () => {
  values();
  objects();
  collections();
  errors();
  buffers();
  await platform();
  for (const value of [() => {}, Symbol("s"), new WeakMap(), Promise.resolve(), new WeakRef({}), (function* () {})(),
    [][Symbol.iterator]()]) {
    fails(() => structuredClone({ value }), "DataCloneError", String(Object.prototype.toString.call(value)));
  }
  fails(() => structuredClone(), "TypeError", "no argument");
  return { checks };
};
