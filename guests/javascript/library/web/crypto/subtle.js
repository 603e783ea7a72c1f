// SubtleCrypto. Everything is computed at once; the promises are what the standard wants.

import { decodeUtf8, encodeUtf8, hash } from "../../compute.js";
import { bufferSource, expose, failed, illegal, isBuffer, isObject, oneOf, required } from "../webidl.js";
import { HKDF, PBKDF2 } from "./derive.js";
import { insides, isKey, problem, unsupported, usagesOf } from "./key.js";
import { ECDH, ECDSA, Ed25519, RSA_PKCS1, RSA_PSS, X25519 } from "./pairs.js";
import { HASHES, nameOf } from "./params.js";
import { AES_CBC, AES_CTR, AES_GCM, AES_KW, HMAC } from "./secret.js";

const SECRET = Symbol("subtle");
const FORMATS = ["raw", "raw-public", "raw-private", "raw-secret", "pkcs8", "spki", "jwk"];

const algorithms = new Map();
for (const algorithm of [
  AES_GCM, AES_CBC, AES_CTR, AES_KW, HMAC, ECDSA, ECDH, Ed25519, X25519, RSA_PKCS1, RSA_PSS, PBKDF2, HKDF,
]) algorithms.set(algorithm.name.toLowerCase(), algorithm);
for (const name of Object.keys(HASHES)) algorithms.set(name.toLowerCase(), { name, digest: HASHES[name], params: {} });

// The algorithm of `given` and its parameters for one operation, which the algorithm must have.
function normal(operation, given) {
  const name = nameOf(given);
  const algorithm = algorithms.get(name.toLowerCase());
  if (!algorithm?.[operation]) throw unsupported(`${operation} of the algorithm ${JSON.stringify(name)}`);
  const from = isObject(given) ? given : {};
  return { algorithm, params: algorithm.params[operation]?.(from) ?? {} };
}

// What wraps or unwraps: the algorithm's own way, or else its cipher.
function wrapper(operation, otherwise, given) {
  const own = algorithms.get(nameOf(given).toLowerCase())?.[operation] !== undefined;
  const found = normal(own ? operation : otherwise, given);
  return { ...found, run: found.algorithm[own ? operation : otherwise] };
}

function keyOf(value) {
  if (!isKey(value)) throw failed("The key must be a CryptoKey", "ERR_INVALID_ARG_TYPE");
  return value;
}

function usable(key, algorithm, usage) {
  if (key.algorithm.name !== algorithm.name) {
    throw problem("InvalidAccessError", `the key is for ${key.algorithm.name}, not ${algorithm.name}`);
  }
  if (!key.usages.includes(usage)) throw problem("InvalidAccessError", `the key may not be used to ${usage}`);
}

const data = (value) => bufferSource(value, "The data");

function out(bytes) {
  return bytes.length === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
}

function filled(made, usages) {
  if (made.privateKey === undefined && usages.length === 0 && made.type !== "public") {
    throw problem("SyntaxError", `a ${made.type} key must be usable for something`);
  }
  return made;
}

function exportWith(format, key) {
  const algorithm = algorithms.get(key.algorithm.name.toLowerCase());
  if (!algorithm.exportKey) throw unsupported(`export of ${key.algorithm.name} keys`);
  if (!key.extractable) throw problem("InvalidAccessError", "the key is not extractable");
  return algorithm.exportKey(format, key);
}

function importWith(format, given, keyData, extractable, usages) {
  const { algorithm, params } = normal("importKey", given);
  return filled(algorithm.importKey(format, keyData, params, extractable, usages), usages);
}

function derived({ algorithm, params }, key, usage, length) {
  usable(key, algorithm, usage);
  return algorithm.deriveBits(key, params, length);
}

const lengthOf = (value) => (value === null || value === undefined ? null : Number(value) >>> 0);

let check;

export class SubtleCrypto {
  #brand;

  constructor() {
    if (arguments[0] !== SECRET) throw illegal();
  }

  async encrypt(algorithm, key, plain) {
    begin(this, arguments, 3, "encrypt");
    const { algorithm: found, params } = normal("encrypt", algorithm);
    usable(keyOf(key), found, "encrypt");
    return out(found.encrypt(key, data(plain), params));
  }

  async decrypt(algorithm, key, encrypted) {
    begin(this, arguments, 3, "decrypt");
    const { algorithm: found, params } = normal("decrypt", algorithm);
    usable(keyOf(key), found, "decrypt");
    return out(found.decrypt(key, data(encrypted), params));
  }

  async sign(algorithm, key, message) {
    begin(this, arguments, 3, "sign");
    const { algorithm: found, params } = normal("sign", algorithm);
    usable(keyOf(key), found, "sign");
    return out(found.sign(key, data(message), params));
  }

