//! Keys as PKCS #8, SPKI, SEC 1, PKCS #1, PEM and raw bytes.

use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, OctetString, OctetStringRef};
use der::{Decode, Encode, Reader, SliceReader};
use p256::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey};
use pkcs8::PrivateKeyInfoRef;
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

use super::{Key, Private, Public, malformed, rsa_private, rsa_public};
use crate::{ComputeError, Result};

const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const X25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.110");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// The elliptic curves that have the name of a curve in their parameters.
#[derive(Clone, Copy)]
enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    fn of(parameters: Option<AnyRef<'_>>) -> Result<Self> {
        match parameters.and_then(|found| ObjectIdentifier::try_from(found).ok()) {
            Some(P256) => Ok(Self::P256),
            Some(P384) => Ok(Self::P384),
            Some(P521) => Ok(Self::P521),
            other => Err(unknown("elliptic curve", other)),
        }
    }
}

fn unknown(what: &str, oid: Option<ObjectIdentifier>) -> ComputeError {
    let name = oid.map_or_else(|| "without a name".into(), |oid| oid.to_string());
    ComputeError::unsupported(format_args!(
        "keys of the {what} {name} are not supported; there are EC keys of P-256, P-384 and P-521, Ed25519, X25519 and RSA"
    ))
}

pub(super) fn der_of(value: &impl Encode) -> Result<Vec<u8>> {
    value.to_der().map_err(|error| {
        ComputeError::operation(format_args!("the key cannot be written: {error}"))
    })
}

/// 32 bytes, which is what the 25519s have.
fn short(bytes: &[u8]) -> Result<[u8; 32]> {
    bytes
        .try_into()
        .map_err(|_| malformed("25519 key of 32 bytes"))
}

fn no_parameters(oid: ObjectIdentifier) -> AlgorithmIdentifierRef<'static> {
    AlgorithmIdentifierRef {
        oid,
        parameters: None,
    }
}

fn rsa_algorithm() -> AlgorithmIdentifierRef<'static> {
    AlgorithmIdentifierRef {
        oid: RSA,
        parameters: Some(AnyRef::NULL),
    }
}

impl Private {
    pub(crate) fn from_pkcs8(data: &[u8]) -> Result<Self> {
        let bad = || malformed("PKCS #8 private key");
        let info = PrivateKeyInfoRef::from_der(data).map_err(|_| bad())?;
        let inner = info.private_key.as_bytes();
        Ok(match info.algorithm.oid {
            EC => match Curve::of(info.algorithm.parameters)? {
                Curve::P256 => {
                    Self::P256(p256::SecretKey::from_pkcs8_der(data).map_err(|_| bad())?)
                }
                Curve::P384 => {
                    Self::P384(p384::SecretKey::from_pkcs8_der(data).map_err(|_| bad())?)
                }
                Curve::P521 => {
                    Self::P521(p521::SecretKey::from_pkcs8_der(data).map_err(|_| bad())?)
                }
            },
            RSA => {
                rsa_private(inner)?;
                Self::Rsa(inner.to_vec())
            }
            ED25519 => Self::Ed25519(short(
                OctetString::from_der(inner).map_err(|_| bad())?.as_bytes(),
            )?),
            X25519 => Self::X25519(short(
                OctetString::from_der(inner).map_err(|_| bad())?.as_bytes(),
            )?),
            other => return Err(unknown("algorithm", Some(other))),
        })
    }

    /// A SEC 1 key names its curve, or has the length that says which it is.
    pub(super) fn from_sec1(data: &[u8]) -> Result<Self> {
        let bad = || malformed("SEC 1 private key");
        let key = sec1::EcPrivateKey::from_der(data).map_err(|_| bad())?;
        let curve = match key
            .parameters
            .and_then(|parameters| parameters.named_curve())
        {
            Some(name) => Curve::of(Some(AnyRef::from(&name)))?,
            None => match key.private_key.len() {
                32 => Curve::P256,
                48 => Curve::P384,
                _ => Curve::P521,
            },
        };
        Ok(match curve {
            Curve::P256 => Self::P256(p256::SecretKey::from_sec1_der(data).map_err(|_| bad())?),
            Curve::P384 => Self::P384(p384::SecretKey::from_sec1_der(data).map_err(|_| bad())?),
            Curve::P521 => Self::P521(p521::SecretKey::from_sec1_der(data).map_err(|_| bad())?),
        })
    }

