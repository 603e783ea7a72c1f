// JOSE over Web Crypto: signatures, encryption, key sets, imports and exports of keys.

import * as jose from "jose";
import { readFileSync } from "node:fs";

// Hydra makes no RSA keys, since that takes long.
const pem = (name) => readFileSync(new URL(name, import.meta.url), "utf8");
const keysOf = async (alg) =>
  /^[RP]S/.test(alg)
    ? {
        publicKey: await jose.importSPKI(pem("rsa.pub.pem"), alg, { extractable: true }),
        privateKey: await jose.importPKCS8(pem("rsa.pem"), alg),
      }
    : jose.generateKeyPair(alg, { extractable: true });

const failure = async (promise) => {
  try {
    return await promise;
  } catch (error) {
    return [error.code, error.message];
  }
};

export const handler = async () => {
  const secret = new TextEncoder().encode("a secret that is at least 256 bits long!");
  const fixed = await new jose.SignJWT({ "urn:a:claim": true })
    .setProtectedHeader({ alg: "HS256" })
    .setIssuedAt(1700000000)
    .setIssuer("hydra")
    .setAudience("tests")
    .sign(secret);
  const verified = await jose.jwtVerify(fixed, secret, { issuer: "hydra", audience: "tests" });
  const pairs = {};
  for (const alg of ["RS256", "PS256", "ES256", "ES384", "EdDSA"]) {
    const { publicKey, privateKey } = await keysOf(alg);
    const token = await new jose.SignJWT({ alg }).setProtectedHeader({ alg }).setExpirationTime("2h").sign(privateKey);
    const { payload, protectedHeader } = await jose.jwtVerify(token, publicKey);
    const jwk = await jose.exportJWK(publicKey);
    const spki = await jose.exportSPKI(publicKey);
    const again = await jose.importSPKI(spki, alg);
    pairs[alg] = {
      alg: payload.alg,
      header: protectedHeader,
      jwk: Object.keys(jwk).sort(),
      pem: spki.split("\n")[0],
      again: (await jose.jwtVerify(token, again)).payload.alg,
    };
  }
  const sealed = await new jose.EncryptJWT({ hidden: 1 })
    .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
    .encrypt(secret.slice(0, 32));
  const opened = await jose.jwtDecrypt(sealed, secret.slice(0, 32));
  const { publicKey, privateKey } = await jose.generateKeyPair("ECDH-ES");
  const jwe = await new jose.CompactEncrypt(new TextEncoder().encode("for you only"))
    .setProtectedHeader({ alg: "ECDH-ES", enc: "A128CBC-HS256" })
    .encrypt(publicKey);
  const { plaintext } = await jose.compactDecrypt(jwe, privateKey);
  const jwk = {
    kty: "oct",
    k: "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
    kid: "one",
    alg: "HS256",
  };
  const set = jose.createLocalJWKSet({
    keys: [{ ...(await jose.exportJWK((await jose.generateKeyPair("ES256")).publicKey)), kid: "x", alg: "ES256" }],
  });
  return {
    fixed,
    payload: verified.payload,
    pairs,
    opened: opened.payload,
    plaintext: new TextDecoder().decode(plaintext),
    thumbprint: await jose.calculateJwkThumbprint(jwk),
    imported: (await jose.importJWK(jwk)) instanceof Uint8Array,
    decoded: jose.decodeJwt(fixed),
    header: jose.decodeProtectedHeader(fixed),
    base64url: jose.base64url.encode("ü?>"),
    failures: [
      await failure(jose.jwtVerify(fixed, new Uint8Array(32))),
      await failure(jose.jwtVerify(fixed, secret, { audience: "others" })),
      await failure(jose.jwtVerify("a.b", secret)),
      await failure(jose.jwtVerify(fixed, set)),
      await failure(
        jose.jwtVerify(
          await new jose.SignJWT({}).setProtectedHeader({ alg: "HS256" }).setExpirationTime(1000).sign(secret),
          secret,
        ),
      ),
    ],
  };
};
