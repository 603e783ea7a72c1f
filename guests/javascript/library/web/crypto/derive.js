// Key derivation: PBKDF2 and HKDF.

import { hkdf, pbkdf2 } from "../../compute.js";
import { allow, insides, makeKey, operating, problem, unsupported } from "./key.js";
import { bytes, HASH_BITS, HASHES, hashOf, integer } from "./params.js";

function derivation(name, parameters, derive) {
  return {
    name,
    params: { deriveBits: parameters },
    importKey(format, data, _, extractable, usages) {
      if (format !== "raw" && format !== "raw-secret") throw unsupported(`the format ${format} of ${name} keys`);
      allow(usages, ["deriveKey", "deriveBits"], `a key of ${name}`);
      if (extractable) throw problem("SyntaxError", `a key of ${name} cannot be extractable`);
      return makeKey("secret", false, { name }, usages, data.slice());
    },
    deriveBits(key, params, length) {
      if (length === null || length % 8 !== 0) throw problem("OperationError", `${name} derives whole bytes`);
      return operating(() => derive(HASHES[params.hash.name], insides(key), params, length / 8));
    },
    getKeyLength: () => null,
  };
}

export const PBKDF2 = derivation("PBKDF2", (from) => ({
  salt: bytes(from, "salt"), iterations: integer(from, "iterations", 0xffffffff), hash: hashOf(from),
}), (hash, key, { salt, iterations }, length) => {
  if (iterations === 0) throw new Error("there must be at least one iteration");
  return length === 0 ? new Uint8Array(0) : pbkdf2(hash, key, salt, iterations, length);
});

export const HKDF = derivation("HKDF", (from) => ({
  hash: hashOf(from), salt: bytes(from, "salt"), info: bytes(from, "info"),
}), (hash, key, { salt, info, hash: { name } }, length) => {
  if (length * 8 > 255 * HASH_BITS[name]) {
    throw new Error(`HKDF with ${name} gives at most ${255 * HASH_BITS[name]} bits`);
  }
  return hkdf(hash, key, salt, info, length);
});
