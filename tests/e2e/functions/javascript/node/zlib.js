// `node:zlib`. What is compressed elsewhere was made by Node.

const assert = require("node:assert");
const zlib = require("node:zlib");
const { promisify } = require("node:util");
const { Readable } = require("node:stream");
const { buffer, text } = require("node:stream/consumers");

const short = "hello hello hello";
const long = Buffer.from(Array.from({ length: 30000 }, (_, i) => `line ${(i * 7919) % 1000}\n`).join(""));
const pairs = [
  ["gzip", "gunzip"],
  ["deflate", "inflate"],
  ["deflateRaw", "inflateRaw"],
  ["brotliCompress", "brotliDecompress"],
  ["gzip", "unzip"],
  ["deflate", "unzip"],
];
const create = (name) => zlib[`create${name[0].toUpperCase()}${name.slice(1)}`];

const tests = {
  async "all forms go there and back"() {
    for (const [press, expand] of pairs) {
      for (const data of [Buffer.from(short), long, Buffer.alloc(0)]) {
        const small = zlib[`${press}Sync`](data);
        assert.ok(zlib[`${expand}Sync`](small).equals(data), press);
        assert.ok((await promisify(zlib[expand])(await promisify(zlib[press])(data))).equals(data), press);
        const streamed = await buffer(
          Readable.from([data.subarray(0, 10), data.subarray(10)])
            .pipe(create(press)())
            .pipe(create(expand)()),
        );
        assert.ok(streamed.equals(data), press);
      }
      assert.ok(zlib[`${press}Sync`](long).length < long.length / 3, press);
    }
  },
  "what Node made is read"() {
    const made = {
      gunzip: "H4sIAAAAAAAAA8tIzcnJV8hAkACAiPnlEQAAAA==",
      inflate: "eJzLSM3JyVfIQJAAOi4GfQ==",
      inflateRaw: "y0jNyclXyECQAA==",
      brotliDecompress: "GxAA+I2Ubt5EVYaWbCBvAU8cYBw=",
    };
    for (const [name, base64] of Object.entries(made))
      assert.strictEqual(zlib[`${name}Sync`](Buffer.from(base64, "base64")).toString(), short, name);
  },
  "members of gzip follow one another, and what comes after is passed over"() {
    const two = Buffer.concat([zlib.gzipSync("one "), zlib.gzipSync("two")]);
    assert.strictEqual(zlib.gunzipSync(two).toString(), "one two");
    assert.strictEqual(zlib.gunzipSync(Buffer.concat([zlib.gzipSync("one"), Buffer.alloc(10)])).toString(), "one");
  },
  async "damage is told"() {
    const small = zlib.gzipSync(long);
    assert.throws(() => zlib.gunzipSync(small.subarray(0, 100)), { code: "Z_BUF_ERROR", errno: -5 });
    assert.throws(() => zlib.gunzipSync(Buffer.from("nonsense")), { code: "Z_DATA_ERROR", errno: -3 });
    assert.throws(() => zlib.inflateSync(Buffer.from("nonsense")), { code: "Z_DATA_ERROR" });
    await assert.rejects(promisify(zlib.gunzip)(Buffer.from("nonsense")), { code: "Z_DATA_ERROR" });
    await assert.rejects(text(Readable.from([Buffer.from("nonsense")]).pipe(zlib.createGunzip())), {
      code: "Z_DATA_ERROR",
    });
    assert.throws(() => zlib.gunzipSync(zlib.gzipSync(Buffer.alloc(10000)), { maxOutputLength: 100 }), {
      code: "ERR_BUFFER_TOO_LARGE",
    });
    assert.throws(() => zlib.gzipSync(5), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => zlib.gzipSync("x", { level: 77 }), { code: "ERR_OUT_OF_RANGE" });
    assert.throws(() => zlib.gzip("x"), { code: "ERR_INVALID_ARG_TYPE" });
  },
  options() {
    assert.ok(zlib.deflateSync(long, { level: 9 }).length <= zlib.deflateSync(long, { level: 1 }).length);
    assert.ok(zlib.deflateSync(long, { level: 0 }).length > long.length);
    const quality = { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 } };
    assert.ok(zlib.brotliDecompressSync(zlib.brotliCompressSync(long, quality)).equals(long));
    assert.strictEqual(
      zlib.gunzipSync(zlib.gzipSync(short).subarray(0, 20), { finishFlush: zlib.constants.Z_SYNC_FLUSH }).length <=
        short.length,
      true,
    );
  },
  async "a flush lets out what is in"() {
    const press = zlib.createGzip();
    const expand = press.pipe(zlib.createGunzip());
    const first = new Promise((resolve) => expand.once("data", (piece) => resolve(piece.toString())));
    press.write("early");
    press.flush();
    assert.strictEqual(await first, "early");
    press.end();
    assert.ok(zlib.createGzip() instanceof zlib.Gzip && new zlib.Inflate() instanceof require("node:stream").Transform);
  },
  constants() {
    assert.strictEqual(zlib.constants.Z_BEST_COMPRESSION, 9);
    assert.strictEqual(zlib.constants.BROTLI_PARAM_QUALITY, 1);
    assert.strictEqual(zlib.codes.Z_DATA_ERROR, -3);
    if (zlib.crc32) assert.strictEqual(zlib.crc32("hello", zlib.crc32("")), 907060870);
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
