// `node:buffer`: the npm package, with texts turned into bytes and back by the host and the interpreter, which is
// faster, and with what the package lacks.

import packaged from "buffer/";
import { decode, encode, encodingName } from "./buffer/texts.js";
import { invalidType, outOfRange, rangeError, typeError } from "./errors.js";

const { Buffer } = packaged;
const { from, byteLength } = Buffer;
const { fill } = Buffer.prototype;
const asBuffer = (bytes) => Object.setPrototypeOf(bytes, Buffer.prototype);

function unknown(encoding) {
  return typeError("ERR_UNKNOWN_ENCODING", `Unknown encoding: ${encoding}`);
}

function named(encoding) {
  if (encoding === undefined || encoding === null || encoding === "") return "utf8";
  const name = encodingName(encoding);
  if (name === undefined) throw unknown(encoding);
  return name;
}

const statics = {
  from(value, encodingOrOffset, length) {
    if (typeof value === "string") {
      const name = typeof encodingOrOffset === "string" ? named(encodingOrOffset) : "utf8";
      return value === "" ? Buffer.alloc(0) : asBuffer(encode(value, name));
    }
    if (value == null || (typeof value !== "object" && typeof value !== "function")) {
      throw invalidType(
        "first argument",
        "of type string or an instance of Buffer, ArrayBuffer, or Array or an " + "Array-like Object",
        value,
      );
    }
    if (value instanceof Uint8Array) return asBuffer(new Uint8Array(value));
    try {
      return Reflect.apply(from, Buffer, [value, encodingOrOffset, length]);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw invalidType(
        "first argument",
        "of type string or an instance of Buffer, ArrayBuffer, or Array or an " + "Array-like Object",
        value,
      );
    }
  },
  byteLength(value, encoding) {
    if (typeof value !== "string") {
      if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return value.byteLength;
      throw invalidType("string", "of type string or an instance of Buffer or ArrayBuffer", value);
    }
    const name = encodingName(encoding ?? "utf8") ?? "utf8";
    return name === "base64url"
      ? Math.floor((value.replace(/=+$/, "").length * 3) / 4)
      : Reflect.apply(byteLength, Buffer, [value, name]);
  },
  isEncoding: (encoding) => typeof encoding === "string" && encodingName(encoding) !== undefined,
  copyBytesFrom(view, offset = 0, length = view.length - offset) {
    if (!ArrayBuffer.isView(view) || view instanceof DataView)
      throw invalidType("view", "an instance of TypedArray", view);
    const part = view.subarray(offset, offset + length);
    return asBuffer(new Uint8Array(part.buffer, part.byteOffset, part.byteLength).slice());
  },
};

function checkSize(size) {
  if (typeof size !== "number") throw invalidType("size", "of type number", size);
  if (!(size >= 0 && size <= packaged.kMaxLength)) throw outOfRange("size", `>= 0 && <= ${packaged.kMaxLength}`, size);
}

// Plain functions and no methods, since packages exist that write `new Buffer.alloc(0)`.
for (const name of ["alloc", "allocUnsafe", "allocUnsafeSlow"]) {
  const make = Buffer[name];
  statics[name] = function (size, ...rest) {
    checkSize(size);
    return Reflect.apply(make, Buffer, [size, ...rest]);
  };
  Object.defineProperty(statics[name], "name", { value: name, configurable: true });
}

