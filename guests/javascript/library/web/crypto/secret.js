// Algorithms with a secret key: AES and HMAC.

import { Cipher, hmac } from "../../compute.js";
import { fill } from "../random.js";
import {
  allow, base64url, checkJwk, fromBase64url, insides, makeKey, operating, problem, unsupported,
} from "./key.js";
import { BLOCK_BITS, bytes, HASHES, hashOf, integer, optionalBytes, optionalInteger } from "./params.js";

const AES_USAGES = ["encrypt", "decrypt", "wrapKey", "unwrapKey"];
const TAG_BITS = [32, 64, 96, 104, 112, 120, 128];

function jwkOf(key, alg) {
  return { kty: "oct", k: base64url(insides(key)), alg, key_ops: key.usages, ext: key.extractable };
}

function exported(key, format, alg) {
  if (format === "raw" || format === "raw-secret") return insides(key).slice();
  if (format === "jwk") return jwkOf(key, alg);
  throw unsupported(`the format ${format} of ${key.algorithm.name} keys`);
}

function imported(format, data, what, checks) {
  if (format === "raw" || format === "raw-secret") return data.slice();
  if (format !== "jwk") throw unsupported(`the format ${format} of ${what} keys`);
  if (data.kty !== "oct") throw problem("DataError", "the JWK has not the kty oct");
  if (data.k === undefined) throw problem("DataError", "the JWK has no k");
  const material = fromBase64url(data.k, "k");
  checkJwk(data, { kty: "oct", ...checks(material) });
  return material;
}

function aes(mode, parameters, cipher, allowed = AES_USAGES) {
  const name = `AES-${mode}`;
  const alg = (material) => `A${material.length * 8}${mode}`;
  const check = (usages) => allow(usages, allowed, `a key of ${name}`);
  const made = (material, extractable, usages) =>
    makeKey("secret", extractable, { name, length: material.length * 8 }, usages, material);
  const run = (key, data, params, encrypt) => operating(() => cipher(insides(key), data, encrypt, params));
  return {
    name,
    params: {
      encrypt: parameters, decrypt: parameters, wrapKey: parameters, unwrapKey: parameters,
      generateKey: (from) => ({ length: integer(from, "length", 65535) }),
      getKeyLength: (from) => ({ length: integer(from, "length", 65535) }),
    },
    generateKey({ length }, extractable, usages) {
      check(usages);
      if (![128, 192, 256].includes(length)) throw problem("OperationError", `${name} takes 128, 192 or 256 bits`);
      return made(fill(new Uint8Array(length / 8)), extractable, usages);
    },
    importKey(format, data, _, extractable, usages) {
      check(usages);
      const material = imported(format, data, name, (key) => ({ use: "enc", extractable, usages, alg: alg(key) }));
      if (![16, 24, 32].includes(material.length)) throw problem("DataError", `${name} takes 128, 192 or 256 bits`);
      return made(material, extractable, usages);
    },
    exportKey: (format, key) => exported(key, format, alg(insides(key))),
    encrypt: (key, data, params) => run(key, data, params, true),
    decrypt: (key, data, params) => run(key, data, params, false),
    getKeyLength({ length }) {
      if (![128, 192, 256].includes(length)) throw problem("OperationError", `${name} takes 128, 192 or 256 bits`);
      return length;
    },
  };
}

// RFC 3394: the key in halves of a block, turned six times through the cipher.
function wrap(key, data, encrypt) {
  if (data.length % 8 !== 0 || data.length < (encrypt ? 16 : 24)) {
    throw new Error("the length of the data is not right");
  }
  const count = data.length / 8 - (encrypt ? 0 : 1);
  const halves = Array.from({ length: count }, (_, i) => data.slice((encrypt ? i : i + 1) * 8).subarray(0, 8));
  let first = encrypt ? new Uint8Array(8).fill(0xa6) : data.slice(0, 8);
  for (let turn = 0; turn < 6 * count; turn++) {
    const step = encrypt ? turn + 1 : 6 * count - turn;
    const at = (step - 1) % count;
    if (!encrypt) count32(first, step);
    const block = blockOf(key, joined(first, halves[at]), encrypt);
    first = block.slice(0, 8);
    halves[at] = block.slice(8);
    if (encrypt) count32(first, step);
  }
  if (encrypt) return joined(first, ...halves);
  if (first.some((byte) => byte !== 0xa6)) throw new Error("the data was not wrapped with this key");
  return joined(...halves);
}

function count32(half, step) {
  const view = new DataView(half.buffer, half.byteOffset, 8);
  view.setUint32(4, view.getUint32(4) ^ step);
}

// One block by itself.
function blockOf(key, block, encrypt) {
  const cipher = new Cipher(cipherName(key, "cbc"), key, new Uint8Array(16), encrypt, { padding: false });
  return joined(cipher.update(block), cipher.finish());
}

