//! Keys, signatures and key agreement.

use hydra_compute::{Answer, Computer, ops};

use crate::{ask, bytes, hex, number, unhex, unpack};

const RSA: &[u8] = include_bytes!("data/rsa.pem");
const CERTIFICATE: &[u8] = include_bytes!("data/certificate.pem");
const CERTIFICATE_KEY: &[u8] = include_bytes!("data/certificate-key.pem");

struct Key {
    kind: String,
    private: Vec<u8>,
    public: Vec<u8>,
}

fn import(format: &str, kind: &str, data: &[u8]) -> Key {
    let found = unpack(&bytes(
        ops::IMPORT_KEY,
        &[format.as_bytes(), kind.as_bytes(), data],
    ));
    let [_, kind, _, der, spki] = found.as_slice() else {
        panic!("{} parts", found.len())
    };
    Key {
        kind: String::from_utf8(kind.clone()).unwrap(),
        private: der.clone(),
        public: spki.clone(),
    }
}

fn generate(kind: &str) -> Key {
    let Ok(Answer::Bytes(packed)) = Computer::default().operate(ops::GENERATE_KEY, kind.as_bytes())
    else {
        panic!()
    };
    let found = unpack(&packed);
    Key {
        kind: kind.into(),
        private: found[0].clone(),
        public: found[1].clone(),
    }
}

fn verify(scheme: &str, key: &Key, signature: &[u8], data: &[u8]) -> bool {
    number(ask(
        ops::VERIFY,
        &[scheme.as_bytes(), &key.public, signature, data],
    )) == 1
}

#[test]
fn ecdsa_signs_as_rfc_6979_does() {
    let secret = unhex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721");
    let key = import("raw", "ec-p256-private", &secret);
    let hash = bytes(ops::HASH, &[b"sha256", b"sample"]);
    let signature = bytes(ops::SIGN, &[b"ecdsa-ieee-p1363", &key.private, &hash]);
    let expected = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716\
                    f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";
    assert_eq!(hex(&signature), expected);
    assert!(verify("ecdsa-ieee-p1363", &key, &signature, &hash));
    assert!(!verify("ecdsa-der", &key, &signature, &hash));
}

#[test]
fn ed25519_signs_as_rfc_8032_does() {
    let seed = unhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
    let key = import("raw", "ed25519-private", &seed);
    let signature = bytes(ops::SIGN, &[b"ed25519", &key.private, &[0x72]]);
    let expected = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                    085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
    assert_eq!(hex(&signature), expected);
    assert!(verify("ed25519", &key, &signature, &[0x72]));
    assert!(!verify("ed25519", &key, &signature, &[0x73]));
}

#[test]
fn rsa_signs_and_verifies_what_another_library_signed() {
    let key = import("pem", "", RSA);
    let pkcs1 = unhex(include_str!("data/rsa-pkcs1-sha256.hex"));
    let pss = unhex(include_str!("data/rsa-pss-sha256.hex"));
    assert_eq!(
        bytes(ops::SIGN, &[b"rsa-pkcs1-sha256", &key.private, b"abc"]),
        pkcs1
    );
    assert!(verify("rsa-pkcs1-sha256", &key, &pkcs1, b"abc"));
    assert!(verify("rsa-pss-sha256", &key, &pss, b"abc"));
    assert!(!verify("rsa-pss-sha256", &key, &pss, b"abd"));
    for scheme in [
        "rsa-pkcs1-sha384",
        "rsa-pkcs1-sha512",
        "rsa-pss-sha256",
        "rsa-pss-sha384",
        "rsa-pss-sha512",
    ] {
        let made = bytes(ops::SIGN, &[scheme.as_bytes(), &key.private, b"abc"]);
        assert!(verify(scheme, &key, &made, b"abc"), "{scheme}");
    }
}

