// Hashes and HMAC, whose state between pieces is bytes in the guest; BLAKE2 has a handle.

import { bytes, number, parts, problem } from "../host.js";
import { HASH_BYTES, NOTHING, OPS, cut, dropped, join } from "./ops.js";

// Bytes per block, which HMAC needs.
const BLOCKS = {
  "md5": 64, "sha1": 64, "sha224": 64, "sha256": 64, "sha384": 128, "sha512": 128, "sha512-224": 128,
  "sha512-256": 128, "sha3-224": 144, "sha3-256": 136, "sha3-384": 104, "sha3-512": 72, "ripemd160": 64,
  "blake2b512": 128, "blake2s256": 64,
};

/** The names that `hash` knows. */
export const hashes = Object.freeze(Object.keys(BLOCKS));

export function hash(algorithm, data) {
  if (data.length <= HASH_BYTES) return bytes(OPS.HASH, parts(algorithm, data));
  return new Hasher(algorithm).update(data).finish();
}

function spent(what) {
  return problem({ name: "Error", code: "ERR_CRYPTO_HASH_FINALIZED", message: `${what} already called` });
}

/** A hash over data that comes in pieces. */
export class Hasher {
  #algorithm;
  #state = NOTHING;
  #handle = 0;
  // Not the object itself: the engine holds what is registered as the token.
  #token = {};

  /** `from` is the hasher to copy. */
  constructor(algorithm, from) {
    this.#algorithm = algorithm;
    if (algorithm.startsWith("blake2")) {
      this.#handle = from ? number(OPS.HASHER_COPY, parts(from.#handle)) : number(OPS.HASHER_OPEN, parts(algorithm));
      dropped.register(this, this.#handle, this.#token);
    } else {
      this.#state = from ? from.#state : bytes(OPS.HASH_UPDATE, parts(algorithm, NOTHING, NOTHING));
    }
  }

  update(data) {
    if (this.#state === null) throw spent("digest");
    for (const piece of cut(data, HASH_BYTES)) {
      if (this.#handle) number(OPS.HASHER_UPDATE, parts(this.#handle, piece));
      else this.#state = bytes(OPS.HASH_UPDATE, parts(this.#algorithm, this.#state, piece));
    }
    return this;
  }

  copy() {
    if (this.#state === null) throw spent("digest");
    return new Hasher(this.#algorithm, this);
  }

  finish() {
    if (this.#state === null) throw spent("digest");
    const state = this.#state;
    this.#state = null;
    if (!this.#handle) return bytes(OPS.HASH_FINISH, parts(this.#algorithm, state));
    dropped.unregister(this.#token);
    return bytes(OPS.HASHER_FINISH, parts(this.#handle));
  }
}

/** A key of at most one block, which gives the same codes. */
export function shortKey(algorithm, key) {
  return key.length > BLOCKS[algorithm] ? hash(algorithm, key) : key;
}

/** A keyed hash over data that comes in pieces. */
export class Hmac {
  #algorithm;
  #outer;
  #inner;

  constructor(algorithm, key) {
    this.#algorithm = algorithm;
    this.#inner = new Hasher(algorithm);
    const inner = new Uint8Array(BLOCKS[algorithm]).fill(0x36);
    this.#outer = new Uint8Array(BLOCKS[algorithm]).fill(0x5c);
    shortKey(algorithm, key).forEach((byte, i) => {
      inner[i] ^= byte;
      this.#outer[i] ^= byte;
    });
    this.#inner.update(inner);
  }

  update(data) {
    this.#inner.update(data);
    return this;
  }

  finish() {
    return hash(this.#algorithm, join([this.#outer, this.#inner.finish()]));
  }
}

export function hmac(algorithm, key, data) {
  if (key.length + data.length <= HASH_BYTES) return bytes(OPS.HMAC, parts(algorithm, key, data));
  return new Hmac(algorithm, key).update(data).finish();
}
