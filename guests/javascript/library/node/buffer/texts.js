// Texts to bytes and back, in the encodings of Node.

import { decodeUtf8, encodeUtf8 } from "../../compute.js";

const NAMES = {
  utf8: "utf8",
  "utf-8": "utf8",
  ucs2: "utf16le",
  "ucs-2": "utf16le",
  utf16le: "utf16le",
  "utf-16le": "utf16le",
  latin1: "latin1",
  binary: "latin1",
  ascii: "ascii",
  base64: "base64",
  base64url: "base64url",
  hex: "hex",
};
const PIECE = 8192;

/** The name that stands for an encoding here, or `undefined`. */
export function encodingName(encoding) {
  return NAMES[encoding] ?? NAMES[`${encoding}`.toLowerCase()];
}

/** A fresh Uint8Array; `name` is what `encodingName` gives. */
export function encode(string, name) {
  switch (name) {
    case "utf8":
      return encodeUtf8(string);
    case "base64":
    case "base64url":
      return fromBase64(string);
    case "hex":
      return fromHex(string);
    case "utf16le":
      return units(string);
    default:
      return chars(string);
  }
}

export function decode(bytes, name) {
  switch (name) {
    case "utf8":
      return bytes.length === 0 ? "" : decodeUtf8(bytes);
    case "base64":
      return bytes.toBase64();
    case "base64url":
      return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
    case "hex":
      return bytes.toHex();
    case "utf16le":
      return fromUnits(bytes);
    case "ascii":
      return fromChars(bytes, 0x7f);
    default:
      return fromChars(bytes, 0xff);
  }
}

function chars(string) {
  const out = new Uint8Array(string.length);
  for (let i = 0; i < out.length; i++) out[i] = string.charCodeAt(i);
  return out;
}

function units(string) {
  const out = new Uint8Array(string.length * 2);
  for (let i = 0; i < string.length; i++) {
    const unit = string.charCodeAt(i);
    out[2 * i] = unit;
    out[2 * i + 1] = unit >> 8;
  }
  return out;
}

// What is no digit ends the text.
function fromHex(string) {
  const even = string.length % 2 === 0 ? string : string.slice(0, -1);
  try {
    return Uint8Array.fromHex(even);
  } catch {
    const good = /^(?:[0-9a-fA-F]{2})*/.exec(even)[0];
    return Uint8Array.fromHex(good);
  }
}

// Both alphabets at once; what belongs to neither is passed over, and padding ends the text.
function fromBase64(string) {
  try {
    return Uint8Array.fromBase64(string);
  } catch {
    const end = string.indexOf("=");
    let clean = (end < 0 ? string : string.slice(0, end)).replace(/[^A-Za-z0-9+/\-_]/g, "");
    clean = clean.replaceAll("-", "+").replaceAll("_", "/");
    if (clean.length % 4 === 1) clean = clean.slice(0, -1);
    // Bits that belong to no byte do not matter.
    const last = clean.length % 4;
    if (last !== 0) clean += "A".repeat(4 - last);
    const out = Uint8Array.fromBase64(clean);
    return last === 0 ? out : out.slice(0, out.length - (4 - last));
  }
}

function fromChars(bytes, mask) {
  let out = "";
  for (let at = 0; at < bytes.length; at += PIECE) {
    const piece = bytes.subarray(at, at + PIECE);
    out += String.fromCharCode.apply(null, mask === 0xff ? piece : Uint8Array.from(piece, (byte) => byte & mask));
  }
  return out;
}

function fromUnits(bytes) {
  const count = bytes.length >> 1;
  let out = "";
  for (let at = 0; at < count; at += PIECE) {
    const piece = new Uint16Array(Math.min(PIECE, count - at));
    for (let i = 0; i < piece.length; i++) piece[i] = bytes[2 * (at + i)] | (bytes[2 * (at + i) + 1] << 8);
    out += String.fromCharCode.apply(null, piece);
  }
  return out;
}
