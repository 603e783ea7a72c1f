// Signatures.

import { sign as signOnce, verify as verifyOnce } from "../../compute.js";
import { Buffer } from "../buffer.js";
import { invalidValue, missing, typeError } from "../errors.js";
import { Writable } from "../stream.js";
import * as check from "../validate.js";
import { CHUNK, bytesOf, later, output, toBuffer } from "./bytes.js";
import { constants } from "./constants.js";
import { hashName } from "./hash.js";
import { createPrivateKey, createPublicKey } from "./keys.js";

// The host's scheme for a key, and its options.
function scheme(algorithm, host, { padding, saltLength, dsaEncoding = "der" }) {
  const { kind } = host;
  if (kind === "ed25519") {
    if (algorithm != null)
      throw typeError("ERR_OSSL_EVP_INVALID_DIGEST", "Ed25519 takes no digest: give null or undefined");
    return ["ed25519", {}];
  }
  const hash = algorithm == null ? "sha256" : hashName(algorithm);
  if (hash === undefined) throw typeError("ERR_CRYPTO_INVALID_DIGEST", `Invalid digest: ${algorithm}`);
  if (kind.startsWith("ec-")) {
    check.oneOf(dsaEncoding, "options.dsaEncoding", ["der", "ieee-p1363"]);
    return [`ecdsa-${hash}`, { encoding: dsaEncoding }];
  }
  if (kind !== "rsa") throw missing(`signing with a key of ${kind}`, "use ec, ed25519 or rsa");
  if (padding !== undefined && padding !== constants.RSA_PKCS1_PADDING && padding !== constants.RSA_PKCS1_PSS_PADDING) {
    throw invalidValue("options.padding", padding);
  }
  if (padding !== constants.RSA_PKCS1_PSS_PADDING) return [`rsa-pkcs1-${hash}`, {}];
  // The lengths that Node means by its constants differ from that of the hash only where the salt is as long as it can
  // be, which the host does not make but for which nothing in a signature stands.
  return [`rsa-pss-${hash}`, saltLength > 0 ? { saltLength } : {}];
}

const optionsOf = (key) => (key !== null && typeof key === "object" && !ArrayBuffer.isView(key) ? key : {});

function make(algorithm, data, key) {
  const { _host } = createPrivateKey(key);
  const [how, options] = scheme(algorithm, _host, optionsOf(key));
  return signOnce(how, _host.der, data, options);
}

function holds(algorithm, data, key, signature) {
  const { _host } = key?.type === "public" && key._host ? key : createPublicKey(key);
  const [how, options] = scheme(algorithm, _host, optionsOf(key));
  return verifyOnce(how, _host.public, signature, data, options);
}

function known(algorithm) {
  check.string(algorithm, "algorithm");
  if (hashName(algorithm) === undefined) throw typeError("ERR_CRYPTO_INVALID_DIGEST", `Invalid digest: ${algorithm}`);
  return algorithm;
}

class Collector extends Writable {
  #pieces = [];

  constructor(algorithm, options) {
    super(options);
    this._algorithm = known(algorithm);
  }

  update(data, encoding) {
    this.#pieces.push(Buffer.from(bytesOf(data, "data", encoding, CHUNK)));
    return this;
  }

  _write(chunk, encoding, callback) {
    this.update(chunk, encoding);
    callback();
  }

  _all() {
    return Buffer.concat(this.#pieces);
  }
}

export class Sign extends Collector {
  sign(key, encoding) {
    if (!key) throw typeError("ERR_CRYPTO_SIGN_KEY_REQUIRED", "No key provided to sign");
    return output(make(this._algorithm, this._all(), key), encoding);
  }
}

export class Verify extends Collector {
  verify(key, signature, encoding) {
    return holds(this._algorithm, this._all(), key, bytesOf(signature, "signature", encoding));
  }
}

export function sign(algorithm, data, key, callback) {
  const bytes = bytesOf(data, "data");
  if (!key) throw typeError("ERR_CRYPTO_SIGN_KEY_REQUIRED", "No key provided to sign");
  const run = () => toBuffer(make(algorithm, bytes, key));
  return callback === undefined ? run() : later(callback, run);
}

export function verify(algorithm, data, key, signature, callback) {
  const [bytes, signed] = [bytesOf(data, "data"), bytesOf(signature, "signature")];
  const run = () => holds(algorithm, bytes, key, signed);
  return callback === undefined ? run() : later(callback, run);
}
