//! Hashes and HMAC.
//!
//! Between pieces the state of a hash is bytes that the guest keeps. It comes back as anything: what is no state is
//! refused, and so is one that claims more than 2⁴⁸ blocks, since the counters would overflow. BLAKE2 cannot give
//! its state away and has a handle.

use std::ops::Range;

use digest::common::hazmat::{SerializableState, SerializedState};
use digest::{Digest, KeyInit, Mac};
use hmac::SimpleHmac;

use crate::handles::{Handles, Open, closed};
use crate::parts::Parts;
use crate::{Answer, ComputeError, Result, at_most};

/// What one call hashes at most.
pub(crate) const LIMIT: usize = 256 << 10;

/// A hash, as Node spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha512_224,
    Sha512_256,
    Sha3_224,
    Sha3_256,
    Sha3_384,
    Sha3_512,
    Ripemd160,
    Blake2b512,
    Blake2s256,
}

impl Algorithm {
    pub(crate) fn named(name: &str) -> Result<Self> {
        Ok(match name {
            "md5" => Self::Md5,
            "sha1" => Self::Sha1,
            "sha224" => Self::Sha224,
            "sha256" => Self::Sha256,
            "sha384" => Self::Sha384,
            "sha512" => Self::Sha512,
            "sha512-224" => Self::Sha512_224,
            "sha512-256" => Self::Sha512_256,
            "sha3-224" => Self::Sha3_224,
            "sha3-256" => Self::Sha3_256,
            "sha3-384" => Self::Sha3_384,
            "sha3-512" => Self::Sha3_512,
            "ripemd160" => Self::Ripemd160,
            "blake2b512" => Self::Blake2b512,
            "blake2s256" => Self::Blake2s256,
            _ => {
                let message = format_args!("Digest method not supported: {name:.40}");
                return Err(ComputeError::unsupported(message).code("ERR_CRYPTO_INVALID_DIGEST"));
            }
        })
    }

    /// Where the state keeps how many blocks have been hashed.
    fn counter(self) -> Range<usize> {
        match self {
            Self::Md5 => 16..24,
            Self::Sha1 | Self::Ripemd160 => 20..28,
            Self::Sha224 | Self::Sha256 => 32..40,
            Self::Sha384 | Self::Sha512 | Self::Sha512_224 | Self::Sha512_256 => 64..80,
            _ => 0..0,
        }
    }
}

/// Evaluates `$body` with `$hash` as the type of the algorithm, or `$other` where HMAC cannot keep its key hashed.
macro_rules! with_eager {
    ($algorithm:expr, $hash:ident => $body:expr, $other:expr) => {
        match $algorithm {
            Algorithm::Md5 => {
                type $hash = md5::Md5;
                $body
            }
            Algorithm::Sha1 => {
                type $hash = sha1::Sha1;
                $body
            }
            Algorithm::Sha224 => {
                type $hash = sha2_011::Sha224;
                $body
            }
            Algorithm::Sha256 => {
                type $hash = sha2_011::Sha256;
                $body
            }
            Algorithm::Sha384 => {
                type $hash = sha2_011::Sha384;
                $body
            }
            Algorithm::Sha512 => {
                type $hash = sha2_011::Sha512;
                $body
            }
            Algorithm::Sha512_224 => {
                type $hash = sha2_011::Sha512_224;
                $body
            }
            Algorithm::Sha512_256 => {
                type $hash = sha2_011::Sha512_256;
                $body
            }
            Algorithm::Ripemd160 => {
                type $hash = ripemd::Ripemd160;
                $body
            }
            _ => $other,
        }
    };
}

/// Evaluates `$body` with `$hash` as the type of the algorithm, or `$blake` for BLAKE2.
macro_rules! with_state {
    ($algorithm:expr, $hash:ident => $body:expr, $blake:expr) => {
        match $algorithm {
            Algorithm::Sha3_224 => { type $hash = sha3::Sha3_224; $body }
            Algorithm::Sha3_256 => { type $hash = sha3::Sha3_256; $body }
            Algorithm::Sha3_384 => { type $hash = sha3::Sha3_384; $body }
            Algorithm::Sha3_512 => { type $hash = sha3::Sha3_512; $body }
            other => crate::hash::with_eager!(other, $hash => $body, $blake),
        }
    };
}

/// Evaluates `$body` with `$hash` as the type of the algorithm.
macro_rules! with_hash {
    ($algorithm:expr, $hash:ident => $body:expr) => {
        match $algorithm {
            Algorithm::Blake2b512 => { type $hash = blake2::Blake2b512; $body }
            other => crate::hash::with_state!(other, $hash => $body, { type $hash = blake2::Blake2s256; $body }),
        }
    };
}

pub(crate) use {with_eager, with_hash, with_state};

