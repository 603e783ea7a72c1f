// `node:crypto`, over what the host computes.

import { timingSafeEqual } from "./crypto/bytes.js";
import { Cipheriv, Decipheriv, cipherInfo, ciphers } from "./crypto/cipher.js";
import { constants } from "./crypto/constants.js";
import * as derive from "./crypto/derive.js";
import { ECDH, diffieHellman } from "./crypto/agree.js";
import { generateKey, generateKeyPair, generateKeyPairSync, generateKeySync } from "./crypto/generate.js";
import { Hash, Hmac, getHashes, hash } from "./crypto/hash.js";
import { KeyObject, createPrivateKey, createPublicKey, createSecretKey } from "./crypto/keys.js";
import * as random from "./crypto/random.js";
import { Sign, Verify, sign, verify } from "./crypto/sign.js";
import { absent, missing } from "./errors.js";

const webcrypto = globalThis.crypto;

class X509Certificate {
  constructor() {
    throw missing("crypto.X509Certificate", "createPublicKey reads the key of a certificate");
  }
}

const crypto = {
  constants,
  createHash: (algorithm, options) => new Hash(algorithm, options),
  createHmac: (algorithm, key, options) => new Hmac(algorithm, key, options),
  hash,
  getHashes,
  Hash,
  Hmac,
  createCipheriv: (name, key, iv, options) => new Cipheriv(name, key, iv, options),
  createDecipheriv: (name, key, iv, options) => new Decipheriv(name, key, iv, options),
  Cipheriv,
  Decipheriv,
  getCiphers: () => [...ciphers],
  getCipherInfo: cipherInfo,
  createSign: (algorithm, options) => new Sign(algorithm, options),
  createVerify: (algorithm, options) => new Verify(algorithm, options),
  Sign,
  Verify,
  sign,
  verify,
  KeyObject,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKey,
  generateKeySync,
  generateKeyPair,
  generateKeyPairSync,
  createECDH: (curve) => new ECDH(curve),
  ECDH,
  diffieHellman,
  getCurves: () => ["P-256", "P-384", "P-521", "prime256v1", "secp384r1", "secp521r1"],
  randomBytes: random.randomBytes,
  pseudoRandomBytes: random.randomBytes,
  prng: random.randomBytes,
  rng: random.randomBytes,
  randomFill: random.randomFill,
  randomFillSync: random.randomFillSync,
  randomInt: random.randomInt,
  randomUUID: random.randomUUID,
  pbkdf2: derive.pbkdf2,
  pbkdf2Sync: derive.pbkdf2Sync,
  hkdf: derive.hkdf,
  hkdfSync: derive.hkdfSync,
  scrypt: derive.scrypt,
  scryptSync: derive.scryptSync,
  timingSafeEqual,
  webcrypto,
  subtle: webcrypto.subtle,
  getRandomValues: (array) => webcrypto.getRandomValues(array),
  X509Certificate,
  getFips: () => 0,
  setFips: absent("crypto.setFips", "there is one set of algorithms"),
  setEngine: absent("crypto.setEngine", "there are no engines"),
  secureHeapUsed: () => ({ total: 0, used: 0, utilization: 0, min: 0 }),
  defaultCipherList: "",
  fips: false,
};
const elsewhere = {
  "use ECDH over P-256 or X25519": [
    "createDiffieHellman",
    "createDiffieHellmanGroup",
    "getDiffieHellman",
    "DiffieHellman",
    "DiffieHellmanGroup",
  ],
  "RSA signs and verifies here, but does not encrypt; use ECDH and AES-GCM": [
    "publicEncrypt",
    "publicDecrypt",
    "privateEncrypt",
    "privateDecrypt",
  ],
  "use crypto.randomBytes to make a prime elsewhere": [
    "generatePrime",
    "generatePrimeSync",
    "checkPrime",
    "checkPrimeSync",
  ],
  "createPublicKey reads keys": ["Certificate"],
};
for (const [hint, names] of Object.entries(elsewhere)) {
  for (const name of names) crypto[name] = absent(`crypto.${name}`, hint);
}

export default crypto;
