//! Keys, from any of their formats to one: PKCS #8 for private keys, SPKI for public ones.
//!
//! Nothing is kept; a key travels as DER with every operation.
//!
//! Sources: RFC 5208 and 5958 (PKCS #8), 5280 (SPKI, certificates), 5915 (SEC 1), 8017 (PKCS #1), 8410 (the 25519s).

mod encoding;
mod jwk;

use pkcs1::UintRef;

use crate::parts::{Parts, pack, text};
use crate::{Answer, ComputeError, Result, at_most, random};

/// The longest file or JWK of a key. RSA of 16,384 bits in PEM is 13 KiB; certificates may be larger.
pub(crate) const LIMIT: usize = 64 << 10;

/// A private key.
pub(crate) enum Private {
    P256(p256::SecretKey),
    P384(p384::SecretKey),
    P521(p521::SecretKey),
    Ed25519([u8; 32]),
    X25519([u8; 32]),
    /// As PKCS #1.
    Rsa(Vec<u8>),
}

/// A public key.
pub(crate) enum Public {
    P256(p256::PublicKey),
    P384(p384::PublicKey),
    P521(p521::PublicKey),
    Ed25519([u8; 32]),
    X25519([u8; 32]),
    /// As PKCS #1.
    Rsa(Vec<u8>),
}

/// Either.
pub(crate) enum Key {
    Private(Private),
    Public(Public),
}

/// The error for what is no key.
fn malformed(what: &str) -> ComputeError {
    ComputeError::data(format_args!("the key is no {what} that can be read"))
}

/// The integers of an RSA key in PKCS #1: modulus, public exponent, …
fn rsa_public(pkcs1: &[u8]) -> Result<(UintRef<'_>, UintRef<'_>)> {
    let key = pkcs1::RsaPublicKey::<UintRef<'_>>::try_from(pkcs1)
        .map_err(|_| malformed("RSA public key"))?;
    Ok((key.modulus, key.public_exponent))
}

fn rsa_private(pkcs1: &[u8]) -> Result<pkcs1::RsaPrivateKeyRef<'_>> {
    pkcs1::RsaPrivateKeyRef::try_from(pkcs1).map_err(|_| malformed("RSA private key"))
}

impl Private {
    pub(crate) fn public(&self) -> Result<Public> {
        Ok(match self {
            Self::P256(key) => Public::P256(key.public_key()),
            Self::P384(key) => Public::P384(key.public_key()),
            Self::P521(key) => Public::P521(key.public_key()),
            Self::Ed25519(seed) => Public::Ed25519(
                ed25519_dalek::SigningKey::from_bytes(seed)
                    .verifying_key()
                    .to_bytes(),
            ),
            Self::X25519(secret) => Public::X25519(
                x25519_dalek::PublicKey::from(&x25519_dalek::StaticSecret::from(*secret))
                    .to_bytes(),
            ),
            Self::Rsa(pkcs1) => {
                let key = rsa_private(pkcs1)?;
                Public::Rsa(encoding::der_of(&key.public_key())?)
            }
        })
    }
}

impl Public {
    fn kind(&self) -> &'static str {
        match self {
            Self::P256(_) => "ec-p256",
            Self::P384(_) => "ec-p384",
            Self::P521(_) => "ec-p521",
            Self::Ed25519(_) => "ed25519",
            Self::X25519(_) => "x25519",
            Self::Rsa(_) => "rsa",
        }
    }

    fn bits(&self) -> Result<usize> {
        Ok(match self {
            Self::P256(_) | Self::Ed25519(_) | Self::X25519(_) => 256,
            Self::P384(_) => 384,
            Self::P521(_) => 521,
            Self::Rsa(pkcs1) => {
                let modulus = rsa_public(pkcs1)?.0;
                let zeros = modulus
                    .as_bytes()
                    .first()
                    .map_or(0, |byte| byte.leading_zeros() as usize);
                modulus.as_bytes().len() * 8 - zeros
            }
        })
    }
}

fn answer(key: &Key) -> Result<Answer> {
    let (public, der) = match key {
        Key::Private(key) => (&key.public()?, Some(key.to_pkcs8()?)),
        Key::Public(key) => (key, None),
    };
    let spki = public.to_spki()?;
    let kind = if der.is_some() { "private" } else { "public" };
    let bits = public.bits()?.to_string();
    let der = der.as_deref().unwrap_or(&spki);
    pack(&[
        kind.as_bytes(),
        public.kind().as_bytes(),
        bits.as_bytes(),
        der,
        &spki,
    ])
}

pub(crate) fn import(parts: &Parts<'_>) -> Result<Answer> {
    let (format, kind, data) = (parts.text(0)?, parts.text(1)?, parts.bytes(2)?);
    at_most(LIMIT, "key", data)?;
    answer(&match format {
        "pkcs8" => Key::Private(Private::from_pkcs8(data)?),
        "spki" => Key::Public(Public::from_spki(data)?),
        "sec1" => Key::Private(Private::from_sec1(data)?),
        "pkcs1" => Key::from_pkcs1(data)?,
        "pem" => Key::from_pem(data)?,
        "raw" => Key::from_raw(kind, data)?,
        other => {
            return Err(ComputeError::unsupported(format_args!(
                "there is no key format {other:.40}; there are pkcs8, spki, sec1, pkcs1, pem and raw"
            )));
        }
    })
}

pub(crate) fn jwk_of(parts: &Parts<'_>) -> Result<Answer> {
    let der = parts.bytes(1)?;
    at_most(LIMIT, "key", der)?;
    jwk::write(&match parts.text(0)? {
        "private" => Key::Private(Private::from_pkcs8(der)?),
        _ => Key::Public(Public::from_spki(der)?),
    })
}

pub(crate) fn of_jwk(given: &[u8]) -> Result<Answer> {
    at_most(LIMIT, "key", given)?;
    answer(&jwk::read(given)?)
}

pub(crate) fn generate(given: &[u8]) -> Result<Answer> {
    let key = match text(given)? {
        "ec-p256" => Private::P256(draw(|bytes: &[u8; 32]| {
            p256::SecretKey::from_slice(bytes).ok()
        })?),
        "ec-p384" => Private::P384(draw(|bytes: &[u8; 48]| {
            p384::SecretKey::from_slice(bytes).ok()
        })?),
        "ec-p521" => {
            // The order has 521 bits; of 528 random ones, seven are too many.
            let key = draw(|bytes: &[u8; 66]| {
                let mut bytes = *bytes;
                bytes[0] &= 1;
                p521::SecretKey::from_slice(&bytes).ok()
            });
            Private::P521(key?)
        }
        "ed25519" => Private::Ed25519(random()?),
        "x25519" => Private::X25519(random()?),
        "rsa" => {
            return Err(ComputeError::unsupported(
                "RSA keys are not made here, since it takes too long; make one elsewhere and import it, or use \
                 ec-p256, ec-p384, ec-p521, ed25519 or x25519",
            ));
        }
        other => {
            return Err(ComputeError::unsupported(format_args!(
                "there are no keys of kind {other:.40}; there are ec-p256, ec-p384, ec-p521, ed25519 and x25519"
            )));
        }
    };
    pack(&[&key.to_pkcs8()?, &key.public()?.to_spki()?])
}

/// Draws bytes until they are a key: nearly always the first.
fn draw<const N: usize, K>(make: impl Fn(&[u8; N]) -> Option<K>) -> Result<K> {
    for _ in 0..64 {
        if let Some(key) = make(&random()?) {
            return Ok(key);
        }
    }
    Err(ComputeError::operation("no key could be drawn"))
}
