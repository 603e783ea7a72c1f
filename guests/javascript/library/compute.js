// Computations that the host does for the guest: hashes, keys, ciphers, compression, URLs, text encodings.
//
// The other side is the crate `hydra-compute`. One call must be short, so what is long goes in pieces here. Hashes,
// ciphers and key derivation keep their state on this side, as bytes; compressors, text decoders and BLAKE2 have a
// handle at the host, of which a sandbox may hold 64.

export { Hasher, Hmac, hash, hashes, hmac } from "./compute/hash.js";
export { hkdf, pbkdf2, scrypt } from "./compute/derive.js";
export { Cipher } from "./compute/cipher.js";
export { ecdh, generateKey, importKey, jwkOf, keyOfJwk, sign, verify } from "./compute/keys.js";
export { domainToASCII, domainToUnicode, parseUrl, setUrl } from "./compute/url.js";
export { Decoder, decodeUtf8, encodeUtf8, encodingOf } from "./compute/text.js";
export { Compressor, Decompressor, crc32 } from "./compute/press.js";
