//! Modules from WebAssembly text, with a small library in front of what a test writes.
//!
//! ```text
//! 0      64        4096
//! | WASI | strings  | the event …
//! ```
//!
//! A test writes module fields, among them `(func $serve)`, which answers one event. The same fields make a command
//! and a reactor.

/// Where `$read` leaves the event.
pub(crate) const EVENT_AT: u32 = 4096;

/// How a module is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `$serve` is `_start`.
    Command,
    /// `$serve` is `handler`.
    Reactor,
}

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

/// A module of these fields, after the imports and nothing else.
pub(crate) fn bare(fields: &str) -> Vec<u8> {
    assemble(&format!("(module {IMPORTS} {fields})"))
}

/// A module of these fields, after imports and functions; the memory is the fields' to define.
pub(crate) fn with_library(fields: &str) -> Vec<u8> {
    assemble(&format!("(module {IMPORTS} {LIBRARY} {fields})"))
}

pub(crate) fn assemble(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\nin {text}"))
}

const IMPORTS: &str = r#"
(import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
(import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
(import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "path_create_directory" (func $path_create_directory (param i32 i32 i32) (result i32)))
"#;

const LIBRARY: &str = r#"
(func $write_to (param $fd i32) (param $at i32) (param $length i32)
  (i32.store (i32.const 0) (local.get $at))
  (i32.store (i32.const 4) (local.get $length))
  (if (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable)))
(func $reply (param $at i32) (param $length i32)
  (call $write_to (i32.const 1) (local.get $at) (local.get $length)))
(func $log (param $at i32) (param $length i32)
  (call $write_to (i32.const 2) (local.get $at) (local.get $length)))

;; Reads the event to 4096, growing the memory where it must; returns its length.
(func $read (result i32) (local $at i32) (local $room i32)
  (local.set $at (i32.const 4096))
  (block $end
    (loop $more
      (local.set $room (i32.sub (i32.shl (memory.size) (i32.const 16)) (local.get $at)))
      (if (i32.eqz (local.get $room)) (then
        (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable))
        (br $more)))
      (i32.store (i32.const 0) (local.get $at))
      (i32.store (i32.const 4) (local.get $room))
      (if (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))
      (br_if $end (i32.eqz (i32.load (i32.const 8))))
      (local.set $at (i32.add (local.get $at) (i32.load (i32.const 8))))
      (br $more)))
  (i32.sub (local.get $at) (i32.const 4096)))
(func $echo (call $reply (i32.const 4096) (call $read)))

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

;; Waits for as many nanoseconds: one relative subscription to the monotonic clock, at 2048.
(func $sleep (param $ns i64)
  (memory.fill (i32.const 2048) (i32.const 0) (i32.const 48))
  (i32.store (i32.const 2064) (i32.const 1))
  (i64.store (i32.const 2072) (local.get $ns))
  (if (call $poll_oneoff (i32.const 2048) (i32.const 2096) (i32.const 1) (i32.const 16)) (then unreachable)))
"#;
