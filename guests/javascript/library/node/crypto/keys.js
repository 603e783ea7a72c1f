// Keys: `KeyObject`, and how keys are read from PEM, DER, JWK and bytes.

import { importKey, jwkOf, keyOfJwk } from "../../compute.js";
import { insides, isKey, makeKey } from "../../web/crypto/key.js";
import { Buffer } from "../buffer.js";
import { invalidType, invalidValue, missing, nodeError, typeError } from "../errors.js";
import * as check from "../validate.js";
import { bytesOf, timingSafeEqual, toBuffer } from "./bytes.js";

const CURVES = { "ec-p256": "prime256v1", "ec-p384": "secp384r1", "ec-p521": "secp521r1" };
const make = Symbol("make");

/** A secret, public or private key. What the host knows of the latter is in `key._host`. */
export class KeyObject {
  #type;
  #host;

  constructor(type, handle, token) {
    if (token !== make) {
      if (!["secret", "public", "private"].includes(type)) throw invalidValue("type", type);
      throw invalidType("handle", "of type object", handle);
    }
    this.#type = type;
    this.#host = handle;
  }

  static from(key) {
    if (!isKey(key)) throw invalidType("key", "an instance of CryptoKey", key);
    const material = insides(key);
    return new KeyObject(key.type, key.type === "secret" ? material.slice() : material, make);
  }