pub(crate) fn whole(parts: &Parts<'_>) -> Result<Answer> {
    let data = parts.bytes(1)?;
    at_most(LIMIT, "data", data)?;
    with_hash!(Algorithm::named(parts.text(0)?)?, Hash => Ok(Answer::Bytes(Hash::digest(data).to_vec())))
}

pub(crate) fn update(parts: &Parts<'_>) -> Result<Answer> {
    let (algorithm, state, data) = (
        Algorithm::named(parts.text(0)?)?,
        parts.bytes(1)?,
        parts.bytes(2)?,
    );
    at_most(LIMIT, "data", data)?;
    with_state!(algorithm, Hash => {
        let mut hash: Hash = revive(algorithm, state)?;
        hash.update(data);
        Ok(Answer::Bytes(hash.serialize().to_vec()))
    }, Err(needs_handle()))
}

pub(crate) fn finish(parts: &Parts<'_>) -> Result<Answer> {
    let (algorithm, state) = (Algorithm::named(parts.text(0)?)?, parts.bytes(1)?);
    with_state!(algorithm, Hash => {
        Ok(Answer::Bytes(revive::<Hash>(algorithm, state)?.finalize().to_vec()))
    }, Err(needs_handle()))
}

fn revive<H: Digest + SerializableState>(algorithm: Algorithm, state: &[u8]) -> Result<H> {
    if state.is_empty() {
        return Ok(H::new());
    }
    let wrong = || ComputeError::operation("this is no state of the hash");
    let counter = state.get(algorithm.counter()).ok_or_else(wrong)?;
    if counter.iter().skip(6).any(|byte| *byte != 0) {
        return Err(wrong());
    }
    let state = SerializedState::<H>::try_from(state).map_err(|_| wrong())?;
    H::deserialize(&state).map_err(|_| wrong())
}

fn needs_handle() -> ComputeError {
    ComputeError::operation("this hash has no state that can travel; open a hasher")
}

pub(crate) fn hmac(parts: &Parts<'_>) -> Result<Answer> {
    let (key, data) = (parts.bytes(1)?, parts.bytes(2)?);
    at_most(LIMIT, "key", key)?;
    at_most(LIMIT, "data", data)?;
    with_hash!(Algorithm::named(parts.text(0)?)?, Hash => {
        let mut mac = keyed::<SimpleHmac<Hash>>(key)?;
        mac.update(data);
        Ok(Answer::Bytes(mac.finalize().into_bytes().to_vec()))
    })
}

/// HMAC takes keys of every length.
pub(crate) fn keyed<M: KeyInit>(key: &[u8]) -> Result<M> {
    M::new_from_slice(key)
        .map_err(|_| ComputeError::data("the key has a length that HMAC does not take"))
}

/// A BLAKE2 hash over pieces.
#[derive(Clone)]
pub(crate) enum Blake2 {
    B(Box<blake2::Blake2b512>),
    S(Box<blake2::Blake2s256>),
}

pub(crate) fn open(parts: &Parts<'_>, handles: &mut Handles) -> Result<Answer> {
    let hasher = match Algorithm::named(parts.text(0)?)? {
        Algorithm::Blake2b512 => Blake2::B(Box::default()),
        Algorithm::Blake2s256 => Blake2::S(Box::default()),
        _ => {
            return Err(ComputeError::operation(
                "the state of this hash travels; it needs no hasher",
            ));
        }
    };
    handles.add(Open::Hasher(hasher)).map(Answer::Number)
}

fn hasher(handle: i32, handles: &mut Handles) -> Result<&mut Blake2> {
    match handles.get(handle)? {
        Open::Hasher(hasher) => Ok(hasher),
        _ => Err(closed(handle)),
    }
}

pub(crate) fn push(parts: &Parts<'_>, handles: &mut Handles) -> Result<Answer> {
    let data = parts.bytes(1)?;
    at_most(LIMIT, "data", data)?;
    match hasher(parts.number(0)?, handles)? {
        Blake2::B(hash) => hash.update(data),
        Blake2::S(hash) => hash.update(data),
    }
    Ok(Answer::Number(0))
}

pub(crate) fn copy(parts: &Parts<'_>, handles: &mut Handles) -> Result<Answer> {
    let copy = hasher(parts.number(0)?, handles)?.clone();
    handles.add(Open::Hasher(copy)).map(Answer::Number)
}

pub(crate) fn close(parts: &Parts<'_>, handles: &mut Handles) -> Result<Answer> {
    let handle = parts.number(0)?;
    let found = match hasher(handle, handles)?.clone() {
        Blake2::B(hash) => hash.finalize().to_vec(),
        Blake2::S(hash) => hash.finalize().to_vec(),
    };
    handles.close(handle);
    Ok(Answer::Bytes(found))
}