    pub(crate) fn to_pkcs8(&self) -> Result<Vec<u8>> {
        let bad =
            |error| ComputeError::operation(format_args!("the key cannot be written: {error}"));
        let (algorithm, inner) = match self {
            Self::P256(key) => return Ok(key.to_pkcs8_der().map_err(bad)?.as_bytes().to_vec()),
            Self::P384(key) => return Ok(key.to_pkcs8_der().map_err(bad)?.as_bytes().to_vec()),
            Self::P521(key) => return Ok(key.to_pkcs8_der().map_err(bad)?.as_bytes().to_vec()),
            Self::Rsa(pkcs1) => (rsa_algorithm(), pkcs1.clone()),
            Self::Ed25519(seed) => (no_parameters(ED25519), octets(seed)?),
            Self::X25519(secret) => (no_parameters(X25519), octets(secret)?),
        };
        let inner = OctetStringRef::new(&inner).map_err(|_| malformed("private key"))?;
        der_of(&PrivateKeyInfoRef::new(algorithm, inner))
    }
}

fn octets(bytes: &[u8]) -> Result<Vec<u8>> {
    der_of(&OctetString::new(bytes.to_vec()).map_err(|_| malformed("private key"))?)
}

impl Public {
    pub(crate) fn from_spki(data: &[u8]) -> Result<Self> {
        let bad = || malformed("SPKI public key");
        let info = SubjectPublicKeyInfoRef::from_der(data).map_err(|_| bad())?;
        let inner = info.subject_public_key.as_bytes().ok_or_else(bad)?;
        Ok(match info.algorithm.oid {
            EC => match Curve::of(info.algorithm.parameters)? {
                Curve::P256 => {
                    Self::P256(p256::PublicKey::from_public_key_der(data).map_err(|_| bad())?)
                }
                Curve::P384 => {
                    Self::P384(p384::PublicKey::from_public_key_der(data).map_err(|_| bad())?)
                }
                Curve::P521 => {
                    Self::P521(p521::PublicKey::from_public_key_der(data).map_err(|_| bad())?)
                }
            },
            RSA => {
                rsa_public(inner)?;
                Self::Rsa(inner.to_vec())
            }
            ED25519 => Self::Ed25519(short(inner)?),
            X25519 => Self::X25519(short(inner)?),
            other => return Err(unknown("algorithm", Some(other))),
        })
    }

    pub(crate) fn to_spki(&self) -> Result<Vec<u8>> {
        let bad =
            |error| ComputeError::operation(format_args!("the key cannot be written: {error}"));
        let (algorithm, inner) = match self {
            Self::P256(key) => {
                return Ok(key.to_public_key_der().map_err(bad)?.as_bytes().to_vec());
            }
            Self::P384(key) => {
                return Ok(key.to_public_key_der().map_err(bad)?.as_bytes().to_vec());
            }
            Self::P521(key) => {
                return Ok(key.to_public_key_der().map_err(bad)?.as_bytes().to_vec());
            }
            Self::Rsa(pkcs1) => (rsa_algorithm(), pkcs1.as_slice()),
            Self::Ed25519(key) => (no_parameters(ED25519), key.as_slice()),
            Self::X25519(key) => (no_parameters(X25519), key.as_slice()),
        };
        let subject_public_key =
            BitStringRef::from_bytes(inner).map_err(|_| malformed("public key"))?;
        der_of(&SubjectPublicKeyInfoRef {
            algorithm,
            subject_public_key,
        })
    }
}

impl Key {
    pub(super) fn from_pkcs1(data: &[u8]) -> Result<Self> {
        if rsa_private(data).is_ok() {
            return Ok(Self::Private(Private::Rsa(data.to_vec())));
        }
        rsa_public(data)?;
        Ok(Self::Public(Public::Rsa(data.to_vec())))
    }

