//! A reset after anything equals a fresh restore, whatever was written and however far the memory grew.
//!
//! A reactor executes a script that comes as the event, or replies with its whole memory and its globals when
//! asked to. Both must be byte for byte those of a sandbox that never ran.
//!
//! ```text
//! script = operation*          operation = code (1 byte), a, b, c (4 bytes each, little endian)
//! 0 memory[a..a+b] = c         1 grow by a pages     2 globals = a, b, c      3 reply memory and globals
//! ```

use std::{
    ops::Range,
    sync::{Arc, LazyLock},
};

use hydra_sandbox::{Payload, Program, Sandbox};
use hydra_types::{Runtime, SpecFields};
use proptest::prelude::*;

use crate::{
    harness::{self, load},
    wat::{EVENT_AT, assemble},
};

const PAGE: u32 = 65_536;

/// Pages at the start; data lies at both ends and in the middle.
const PAGES: u32 = 6;

/// Where the script is read to, and the only range whose content is not compared.
const SCRIPT: Range<u32> = EVENT_AT..EVENT_AT + 4096;

/// Bytes that `fd_read` and `fd_write` are handed their lists in.
const LISTS: Range<u32> = 0..16;

static SCRIPTED: LazyLock<Arc<dyn Program>> = LazyLock::new(|| {
    let (at, room) = (SCRIPT.start, SCRIPT.end - SCRIPT.start);
    let last = PAGES * PAGE - 4;
    let code = assemble(&format!(
        r#"(module
        (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") {PAGES})
        (global $i (mut i32) (i32.const 11)) (global $l (mut i64) (i64.const 12))
        (global $f (mut f32) (f32.const 1.5)) (global $d (mut f64) (f64.const 2.5))
        (data (i32.const 8192) "first") (data (i32.const 200000) "middle") (data (i32.const {last}) "last")
        (func (export "_initialize")
          (memory.fill (i32.const 70000) (i32.const 0xAB) (i32.const 20000))
          (global.set $i (i32.const 21)))
        (func $dump
          (i32.store (i32.const 16) (global.get $i)) (i64.store (i32.const 24) (global.get $l))
          (f32.store (i32.const 32) (global.get $f)) (f64.store (i32.const 40) (global.get $d))
          (i32.store (i32.const 0) (i32.const 0))
          (i32.store (i32.const 4) (i32.shl (memory.size) (i32.const 16)))
          (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable)))
        (func (export "handler") (local $at i32) (local $end i32)
          (i32.store (i32.const 0) (i32.const {at})) (i32.store (i32.const 4) (i32.const {room}))
          (if (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))
          (local.set $at (i32.const {at}))
          (local.set $end (i32.add (i32.const {at}) (i32.load (i32.const 8))))
          (block $done (loop $next
            (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
            (block $other (block $dumps (block $globals (block $grow (block $fill
              (br_table $fill $grow $globals $dumps $other (i32.load8_u (local.get $at))))
              (memory.fill (i32.load offset=1 (local.get $at)) (i32.load offset=9 (local.get $at))
                (i32.load offset=5 (local.get $at)))
              (br $other))
              (drop (memory.grow (i32.load offset=1 (local.get $at))))
              (br $other))
              (global.set $i (i32.load offset=1 (local.get $at)))
              (global.set $l (i64.load offset=1 (local.get $at)))
              (global.set $f (f32.load offset=5 (local.get $at)))
              (global.set $d (f64.load offset=5 (local.get $at)))
              (br $other))
              (call $dump))
            (local.set $at (i32.add (local.get $at) (i32.const 13)))
            (br $next))))
        )"#
    ));
    let fields = SpecFields {
        output_kb: Some(64 << 10),
        ..SpecFields::default()
    };
    load(Runtime::Wasm, fields, &code)
});

#[derive(Clone, Debug)]
enum Operation {
    Fill { at: u32, bytes: u32, value: u32 },
    Grow { pages: u32 },
    Globals { a: u32, b: u32, c: u32 },
    Dump,
}

impl Operation {
    fn encode(&self, into: &mut Vec<u8>) {
        let (code, words) = match *self {
            Self::Fill { at, bytes, value } => (0, [at, bytes, value]),
            Self::Grow { pages } => (1, [pages, 0, 0]),
            Self::Globals { a, b, c } => (2, [a, b, c]),
            Self::Dump => (3, [0; 3]),
        };
        into.push(code);
        into.extend(words.into_iter().flat_map(u32::to_le_bytes));
    }
}

