// Blob and File. Their bytes never change, so slices share them.

import { decodeUtf8, encodeUtf8 } from "../compute.js";
import { ReadableStream } from "./streams.js";
import {
  bytesOf, clampLong, dictionary, expose, failed, isBuffer, isObject, oneOf, required, sequence, shown, usv,
} from "./webidl.js";

const NOTHING = new Uint8Array(0);
const PIECE_BYTES = 65536;

// Said to a constructor by what is here only.
const MADE = Symbol("made");

let contents, isBlob, make, makeFile;

function typeOf(type) {
  const text = `${type}`;
  return /[^\x20-\x7e]/.test(text) ? "" : text.toLowerCase();
}

function joined(pieces) {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

function gather(parts, what) {
  if (!isObject(parts)) throw failed(`${what}: the parts must be a sequence`, "ERR_INVALID_ARG_TYPE");
  return sequence(parts, (part) => (isBuffer(part) || isBlob(part) ? part : usv(part)));
}

export class Blob {
  #bytes = NOTHING;
  #type = "";

  constructor(blobParts = undefined, options = undefined) {
    if (blobParts === MADE) {
      this.#bytes = options.bytes;
      this.#type = options.type;
      return;
    }
    const parts = blobParts === undefined ? [] : gather(blobParts, "Blob");
    const { endings = "transparent", type = "" } = dictionary(options, "Blob options");
    const native = oneOf(endings, ["transparent", "native"], "endings of a Blob") === "native";
    this.#type = typeOf(type);
    this.#bytes = joined(parts.map((part) => {
      if (typeof part === "string") return encodeUtf8(native ? part.replace(/\r\n?/g, "\n") : part);
      return isBlob(part) ? part.#bytes : bytesOf(part);
    }));
  }

  get size() { return this.#bytes.length; }
  get type() { return this.#type; }

  slice(start = undefined, end = undefined, contentType = undefined) {
    const size = this.#bytes.length;
    const place = (value, otherwise) => {
      if (value === undefined) return otherwise;
      const at = clampLong(value);
      return at < 0 ? Math.max(size + at, 0) : Math.min(at, size);
    };
    const from = place(start, 0);
    const to = Math.max(place(end, size), from);
    return make(this.#bytes.subarray(from, to), contentType === undefined ? "" : typeOf(contentType));
  }

  stream() {
    const bytes = this.#bytes;
    let at = 0;
    return new ReadableStream({
      type: "bytes",
      pull(controller) {
        if (at < bytes.length) controller.enqueue(bytes.slice(at, at += PIECE_BYTES));
        if (at < bytes.length) return;
        controller.close();
        controller.byobRequest?.respond(0);
      },
    }, { highWaterMark: 0 });
  }

  async text() {
    const text = decodeUtf8(this.#bytes);
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }

  async arrayBuffer() { return this.#bytes.slice().buffer; }

  async bytes() { return this.#bytes.slice(); }

  static {
    contents = (blob) => blob.#bytes;
    isBlob = (value) => typeof value === "object" && value !== null && #bytes in value;
    make = (bytes, type) => new Blob(MADE, { bytes, type });
  }
}
expose(Blob, { clone: (blob) => make(contents(blob), blob.type) });
shown(Blob, (blob) => ({ size: blob.size, type: blob.type }));

export class File extends Blob {
  #name;
  #lastModified;

  constructor(fileBits, fileName, options = undefined) {
    if (fileBits === MADE) {
      super(MADE, fileName);
      this.#name = options.name;
      this.#lastModified = options.lastModified;
      return;
    }
    required(arguments.length, 2, "File");
    const parts = gather(fileBits, "File");
    const name = usv(fileName);
    super(parts, options);
    const { lastModified } = dictionary(options, "File options");
    this.#name = name;
    this.#lastModified = lastModified === undefined ? Date.now() : long(lastModified);
  }

  get name() { return this.#name; }
  get lastModified() { return this.#lastModified; }

  static {
    makeFile = (blob, name, lastModified) =>
      new File(MADE, { bytes: contents(blob), type: blob.type }, { name, lastModified });
  }
}
expose(File, { clone: (file) => makeFile(file, file.name, file.lastModified) });
shown(File, (file) => {
  const { size, type, name, lastModified } = file;
  return { size, type, name, lastModified };
});

// An integer of 64 bits, as far as numbers go.
function long(value) {
  const number = Math.trunc(Number(value));
  return Number.isFinite(number) ? number + 0 : 0;
}

/** A File out of a Blob. */
export function asFile(blob, name) {
  return makeFile(blob, name, isFile(blob) ? blob.lastModified : Date.now());
}

export function isFile(value) {
  return isBlob(value) && value instanceof File;
}

export { contents, isBlob, joined, make as makeBlob };
