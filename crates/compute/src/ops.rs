//! The operations by number; `guests/javascript/library/compute/ops.js` has the same.
//!
//! `parts(…)` is several parts in one: for each its length as 32 bits, little-endian, then its bytes. Numbers are
//! decimal text.

use std::ops::RangeInclusive;

/// All numbers that are or may become operations of this crate.
pub const RANGE: RangeInclusive<i32> = 50..=99;

/// parts(algorithm, data): the hash.
pub const HASH: i32 = 50;
/// parts(algorithm, state, data): the state after the data. An empty state is the beginning.
pub const HASH_UPDATE: i32 = 51;
/// parts(algorithm, state): the hash.
pub const HASH_FINISH: i32 = 52;
/// parts(algorithm, key, data): the code.
pub const HMAC: i32 = 53;
/// parts(algorithm, password, salt, first block, count): the first code of each block.
pub const PBKDF2_FIRST: i32 = 54;
/// parts(algorithm, password, iterations, last code and sum): both after the iterations.
pub const PBKDF2_STEP: i32 = 55;
/// parts(algorithm, key, salt, info, length): the derived bytes.
pub const HKDF: i32 = 56;
/// parts(r, count, block): the next `count` blocks of the table.
pub const SCRYPT_FILL: i32 = 57;
/// A block and an entry of the table: the next block.
pub const SCRYPT_MIX: i32 = 58;
/// parts(1 to encrypt, key, last block, whole blocks): the blocks.
pub const CBC: i32 = 59;
/// parts(key, counter, position, data): the data.
pub const CTR: i32 = 60;
/// parts(key, iv, additional data): the state.
pub const GCM_START: i32 = 61;
/// parts(1 to encrypt, key, state, data): parts(state, data).
pub const GCM_UPDATE: i32 = 62;
/// parts(key, state, expected tag or nothing): the tag.
pub const GCM_FINISH: i32 = 63;
/// parts(format, kind, data): the key, as parts(type, kind, bits, der, spki).
pub const IMPORT_KEY: i32 = 64;
/// parts(type, der): a JWK.
pub const JWK_OF: i32 = 65;
/// A JWK: the key.
pub const KEY_OF_JWK: i32 = 66;
/// A kind: parts(private der, public der).
pub const GENERATE_KEY: i32 = 67;
/// parts(scheme, private der, data or hash): the signature.
pub const SIGN: i32 = 68;
/// parts(scheme, public der, signature, data or hash): 1 where it fits.
pub const VERIFY: i32 = 69;
/// parts(private der, public der): the shared secret.
pub const ECDH: i32 = 70;
/// An URL: its record, or nothing.
pub const PARSE_URL: i32 = 71;
/// JSON `[url, base]`: the record, or nothing.
pub const PARSE_URL_WITH: i32 = 72;
/// JSON `[href, part, value]`: the record.
pub const SET_URL: i32 = 73;
/// A domain: its ASCII form, empty where it is none.
pub const DOMAIN_TO_ASCII: i32 = 74;
/// A domain: its Unicode form.
pub const DOMAIN_TO_UNICODE: i32 = 75;
/// A label: the name of the encoding, or nothing.
pub const ENCODING_OF: i32 = 76;
/// parts(encoding, flags, data): the text. Flags: 1 fatal, 2 keep the byte order mark.
pub const DECODE: i32 = 77;
/// Bytes: the text, what is malformed replaced.
pub const DECODE_UTF8: i32 = 78;
/// Bytes: the text; refuses what is malformed.
pub const DECODE_UTF8_FATAL: i32 = 79;
/// A string: its bytes.
pub const ENCODE_UTF8: i32 = 80;
/// parts(encoding, flags): a handle.
pub const DECODER_OPEN: i32 = 81;
/// parts(handle, 1 if the last, data): the text so far. The last closes.
pub const DECODER_PUSH: i32 = 82;
/// parts(format, level or nothing, window bits or nothing): a handle.
pub const COMPRESSOR_OPEN: i32 = 83;
/// parts(handle, 0 go on, 1 flush or 2 finish, data): what came out. To finish closes.
pub const COMPRESS: i32 = 84;
/// parts(format): a handle.
pub const DECOMPRESSOR_OPEN: i32 = 85;
/// parts(handle, data): 0 all taken, 1 more comes out or 2 ended; 32 bits taken; what came out. The end closes.
pub const DECOMPRESS: i32 = 86;
/// parts(handle): closes what is open.
pub const CLOSE: i32 = 87;
/// parts(sum so far, data): the sum.
pub const CRC32: i32 = 88;
/// parts(algorithm): a handle, for hashes whose state cannot travel.
pub const HASHER_OPEN: i32 = 89;
/// parts(handle, data).
pub const HASHER_UPDATE: i32 = 90;
/// parts(handle): another handle.
pub const HASHER_COPY: i32 = 91;
/// parts(handle): the hash. Closes.
pub const HASHER_FINISH: i32 = 92;
