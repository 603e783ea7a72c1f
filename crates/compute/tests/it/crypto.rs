//! Hashes, derivation and ciphers against the vectors of their standards.

use hydra_compute::{Answer, Computer, ops};

use crate::{ask, bytes, hex, number, parts, unhex, unpack};

/// The hashes of "abc".
const ABC: [(&str, &str); 15] = [
    ("md5", "900150983cd24fb0d6963f7d28e17f72"),
    ("sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"),
    (
        "sha224",
        "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
    ),
    (
        "sha256",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    ),
    (
        "sha384",
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
    ),
    (
        "sha512",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    ),
    (
        "sha512-224",
        "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa",
    ),
    (
        "sha512-256",
        "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23",
    ),
    (
        "sha3-224",
        "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf",
    ),
    (
        "sha3-256",
        "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
    ),
    (
        "sha3-384",
        "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25",
    ),
    (
        "sha3-512",
        "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0",
    ),
    ("ripemd160", "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"),
    (
        "blake2b512",
        "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
    ),
    (
        "blake2s256",
        "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982",
    ),
];

#[test]
fn every_hash_gives_the_known_value_at_once_and_in_pieces() {
    for (name, expected) in ABC {
        assert_eq!(
            hex(&bytes(ops::HASH, &[name.as_bytes(), b"abc"])),
            expected,
            "{name}"
        );
        if name.starts_with("blake2") {
            continue;
        }
        let mut state = Vec::new();
        for piece in [&b"a"[..], b"", b"bc"] {
            state = bytes(ops::HASH_UPDATE, &[name.as_bytes(), &state, piece]);
        }
        assert_eq!(
            hex(&bytes(ops::HASH_FINISH, &[name.as_bytes(), &state])),
            expected,
            "{name} in pieces"
        );
    }
}

#[test]
fn blake2_has_a_handle_that_can_be_copied() {
    let mut computer = Computer::default();
    let handle = number(computer.operate(ops::HASHER_OPEN, &parts(&[b"blake2b512"]))).to_string();
    number(computer.operate(ops::HASHER_UPDATE, &parts(&[handle.as_bytes(), b"ab"])));
    let copy = number(computer.operate(ops::HASHER_COPY, &parts(&[handle.as_bytes()]))).to_string();
    number(computer.operate(ops::HASHER_UPDATE, &parts(&[copy.as_bytes(), b"x"])));
    number(computer.operate(ops::HASHER_UPDATE, &parts(&[handle.as_bytes(), b"c"])));
    assert!(!computer.is_empty());
    let found = computer
        .operate(ops::HASHER_FINISH, &parts(&[handle.as_bytes()]))
        .unwrap();
    assert_eq!(found, Answer::Bytes(unhex(ABC[13].1)));
    assert_eq!(
        computer
            .operate(ops::HASHER_FINISH, &parts(&[handle.as_bytes()]))
            .unwrap_err()
            .name,
        "InvalidStateError"
    );
    computer.clear();
    assert!(computer.is_empty());
}

#[test]
fn a_state_that_claims_too_much_is_refused() {
    for (name, counter) in [
        ("md5", 16),
        ("sha1", 20),
        ("sha256", 32),
        ("sha512", 64),
        ("ripemd160", 20),
    ] {
        let mut state = bytes(ops::HASH_UPDATE, &[name.as_bytes(), b"", b"abc"]);
        state[counter + 7] = 0x80;
        assert_eq!(
            ask(ops::HASH_FINISH, &[name.as_bytes(), &state])
                .unwrap_err()
                .name,
            "OperationError",
            "{name}"
        );
    }
}

