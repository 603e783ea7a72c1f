//! Signatures and key agreement.
//!
//! ECDSA signs a hash that the guest has made, with the nonce that key and hash give (RFC 6979). The other schemes
//! take the message itself. RSA is by `ring`, whose salts of PSS are as long as the hash.

use p256::ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier};
use ring::rand::SystemRandom;
use ring::rsa;
use ring::signature::{self, RsaEncoding, RsaParameters, UnparsedPublicKey};

use crate::keys::{LIMIT as KEY_LIMIT, Private, Public};
use crate::parts::Parts;
use crate::{Answer, ComputeError, Result, at_most};

/// The longest message of RSA.
const LIMIT: usize = 1 << 20;
/// The longest message of Ed25519, which hashes it twice.
const ED25519: usize = 512 << 10;
/// The longest hash.
const HASH: usize = 64;

enum Scheme {
    /// r and s, each as long as the curve.
    EcdsaP1363,
    EcdsaDer,
    Ed25519,
    Rsa(&'static dyn RsaEncoding, &'static RsaParameters),
}

impl Scheme {
    fn named(name: &str) -> Result<Self> {
        Ok(match name {
            "ecdsa-ieee-p1363" => Self::EcdsaP1363,
            "ecdsa-der" => Self::EcdsaDer,
            "ed25519" => Self::Ed25519,
            "rsa-pkcs1-sha256" => Self::Rsa(
                &signature::RSA_PKCS1_SHA256,
                &signature::RSA_PKCS1_2048_8192_SHA256,
            ),
            "rsa-pkcs1-sha384" => Self::Rsa(
                &signature::RSA_PKCS1_SHA384,
                &signature::RSA_PKCS1_2048_8192_SHA384,
            ),
            "rsa-pkcs1-sha512" => Self::Rsa(
                &signature::RSA_PKCS1_SHA512,
                &signature::RSA_PKCS1_2048_8192_SHA512,
            ),
            "rsa-pss-sha256" => Self::Rsa(
                &signature::RSA_PSS_SHA256,
                &signature::RSA_PSS_2048_8192_SHA256,
            ),
            "rsa-pss-sha384" => Self::Rsa(
                &signature::RSA_PSS_SHA384,
                &signature::RSA_PSS_2048_8192_SHA384,
            ),
            "rsa-pss-sha512" => Self::Rsa(
                &signature::RSA_PSS_SHA512,
                &signature::RSA_PSS_2048_8192_SHA512,
            ),
            other => {
                return Err(ComputeError::unsupported(format_args!(
                    "there are no signatures {other:.40}; there are ecdsa, ed25519, rsa-pkcs1 and rsa-pss, RSA with \
                     sha256, sha384 and sha512"
                )));
            }
        })
    }
}

fn mismatch() -> ComputeError {
    ComputeError::new(
        "InvalidAccessError",
        "the key is of another kind than the signature",
    )
}

/// The hash as the curve takes it: its size in bytes, with zeros in front where the hash is shorter.
fn fitted(size: usize, hash: &[u8]) -> Result<Vec<u8>> {
    at_most(HASH, "hash", hash)?;
    let mut out = vec![0; size.saturating_sub(hash.len())];
    out.extend_from_slice(hash);
    Ok(out)
}

macro_rules! ecdsa_sign {
    ($curve:ident, $size:expr, $key:expr, $hash:expr, $der:expr) => {{
        let failed = |_| ComputeError::operation("the hash cannot be signed");
        let key = $curve::ecdsa::SigningKey::from($key);
        let made: $curve::ecdsa::Signature =
            key.sign_prehash(&fitted($size, $hash)?).map_err(failed)?;
        if $der {
            made.to_der().as_bytes().to_vec()
        } else {
            made.to_bytes().to_vec()
        }
    }};
}

macro_rules! ecdsa_verify {
    ($curve:ident, $size:expr, $key:expr, $signature:expr, $hash:expr, $der:expr) => {{
        let key = $curve::ecdsa::VerifyingKey::from($key);
        let given = if $der {
            $curve::ecdsa::Signature::from_der($signature)
        } else {
            $curve::ecdsa::Signature::from_slice($signature)
        };
        let hash = fitted($size, $hash)?;
        given.is_ok_and(|given| key.verify_prehash(&hash, &given).is_ok())
    }};
}

