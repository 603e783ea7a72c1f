// Parameters of algorithms: the dictionaries that Web Crypto names, converted in one place.

import { bufferSource, enforceRange, failed, isObject } from "../webidl.js";
import { isKey, problem, unsupported } from "./key.js";

export const HASHES = { "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512" };
export const HASH_BITS = { "SHA-1": 160, "SHA-256": 256, "SHA-384": 384, "SHA-512": 512 };
export const BLOCK_BITS = { "SHA-1": 512, "SHA-256": 512, "SHA-384": 1024, "SHA-512": 1024 };

/** The name of an algorithm, which is a string or has one. */
export function nameOf(algorithm) {
  if (!isObject(algorithm)) return `${algorithm}`;
  if (algorithm.name === undefined) throw failed("The algorithm has no name");
  return `${algorithm.name}`;
}

function member(from, key) {
  const value = from[key];
  if (value === undefined) throw failed(`The algorithm is given without ${key}`);
  return value;
}

export function hashOf(from) {
  const name = nameOf(member(from, "hash"));
  const found = Object.keys(HASHES).find((known) => known.toLowerCase() === name.toLowerCase());
  if (!found) throw unsupported(`the hash ${JSON.stringify(name)}`);
  return { name: found };
}

export const bytes = (from, key) => bufferSource(member(from, key), key).slice();

export const optionalBytes = (from, key) => (from[key] === undefined ? undefined : bytes(from, key));

export const integer = (from, key, max) => enforceRange(member(from, key), max, key);

export const optionalInteger = (from, key, max) => (from[key] === undefined ? undefined : integer(from, key, max));

const CURVES = { "P-256": "ec-p256", "P-384": "ec-p384", "P-521": "ec-p521" };

/** The name of a curve, and what compute.js calls it. */
export function curveOf(from) {
  const namedCurve = `${member(from, "namedCurve")}`;
  if (!Object.hasOwn(CURVES, namedCurve)) throw unsupported(`the curve ${JSON.stringify(namedCurve)}`);
  return { namedCurve };
}

export const kindOf = (namedCurve) => CURVES[namedCurve];

export function publicOf(from) {
  const key = member(from, "public");
  if (!isKey(key)) throw failed("public of the algorithm must be a CryptoKey");
  return key;
}

/** The public key of an agreement, checked against the private one. */
export function peerOf(key, { public: peer }) {
  if (key.type !== "private" || peer.type !== "public") {
    throw problem("InvalidAccessError", "an agreement takes a private key and another's public key");
  }
  const same = peer.algorithm.name === key.algorithm.name && peer.algorithm.namedCurve === key.algorithm.namedCurve;
  if (!same) throw problem("InvalidAccessError", "the keys of an agreement must be of one algorithm");
  return peer;
}

/** The first bits of what was agreed on. */
export function firstBits(secret, length) {
  if (length === null) return secret;
  if (length > secret.length * 8) throw problem("OperationError", `there are only ${secret.length * 8} bits`);
  const out = secret.slice(0, Math.ceil(length / 8));
  if (length % 8 !== 0) out[out.length - 1] &= 0xff << (8 - length % 8);
  return out;
}
