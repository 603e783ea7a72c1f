//! Broken and hostile WebAssembly.

use super::{check, mutate, refuse, upload};
use crate::harness::{
    chance::Chance,
    code::{self, Form},
    site::Site,
};

/// A command module of these fields, whose entry is `$serve`.
fn bare(fields: &str) -> Vec<u8> {
    code::assemble(&format!(
        r#"(module {fields} (func $serve (export "_start")))"#
    ))
}

#[test]
fn hostile_modules_are_refused_with_the_reason() {
    let site = Site::take();
    let server = site.start(&[]);
    let memory = r#"(memory (export "memory") 1)"#;
    check(&server, |client| {
        let mut refuse =
            |what: &str, code: &[u8], says: &str| refuse(client, what, "wasm", code, says);
        refuse("nothing", b"", "");
        refuse("text", b"(module)", "");
        refuse("a header only", b"\0asm\x01\0\0\0", "");
        refuse("a component", b"\0asm\x0d\0\x01\0", "");
        refuse("a later version", b"\0asm\x02\0\0\0", "");
        refuse(
            "no entry",
            &code::assemble(r#"(module (memory (export "memory") 1))"#),
            "handler",
        );
        refuse(
            "all memory there is",
            &bare(r#"(memory (export "memory") 65536)"#),
            "memory",
        );
        refuse(
            "wide memory",
            &bare(r#"(memory (export "memory") i64 1)"#),
            "",
        );
        refuse(
            "shared memory",
            &bare(r#"(memory (export "memory") 1 2 shared)"#),
            "",
        );
        refuse(
            "two memories",
            &bare(r#"(memory (export "memory") 1) (memory 1)"#),
            "",
        );
        refuse(
            "a foreign import",
            &bare(r#"(import "env" "system" (func)) (memory (export "memory") 1)"#),
            "system",
        );
        refuse(
            "an imported memory",
            &bare(r#"(import "env" "memory" (memory 1))"#),
            "",
        );
        refuse(
            "a start that traps",
            &bare(&format!("{memory} (func $boom unreachable) (start $boom)")),
            "unreachable",
        );
        refuse(
            "a start that recurses",
            &bare(&format!("{memory} (func $on (call $on)) (start $on)")),
            "stack",
        );
        refuse(
            "a start that grows on",
            &bare(&format!(
                "{memory} (func $on (loop $l (drop (memory.grow (i32.const 100))) (br $l))) (start $on)"
            )),
            "memory",
        );
        refuse(
            "data out of bounds",
            &bare(&format!(
                r#"{memory} (data (i32.const 65530) "much too long")"#
            )),
            "",
        );
        upload(
            client,
            "a huge table",
            "wasm",
            &bare(&format!("{memory} (table 10000000 funcref)")),
        );
        upload(
            client,
            "a larger table",
            "wasm",
            &bare(&format!("{memory} (table 4294967295 funcref)")),
        );
        let many = "(func)".repeat(100_000);
        upload(
            client,
            "many functions",
            "wasm",
            &bare(&format!("{memory} {many}")),
        );
        let deep = format!("(func {} {})", "(block ".repeat(5000), ")".repeat(5000));
        upload(
            client,
            "deep nesting",
            "wasm",
            &bare(&format!("{memory} {deep}")),
        );
        let locals = format!("(func (local {}))", "i64 ".repeat(60_000));
        upload(
            client,
            "many locals",
            "wasm",
            &bare(&format!("{memory} {locals}")),
        );
    });
    server.stop();
}

#[test]
fn random_bytes_that_begin_like_a_module_are_refused() {
    let site = Site::take();
    let server = site.start(&[]);
    check(&server, |client| {
        let mut chance = Chance::new(0x5eed_0007);
        for number in 0..300 {
            let length = 1 + chance.below(4096);
            let mut bytes = b"\0asm\x01\0\0\0".to_vec();
            bytes.extend(chance.bytes(length));
            refuse(
                client,
                &format!("random bytes {number}"),
                "wasm",
                &bytes,
                "",
            );
        }
    });
    server.stop();
}

#[test]
fn mutations_of_a_valid_module_are_accepted_or_refused() {
    let site = Site::take();
    let server = site.start(&[]);
    let fields = r#"(table 4 funcref) (elem (i32.const 0) func $serve) (global (mut i32) (i32.const 7))
        (data (i32.const 100) "some data") (func $serve (call $reply (i32.const 4096) (call $read)))"#;
    let valid = code::module(Form::Command, fields);
    check(&server, |client| {
        let accepted = mutate(client, "wasm", &valid, 0x5eed_0008);
        assert!(accepted > 0 && accepted < super::MUTATIONS, "{accepted}");
    });
    server.stop();
}