/// Operations that never trap: fills end within the first memory and spare the script, which is being read.
fn operation() -> impl Strategy<Value = Operation> {
    let end = PAGES * PAGE;
    let fill = |range: Range<u32>, most: u32| {
        (range, 0..=most, any::<u8>()).prop_map(move |(at, bytes, value)| Operation::Fill {
            at,
            bytes: bytes.min(end - at),
            value: value.into(),
        })
    };
    prop_oneof![
        4 => fill(SCRIPT.end..end, 3),
        2 => fill(SCRIPT.end..end, 10_000),
        1 => fill(SCRIPT.end..end, end),
        1 => fill(64..1024, 1024),
        1 => (0_u32..4).prop_map(|pages| Operation::Grow { pages }),
        2 => any::<(u32, u32, u32)>().prop_map(|(a, b, c)| Operation::Globals { a, b, c }),
    ]
}

/// Grows and writes into what was gained; its first fill relies on the memory being as it was at the start.
fn grown_writes() -> impl Strategy<Value = Vec<Operation>> {
    (1_u32..20, any::<u8>(), 0_u32..PAGE).prop_map(|(pages, value, into)| {
        let at = PAGES * PAGE + into;
        let bytes = (PAGES + pages) * PAGE - at;
        let value = value.into();
        vec![
            Operation::Grow { pages },
            Operation::Fill { at, bytes, value },
        ]
    })
}

fn scripts() -> impl Strategy<Value = Vec<Vec<Operation>>> {
    let script = prop_oneof![
        3 => proptest::collection::vec(operation(), 0..12),
        1 => (grown_writes(), proptest::collection::vec(operation(), 0..4))
            .prop_map(|(mut first, then)| { first.extend(then); first }),
    ];
    proptest::collection::vec(script, 0..4)
}

fn run(sandbox: &mut dyn Sandbox, script: &[Operation]) -> Payload {
    let mut encoded = Vec::new();
    script
        .iter()
        .for_each(|operation| operation.encode(&mut encoded));
    harness::replied(harness::outcome(sandbox, harness::raw(&encoded)))
}

/// The whole memory with the globals in it, without what the probe itself wrote.
fn probe(sandbox: &mut dyn Sandbox) -> Vec<u8> {
    let mut memory = run(sandbox, &[Operation::Dump]).bytes().to_vec();
    for range in [LISTS, SCRIPT.start..SCRIPT.start + 13] {
        memory[range.start as usize..range.end as usize].fill(0);
    }
    memory
}

fn first_difference(a: &[u8], b: &[u8]) -> Option<(usize, u8, u8)> {
    assert_eq!(a.len(), b.len(), "memories of different sizes");
    let at = a.iter().zip(b).position(|(a, b)| a != b)?;
    Some((at, a[at], b[at]))
}

#[test]
fn the_probe_sees_memory_and_globals() {
    let mut sandbox = SCRIPTED.restore().unwrap();
    let first = probe(&mut *sandbox);
    assert_eq!(first.len(), (PAGES * PAGE) as usize);
    assert_eq!(&first[8192..8197], b"first");
    assert_eq!(&first[70_000..90_000], [0xab; 20_000]);
    assert_eq!(first[16], 21);
    let fill = Operation::Fill {
        at: 300_000,
        bytes: 1,
        value: 1,
    };
    let globals = Operation::Globals { a: 1, b: 2, c: 3 };
    run(&mut *sandbox, &[fill, globals]);
    let second = probe(&mut *sandbox);
    assert_eq!(second[300_000], 1);
    assert_eq!(second[16], 1);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn reset_after_any_sequence_of_writes_and_grows_equals_a_fresh_restore(scripts in scripts()) {
        let mut used = SCRIPTED.restore().unwrap();
        for script in &scripts {
            run(&mut *used, script);
        }
        used.reset().unwrap();
        let mut fresh = SCRIPTED.restore().unwrap();
        prop_assert_eq!(first_difference(&probe(&mut *used), &probe(&mut *fresh)), None);
    }

    #[test]
    fn a_restore_from_a_checkpoint_equals_the_sandbox_that_was_saved(
        scripts in scripts(),
        later in proptest::collection::vec(operation(), 0..6),
    ) {
        let mut saved = SCRIPTED.restore().unwrap();
        for script in &scripts {
            run(&mut *saved, script);
        }
        let checkpoint = saved.checkpoint().unwrap();
        let mut clone = checkpoint.restore().unwrap();
        let expected = probe(&mut *saved);
        prop_assert_eq!(first_difference(&probe(&mut *clone), &expected), None);
        run(&mut *clone, &later);
        clone.reset().unwrap();
        prop_assert_eq!(first_difference(&probe(&mut *clone), &expected), None);
        // The program that it came from is as it was.
        saved.reset().unwrap();
        let mut fresh = SCRIPTED.restore().unwrap();
        prop_assert_eq!(first_difference(&probe(&mut *saved), &probe(&mut *fresh)), None);
    }

    #[test]
    fn a_slot_that_another_program_used_shows_nothing_of_it(script in proptest::collection::vec(operation(), 1..8)) {
        let mut fresh = SCRIPTED.restore().unwrap();
        let expected = probe(&mut *fresh);
        let mut other = SCRIPTED.restore().unwrap();
        run(&mut *other, &script);
        let checkpoint = other.checkpoint().unwrap();
        drop(other);
        drop(checkpoint.restore().unwrap());
        let mut next = SCRIPTED.restore().unwrap();
        prop_assert_eq!(first_difference(&probe(&mut *next), &expected), None);
    }

    #[test]
    fn javascript_after_a_reset_sees_what_a_fresh_sandbox_sees(mutations in mutations()) {
        let mut used = MUTABLE.restore().unwrap();
        let expected = harness::reply(&mut *MUTABLE.restore().unwrap(), "null");
        for mutation in &mutations {
            let event = serde_json::to_string(mutation).unwrap();
            // Some mutations fail, some spoil the sandbox for later ones; a reset mends both.
            let outcome = harness::invoke(&mut *used, &event);
            prop_assert_ne!(outcome.after, hydra_sandbox::After::Spent, "{:?}", outcome.result);
        }
        used.reset().unwrap();
        prop_assert_eq!(harness::reply(&mut *used, "null"), expected);
    }
}

