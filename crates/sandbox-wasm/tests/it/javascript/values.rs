//! Values on their way out and in.

use hydra_sandbox::Payload;
use hydra_types::ErrorCode;

use super::{body, failure, js, reply};
use crate::harness::{self, json, raw};

#[test]
fn values_become_json_as_the_language_says() {
    let check = |expression: &str, expected: &str| {
        assert_eq!(
            reply(&body(&format!("return {expression}"))),
            expected,
            "{expression}"
        );
    };
    check("undefined", "null");
    check("null", "null");
    check("() => 1", "null");
    check("Symbol('x')", "null");
    check("NaN", "null");
    check("-0", "0");
    check("1e21", "1e+21");
    check("0.1 + 0.2", "0.30000000000000004");
    check("Number.MAX_SAFE_INTEGER", "9007199254740991");
    check("true", "true");
    check("''", r#""""#);
    check("'\\0'", r#""\u0000""#);
    check("'a\\0b\\0'", r#""a\u0000b\u0000""#);
    check("'\\u2028'", "\"\u{2028}\"");
    check("'\\u{1f980}'", "\"🦀\"");
    check("'\\ud83e\\udd80'", "\"🦀\"");
    check("'\\ud800'", r#""\ud800""#);
    check("'\\udc00 \\ud800'", r#""\udc00 \ud800""#);
    check("[1, , undefined, () => 1]", "[1,null,null,null]");
    check("{ a: undefined, b: 1 }", r#"{"b":1}"#);
    check("new Date(0)", r#""1970-01-01T00:00:00.000Z""#);
    check("new Map([[1, 2]])", "{}");
    check("{ toJSON: () => 'mine' }", r#""mine""#);
    check("Object.assign(Object.create(null), { a: 1 })", r#"{"a":1}"#);
    check("{ __proto__: null, then: 1 }", r#"{"then":1}"#);
    check("[[[[[]]]]]", "[[[[[]]]]]");
    check("new Error('x')", "{}");
    check("{ ['ключ']: '値' }", r#"{"ключ":"値"}"#);
    check("new String('boxed')", r#""boxed""#);
}

#[test]
fn what_cannot_be_json_is_the_handlers_error() {
    let check = |expression: &str, needle: &str| {
        let failure = failure(&body(&format!(
            "const o = {{}}; o.o = o; return {expression}"
        )));
        assert_eq!(failure.code(), ErrorCode::HandlerError, "{failure:?}");
        assert!(failure.to_string().contains(needle), "{failure}");
        assert!(
            failure.to_string().starts_with("TypeError") || needle == "mine",
            "{failure}"
        );
    };
    check("1n", "");
    check("{ n: 10n }", "");
    check("o", "circular");
    check("[[o]]", "circular");
    check("{ toJSON() { throw new Error('mine') } }", "mine");
    check("{ get x() { throw new Error('mine') } }", "mine");
}

#[test]
fn bytes_come_back_as_bytes() {
    let check = |expression: &str, expected: &[u8]| {
        let mut sandbox = js(&body(&format!("return {expression}")))
            .restore()
            .unwrap();
        let replied = harness::replied(harness::invoke(&mut *sandbox, "null"));
        assert_eq!(
            replied,
            Payload::Raw(expected.to_vec().into()),
            "{expression}"
        );
    };
    check("new Uint8Array([1, 0, 255])", &[1, 0, 255]);
    check("new Uint8Array([1, 2, 3, 4]).subarray(1, 3)", &[2, 3]);
    check("new Uint8Array([1, 2]).buffer", &[1, 2]);
    check("new Uint16Array([258])", &[2, 1]);
    check("new DataView(new ArrayBuffer(2))", &[0, 0]);
    check("new Uint8Array(0)", &[]);
    check("new ArrayBuffer(0)", &[]);
    check("new Uint8Array(100000).fill(7)", &[7; 100_000]);
}

#[test]
fn events_of_bytes_are_bytes() {
    let program = js(&body(
        "return [event instanceof Uint8Array, event.length, event.byteOffset, [...event]]",
    ));
    let mut sandbox = program.restore().unwrap();
    let replied = harness::outcome(&mut *sandbox, raw(&[0, 255, 3]));
    assert_eq!(harness::replied(replied), json("[true,3,0,[0,255,3]]"));
}

#[test]
fn events_keep_their_text() {
    let program = js(&body("return [event.length, event.charCodeAt(0), event]"));
    let check = |event: &str, expected: &str| {
        let mut sandbox = program.restore().unwrap();
        assert_eq!(harness::reply(&mut *sandbox, event), expected, "{event}");
    };
    check(r#""\ud800""#, r#"[1,55296,"\ud800"]"#);
    check(r#""\u0000""#, r#"[1,0,"\u0000"]"#);
    check(r#""🦀""#, r#"[2,55358,"🦀"]"#);
    check(r#""\ud83e\udd80""#, r#"[2,55358,"🦀"]"#);
    check("\"é\"", "[1,233,\"é\"]");
    check("\"\u{feff}x\"", "[2,65279,\"\u{feff}x\"]");
}

#[test]
fn keys_that_mean_something_to_the_language_are_only_keys() {
    let program = js(&body("return [Object.keys(event), event]"));
    let mut sandbox = program.restore().unwrap();
    let event = r#"{"__proto__":{"a":1},"constructor":2,"toString":3,"length":4}"#;
    assert_eq!(
        harness::reply(&mut *sandbox, event),
        format!(r#"[["__proto__","constructor","toString","length"],{event}]"#)
    );
}

#[test]
fn texts_of_megabytes_pass_both_ways() {
    let program = js(&body("return event + event[0]"));
    let mut sandbox = program.restore().unwrap();
    for text in [
        "x".repeat(5 << 20),
        "é".repeat(1 << 20),
        "🦀".repeat(1 << 18),
    ] {
        let replied = harness::reply(&mut *sandbox, &format!("\"{text}\""));
        let replied: String = if text.starts_with('🦀') {
            // Half of a pair, which JSON writes as an escape.
            replied.replace(r"\ud83e", "")
        } else {
            let tail = text.chars().next().unwrap().len_utf8() + 1;
            format!("{}\"", &replied[..replied.len() - tail])
        };
        assert!(replied == format!("\"{text}\""), "{} bytes", replied.len());
    }
}

#[test]
fn deeply_nested_events_are_served_or_refused_but_end_nothing() {
    let program = js("export const handler = (event) => Array.isArray(event)");
    for depth in [100, 1000, 10_000, 1_000_000] {
        let event = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        // Where the native stack is what overflows, the sandbox is lost with it.
        let mut sandbox = program.restore().unwrap();
        match harness::invoke(&mut *sandbox, &event).result {
            Ok(reply) => assert_eq!(reply, json("true")),
            Err(failure) => assert_eq!(failure.code(), ErrorCode::StackLimit, "{failure:?}"),
        }
    }
    assert_eq!(
        harness::reply(&mut *program.restore().unwrap(), "1"),
        "false"
    );
}