const methods = {
  toString(encoding, start = 0, end = this.length) {
    if (arguments.length === 0) return decode(this, "utf8");
    const name = named(encoding);
    start = Math.max(0, Math.trunc(start) || 0);
    end = Math.min(this.length, Math.trunc(end) || 0);
    return start >= end ? "" : decode(start === 0 && end === this.length ? this : this.subarray(start, end), name);
  },
  write(string, offset, length, encoding) {
    if (typeof string !== "string") throw invalidType("argument", "of type string", string);
    if (typeof offset === "string") [encoding, offset, length] = [offset, undefined, undefined];
    else if (typeof length === "string") [encoding, length] = [length, undefined];
    const name = named(encoding);
    offset = offset === undefined ? 0 : offset;
    if (!(offset >= 0 && offset <= this.length)) throw outOfRange("offset", `>= 0 && <= ${this.length}`, offset);
    const room = Math.min(length ?? Infinity, this.length - offset);
    let bytes = encode(string, name);
    if (bytes.length > room) {
      let end = room;
      // Half a character is not written.
      if (name === "utf8") while (end > 0 && (bytes[end] & 0xc0) === 0x80) end--;
      if (name === "utf16le") end -= end % 2;
      bytes = bytes.subarray(0, end);
    }
    this.set(bytes, offset);
    return bytes.length;
  },
  fill(value, offset, end, encoding) {
    if (typeof value === "string") {
      const last = [offset, end, encoding].find((item) => typeof item === "string");
      if (last !== undefined && encodingName(last) === undefined) throw unknown(last);
      if (last !== undefined) value = encode(value, encodingName(last));
      const from = typeof offset === "number" ? offset : 0;
      const to = typeof end === "number" ? end : this.length;
      return Reflect.apply(fill, this, [value, from, to]);
    }
    return Reflect.apply(fill, this, [value, offset, end]);
  },
  toLocaleString(...args) {
    return this.toString(...args);
  },
};
for (const [short, encoding] of Object.entries({
  utf8: "utf8",
  latin1: "latin1",
  ascii: "ascii",
  base64: "base64",
  base64url: "base64url",
  hex: "hex",
  ucs2: "utf16le",
})) {
  methods[`${short}Slice`] = function (start, end) {
    return this.toString(encoding, start, end);
  };
  methods[`${short}Write`] = function (string, offset, length) {
    return this.write(string, offset, length, encoding);
  };
}

const hide = (object, extra) => {
  for (const [name, value] of Object.entries(extra)) {
    Object.defineProperty(object, name, { value, writable: true, enumerable: false, configurable: true });
  }
};
hide(Buffer, statics);
hide(Buffer.prototype, methods);
for (const [alias, name] of [["Uint", "UInt"]]) {
  for (const key of Object.keys(Buffer.prototype)) {
    if (key.includes(name)) Buffer.prototype[key.replace(name, alias)] ??= Buffer.prototype[key];
  }
}

function viewOf(input) {
  if (input instanceof ArrayBuffer) return new Uint8Array(input);
  if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  throw invalidType("input", "an instance of ArrayBuffer, Buffer, or TypedArray", input);
}

const kMaxLength = packaged.kMaxLength;
const kStringMaxLength = 536870888;

const buffer = {
  Buffer,
  SlowBuffer: (size) => Buffer.allocUnsafeSlow(size),
  INSPECT_MAX_BYTES: 50,
  kMaxLength,
  kStringMaxLength,
  constants: { MAX_LENGTH: kMaxLength, MAX_STRING_LENGTH: kStringMaxLength },
  atob: globalThis.atob,
  btoa: globalThis.btoa,
  Blob: globalThis.Blob,
  File: globalThis.File,
  isAscii: (input) => viewOf(input).every((byte) => byte < 0x80),
  isUtf8(input) {
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(viewOf(input));
      return true;
    } catch {
      return false;
    }
  },
  transcode(source, fromEncoding, toEncoding) {
    const [from, to] = [encodingName(fromEncoding), encodingName(toEncoding)];
    const can = ["utf8", "utf16le", "latin1", "ascii"];
    if (!can.includes(from) || !can.includes(to)) {
      throw rangeError("U_ILLEGAL_ARGUMENT_ERROR", "Unable to transcode Buffer [U_ILLEGAL_ARGUMENT_ERROR]");
    }
    const text = decode(viewOf(source), from);
    const most = { latin1: 0xff, ascii: 0x7f }[to];
    const fitting = most === undefined ? text : Array.from(text, (c) => (c.codePointAt(0) > most ? "?" : c)).join("");
    return Buffer.from(fitting, to);
  },
  resolveObjectURL: () => undefined,
};

export default buffer;
export { Buffer };
export const { SlowBuffer, INSPECT_MAX_BYTES, constants, atob, btoa, isAscii, isUtf8, transcode, resolveObjectURL } =
  buffer;
export const { Blob, File } = buffer;
export { kMaxLength, kStringMaxLength };
