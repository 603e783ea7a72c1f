// Compression and decompression in one go.

import { rangeError, invalidType } from "../errors.js";
import { Buffer } from "../buffer.js";
import { Codec } from "./codec.js";

export function process(kind, data, options = {}) {
  let bytes;
  if (typeof data === "string") bytes = Buffer.from(data);
  else if (ArrayBuffer.isView(data)) bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  else if (data instanceof ArrayBuffer) bytes = new Uint8Array(data);
  else
    throw invalidType("buffer", "of type string or an instance of Buffer, TypedArray, DataView, or ArrayBuffer", data);
  const codec = new Codec(kind, options);
  try {
    const out = Buffer.concat([codec.push(bytes), codec.finish()]);
    if (out.length > (options.maxOutputLength ?? Infinity)) {
      throw rangeError("ERR_BUFFER_TOO_LARGE", `Cannot create a Buffer larger than ${options.maxOutputLength} bytes`);
    }
    return options.info ? { buffer: out, engine: undefined } : out;
  } finally {
    codec.close();
  }
}
