//! Compression and its bounds.

use hydra_compute::{Answer, ComputeError, Computer, ops};
use proptest::prelude::*;

use crate::{ask, number, parts};

const FORMATS: [&str; 4] = ["gzip", "deflate", "deflate-raw", "brotli"];

fn compress(format: &str, level: &str, data: &[u8]) -> Vec<u8> {
    let mut computer = Computer::default();
    let open = computer.operate(
        ops::COMPRESSOR_OPEN,
        &parts(&[format.as_bytes(), level.as_bytes(), b""]),
    );
    let handle = number(open).to_string();
    let mut out = Vec::new();
    for (piece, mode) in data
        .chunks(2048)
        .map(|piece| (piece, b"0"))
        .chain([(&b""[..], b"2")])
    {
        match computer
            .operate(ops::COMPRESS, &parts(&[handle.as_bytes(), mode, piece]))
            .unwrap()
        {
            Answer::Bytes(more) => out.extend(more),
            other => panic!("{other:?}"),
        }
    }
    assert!(computer.is_empty());
    out
}

/// What comes out, the bytes after the end, and the longest piece.
fn decompress(format: &str, mut data: &[u8]) -> Result<(Vec<u8>, Vec<u8>, usize), ComputeError> {
    let mut computer = Computer::default();
    let handle =
        number(computer.operate(ops::DECOMPRESSOR_OPEN, &parts(&[format.as_bytes()]))).to_string();
    let (mut out, mut longest) = (Vec::new(), 0);
    loop {
        let piece = &data[..data.len().min(1000)];
        let Answer::Bytes(answer) =
            computer.operate(ops::DECOMPRESS, &parts(&[handle.as_bytes(), piece]))?
        else {
            panic!()
        };
        longest = longest.max(answer.len());
        let taken = u32::from_le_bytes(answer[1..5].try_into().unwrap()) as usize;
        data = &data[taken..];
        out.extend_from_slice(&answer[5..]);
        match answer[0] {
            0 if data.is_empty() => {
                return Err(ComputeError {
                    name: "Truncated",
                    code: None,
                    message: String::new(),
                });
            }
            2 => {
                assert!(computer.is_empty());
                return Ok((out, data.to_vec(), longest));
            }
            _ => {}
        }
    }
}

#[test]
fn a_small_input_that_grows_comes_out_in_bounded_pieces() {
    for format in FORMATS {
        let packed = compress(format, "4", &vec![7; 8 << 20]);
        assert!(packed.len() < 64 << 10, "{format}: {}", packed.len());
        let (out, _, longest) = decompress(format, &packed).unwrap();
        assert_eq!(out.len(), 8 << 20, "{format}");
        assert!(
            longest <= (260 << 10) + (16 << 10),
            "{format}: {longest} at once"
        );
    }
}

#[test]
fn what_follows_the_end_is_left_and_what_is_cut_is_noticed() {
    for format in FORMATS {
        let packed = compress(format, "", b"hello, hello, hello");
        let (out, rest, _) = decompress(format, &[&packed[..], b"more"].concat()).unwrap();
        assert_eq!(
            (&out[..], &rest[..]),
            (&b"hello, hello, hello"[..], &b"more"[..]),
            "{format}"
        );
        assert_eq!(
            decompress(format, &packed[..packed.len() - 1])
                .unwrap_err()
                .name,
            "Truncated",
            "{format}"
        );
    }
    let refused = decompress("gzip", b"this is not gzip").unwrap_err();
    assert_eq!(
        (refused.name, refused.code),
        ("TypeError", Some("Z_DATA_ERROR"))
    );
}

#[test]
fn what_is_flushed_can_be_read() {
    for format in FORMATS {
        let mut computer = Computer::default();
        let handle =
            number(computer.operate(ops::COMPRESSOR_OPEN, &parts(&[format.as_bytes(), b"", b""])))
                .to_string();
        let reader = number(computer.operate(ops::DECOMPRESSOR_OPEN, &parts(&[format.as_bytes()])))
            .to_string();
        for text in [&b"first"[..], b"second"] {
            let packed = computer
                .operate(ops::COMPRESS, &parts(&[handle.as_bytes(), b"1", text]))
                .unwrap();
            let Answer::Bytes(packed) = packed else {
                panic!()
            };
            let found = computer
                .operate(ops::DECOMPRESS, &parts(&[reader.as_bytes(), &packed]))
                .unwrap();
            let Answer::Bytes(found) = found else {
                panic!()
            };
            assert_eq!(&found[5..], text, "{format}");
        }
    }
}

#[test]
fn options_are_checked() {
    for (format, level, bits) in [
        ("zip", "", ""),
        ("gzip", "10", ""),
        ("gzip", "", "16"),
        ("brotli", "12", ""),
    ] {
        let items = [format.as_bytes(), level.as_bytes(), bits.as_bytes()];
        assert!(
            ask(ops::COMPRESSOR_OPEN, &items).is_err(),
            "{format} {level} {bits}"
        );
    }
    let mut computer = Computer::default();
    let handle =
        number(computer.operate(ops::COMPRESSOR_OPEN, &parts(&[b"gzip", b"9", b""]))).to_string();
    let long = computer.operate(
        ops::COMPRESS,
        &parts(&[handle.as_bytes(), b"0", &[0; 4096]]),
    );
    assert_eq!(long.unwrap_err().name, "RangeError");
}

#[test]
fn sums_continue() {
    let sum = |before: &str, data: &[u8]| ask(ops::CRC32, &[before.as_bytes(), data]).unwrap();
    let Answer::Json(half) = sum("0", b"12345") else {
        panic!()
    };
    assert_eq!(
        sum(&half, b"6789"),
        Answer::Json(0xcbf4_3926_u32.to_string())
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn everything_comes_back(data in proptest::collection::vec(0u8..8, 0..40_000), level in 0u8..10, format in 0usize..4) {
        let packed = compress(FORMATS[format], &level.to_string(), &data);
        let (out, rest, _) = decompress(FORMATS[format], &packed).unwrap();
        prop_assert_eq!(out, data);
        prop_assert!(rest.is_empty());
    }
}
