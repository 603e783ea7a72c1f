// Algorithms with pairs of keys: ECDSA, ECDH, Ed25519, X25519 and RSA signatures.

import { ecdh, generateKey, importKey, jwkOf, keyOfJwk, sign, verify } from "../../compute.js";
import {
  allow, checkJwk, insides, makeKey, operating, parsing, problem, unsupported,
} from "./key.js";
import { curveOf, firstBits, HASHES, hashOf, integer, kindOf, peerOf, publicOf } from "./params.js";

const AGREE = ["deriveKey", "deriveBits"];

// What is common: `form` says how the algorithm's keys look.
function pair(form) {
  const { name, publicUsages, privateUsages } = form;
  const made = (type, extractable, algorithm, usages, material) => {
    allow(usages, type === "public" ? publicUsages : privateUsages, `a ${type} key of ${name}`);
    if (type === "private" && usages.length === 0) {
      throw problem("SyntaxError", `a private key of ${name} must be usable for something`);
    }
    return makeKey(type, extractable, algorithm, usages, material);
  };
  return {
    name,
    generateKey(params, extractable, usages) {
      allow(usages, [...publicUsages, ...privateUsages], `keys of ${name}`);
      const mine = usages.filter((usage) => privateUsages.includes(usage));
      if (mine.length === 0) throw problem("SyntaxError", `a private key of ${name} must be usable for something`);
      const { privateDer, publicDer } = operating(() => generateKey(form.kind(params)));
      const read = (format, der) => operating(() => importKey(format, der));
      const algorithm = (material) => form.algorithm(params, material);
      const open = read("spki", publicDer);
      const secret = read("pkcs8", privateDer);
      return {
        publicKey: makeKey("public", true, algorithm(open), usages.filter((usage) => publicUsages.includes(usage)),
          open),
        privateKey: makeKey("private", extractable, algorithm(secret), mine, secret),
      };
    },
    importKey(format, data, params, extractable, usages) {
      let material;
      if (format === "spki" || format === "pkcs8") {
        allow(usages, format === "spki" ? publicUsages : privateUsages, `a key of ${name}`);
        material = parsing(() => importKey(format, data));
      } else if ((format === "raw" || format === "raw-public") && form.rawKind) {
        allow(usages, publicUsages, `a public key of ${name}`);
        if (data.length !== form.rawBytes(form.kind(params))) {
          throw problem("DataError", `${data.length} bytes are no key`);
        }
        material = parsing(() => importKey("raw", data, form.rawKind(params)));
      } else if (format === "jwk") {
        const secret = data.d !== undefined;
        allow(usages, secret ? privateUsages : publicUsages, `a key of ${name}`);
        checkJwk(data, { ...form.jwk(params, data), extractable, usages });
        material = parsing(() => keyOfJwk(data));
        if ((material.type === "private") !== secret) throw problem("DataError", "the JWK is not complete");
      } else {
        throw unsupported(`the format ${format} of ${name} keys`);
      }
      const kind = form.kind(params);
      if (material.kind !== kind) {
        throw problem("DataError", `the key is not of the kind ${kind}, but ${material.kind}`);
      }
      return made(material.type, extractable, form.algorithm(params, material), usages, material);
    },
    exportKey(format, key) {
      const material = insides(key);
      const want = { spki: "public", raw: "public", "raw-public": "public", pkcs8: "private" }[format];
      if (want !== undefined && key.type !== want) {
        throw problem("InvalidAccessError", `the format ${format} is for ${want} keys`);
      }
      if (format === "spki" || format === "pkcs8") return material.der.slice();
      if (format === "jwk") {
        const jwk = operating(() => jwkOf(material));
        delete jwk.alg;
        return { ...jwk, ...form.jwkAlg?.(key.algorithm), key_ops: key.usages, ext: key.extractable };
      }
      if (!form.rawBytes || want === undefined) throw unsupported(`the format ${format} of ${name} keys`);
      return material.der.slice(-form.rawBytes(material.kind));
    },
  };
}

function needs(key, type, what) {
  if (key.type !== type) throw problem("InvalidAccessError", `a ${type} key is needed to ${what}`);
}

function signer(schemeOf) {
  return {
    sign(key, data, params) {
      needs(key, "private", "sign");
      return operating(() => sign(schemeOf(key, params), insides(key).der, data, optionsOf(params)));
    },
    verify(key, signature, data, params) {
      needs(key, "public", "verify");
      try {
        return verify(schemeOf(key, params), insides(key).der, signature, data, optionsOf(params));
      } catch (error) {
        if (error.name === "NotSupportedError") throw error;
        // What cannot be read is no signature.
        return false;
      }
    },
  };
}

