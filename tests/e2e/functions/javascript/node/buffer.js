// `node:buffer`, against what Node answers.

const assert = require("node:assert");
const { Buffer, constants, transcode, isUtf8, isAscii } = require("node:buffer");

const tests = {
  "texts become bytes in each encoding"() {
    const cases = [
      ["héllo €😀", "utf8", "68c3a96c6c6f20e282acf09f9880"],
      ["h\ud800i", "utf8", "68efbfbd69"],
      ["héllo", "latin1", "68e96c6c6f"],
      ["héllo", "binary", "68e96c6c6f"],
      ["a€", "utf16le", "6100ac20"],
      ["a€", "UCS-2", "6100ac20"],
      ["aGk=", "base64", "6869"],
      ["aGk", "base64", "6869"],
      ["a-_ /=zz", "base64", "6befff"],
      ["-_-_", "base64url", "fbffbf"],
      ["a\nG\tk", "base64", "6869"],
      ["00ffZZ11", "hex", "00ff"],
      ["abc", "hex", "ab"],
      ["", "utf8", ""],
    ];
    for (const [text, encoding, hex] of cases)
      assert.strictEqual(Buffer.from(text, encoding).toString("hex"), hex, `${text} ${encoding}`);
  },
  "bytes become texts in each encoding"() {
    const bytes = Buffer.from([0xff, 0x41, 0xe9, 0x42, 0xf0, 0x9f, 0x98, 0x80]);
    assert.strictEqual(bytes.toString(), "\ufffdA\ufffdB😀");
    assert.strictEqual(bytes.toString("latin1"), "ÿAéBð\u009f\u0098\u0080");
    assert.strictEqual(bytes.toString("ascii"), "\u007fAiBp\u001f\u0018\u0000");
    assert.strictEqual(bytes.toString("base64"), "/0HpQvCfmIA=");
    assert.strictEqual(bytes.toString("base64url"), "_0HpQvCfmIA");
    assert.strictEqual(bytes.toString("hex"), "ff41e942f09f9880");
    assert.strictEqual(bytes.toString("ucs2").length, 4);
    assert.strictEqual(bytes.toString("utf8", 4), "😀");
    assert.strictEqual(bytes.toString("latin1", 1, 2), "A");
    assert.strictEqual(bytes.toString("latin1", -5, 100).length, 8);
    assert.throws(() => bytes.toString("nope"), {
      code: "ERR_UNKNOWN_ENCODING",
      name: "TypeError",
      message: "Unknown encoding: nope",
    });
  },
  "long texts survive the way there and back"() {
    const text = "aé€😀".repeat(60000);
    const bytes = Buffer.from(text);
    assert.strictEqual(bytes.length, 600000);
    assert.ok(bytes.toString() === text);
    assert.ok(Buffer.from(bytes.toString("base64"), "base64").equals(bytes));
    assert.ok(Buffer.from(bytes.toString("latin1"), "latin1").equals(bytes));
  },
  "byteLength counts without encoding"() {
    assert.strictEqual(Buffer.byteLength("héllo"), 6);
    assert.strictEqual(Buffer.byteLength("aGk=", "base64"), 2);
    assert.strictEqual(Buffer.byteLength("abcd", "hex"), 2);
    assert.strictEqual(Buffer.byteLength("ab", "ucs2"), 4);
    assert.strictEqual(Buffer.byteLength(new ArrayBuffer(7)), 7);
    assert.throws(() => Buffer.byteLength(1), { code: "ERR_INVALID_ARG_TYPE" });
  },
  "from takes arrays, views, buffers and array-likes"() {
    assert.deepStrictEqual([...Buffer.from([1, 256, -1])], [1, 0, 255]);
    const memory = new Uint8Array([1, 2, 3, 4]).buffer;
    const shared = Buffer.from(memory, 1, 2);
    new Uint8Array(memory)[1] = 9;
    assert.deepStrictEqual([...shared], [9, 3]);
    const copy = Buffer.from(shared);
    shared[0] = 7;
    assert.strictEqual(copy[0], 9);
    assert.deepStrictEqual([...Buffer.from({ length: 2, 0: 5, 1: 6 })], [5, 6]);
    assert.deepStrictEqual([...Buffer.from({ type: "Buffer", data: [1, 2] })], [1, 2]);
    assert.throws(() => Buffer.from(5), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => Buffer.from(null), /first argument must be of type string or an instance of Buffer/);
    assert.throws(() => Buffer.alloc("5"), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => Buffer.alloc(-1), { code: "ERR_OUT_OF_RANGE" });
  },
  "numbers are read and written"() {
    const b = Buffer.alloc(8);
    b.writeUInt32BE(0xdeadbeef, 0);
    assert.strictEqual(b.readUInt32LE(0), 0xefbeadde);
    assert.strictEqual(b.readInt16BE(0), -8531);
    b.writeDoubleLE(Math.PI);
    assert.strictEqual(b.readDoubleLE(0), Math.PI);
    b.writeBigInt64BE(-5n);
    assert.strictEqual(b.readBigInt64BE(), -5n);
    assert.strictEqual(b.readBigUInt64LE(), 0xfbffffffffffffffn);
    assert.strictEqual(b.readUint8(7), 0xfb);
    b.writeIntBE(-123456, 0, 6);
    assert.strictEqual(b.readIntBE(0, 6), -123456);
    b.writeFloatBE(0.5, 4);
    assert.strictEqual(b.readFloatBE(4), 0.5);
    assert.throws(() => b.readUInt32LE(6), RangeError);
    assert.deepStrictEqual([...Buffer.from([1, 2, 3, 4]).swap32()], [4, 3, 2, 1]);
  },
  "write stops before half a character"() {
    const b = Buffer.alloc(4);
    assert.strictEqual(b.write("ab€"), 2);
    assert.strictEqual(b.write("€", 1), 3);
    assert.strictEqual(b.write("ffff", 2, "hex"), 2);
    assert.strictEqual(b.write("abc", 0, 2), 2);
    assert.strictEqual(b.toString("hex"), "6162ffff");
    assert.strictEqual(b.write("zz", 4), 0);
    assert.throws(() => b.write("zz", 5), { code: "ERR_OUT_OF_RANGE" });
  },
  "fill, indexOf, compare, concat, slice"() {
    assert.strictEqual(Buffer.alloc(5, "ab").toString(), "ababa");
    assert.strictEqual(Buffer.alloc(3, 0x61).toString(), "aaa");
    assert.strictEqual(Buffer.alloc(4, "YQ==", "base64").toString(), "aaaa");
    const b = Buffer.from("the quick brown the");
    assert.strictEqual(b.indexOf("the", 1), 16);
    assert.strictEqual(b.lastIndexOf("the"), 16);
    assert.strictEqual(b.indexOf(Buffer.from("quick")), 4);
    assert.strictEqual(b.indexOf(0x71), 4);
    assert.ok(b.includes("brown") && !b.includes("red"));
    assert.strictEqual(Buffer.compare(Buffer.from("a"), Buffer.from("b")), -1);
    assert.strictEqual(Buffer.concat([Buffer.from("ab"), new Uint8Array([99])]).toString(), "abc");
    assert.strictEqual(Buffer.concat([Buffer.from("abcd")], 2).toString(), "ab");
    const part = b.subarray(4, 9);
    assert.ok(Buffer.isBuffer(part) && part.toString() === "quick");
    part[0] = 0x51;
    assert.strictEqual(b.toString("latin1", 4, 9), "Quick");
    assert.ok(Buffer.isBuffer(b.slice(0, 3)) && Buffer.isBuffer(b.map((x) => x)));
    assert.strictEqual(b.copy(Buffer.alloc(3), 0, 0, 10), 3);
    assert.ok(b.equals(Buffer.from(b)));
  },
  "a buffer is a Uint8Array that shows and serialises itself"() {
    const b = Buffer.from("hi");
    assert.ok(b instanceof Uint8Array && b instanceof Buffer);
    assert.strictEqual(JSON.stringify(b), '{"type":"Buffer","data":[104,105]}');
    assert.strictEqual(require("node:util").inspect(b), "<Buffer 68 69>");
    assert.strictEqual(`${b}`, "hi");
    assert.deepStrictEqual(
      [...b.entries()],
      [
        [0, 104],
        [1, 105],
      ],
    );
    assert.ok(
      Buffer.isEncoding("UTF-8") && Buffer.isEncoding("base64url") && !Buffer.isEncoding("x") && !Buffer.isEncoding(1),
    );
  },
  "the rest of the module"() {
    assert.strictEqual(require("buffer"), require("node:buffer"));
    assert.strictEqual(globalThis.Buffer, Buffer);
    assert.strictEqual(transcode(Buffer.from("€"), "utf8", "latin1").toString("latin1"), "?");
    assert.strictEqual(transcode(Buffer.from("é"), "utf8", "latin1").toString("hex"), "e9");
    assert.ok(isUtf8(Buffer.from("é")) && !isUtf8(Buffer.from([0xff])));
    assert.ok(isAscii(Buffer.from("e")) && !isAscii(Buffer.from("é")));
    assert.ok(constants.MAX_LENGTH > 2 ** 30);
    assert.deepStrictEqual([...Buffer.copyBytesFrom(new Uint16Array([1, 2, 3]), 1, 1)], [2, 0]);
    assert.strictEqual(Buffer.from("ff", "hex").readUintBE(0, 1), 255);
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
