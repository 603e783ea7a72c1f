//! From what was uploaded to one source text: a file as it is, or a zip with one JavaScript file in it.

use hydra_sandbox::LoadError;

use crate::archive;

/// Largest source text.
const MAX_SOURCE_BYTES: u64 = 16 << 20;

/// A source text.
pub(super) struct Source {
    pub(super) text: String,
    /// The name that stack traces show.
    pub(super) file: String,
    /// What the name says of the kind of module.
    pub(super) kind: Kind,
}

/// What kind of module a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// By its name an ES module.
    Module,
    /// By its name CommonJS.
    CommonJs,
    /// To be found out.
    Unknown,
}

pub(super) fn read(code: &[u8]) -> Result<Source, LoadError> {
    if archive::is_zip(code) {
        let file = archive::main_file(code, &["js", "mjs", "cjs"], MAX_SOURCE_BYTES)?;
        let kind = kind(&file.name);
        return text(file.bytes, file.name, kind);
    }
    if code.starts_with(b"\0asm") {
        return Err(wrong(
            "this is a WebAssembly module, not JavaScript",
            "register it with runtime=wasm",
        ));
    }
    if code.len() as u64 > MAX_SOURCE_BYTES {
        return Err(too_large());
    }
    text(code.to_vec(), "index.js".to_owned(), Kind::Unknown)
}

fn kind(name: &str) -> Kind {
    match name.rsplit_once('.') {
        Some((_, "mjs")) => Kind::Module,
        Some((_, "cjs")) => Kind::CommonJs,
        _ => Kind::Unknown,
    }
}

fn text(bytes: Vec<u8>, file: String, kind: Kind) -> Result<Source, LoadError> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        wrong(
            &format!("{file} is not UTF-8: byte {at} cannot be read"),
            "save the file as UTF-8",
        )
    })?;
    if let Some(at) = text.find('\0') {
        return Err(wrong(
            &format!("{file} has a NUL character at byte {at}"),
            "this does not look like source text",
        ));
    }
    let text = text
        .strip_prefix('\u{feff}')
        .map(str::to_owned)
        .unwrap_or(text);
    Ok(Source { text, file, kind })
}

fn too_large() -> LoadError {
    wrong(
        &format!("the source has more than {} MiB", MAX_SOURCE_BYTES >> 20),
        "bundle less, or minify",
    )
}

fn wrong(message: &str, hint: &str) -> LoadError {
    LoadError::Code {
        message: message.to_owned(),
        hint: Some(hint.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use super::*;

    fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in entries {
            writer
                .start_file(*name, zip::write::SimpleFileOptions::default())
                .unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn message(code: &[u8]) -> String {
        read(code)
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn a_file_is_taken_as_it_is_without_its_byte_order_mark() {
        let source = read("\u{feff}export default 1".as_bytes()).unwrap();
        assert_eq!(source.text, "export default 1");
    }

    #[test]
    fn a_zip_gives_its_only_source_or_its_index() {
        let check = |entries: &[(&str, &[u8])], expected: &str| {
            assert_eq!(read(&zip(entries)).unwrap().file, expected);
        };
        check(&[("a.mjs", b"1"), ("README.md", b"x")], "a.mjs");
        check(&[("a.js", b"1"), ("index.js", b"2")], "index.js");
    }

    #[test]
    fn what_is_no_source_is_refused_with_a_reason() {
        let check = |code: &[u8], expected: &str| {
            let message = message(code);
            assert!(
                message.contains(expected),
                "{message:?} does not say {expected:?}"
            );
        };
        check(b"\0asm\x01\0\0\0", "WebAssembly module");
        check(b"\xff\xfe", "not UTF-8");
        check(b"a\0b", "NUL");
        check(b"PK\x03\x04 and then nothing", "zip cannot be read");
        check(&zip(&[("a.txt", b"")]), "no file of the kinds");
        check(
            &zip(&[("a.js", b""), ("b.js", b"")]),
            "none is called index",
        );
        check(&zip(&[("../../etc/x.js", b"")]), "outside");
        check(
            &zip(&[("bomb.js", &vec![b' '; 17 << 20])]),
            "more than 16 MiB",
        );
    }
}