pub(crate) fn sign(parts: &Parts<'_>) -> Result<Answer> {
    let (scheme, der, data) = (
        Scheme::named(parts.text(0)?)?,
        parts.bytes(1)?,
        parts.bytes(2)?,
    );
    at_most(KEY_LIMIT, "key", der)?;
    at_most(LIMIT, "message", data)?;
    let is_der = matches!(scheme, Scheme::EcdsaDer);
    Ok(Answer::Bytes(match (scheme, Private::from_pkcs8(der)?) {
        (Scheme::EcdsaP1363 | Scheme::EcdsaDer, Private::P256(key)) => {
            ecdsa_sign!(p256, 32, key, data, is_der)
        }
        (Scheme::EcdsaP1363 | Scheme::EcdsaDer, Private::P384(key)) => {
            ecdsa_sign!(p384, 48, key, data, is_der)
        }
        (Scheme::EcdsaP1363 | Scheme::EcdsaDer, Private::P521(key)) => {
            ecdsa_sign!(p521, 66, key, data, is_der)
        }
        (Scheme::Ed25519, Private::Ed25519(seed)) => {
            use ed25519_dalek::Signer;
            at_most(ED25519, "message", data)?;
            ed25519_dalek::SigningKey::from_bytes(&seed)
                .sign(data)
                .to_bytes()
                .to_vec()
        }
        (Scheme::Rsa(encoding, _), Private::Rsa(pkcs1)) => {
            let refused =
                |why| ComputeError::data(format_args!("the RSA key cannot sign here: {why}"));
            let key = rsa::KeyPair::from_der(&pkcs1).map_err(refused)?;
            let mut made = vec![0; key.public().modulus_len()];
            let failed =
                |_| ComputeError::operation("the message cannot be signed with the RSA key");
            key.sign(encoding, &SystemRandom::new(), data, &mut made)
                .map_err(failed)?;
            made
        }
        _ => return Err(mismatch()),
    }))
}

pub(crate) fn verify(parts: &Parts<'_>) -> Result<Answer> {
    let (scheme, der) = (Scheme::named(parts.text(0)?)?, parts.bytes(1)?);
    let (given, data) = (parts.bytes(2)?, parts.bytes(3)?);
    at_most(KEY_LIMIT, "key", der)?;
    at_most(LIMIT, "message", data)?;
    let is_der = matches!(scheme, Scheme::EcdsaDer);
    let fits = match (scheme, Public::from_spki(der)?) {
        (Scheme::EcdsaP1363 | Scheme::EcdsaDer, Public::P256(key)) => {
            ecdsa_verify!(p256, 32, key, given, data, is_der)
        }
        (Scheme::EcdsaP1363 | Scheme::EcdsaDer, Public::P384(key)) => {
            ecdsa_verify!(p384, 48, key, given, data, is_der)
        }
        (Scheme::EcdsaP1363 | Scheme::EcdsaDer, Public::P521(key)) => {
            ecdsa_verify!(p521, 66, key, given, data, is_der)
        }
        (Scheme::Ed25519, Public::Ed25519(key)) => {
            use ed25519_dalek::{Signature, Verifier, VerifyingKey};
            at_most(ED25519, "message", data)?;
            let key = VerifyingKey::from_bytes(&key)
                .map_err(|_| ComputeError::data("the key is no point"))?;
            Signature::from_slice(given).is_ok_and(|given| key.verify(data, &given).is_ok())
        }
        (Scheme::Rsa(_, parameters), Public::Rsa(pkcs1)) => {
            UnparsedPublicKey::new(parameters, pkcs1)
                .verify(data, given)
                .is_ok()
        }
        _ => return Err(mismatch()),
    };
    Ok(Answer::Number(i32::from(fits)))
}

pub(crate) fn agree(parts: &Parts<'_>) -> Result<Answer> {
    let (private, public) = (parts.bytes(0)?, parts.bytes(1)?);
    at_most(KEY_LIMIT, "key", private)?;
    at_most(KEY_LIMIT, "key", public)?;
    Ok(Answer::Bytes(
        match (Private::from_pkcs8(private)?, Public::from_spki(public)?) {
            (Private::P256(key), Public::P256(other)) => {
                key.diffie_hellman(&other).raw_secret_bytes().to_vec()
            }
            (Private::P384(key), Public::P384(other)) => {
                key.diffie_hellman(&other).raw_secret_bytes().to_vec()
            }
            (Private::P521(key), Public::P521(other)) => {
                key.diffie_hellman(&other).raw_secret_bytes().to_vec()
            }
            (Private::X25519(key), Public::X25519(other)) => {
                let secret = x25519_dalek::StaticSecret::from(key).diffie_hellman(&other.into());
                if !secret.was_contributory() {
                    return Err(ComputeError::operation(
                        "the public key gives a secret that everyone knows",
                    ));
                }
                secret.to_bytes().to_vec()
            }
            _ => {
                let message = "the two keys are not of one kind that can agree on a secret";
                return Err(ComputeError::new("InvalidAccessError", message));
            }
        },
    ))
}
