// Key agreement.

import { ecdh, generateKey, importKey, jwkOf } from "../../compute.js";
import { Buffer } from "../buffer.js";
import { invalidType, nodeError } from "../errors.js";
import { bytesOf, later, output, toBuffer } from "./bytes.js";
import { curveKind } from "./generate.js";

const SIZES = { "ec-p256": 32, "ec-p384": 48, "ec-p521": 66 };

function pointOf(spki, kind) {
  return spki.slice(spki.length - 2 * SIZES[kind] - 1);
}

function shaped(point, format) {
  if (format === undefined || format === "uncompressed") return point;
  const half = (point.length - 1) / 2;
  const odd = point[point.length - 1] & 1;
  if (format === "compressed") return Buffer.concat([Buffer.from([2 + odd]), point.subarray(1, 1 + half)]);
  if (format === "hybrid") return Buffer.concat([Buffer.from([6 + odd]), point.subarray(1)]);
  throw nodeError("ERR_CRYPTO_ECDH_INVALID_FORMAT", `Invalid ECDH format: ${format}`);
}

export class ECDH {
  #kind;
  #private = null;
  #public = null;

  constructor(curve) {
    if (typeof curve !== "string") throw invalidType("curve", "of type string", curve);
    this.#kind = curveKind(curve);
  }

  static convertKey(key, curve, inputEncoding, outputEncoding, format) {
    const kind = curveKind(curve);
    const { der } = importKey("raw", bytesOf(key, "key", inputEncoding), kind);
    return output(shaped(pointOf(der, kind), format), outputEncoding);
  }

  #take(host) {
    this.#private = host;
    this.#public = pointOf(host.public, this.#kind);
  }

  generateKeys(encoding, format) {
    this.#take(importKey("pkcs8", generateKey(this.#kind).privateDer));
    return this.getPublicKey(encoding, format);
  }

  getPublicKey(encoding, format) {
    if (this.#public === null) throw nodeError("ERR_CRYPTO_ECDH_INVALID_PUBLIC_KEY", "Failed to get ECDH public key");
    return output(shaped(this.#public, format), encoding);
  }

  getPrivateKey(encoding) {
    if (this.#private === null)
      throw nodeError("ERR_CRYPTO_ECDH_INVALID_PRIVATE_KEY", "Failed to get ECDH private key");
    return output(Buffer.from(jwkOf(this.#private).d, "base64url"), encoding);
  }

  setPrivateKey(key, encoding) {
    const bytes = bytesOf(key, "key", encoding);
    const padded = Buffer.alloc(SIZES[this.#kind]);
    padded.set(bytes.subarray(-padded.length), Math.max(0, padded.length - bytes.length));
    try {
      this.#take(importKey("raw", padded, `${this.#kind}-private`));
    } catch {
      throw nodeError("ERR_CRYPTO_INVALID_KEYTYPE", "Private key is not valid for specified curve.");
    }
    return this;
  }

  computeSecret(other, inputEncoding, outputEncoding) {
    if (this.#private === null)
      throw nodeError("ERR_CRYPTO_ECDH_INVALID_PRIVATE_KEY", "Failed to get ECDH private key");
    let host;
    try {
      host = importKey("raw", bytesOf(other, "otherPublicKey", inputEncoding), this.#kind);
    } catch {
      throw nodeError("ERR_CRYPTO_ECDH_INVALID_PUBLIC_KEY", "Public key is not valid for specified curve");
    }
    return output(ecdh(this.#private.der, host.der), outputEncoding);
  }
}

export function diffieHellman({ privateKey, publicKey }, callback) {
  if (privateKey?.type !== "private") throw invalidType("options.privateKey", "an instance of KeyObject", privateKey);
  if (!["public", "private"].includes(publicKey?.type))
    throw invalidType("options.publicKey", "an instance of KeyObject", publicKey);
  const run = () => toBuffer(ecdh(privateKey._host.der, publicKey._host.public));
  return callback === undefined ? run() : later(callback, run);
}
