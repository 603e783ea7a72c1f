// New keys.

import { generateKey as draw, importKey } from "../../compute.js";
import { invalidValue, missing, typeError } from "../errors.js";
import * as check from "../validate.js";
import { later } from "./bytes.js";
import { createSecretKey, keyObject } from "./keys.js";
import { randomBytes } from "./random.js";

const CURVES = {
  "p-256": "ec-p256",
  prime256v1: "ec-p256",
  secp256r1: "ec-p256",
  "p-384": "ec-p384",
  secp384r1: "ec-p384",
  "p-521": "ec-p521",
  secp521r1: "ec-p521",
};

/** The host's kind of key on a curve. */
export function curveKind(name) {
  const kind = CURVES[`${name}`.toLowerCase()];
  if (kind === undefined) {
    throw typeError("ERR_CRYPTO_INVALID_CURVE", "Invalid EC curve name: there are P-256, P-384 and P-521");
  }
  return kind;
}

function kindOf(type, options) {
  check.string(type, "type");
  if (type === "ec") {
    check.string(options?.namedCurve, "options.namedCurve");
    return curveKind(options.namedCurve);
  }
  if (type === "ed25519" || type === "x25519") return type;
  if (["rsa", "rsa-pss", "dsa", "dh", "ed448", "x448"].includes(type)) {
    throw missing(
      `crypto.generateKeyPair of ${type}`,
      "make the key elsewhere and import it, or use ec, ed25519 or x25519",
    );
  }
  throw invalidValue("type", type, "must be a supported key type");
}

export function generateKeyPairSync(type, options = {}) {
  const { privateDer, publicDer } = draw(kindOf(type, options));
  const { publicKeyEncoding: open, privateKeyEncoding: secret } = options;
  const publicKey = keyObject("public", importKey("spki", publicDer));
  const privateKey = keyObject("private", importKey("pkcs8", privateDer));
  return {
    publicKey: open ? publicKey.export(open) : publicKey,
    privateKey: secret ? privateKey.export(secret) : privateKey,
  };
}

export function generateKeyPair(type, options, callback) {
  if (typeof options === "function") [options, callback] = [undefined, options];
  check.callback(callback, "callback");
  kindOf(type, options);
  later(
    (error, pair) => (error ? callback(error) : callback(null, pair.publicKey, pair.privateKey)),
    () => generateKeyPairSync(type, options),
  );
}

Object.defineProperty(generateKeyPair, Symbol.for("nodejs.util.promisify.custom"), {
  value: async (type, options) => generateKeyPairSync(type, options),
  configurable: true,
});

export function generateKeySync(type, options) {
  check.oneOf(type, "type", ["hmac", "aes"]);
  check.object(options, "options");
  if (type === "aes") check.oneOf(options.length, "options.length", [128, 192, 256]);
  else check.integer(options.length, "options.length", 8, 2 ** 31 - 1);
  return createSecretKey(randomBytes(options.length >> 3));
}

export function generateKey(type, options, callback) {
  check.callback(callback, "callback");
  const key = generateKeySync(type, options);
  process.nextTick(callback, null, key);
}
