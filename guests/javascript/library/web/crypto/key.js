// CryptoKey, and what all algorithms ask of usages and formats.

import { expose, failed, illegal, sequence, shown } from "../webidl.js";

const SECRET = Symbol("key");

export const USAGES = [
  "encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "wrapKey", "unwrapKey",
];

let make, insides, isKey;

export class CryptoKey {
  #type;
  #extractable;
  #algorithm;
  #usages;
  // Bytes of a secret key; what compute.js knows of another.
  #material;

  constructor() {
    if (arguments[0] !== SECRET) throw illegal();
  }

  get type() { return this.#type; }
  get extractable() { return this.#extractable; }
  get algorithm() { return this.#algorithm; }
  get usages() { return this.#usages; }

  static {
    make = (type, extractable, algorithm, usages, material) => {
      const key = new CryptoKey(SECRET);
      key.#type = type;
      key.#extractable = extractable;
      key.#algorithm = algorithm;
      key.#usages = USAGES.filter((usage) => usages.includes(usage));
      key.#material = material;
      return key;
    };
    insides = (key) => key.#material;
    isKey = (value) => typeof value === "object" && value !== null && #material in value;
  }
}
expose(CryptoKey, {
  clone: (key) => make(key.type, key.extractable, structure(key.algorithm), key.usages, insides(key)),
});
shown(CryptoKey, ({ type, extractable, algorithm, usages }) => ({ type, extractable, algorithm, usages }));

function structure(algorithm) {
  const copy = { ...algorithm };
  if (copy.hash) copy.hash = { ...copy.hash };
  return copy;
}

export function problem(name, message) {
  return new DOMException(message, name);
}

export function unsupported(what) {
  return problem("NotSupportedError", `${what} is not supported by crypto.subtle here`);
}

/** A sequence of usages, as `generateKey` and `importKey` take it. */
export function usagesOf(value) {
  if (typeof value !== "object" || value === null) throw failed("The key usages must be a sequence");
  return sequence(value, (usage) => {
    const text = `${usage}`;
    if (!USAGES.includes(text)) throw failed(`${JSON.stringify(text)} is not a key usage`);
    return text;
  });
}

/** Throws where a usage is not one that the kind of key allows. */
export function allow(usages, allowed, what) {
  const wrong = usages.find((usage) => !allowed.includes(usage));
  if (wrong) throw problem("SyntaxError", `${what} cannot be used to ${wrong}`);
}

/** Throws where a JWK says that it is not for this. */
export function checkJwk(jwk, { kty, use, extractable, usages, alg }) {
  const bad = (why) => problem("DataError", `the JWK ${why}`);
  if (jwk.kty !== kty) throw bad(`has not the kty ${kty}`);
  if (usages.length > 0 && jwk.use !== undefined && use !== undefined
    && jwk.use !== use) throw bad(`is not for ${use}`);
  if (jwk.key_ops !== undefined) {
    if (!Array.isArray(jwk.key_ops)) throw failed("key_ops of a JWK must be a sequence");
    if (new Set(jwk.key_ops).size !== jwk.key_ops.length) throw bad("lists an operation twice");
    if (!usages.every((usage) => jwk.key_ops.includes(usage))) throw bad("is not for all these usages");
  }
  if (jwk.ext === false && extractable) throw bad("is not to be extractable");
  if (alg !== undefined && jwk.alg !== undefined && jwk.alg !== alg) throw bad(`has not the alg ${alg}`);
}

/** Runs what fails where the data of a key is wrong. */
export function parsing(run) {
  try {
    return run();
  } catch (error) {
    if (error.name === "NotSupportedError") throw error;
    throw Object.assign(problem("DataError", `the key cannot be read: ${error.message}`), { cause: error });
  }
}

/** Runs an operation, whose failures have one name. */
export function operating(run) {
  try {
    return run();
  } catch (error) {
    if (error.name === "NotSupportedError" || error.name === "QuotaExceededError") throw error;
    throw problem("OperationError", error.message || "the operation failed");
  }
}

export function base64url(bytes) {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

export function fromBase64url(text, what) {
  try {
    if (/[+/=\s]/.test(text)) throw new SyntaxError("not base64url");
    return Uint8Array.fromBase64(`${text}`, { alphabet: "base64url" });
  } catch {
    throw problem("DataError", `${what} of the JWK is not base64url`);
  }
}

export { insides, isKey, make as makeKey };
