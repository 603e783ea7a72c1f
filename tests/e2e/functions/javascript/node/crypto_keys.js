// `node:crypto`: keys, signatures and agreement. The keys were made by Node for this test and guard nothing.

const assert = require("node:assert");
const crypto = require("node:crypto");
const { promisify } = require("node:util");

const made = {
  rsa: [
    "-----BEGIN PRIVATE KEY-----",
    "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQC1ysQo4Ql9VTu+",
    "JxUKj/N1Ffz2ii+3buK3neQaU+mpoGJ56sqeXtoWE3LhXsDgrCvDUoWDU1aqxFXq",
    "IquGnLY78AitQc9QSe7WLW8XYIOxUtXrXTfdEB2J5ehV4A5Vf98Y+uP5K/Og65Pu",
    "7T1im2pHFy7iq7dUV6uqaloAbIj0QKqoJQXkSBshaD2bffk2Ozs/+SjwoHRQ9VDz",
    "ZVxLQGc/i6RfnSWCGEVxdnH6FRXhxnlm4MItqksoa5hapsdHwkb5al9zXcH3Gt1G",
    "ZQkCjhSynqld71YEYgtKsvmQX+kRESTDwqsywZq4R6uop5A94QhgpdUwJ986/UK/",
    "0oWkkC6dAgMBAAECggEANDEoOzJMlqqjUdcHn/YvJ/TtoNyQkYHo3l2a0QI5agVN",
    "cII7tNc3lrHzwAeDqZ1UnSmygj8peTKQFf3pL+cLHM8vtopX2k23n88Af34qoPzO",
    "xNmJAdMwH9idaRZAF0T0iMfzLqTzN8aavLRo9Mf47bsWr2YsZq8a7nzFJS0D7ter",
    "URj4iFm4u8k2+iGzKQq2deegZd4s5xLvHU90+jacuQfBQFmKwrpMv/HOApuJqD2k",
    "nsvp9skwAi9l5415FWoHVp+x9chAZfvqLq6C0H+a2C00ZSYp0x1VmDk249Ty/WIe",
    "lqcpBr5k0vdyWGvOf/7vg50zLVLmeCic2yookViDkwKBgQDyWa0Zbly9pFHGHHtB",
    "TGSrx9kNAkjLWQh1charEXUT14/+w1UzC5CkofApwqPSig87nQB/bGqIzC9D/+Te",
    "i3n6FmsKVnf5q/DflNTb9DVFfQ+1INx+igE6T9q/8VZ+y+x3A476GPjkv6NhwcnG",
    "rxRWivn+FRuKm2DfJOcD4jHdmwKBgQDAB+6a9tuu8I3aqEZNH/9s6K2h70X++x/z",
    "k8a7fTB6oTkRBSMRLKgA5DmbcciRYbm/KQHgjWG1YBLikCQ5Cdj7JBZMRPh5bKMI",
    "Yu6//6Pf8MYLAMkVwvoCDiIqDjnAjbcT2hHptzz/q0MJdbDzUtG8SIIUgGPTU6RL",
    "OgFvrxMEJwKBgFIEHTulCMe5K19zVhcUJmGoIYFwi3gd6mnssVU1dDzBz9509olu",
    "2YWNtDw9vblLtboD+R4mb6taBojpuefCpgYHvjPibXnWQY84zAygCcM5fq5ar6Q3",
    "ShEU4z/gCdihZKYmUyW6e8jWPhGgRovxxl0/bTkapZZz3QXHdFLxItUPAoGBAIUz",
    "O1PsVbfEDnGUdac7wb42q3H++cuDP8eCQsB8duso99+Rc6CPHD36EOd9BoWphuFN",
    "PYsYJqVb7d2P5EBYT1Ts1Da1RLFdJL1FepxdY7uLVKP/OHxK0YYpbZNEaNTiuBIi",
    "GnjGbJ5fmlFufH5bfTYgCXLVF+lXREgWBTcF9qfTAoGBAOxArnxmqMTUa1qiJUK9",
    "u3c5PcGKGG+bucBcUnmyi8FuMieZSP1nmxPGDxddZxdmyfCqhNq3v3HTON9RN8Lf",
    "POXdXuIvrfiTP36kvx10xoe9R0hEFgxZLZWRQLtrf+CbcR5I2Zfo+s7FDSSmBGRe",
    "bM/OG6uuirGMruPUMzicJ3pK",
    "-----END PRIVATE KEY-----",
  ].join("\n"),
  rsaPublic: [
    "-----BEGIN PUBLIC KEY-----",
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAtcrEKOEJfVU7vicVCo/z",
    "dRX89oovt27it53kGlPpqaBieerKnl7aFhNy4V7A4Kwrw1KFg1NWqsRV6iKrhpy2",
    "O/AIrUHPUEnu1i1vF2CDsVLV61033RAdieXoVeAOVX/fGPrj+SvzoOuT7u09Yptq",
    "Rxcu4qu3VFerqmpaAGyI9ECqqCUF5EgbIWg9m335Njs7P/ko8KB0UPVQ82VcS0Bn",
    "P4ukX50lghhFcXZx+hUV4cZ5ZuDCLapLKGuYWqbHR8JG+Wpfc13B9xrdRmUJAo4U",
    "sp6pXe9WBGILSrL5kF/pEREkw8KrMsGauEerqKeQPeEIYKXVMCffOv1Cv9KFpJAu",
    "nQIDAQAB",
    "-----END PUBLIC KEY-----",
  ].join("\n"),
  rsaSignature:
    "FrJt3Bl3e7CTq7eEBr9/IzNKgyyzhpClQffTjES3QK8vRSTzD561JwHOHAJSxc6UMWjql26fbbD4//VBruHD9tlNIBYE9xy8HKwj" +
    "Lh5DvG/qREUHL+mgCqk6U0dGjwxtncnwEmAMRoBhS0/2ZHptaahg8pDg6x6n0hzRRsBa/s43bZ31ObBshwxI9PWEQcBsdMkwOu6r" +
    "uUXlKWoIl48GqR5XIDSIqE9Q8xzp/4S32LcJeH+hg6e+qit5sdfz+e0WVfqoM9MeUCY2B/3HZube1FEJ4A97wqSC/ElV0f/xmj7m" +
    "XJ63g3LtnhNUkDTy3qBsHHvGvOxkxNIDIjmXp2jXGg==",
  pss:
    "MkpvG/Q6fC2n7XTZ3ISHMrR7ce2dZsSYWV4H5ozKcHulyAo9M+h7clV7w9r+dmikIeIPJbL/t/mXktwgXMHU8T/T8/XOv2PttzEg" +
    "DkJMUkBWc3qnuDJorU8RjSSEnTrzc/j7T47D94D8MKx+S/Na2z6vlkga1wX0EAby/g0jocVJ+DVQUBQOWgaETbmbu1FwRjNgDl8U" +
    "DUKgGqR95JIAMXMBFhnSIWBsCdzodAsmNYryWUsar/UcmQcgp8ADIWHwYrw6ir+PvLzzqHr8RjGC1UdxkofIKe0eipnfNA9sAcrh" +
    "s3a+cdxvnR1O7tkMZtsLRN7oeF1tCrISBI3PEAVY/Q==",
  ec: [
    "-----BEGIN EC PRIVATE KEY-----",
    "MHcCAQEEIIuH8oN8Oi62WaGEpq9+8gzN0MWqEtjFgpb3ajKxIkVvoAoGCCqGSM49",
    "AwEHoUQDQgAEXHiyPMGGLh/o/npPxF/DRRJvJyEdKVTgUChDf/Rnqouk+o3z6OjV",
    "Ey1WPjwyVgAZyF/fN8oqzepAnKHEiE/FfQ==",
    "-----END EC PRIVATE KEY-----",
  ].join("\n"),
  ecPublic: [
    "-----BEGIN PUBLIC KEY-----",
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEXHiyPMGGLh/o/npPxF/DRRJvJyEd",
    "KVTgUChDf/Rnqouk+o3z6OjVEy1WPjwyVgAZyF/fN8oqzepAnKHEiE/FfQ==",
    "-----END PUBLIC KEY-----",
  ].join("\n"),
  ecSignature: "MEQCIGfSaUv6QQBVWfSrH8Yf1lxfzBEtxfWZ5J3fV4OnMleAAiB1iMD9fLiHd9WLwzjhVvuXWtM4nF90bRfYJpIwfjn+pw==",
  ed: [
    "-----BEGIN PRIVATE KEY-----",
    "MC4CAQAwBQYDK2VwBCIEILQseUvncQiX9kM8JjbVd8CaM3K2DPKeY4c1vpOpygwQ",
    "-----END PRIVATE KEY-----",
  ].join("\n"),
  edSignature: "1Su13TYwiP+dxegesKJzLVi2wSHw1+mAT1FRTyYHg13dhacw7yc9/HwlDRyl9hc6KSQKw2PVLb3Xejxnoc3vDw==",
};
const message = Buffer.from("message");