/// Evaluates the event, or describes what can be seen of the global state.
static MUTABLE: LazyLock<Arc<dyn Program>> = LazyLock::new(|| {
    let code = "
        let local = 1;
        const list = [1, 2, 3], map = new Map([['a', 1]]), object = { a: { b: 1 } };
        class Thing { static count = 0; value = ++Thing.count }
        globalThis.state = { list, map, object, Thing, get local() { return local }, set local(v) { local = v } };
        export function handler(event) {
            if (event !== null) return void (0, eval)(event);
            const names = (o) => Object.getOwnPropertyNames(o).sort();
            return [
                local, list, [...map], object, Thing.count, new Thing().value,
                names(globalThis), names(Object.prototype), names(Array.prototype), names(JSON), names(Math),
                Object.entries(process.env), typeof JSON.parse, [3, 1, 2].sort(), 'x'.toUpperCase(),
            ];
        }";
    load(Runtime::JavaScript, SpecFields::default(), code.as_bytes())
});

fn mutations() -> impl Strategy<Value = Vec<String>> {
    let fixed = prop::sample::select(vec![
        "state.local++",
        "state.list.push({ deep: [] })",
        "state.list.length = 0",
        "state.map.set(Symbol(), new Date())",
        "state.map.clear()",
        "delete state.object.a",
        "state.object.self = state.object",
        "Object.freeze(state.object)",
        "new state.Thing()",
        "delete state.Thing.count",
        "Array.prototype.extra = 1",
        "Array.prototype.sort = () => 'broken'",
        "Object.prototype.extra = 1",
        "delete JSON.parse",
        "JSON.parse = 1",
        "Math.random = () => 4",
        "process.env.ADDED = 'x'",
        "process.env = null",
        "delete globalThis.process",
        "globalThis.state = undefined",
        "setTimeout(() => { globalThis.late = 1 }, 0)",
        "setInterval(() => { globalThis.often = 1 }, 1)",
        "throw new Error('half-way')",
        "var declared = 1; function declaredToo() {}",
        "String.prototype.toUpperCase = function () { return this }",
        "globalThis.garbage = []; for (let i = 0; i < 20000; i++) garbage.push({ i, next: garbage })",
        "globalThis.garbage = undefined; for (let i = 0; i < 20000; i++) ({ self: { i } })",
        "console.group('in')",
        "Promise.prototype.then = undefined",
        "Promise.reject(new Error('alone'))",
        "(function f() { f() })()",
        "Object.preventExtensions(globalThis)",
    ])
    .prop_map(str::to_owned);
    let sized = (1_u32..8_000_000).prop_map(|bytes| {
        format!("(globalThis.kept ??= []).push(new Uint8Array({bytes}).fill(7))")
    });
    let named =
        "[a-z]{1,12}".prop_map(|name| format!("globalThis['_{name}'] = '{name}'.repeat(1000)"));
    let mutation = prop_oneof![6 => fixed, 1 => sized, 2 => named];
    proptest::collection::vec(mutation, 0..8)
}
