// Compression and decompression, each with a handle at the host until it has finished.

import { bytes, json, number, parts, problem } from "../host.js";
import { HASH_BYTES, NOTHING, OPS, PRESS_BYTES, THOROUGH_BYTES, cut, dropped, join } from "./ops.js";

const PUSH = 0, FLUSH = 1, FINISH = 2;

function closed() {
  return problem({ name: "Error", code: "ERR_STREAM_DESTROYED", message: "the compression stream is closed" });
}

/**
 * Formats: "gzip", "deflate", "deflate-raw", "brotli". `level`: 0 to 9, Brotli 0 to 11 of which those above 4 are
 * done as 4; `windowBits`: 9 to 15, Brotli 10 to 24 of which those above 18 are done as 18.
 */
export class Compressor {
  #handle;
  // Not the object itself: the engine holds what is registered as the token.
  #token = {};
  #size;

  constructor(format, { level = "", windowBits = "" } = {}) {
    this.#size = level > 6 && format !== "brotli" ? THOROUGH_BYTES : PRESS_BYTES;
    this.#handle = number(OPS.COMPRESSOR_OPEN, parts(format, level, windowBits));
    dropped.register(this, this.#handle, this.#token);
  }

  #run(mode, data) {
    if (!this.#handle) throw closed();
    return bytes(OPS.COMPRESS, parts(this.#handle, mode, data));
  }

  push(data) {
    if (!this.#handle) throw closed();
    return join(Array.from(cut(data, this.#size), (piece) => this.#run(PUSH, piece)));
  }

  flush() {
    return this.#run(FLUSH, NOTHING);
  }

  finish() {
    const last = this.#run(FINISH, NOTHING);
    this.close();
    return last;
  }

  close() {
    if (!this.#handle) return;
    dropped.unregister(this.#token);
    number(OPS.CLOSE, parts(this.#handle));
    this.#handle = 0;
  }
}

/** `limit`: how many bytes may come out in all. */
export class Decompressor {
  #handle;
  // Not the object itself: the engine holds what is registered as the token.
  #token = {};
  #ended = false;
  #trailing = NOTHING;
  #limit;

  constructor(format, { limit = Infinity } = {}) {
    this.#handle = number(OPS.DECOMPRESSOR_OPEN, parts(format));
    this.#limit = limit;
    dropped.register(this, this.#handle, this.#token);
  }

  push(data) {
    if (this.#ended) {
      this.#trailing = join([this.#trailing, data]);
      return new Uint8Array(0);
    }
    if (!this.#handle) throw closed();
    const pieces = [];
    for (let full = false; !this.#ended && (full || data.length > 0);) {
      const piece = data.subarray(0, PRESS_BYTES);
      // 0: all was taken; 1: there is more to come out; 2: the end.
      const [status, taken, out] = this.#step(piece);
      data = data.subarray(taken);
      full = status === 1;
      if (out.length > 0) pieces.push(out);
      this.#limit -= out.length;
      if (this.#limit < 0) {
        this.close();
        const message = "Cannot create a Buffer larger than the limit given";
        throw problem({ name: "RangeError", code: "ERR_BUFFER_TOO_LARGE", message });
      }
      if (status === 2) this.#end(data);
    }
    return join(pieces);
  }

  #step(piece) {
    let out;
    try {
      out = bytes(OPS.DECOMPRESS, parts(this.#handle, piece));
    } catch (error) {
      this.close();
      throw error;
    }
    const taken = out[1] | out[2] << 8 | out[3] << 16 | out[4] << 24;
    return [out[0], taken, out.subarray(5)];
  }

  #end(rest) {
    this.#ended = true;
    this.#trailing = rest.slice();
    this.close();
  }

  /** Throws where the stream has not come to its end. */
  finish() {
    if (this.#ended) return new Uint8Array(0);
    if (!this.#handle) throw closed();
    this.close();
    throw problem({ name: "TypeError", code: "Z_BUF_ERROR", message: "unexpected end of file" });
  }

  close() {
    if (!this.#handle) return;
    dropped.unregister(this.#token);
    number(OPS.CLOSE, parts(this.#handle));
    this.#handle = 0;
  }

  get ended() {
    return this.#ended;
  }

  get trailing() {
    return this.#trailing;
  }
}

export function crc32(data, seed = 0) {
  let sum = seed >>> 0;
  for (const piece of cut(data, HASH_BYTES)) sum = json(OPS.CRC32, parts(sum, piece));
  return sum;
}
