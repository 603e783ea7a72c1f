// One compression or decompression: what Node's options mean to the host, and its errors.

import { Compressor, Decompressor } from "../../compute.js";
import * as check from "../validate.js";
import { typeError } from "../errors.js";
import { codes, constants } from "./constants.js";

const FORMATS = {
  Gzip: "gzip",
  Gunzip: "gzip",
  Deflate: "deflate",
  Inflate: "deflate",
  DeflateRaw: "deflate-raw",
  InflateRaw: "deflate-raw",
  BrotliCompress: "brotli",
  BrotliDecompress: "brotli",
};

export const compresses = (kind) => kind in { Gzip: 1, Deflate: 1, DeflateRaw: 1, BrotliCompress: 1 };

function checkOptions(kind, options) {
  const bounded = {
    chunkSize: [64, Infinity],
    level: [-1, 9],
    windowBits: [0, 15],
    memLevel: [1, 9],
    strategy: [0, 4],
    flush: [0, 5],
    finishFlush: [0, 5],
    maxOutputLength: [1, Infinity],
  };
  for (const [name, [least, most]] of Object.entries(bounded)) {
    if (options[name] !== undefined) check.number(options[name], `options.${name}`, least, most);
  }
  if (options.dictionary !== undefined) {
    throw typeError("ERR_METHOD_NOT_IMPLEMENTED", `node:zlib ${kind} takes no dictionary in Hydra`);
  }
}

function settings(kind, { level, windowBits, params }) {
  if (kind === "BrotliCompress") {
    const quality = params?.[constants.BROTLI_PARAM_QUALITY],
      window = params?.[constants.BROTLI_PARAM_LGWIN];
    return { level: quality ?? "", windowBits: window ?? "" };
  }
  return {
    level: level === undefined || level === -1 ? "" : level,
    windowBits: windowBits === undefined || windowBits < 9 ? "" : windowBits,
  };
}

export function problem(error) {
  if (error.code?.startsWith("ERR_")) return error;
  const code = error.code in codes ? error.code : "Z_DATA_ERROR";
  const made = new Error(error.message);
  return Object.assign(made, { errno: codes[code], code });
}

/** `push` and `finish` give the bytes that are ready. */
export class Codec {
  #kind;
  #options;
  #host;
  #limit;

  constructor(kind, options = {}) {
    check.object(options, "options");
    checkOptions(kind, options);
    this.#kind = kind;
    this.#options = options;
    this.#limit = options.maxOutputLength ?? Infinity;
    if (compresses(kind)) this.#host = new Compressor(FORMATS[kind], settings(kind, options));
    else if (kind !== "Unzip") this.#open(FORMATS[kind]);
  }

  #open(format) {
    this.#host = new Decompressor(format, { limit: this.#limit });
  }

  push(data) {
    try {
      return compresses(this.#kind) ? this.#host.push(data) : this.#expand(data);
    } catch (error) {
      throw problem(error);
    }
  }

  #expand(data) {
    if (data.length === 0) return data;
    // What unzip is given says by its first byte what it is.
    if (!this.#host) this.#open(data[0] === 0x1f ? "gzip" : "deflate");
    let out = this.#host.push(data);
    // Members of gzip may follow one another; anything else after the end is passed over.
    while (this.#host.ended && this.#isGzip() && this.#host.trailing[0] === 0x1f && this.#host.trailing[1] === 0x8b) {
      const rest = this.#host.trailing;
      this.#limit -= out.length;
      this.#open("gzip");
      const more = this.#host.push(rest);
      const both = new Uint8Array(out.length + more.length);
      both.set(out);
      both.set(more, out.length);
      out = both;
    }
    return out;
  }

  #isGzip() {
    return this.#kind === "Gunzip" || this.#kind === "Unzip";
  }

  flush() {
    try {
      return compresses(this.#kind) ? this.#host.flush() : new Uint8Array(0);
    } catch (error) {
      throw problem(error);
    }
  }

  finish() {
    try {
      if (compresses(this.#kind)) return this.#host.finish();
      if (!this.#host) this.#open("gzip");
      const lenient = [this.#options.finishFlush].some(
        (flush) => flush === constants.Z_SYNC_FLUSH || flush === constants.BROTLI_OPERATION_FLUSH,
      );
      if (!this.#host.ended && lenient) {
        this.#host.close();
        return new Uint8Array(0);
      }
      return this.#host.finish();
    } catch (error) {
      throw problem(error);
    }
  }

  close() {
    this.#host?.close();
  }
}
