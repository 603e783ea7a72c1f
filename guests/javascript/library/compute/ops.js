// The operations of the crate `hydra-compute` by number, their limits, and what the files here share.

import { number, parts } from "../host.js";

export const OPS = {
  HASH: 50, HASH_UPDATE: 51, HASH_FINISH: 52, HMAC: 53, PBKDF2_FIRST: 54, PBKDF2_STEP: 55, HKDF: 56,
  SCRYPT_FILL: 57, SCRYPT_MIX: 58, CBC: 59, CTR: 60, GCM_START: 61, GCM_UPDATE: 62, GCM_FINISH: 63,
  IMPORT_KEY: 64, JWK_OF: 65, KEY_OF_JWK: 66, GENERATE_KEY: 67, SIGN: 68, VERIFY: 69, ECDH: 70,
  PARSE_URL: 71, PARSE_URL_WITH: 72, SET_URL: 73, DOMAIN_TO_ASCII: 74, DOMAIN_TO_UNICODE: 75,
  ENCODING_OF: 76, DECODE: 77, DECODE_UTF8: 78, DECODE_UTF8_FATAL: 79, ENCODE_UTF8: 80,
  DECODER_OPEN: 81, DECODER_PUSH: 82, COMPRESSOR_OPEN: 83, COMPRESS: 84, DECOMPRESSOR_OPEN: 85, DECOMPRESS: 86,
  CLOSE: 87, CRC32: 88, HASHER_OPEN: 89, HASHER_UPDATE: 90, HASHER_COPY: 91, HASHER_FINISH: 92,
};

// What one call takes; the host refuses more.
export const HASH_BYTES = 256 << 10, CIPHER_BYTES = 256 << 10, TEXT_BYTES = 256 << 10, PRESS_BYTES = 32 << 10;
/** Of deflate at levels above 6. */
export const THOROUGH_BYTES = 2 << 10;
export const PBKDF2_BLOCKS = 256, PBKDF2_ITERATIONS = 1000, SCRYPT_BYTES = 256 << 10;

export const NOTHING = new Uint8Array(0);

export function join(pieces) {
  if (pieces.length === 1) return pieces[0];
  const out = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

export function* cut(data, size) {
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
}

/** Short text of an answer. */
export function ascii(raw) {
  return String.fromCharCode(...raw);
}

/** The parts of an answer that has several. */
export function unpack(packed) {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const found = [];
  for (let at = 0; at < packed.length;) {
    const length = view.getUint32(at, true);
    found.push(packed.slice(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return found;
}

/** What is dropped without `close` gives its handle back. */
export const dropped = new FinalizationRegistry((handle) => number(OPS.CLOSE, parts(handle)));

