//! No operation panics, whatever it is given.

use hydra_compute::{Computer, ops};
use proptest::prelude::*;

use crate::{bytes, parts, unpack};

/// Parts that get past the first checks.
fn part() -> impl Strategy<Value = Vec<u8>> {
    let words = [
        "sha256",
        "md5",
        "sha3-256",
        "blake2b512",
        "0",
        "1",
        "2",
        "16",
        "1000",
        "4294967295",
        "18446744073709551615",
        "gzip",
        "deflate-raw",
        "brotli",
        "utf-16le",
        "iso-2022-jp",
        "pem",
        "pkcs8",
        "spki",
        "raw",
        "ec-p256",
        "private",
        "ecdsa-der",
        "ecdsa-ieee-p1363",
        "ed25519",
        "rsa-pss-sha256",
        "",
    ];
    prop_oneof![
        4 => proptest::sample::select(words.to_vec()).prop_map(|word| word.as_bytes().to_vec()),
        1 => proptest::sample::select(vec![16usize, 32, 64, 105, 209]).prop_flat_map(|n| proptest::collection::vec(any::<u8>(), n)),
        2 => proptest::collection::vec(any::<u8>(), 0..200),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn random_bytes_do_no_harm(op in ops::RANGE, given in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Computer::default().operate(op, &given);
    }

    #[test]
    fn random_parts_do_no_harm(op in ops::RANGE, items in proptest::collection::vec(part(), 0..6)) {
        let items: Vec<&[u8]> = items.iter().map(Vec::as_slice).collect();
        let mut computer = Computer::default();
        for _ in 0..2 {
            let _ = computer.operate(op, &parts(&items));
        }
    }

    #[test]
    fn random_calls_upon_what_is_open_do_no_harm(calls in proptest::collection::vec((81..=92i32, proptest::collection::vec(part(), 0..3)), 0..12)) {
        let mut computer = Computer::default();
        for format in ["gzip", "deflate", "deflate-raw", "brotli"] {
            computer.operate(ops::DECOMPRESSOR_OPEN, &parts(&[format.as_bytes()])).unwrap();
        }
        computer.operate(ops::COMPRESSOR_OPEN, &parts(&[b"deflate", b"", b""])).unwrap();
        for (index, (op, items)) in calls.iter().enumerate() {
            let handle = (index % 6 + 1).to_string();
            let items: Vec<&[u8]> = std::iter::once(handle.as_bytes()).chain(items.iter().map(Vec::as_slice)).collect();
            let _ = computer.operate(*op, &parts(&items));
        }
        computer.clear();
        prop_assert!(computer.is_empty());
    }

    #[test]
    fn a_state_that_was_tampered_with_does_no_harm(
        name in proptest::sample::select(vec!["md5", "sha1", "sha256", "sha512", "sha3-512", "ripemd160"]),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
    ) {
        let mut state = bytes(ops::HASH_UPDATE, &[name.as_bytes(), b"", b"some data"]);
        for (at, byte) in changes {
            let at = at.index(state.len());
            state[at] = byte;
        }
        let mut computer = Computer::default();
        let _ = computer.operate(ops::HASH_UPDATE, &parts(&[name.as_bytes(), &state, &[0; 300]]));
        let _ = computer.operate(ops::HASH_FINISH, &parts(&[name.as_bytes(), &state]));
    }

    #[test]
    fn a_gcm_state_that_was_tampered_with_does_no_harm(state in proptest::collection::vec(any::<u8>(), 64), high in any::<bool>()) {
        let mut state = state;
        if !high {
            state[53..56].fill(0);
            state[61..].fill(0);
        }
        let given = parts(&[b"1", &[0; 16], &state, &[0; 100]]);
        if let Ok(hydra_compute::Answer::Bytes(packed)) = Computer::default().operate(ops::GCM_UPDATE, &given) {
            prop_assert_eq!(unpack(&packed)[1].len(), 100);
        }
        let _ = Computer::default().operate(ops::GCM_FINISH, &parts(&[&[0; 16], &state, b""]));
    }
}