#[test]
fn x25519_agrees_as_rfc_7748_does() {
    let bob = unhex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    let bob = import("raw", "x25519-private", &bob);
    let alice = unhex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    let alice = import("raw", "x25519", &alice);
    let secret = bytes(ops::ECDH, &[&bob.private, &alice.public]);
    assert_eq!(
        hex(&secret),
        "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"
    );
    let zero = import("raw", "x25519", &[0; 32]);
    assert_eq!(
        ask(ops::ECDH, &[&bob.private, &zero.public])
            .unwrap_err()
            .name,
        "OperationError"
    );
}

#[test]
fn every_kind_that_is_generated_goes_through_every_format() {
    for kind in ["ec-p256", "ec-p384", "ec-p521", "ed25519", "x25519"] {
        let key = generate(kind);
        let again = import("pkcs8", "", &key.private);
        assert_eq!(
            (&again.kind, &again.private, &again.public),
            (&key.kind, &key.private, &key.public)
        );
        assert_eq!(import("spki", "", &key.public).public, key.public);
        for (which, der) in [("private", &key.private), ("public", &key.public)] {
            let Ok(Answer::Json(jwk)) = ask(ops::JWK_OF, &[which.as_bytes(), der]) else {
                panic!()
            };
            let found = Computer::default()
                .operate(ops::KEY_OF_JWK, jwk.as_bytes())
                .unwrap();
            let Answer::Bytes(found) = found else {
                panic!()
            };
            assert_eq!(&unpack(&found)[3], der, "{kind} {which} as {jwk}");
        }
        let other = generate(kind);
        let secrets =
            [(&key, &other), (&other, &key)].map(|(a, b)| ask(ops::ECDH, &[&a.private, &b.public]));
        match kind {
            "ed25519" => assert_eq!(secrets[0].as_ref().unwrap_err().name, "InvalidAccessError"),
            _ => assert_eq!(secrets[0].as_ref().unwrap(), secrets[1].as_ref().unwrap()),
        }
    }
}

#[test]
fn rsa_goes_through_jwk_and_pkcs1() {
    let key = import("pem", "", RSA);
    let Ok(Answer::Json(jwk)) = ask(ops::JWK_OF, &[b"private", &key.private]) else {
        panic!()
    };
    let Ok(Answer::Bytes(found)) = Computer::default().operate(ops::KEY_OF_JWK, jwk.as_bytes())
    else {
        panic!()
    };
    let found = unpack(&found);
    assert_eq!(
        (found[1].as_slice(), found[2].as_slice()),
        (&b"rsa"[..], &b"2048"[..])
    );
    assert_eq!((&found[3], &found[4]), (&key.private, &key.public));
}

#[test]
fn a_certificate_gives_the_public_key_of_its_private_one() {
    assert_eq!(
        import("pem", "", CERTIFICATE).public,
        import("pem", "", CERTIFICATE_KEY).public
    );
}

#[test]
fn what_is_no_key_says_why() {
    let refused = |format: &str, data: &[u8]| {
        ask(ops::IMPORT_KEY, &[format.as_bytes(), b"", data]).unwrap_err()
    };
    assert_eq!(refused("pkcs8", b"junk").name, "DataError");
    assert_eq!(refused("der", b"junk").name, "NotSupportedError");
    assert!(refused("pem", b"hello").message.contains("no PEM block"));
    let encrypted =
        b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    assert_eq!(
        refused("pem", encrypted).code,
        Some("ERR_MISSING_PASSPHRASE")
    );
    let jwk = br#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#;
    assert_eq!(
        Computer::default()
            .operate(ops::KEY_OF_JWK, jwk)
            .unwrap_err()
            .name,
        "DataError"
    );
    let rsa = Computer::default()
        .operate(ops::GENERATE_KEY, b"rsa")
        .unwrap_err();
    assert_eq!(rsa.name, "NotSupportedError");
    let ec = generate("ec-p256");
    assert_eq!(
        ask(ops::SIGN, &[b"ed25519", &ec.private, b""])
            .unwrap_err()
            .name,
        "InvalidAccessError"
    );
}
