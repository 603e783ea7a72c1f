// `node:zlib`: gzip, deflate and Brotli at the host, as calls, callbacks and streams.

import { crc32 } from "../compute.js";
import { Buffer } from "./buffer.js";
import { absent, invalidType } from "./errors.js";
import { codes, constants } from "./zlib/constants.js";
import { classes } from "./zlib/streams.js";
import { process as press } from "./zlib/whole.js";

const zlib = { constants, codes };

for (const [name, value] of Object.entries(constants)) {
  if (name.startsWith("Z_")) Object.defineProperty(zlib, name, { value, enumerable: false });
}
for (const [Class, run] of [
  ["Gzip", "gzip"],
  ["Gunzip", "gunzip"],
  ["Deflate", "deflate"],
  ["Inflate", "inflate"],
  ["DeflateRaw", "deflateRaw"],
  ["InflateRaw", "inflateRaw"],
  ["Unzip", "unzip"],
  ["BrotliCompress", "brotliCompress"],
  ["BrotliDecompress", "brotliDecompress"],
]) {
  const Stream = classes[Class];
  // Node lets them be called without `new`.
  const make = {
    [Class]: function (options) {
      return Reflect.construct(Stream, [options], new.target ?? Stream);
    },
  }[Class];
  make.prototype = Stream.prototype;
  Stream.prototype.constructor = make;
  zlib[Class] = make;
  zlib[`create${Class}`] = { [`create${Class}`]: (options) => new Stream(options) }[`create${Class}`];
  zlib[`${run}Sync`] = { [`${run}Sync`]: (data, options) => press(Class, data, options) }[`${run}Sync`];
  zlib[run] = {
    [run](data, options, callback) {
      if (typeof options === "function") [options, callback] = [undefined, options];
      if (typeof callback !== "function") throw invalidType("callback", "of type function", callback);
      let [error, result] = [null, undefined];
      if (typeof data !== "string" && !ArrayBuffer.isView(data) && !(data instanceof ArrayBuffer))
        press(Class, data, options);
      try {
        result = press(Class, data, options);
      } catch (failure) {
        error = failure;
      }
      globalThis.process.nextTick(() => (error ? callback(error) : callback(null, result)));
    },
  }[run];
}

zlib.crc32 = (data, seed = 0) => {
  if (typeof data === "string") return crc32(Buffer.from(data), seed);
  if (!ArrayBuffer.isView(data))
    throw invalidType("data", "of type string or an instance of Buffer, TypedArray, or DataView", data);
  return crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), seed);
};
for (const name of [
  "zstdCompress",
  "zstdCompressSync",
  "zstdDecompress",
  "zstdDecompressSync",
  "createZstdCompress",
  "createZstdDecompress",
]) {
  zlib[name] = absent(`node:zlib.${name}`, "use gzip, deflate or Brotli");
}

export default zlib;
