// Keys in their formats, signatures and key agreement.

import { bytes, json, number, parts, problem } from "../host.js";
import { OPS, ascii, unpack } from "./ops.js";
import { hash } from "./hash.js";

function keyFrom(packed) {
  const [type, kind, bits, der, spki] = unpack(packed);
  return { type: ascii(type), kind: ascii(kind), bits: Number(ascii(bits)), der, public: spki };
}

/**
 * A key as `{ type, kind, bits, der, public }`: `der` is PKCS #8 or SPKI, `public` the SPKI of either.
 * `kind` says what raw bytes are, where their length does not: "ed25519" or "x25519", private with a "-private".
 */
export function importKey(format, data, kind = "") {
  return keyFrom(bytes(OPS.IMPORT_KEY, parts(format, kind, data)));
}

export function jwkOf(key) {
  return json(OPS.JWK_OF, parts(key.type, key.der));
}

export function keyOfJwk(jwk) {
  return keyFrom(bytes(OPS.KEY_OF_JWK, JSON.stringify(jwk)));
}

export function generateKey(kind) {
  const [privateDer, publicDer] = unpack(bytes(OPS.GENERATE_KEY, kind));
  return { privateDer, publicDer };
}

// What is signed: ECDSA signs a hash, which can be made in pieces; the others take the message.
function signed(scheme, data, { encoding = "ieee-p1363", saltLength } = {}) {
  if (scheme.startsWith("ecdsa-")) return [`ecdsa-${encoding}`, hash(scheme.slice("ecdsa-".length), data)];
  const pss = /^rsa-pss-sha(\d+)$/.exec(scheme);
  if (pss && saltLength !== undefined && saltLength * 8 !== Number(pss[1])) {
    const message = `${scheme} takes a salt of ${pss[1] / 8} bytes here, not ${saltLength}`;
    throw problem({ name: "NotSupportedError", message });
  }
  return [scheme, data];
}

/**
 * Schemes: "ecdsa-" with a hash, "ed25519", "rsa-pkcs1-sha256" (384, 512), "rsa-pss-sha256" (384, 512).
 * `encoding` of ECDSA: "ieee-p1363" or "der".
 */
export function sign(scheme, privateDer, data, options) {
  const [how, what] = signed(scheme, data, options);
  return bytes(OPS.SIGN, parts(how, privateDer, what));
}

export function verify(scheme, publicDer, signature, data, options) {
  const [how, what] = signed(scheme, data, options);
  return number(OPS.VERIFY, parts(how, publicDer, signature, what)) === 1;
}

/** The secret that two keys of one kind share. */
export function ecdh(privateDer, publicDer) {
  return bytes(OPS.ECDH, parts(privateDer, publicDer));
}
