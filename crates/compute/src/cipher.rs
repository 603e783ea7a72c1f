//! AES in the modes CBC, CTR and GCM, in pieces: the guest keeps the state between them, and does the padding.
//!
//! The state of GCM is 64 bytes: the first counter block, the sum of GHASH, the ciphertext bytes of the block that
//! is not whole, how many bytes have been seen, and how many were additional. GHASH is linear, so that a sum goes on
//! by adding it to the next block.
//!
//! Source: NIST SP 800-38A, SP 800-38D.

use aes::cipher::{
    BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, KeyInit, KeyIvInit, StreamCipher,
    StreamCipherSeek,
};
use aes::{Aes128, Aes192, Aes256};
use ghash::GHash;
use ghash::universal_hash::UniversalHash;

use crate::parts::{Parts, pack};
use crate::{Answer, ComputeError, Result, at_most};

/// What one call works on at most.
const LIMIT: usize = 256 << 10;
/// What CTR and GCM count to at most; GCM may not go beyond 2³⁶ bytes, of one key and counter.
const MOST: u64 = (1 << 36) - 64;

type Block = [u8; 16];

/// Evaluates `$body` with `$aes` as the cipher of the key's size.
macro_rules! with_aes {
    ($key:expr, $aes:ident => $body:expr) => {
        match $key.len() {
            16 => {
                type $aes = Aes128;
                $body
            }
            24 => {
                type $aes = Aes192;
                $body
            }
            32 => {
                type $aes = Aes256;
                $body
            }
            other => Err(bad_key(other)),
        }
    };
}

fn bad_key(length: usize) -> ComputeError {
    ComputeError::range(format_args!(
        "Invalid key length: AES takes 16, 24 or 32 bytes, not {length}"
    ))
    .code("ERR_CRYPTO_INVALID_KEYLEN")
}

fn bad_iv() -> ComputeError {
    ComputeError::type_error("Invalid initialization vector").code("ERR_CRYPTO_INVALID_IV")
}

fn block(bytes: &[u8]) -> Result<Block> {
    bytes.try_into().map_err(|_| bad_iv())
}

pub(crate) fn cbc(parts: &Parts<'_>) -> Result<Answer> {
    let (encrypt, key, iv) = (
        parts.bytes(0)? == b"1",
        parts.bytes(1)?,
        block(parts.bytes(2)?)?,
    );
    let mut data = parts.bytes(3)?.to_vec();
    at_most(LIMIT, "data", &data)?;
    let (blocks, []) = aes::Block::slice_as_chunks_mut(&mut data) else {
        return Err(ComputeError::operation(
            "the data is not made of whole blocks",
        ));
    };
    with_aes!(key, Aes => {
        let failed = |_| bad_key(key.len());
        if encrypt {
            cbc::Encryptor::<Aes>::new_from_slices(key, &iv).map_err(failed)?.encrypt_blocks(blocks);
        } else {
            cbc::Decryptor::<Aes>::new_from_slices(key, &iv).map_err(failed)?.decrypt_blocks(blocks);
        }
        Ok(())
    })?;
    Ok(Answer::Bytes(data))
}

pub(crate) fn ctr(parts: &Parts<'_>) -> Result<Answer> {
    let (key, iv, position) = (parts.bytes(0)?, block(parts.bytes(1)?)?, parts.number(2)?);
    let mut data = parts.bytes(3)?.to_vec();
    at_most(LIMIT, "data", &data)?;
    with_aes!(key, Aes => apply::<ctr::Ctr128BE<Aes>>(key, &iv, position, &mut data))?;
    Ok(Answer::Bytes(data))
}

fn apply<C: KeyIvInit + StreamCipher + StreamCipherSeek>(
    key: &[u8],
    iv: &Block,
    position: u64,
    data: &mut [u8],
) -> Result<()> {
    let long =
        || ComputeError::operation("the data is longer than one key and counter can encrypt");
    if position > MOST {
        return Err(long());
    }
    let mut cipher = C::new_from_slices(key, iv).map_err(|_| bad_key(key.len()))?;
    cipher.try_seek(position).map_err(|_| long())?;
    cipher.try_apply_keystream(data).map_err(|_| long())
}

/// See the header.
struct Gcm {
    counter: Block,
    sum: Block,
    held: Block,
    seen: u64,
    additional: u64,
}

