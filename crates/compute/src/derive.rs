//! Key derivation in steps: the guest keeps what lies between them.
//!
//! ```text
//! PBKDF2  first codes of the blocks ─► (last code, sum) ─step, ≤ 1000 iterations─► (last code, sum) ─► …
//! scrypt  block ─fill─► table, in the guest's memory ─mix, one entry at a time─► block
//! ```
//!
//! Sources: RFC 8018 (PBKDF2), RFC 5869 (HKDF), RFC 7914 (scrypt).

use digest::{Digest, Mac};
use hkdf::SimpleHkdf;
use hmac::{Hmac, SimpleHmac};

use crate::hash::{Algorithm, LIMIT, keyed, with_eager, with_hash};
use crate::parts::Parts;
use crate::{Answer, ComputeError, Result, at_most};

const PBKDF2_ITERATIONS: usize = 1000;
const PBKDF2_BLOCKS: u32 = 256;
/// The info is hashed for each of up to 255 blocks.
const HKDF_INFO: usize = 1024;
/// What one call of scrypt works through.
const SCRYPT_BYTES: usize = 256 << 10;

pub(crate) fn pbkdf2_first(parts: &Parts<'_>) -> Result<Answer> {
    let (password, salt) = (parts.bytes(1)?, parts.bytes(2)?);
    let (first, count): (u32, u32) = (parts.number(3)?, parts.number(4)?);
    at_most(LIMIT, "password", password)?;
    let work = salt
        .len()
        .saturating_mul(usize::try_from(count).unwrap_or(usize::MAX));
    let Some(end) = first
        .checked_add(count)
        .filter(|_| count <= PBKDF2_BLOCKS && work <= LIMIT)
    else {
        return Err(ComputeError::range(
            "the salt or the length is too long for one step of PBKDF2",
        ));
    };
    with_hash!(Algorithm::named(parts.text(0)?)?, Hash => {
        let mac = keyed::<SimpleHmac<Hash>>(password)?;
        let code = |block: u32| mac.clone().chain_update(salt).chain_update(block.to_be_bytes()).finalize().into_bytes();
        Ok(Answer::Bytes((first..end).flat_map(code).collect()))
    })
}

pub(crate) fn pbkdf2_step(parts: &Parts<'_>) -> Result<Answer> {
    let (password, iterations, state) = (
        parts.bytes(1)?,
        parts.number::<usize>(2)?,
        parts.bytes(3)?.to_vec(),
    );
    at_most(LIMIT, "password", password)?;
    if iterations > PBKDF2_ITERATIONS {
        return Err(ComputeError::range(format_args!(
            "one step does at most {PBKDF2_ITERATIONS} iterations"
        )));
    }
    with_eager!(Algorithm::named(parts.text(0)?)?, Hash => iterate(keyed::<Hmac<Hash>>(password)?, iterations, state), {
        // Twice the work, for the same codes.
        with_hash!(Algorithm::named(parts.text(0)?)?, Hash => {
            iterate(keyed::<SimpleHmac<Hash>>(password)?, iterations, state)
        })
    })
}

fn iterate<M: Mac + Clone>(mac: M, iterations: usize, mut state: Vec<u8>) -> Result<Answer> {
    let size = M::output_size();
    if state.len() != 2 * size {
        return Err(ComputeError::operation(
            "this is no state of PBKDF2 with this hash",
        ));
    }
    let (code, sum) = state.split_at_mut(size);
    for _ in 0..iterations {
        code.copy_from_slice(&mac.clone().chain_update(&code).finalize().into_bytes());
        for (sum, code) in sum.iter_mut().zip(code.iter()) {
            *sum ^= code;
        }
    }
    Ok(Answer::Bytes(state))
}

