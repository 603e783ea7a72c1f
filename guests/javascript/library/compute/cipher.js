// AES in pieces of any size; the state between them is bytes in the guest.

import { bytes, parts, problem } from "../host.js";
import { CIPHER_BYTES, NOTHING, OPS, cut, join, unpack } from "./ops.js";

const CIPHERS = /^aes-(128|192|256)-(gcm|cbc|ctr)$/;
const BLOCK = 16;

function cipherProblem(message, code) {
  return problem({ name: "OperationError", code, message });
}

/** AES in the modes GCM, CBC and CTR. What `update` of GCM gives when it decrypts is not checked before `finish`. */
export class Cipher {
  #mode;
  #key;
  #encrypt;
  #state;
  #position = 0;
  #held = NOTHING;
  #padding;
  #tag;
  #tagLength;
  #finished = false;

  constructor(name, key, iv, encrypt, { aad = NOTHING, tag, tagLength = 16, padding = true } = {}) {
    const found = CIPHERS.exec(name);
    if (!found) {
      const message = `Unknown cipher: ${name}; there are aes-128, 192 and 256 with gcm, cbc and ctr`;
      throw problem({ name: "NotSupportedError", code: "ERR_CRYPTO_UNKNOWN_CIPHER", message });
    }
    if (key.length * 8 !== Number(found[1])) {
      const message = `Invalid key length: ${name} takes ${found[1] / 8} bytes`;
      throw problem({ name: "RangeError", code: "ERR_CRYPTO_INVALID_KEYLEN", message });
    }
    this.#mode = found[2];
    if (this.#mode === "gcm" ? iv.length === 0 : iv.length !== BLOCK) {
      throw problem({ name: "TypeError", code: "ERR_CRYPTO_INVALID_IV", message: "Invalid initialization vector" });
    }
    this.#key = key.slice();
    this.#encrypt = Boolean(encrypt);
    this.#padding = padding;
    this.#tag = tag;
    this.#tagLength = tagLength;
    this.#state = this.#mode === "gcm" ? bytes(OPS.GCM_START, parts(key, iv, aad)) : iv.slice();
  }

  update(data) {
    if (this.#finished) throw cipherProblem("the cipher has finished", "ERR_CRYPTO_INVALID_STATE");
    if (this.#mode === "cbc") {
      data = join([this.#held, data]);
      let whole = data.length - data.length % BLOCK;
      // The last block of what is decrypted may be padding.
      if (!this.#encrypt && this.#padding && whole === data.length && whole > 0) whole -= BLOCK;
      this.#held = data.slice(whole);
      data = data.subarray(0, whole);
    }
    return join(Array.from(cut(data, CIPHER_BYTES), (piece) => this.#step(piece)));
  }

  #step(piece) {
    const direction = this.#encrypt ? 1 : 0;
    if (this.#mode === "cbc") {
      const done = bytes(OPS.CBC, parts(direction, this.#key, this.#state, piece));
      this.#state = (this.#encrypt ? done : piece).slice(-BLOCK);
      return done;
    }
    if (this.#mode === "ctr") {
      const done = bytes(OPS.CTR, parts(this.#key, this.#state, this.#position, piece));
      this.#position += piece.length;
      return done;
    }
    const [state, done] = unpack(bytes(OPS.GCM_UPDATE, parts(direction, this.#key, this.#state, piece)));
    this.#state = state;
    return done;
  }

  /** Gives what is left; throws where the padding or the tag is not right. `tag` may come here at the latest. */
  finish(tag = this.#tag) {
    if (this.#finished) throw cipherProblem("the cipher has finished", "ERR_CRYPTO_INVALID_STATE");
    this.#finished = true;
    if (this.#mode === "cbc") return this.#last();
    if (this.#mode === "gcm") {
      if (!this.#encrypt && tag === undefined) {
        throw cipherProblem("the tag of the data was not given", "ERR_CRYPTO_INVALID_STATE");
      }
      this.#tag = bytes(OPS.GCM_FINISH, parts(this.#key, this.#state, this.#encrypt ? NOTHING : tag));
    }
    return new Uint8Array(0);
  }

  #last() {
    const held = this.#held;
    if (!this.#padding && held.length === 0) return new Uint8Array(0);
    if (this.#encrypt && this.#padding) {
      const pad = BLOCK - held.length;
      return this.#step(join([held, new Uint8Array(pad).fill(pad)]));
    }
    if (!this.#padding || held.length !== BLOCK) {
      throw cipherProblem("wrong final block length", "ERR_OSSL_WRONG_FINAL_BLOCK_LENGTH");
    }
    const block = this.#step(held);
    const pad = block[BLOCK - 1];
    if (pad === 0 || pad > BLOCK || block.subarray(BLOCK - pad).some((byte) => byte !== pad)) {
      throw cipherProblem("bad decrypt", "ERR_OSSL_BAD_DECRYPT");
    }
    return block.slice(0, BLOCK - pad);
  }

  /** The tag of what was encrypted with GCM; after `finish`. */
  tag() {
    if (this.#mode !== "gcm" || !this.#encrypt || !this.#finished) {
      throw cipherProblem("there is a tag after GCM has encrypted and finished", "ERR_CRYPTO_INVALID_STATE");
    }
    return this.#tag.slice(0, this.#tagLength);
  }
}
