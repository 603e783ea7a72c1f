// crypto: randomness, digests and everything of crypto.subtle. Known answers are those of the RFCs and of Node.

let checks = 0;

const hex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const utf8 = (text) => new TextEncoder().encode(text);
const { subtle } = crypto;

function same(actual, expected, what) {
  checks++;
  const [got, want] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (got !== want) throw new Error(`${what}: got ${got}, want ${want}`);
}

async function fails(promise, name, what) {
  checks++;
  try {
    await promise;
  } catch (error) {
    if (error.name !== name) throw new Error(`${what}: failed with ${error}, want ${name}`);
    return;
  }
  throw new Error(`${what}: did not fail`);
}

const raw = (bytes, algorithm, usages, extractable = true) => subtle.importKey("raw", bytes, algorithm, extractable,
  usages);

async function randomness() {
  const a = crypto.getRandomValues(new Uint32Array(8));
  same(a.some((word) => word !== 0), true, "getRandomValues");
  const uuid = crypto.randomUUID();
  same(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(uuid), true, uuid);
  same(crypto.randomUUID() === uuid, false, "another UUID");
  const name = (run) => { try { run(); } catch (error) { return error.name; } return "none"; };
  same(name(() => crypto.getRandomValues(new Float32Array(1))), "TypeMismatchError", "floats");
  same(name(() => crypto.getRandomValues(new Uint8Array(65537))), "QuotaExceededError", "too much");
  same(/^Type/.test(name(() => crypto.getRandomValues([]))), true, "no typed array");
}

async function digests() {
  for (const [name, want] of [
    ["SHA-1", "a9993e364706816aba3e25717850c26c9cd0d89d"],
    ["SHA-256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    ["sha-384", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"],
    ["SHA-512", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebb" +
      "d454d4423643ce80e2a9ac94fa54ca49f"],
  ]) same(hex(await subtle.digest(name, utf8("abc"))), want, name);
  same(hex(await subtle.digest({ name: "SHA-256" }, new Uint8Array(3_000_000))),
    "35bce4eae54ec8e6cc2868baa8d157914d6ae2858811b4cc0c078c94460fa26f", "long data");
  same(hex(await subtle.digest("SHA-1", new ArrayBuffer(0))), "da39a3ee5e6b4b0d3255bfef95601890afd80709", "no data");
  await fails(subtle.digest("MD5", utf8("")), "NotSupportedError", "MD5");
  await fails(subtle.digest("SHA-256", "text"), "TypeError", "text");
  await fails(subtle.digest("SHA-256"), "TypeError", "nothing");
}