pub(crate) fn hkdf(parts: &Parts<'_>) -> Result<Answer> {
    let (key, salt, info) = (parts.bytes(1)?, parts.bytes(2)?, parts.bytes(3)?);
    let length: usize = parts.number(4)?;
    at_most(LIMIT, "key", key)?;
    at_most(LIMIT, "salt", salt)?;
    at_most(HKDF_INFO, "info", info)?;
    with_hash!(Algorithm::named(parts.text(0)?)?, Hash => {
        if length > 255 * <Hash as Digest>::output_size() {
            let message = format_args!("HKDF derives at most 255 hashes, which is less than {length} bytes");
            return Err(ComputeError::operation(message).code("ERR_CRYPTO_INVALID_KEYLEN"));
        }
        let mut out = vec![0; length];
        SimpleHkdf::<Hash>::new(Some(salt), key)
            .expand(info, &mut out)
            .map_err(|error| ComputeError::operation(format_args!("HKDF: {error}")))?;
        Ok(Answer::Bytes(out))
    })
}

pub(crate) fn scrypt_fill(parts: &Parts<'_>) -> Result<Answer> {
    let (r, count, block) = (
        parts.number::<usize>(0)?,
        parts.number::<usize>(1)?,
        parts.bytes(2)?,
    );
    let fits = r.checked_mul(128) == Some(block.len())
        && block.len().saturating_mul(count) <= SCRYPT_BYTES;
    if !fits || block.is_empty() {
        return Err(ComputeError::range(
            "the block or the count does not fit a step of scrypt",
        ));
    }
    let mut words = words(block);
    let mut out = Vec::with_capacity(block.len() * count);
    for _ in 0..count {
        words = mix(&words);
        out.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    }
    Ok(Answer::Bytes(out))
}

pub(crate) fn scrypt_mix(given: &[u8]) -> Result<Answer> {
    if given.is_empty() || !given.len().is_multiple_of(256) || given.len() > SCRYPT_BYTES {
        return Err(ComputeError::range(
            "a block and an entry of the table do not fit a step of scrypt",
        ));
    }
    let (block, entry) = given.split_at(given.len() / 2);
    let both: Vec<u8> = block.iter().zip(entry).map(|(a, b)| a ^ b).collect();
    Ok(Answer::Bytes(
        mix(&words(&both))
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect(),
    ))
}

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes
        .as_chunks()
        .0
        .iter()
        .map(|word| u32::from_le_bytes(*word))
        .collect()
}

/// scryptBlockMix: Salsa20/8 over the chunks, those at even places first.
fn mix(block: &[u32]) -> Vec<u32> {
    let (chunks, _) = block.as_chunks::<16>();
    let mut out = vec![0; block.len()];
    let (even, odd) = out.split_at_mut(block.len() / 2);
    let mut places = even
        .as_chunks_mut()
        .0
        .iter_mut()
        .zip(odd.as_chunks_mut().0.iter_mut());
    let mut state = chunks.last().copied().unwrap_or([0; 16]);
    for pair in chunks.chunks_exact(2) {
        let Some((first, second)) = places.next() else {
            break;
        };
        salsa(&mut state, &pair[0]);
        *first = state;
        salsa(&mut state, &pair[1]);
        *second = state;
    }
    out
}

/// Salsa20/8 of `state` xor `chunk`.
fn salsa(state: &mut [u32; 16], chunk: &[u32; 16]) {
    for (word, other) in state.iter_mut().zip(chunk) {
        *word ^= other;
    }
    let mut x = *state;
    for _ in 0..4 {
        for [a, b, c, d] in [[0, 4, 8, 12], [5, 9, 13, 1], [10, 14, 2, 6], [15, 3, 7, 11]] {
            quarter(&mut x, a, b, c, d);
        }
        for [a, b, c, d] in [[0, 1, 2, 3], [5, 6, 7, 4], [10, 11, 8, 9], [15, 12, 13, 14]] {
            quarter(&mut x, a, b, c, d);
        }
    }
    for (word, other) in state.iter_mut().zip(x) {
        *word = word.wrapping_add(other);
    }
}

#[inline(always)]
fn quarter(x: &mut [u32; 16], a: usize, b: usize, c: usize, d: usize) {
    x[b] ^= x[a].wrapping_add(x[d]).rotate_left(7);
    x[c] ^= x[b].wrapping_add(x[a]).rotate_left(9);
    x[d] ^= x[c].wrapping_add(x[b]).rotate_left(13);
    x[a] ^= x[d].wrapping_add(x[c]).rotate_left(18);
}
