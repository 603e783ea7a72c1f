// Hashes and HMAC.

import { Hasher, Hmac as HostHmac, hash as hashOnce, hashes, hmac as hmacOnce } from "../../compute.js";
import { invalidType, nodeError, typeError } from "../errors.js";
import * as check from "../validate.js";
import { CHUNK, bytesOf, output } from "./bytes.js";
import { secretBytes } from "./keys.js";
import { LazyTransform } from "./lazy_stream.js";

// Data up to here is held until it is known whether more comes.
const HELD = 64 << 10;

/** The host's name of a hash, or `undefined`. */
export function hashName(algorithm) {
  if (hashes.includes(algorithm)) return algorithm;
  const name = `${algorithm}`
    .toLowerCase()
    .replace(/^rsa-/, "")
    .replace(/^sha2?-(?=\d)/, "sha")
    .replace("/", "-")
    .replace("rmd160", "ripemd160")
    .replace(/^sha-1$/, "sha1")
    .replace(/^(blake2[bs])-(\d+)$/, "$1$2");
  return hashes.includes(name) ? name : undefined;
}

export function needHash(algorithm, name = "digest") {
  check.string(algorithm, name);
  const found = hashName(algorithm);
  if (found === undefined) throw typeError("ERR_CRYPTO_INVALID_DIGEST", `Invalid digest: ${algorithm}`);
  return found;
}

const finalized = () => nodeError("ERR_CRYPTO_HASH_FINALIZED", "Digest already called");

// What `Hash` and `Hmac` share: short data is kept, so that it takes one call of the host.
class Digester extends LazyTransform {
  #held = null;
  #state = null;
  #done = null;

  _state() {
    return this.#state;
  }
  _parts() {
    return { held: this.#held, state: this.#state, done: this.#done !== null };
  }
  _take({ held, state }) {
    this.#held = held;
    this.#state = state;
  }

  update(data, encoding) {
    if (this.#done !== null) throw finalized();
    const bytes = bytesOf(data, "data", encoding, CHUNK);
    if (this.#state === null && this.#held === null && bytes.length <= HELD) {
      this.#held = typeof data === "string" ? bytes : bytes.slice();
      return this;
    }
    this.#state ??= this._open();
    if (this.#held !== null) this.#state.update(this.#held);
    this.#held = null;
    this.#state.update(bytes);
    return this;
  }

  _finish() {
    return this.#state === null
      ? this._once(this.#held ?? new Uint8Array(0))
      : (() => {
          if (this.#held !== null) this.#state.update(this.#held);
          return this.#state.finish();
        })();
  }

  _end() {
    this.#done = this._finish();
    this.#held = this.#state = null;
    return this.#done;
  }

  get _ended() {
    return this.#done !== null;
  }

  _transform(chunk, encoding, callback) {
    this.update(chunk, encoding);
    callback();
  }

  _flush(callback) {
    this.push(this.digest());
    callback();
  }
}

export class Hash extends Digester {
  #algorithm;

  constructor(algorithm, options) {
    super(options);
    if (algorithm instanceof Hash) {
      this.#algorithm = algorithm.#algorithm;
      return;
    }
    check.string(algorithm, "algorithm");
    this.#algorithm = hashName(algorithm);
    if (this.#algorithm === undefined) throw nodeError("ERR_OSSL_EVP_UNSUPPORTED", "Digest method not supported");
    if (
      options?.outputLength !== undefined &&
      options.outputLength !== hashOnce(this.#algorithm, new Uint8Array(0)).length
    ) {
      throw nodeError(
        "ERR_OSSL_EVP_NOT_XOF_OR_INVALID_LENGTH",
        "Unsupported state or unable to change the length of the digest",
      );
    }
  }

  _open() {
    return new Hasher(this.#algorithm);
  }
  _once(data) {
    return hashOnce(this.#algorithm, data);
  }

  copy(options) {
    if (this._ended) throw finalized();
    const copy = new Hash(this, options);
    const { held, state } = this._parts();
    copy._take({ held, state: state?.copy() ?? null });
    return copy;
  }

  digest(encoding) {
    if (this._ended) throw finalized();
    return output(this._end(), encoding);
  }
}

export class Hmac extends Digester {
  #algorithm;
  #key;

  constructor(algorithm, key, options) {
    super(options);
    check.string(algorithm, "hmac");
    this.#key = secretBytes(key, options?.encoding).slice();
    this.#algorithm = needHash(algorithm);
  }

  _open() {
    return new HostHmac(this.#algorithm, this.#key);
  }
  _once(data) {
    return hmacOnce(this.#algorithm, this.#key, data);
  }

  // A second digest is empty, as Node has it.
  digest(encoding) {
    return output(this._ended ? new Uint8Array(0) : this._end(), encoding);
  }
}

export function hash(algorithm, data, options = "hex") {
  check.string(algorithm, "algorithm");
  const name = hashName(algorithm);
  if (name === undefined) throw nodeError("ERR_OSSL_EVP_UNSUPPORTED", "Digest method not supported");
  const encoding = typeof options === "object" ? (options.outputEncoding ?? "hex") : options;
  if (typeof data !== "string" && !ArrayBuffer.isView(data)) throw invalidType("input", CHUNK, data);
  return output(hashOnce(name, bytesOf(data, "input")), encoding);
}

export const getHashes = () => [
  "RSA-MD5",
  "RSA-RIPEMD160",
  "RSA-SHA1",
  "RSA-SHA224",
  "RSA-SHA256",
  "RSA-SHA384",
  "RSA-SHA512",
  ...hashes,
  "rmd160",
];
