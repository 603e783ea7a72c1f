// Ciphers: AES with GCM, CBC and CTR.

import { Cipher } from "../../compute.js";
import { Buffer } from "../buffer.js";
import { invalidType, nodeError, rangeError, typeError } from "../errors.js";
import { StringDecoder } from "../string_decoder.js";
import * as check from "../validate.js";
import { CHUNK, bytesOf, toBuffer } from "./bytes.js";
import { secretBytes } from "./keys.js";
import { LazyTransform } from "./lazy_stream.js";

const SIZES = [128, 192, 256];
export const ciphers = SIZES.flatMap((bits) => ["cbc", "ctr", "gcm"].map((mode) => `aes-${bits}-${mode}`));

const NIDS = { cbc: [419, 423, 427], ctr: [904, 905, 906], gcm: [895, 898, 901] };
const TAGS = [4, 8, 12, 13, 14, 15, 16];

function named(name) {
  const found = `${name}`
    .toLowerCase()
    .replace(/^id-aes(\d+)-gcm$/, "aes-$1-gcm")
    .replace(/^aes(\d+)$/, "aes-$1-cbc");
  return ciphers.includes(found) ? found : undefined;
}

export function cipherInfo(name, { keyLength, ivLength } = {}) {
  const found = typeof name === "number" ? ciphers.find((cipher) => nidOf(cipher) === name) : named(name);
  if (found === undefined) return undefined;
  const [, bits, mode] = found.split("-");
  if (keyLength !== undefined && keyLength !== bits / 8) return undefined;
  if (ivLength !== undefined && (mode === "gcm" ? ivLength < 1 : ivLength !== 16)) return undefined;
  const info = { mode, name: mode === "gcm" ? `id-aes${bits}-GCM` : found, nid: nidOf(found) };
  if (mode === "cbc") info.blockSize = 16;
  return { ...info, ivLength: ivLength ?? (mode === "gcm" ? 12 : 16), keyLength: bits / 8 };
}

function nidOf(cipher) {
  const [, bits, mode] = cipher.split("-");
  return NIDS[mode][SIZES.indexOf(Number(bits))];
}

const unauthentic = () => nodeError("ERR_CRYPTO_AUTH_TAG", "Unsupported state or unable to authenticate data");

const REASONS = {
  "bad decrypt": ["ERR_OSSL_BAD_DECRYPT", "1C800064"],
  "wrong final block length": ["ERR_OSSL_WRONG_FINAL_BLOCK_LENGTH", "1C80006B"],
};

function failure(error) {
  if (error.name !== "OperationError" && error.name !== "DataError") return error;
  if (!Object.hasOwn(REASONS, error.message)) return new Error("Unsupported state or unable to authenticate data");
  const [code, number] = REASONS[error.message];
  return nodeError(code, `error:${number}:Provider routines::${error.message}`, {
    library: "Provider routines",
    reason: error.message,
  });
}

// The host's cipher is made with the first data, since padding, tag and further data may be set before that.
class CipherBase extends LazyTransform {
  #name;
  #key;
  #iv;
  #encrypts;
  #host = null;
  #options = { padding: true };
  #decoder = null;
  #finished = false;

  constructor(encrypts, name, key, iv, options) {
    super(options);
    check.string(name, "cipher");
    const found = named(name);
    const secret = secretBytes(key, options?.encoding);
    if (iv === null || iv === undefined) throw invalidType("iv", CHUNK, iv);
    const vector = bytesOf(iv, "iv");
    if (found === undefined) {
      throw nodeError("ERR_CRYPTO_UNKNOWN_CIPHER", `Unknown cipher: there are ${ciphers.join(", ")}`);
    }
    const [, bits, mode] = found.split("-");
    if (mode === "gcm" ? vector.length === 0 : vector.length !== 16) {
      throw typeError("ERR_CRYPTO_INVALID_IV", "Invalid initialization vector");
    }
    if (secret.length !== bits / 8) throw rangeError("ERR_CRYPTO_INVALID_KEYLEN", "Invalid key length");
    if (options?.authTagLength !== undefined) {
      if (!TAGS.includes(options.authTagLength)) {
        throw typeError("ERR_CRYPTO_INVALID_AUTH_TAG", `Invalid authentication tag length: ${options.authTagLength}`);
      }
      this.#options.tagLength = options.authTagLength;
    }
    [this.#name, this.#key, this.#iv, this.#encrypts] = [found, secret.slice(), vector.slice(), encrypts];
  }

  get #mode() {
    return this.#name.slice(-3);
  }

  #open() {
    this.#host ??= new Cipher(this.#name, this.#key, this.#iv, this.#encrypts, this.#options);
    return this.#host;
  }

  #invalid(action) {
    return nodeError("ERR_CRYPTO_INVALID_STATE", `Invalid state for operation ${action}`);
  }

  #give(bytes, encoding, last) {
    if (!encoding || encoding === "buffer") return toBuffer(bytes);
    this.#decoder ??= new StringDecoder(encoding);
    return this.#decoder.write(toBuffer(bytes)) + (last ? this.#decoder.end() : "");
  }

  update(data, inputEncoding, outputEncoding) {
    if (typeof data !== "string" && !ArrayBuffer.isView(data)) throw invalidType("data", CHUNK, data);
    if (this.#finished) throw this.#invalid("update");
    return this.#give(this.#open().update(bytesOf(data, "data", inputEncoding)), outputEncoding, false);
  }

  final(encoding) {
    if (this.#finished) throw this.#invalid("final");
    if (!this.#encrypts && this.#mode === "gcm" && this.#options.tag === undefined) {
      this.#finished = true;
      throw unauthentic();
    }
    try {
      return this.#give(this.#open().finish(this.#options.tag), encoding, true);
    } catch (error) {
      throw failure(error);
    } finally {
      this.#finished = true;
    }
  }

  setAutoPadding(padding = true) {
    if (this.#finished) throw this.#invalid("setAutoPadding");
    this.#options.padding = Boolean(padding);
    return this;
  }

  setAAD(data, options) {
    if (this.#mode !== "gcm" || this.#finished || this.#host) throw this.#invalid("setAAD");
    const bytes = bytesOf(data, "buffer", options?.encoding);
    this.#options.aad = this.#options.aad ? Buffer.concat([this.#options.aad, bytes]) : bytes.slice();
    return this;
  }

  getAuthTag() {
    if (this.#mode !== "gcm" || !this.#encrypts || !this.#finished) throw this.#invalid("getAuthTag");
    return toBuffer(this.#host.tag());
  }

  setAuthTag(tag, encoding) {
    const bytes = bytesOf(tag, "buffer", encoding);
    if (this.#mode !== "gcm" || this.#encrypts || this.#finished) throw this.#invalid("setAuthTag");
    if (!TAGS.includes(bytes.length) || (this.#options.tagLength && this.#options.tagLength !== bytes.length)) {
      throw typeError("ERR_CRYPTO_INVALID_AUTH_TAG", `Invalid authentication tag length: ${bytes.length}`);
    }
    this.#options.tag = bytes.slice();
    return this;
  }

  _transform(chunk, encoding, callback) {
    try {
      this.push(this.update(chunk, encoding));
    } catch (error) {
      callback(error);
      return;
    }
    callback();
  }

  _flush(callback) {
    try {
      this.push(this.final());
    } catch (error) {
      callback(error);
      return;
    }
    callback();
  }
}

export class Cipheriv extends CipherBase {
  constructor(name, key, iv, options) {
    super(true, name, key, iv, options);
  }
}
export class Decipheriv extends CipherBase {
  constructor(name, key, iv, options) {
    super(false, name, key, iv, options);
  }
}
