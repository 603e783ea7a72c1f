// Key derivation: PBKDF2, HKDF and scrypt, in steps.

import { bytes, parts, problem } from "../host.js";
import { HASH_BYTES, NOTHING, OPS, PBKDF2_BLOCKS, PBKDF2_ITERATIONS, SCRYPT_BYTES, cut, join } from "./ops.js";
import { hash, shortKey } from "./hash.js";

export function pbkdf2(algorithm, password, salt, iterations, length) {
  const key = shortKey(algorithm, password);
  const size = hash(algorithm, NOTHING).length;
  const count = Math.ceil(length / size);
  const out = new Uint8Array(count * size);
  // The salt is hashed for each block.
  const most = Math.max(1, Math.min(PBKDF2_BLOCKS, Math.floor(HASH_BYTES / (salt.length + 1))));
  for (let block = 0; block < count; block += most) {
    const blocks = Math.min(most, count - block);
    out.set(bytes(OPS.PBKDF2_FIRST, parts(algorithm, key, salt, block + 1, blocks)), block * size);
  }
  for (let at = 0; iterations > 1 && at < out.length; at += size) {
    // The last code, then the sum so far.
    let state = join([out.subarray(at, at + size), out.subarray(at, at + size)]);
    for (let left = iterations - 1; left > 0; left -= PBKDF2_ITERATIONS) {
      state = bytes(OPS.PBKDF2_STEP, parts(algorithm, key, Math.min(left, PBKDF2_ITERATIONS), state));
    }
    out.set(state.subarray(size), at);
  }
  return out.slice(0, length);
}

export function hkdf(algorithm, key, salt, info, length) {
  return length === 0 ? new Uint8Array(0) : bytes(OPS.HKDF, parts(algorithm, key, salt, info, length));
}

/** The large table of scrypt is in the guest's memory, so that it counts there. */
export function scrypt(password, salt, length, { N = 16384, r = 8, p = 1, maxmem = 32 << 20 } = {}) {
  const size = 128 * r;
  if (!(N > 1 && N <= 2 ** 31 && (N & (N - 1)) === 0) || !(r >= 1) || !(p >= 1) || !(p * r < 2 ** 30)) {
    throw scryptRange("N must be a power of two above 1, r and p at least 1, and p × r below 2 ** 30");
  }
  if (size * N > maxmem || size * p > maxmem) throw scryptRange("memory limit exceeded");
  if (2 * size > SCRYPT_BYTES) throw scryptRange(`r is at most ${SCRYPT_BYTES / 256} here`);
  const blocks = pbkdf2("sha256", password, salt, 1, size * p);
  const table = new Uint8Array(size * N);
  const pair = new Uint8Array(2 * size);
  for (const block of cut(blocks, size)) {
    table.set(block);
    let last = block;
    for (let have = 1; have <= N;) {
      const count = Math.min(Math.floor(SCRYPT_BYTES / size), N + 1 - have);
      const more = bytes(OPS.SCRYPT_FILL, parts(r, count, last));
      last = more.subarray(more.length - size);
      have += count;
      // The one after the last is where the second half begins.
      table.set(have > N ? more.subarray(0, more.length - size) : more, (have - count) * size);
    }
    for (let i = 0; i < N; i++) {
      const at = size - 64;
      const place = (last[at] | last[at + 1] << 8 | last[at + 2] << 16 | last[at + 3] << 24) & (N - 1);
      pair.set(last);
      pair.set(table.subarray(place * size, (place + 1) * size), size);
      last = bytes(OPS.SCRYPT_MIX, pair);
    }
    block.set(last);
  }
  return pbkdf2("sha256", password, blocks, 1, length);
}

function scryptRange(why) {
  const message = `Invalid scrypt params: ${why}`;
  return problem({ name: "RangeError", code: "ERR_CRYPTO_INVALID_SCRYPT_PARAMS", message });
}