#[test]
fn hmac_and_hkdf_are_those_of_their_rfcs() {
    let code = bytes(
        ops::HMAC,
        &[b"sha256", b"Jefe", b"what do ya want for nothing?"],
    );
    assert_eq!(
        hex(&code),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
    let (salt, info) = (
        unhex("000102030405060708090a0b0c"),
        unhex("f0f1f2f3f4f5f6f7f8f9"),
    );
    let derived = bytes(ops::HKDF, &[b"sha256", &[0x0b; 22], &salt, &info, b"42"]);
    assert_eq!(
        hex(&derived),
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    );
    assert_eq!(
        ask(ops::HKDF, &[b"sha256", b"", b"", b"", b"8161"])
            .unwrap_err()
            .name,
        "OperationError"
    );
}

fn pbkdf2(hash: &str, password: &[u8], salt: &[u8], iterations: usize, length: usize) -> Vec<u8> {
    let hash = hash.as_bytes();
    let size = bytes(ops::HASH, &[hash, b""]).len();
    let count = length.div_ceil(size).to_string();
    let first = bytes(
        ops::PBKDF2_FIRST,
        &[hash, password, salt, b"1", count.as_bytes()],
    );
    let mut out = Vec::new();
    for block in first.chunks(size) {
        let mut state = [block, block].concat();
        let mut left = iterations - 1;
        while left > 0 {
            let now = left.min(1000);
            state = bytes(
                ops::PBKDF2_STEP,
                &[hash, password, now.to_string().as_bytes(), &state],
            );
            left -= now;
        }
        out.extend_from_slice(&state[size..]);
    }
    out.truncate(length);
    out
}

#[test]
fn pbkdf2_in_steps_is_that_of_rfc_6070() {
    assert_eq!(
        hex(&pbkdf2("sha1", b"password", b"salt", 1, 20)),
        "0c60c80f961f0e71f3a9b524af6012062fe037a6"
    );
    assert_eq!(
        hex(&pbkdf2("sha1", b"password", b"salt", 4096, 20)),
        "4b007901b765489abead49d926f721d065a429c1"
    );
    let many = ask(ops::PBKDF2_STEP, &[b"sha1", b"", b"1001", &[0; 40]]);
    assert_eq!(many.unwrap_err().name, "RangeError");
}

#[test]
fn scrypt_in_steps_is_that_of_rfc_7914() {
    let mut block = pbkdf2("sha256", b"", b"", 1, 128);
    let mut table = vec![block.clone()];
    let more = bytes(ops::SCRYPT_FILL, &[b"1", b"16", &block]);
    table.extend(more.chunks(128).map(<[u8]>::to_vec));
    block = table.pop().unwrap();
    for _ in 0..16 {
        let place = usize::from(block[64]) % 16;
        let mixed = Computer::default()
            .operate(ops::SCRYPT_MIX, &[&block[..], &table[place]].concat())
            .unwrap();
        let Answer::Bytes(mixed) = mixed else {
            panic!()
        };
        block = mixed;
    }
    let expected = "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442\
                    fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906";
    assert_eq!(hex(&pbkdf2("sha256", b"", &block, 1, 64)), expected);
}

/// The plain text and key of the examples in SP 800-38A.
const PLAIN: &str = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51";
const KEY: &str = "2b7e151628aed2a6abf7158809cf4f3c";

#[test]
fn cbc_and_ctr_are_those_of_the_standard() {
    let (key, plain) = (unhex(KEY), unhex(PLAIN));
    let iv = unhex("000102030405060708090a0b0c0d0e0f");
    let cipher = bytes(ops::CBC, &[b"1", &key, &iv, &plain]);
    assert_eq!(
        hex(&cipher),
        "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
    );
    assert_eq!(bytes(ops::CBC, &[b"0", &key, &iv, &cipher]), plain);
    let counter = unhex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
    let expected = unhex("874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff");
    assert_eq!(bytes(ops::CTR, &[&key, &counter, b"0", &plain]), expected);
    assert_eq!(
        bytes(ops::CTR, &[&key, &counter, b"17", &plain[17..]]),
        &expected[17..]
    );
}

#[test]
fn gcm_is_that_of_its_specification_however_it_is_cut() {
    let key = unhex("feffe9928665731c6d6a8f9467308308");
    let plain = unhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
    );
    let cipher = "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091";
    let additional = unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    let cases = [
        (
            "cafebabefacedbaddecaf888",
            cipher,
            "5bc94fbc3221a5db94fae95ae7121a47",
        ),
        (
            "cafebabefacedbad",
            "61353b4c2806934a777ff51fa22a4755699b2a714fcdc6f83766e5f97b6c742373806900e49f24b22b097544d4896b424989b5e1ebac0f07c23f4598",
            "3612d2e79e3b0785561be14aaca2fccb",
        ),
    ];
    for (iv, cipher, tag) in cases {
        for size in [1, 7, 16, 33, 60] {
            let mut state = bytes(ops::GCM_START, &[&key, &unhex(iv), &additional]);
            let mut out = Vec::new();
            for piece in plain.chunks(size) {
                let both = unpack(&bytes(ops::GCM_UPDATE, &[b"1", &key, &state, piece]));
                state.clone_from(&both[0]);
                out.extend_from_slice(&both[1]);
            }
            assert_eq!(hex(&out), cipher, "in pieces of {size}");
            assert_eq!(
                hex(&bytes(ops::GCM_FINISH, &[&key, &state, b""])),
                tag,
                "in pieces of {size}"
            );
        }
        let mut state = bytes(ops::GCM_START, &[&key, &unhex(iv), &additional]);
        let both = unpack(&bytes(
            ops::GCM_UPDATE,
            &[b"0", &key, &state, &unhex(cipher)],
        ));
        assert_eq!(both[1], plain);
        state.clone_from(&both[0]);
        let mut tag = unhex(tag);
        assert!(ask(ops::GCM_FINISH, &[&key, &state, &tag[..12]]).is_ok());
        tag[3] ^= 1;
        assert_eq!(
            ask(ops::GCM_FINISH, &[&key, &state, &tag])
                .unwrap_err()
                .name,
            "OperationError"
        );
    }
}

#[test]
fn what_is_longer_than_one_call_takes_is_refused() {
    let long = vec![0; (256 << 10) + 16];
    for (op, items) in [
        (ops::HASH, vec![&b"sha1"[..], &long]),
        (ops::HMAC, vec![b"sha1", b"", &long]),
        (ops::CBC, vec![b"1", &[0; 16], &[0; 16], &long]),
        (ops::CTR, vec![&[0; 16], &[0; 16], b"0", &long]),
        (ops::PBKDF2_FIRST, vec![b"sha1", b"", &long, b"1", b"1"]),
        (ops::CRC32, vec![b"0", &long]),
    ] {
        assert_eq!(
            ask(op, &items).unwrap_err().name,
            "RangeError",
            "operation {op}"
        );
    }
}
