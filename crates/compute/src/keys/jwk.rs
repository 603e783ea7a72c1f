//! Keys as JSON Web Keys.
//!
//! Source: RFC 7517, RFC 7518, RFC 8037.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use der::asn1::UintRef;
use serde::{Deserialize, Serialize};

use super::encoding::der_of;
use super::{Key, Private, Public, malformed, rsa_private, rsa_public};
use crate::{Answer, ComputeError, Result};

/// The members that say what a key is; others are the caller's.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Jwk {
    kty: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    crv: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    e: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    d: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    q: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dq: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    qi: Option<String>,
    #[serde(skip_serializing)]
    oth: Option<serde_json::Value>,
}

fn encode(bytes: &[u8]) -> Option<String> {
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

fn decode(name: &str, member: Option<&String>) -> Result<Vec<u8>> {
    let text =
        member.ok_or_else(|| ComputeError::data(format_args!("the JWK has no member {name:?}")))?;
    let text = text.trim_end_matches('=');
    URL_SAFE_NO_PAD.decode(text).map_err(|_| {
        ComputeError::data(format_args!(
            "the member {name:?} of the JWK is not base64url"
        ))
    })
}

pub(super) fn write(key: &Key) -> Result<Answer> {
    let (public, private) = match key {
        Key::Private(key) => (&key.public()?, Some(key)),
        Key::Public(key) => (key, None),
    };
    let mut jwk = Jwk::default();
    match public {
        Public::P256(key) => point(&mut jwk, "P-256", &key.to_sec1_bytes()),
        Public::P384(key) => point(&mut jwk, "P-384", &key.to_sec1_bytes()),
        Public::P521(key) => point(&mut jwk, "P-521", &key.to_sec1_bytes()),
        Public::Ed25519(key) => octets(&mut jwk, "Ed25519", key),
        Public::X25519(key) => octets(&mut jwk, "X25519", key),
        Public::Rsa(pkcs1) => {
            let (n, e) = rsa_public(pkcs1)?;
            jwk.kty = "RSA".into();
            jwk.n = encode(n.as_bytes());
            jwk.e = encode(e.as_bytes());
        }
    }
    match private {
        None => {}
        Some(Private::P256(key)) => jwk.d = encode(&key.to_bytes()),
        Some(Private::P384(key)) => jwk.d = encode(&key.to_bytes()),
        Some(Private::P521(key)) => jwk.d = encode(&key.to_bytes()),
        Some(Private::Ed25519(seed)) => jwk.d = encode(seed),
        Some(Private::X25519(secret)) => jwk.d = encode(secret),
        Some(Private::Rsa(pkcs1)) => {
            let key = rsa_private(pkcs1)?;
            jwk.d = encode(key.private_exponent.as_bytes());
            jwk.p = encode(key.prime1.as_bytes());
            jwk.q = encode(key.prime2.as_bytes());
            jwk.dp = encode(key.exponent1.as_bytes());
            jwk.dq = encode(key.exponent2.as_bytes());
            jwk.qi = encode(key.coefficient.as_bytes());
        }
    }
    let json = serde_json::to_string(&jwk);
    json.map(Answer::Json).map_err(|error| {
        ComputeError::operation(format_args!("the JWK cannot be written: {error}"))
    })
}

/// The two halves of an uncompressed point.
fn point(jwk: &mut Jwk, curve: &str, sec1: &[u8]) {
    let (x, y) = sec1.get(1..).unwrap_or_default().split_at(sec1.len() / 2);
    jwk.kty = "EC".into();
    jwk.crv = Some(curve.into());
    jwk.x = encode(x);
    jwk.y = encode(y);
}

fn octets(jwk: &mut Jwk, curve: &str, key: &[u8]) {
    jwk.kty = "OKP".into();
    jwk.crv = Some(curve.into());
    jwk.x = encode(key);
}

pub(super) fn read(given: &[u8]) -> Result<Key> {
    let jwk: Jwk = serde_json::from_slice(given)
        .map_err(|error| ComputeError::data(format_args!("the key is no JWK: {error}")))?;
    match jwk.kty.as_str() {
        "EC" => curve_key(&jwk),
        "OKP" => octet_key(&jwk),
        "RSA" => rsa_key(&jwk),
        other => Err(ComputeError::unsupported(format_args!(
            "there are no JWKs of kty {other:?} here; there are EC, OKP and RSA"
        ))),
    }
}

fn curve_key(jwk: &Jwk) -> Result<Key> {
    let curve = jwk.crv.as_deref().unwrap_or_default();
    let (kind, size) = match curve {
        "P-256" => ("ec-p256", 32),
        "P-384" => ("ec-p384", 48),
        "P-521" => ("ec-p521", 66),
        other => {
            return Err(ComputeError::unsupported(format_args!(
                "there is no curve {other:?} here"
            )));
        }
    };
    let sized = |name, member| {
        decode(name, member).and_then(|bytes| {
            if bytes.len() == size {
                Ok(bytes)
            } else {
                Err(malformed("JWK of its curve"))
            }
        })
    };
    let point = [
        vec![4],
        sized("x", jwk.x.as_ref())?,
        sized("y", jwk.y.as_ref())?,
    ]
    .concat();
    let public = Key::from_raw(kind, &point)?;
    if jwk.d.is_none() {
        return Ok(public);
    }
    let private = Key::from_raw(&format!("{kind}-private"), &sized("d", jwk.d.as_ref())?)?;
    belongs(private, &public)
}

fn octet_key(jwk: &Jwk) -> Result<Key> {
    let kind = match jwk.crv.as_deref().unwrap_or_default() {
        "Ed25519" => "ed25519",
        "X25519" => "x25519",
        other => {
            return Err(ComputeError::unsupported(format_args!(
                "there is no curve {other:?} here"
            )));
        }
    };
    let public = Key::from_raw(kind, &decode("x", jwk.x.as_ref())?)?;
    if jwk.d.is_none() {
        return Ok(public);
    }
    belongs(
        Key::from_raw(&format!("{kind}-private"), &decode("d", jwk.d.as_ref())?)?,
        &public,
    )
}

/// The private key, if the public one is its own.
fn belongs(private: Key, public: &Key) -> Result<Key> {
    if let (Key::Private(key), Key::Public(public)) = (&private, public)
        && key.public()?.to_spki()? == public.to_spki()?
    {
        return Ok(private);
    }
    Err(ComputeError::data(
        "the private key of the JWK does not belong to its public key",
    ))
}

fn rsa_key(jwk: &Jwk) -> Result<Key> {
    if jwk.oth.is_some() {
        return Err(ComputeError::unsupported(
            "RSA keys of more than two primes are not supported",
        ));
    }
    let (n, e) = (decode("n", jwk.n.as_ref())?, decode("e", jwk.e.as_ref())?);
    let uint = |bytes| UintRef::new(bytes).map_err(|_| malformed("JWK of RSA"));
    if jwk.d.is_none() {
        let key = pkcs1::RsaPublicKeyRef {
            modulus: uint(&n)?,
            public_exponent: uint(&e)?,
        };
        return Ok(Key::Public(Public::Rsa(der_of(&key)?)));
    }
    let members = [&jwk.d, &jwk.p, &jwk.q, &jwk.dp, &jwk.dq, &jwk.qi];
    let mut found = Vec::with_capacity(members.len());
    for (name, member) in ["d", "p", "q", "dp", "dq", "qi"].iter().zip(members) {
        found.push(decode(name, member.as_ref())?);
    }
    let [d, p, q, dp, dq, qi] = found.as_slice() else {
        return Err(malformed("JWK of RSA"));
    };
    let key = pkcs1::RsaPrivateKeyRef {
        modulus: uint(&n)?,
        public_exponent: uint(&e)?,
        private_exponent: uint(d)?,
        prime1: uint(p)?,
        prime2: uint(q)?,
        exponent1: uint(dp)?,
        exponent2: uint(dq)?,
        coefficient: uint(qi)?,
        other_prime_infos: None,
    };
    Ok(Key::Private(Private::Rsa(der_of(&key)?)))
}
