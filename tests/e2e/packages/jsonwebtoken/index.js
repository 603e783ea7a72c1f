// JSON Web Tokens with secrets and with key pairs; expiry, audience, wrong signatures.

const jwt = require("jsonwebtoken");
const { generateKeyPairSync } = require("node:crypto");
const { readFileSync } = require("node:fs");
const { join } = require("node:path");

// Hydra makes no RSA keys, since that takes long.
const rsa = {
  privateKey: readFileSync(join(__dirname, "rsa.pem"), "utf8"),
  publicKey: readFileSync(join(__dirname, "rsa.pub.pem"), "utf8"),
};

const failure = (token, key, options) => {
  try {
    return jwt.verify(token, key, options);
  } catch (error) {
    return [error.name, error.message];
  }
};

exports.handler = async () => {
  const secret = "a secret that is long enough for HS512";
  const fixed = jwt.sign({ sub: "ada", admin: true, iat: 1700000000 }, secret, { algorithm: "HS256" });
  const tokens = ["HS256", "HS384", "HS512"].map((algorithm) =>
    jwt.sign({ n: 1, iat: 1700000000 }, secret, { algorithm, keyid: "k1" }),
  );
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pairs = [
    ["RS256", rsa.privateKey, rsa.publicKey],
    ["PS256", rsa.privateKey, rsa.publicKey],
    ["ES256", ec.privateKey, ec.publicKey],
  ].map(([algorithm, privateKey, publicKey]) => {
    const token = jwt.sign({ who: "me" }, privateKey, {
      algorithm,
      expiresIn: "1h",
      audience: "tests",
      issuer: "hydra",
    });
    const { who, aud, iss, exp, iat } = jwt.verify(token, publicKey, { algorithms: [algorithm], audience: "tests" });
    const { header } = jwt.decode(token, { complete: true });
    return { who, aud, iss, life: exp - iat, header, forged: failure(token.slice(0, -8) + "AAAAAAAA", publicKey) };
  });
  const called = await new Promise((resolve, reject) => {
    jwt.verify(fixed, secret, (error, payload) => (error ? reject(error) : resolve(payload)));
  });
  return {
    fixed,
    tokens,
    pairs,
    called,
    decoded: jwt.decode(fixed),
    failures: [
      failure(fixed, "wrong"),
      failure(jwt.sign({ exp: 1000 }, secret), secret),
      failure(fixed, secret, { audience: "others" }),
      failure("nonsense", secret),
      failure(fixed, secret, { algorithms: ["RS256"] }),
      failure(jwt.sign({ nbf: 32503680000 }, secret), secret)[0],
    ],
  };
};