  async verify(algorithm, key, signature, message) {
    begin(this, arguments, 4, "verify");
    const { algorithm: found, params } = normal("verify", algorithm);
    usable(keyOf(key), found, "verify");
    return found.verify(key, data(signature), data(message), params);
  }

  async digest(algorithm, message) {
    begin(this, arguments, 2, "digest");
    const { algorithm: found } = normal("digest", algorithm);
    return out(hash(found.digest, data(message)));
  }

  async generateKey(algorithm, extractable, keyUsages) {
    begin(this, arguments, 3, "generateKey");
    const usages = usagesOf(keyUsages);
    const { algorithm: found, params } = normal("generateKey", algorithm);
    return filled(found.generateKey(params, Boolean(extractable), usages), usages);
  }

  async deriveKey(algorithm, baseKey, derivedKeyType, extractable, keyUsages) {
    begin(this, arguments, 5, "deriveKey");
    const usages = usagesOf(keyUsages);
    const from = normal("deriveBits", algorithm);
    const { algorithm: to, params } = normal("getKeyLength", derivedKeyType);
    normal("importKey", derivedKeyType);
    const bits = derived(from, keyOf(baseKey), "deriveKey", to.getKeyLength(params));
    return importWith("raw", derivedKeyType, bits, Boolean(extractable), usages);
  }

  async deriveBits(algorithm, baseKey, length = null) {
    begin(this, arguments, 2, "deriveBits");
    return out(derived(normal("deriveBits", algorithm), keyOf(baseKey), "deriveBits", lengthOf(length)));
  }

  async importKey(format, keyData, algorithm, extractable, keyUsages) {
    begin(this, arguments, 5, "importKey");
    const kind = oneOf(format, FORMATS, "The format of a key");
    const usages = usagesOf(keyUsages);
    if (kind === "jwk" ? !isObject(keyData) || isBuffer(keyData) : !isBuffer(keyData)) {
      const message = kind === "jwk" ? "A JWK must be an object" : "The data of a key must be bytes";
      throw failed(message, "ERR_INVALID_ARG_TYPE");
    }
    return importWith(kind, algorithm, kind === "jwk" ? { ...keyData } : data(keyData), Boolean(extractable), usages);
  }

  async exportKey(format, key) {
    begin(this, arguments, 2, "exportKey");
    const kind = oneOf(format, FORMATS, "The format of a key");
    const exported = exportWith(kind, keyOf(key));
    return exported instanceof Uint8Array ? out(exported) : exported;
  }

  async wrapKey(format, key, wrappingKey, wrapAlgorithm) {
    begin(this, arguments, 4, "wrapKey");
    const kind = oneOf(format, FORMATS, "The format of a key");
    const { algorithm, params, run } = wrapper("wrapKey", "encrypt", wrapAlgorithm);
    usable(keyOf(wrappingKey), algorithm, "wrapKey");
    const exported = exportWith(kind, keyOf(key));
    const bytes = exported instanceof Uint8Array ? exported : encodeUtf8(JSON.stringify(exported));
    return out(run(wrappingKey, bytes, params));
  }

  async unwrapKey(format, wrappedKey, unwrappingKey, unwrapAlgorithm, unwrappedKeyAlgorithm, extractable, keyUsages) {
    begin(this, arguments, 7, "unwrapKey");
    const kind = oneOf(format, FORMATS, "The format of a key");
    const usages = usagesOf(keyUsages);
    const { algorithm, params, run } = wrapper("unwrapKey", "decrypt", unwrapAlgorithm);
    usable(keyOf(unwrappingKey), algorithm, "unwrapKey");
    const bytes = run(unwrappingKey, data(wrappedKey), params);
    let keyData = bytes;
    if (kind === "jwk") {
      try {
        keyData = JSON.parse(decodeUtf8(bytes));
      } catch {
        throw problem("DataError", "what was unwrapped is no JSON");
      }
      if (!isObject(keyData)) throw problem("DataError", "what was unwrapped is no JWK");
    }
    return importWith(kind, unwrappedKeyAlgorithm, keyData, Boolean(extractable), usages);
  }

  static {
    check = (it) => it.#brand;
  }
}
Object.defineProperty(SubtleCrypto.prototype.deriveBits, "length", { value: 2, configurable: true });
expose(SubtleCrypto);

function begin(it, given, wanted, name) {
  check(it);
  required(given.length, wanted, `crypto.subtle.${name}`);
}

export const subtle = new SubtleCrypto(SECRET);

/** What is in a CryptoKey: bytes of a secret one, what compute.js knows of another. */
export { insides as materialOf };
