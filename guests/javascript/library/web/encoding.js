// TextEncoder and TextDecoder. The host knows the encodings.

import { Decoder, encodeUtf8, encodingOf } from "../compute.js";
import { bufferSource, dictionary, expose, failed, required, shown, usv } from "./webidl.js";

let check;

export class TextEncoder {
  get encoding() {
    check(this);
    return "utf-8";
  }

  encode(input = "") {
    check(this);
    return encodeUtf8(`${input}`);
  }

  encodeInto(source, destination) {
    check(this);
    required(arguments.length, 2, "TextEncoder.encodeInto");
    const text = usv(source);
    if (!(destination instanceof Uint8Array)) {
      throw failed("TextEncoder.encodeInto writes into a Uint8Array", "ERR_INVALID_ARG_TYPE");
    }
    const room = destination.length;
    // Of a buffer that is detached too.
    if (room === 0) return { read: 0, written: 0 };
    let part = text.length > room ? text.slice(0, room) : text;
    // Half a character at the cut is not for this time.
    if (part.length < text.length && !part.isWellFormed()) part = part.slice(0, -1);
    const bytes = encodeUtf8(part);
    if (bytes.length <= room) {
      destination.set(bytes);
      return { read: part.length, written: bytes.length };
    }
    let written = room;
    while ((bytes[written] & 0xc0) === 0x80) written--;
    let read = 0;
    for (let i = 0; i < written; i++) {
      if ((bytes[i] & 0xc0) !== 0x80) read += bytes[i] >= 0xf0 ? 2 : 1;
    }
    destination.set(bytes.subarray(0, written));
    return { read, written };
  }

  #brand;

  static {
    check = (encoder) => encoder.#brand;
  }
}
expose(TextEncoder);
shown(TextEncoder, (encoder) => ({ encoding: encoder.encoding }));

const UTF8 = ["utf-8", "utf8", "unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8", "x-unicode20utf8"];

/** The name of the encoding of a label that may be decoded with; throws RangeError where there is none. */
export function decodable(label) {
  const text = `${label}`;
  const name = UTF8.includes(text) ? "utf-8" : encodingOf(text);
  if (name === null || name === "replacement") {
    const error = new RangeError(`The "${text}" encoding is not supported`);
    error.code = "ERR_ENCODING_NOT_SUPPORTED";
    throw error;
  }
  return name;
}

export class TextDecoder {
  #encoding;
  #fatal;
  #ignoreBOM;
  #decoder = null;

  constructor(label = "utf-8", options = undefined) {
    this.#encoding = decodable(label);
    const { fatal, ignoreBOM } = dictionary(options, "TextDecoder options");
    this.#fatal = Boolean(fatal);
    this.#ignoreBOM = Boolean(ignoreBOM);
  }

  get encoding() { return this.#encoding; }
  get fatal() { return this.#fatal; }
  get ignoreBOM() { return this.#ignoreBOM; }

  decode(input = undefined, options = undefined) {
    this.#decoder ??= new Decoder(this.#encoding, { fatal: this.#fatal, ignoreBOM: this.#ignoreBOM });
    const bytes = input === undefined ? undefined : bufferSource(input, "The input of TextDecoder.decode");
    const { stream } = dictionary(options, "TextDecoder.decode options");
    return this.#decoder.decode(bytes, Boolean(stream));
  }
}
expose(TextDecoder);
shown(TextDecoder, ({ encoding, fatal, ignoreBOM }) => ({ encoding, fatal, ignoreBOM }));
