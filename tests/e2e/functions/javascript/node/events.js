// `node:events`, against what Node answers.

const assert = require("node:assert");
const EventEmitter = require("node:events");
const { once, on, errorMonitor, getEventListeners, setMaxListeners, captureRejectionSymbol } = EventEmitter;

const tests = {
  "listeners run in order, with the emitter as this"() {
    const seen = [];
    const e = new EventEmitter();
    e.on("x", function (a) {
      seen.push(["on", a, this === e]);
    });
    e.prependListener("x", () => seen.push("first"));
    e.once("x", () => seen.push("once"));
    assert.strictEqual(e.emit("x", 1), true);
    assert.strictEqual(e.emit("x", 2), true);
    assert.strictEqual(e.emit("y"), false);
    assert.deepStrictEqual(seen, ["first", ["on", 1, true], "once", "first", ["on", 2, true]]);
    assert.strictEqual(e.listenerCount("x"), 2);
    assert.deepStrictEqual(e.eventNames(), ["x"]);
    e.removeAllListeners("x");
    assert.strictEqual(e.listenerCount("x"), 0);
  },
  "an error without a listener is thrown"() {
    const e = new EventEmitter();
    assert.throws(() => e.emit("error", new RangeError("bad")), RangeError);
    assert.throws(() => e.emit("error", { a: 1 }), {
      code: "ERR_UNHANDLED_ERROR",
      message: "Unhandled error. ({ a: 1 })",
    });
    const seen = [];
    e.on(errorMonitor, (error) => seen.push(error.message));
    assert.throws(() => e.emit("error", new Error("seen")), /seen/);
    e.on("error", () => seen.push("handled"));
    e.emit("error", new Error("again"));
    assert.deepStrictEqual(seen, ["seen", "again", "handled"]);
  },
  "newListener and removeListener tell"() {
    const seen = [];
    const e = new EventEmitter();
    e.on("newListener", (name) => seen.push(`+${String(name)}`));
    e.on("removeListener", (name) => seen.push(`-${String(name)}`));
    const f = () => {};
    e.once("a", f);
    assert.strictEqual(e.rawListeners("a")[0].listener, f);
    assert.strictEqual(e.listenerCount("a", f), 1);
    e.off("a", f);
    assert.deepStrictEqual(seen, ["+removeListener", "+a", "-a"]);
    assert.throws(() => e.on("a", 5), {
      code: "ERR_INVALID_ARG_TYPE",
      message: /"listener" argument must be of type function/,
    });
  },
  async "once gives a promise"() {
    const e = new EventEmitter();
    queueMicrotask(() => e.emit("x", 1, 2));
    assert.deepStrictEqual(await once(e, "x"), [1, 2]);
    assert.strictEqual(e.listenerCount("error"), 0);
    queueMicrotask(() => e.emit("error", new Error("no")));
    await assert.rejects(once(e, "x"), /no/);
    const target = new EventTarget();
    queueMicrotask(() => target.dispatchEvent(new Event("go")));
    assert.strictEqual((await once(target, "go"))[0].type, "go");
    const stop = new AbortController();
    queueMicrotask(() => stop.abort());
    await assert.rejects(once(e, "x", { signal: stop.signal }), { name: "AbortError", code: "ABORT_ERR" });
  },
  async "on gives an async iterator"() {
    const e = new EventEmitter();
    queueMicrotask(() => {
      e.emit("x", 1);
      e.emit("x", 2);
      e.emit("end");
    });
    const seen = [];
    for await (const [value] of on(e, "x", { close: ["end"] })) seen.push(value);
    assert.deepStrictEqual(seen, [1, 2]);
    assert.strictEqual(e.listenerCount("x"), 0);
    const stop = new AbortController();
    const iterator = on(e, "x", { signal: stop.signal });
    e.emit("x", 3);
    assert.deepStrictEqual(await iterator.next(), { value: [3], done: false });
    stop.abort();
    await assert.rejects(iterator.next(), { name: "AbortError" });
  },
  async "rejections of listeners are captured where that is asked for"() {
    const e = new EventEmitter({ captureRejections: true });
    e.on("x", async () => {
      throw new Error("late");
    });
    const failed = once(e, "error").then(([error]) => error.message);
    e.emit("x");
    assert.strictEqual(await failed, "late");
    const own = new EventEmitter({ captureRejections: true });
    const told = new Promise((resolve) => {
      own[captureRejectionSymbol] = (error, name, arg) => resolve([error.message, name, arg]);
    });
    own.on("y", async () => {
      throw new Error("mine");
    });
    own.emit("y", 7);
    assert.deepStrictEqual(await told, ["mine", "y", 7]);
  },
  "it can be inherited in every way"() {
    class A extends EventEmitter {
      constructor() {
        super();
        this.a = 1;
      }
    }
    const a = new A();
    assert.ok(a instanceof EventEmitter && a.emit("x") === false);
    function B() {
      EventEmitter.call(this);
    }
    require("node:util").inherits(B, EventEmitter);
    const b = new B();
    let called = 0;
    b.on("x", () => called++);
    b.emit("x");
    assert.strictEqual(called, 1);
    const c = Object.assign({}, EventEmitter.prototype);
    c.on("x", () => called++);
    c.emit("x");
    assert.strictEqual(called, 2);
    assert.strictEqual(EventEmitter.EventEmitter, EventEmitter);
    assert.strictEqual(EventEmitter.name, "EventEmitter");
    assert.strictEqual(a.constructor.name, "A");
    assert.strictEqual(EventEmitter.defaultMaxListeners, 10);
  },
  "limits and lists"() {
    const e = new EventEmitter();
    const f = () => {};
    e.on("x", f);
    assert.deepStrictEqual(getEventListeners(e, "x"), [f]);
    setMaxListeners(3, e);
    assert.strictEqual(e.getMaxListeners(), 3);
    assert.throws(() => e.setMaxListeners(-1), { name: "RangeError" });
    const { signal } = new AbortController();
    setMaxListeners(50, signal);
  },
};

exports.handler = async () => {
  for (const [name, run] of Object.entries(tests)) {
    try {
      await run();
    } catch (error) {
      error.message = `${name}: ${error.message}`;
      throw error;
    }
  }
  return { checks: Object.keys(tests).length };
};
