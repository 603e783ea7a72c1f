// `node:crypto`: hashes, randomness, key derivation, ciphers. Values are from the standards and from Node.

const assert = require("node:assert");
const crypto = require("node:crypto");
const { promisify } = require("node:util");
const { pipeline } = require("node:stream/promises");

const key = Buffer.from("000102030405060708090a0b0c0d0e0f", "hex");
const key32 = Buffer.concat([key, key]);
const iv = Buffer.alloc(16, 1);

const tests = {
  hashes() {
    const cases = {
      md5: "900150983cd24fb0d6963f7d28e17f72",
      sha1: "a9993e364706816aba3e25717850c26c9cd0d89d",
      sha224: "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
      sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      SHA384: "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
      "RSA-SHA512":
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" +
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
      "sha512-256": "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23",
      "sha3-256": "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
      ripemd160: "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc",
      blake2b512:
        "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1" +
        "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
      blake2s256: "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982",
    };
    for (const [name, hex] of Object.entries(cases)) {
      const got = crypto.createHash(name).update("a").update(Buffer.from("bc")).digest("hex");
      assert.strictEqual(got, hex, name);
    }
    assert.strictEqual(crypto.createHash("sha256").digest("base64"), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    assert.ok(Buffer.isBuffer(crypto.createHash("md5").digest()));
    assert.strictEqual(crypto.createHash("sha1").update("6162", "hex").update("c").digest("latin1").length, 20);
    assert.ok(crypto.getHashes().includes("sha256"));
  },
  "a hash is copied, and ends"() {
    const h = crypto.createHash("sha256").update("a");
    const copy = h.copy();
    assert.strictEqual(h.update("bc").digest("hex").slice(0, 8), "ba7816bf");
    assert.strictEqual(copy.update("bc").digest("hex").slice(0, 8), "ba7816bf");
    const big = crypto.createHash("sha256").update(Buffer.alloc(200000));
    assert.strictEqual(big.copy().digest("hex"), big.digest("hex"));
    assert.throws(() => h.digest(), { code: "ERR_CRYPTO_HASH_FINALIZED" });
    assert.throws(() => h.update("x"), { code: "ERR_CRYPTO_HASH_FINALIZED" });
    assert.throws(() => crypto.createHash("nope"), /Digest method not supported/);
    assert.throws(() => crypto.createHash("md5").update(5), { code: "ERR_INVALID_ARG_TYPE" });
  },
  async "a hash is a stream"() {
    const h = crypto.createHash("sha256");
    await pipeline(require("node:stream").Readable.from([Buffer.from("a"), Buffer.from("bc")]), h);
    assert.strictEqual(h.read().toString("hex").slice(0, 8), "ba7816bf");
    const w = crypto.createHash("sha1");
    w.setEncoding("hex");
    w.write("abc");
    w.end();
    await require("node:events").once(w, "readable");
    assert.strictEqual(w.read(), "a9993e364706816aba3e25717850c26c9cd0d89d");
  },
  codes() {
    const hmac = (k, data) => crypto.createHmac("sha256", k).update(data).digest("hex");
    assert.strictEqual(
      hmac("key", "The quick brown fox jumps over the lazy dog"),
      "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8",
    );
    assert.strictEqual(
      hmac(Buffer.alloc(131, 0xaa), "Test Using Larger Than Block-Size Key - Hash Key First"),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    );
    assert.strictEqual(
      hmac(crypto.createSecretKey(Buffer.from("key")), Buffer.alloc(100000)),
      crypto.createHmac("sha256", "key").update(Buffer.alloc(50000)).update(Buffer.alloc(50000)).digest("hex"),
    );
    assert.strictEqual(hmac("", ""), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    assert.throws(() => crypto.createHmac("nope", "k"), {
      code: "ERR_CRYPTO_INVALID_DIGEST",
      message: "Invalid digest: nope",
    });
    assert.throws(() => crypto.createHmac("md5"), { code: "ERR_INVALID_ARG_TYPE" });
  },
  async randomness() {
    assert.strictEqual(crypto.randomBytes(16).length, 16);
    assert.notDeepStrictEqual(crypto.randomBytes(16), crypto.randomBytes(16));
    assert.strictEqual((await promisify(crypto.randomBytes)(70000)).length, 70000);
    assert.ok(
      crypto
        .randomBytes(70000)
        .subarray(65536)
        .some((byte) => byte !== 0),
    );
    assert.match(crypto.randomUUID(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    for (let i = 0; i < 50; i++) {
      const n = crypto.randomInt(5, 8);
      assert.ok(n >= 5 && n < 8);
    }
    assert.throws(() => crypto.randomInt(5, 2), { code: "ERR_OUT_OF_RANGE" });
    assert.throws(() => crypto.randomBytes(-1), { code: "ERR_OUT_OF_RANGE" });
    assert.throws(() => crypto.randomBytes("a"), { code: "ERR_INVALID_ARG_TYPE" });
    const target = new Uint8Array(8);
    crypto.randomFillSync(target, 4);
    assert.ok(target.subarray(0, 4).every((byte) => byte === 0) && target.subarray(4).some((byte) => byte !== 0));
    assert.ok(
      crypto.timingSafeEqual(Buffer.from("ab"), Buffer.from("ab")) &&
        !crypto.timingSafeEqual(Buffer.from("ab"), Buffer.from("ac")),
    );
    assert.throws(() => crypto.timingSafeEqual(Buffer.from("a"), Buffer.from("ab")), {
      code: "ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH",
    });
  },
  async "key derivation"() {
    assert.strictEqual(
      crypto.pbkdf2Sync("password", "salt", 4096, 20, "sha1").toString("hex"),
      "4b007901b765489abead49d926f721d065a429c1",
    );
    assert.strictEqual(
      (await promisify(crypto.pbkdf2)("password", "salt", 1, 32, "sha256")).toString("hex"),
      "120fb6cffcf8b32c43e7225256c4f837a86548c92ccc35480805987cb70be17b",
    );
    assert.strictEqual(
      crypto.scryptSync("", "", 64, { N: 16, r: 1, p: 1 }).toString("hex").slice(0, 32),
      "77d6576238657b203b19ca42c18a0497",
    );
    assert.strictEqual(
      (await promisify(crypto.scrypt)("password", "NaCl", 64, { N: 1024, r: 8, p: 16 })).toString("hex").slice(0, 32),
      "fdbabe1c9d3472007856e7190d01e9fe",
    );
    const okm = crypto.hkdfSync(
      "sha256",
      Buffer.alloc(22, 0x0b),
      Buffer.from("000102030405060708090a0b0c", "hex"),
      Buffer.from("f0f1f2f3f4f5f6f7f8f9", "hex"),
      42,
    );
    assert.ok(okm instanceof ArrayBuffer);
    assert.strictEqual(
      Buffer.from(okm).toString("hex"),
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    );
    assert.throws(() => crypto.pbkdf2Sync("a", "b", 0, 1, "sha1"), { code: "ERR_OUT_OF_RANGE" });
    assert.throws(() => crypto.pbkdf2Sync("a", "b", 1, 1, "nope"), { code: "ERR_CRYPTO_INVALID_DIGEST" });
  },
  "ciphers give what Node gives"() {
    const text = "the quick brown fox";
    const cases = {
      "aes-128-cbc": [key, iv],
      "aes-256-ctr": [key32, iv],
      "aes-256-cbc": [key32, iv],
    };
    for (const [name, [k, v]] of Object.entries(cases)) {
      const c = crypto.createCipheriv(name, k, v);
      const sealed = c.update(text, "utf8", "hex") + c.final("hex");
      const d = crypto.createDecipheriv(name, k, v);
      assert.strictEqual(d.update(sealed, "hex", "utf8") + d.final("utf8"), text, name);
    }
    // NIST SP 800-38A, F.2.1 and F.5.1.
    const nist = Buffer.from("2b7e151628aed2a6abf7158809cf4f3c", "hex");
    const block = Buffer.from("6bc1bee22e409f96e93d7e117393172a", "hex");
    const cbc = crypto.createCipheriv("aes-128-cbc", nist, key).setAutoPadding(false);
    assert.strictEqual(cbc.update(block, null, "hex") + cbc.final("hex"), "7649abac8119b246cee98e9b12e9197d");
    const ctr = crypto.createCipheriv("AES-128-CTR", nist, Buffer.from("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", "hex"));
    assert.strictEqual(ctr.update(block).toString("hex") + ctr.final("hex"), "874d6191b620e3261bef6864990db6ce");
  },
  "GCM seals and finds changes"() {
    const nonce = Buffer.alloc(12, 2);
    const c = crypto.createCipheriv("aes-256-gcm", key32, nonce);
    c.setAAD(Buffer.from("head"));
    const sealed = Buffer.concat([c.update("secret"), c.update(" text"), c.final()]);
    const tag = c.getAuthTag();
    assert.strictEqual(tag.length, 16);
    const open = (data, mark, head = "head") => {
      const d = crypto.createDecipheriv("aes-256-gcm", key32, nonce);
      d.setAAD(Buffer.from(head)).setAuthTag(mark);
      return d.update(data, null, "utf8") + d.final("utf8");
    };
    assert.strictEqual(open(sealed, tag), "secret text");
    const changed = Buffer.from(sealed);
    changed[0] ^= 1;
    for (const bad of [
      () => open(changed, tag),
      () => open(sealed, Buffer.alloc(16)),
      () => open(sealed, tag, "other"),
    ]) {
      assert.throws(bad, /Unsupported state or unable to authenticate data/);
    }
    // Test case 2 of the GCM specification.
    const zero = crypto.createCipheriv("aes-128-gcm", Buffer.alloc(16), Buffer.alloc(12));
    assert.strictEqual(
      zero.update(Buffer.alloc(16)).toString("hex") + zero.final("hex"),
      "0388dace60b6a392f328c2b971b2fe78",
    );
    assert.strictEqual(zero.getAuthTag().toString("hex"), "ab6e47d42cec13bdf53a67b21257bddf");
    assert.throws(() => crypto.createDecipheriv("aes-128-gcm", key, nonce).setAuthTag(Buffer.alloc(3)), {
      code: "ERR_CRYPTO_INVALID_AUTH_TAG",
    });
    assert.throws(() => crypto.createDecipheriv("aes-128-gcm", key, nonce).final(), /unable to authenticate/);
  },
  async "ciphers refuse what is wrong, and stream"() {
    assert.throws(() => crypto.createCipheriv("nope", key, iv), { code: "ERR_CRYPTO_UNKNOWN_CIPHER" });
    assert.throws(() => crypto.createCipheriv("aes-128-cbc", key32, iv), {
      code: "ERR_CRYPTO_INVALID_KEYLEN",
      name: "RangeError",
    });
    assert.throws(() => crypto.createCipheriv("aes-128-cbc", key, "short"), {
      code: "ERR_CRYPTO_INVALID_IV",
      name: "TypeError",
    });
    const d = crypto.createDecipheriv("aes-128-cbc", key, iv);
    d.update(Buffer.alloc(32));
    assert.throws(() => d.final(), { code: "ERR_OSSL_BAD_DECRYPT" });
    const short = crypto.createDecipheriv("aes-128-cbc", key, iv);
    short.update(Buffer.alloc(5));
    assert.throws(() => short.final(), { code: "ERR_OSSL_WRONG_FINAL_BLOCK_LENGTH" });
    const { buffer } = require("node:stream/consumers");
    const { Readable } = require("node:stream");
    const data = crypto.randomBytes(100000);
    const out = await buffer(
      Readable.from([data])
        .pipe(crypto.createCipheriv("aes-128-ctr", key, iv))
        .pipe(crypto.createDecipheriv("aes-128-ctr", key, iv)),
    );
    assert.ok(out.equals(data));
    assert.deepStrictEqual(crypto.getCipherInfo("aes-256-cbc"), {
      mode: "cbc",
      name: "aes-256-cbc",
      nid: 427,
      blockSize: 16,
      ivLength: 16,
      keyLength: 32,
    });
    assert.strictEqual(crypto.getCipherInfo("nope"), undefined);
  },
  "scrypt keeps to its memory"() {
    assert.throws(() => crypto.scryptSync("a", "b", 1, { N: 2 ** 20 }), /memory limit exceeded/);
  },
  async "webcrypto is here too"() {
    assert.strictEqual(crypto.webcrypto.subtle, crypto.subtle);
    const digest = await crypto.subtle.digest("SHA-256", Buffer.from("abc"));
    assert.strictEqual(Buffer.from(digest).toString("hex").slice(0, 8), "ba7816bf");
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