async function hmacs() {
  const key = await raw(utf8("key"), { name: "HMAC", hash: "SHA-256" }, ["sign", "verify"]);
  const signature = await subtle.sign("HMAC", key, utf8("The quick brown fox jumps over the lazy dog"));
  same(hex(signature), "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8", "HMAC");
  same(await subtle.verify("HMAC", key, signature, utf8("The quick brown fox jumps over the lazy dog")), true,
    "verify");
  same(await subtle.verify("HMAC", key, signature, utf8("another")), false, "verify another");
  same(await subtle.verify("HMAC", key, new Uint8Array(3), utf8("another")), false, "verify a short one");
  const jwk = await subtle.exportKey("jwk", key);
  same([jwk.kty, jwk.k, jwk.alg, jwk.ext, jwk.key_ops], ["oct", "a2V5", "HS256", true, ["sign", "verify"]], "JWK");
  const back = await subtle.importKey("jwk", jwk, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  same([back.type, back.extractable, back.usages, back.algorithm.hash.name, back.algorithm.length],
    ["secret", false, ["verify"], "SHA-256", 24], "CryptoKey");
  await fails(subtle.exportKey("raw", back), "InvalidAccessError", "not extractable");
  await fails(subtle.sign("HMAC", back, utf8("")), "InvalidAccessError", "not to sign");
  await fails(raw(utf8("k"), { name: "HMAC", hash: "SHA-256" }, ["encrypt"]), "SyntaxError", "a wrong usage");
  await fails(raw(utf8("k"), { name: "HMAC", hash: "SHA-256" }, []), "SyntaxError", "no usage");
  await fails(raw(utf8("k"), { name: "HMAC", hash: "SHA-256" }, ["dance"]), "TypeError", "an unknown usage");
  await fails(raw(utf8("k"), { name: "HMAC" }, ["sign"]), "TypeError", "no hash");
  await fails(raw(utf8("k"), "NOPE", ["sign"]), "NotSupportedError", "an unknown algorithm");
  const made = await subtle.generateKey({ name: "HMAC", hash: "SHA-512" }, true, ["sign"]);
  same((await subtle.exportKey("raw", made)).byteLength, 128, "a generated key");
}

async function aes() {
  const key = await raw(unhex("feffe9928665731c6d6a8f9467308308"), "AES-GCM", ["encrypt", "decrypt"]);
  const plain = unhex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e244" +
    "9a6b525b16aedf5aa0de657ba637b39");
  const params = { name: "AES-GCM", iv: unhex("cafebabefacedbaddecaf888"),
    additionalData: unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2") };
  const sealed = await subtle.encrypt(params, key, plain);
  same(hex(sealed), "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac8" +
    "4aa051ba30b396a0aac973d58e091" +
    "5bc94fbc3221a5db94fae95ae7121a47", "GCM");
  same(hex(await subtle.decrypt(params, key, sealed)), hex(plain), "GCM back");
  const broken = new Uint8Array(sealed);
  broken[0] ^= 1;
  await fails(subtle.decrypt(params, key, broken), "OperationError", "broken GCM");
  await fails(subtle.decrypt(params, key, new Uint8Array(3)), "OperationError", "short GCM");
  await fails(subtle.encrypt({ ...params, tagLength: 5 }, key, plain), "OperationError", "a wrong tag length");
  await fails(subtle.encrypt({ name: "AES-GCM" }, key, plain), "TypeError", "no iv");
  await fails(subtle.encrypt({ ...params, name: "AES-CBC", iv: new Uint8Array(16) }, key, plain), "InvalidAccessError",
    "a key of another mode");
  same((await subtle.encrypt({ ...params, tagLength: 96 }, key, plain)).byteLength, 72, "a shorter tag");
  const long = new Uint8Array(600_000).fill(7);
  same(hex(await subtle.digest("SHA-1", await subtle.decrypt(params, key, await subtle.encrypt(params, key, long)))),
    hex(await subtle.digest("SHA-1", long)), "long data");

  const cbc = await raw(unhex("2b7e151628aed2a6abf7158809cf4f3c"), "AES-CBC", ["encrypt", "decrypt"]);
  const iv = unhex("000102030405060708090a0b0c0d0e0f");
  const block = unhex("6bc1bee22e409f96e93d7e117393172a");
  const cbcText = await subtle.encrypt({ name: "AES-CBC", iv }, cbc, block);
  same(hex(cbcText).slice(0, 32), "7649abac8119b246cee98e9b12e9197d", "CBC");
  same([cbcText.byteLength, hex(await subtle.decrypt({ name: "AES-CBC", iv }, cbc, cbcText))], [32, hex(block)],
    "CBC back");
  await fails(subtle.decrypt({ name: "AES-CBC", iv }, cbc, cbcText.slice(0, 16)), "OperationError",
    "CBC without its padding");
  await fails(subtle.encrypt({ name: "AES-CBC", iv: new Uint8Array(8) }, cbc, block), "OperationError", "a short iv");

  const ctr = await raw(unhex("2b7e151628aed2a6abf7158809cf4f3c"), "AES-CTR", ["encrypt", "decrypt"]);
  const counter = unhex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
  same(hex(await subtle.encrypt({ name: "AES-CTR", counter, length: 128 }, ctr, block)),
    "874d6191b620e3261bef6864990db6ce", "CTR");
  const wraps = await subtle.encrypt({ name: "AES-CTR", counter, length: 4 }, ctr, new Uint8Array(48));
  const first = await subtle.encrypt({ name: "AES-CTR", counter: unhex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfef0"), length: 4 },
    ctr, new Uint8Array(32));
  same(hex(wraps).slice(32), hex(first), "the counter wraps");
  await fails(subtle.encrypt({ name: "AES-CTR", counter, length: 1 }, ctr, new Uint8Array(48)), "OperationError",
    "too long for the counter");

  for (const length of [128, 256]) {
    const made = await subtle.generateKey({ name: "AES-GCM", length }, true, ["encrypt"]);
    same([made.algorithm.length, (await subtle.exportKey("raw", made)).byteLength], [length, length / 8],
      `a key of ${length} bits`);
    same((await subtle.exportKey("jwk", made)).alg, `A${length}GCM`, "alg");
  }
  await fails(subtle.generateKey({ name: "AES-GCM", length: 100 }, true, ["encrypt"]), "OperationError", "100 bits");
  await fails(raw(new Uint8Array(5), "AES-CBC", ["encrypt"]), "DataError", "5 bytes");
}

async function derivation() {
  const secret = await raw(utf8("password"), "PBKDF2", ["deriveBits", "deriveKey"], false);
  const params = { name: "PBKDF2", hash: "SHA-256", salt: utf8("salt"), iterations: 4096 };
  same(hex(await subtle.deriveBits(params, secret, 256)), "c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963" +
    "873aa98134a", "PBKDF2");
  const key = await subtle.deriveKey(params, secret, { name: "AES-GCM", length: 256 }, true, ["encrypt"]);
  same(hex(await subtle.exportKey("raw", key)), "c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a",
    "deriveKey");
  await fails(subtle.deriveBits(params, secret, 12), "OperationError", "12 bits");
  await fails(subtle.deriveBits({ ...params, iterations: 0 }, secret, 128), "OperationError", "no iterations");
  await fails(raw(utf8("p"), "PBKDF2", ["deriveBits"], true), "SyntaxError", "extractable");
  // RFC 5869, test case 1.
  const base = await raw(unhex("0b".repeat(22)), "HKDF", ["deriveBits"], false);
  const hkdf = { name: "HKDF", hash: "SHA-256", salt: unhex("000102030405060708090a0b0c"),
    info: unhex("f0f1f2f3f4f5f6f7f8f9") };
  same(hex(await subtle.deriveBits(hkdf, base, 336)),
    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865", "HKDF");
  await fails(subtle.deriveKey(hkdf, base, { name: "AES-GCM", length: 128 }, true, ["encrypt"]), "InvalidAccessError",
    "not for deriveKey");
}

async function signing(algorithm, params, sizes) {
  const { privateKey, publicKey } = await subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const what = `${algorithm.name} ${algorithm.namedCurve ?? ""}`;
  same([privateKey.type, privateKey.usages, publicKey.type, publicKey.usages, publicKey.extractable],
    ["private", ["sign"], "public", ["verify"], true], `${what} keys`);
  const message = utf8("a message");
  const signature = await subtle.sign(params, privateKey, message);
  same(signature.byteLength, sizes.signature, `${what} signature`);
  same(await subtle.verify(params, publicKey, signature, message), true, `${what} verify`);
  same(await subtle.verify(params, publicKey, signature, utf8("another")), false, `${what} verify another`);
  same(await subtle.verify(params, publicKey, new Uint8Array(5), message), false, `${what} verify what is none`);
  for (const format of ["jwk", "pkcs8"]) {
    const again = await subtle.importKey(format, await subtle.exportKey(format, privateKey), algorithm, true, ["sign"]);
    const other = await subtle.sign(params, again, message);
    same(await subtle.verify(params, publicKey, other, message), true, `${what} private as ${format}`);
  }
  for (const format of ["jwk", "spki", "raw"]) {
    const exported = await subtle.exportKey(format, publicKey);
    if (format === "raw") same(exported.byteLength, sizes.raw, `${what} raw`);
    const again = await subtle.importKey(format, exported, algorithm, true, ["verify"]);
    same(await subtle.verify(params, again, signature, message), true, `${what} public as ${format}`);
  }
  await fails(subtle.sign(params, publicKey, message), "InvalidAccessError", `${what} sign with the public key`);
  await fails(subtle.importKey("raw", new Uint8Array(7), algorithm, true, ["verify"]), "DataError",
    `${what} of 7 bytes`);
  await fails(subtle.importKey("pkcs8", new Uint8Array(7), algorithm, true, ["sign"]), "DataError",
    `${what} of 7 bytes as pkcs8`);
  await fails(subtle.exportKey("pkcs8", publicKey), "InvalidAccessError", `${what} public as pkcs8`);
}

async function pairs() {
  await signing({ name: "ECDSA", namedCurve: "P-256" }, { name: "ECDSA", hash: "SHA-256" }, { signature: 64, raw: 65 });
  await signing({ name: "ECDSA", namedCurve: "P-384" }, { name: "ECDSA", hash: "SHA-384" }, { signature: 96, raw: 97 });
  await signing({ name: "Ed25519" }, { name: "Ed25519" }, { signature: 64, raw: 32 });
  // RFC 8032, test 2.
  const jwk = {
    kty: "OKP", crv: "Ed25519", d: "TM0Imyj_ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U-4pvs",
      x: "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw",
  };
  const key = await subtle.importKey("jwk", jwk, "Ed25519", true, ["sign"]);
  same(hex(await subtle.sign("Ed25519", key, unhex("72"))), "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb37" +
    "62223ebdb69da" +
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00", "a known Ed25519 signature");
  await fails(subtle.importKey("jwk", { ...jwk, crv: "Ed448" }, "Ed25519", true, ["sign"]), "DataError", "another crv");
  await fails(subtle.importKey("jwk", { ...jwk, key_ops: ["verify"] }, "Ed25519", true, ["sign"]), "DataError",
    "other key_ops");
  for (const [algorithm, bits] of [[{ name: "ECDH", namedCurve: "P-256" }, 256], [{ name: "X25519" }, 256]]) {
    const [a, b] = [await subtle.generateKey(algorithm, true, ["deriveBits"]),
      await subtle.generateKey(algorithm, true, ["deriveBits", "deriveKey"])];
    const one = await subtle.deriveBits({ name: algorithm.name, public: b.publicKey }, a.privateKey, bits);
    const two = await subtle.deriveBits({ name: algorithm.name, public: a.publicKey }, b.privateKey, bits);
    same([hex(one), one.byteLength], [hex(two), 32], `${algorithm.name} agrees`);
    same((await subtle.deriveBits({ name: algorithm.name, public: a.publicKey }, b.privateKey, 128)).byteLength, 16,
      "half of it");
    const derived = await subtle.deriveKey({ name: algorithm.name, public: a.publicKey }, b.privateKey,
      { name: "AES-GCM", length: 256 }, true, ["encrypt"]);
    same(hex(await subtle.exportKey("raw", derived)), hex(one), `${algorithm.name} deriveKey`);
  }
  await fails(subtle.generateKey({ name: "ECDSA", namedCurve: "P-1" }, true, ["sign"]), "NotSupportedError",
    "an unknown curve");
  await fails(subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, []), "SyntaxError", "no usage");
}

async function others() {
  // Made by Node.
  const jwk = {
    kty: "RSA", e: "AQAB",
    n: "qS9bCxmj6KE-Ozs7txILotJWS_5v9suv3VcX2n21AIMSbZqFQA-Mcx0Nb6RTjx1OM7J4oHS2i_bfCxzrjGprup7V2yw6NwukTWMvjxw7" +
      "kQyTUBoX1ylBXcgqK-Arb2l_uVQ8Y3YN1zjeJpILwDnbBOXYKdjy2hoHHeTCs3rOK6Ab2UknOE51_dSQXqi20CTVPgjPg7VxDNGFHZhE" +
      "URfs1dlzDCLBod8YqR-4R9_Wzp0rKGjyONVlYoRpwK7yjZ1UCkGdIkZwHBKV1G7gMRdkmJKyVel51mRKsN2ohFC_9Mm9EZCSqLFx1szF" +
      "eXDHK4Kg-lwVhOwy74nv8xCyVEB7rQ",
    d: "FwiZ-hRnEuRk_xZs5ltAF05Qrm75Gl4X1uglGLuVmXi-2Qo5CwQy6HcznZf_QlRIkdRCBQJu2fZl3nL1BLx2Z0V5sym90UG2AE05K-A5" +
      "oeFW6whqZ4I34oc-apPOBhCUcYxs3lOzxbH52MF4dRbLYUrTl7rwMU5q2qCK-3mEOT8Nyd0hLMsr-WjNiZmlawYv6IjSi_QgeNTC52gi" +
      "BI5l766UGz_7k3c5Q-p598mi9Nggr7jLSK6-04Sexo88k81SUXY3NLD1-T1Kn-qsuclV5PVaQqE3OS0tAora7iriVu1gDnjhN1j6zD6I" +
      "JcZixnXgk7-52N8DvarWZCm73nRmkQ",
    p: "3-IwNRLQH5DmcOeCan--8JiKnfELEeQGW_65P3VDBpRwsI_RgbgzMVTl18zApYOz9xr7TyHRnB7ddBrp_fhqnvwh8qgtn3ZzLfxo6Fho" +
      "4u_u10AXR5ma1qHWclGp-d8-tBjkEcvVBGWYnTkpIzWyXyXkaFZfUKPnb1D0y7dtkek",
    q: "wXRwS8uX0oOS_GDk4YT1NYzXHuMGhEI40BYEztAVumXyituSFUdXNslAdwSJbiIuUf8RmDO_nWqEMP2jAmk3hiLsj8Djca_JRTxkWEPt" +
      "xB08OupW_BmDe9eZnGV4LbV9-xp5aai8v3b9bmhKCOa-_4UvJD-yjX4Se9d8Z1_rHSU",
    dp: "zFp9fjRJ3EY60Vu_4s3vz1StUjUu0Ym9dEMxfAbgwyTDJ6ZeqXUk5SaFFVFDltB8eFUchsJrvYE-yje21abmS3AA3Kk924wW3ibC6zGn" +
      "q10uOTO7DBPdDYRzZa285OMtLN57bvMK4RSLFReTwRvGUKsZrVMJdWXmXekbSMeJL-E",
    dq: "iDi5qmWebrn_kn-YK8U39ZFLGZC7Uf5fiwc2M3sLEcof0-9xGlK18vobzrL_IvIms85sUUR_NRWAKA8x7cyxMF7_POqSPceObpZsAksy" +
      "7dm4Q7QntDUzBM14eUxqJ6WZJGwr-l67KgdbxZbiKwpwi_T4kQnZbRDNay79hr1gDZE",
    qi: "BfIyB6od29akUG6lSTMowwGO6PTsRfLhef-tcifeWq-66bGpbnGnrK-Za-cM-ttrAEuky4x79rhwNDtijZYdgKV4aZXuYd8LFiiawV62" +
      "MxyOM9njeJcUaz4FvDNw093Rr77cw1q8vIumtT6YL9RgsPAFozZmFyXL3Rp64lBZI18",
  };
  const message = utf8("a message");
  const known = unhex("4df23fd1bba986fea951851ee7d5124a54a788c9bbf7f17572bdf63d46020d5d60a7880968704c89e31478590" +
    "2bca5509cb9862d" +
    "7249df45b6ea484153da66954a85ce15f61653951f01fa48536484d9ca7415536df0109710f19b6acebe872af7288de2f1d932f0" +
    "53109826f04134f17e18e839296698c5edfbd70323c5baccdcffe887eb64fd33d8ae8543ee00e5832acb97bbc8a5d44c4e71b110" +
    "564cd053e427b7deef74595e28914ab241347203a4a4c8111a99d6290f790145a34f023754b1045aae9f61fb3124b3db05a1869f" +
    "431e41d2ef00f7a5dfce8208d9082265797add8c14bf0c5d3c5c959b7d9da524cd4f0935d25ff1aee14c064840743e61");
  const pkcs1 = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const secret = await subtle.importKey("jwk", jwk, pkcs1, true, ["sign"]);
  same([secret.algorithm.modulusLength, [...secret.algorithm.publicExponent], secret.algorithm.hash.name],
    [2048, [1, 0, 1], "SHA-256"], "RSA");
  same(hex(await subtle.sign(pkcs1, secret, message)), hex(known), "a known RSA signature");
  const open = await subtle.importKey("jwk", { kty: "RSA", n: jwk.n, e: jwk.e }, pkcs1, true, ["verify"]);
  same(await subtle.verify(pkcs1, open, known, message), true, "RSA verify");
  same((await subtle.exportKey("jwk", open)).alg, "RS256", "RSA alg");
  const pss = { name: "RSA-PSS", hash: "SHA-256", saltLength: 32 };
  const pssSecret = await subtle.importKey("pkcs8", await subtle.exportKey("pkcs8", secret), pss, false, ["sign"]);
  const pssOpen = await subtle.importKey("spki", await subtle.exportKey("spki", open), pss, false, ["verify"]);
  same(await subtle.verify(pss, pssOpen, await subtle.sign(pss, pssSecret, message), message), true, "RSA-PSS");
  same(await subtle.verify(pss, pssOpen, known, message), false, "RSA-PSS of another signature");
  await fails(subtle.importKey("jwk", { ...jwk, alg: "RS512" }, pkcs1, true, ["sign"]), "DataError", "another alg");
  const large = {
    kty: "EC", crv: "P-521",
    x: "ARljgP9oNjzgAppuayNoD0NoDGviT8O4K-97r6P-ORTt-aN9Qbzu23LHbxb1RgQxQMW9gNDpJIT1EMS3tu2eA4Yv",
    y: "AdPMLutt7xl8dTEgn0zxJdHyoZ8k2uwW9W9j8B8nCpMmE8ZdTkGYyGceoW6PYqA2Ch6qmrKkYs5msW8ZD7ObFOIQ",
    d: "AOs4quog_StWB0LAiBNW7zEw_UMvB1tnkL5Uz1UhOSthm-jNte8yhHrndk2kDWMzChX2BWxGg7GN9DFK7i33bkvf",
  };
  const ecdsa = { name: "ECDSA", namedCurve: "P-521", hash: "SHA-512" };
  const signer = await subtle.importKey("jwk", large, ecdsa, true, ["sign"]);
  const checker = await subtle.importKey("jwk", { ...large, d: undefined }, ecdsa, true, ["verify"]);
  same(await subtle.verify(ecdsa, checker, await subtle.sign(ecdsa, signer, message), message), true, "P-521");
  same(await subtle.verify(ecdsa, checker, unhex("01f7629a2f20a9784916c62ec0d25e2de414c96a4c4be114278510d3cd0a68" +
    "7f8dbc41c93312fc109fdfe163eaa276bd985bf223" +
    "8d36fd3a5272df5bd550e1ff633c012eb20b12dd12a73e1bb6bb7cb6cb338d6153d9066b01aa9a67bf78726e89a611435dbc5547" +
    "b4d8abafb2f4623c367e7d9d9ee6dc659c359fec47c6f1b7b69ac8f0"), message), true, "a known P-521 signature");
}

async function wrapping() {
  // RFC 3394, 4.6.
  const kek = await raw(unhex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"), "AES-KW",
    ["wrapKey", "unwrapKey"]);
  const inner = unhex("00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f");
  const sealed = await subtle.wrapKey("raw", await raw(inner, "AES-GCM", ["encrypt"]), kek, "AES-KW");
  same(hex(sealed), "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21", "AES-KW");
  const opened = await subtle.unwrapKey("raw", sealed, kek, "AES-KW", "AES-GCM", true, ["encrypt"]);
  same(hex(await subtle.exportKey("raw", opened)), hex(inner), "AES-KW back");
  await fails(subtle.unwrapKey("raw", new Uint8Array(40), kek, "AES-KW", "AES-GCM", true, ["encrypt"]),
    "OperationError", "what was not wrapped");

  const wrapper = await raw(new Uint8Array(16).fill(3), "AES-GCM", ["wrapKey", "unwrapKey"]);
  const iv = new Uint8Array(12);
  const key = await raw(utf8("secret key 12345"), "AES-CBC", ["encrypt"]);
  for (const format of ["raw", "jwk"]) {
    const wrapped = await subtle.wrapKey(format, key, wrapper, { name: "AES-GCM", iv });
    const back = await subtle.unwrapKey(format, wrapped, wrapper, { name: "AES-GCM", iv }, "AES-CBC", true,
      ["encrypt"]);
    same(hex(await subtle.exportKey("raw", back)), hex(utf8("secret key 12345")), `wrapped as ${format}`);
  }
}

export const handler = async () => {
  await randomness();
  await digests();
  await hmacs();
  await aes();
  await derivation();
  await pairs();
  await others();
  await wrapping();
  const name = (() => { try { new CryptoKey(); } catch (error) { return error.name; } return "none"; })();
  same(name, "TypeError", "CryptoKey has no constructor");
  return { checks };
};
