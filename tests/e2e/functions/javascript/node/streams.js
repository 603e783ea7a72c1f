// `node:stream` and its companions, `node:string_decoder`, against what Node answers.

const assert = require("node:assert");
const stream = require("node:stream");
const { Readable, Writable, Duplex, Transform, PassThrough, pipeline, finished } = stream;
const promises = require("node:stream/promises");
const consumers = require("node:stream/consumers");
const web = require("node:stream/web");
const { StringDecoder } = require("node:string_decoder");

const upper = () =>
  new Transform({
    transform(chunk, encoding, callback) {
      callback(null, chunk.toString().toUpperCase());
    },
  });

function collector() {
  const pieces = [];
  const sink = new Writable({
    write(chunk, encoding, callback) {
      pieces.push(chunk.toString());
      callback();
    },
  });
  return { sink, pieces };
}

const tests = {
  async "data flows through a pipeline"() {
    const { sink, pieces } = collector();
    await promises.pipeline(Readable.from(["a", "b", "c"]), upper(), sink);
    assert.deepStrictEqual(pieces, ["A", "B", "C"]);
    await new Promise((resolve, reject) =>
      pipeline(Readable.from(["x"]), new PassThrough(), collector().sink, (error) =>
        error ? reject(error) : resolve(),
      ),
    );
  },
  async "a failure in the middle destroys all"() {
    const source = Readable.from(["a", "b"]);
    const { sink } = collector();
    const bad = new Transform({
      transform(chunk, encoding, callback) {
        callback(new Error("broken"));
      },
    });
    await assert.rejects(promises.pipeline(source, bad, sink), /broken/);
    assert.ok(source.destroyed && sink.destroyed && bad.destroyed);
  },
  async "a readable is iterated"() {
    const seen = [];
    for await (const piece of Readable.from([1, 2, 3])
      .map((x) => x * 2)
      .filter((x) => x > 2))
      seen.push(piece);
    assert.deepStrictEqual(seen, [4, 6]);
    assert.deepStrictEqual(await Readable.from([1, 2]).toArray(), [1, 2]);
    assert.strictEqual(await Readable.from([1, 2, 3]).reduce((a, b) => a + b, 0), 6);
  },
  async "a writable tells of back pressure"() {
    const waiting = [];
    const slow = new Writable({
      highWaterMark: 3,
      write(chunk, encoding, callback) {
        waiting.push(callback);
      },
    });
    assert.strictEqual(slow.write("ab"), true);
    assert.strictEqual(slow.write("cd"), false);
    assert.strictEqual(slow.writableLength, 4);
    const drained = new Promise((resolve) => slow.once("drain", resolve));
    waiting.shift()();
    waiting.shift()();
    await drained;
    slow.end();
    await promises.finished(slow);
  },
  async "reading in bytes, with an encoding, and paused"() {
    const r = new Readable({ read() {} });
    r.push("hello");
    r.push(null);
    assert.strictEqual(r.read(2).toString(), "he");
    r.setEncoding("utf8");
    assert.strictEqual(r.read(), "llo");
    const euro = Readable.from([Buffer.from([0xe2, 0x82]), Buffer.from([0xac])]).setEncoding("utf8");
    assert.strictEqual((await euro.toArray()).join(""), "€");
    const bytes = new Readable({ read() {} });
    bytes.push("body");
    bytes.unshift("more ");
    bytes.push(null);
    assert.strictEqual(await consumers.text(bytes), "more body");
  },
  async "ends are told"() {
    const order = [];
    const p = new PassThrough();
    for (const name of ["finish", "end", "close"]) p.on(name, () => order.push(name));
    p.end("x");
    p.resume();
    await new Promise((resolve) => finished(p, resolve));
    await new Promise((resolve) => setTimeout(resolve, 1));
    assert.deepStrictEqual(order, ["finish", "end", "close"]);
    const d = new PassThrough();
    d.destroy(new Error("gone"));
    await assert.rejects(promises.finished(d), /gone/);
    const w = new Writable({
      write(c, e, cb) {
        cb();
      },
    });
    w.end();
    const late = await new Promise((resolve) => {
      w.on("error", () => {});
      w.write("late", resolve);
    });
    assert.strictEqual(late.code, "ERR_STREAM_WRITE_AFTER_END");
  },
  async aborting() {
    const stop = new AbortController();
    const r = stream.addAbortSignal(stop.signal, new Readable({ read() {} }));
    const failed = promises.finished(r);
    stop.abort();
    await assert.rejects(failed, { name: "AbortError" });
  },
  async duplexes() {
    const d = Duplex.from(async function* (source) {
      for await (const c of source) yield String(c).toUpperCase();
    });
    d.end("abc");
    assert.strictEqual(await consumers.text(d), "ABC");
    assert.ok(new Duplex() instanceof Readable && new Duplex() instanceof Writable && new Duplex() instanceof stream);
    assert.strictEqual(stream.Stream, stream);
  },
  async consumers() {
    const from = () => Readable.from([Buffer.from('{"a":'), Buffer.from("1}")]);
    assert.deepStrictEqual(await consumers.json(from()), { a: 1 });
    assert.strictEqual((await consumers.buffer(from())).toString(), '{"a":1}');
    assert.strictEqual((await consumers.arrayBuffer(from())).byteLength, 7);
    assert.strictEqual((await consumers.blob(from())).size, 7);
    assert.strictEqual(await consumers.text(new Response("web").body), "web");
  },
  async "streams of the Web and of Node become each other"() {
    const source = new web.ReadableStream({
      start(c) {
        c.enqueue(new TextEncoder().encode("from web"));
        c.close();
      },
    });
    assert.strictEqual(await consumers.text(Readable.fromWeb(source)), "from web");
    assert.strictEqual(
      await new Response(Readable.toWeb(Readable.from([Buffer.from("to "), Buffer.from("web")]))).text(),
      "to web",
    );
    const { sink, pieces } = collector();
    const writer = Writable.toWeb(sink).getWriter();
    await writer.write(Buffer.from("w"));
    await writer.close();
    assert.deepStrictEqual(pieces, ["w"]);
    const got = [];
    const target = Writable.fromWeb(
      new web.WritableStream({
        write(chunk) {
          got.push(Buffer.from(chunk).toString());
        },
      }),
    );
    await promises.pipeline(Readable.from(["x", "y"]), target);
    assert.strictEqual(got.join(""), "xy");
    assert.strictEqual(web.ReadableStream, ReadableStream);
    const broken = Readable.fromWeb(
      new ReadableStream({
        pull(c) {
          c.error(new Error("web broke"));
        },
      }),
    );
    await assert.rejects(consumers.text(broken), /web broke/);
    const cancelled = await new Promise((resolve) => {
      const r = Readable.fromWeb(new ReadableStream({ cancel: (reason) => resolve(reason) }));
      r.on("error", () => {});
      r.destroy(new Error("enough"));
    });
    assert.strictEqual(cancelled.message, "enough");
  },
  "bytes become texts across pieces"() {
    const d = new StringDecoder("utf8");
    assert.strictEqual(d.write(Buffer.from([0xe2, 0x82])), "");
    assert.strictEqual(d.write(Buffer.from([0xac, 0x41])), "€A");
    assert.strictEqual(d.end(Buffer.from([0xe2])), "\ufffd");
    const b = new StringDecoder("base64");
    assert.strictEqual(b.write(Buffer.from("ab")) + b.end(Buffer.from("c")), "YWJj");
    const u = new StringDecoder("utf16le");
    assert.strictEqual(
      u.write(Buffer.from([0x41])) + u.write(Buffer.from([0x00, 0x42])) + u.end(Buffer.from([0x00])),
      "AB",
    );
    assert.throws(() => new StringDecoder("nope"), { code: "ERR_UNKNOWN_ENCODING" });
    assert.throws(() => d.write(5), { code: "ERR_INVALID_ARG_TYPE" });
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