const optionsOf = ({ saltLength }) => (saltLength === undefined ? undefined : { saltLength });

const EC_BYTES = { "ec-p256": 65, "ec-p384": 97, "ec-p521": 133 };
const ES = { "P-256": "ES256", "P-384": "ES384", "P-521": "ES512" };

function elliptic(name, publicUsages, privateUsages) {
  const form = {
    name, publicUsages, privateUsages,
    kind: ({ namedCurve }) => kindOf(namedCurve),
    algorithm: ({ namedCurve }) => ({ name, namedCurve }),
    rawKind: () => "",
    rawBytes: (kind) => EC_BYTES[kind],
    jwk({ namedCurve }, jwk) {
      if (jwk.kty === "EC" && jwk.crv !== namedCurve) {
        throw problem("DataError", `the JWK has not the crv ${namedCurve}`);
      }
      return { kty: "EC", use: name === "ECDSA" ? "sig" : "enc", alg: name === "ECDSA" ? ES[namedCurve] : undefined };
    },
  };
  return { ...pair(form), params: { generateKey: curveOf, importKey: curveOf } };
}

const ecdsa = elliptic("ECDSA", ["verify"], ["sign"]);
const ecdsaParams = (from) => ({ hash: hashOf(from) });

export const ECDSA = {
  ...ecdsa,
  ...signer((_, { hash }) => `ecdsa-${HASHES[hash.name]}`),
  params: { ...ecdsa.params, sign: ecdsaParams, verify: ecdsaParams },
};

const agreement = {
  deriveBits(key, params, length) {
    const peer = peerOf(key, params);
    return firstBits(operating(() => ecdh(insides(key).der, insides(peer).der)), length);
  },
};
const agreementParams = { deriveBits: (from) => ({ public: publicOf(from) }) };

const ecdhPair = elliptic("ECDH", [], AGREE);
export const ECDH = { ...ecdhPair, ...agreement, params: { ...ecdhPair.params, ...agreementParams } };

function octet(name, kind, use, publicUsages, privateUsages) {
  return pair({
    name, publicUsages, privateUsages,
    kind: () => kind,
    algorithm: () => ({ name }),
    rawKind: () => kind,
    rawBytes: () => 32,
    jwk(_, jwk) {
      if (jwk.kty === "OKP" && jwk.crv !== name) throw problem("DataError", `the JWK has not the crv ${name}`);
      return { kty: "OKP", use };
    },
    jwkAlg: () => (use === "sig" ? { alg: name } : {}),
  });
}

export const Ed25519 = {
  ...octet("Ed25519", "ed25519", "sig", ["verify"], ["sign"]),
  ...signer(() => "ed25519"),
  params: {},
};

export const X25519 = { ...octet("X25519", "x25519", "enc", [], AGREE), ...agreement, params: agreementParams };

const RS = { "RSASSA-PKCS1-v1_5": "RS", "RSA-PSS": "PS" };

function rsa(name, scheme, signParams) {
  const algOf = (hash) => `${RS[name]}${hash.name.slice(4)}`;
  const form = {
    name, publicUsages: ["verify"], privateUsages: ["sign"],
    kind: () => "rsa",
    algorithm({ hash }, material) {
      const exponent = Uint8Array.fromBase64(jwkOf(material).e, { alphabet: "base64url" });
      return { name, modulusLength: material.bits, publicExponent: exponent, hash: { ...hash } };
    },
    jwk: ({ hash }) => ({ kty: "RSA", use: "sig", alg: algOf(hash) }),
    jwkAlg: ({ hash }) => ({ alg: algOf(hash) }),
  };
  return {
    ...pair(form),
    ...signer((key) => `${scheme}-${HASHES[key.algorithm.hash.name]}`),
    params: {
      generateKey: (from) => ({ modulusLength: integer(from, "modulusLength", 0xffffffff), hash: hashOf(from) }),
      importKey: (from) => ({ hash: hashOf(from) }),
      sign: signParams, verify: signParams,
    },
  };
}

export const RSA_PKCS1 = rsa("RSASSA-PKCS1-v1_5", "rsa-pkcs1", () => ({}));
export const RSA_PSS = rsa("RSA-PSS", "rsa-pss", (from) => ({ saltLength: integer(from, "saltLength", 0xffffffff) }));
