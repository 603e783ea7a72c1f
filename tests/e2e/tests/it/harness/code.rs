//! Code to register: modules from WebAssembly text with a small library in front, and zips.
//!
//! ```text
//! 0      64        4096
//! | WASI | strings  | the event …
//! ```
//!
//! A test writes module fields, among them `(func $serve)`, which answers one event.

use std::io::{Cursor, Write};

use zip::{ZipWriter, write::SimpleFileOptions};

/// How a module is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `$serve` is `_start`.
    Command,
    /// `$serve` is `handler`.
    Reactor,
}

/// Echoes the event.
pub(crate) const ECHO: &str = "(func $serve (call $reply (i32.const 4096) (call $read)))";

/// A module with one page of memory whose `$serve` is its entry.
pub(crate) fn module(form: Form, fields: &str) -> Vec<u8> {
    let entry = match form {
        Form::Command => "_start",
        Form::Reactor => "handler",
    };
    assemble(&format!(
        r#"(module {IMPORTS} (memory (export "memory") 1) {LIBRARY} {fields} (export "{entry}" (func $serve)))"#
    ))
}

pub(crate) fn assemble(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\nin {text}"))
}

/// A zip of files.
pub(crate) fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

const IMPORTS: &str = r#"
(import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
(import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "path_create_directory" (func $path_create_directory (param i32 i32 i32) (result i32)))
"#;

const LIBRARY: &str = r#"
(func $reply (param $at i32) (param $length i32)
  (i32.store (i32.const 0) (local.get $at))
  (i32.store (i32.const 4) (local.get $length))
  (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable)))

;; Reads the event, which must be small, to 4096; returns its length.
(func $read (result i32)
  (i32.store (i32.const 0) (i32.const 4096))
  (i32.store (i32.const 4) (i32.const 4096))
  (if (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))
  (i32.load (i32.const 8)))

;; Replies with a number in decimal digits.
(func $number (param $n i64) (local $at i32)
  (local.set $at (i32.const 64))
  (loop $digits
    (local.set $at (i32.sub (local.get $at) (i32.const 1)))
    (i32.store8 (local.get $at)
      (i32.add (i32.const 48) (i32.wrap_i64 (i64.rem_u (local.get $n) (i64.const 10)))))
    (local.set $n (i64.div_u (local.get $n) (i64.const 10)))
    (br_if $digits (i64.ne (local.get $n) (i64.const 0))))
  (call $reply (local.get $at) (i32.sub (i32.const 64) (local.get $at))))
"#;
