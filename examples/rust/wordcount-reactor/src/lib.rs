//! A function as a reactor: Hydra calls `_initialize` once, keeps an image of the memory, and then calls
//! `handler` for every event. The event arrives on standard input, the reply leaves on standard output.
//!
//! Globals persist between the invocations of one sandbox (unless the function asks for `reuse=fresh`), and
//! what `_initialize` computes is in the image, so no invocation pays for it.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use serde::{Deserialize, Serialize};

/// Words not worth counting. Built by `_initialize`, hence part of the image.
static STOP_WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let mut words: Vec<&str> = "a an and in of on or the to".split(' ').collect();
    words.sort_unstable();
    words
});

/// Events this sandbox has answered.
static EVENTS: AtomicU64 = AtomicU64::new(0);

#[derive(Deserialize)]
struct Event {
    text: String,
}

#[derive(Serialize)]
struct Reply {
    words: BTreeMap<String, u64>,
    events: u64,
}

unsafe extern "C" {
    /// Runs the constructors of the C library; the linker makes it.
    fn __wasm_call_ctors();
}

/// Prepares the module, once.
///
/// A `cdylib` gets no such function from the toolchain. Calling the constructors here also keeps the linker from
/// wrapping every export in code that would run them again.
#[unsafe(no_mangle)]
pub extern "C" fn _initialize() {
    // SAFETY: the host calls `_initialize` once, before anything else in the module.
    unsafe { __wasm_call_ctors() };
    LazyLock::force(&STOP_WORDS);
}

/// Answers one event; 0 says that it went well.
#[unsafe(no_mangle)]
pub extern "C" fn handler() -> i32 {
    match answer() {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("{error}");
            1
        }
    }
}

fn answer() -> io::Result<()> {
    let event: Event = serde_json::from_reader(io::stdin().lock())?;
    let reply = Reply {
        words: count(&event.text),
        events: EVENTS.fetch_add(1, Ordering::Relaxed) + 1,
    };
    let mut stdout = io::stdout().lock();
    serde_json::to_writer(&mut stdout, &reply)?;
    // A command flushes when it exits; a reactor does not exit.
    stdout.flush()
}

fn count(text: &str) -> BTreeMap<String, u64> {
    let mut words = BTreeMap::new();
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        let word = word.to_lowercase();
        if !word.is_empty() && STOP_WORDS.binary_search(&word.as_str()).is_err() {
            *words.entry(word).or_default() += 1;
        }
    }
    words
}