    /// The first key or certificate in the text.
    pub(super) fn from_pem(data: &[u8]) -> Result<Self> {
        let bad =
            |error| ComputeError::data(format_args!("the key is no PEM that can be read: {error}"));
        for found in pem::parse_many(data).map_err(bad)? {
            let der = found.contents();
            if found
                .headers()
                .iter()
                .any(|(name, _)| name.eq_ignore_ascii_case("proc-type"))
            {
                return Err(encrypted());
            }
            return Ok(match found.tag() {
                "PRIVATE KEY" => Self::Private(Private::from_pkcs8(der)?),
                "PUBLIC KEY" => Self::Public(Public::from_spki(der)?),
                "EC PRIVATE KEY" => Self::Private(Private::from_sec1(der)?),
                "RSA PRIVATE KEY" | "RSA PUBLIC KEY" => Self::from_pkcs1(der)?,
                "CERTIFICATE" | "X509 CERTIFICATE" => {
                    Self::Public(Public::from_spki(of_certificate(der)?)?)
                }
                "ENCRYPTED PRIVATE KEY" => return Err(encrypted()),
                // Files of EC keys often begin with their curve.
                _ => continue,
            });
        }
        Err(ComputeError::data(
            "the text has no PEM block that is a key or a certificate",
        ))
    }

    /// Points of the curves have lengths of their own; the 25519s and private scalars need their kind.
    pub(super) fn from_raw(kind: &str, data: &[u8]) -> Result<Self> {
        let bad = || malformed("raw key of its kind");
        let kind = match (kind, data.len()) {
            ("", 33 | 65) => "ec-p256",
            ("", 49 | 97) => "ec-p384",
            ("", 67 | 133) => "ec-p521",
            ("", 32) => {
                return Err(ComputeError::data(
                    "a raw key of 32 bytes needs its kind: ed25519 or x25519",
                ));
            }
            (given, _) => given,
        };
        Ok(match kind {
            "ec-p256" => Self::Public(Public::P256(
                p256::PublicKey::from_sec1_bytes(data).map_err(|_| bad())?,
            )),
            "ec-p384" => Self::Public(Public::P384(
                p384::PublicKey::from_sec1_bytes(data).map_err(|_| bad())?,
            )),
            "ec-p521" => Self::Public(Public::P521(
                p521::PublicKey::from_sec1_bytes(data).map_err(|_| bad())?,
            )),
            "ed25519" => Self::Public(Public::Ed25519(short(data)?)),
            "x25519" => Self::Public(Public::X25519(short(data)?)),
            "ec-p256-private" => Self::Private(Private::P256(
                p256::SecretKey::from_slice(data).map_err(|_| bad())?,
            )),
            "ec-p384-private" => Self::Private(Private::P384(
                p384::SecretKey::from_slice(data).map_err(|_| bad())?,
            )),
            "ec-p521-private" => Self::Private(Private::P521(
                p521::SecretKey::from_slice(data).map_err(|_| bad())?,
            )),
            "ed25519-private" => Self::Private(Private::Ed25519(short(data)?)),
            "x25519-private" => Self::Private(Private::X25519(short(data)?)),
            other => {
                return Err(ComputeError::unsupported(format_args!(
                    "there are no raw keys of kind {other:.40}"
                )));
            }
        })
    }
}

fn encrypted() -> ComputeError {
    ComputeError::unsupported(
        "encrypted private keys are not supported; store the key without a passphrase",
    )
    .code("ERR_MISSING_PASSPHRASE")
}

/// The public key of a certificate: what follows version, serial number, algorithm, issuer, validity and subject.
fn of_certificate(data: &[u8]) -> Result<&[u8]> {
    fn skip(reader: &mut SliceReader<'_>) -> der::Result<()> {
        while !reader.is_finished() {
            reader.tlv_bytes()?;
        }
        Ok(())
    }
    fn inside<'a>(inner: &mut SliceReader<'a>) -> der::Result<&'a [u8]> {
        if der::Tag::peek(inner)?.is_context_specific() {
            inner.tlv_bytes()?;
        }
        for _ in 0..5 {
            inner.tlv_bytes()?;
        }
        let key = inner.tlv_bytes()?;
        skip(inner)?;
        Ok(key)
    }
    fn outside<'a>(outer: &mut SliceReader<'a>) -> der::Result<&'a [u8]> {
        let key = outer.sequence(inside)?;
        skip(outer)?;
        Ok(key)
    }
    SliceReader::new(data)
        .and_then(|mut reader| reader.sequence(outside))
        .map_err(|_| malformed("certificate"))
}
