// The streams of `node:zlib`.

import { Buffer } from "../buffer.js";
import { Transform } from "../stream.js";
import { Codec } from "./codec.js";

const asBuffer = ({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength);

class ZlibBase extends Transform {
  #codec;
  bytesWritten = 0;

  constructor(kind, options = {}) {
    const { highWaterMark, signal, emitClose } = options ?? {};
    super({ highWaterMark, signal, emitClose, autoDestroy: true, decodeStrings: true });
    this.#codec = new Codec(kind, options ?? {});
  }

  #give(run, callback) {
    let out;
    try {
      out = run();
    } catch (error) {
      callback(error);
      return;
    }
    if (out.length > 0) this.push(asBuffer(out));
    callback();
  }

  _transform(chunk, encoding, callback) {
    this.bytesWritten += chunk.length;
    this.#give(() => this.#codec.push(chunk), callback);
  }

  _flush(callback) {
    this.#give(() => this.#codec.finish(), callback);
  }

  _destroy(error, callback) {
    this.#codec?.close();
    callback(error);
  }

  flush(kind, callback) {
    if (typeof kind === "function") callback = kind;
    const run = () =>
      this.#give(
        () => this.#codec.flush(),
        (error) => {
          if (error) this.destroy(error);
          callback?.(error);
        },
      );
    if (this.writableEnded) {
      if (callback) queueMicrotask(callback);
    } else if (this.writableLength > 0) this.write(Buffer.alloc(0), run);
    else run();
  }

  params(level, strategy, callback) {
    // The host's compressors keep their level.
    if (callback) queueMicrotask(callback);
  }

  reset() {
    throw new Error("node:zlib streams cannot be reset in Hydra; make a new one");
  }

  close(callback) {
    if (callback) this.once("close", () => callback());
    this.destroy();
  }

  get bytesRead() {
    return this.bytesWritten;
  }
  get _closed() {
    return this.destroyed;
  }
}

export const classes = {};
for (const kind of [
  "Gzip",
  "Gunzip",
  "Deflate",
  "Inflate",
  "DeflateRaw",
  "InflateRaw",
  "Unzip",
  "BrotliCompress",
  "BrotliDecompress",
]) {
  classes[kind] = {
    [kind]: class extends ZlibBase {
      constructor(options) {
        super(kind, options);
      }
    },
  }[kind];
}
