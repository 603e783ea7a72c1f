// Text encodings: UTF-8 without a handle at the host, the others with one while they stream.

import { bytes, number, parts, problem, text } from "../host.js";
import { NOTHING, OPS, TEXT_BYTES, cut, dropped, join } from "./ops.js";

/** The lower-case name of the encoding that a label means, or `null`. */
export function encodingOf(label) {
  return text(OPS.ENCODING_OF, `${label}`.toWellFormed());
}

const isRest = (byte) => (byte & 0xc0) === 0x80;

// Where UTF-8 can be cut at or before `end` so that both sides decode as the whole does: before a byte that begins
// a character. A fourth byte of the rest in a row belongs to no character.
function boundary(data, end) {
  if (end >= data.length) return data.length;
  for (let at = end; at > end - 4 && at > 0; at--) {
    if (!isRest(data[at])) return at;
  }
  return end;
}

function utf8(data, op) {
  if (data.length <= TEXT_BYTES) return data.length === 0 ? "" : text(op, data);
  let out = "";
  for (let at = 0; at < data.length;) {
    const end = boundary(data, at + TEXT_BYTES);
    out += text(op, data.subarray(at, end));
    at = end;
  }
  return out;
}

// How many bytes at the end begin a character that may be completed.
function unfinished(data) {
  for (let back = 1; back <= 3 && back <= data.length; back++) {
    const lead = data[data.length - back];
    if (isRest(lead)) continue;
    if (lead < 0xc2 || lead > 0xf4) return 0;
    const size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (back >= size) return 0;
    if (back === 1) return 1;
    const second = data[data.length - back + 1];
    const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    return second >= low && second <= high ? back : 0;
  }
  return 0;
}

/** Text of bytes in UTF-8, what is none replaced. A byte order mark is kept. */
export function decodeUtf8(data) {
  return utf8(data, OPS.DECODE_UTF8);
}

export function encodeUtf8(string) {
  const all = string.toWellFormed();
  if (all.length === 0) return new Uint8Array(0);
  if (all.length <= TEXT_BYTES) return bytes(OPS.ENCODE_UTF8, all);
  const pieces = [];
  for (let at = 0; at < all.length;) {
    let end = Math.min(at + TEXT_BYTES, all.length);
    // Both halves of a character go together.
    if (end < all.length && (all.charCodeAt(end) & 0xfc00) === 0xdc00) end--;
    pieces.push(bytes(OPS.ENCODE_UTF8, all.slice(at, end)));
    at = end;
  }
  return join(pieces);
}

/** What TextDecoder does, for every encoding of the standard. UTF-8 has no handle at the host. */
export class Decoder {
  #name;
  #fatal;
  #ignoreBOM;
  #handle = 0;
  // Not the object itself: the engine holds what is registered as the token.
  #token = {};
  #held = NOTHING;
  #begun = false;

  constructor(label, { fatal = false, ignoreBOM = false } = {}) {
    this.#name = encodingOf(label);
    if (this.#name === null) {
      const message = `The "${label}" encoding is not supported`;
      throw problem({ name: "RangeError", code: "ERR_ENCODING_NOT_SUPPORTED", message });
    }
    this.#fatal = Boolean(fatal);
    this.#ignoreBOM = Boolean(ignoreBOM);
  }

  get encoding() {
    return this.#name;
  }

  decode(data = NOTHING, stream = false) {
    return this.#name === "utf-8" ? this.#utf8(data, stream) : this.#other(data, stream);
  }

  #utf8(data, stream) {
    if (this.#held.length > 0) data = join([this.#held, data]);
    const keep = stream ? unfinished(data) : 0;
    this.#held = keep > 0 ? data.slice(data.length - keep) : NOTHING;
    if (keep > 0) data = data.subarray(0, data.length - keep);
    if (!this.#begun && !this.#ignoreBOM && data[0] === 0xef && data[1] === 0xbb && data[2] === 0xbf) {
      data = data.subarray(3);
      this.#begun = stream;
    } else {
      this.#begun = stream && (this.#begun || data.length > 0);
    }
    try {
      return utf8(data, this.#fatal ? OPS.DECODE_UTF8_FATAL : OPS.DECODE_UTF8);
    } catch (error) {
      this.#held = NOTHING;
      this.#begun = false;
      throw error;
    }
  }

  #other(data, stream) {
    const flags = (this.#fatal ? 1 : 0) | (this.#ignoreBOM ? 2 : 0);
    if (!stream && !this.#handle && data.length <= TEXT_BYTES) return text(OPS.DECODE, parts(this.#name, flags, data));
    if (!this.#handle) {
      this.#handle = number(OPS.DECODER_OPEN, parts(this.#name, flags));
      dropped.register(this, this.#handle, this.#token);
    }
    let out = "";
    try {
      for (const piece of cut(data, TEXT_BYTES)) out += text(OPS.DECODER_PUSH, parts(this.#handle, 0, piece));
      if (!stream) out += text(OPS.DECODER_PUSH, parts(this.#handle, 1, NOTHING));
    } catch (error) {
      this.#forget();
      throw error;
    }
    if (!stream) this.#forget();
    return out;
  }

  // The host has closed the decoder: it was the last piece, or one with an error.
  #forget() {
    dropped.unregister(this.#token);
    this.#handle = 0;
  }
}