  get type() {
    return this.#type;
  }
  get symmetricKeySize() {
    return this.#type === "secret" ? this.#host.length : undefined;
  }
  get asymmetricKeyType() {
    if (this.#type === "secret") return undefined;
    return this.#host.kind.startsWith("ec-") ? "ec" : this.#host.kind;
  }
  get asymmetricKeyDetails() {
    if (this.#type === "secret") return undefined;
    const { kind, bits } = this.#host;
    if (kind.startsWith("ec-")) return { namedCurve: CURVES[kind] };
    if (kind !== "rsa") return {};
    const { e } = jwkOf(this.#host);
    return { modulusLength: bits, publicExponent: BigInt(`0x${Buffer.from(e, "base64url").toString("hex")}`) };
  }
  get _host() {
    return this.#host;
  }
  get [Symbol.toStringTag]() {
    return "KeyObject";
  }

  equals(other) {
    if (!(other instanceof KeyObject)) throw invalidType("otherKeyObject", "an instance of KeyObject", other);
    if (other.type !== this.#type) return false;
    const [a, b] = this.#type === "secret" ? [this.#host, other._host] : [this.#host.der, other._host.der];
    return a.length === b.length && timingSafeEqual(a, b);
  }

  export(options = {}) {
    if (options.format === "jwk") {
      return this.#type === "secret"
        ? { kty: "oct", k: toBuffer(this.#host).toString("base64url") }
        : jwkOf(this.#host);
    }
    if (this.#type === "secret") return Buffer.from(this.#host);
    return encode(this, options);
  }

  toCryptoKey(algorithm, extractable, usages) {
    const named = typeof algorithm === "string" ? { name: algorithm } : { ...algorithm };
    if (typeof named.hash === "string") named.hash = { name: named.hash };
    if (this.#type === "secret") named.length ??= this.#host.length * 8;
    return makeKey(this.#type, extractable, named, usages, this.#host);
  }
}

/** A key of the host as a KeyObject. */
export const keyObject = (type, host) => new KeyObject(type, host, make);

const pem = (label, der) =>
  `-----BEGIN ${label}-----\n${toBuffer(der)
    .toString("base64")
    .replace(/.{1,64}/g, "$&\n")}-----END ${label}-----\n`;

// The bytes inside the first element of DER with this tag at the end of what holds a key.
function inner(der, kind) {
  const tag = kind === "private" ? 0x04 : 0x03;
  let at = head(der, 0).from;
  for (;;) {
    const element = head(der, at);
    if (der[at] === tag) return der.slice(element.from + (tag === 0x03 ? 1 : 0), element.to);
    at = element.to;
  }
}

function head(der, at) {
  let length = der[at + 1],
    from = at + 2;
  if (length & 0x80) {
    const count = length & 0x7f;
    length = der.slice(from, from + count).reduce((sum, byte) => sum * 256 + byte, 0);
    from += count;
  }
  if (from + length > der.length) throw nodeError("ERR_CRYPTO_OPERATION_FAILED", "the key is damaged");
  return { from, to: from + length };
}

function encode(key, { type, format, cipher }) {
  if (cipher !== undefined) throw missing("export of an encrypted key", "encrypt the key with createCipheriv");
  check.oneOf(format, "options.format", ["pem", "der", "jwk"]);
  const { kind, der } = key._host;
  const allowed =
    key.type === "public"
      ? { spki: "PUBLIC KEY", ...(kind === "rsa" && { pkcs1: "RSA PUBLIC KEY" }) }
      : {
          pkcs8: "PRIVATE KEY",
          ...(kind === "rsa" && { pkcs1: "RSA PRIVATE KEY" }),
          ...(kind.startsWith("ec-") && { sec1: "EC PRIVATE KEY" }),
        };
  if (!Object.hasOwn(allowed, type)) throw invalidValue("options.type", type);
  let bytes = type === "pkcs8" || type === "spki" ? der : inner(der, key.type);
  if (type === "sec1") bytes = withCurve(bytes, der);
  return format === "pem" ? pem(allowed[type], bytes) : Buffer.from(bytes);
}

// SEC 1 inside PKCS #8 has no parameters; alone it needs the curve after the scalar.
function withCurve(sec1, pkcs8) {
  const whole = head(sec1, 0);
  const version = head(sec1, whole.from),
    scalar = head(sec1, version.to);
  if (sec1[scalar.to] === 0xa0) return sec1;
  const outer = head(pkcs8, 0);
  const algorithm = head(pkcs8, head(pkcs8, outer.from).to);
  const curve = pkcs8.slice(head(pkcs8, algorithm.from).to, algorithm.to);
  const content = Buffer.concat([
    sec1.slice(whole.from, scalar.to),
    Buffer.from([0xa0, curve.length]),
    curve,
    sec1.slice(scalar.to, whole.to),
  ]);
  return Buffer.concat([
    content.length < 128 ? Buffer.from([0x30, content.length]) : Buffer.from([0x30, 0x81, content.length]),
    content,
  ]);
}

function parsing(run) {
  try {
    return run();
  } catch (error) {
    if (error.name === "NotSupportedError") throw nodeError("ERR_OSSL_UNSUPPORTED", error.message);
    throw nodeError("ERR_OSSL_UNSUPPORTED", `error:1E08010C:DECODER routines::unsupported (${error.message})`);
  }
}

function read(input, wanted) {
  if (input instanceof KeyObject) return input._host;
  if (isKey(input)) return insides(input);
  let options = {};
  let data = input;
  if (input !== null && typeof input === "object" && !ArrayBuffer.isView(input) && !(input instanceof ArrayBuffer)) {
    options = input;
    data = input.key;
    if (data instanceof KeyObject) return data._host;
    if (isKey(data)) return insides(data);
  }
  const { format = "pem", type, passphrase } = options;
  if (format === "jwk") {
    check.object(data, "key.key");
    if (data.kty === "oct" || !["RSA", "EC", "OKP"].includes(data.kty)) {
      throw invalidValue("key.kty", data.kty, "must be one of: 'RSA', 'EC', 'OKP'");
    }
    return parsing(() => keyOfJwk(data));
  }
  const bytes = bytesOf(data, "key", options.encoding);
  if (format === "der") {
    check.oneOf(
      type,
      "options.type",
      wanted === "private" ? ["pkcs1", "pkcs8", "sec1"] : ["pkcs1", "spki", "pkcs8", "sec1"],
    );
    return parsing(() => importKey(type, bytes));
  }
  check.oneOf(format, "options.format", ["pem", "der", "jwk"]);
  if (passphrase !== undefined && /ENCRYPTED/.test(toBuffer(bytes).toString("latin1"))) {
    throw missing("reading an encrypted key", "decrypt it before, and give it as a secret of the environment");
  }
  return parsing(() => importKey("pem", bytes));
}

export function createPrivateKey(input) {
  const host = read(input, "private");
  if (host.type !== "private") throw typeError("ERR_INVALID_ARG_VALUE", "The key is not a private key");
  return keyObject("private", host);
}

export function createPublicKey(input) {
  if (input instanceof KeyObject && input.type !== "private") {
    throw typeError("ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE", `Invalid key object type ${input.type}, expected private.`);
  }
  const host = read(input, "public");
  return keyObject("public", host.type === "private" ? parsing(() => importKey("spki", host.public)) : host);
}

export function createSecretKey(key, encoding) {
  return keyObject("secret", Uint8Array.from(bytesOf(key, "key", encoding)));
}

/** The bytes of a secret, given as a key, as bytes or as a text. */
export function secretBytes(key, encoding) {
  const object = isKey(key) ? KeyObject.from(key) : key;
  if (object instanceof KeyObject) {
    if (object.type !== "secret") {
      throw typeError("ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE", `Invalid key object type ${object.type}, expected secret.`);
    }
    return object._host;
  }
  return bytesOf(
    key,
    "key",
    encoding,
    "of type string or an instance of ArrayBuffer, Buffer, TypedArray, DataView, " + "KeyObject, or CryptoKey",
  );
}
