// `node:string_decoder`, from the npm package; bytes may come as any view.

import packaged from "string_decoder";
import { Buffer } from "./buffer.js";
import { encodingName } from "./buffer/texts.js";
import { invalidType, typeError } from "./errors.js";

const { prototype } = packaged.StringDecoder;
const whole = (view) => Buffer.from(view.buffer, view.byteOffset, view.byteLength);

// A function, since older code inherits by `StringDecoder.call(this)`.
export function StringDecoder(encoding) {
  const name = encodingName(encoding ?? "utf8");
  if (name === undefined) throw typeError("ERR_UNKNOWN_ENCODING", `Unknown encoding: ${encoding}`);
  packaged.StringDecoder.call(this, name === "base64url" ? "base64" : name);
  this.encoding = name;
}

StringDecoder.prototype = Object.create(prototype, {
  constructor: { value: StringDecoder, writable: true, configurable: true },
});
StringDecoder.prototype.write = function write(chunk) {
  if (typeof chunk === "string") return chunk;
  if (!ArrayBuffer.isView(chunk)) throw invalidType("buf", "an instance of Buffer, TypedArray, or DataView", chunk);
  return prototype.write.call(this, whole(chunk));
};
StringDecoder.prototype.end = function end(chunk) {
  return prototype.end.call(this, chunk === undefined ? undefined : whole(chunk));
};

export default { StringDecoder };
