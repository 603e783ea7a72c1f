// Key derivation.

import * as host from "../../compute.js";
import { nodeError, rangeError } from "../errors.js";
import * as check from "../validate.js";
import { bytesOf, later, toBuffer } from "./bytes.js";
import { needHash } from "./hash.js";
import { secretBytes } from "./keys.js";

const MOST = 2 ** 31 - 1;

function pbkdf2Job(password, salt, iterations, length, digest) {
  const [secret, bytes] = [bytesOf(password, "password"), bytesOf(salt, "salt")];
  check.integer(iterations, "iterations", 1, MOST);
  check.integer(length, "keylen", 0, MOST);
  const name = needHash(digest);
  return () => toBuffer(host.pbkdf2(name, secret, bytes, iterations, length));
}

export function pbkdf2Sync(password, salt, iterations, length, digest) {
  return pbkdf2Job(password, salt, iterations, length, digest)();
}

export function pbkdf2(password, salt, iterations, length, digest, callback) {
  if (typeof digest === "function") [digest, callback] = [undefined, digest];
  const job = pbkdf2Job(password, salt, iterations, length, digest);
  check.callback(callback, "callback");
  later(callback, job);
}

function hkdfJob(digest, key, salt, info, length) {
  const name = needHash(digest);
  const [secret, saltBytes, infoBytes] = [secretBytes(key), bytesOf(salt, "salt"), bytesOf(info, "info")];
  check.integer(length, "length", 0, MOST);
  if (infoBytes.length > 1024)
    throw rangeError(
      "ERR_OUT_OF_RANGE",
      'The value of "info" is out of range. It must not ' +
        `contain more than 1024 bytes. Received ${infoBytes.length}`,
    );
  if (length > 255 * host.hash(name, new Uint8Array(0)).length)
    throw rangeError("ERR_CRYPTO_INVALID_KEYLEN", "Invalid key length");
  return () => {
    const bytes = host.hkdf(name, secret, saltBytes, infoBytes, length);
    return bytes.buffer.byteLength === bytes.length ? bytes.buffer : bytes.slice().buffer;
  };
}

export function hkdfSync(digest, key, salt, info, length) {
  return hkdfJob(digest, key, salt, info, length)();
}

export function hkdf(digest, key, salt, info, length, callback) {
  const job = hkdfJob(digest, key, salt, info, length);
  check.callback(callback, "callback");
  later(callback, job);
}

function scryptJob(password, salt, length, options = {}) {
  const [secret, bytes] = [bytesOf(password, "password"), bytesOf(salt, "salt")];
  check.integer(length, "keylen", 0, MOST);
  for (const [one, other] of [
    ["N", "cost"],
    ["r", "blockSize"],
    ["p", "parallelization"],
  ]) {
    if (options[one] !== undefined && options[other] !== undefined) {
      throw nodeError(
        "ERR_INCOMPATIBLE_OPTION_PAIR",
        `Option "${one}" cannot be used in combination with option "${other}"`,
      );
    }
  }
  const settings = {
    N: options.N ?? options.cost ?? 16384,
    r: options.r ?? options.blockSize ?? 8,
    p: options.p ?? options.parallelization ?? 1,
    maxmem: options.maxmem ?? 32 << 20,
  };
  // Node counts a little differently, and lets exactly its limit pass.
  if (128 * settings.N * settings.r > settings.maxmem) {
    throw rangeError("ERR_CRYPTO_INVALID_SCRYPT_PARAMS", "Invalid scrypt params: memory limit exceeded");
  }
  return () => toBuffer(host.scrypt(secret, bytes, length, settings));
}

export function scryptSync(password, salt, length, options) {
  return scryptJob(password, salt, length, options)();
}

export function scrypt(password, salt, length, options, callback) {
  if (typeof options === "function") [options, callback] = [undefined, options];
  const job = scryptJob(password, salt, length, options);
  check.callback(callback, "callback");
  later(callback, job);
}
