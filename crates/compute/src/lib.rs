//! Computations that a guest asks the host for, since they are too slow or too large inside the guest: hashes,
//! ciphers, signatures, key derivation, compression, URLs, text encodings.
//!
//! Pure: bytes in, an answer out. No files, no network, no clock, no threads; randomness is for keys and nonces only.
//!
//! One call blocks a thread that other sandboxes share and cannot be interrupted, so each is bounded to about two
//! milliseconds: what is long goes in pieces, and the guest's own library (`guests/javascript/library/compute.js`)
//! cuts them. RSA signatures take what they take.
//!
//! ```text
//! guest ── op, bytes ─► Computer::operate ─► Answer, or ComputeError (class, code, message)
//!                          │
//!                          ├─ hashes, ciphers, derivation: the state travels with the call
//!                          └─ compressors, text decoders, BLAKE2: a handle, at most 64 of them
//! ```
//!
//! Invariants:
//! - No input makes an operation panic; what is malformed is a [`ComputeError`].
//! - A [`Computer`] without handles holds nothing, so that its sandbox may be checkpointed.

mod cipher;
mod derive;
mod handles;
mod hash;
mod keys;
pub mod ops;
mod parts;
mod press;
mod sign;
mod text;
mod urls;

use std::fmt::Display;

use handles::Handles;
use parts::Parts;

/// What one sandbox has open here: compressors, text decoders, BLAKE2 hashers. Dropped with the sandbox.
#[derive(Default)]
pub struct Computer {
    handles: Handles,
}

/// What an operation gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A number, never negative.
    Number(i32),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A string.
    Text(String),
    /// A value that travels as JSON.
    Json(String),
    /// `null` for the guest: there is no such thing.
    Nothing,
}

/// Why an operation refused, as the guest is to see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComputeError {
    /// The class of the error in JavaScript, or the name of a DOMException.
    pub name: &'static str,
    /// Node's code, where it has one.
    pub code: Option<&'static str>,
    /// What is wrong.
    pub message: String,
}

impl std::fmt::Display for ComputeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.name, self.message)
    }
}

impl std::error::Error for ComputeError {}

impl ComputeError {
    fn new(name: &'static str, message: impl Display) -> Self {
        let message = message.to_string();
        Self {
            name,
            code: None,
            message,
        }
    }

    fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    fn type_error(message: impl Display) -> Self {
        Self::new("TypeError", message)
    }

    fn range(message: impl Display) -> Self {
        Self::new("RangeError", message)
    }

    fn operation(message: impl Display) -> Self {
        Self::new("OperationError", message)
    }

    fn data(message: impl Display) -> Self {
        Self::new("DataError", message)
    }

    fn unsupported(message: impl Display) -> Self {
        Self::new("NotSupportedError", message)
    }

    /// `what` is `given` bytes long, which is more than one call takes.
    fn too_long(what: &str, given: usize, limit: usize) -> Self {
        Self::range(format_args!(
            "{what} of {given} bytes; one call takes at most {limit}"
        ))
    }
}

type Result<T, E = ComputeError> = std::result::Result<T, E>;

/// Refuses what is longer than one call takes.
fn at_most(limit: usize, what: &str, given: &[u8]) -> Result<()> {
    if given.len() > limit {
        return Err(ComputeError::too_long(what, given.len(), limit));
    }
    Ok(())
}

/// Random bytes from the system.
fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| ComputeError::operation(format_args!("no random bytes: {error}")))?;
    Ok(bytes)
}

impl Computer {
    /// Does one operation of [`ops`] with what the guest gave.
    ///
    /// # Errors
    ///
    /// What is malformed, too long for one call, unknown, or not as it should be (a tag, a padding, a stream).
    pub fn operate(&mut self, op: i32, given: &[u8]) -> Result<Answer> {
        let parts = || Parts::read(given);
        match op {
            ops::HASH => hash::whole(&parts()?),
            ops::HASH_UPDATE => hash::update(&parts()?),
            ops::HASH_FINISH => hash::finish(&parts()?),
            ops::HMAC => hash::hmac(&parts()?),
            ops::HASHER_OPEN => hash::open(&parts()?, &mut self.handles),
            ops::HASHER_UPDATE => hash::push(&parts()?, &mut self.handles),
            ops::HASHER_COPY => hash::copy(&parts()?, &mut self.handles),
            ops::HASHER_FINISH => hash::close(&parts()?, &mut self.handles),
            ops::PBKDF2_FIRST => derive::pbkdf2_first(&parts()?),
            ops::PBKDF2_STEP => derive::pbkdf2_step(&parts()?),
            ops::HKDF => derive::hkdf(&parts()?),
            ops::SCRYPT_FILL => derive::scrypt_fill(&parts()?),
            ops::SCRYPT_MIX => derive::scrypt_mix(given),
            ops::CBC => cipher::cbc(&parts()?),
            ops::CTR => cipher::ctr(&parts()?),
            ops::GCM_START => cipher::gcm_start(&parts()?),
            ops::GCM_UPDATE => cipher::gcm_update(&parts()?),
            ops::GCM_FINISH => cipher::gcm_finish(&parts()?),
            ops::IMPORT_KEY => keys::import(&parts()?),
            ops::JWK_OF => keys::jwk_of(&parts()?),
            ops::KEY_OF_JWK => keys::of_jwk(given),
            ops::GENERATE_KEY => keys::generate(given),
            ops::SIGN => sign::sign(&parts()?),
            ops::VERIFY => sign::verify(&parts()?),
            ops::ECDH => sign::agree(&parts()?),
            ops::PARSE_URL => urls::parse(given),
            ops::PARSE_URL_WITH => urls::parse_with(given),
            ops::SET_URL => urls::set(given),
            ops::DOMAIN_TO_ASCII => urls::domain_to_ascii(given),
            ops::DOMAIN_TO_UNICODE => urls::domain_to_unicode(given),
            ops::ENCODING_OF => Ok(text::encoding_of(given)),
            ops::DECODE => text::decode(&parts()?),
            ops::DECODE_UTF8 => text::decode_utf8(given),
            ops::DECODE_UTF8_FATAL => text::decode_utf8_fatal(given),
            ops::ENCODE_UTF8 => text::encode_utf8(given),
            ops::DECODER_OPEN => text::open(&parts()?, &mut self.handles),
            ops::DECODER_PUSH => text::push(&parts()?, &mut self.handles),
            ops::COMPRESSOR_OPEN => press::open_compressor(&parts()?, &mut self.handles),
            ops::COMPRESS => press::compress(&parts()?, &mut self.handles),
            ops::DECOMPRESSOR_OPEN => press::open_decompressor(&parts()?, &mut self.handles),
            ops::DECOMPRESS => press::decompress(&parts()?, &mut self.handles),
            ops::CRC32 => press::crc32(&parts()?),
            ops::CLOSE => {
                self.handles.close(parts()?.number(0)?);
                Ok(Answer::Number(0))
            }
            _ => Err(ComputeError::unsupported(format_args!(
                "there is no computation {op}"
            ))),
        }
    }

    /// Whether nothing is open, so that the sandbox may be checkpointed.
    pub fn is_empty(&self) -> bool {
        self.handles.is_empty()
    }

    /// Closes everything.
    pub fn clear(&mut self) {
        self.handles.clear();
    }
}
