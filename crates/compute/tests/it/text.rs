//! Text encodings.

use hydra_compute::{Answer, Computer, ops};

use crate::{ask, number, parts};

fn text(found: &str) -> Answer {
    Answer::Text(found.into())
}

#[test]
fn labels_have_names() {
    for (label, name) in [
        ("UTF8", Some("utf-8")),
        (" latin1\n", Some("windows-1252")),
        ("sjis", Some("shift_jis")),
    ]
    .into_iter()
    .chain([
        ("replacement", None),
        ("iso-2022-kr", None),
        ("nope", None),
        ("", None),
    ]) {
        let expected = name.map_or(Answer::Nothing, text);
        assert_eq!(
            Computer::default()
                .operate(ops::ENCODING_OF, label.as_bytes())
                .unwrap(),
            expected,
            "{label}"
        );
    }
}

#[test]
fn text_is_decoded_with_and_without_a_byte_order_mark() {
    let check = |name: &str, flags: &str, data: &[u8], expected: &str| {
        let found = ask(ops::DECODE, &[name.as_bytes(), flags.as_bytes(), data]).unwrap();
        assert_eq!(found, text(expected), "{name} {flags}");
    };
    check("shift_jis", "0", &[0x93, 0xfa, 0x96, 0x7b], "日本");
    check("utf-16le", "0", &[0xff, 0xfe, 0x61, 0], "a");
    check("utf-16le", "2", &[0xff, 0xfe, 0x61, 0], "\u{feff}a");
    check("utf-16be", "0", &[0xd8, 0, 0, 0x61], "\u{fffd}a");
    check("windows-1252", "1", &[0x80], "€");
    let refused = ask(ops::DECODE, &[b"utf-16le", b"1", &[0, 0xd8]]).unwrap_err();
    assert_eq!(
        (refused.name, refused.code),
        ("TypeError", Some("ERR_ENCODING_INVALID_ENCODED_DATA"))
    );
}

#[test]
fn a_character_that_is_cut_is_whole_again() {
    let mut computer = Computer::default();
    let handle =
        number(computer.operate(ops::DECODER_OPEN, &parts(&[b"euc-jp", b"0"]))).to_string();
    let mut push = |last: &[u8], data: &[u8]| {
        computer.operate(ops::DECODER_PUSH, &parts(&[handle.as_bytes(), last, data]))
    };
    assert_eq!(push(b"0", &[0xc6]), Ok(text("")));
    assert_eq!(push(b"0", &[0xfc, 0xcb]), Ok(text("日")));
    assert_eq!(push(b"1", &[0xdc]), Ok(text("本")));
    assert_eq!(push(b"0", &[0xdc]).unwrap_err().name, "InvalidStateError");
    assert!(computer.is_empty());
}

#[test]
fn at_most_64_decoders_are_open() {
    let mut computer = Computer::default();
    let open = parts(&[b"big5", b"0"]);
    let handles: Vec<i32> = (0..64)
        .map(|_| number(computer.operate(ops::DECODER_OPEN, &open)))
        .collect();
    let refused = computer.operate(ops::DECODER_OPEN, &open).unwrap_err();
    assert!(refused.message.contains("64 at once"), "{refused}");
    computer
        .operate(ops::CLOSE, &parts(&[handles[5].to_string().as_bytes()]))
        .unwrap();
    assert!(!handles.contains(&number(computer.operate(ops::DECODER_OPEN, &open))));
}

#[test]
fn utf8_is_replaced_or_refused() {
    let bad = b"a\xe2\x82z";
    let ask = |op, given: &[u8]| Computer::default().operate(op, given);
    assert_eq!(ask(ops::DECODE_UTF8, bad), Ok(text("a\u{fffd}z")));
    assert_eq!(
        ask(ops::DECODE_UTF8_FATAL, bad).unwrap_err().name,
        "TypeError"
    );
    assert_eq!(ask(ops::DECODE_UTF8_FATAL, "é".as_bytes()), Ok(text("é")));
    assert_eq!(
        ask(ops::ENCODE_UTF8, "é".as_bytes()),
        Ok(Answer::Bytes(vec![0xc3, 0xa9]))
    );
}