impl Gcm {
    fn read(state: &[u8]) -> Result<Self> {
        let wrong = || ComputeError::operation("this is no state of GCM");
        let state: &[u8; 64] = state.try_into().map_err(|_| wrong())?;
        let part = |at: usize| -> Block { std::array::from_fn(|i| state[at + i]) };
        let number = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| state[at + i]));
        let (seen, additional) = (number(48), number(56));
        if seen > MOST || additional > MOST {
            return Err(wrong());
        }
        Ok(Self {
            counter: part(0),
            sum: part(16),
            held: part(32),
            seen,
            additional,
        })
    }

    fn write(&self) -> [u8; 64] {
        let mut out = [0; 64];
        out[..16].copy_from_slice(&self.counter);
        out[16..32].copy_from_slice(&self.sum);
        out[32..48].copy_from_slice(&self.held);
        out[48..56].copy_from_slice(&self.seen.to_le_bytes());
        out[56..].copy_from_slice(&self.additional.to_le_bytes());
        out
    }

    /// How many bytes of [`Self::held`] are there.
    fn held(&self) -> usize {
        (self.seen % 16) as usize
    }

    /// Takes ciphertext into the sum; what is not a whole block is held.
    fn absorb(&mut self, subkey: &Block, ciphertext: &[u8]) {
        let held = self.held();
        self.seen += ciphertext.len() as u64;
        let (now, later) = ciphertext.split_at(ciphertext.len().min(16 - held));
        self.held[held..held + now.len()].copy_from_slice(now);
        if held + now.len() < 16 {
            return;
        }
        self.sum = ghash(subkey, self.sum, &self.held);
        let (blocks, rest) = later.split_at(later.len() / 16 * 16);
        self.sum = ghash(subkey, self.sum, blocks);
        self.held = [0; 16];
        self.held[..rest.len()].copy_from_slice(rest);
    }

    fn tag(mut self, subkey: &Block, mask: &Block) -> Block {
        let held = self.held();
        if held > 0 {
            self.held[held..].fill(0);
            self.sum = ghash(subkey, self.sum, &self.held);
        }
        let lengths = (u128::from(self.additional) << 67) | (u128::from(self.seen) << 3);
        xor(ghash(subkey, self.sum, &lengths.to_be_bytes()), mask)
    }
}

fn xor(a: Block, b: &Block) -> Block {
    std::array::from_fn(|i| a[i] ^ b[i])
}

/// GHASH of `data`, which continues after `sum`; a last block that is not whole is filled with zeros.
fn ghash(subkey: &Block, sum: Block, data: &[u8]) -> Block {
    let (first, rest) = data.split_at(data.len().min(16));
    if first.is_empty() {
        return sum;
    }
    let mut begin = sum;
    for (byte, given) in begin.iter_mut().zip(first) {
        *byte ^= given;
    }
    let mut hash = GHash::new(&(*subkey).into());
    hash.update(&[begin.into()]);
    hash.update_padded(rest);
    hash.finalize().into()
}

/// The cipher of one block.
fn encrypt_block(key: &[u8], block: Block) -> Result<Block> {
    let mut block = block.into();
    with_aes!(key, Aes => {
        Aes::new_from_slice(key).map_err(|_| bad_key(key.len()))?.encrypt_block(&mut block);
        Ok(block.into())
    })
}

pub(crate) fn gcm_start(parts: &Parts<'_>) -> Result<Answer> {
    let (key, iv, additional) = (parts.bytes(0)?, parts.bytes(1)?, parts.bytes(2)?);
    at_most(LIMIT, "initialization vector", iv)?;
    at_most(LIMIT, "additional data", additional)?;
    let subkey = encrypt_block(key, [0; 16])?;
    let mut counter = [0; 16];
    match iv.len() {
        0 => return Err(bad_iv()),
        12 => {
            counter[..12].copy_from_slice(iv);
            counter[15] = 1;
        }
        length => {
            let sum = ghash(&subkey, [0; 16], iv);
            counter = ghash(&subkey, sum, &(length as u128 * 8).to_be_bytes());
        }
    }
    let sum = ghash(&subkey, [0; 16], additional);
    let state = Gcm {
        counter,
        sum,
        held: [0; 16],
        seen: 0,
        additional: additional.len() as u64,
    };
    Ok(Answer::Bytes(state.write().to_vec()))
}

pub(crate) fn gcm_update(parts: &Parts<'_>) -> Result<Answer> {
    let (encrypt, key, given) = (parts.bytes(0)? == b"1", parts.bytes(1)?, parts.bytes(3)?);
    at_most(LIMIT, "data", given)?;
    let mut state = Gcm::read(parts.bytes(2)?)?;
    let subkey = encrypt_block(key, [0; 16])?;
    let mut data = given.to_vec();
    // The first counter block is for the tag.
    let position = state.seen + 16;
    with_aes!(key, Aes => apply::<ctr::Ctr32BE<Aes>>(key, &state.counter, position, &mut data))?;
    state.absorb(&subkey, if encrypt { &data } else { given });
    pack(&[&state.write(), &data])
}

pub(crate) fn gcm_finish(parts: &Parts<'_>) -> Result<Answer> {
    let (key, expected) = (parts.bytes(0)?, parts.bytes(2)?);
    let state = Gcm::read(parts.bytes(1)?)?;
    let mask = encrypt_block(key, state.counter)?;
    let tag = state.tag(&encrypt_block(key, [0; 16])?, &mask);
    if !expected.is_empty() {
        if !matches!(expected.len(), 4 | 8 | 12..=16) {
            let message = format_args!("Invalid authentication tag length: {}", expected.len());
            return Err(ComputeError::type_error(message).code("ERR_CRYPTO_INVALID_AUTH_TAG"));
        }
        let differs = expected
            .iter()
            .zip(tag)
            .fold(0, |sum, (a, b)| sum | (a ^ b));
        if differs != 0 {
            return Err(ComputeError::operation(
                "Unsupported state or unable to authenticate data",
            ));
        }
    }
    Ok(Answer::Bytes(tag.to_vec()))
}
