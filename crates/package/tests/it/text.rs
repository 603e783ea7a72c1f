//! The text of modules.

use hydra_package::{Package, SourceError};

use crate::package;

fn single(bytes: &[u8], name: &str) -> Result<String, SourceError> {
    let package = Package::open(bytes.to_vec().into(), name).unwrap();
    package.source(&format!("/{name}"))
}

#[test]
fn text_comes_without_its_mark_and_with_a_harmless_first_line() {
    for (bytes, name, expected) in [
        (&b"let a = 1;"[..], "a.js", "let a = 1;"),
        (b"\xef\xbb\xbflet a;", "a.js", "let a;"),
        (
            b"#!/usr/bin/env node\nlet a;",
            "a.js",
            "///usr/bin/env node\nlet a;",
        ),
        (
            b"\xef\xbb\xbf#!/bin/x\nlet a: b;",
            "a.ts",
            "///bin/x\nlet a   ;",
        ),
        (b"#!x", "a.txt", "#!x"),
        (b"let a: b", "a.mts", "let a   "),
        (b"{}", "a.json", "{}"),
        (b"", "a.js", ""),
    ] {
        assert_eq!(single(bytes, name).unwrap(), expected, "{name}");
    }
}

#[test]
fn what_is_no_text_is_an_error_that_says_where() {
    for (bytes, name, message) in [
        (
            &b"ab\xffc"[..],
            "a.js",
            "/a.js is not UTF-8: byte 2 cannot be read",
        ),
        (b"ab\0c", "a.js", "/a.js has a NUL character at byte 2"),
        (b"let a;\nenum B {}", "a.ts", "/a.ts:2:1: TypeScript enum"),
        (b"<a/>", "a.tsx", "/a.tsx:1:1: JSX is not JavaScript"),
        (b"<a/>", "a.jsx", "/a.jsx:1:1: JSX is not JavaScript"),
    ] {
        let error = single(bytes, name).unwrap_err();
        assert!(error.to_string().starts_with(message), "{error}");
        assert!(error.hint().is_some(), "{name}");
    }
    let large = vec![b' '; (16 << 20) + 1];
    assert!(
        single(&large, "a.js")
            .unwrap_err()
            .to_string()
            .contains("more than 16 MiB")
    );
    let package = package(&[("a/b.js", "")]);
    for path in ["/a", "/x.js"] {
        assert!(matches!(
            package.source(path),
            Err(SourceError::Missing { .. })
        ));
    }
}