const tests = {
  "signatures of Node hold, and change breaks them"() {
    const cases = [
      ["sha256", made.rsaPublic, made.rsaSignature],
      ["RSA-SHA256", { key: made.rsaPublic }, made.rsaSignature],
      ["sha256", { key: made.rsaPublic, padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }, made.pss],
      ["sha256", made.ecPublic, made.ecSignature],
      ["sha256", made.ec, made.ecSignature],
      [null, crypto.createPublicKey(made.ed), made.edSignature],
    ];
    for (const [hash, key, signature] of cases) {
      const bytes = Buffer.from(signature, "base64");
      assert.strictEqual(crypto.verify(hash, message, key, bytes), true, `${hash}`);
      assert.strictEqual(crypto.verify(hash, Buffer.from("messagf"), key, bytes), false);
    }
    assert.strictEqual(crypto.sign("sha256", message, made.rsa).toString("base64"), made.rsaSignature);
    assert.strictEqual(crypto.sign(null, message, made.ed).toString("base64"), made.edSignature);
  },
  "what is signed here holds here"() {
    for (const [hash, key, open, options] of [
      ["sha256", made.ec, made.ecPublic, {}],
      ["sha384", made.ec, made.ecPublic, { dsaEncoding: "ieee-p1363" }],
      ["sha512", made.rsa, made.rsaPublic, {}],
      ["sha512", made.rsa, made.rsaPublic, { padding: 6, saltLength: 64 }],
    ]) {
      const signature = crypto.sign(hash, message, { key, ...options });
      assert.ok(crypto.verify(hash, message, { key: open, ...options }, signature), hash);
    }
    assert.strictEqual(crypto.sign("sha256", message, { key: made.ec, dsaEncoding: "ieee-p1363" }).length, 64);
    const signer = crypto.createSign("RSA-SHA256");
    signer.update("mess").write("age");
    signer.end();
    const signature = signer.sign(made.rsa, "base64");
    assert.strictEqual(signature, made.rsaSignature);
    assert.ok(crypto.createVerify("sha256").update("message").verify(made.rsaPublic, signature, "base64"));
    assert.ok(!crypto.createVerify("sha256").update("other").verify(made.rsaPublic, signature, "base64"));
    assert.throws(() => crypto.createSign("nope"), { code: "ERR_CRYPTO_INVALID_DIGEST" });
  },
  "keys are read and written in their formats"() {
    const rsa = crypto.createPrivateKey(made.rsa);
    assert.strictEqual(rsa.type, "private");
    assert.strictEqual(rsa.asymmetricKeyType, "rsa");
    assert.deepStrictEqual(rsa.asymmetricKeyDetails, { modulusLength: 2048, publicExponent: 65537n });
    assert.strictEqual(rsa.export({ type: "pkcs8", format: "pem" }).trim(), made.rsa);
    assert.strictEqual(crypto.createPublicKey(rsa).export({ type: "spki", format: "pem" }).trim(), made.rsaPublic);
    assert.match(rsa.export({ type: "pkcs1", format: "pem" }), /^-----BEGIN RSA PRIVATE KEY-----\n/);
    assert.ok(crypto.createPrivateKey(rsa.export({ type: "pkcs1", format: "pem" })).equals(rsa));
    assert.ok(
      crypto
        .createPublicKey(crypto.createPublicKey(rsa).export({ type: "pkcs1", format: "pem" }))
        .equals(crypto.createPublicKey(made.rsaPublic)),
    );
    const ec = crypto.createPrivateKey(made.ec);
    assert.deepStrictEqual(ec.asymmetricKeyDetails, { namedCurve: "prime256v1" });
    assert.strictEqual(ec.export({ type: "sec1", format: "pem" }).trim(), made.ec);
    const jwk = ec.export({ format: "jwk" });
    assert.deepStrictEqual([jwk.kty, jwk.crv, typeof jwk.d], ["EC", "P-256", "string"]);
    assert.ok(crypto.createPrivateKey({ key: jwk, format: "jwk" }).equals(ec));
    const der = crypto.createPublicKey(made.ecPublic).export({ type: "spki", format: "der" });
    assert.ok(
      Buffer.isBuffer(der) &&
        crypto.createPublicKey({ key: der, type: "spki", format: "der" }).equals(crypto.createPublicKey(ec)),
    );
    assert.strictEqual(crypto.createPrivateKey(made.ed).asymmetricKeyType, "ed25519");
    for (const bad of ["nonsense", "", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"]) {
      assert.throws(() => crypto.createPrivateKey(bad), Error);
      assert.throws(() => crypto.createPublicKey(bad), Error);
    }
    assert.throws(() => ec.export({ type: "nope", format: "pem" }), { code: "ERR_INVALID_ARG_VALUE" });
    assert.throws(() => crypto.createPublicKey(crypto.createPublicKey(made.ecPublic)), {
      code: "ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE",
    });
  },
  "secret keys"() {
    const key = crypto.createSecretKey("6162", "hex");
    assert.deepStrictEqual([key.type, key.symmetricKeySize, key.export().toString()], ["secret", 2, "ab"]);
    assert.deepStrictEqual(key.export({ format: "jwk" }), { kty: "oct", k: "YWI" });
    assert.ok(
      key.equals(crypto.createSecretKey(Buffer.from("ab"))) && !key.equals(crypto.createSecretKey(Buffer.from("ac"))),
    );
    assert.strictEqual(crypto.generateKeySync("aes", { length: 256 }).symmetricKeySize, 32);
    assert.strictEqual(crypto.generateKeySync("hmac", { length: 64 }).symmetricKeySize, 8);
  },
  async "keys are made"() {
    for (const [type, options] of [
      ["ec", { namedCurve: "P-256" }],
      ["ec", { namedCurve: "secp384r1" }],
      ["ed25519", {}],
    ]) {
      const { publicKey, privateKey } = crypto.generateKeyPairSync(type, options);
      const hash = type === "ec" ? "sha256" : null;
      assert.ok(crypto.verify(hash, message, publicKey, crypto.sign(hash, message, privateKey)), type);
    }
    const pair = await promisify(crypto.generateKeyPair)("ec", {
      namedCurve: "P-256",
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    assert.match(pair.publicKey, /^-----BEGIN PUBLIC KEY-----/);
    assert.match(pair.privateKey, /^-----BEGIN PRIVATE KEY-----/);
    await new Promise((resolve, reject) =>
      crypto.generateKeyPair("ed25519", undefined, (error, open, secret) => {
        if (error) reject(error);
        else resolve(assert.deepStrictEqual([open.type, secret.type], ["public", "private"]));
      }),
    );
    assert.throws(() => crypto.generateKeyPairSync("nope"), { code: "ERR_INVALID_ARG_VALUE" });
    assert.throws(() => crypto.generateKeyPairSync("ec", { namedCurve: "nope" }), { code: "ERR_CRYPTO_INVALID_CURVE" });
  },
  "secrets are agreed on"() {
    const [a, b] = [crypto.createECDH("prime256v1"), crypto.createECDH("prime256v1")];
    a.generateKeys();
    b.generateKeys();
    assert.strictEqual(
      a.computeSecret(b.getPublicKey()).toString("hex"),
      b.computeSecret(a.getPublicKey("hex", "compressed"), "hex", "hex"),
    );
    assert.strictEqual(a.getPublicKey().length, 65);
    const again = crypto.createECDH("prime256v1").setPrivateKey(a.getPrivateKey("hex"), "hex");
    const key = again === undefined ? a : again;
    assert.strictEqual(key.getPublicKey("hex"), a.getPublicKey("hex"));
    const [x, y] = [crypto.generateKeyPairSync("x25519"), crypto.generateKeyPairSync("x25519")];
    const agree = (one, other) =>
      crypto.diffieHellman({ privateKey: one.privateKey, publicKey: other.publicKey }).toString("hex");
    assert.strictEqual(agree(x, y), agree(y, x));
    assert.throws(() => crypto.createECDH("nope"), { code: "ERR_CRYPTO_INVALID_CURVE" });
  },
  async "keys of the Web become keys of Node"() {
    const web = await crypto.subtle.importKey("raw", Buffer.from("secret"), { name: "HMAC", hash: "SHA-256" }, true, [
      "sign",
    ]);
    const key = crypto.KeyObject.from(web);
    assert.strictEqual(key.export().toString(), "secret");
    assert.strictEqual(
      crypto.createHmac("sha256", key).update("x").digest("hex"),
      crypto.createHmac("sha256", "secret").update("x").digest("hex"),
    );
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
