// `node:async_hooks`, `node:timers/promises`, `process.nextTick` and `node:diagnostics_channel`, against what Node
// answers.

const assert = require("node:assert");
const { AsyncLocalStorage, AsyncResource } = require("node:async_hooks");
const timers = require("node:timers/promises");
const channels = require("node:diagnostics_channel");
const EventEmitter = require("node:events");

const tests = {
  async "a store follows awaits, timers, ticks and callbacks"() {
    const als = new AsyncLocalStorage();
    const seen = [];
    await als.run({ id: 1 }, async () => {
      seen.push(als.getStore().id);
      await null;
      seen.push(als.getStore().id);
      await timers.setTimeout(1);
      seen.push(als.getStore().id);
      await new Promise((resolve) =>
        setTimeout(() => {
          seen.push(als.getStore().id);
          resolve();
        }, 1),
      );
      await new Promise((resolve) =>
        process.nextTick(() => {
          seen.push(als.getStore().id);
          resolve();
        }),
      );
      await new Promise((resolve) =>
        queueMicrotask(() => {
          seen.push(als.getStore().id);
          resolve();
        }),
      );
      await new Promise((resolve) =>
        setImmediate(() => {
          seen.push(als.getStore().id);
          resolve();
        }),
      );
      await Promise.all(
        [1, 2].map(async () => {
          await null;
          seen.push(als.getStore().id);
        }),
      );
    });
    assert.deepStrictEqual(seen, [1, 1, 1, 1, 1, 1, 1, 1, 1]);
    assert.strictEqual(als.getStore(), undefined);
  },
  async "two at once do not mix"() {
    const als = new AsyncLocalStorage();
    const seen = [];
    const work = (id) =>
      als.run(id, async () => {
        for (let i = 0; i < 3; i++) {
          await timers.setTimeout(i % 2);
          seen.push(als.getStore() === id);
        }
      });
    await Promise.all([work("a"), work("b"), work("c")]);
    assert.deepStrictEqual(seen, Array(9).fill(true));
  },
  async "stores nest, end and are entered"() {
    const [a, b] = [new AsyncLocalStorage(), new AsyncLocalStorage()];
    a.run(1, () => {
      b.run(2, () => {
        assert.deepStrictEqual([a.getStore(), b.getStore()], [1, 2]);
        a.run(3, () => assert.strictEqual(a.getStore(), 3));
        assert.strictEqual(a.getStore(), 1);
        a.exit(() => assert.deepStrictEqual([a.getStore(), b.getStore()], [undefined, 2]));
      });
      assert.strictEqual(b.getStore(), undefined);
    });
    assert.throws(
      () =>
        a.run(1, () => {
          throw new Error("out");
        }),
      /out/,
    );
    assert.strictEqual(a.getStore(), undefined);
    await (async () => {
      a.enterWith("entered");
      await null;
      assert.strictEqual(a.getStore(), "entered");
      a.disable();
      assert.strictEqual(a.getStore(), undefined);
    })();
  },
  async "bound functions keep their store"() {
    const als = new AsyncLocalStorage();
    const bound = als.run(5, () => AsyncLocalStorage.bind(() => als.getStore()));
    const snapshot = als.run(6, () => AsyncLocalStorage.snapshot());
    const resource = als.run(7, () => new AsyncResource("mine"));
    assert.strictEqual(bound(), 5);
    assert.strictEqual(
      snapshot((x) => als.getStore() + x, 1),
      7,
    );
    assert.strictEqual(
      resource.runInAsyncScope(
        function (x) {
          return [this.t, x, als.getStore()].join();
        },
        { t: "t" },
        1,
      ),
      "t,1,7",
    );
    assert.strictEqual(als.run(8, () => AsyncResource.bind((a) => als.getStore() + a))(1), 9);
    const e = new EventEmitter();
    als.run(1, () =>
      e.on(
        "x",
        resource.bind(() => assert.strictEqual(als.getStore(), 7)),
      ),
    );
    e.emit("x");
  },
  async "ticks run in order, before promises that come later"() {
    const order = [];
    await new Promise((resolve) => {
      setTimeout(() => {
        process.nextTick(() => {
          order.push("tick 1");
          process.nextTick(() => order.push("tick 3"));
        });
        Promise.resolve().then(() => order.push("promise"));
        process.nextTick((a, b) => order.push(a + b), "tick ", 2);
        order.push("now");
        setTimeout(resolve, 1);
      }, 1);
    });
    assert.deepStrictEqual(order, ["now", "tick 1", "tick 2", "tick 3", "promise"]);
    assert.throws(() => process.nextTick(5), { code: "ERR_INVALID_ARG_TYPE" });
  },
  async "timers as promises"() {
    assert.strictEqual(await timers.setTimeout(1, "v"), "v");
    assert.strictEqual(await timers.setImmediate("i"), "i");
    const seen = [];
    for await (const value of timers.setInterval(1, "x")) {
      seen.push(value);
      if (seen.length === 3) break;
    }
    assert.deepStrictEqual(seen, ["x", "x", "x"]);
    const stop = new AbortController();
    const waiting = timers.setTimeout(10000, null, { signal: stop.signal });
    stop.abort();
    await assert.rejects(waiting, { name: "AbortError", code: "ABORT_ERR" });
    await timers.scheduler.wait(1);
    const handle = setTimeout(() => assert.fail("it was cleared"), 1);
    assert.strictEqual(handle.unref(), handle);
    clearTimeout(handle);
    await timers.setTimeout(5);
    assert.strictEqual(require("node:timers").setTimeout, setTimeout);
  },
  channels() {
    const seen = [];
    const listener = (message, name) => seen.push([message.a, name]);
    const channel = channels.channel("mine");
    assert.ok(!channel.hasSubscribers);
    channels.subscribe("mine", listener);
    assert.ok(channels.hasSubscribers("mine"));
    channel.publish({ a: 1 });
    assert.ok(channels.unsubscribe("mine", listener));
    channel.publish({ a: 2 });
    assert.deepStrictEqual(seen, [[1, "mine"]]);
    const traced = channels.tracingChannel("work");
    const events = [];
    traced.subscribe({
      start: () => events.push("start"),
      end: () => events.push("end"),
      error: ({ error }) => events.push(error.message),
    });
    assert.strictEqual(
      traced.traceSync((x) => x + 1, {}, null, 1),
      2,
    );
    assert.throws(
      () =>
        traced.traceSync(() => {
          throw new Error("bad");
        }),
      /bad/,
    );
    assert.deepStrictEqual(events, ["start", "end", "start", "bad", "end"]);
    const als = new AsyncLocalStorage();
    channel.bindStore(als, (message) => message.a);
    assert.strictEqual(
      channel.runStores({ a: 9 }, () => als.getStore()),
      9,
    );
    assert.ok(channel.unbindStore(als));
    assert.ok(!channel.hasSubscribers);
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