function joined(...pieces) {
  const out = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

const cipherName = (key, mode) => `aes-${key.length * 8}-${mode}`;

function gcm(key, data, encrypt, { iv, additionalData, tagLength = 128 }) {
  if (!TAG_BITS.includes(tagLength)) throw new Error(`a tag has ${TAG_BITS.join(", ")} bits, not ${tagLength}`);
  const size = tagLength / 8;
  if (encrypt) {
    const cipher = new Cipher(cipherName(key, "gcm"), key, iv, true, { aad: additionalData, tagLength: size });
    return joined(cipher.update(data), cipher.finish(), cipher.tag());
  }
  if (data.length < size) throw new Error("the data is shorter than its tag");
  const tag = data.subarray(data.length - size);
  const cipher = new Cipher(cipherName(key, "gcm"), key, iv, false, { aad: additionalData, tag, tagLength: size });
  return joined(cipher.update(data.subarray(0, data.length - size)), cipher.finish(tag));
}

function cbc(key, data, encrypt, { iv }) {
  if (iv.length !== 16) throw new Error("iv must have 16 bytes");
  const cipher = new Cipher(cipherName(key, "cbc"), key, iv, encrypt, {});
  return joined(cipher.update(data), cipher.finish());
}

// Only the last `length` bits of the counter count; where they overflow it goes on from their zero.
function ctr(key, data, encrypt, { counter, length }) {
  if (counter.length !== 16) throw new Error("counter must have 16 bytes");
  if (length === 0 || length > 128) throw new Error("the length of the counter is 1 to 128 bits");
  const bits = BigInt(length);
  const start = BigInt(`0x${counter.toHex()}`);
  const low = start & ((1n << bits) - 1n);
  const left = (1n << bits) - low;
  const blocks = BigInt(Math.ceil(data.length / 16));
  if (blocks > 1n << bits) throw new Error("the data is longer than the counter can count");
  const run = (from, piece) => {
    const cipher = new Cipher(cipherName(key, "ctr"), key, from, encrypt, {});
    return joined(cipher.update(piece), cipher.finish());
  };
  if (blocks <= left) return run(counter, data);
  const cut = Number(left) * 16;
  const again = Uint8Array.fromHex((start - low).toString(16).padStart(32, "0"));
  return joined(run(counter, data.subarray(0, cut)), run(again, data.subarray(cut)));
}

export const AES_GCM = aes("GCM", (from) => ({
  iv: bytes(from, "iv"), additionalData: optionalBytes(from, "additionalData"),
  tagLength: optionalInteger(from, "tagLength", 255),
}), gcm);

export const AES_CBC = aes("CBC", (from) => ({ iv: bytes(from, "iv") }), cbc);

export const AES_CTR = aes("CTR", (from) => ({
  counter: bytes(from, "counter"), length: integer(from, "length", 255),
}), ctr);

const { encrypt, decrypt, ...keyWrap } = aes("KW", () => ({}), wrap, ["wrapKey", "unwrapKey"]);

export const AES_KW = { ...keyWrap, wrapKey: encrypt, unwrapKey: decrypt };

const hmacParams = (from) => ({ hash: hashOf(from), length: optionalInteger(from, "length", 0xffffffff) });
const hmacUsages = (usages) => allow(usages, ["sign", "verify"], "a key of HMAC");
const hmacAlg = (hash) => `HS${hash.name.slice(4)}`;

function hmacKey(material, hash, length, extractable, usages) {
  return makeKey("secret", extractable, { name: "HMAC", hash: { ...hash }, length }, usages, material);
}

function hmacLength({ hash, length = BLOCK_BITS[hash.name] }) {
  if (length === 0) throw problem("OperationError", "a key of HMAC has at least one bit");
  return length;
}

function bitsOf(material, length) {
  if (length % 8 !== 0) material[material.length - 1] &= 0xff << (8 - length % 8);
  return material;
}

export const HMAC = {
  name: "HMAC",
  params: { generateKey: hmacParams, importKey: hmacParams, getKeyLength: hmacParams },
  generateKey(params, extractable, usages) {
    hmacUsages(usages);
    const length = hmacLength(params);
    if (length > 1 << 20) throw problem("OperationError", "a key of HMAC has at most 1048576 bits here");
    const material = bitsOf(fillLong(new Uint8Array(Math.ceil(length / 8))), length);
    return hmacKey(material, params.hash, length, extractable, usages);
  },
  importKey(format, data, { hash, length }, extractable, usages) {
    hmacUsages(usages);
    const material = imported(format, data, "HMAC", () => ({ use: "sig", extractable, usages, alg: hmacAlg(hash) }));
    const bits = material.length * 8;
    if (bits === 0) throw problem("DataError", "a key of HMAC has at least one byte");
    if (length !== undefined && (length > bits || length <= bits - 8)) {
      throw problem("DataError", `the key has ${bits} bits, not ${length}`);
    }
    return hmacKey(bitsOf(material, length ?? bits), hash, length ?? bits, extractable, usages);
  },
  exportKey: (format, key) => exported(key, format, hmacAlg(key.algorithm.hash)),
  sign: (key, data) => operating(() => hmac(HASHES[key.algorithm.hash.name], insides(key), data)),
  verify(key, signature, data) {
    const right = HMAC.sign(key, data);
    if (right.length !== signature.length) return false;
    let different = 0;
    for (let i = 0; i < right.length; i++) different |= right[i] ^ signature[i];
    return different === 0;
  },
  getKeyLength: hmacLength,
};

// The host gives 64 KiB at a time.
function fillLong(material) {
  for (let at = 0; at < material.length; at += 65536) fill(material.subarray(at, at + 65536));
  return material;
}
