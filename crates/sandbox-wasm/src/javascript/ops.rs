//! What the prelude asks of the host, and the JavaScript call under way.
//!
//! Everything that arrives is the guest's word: pointers are checked, texts are parsed, and a number that is no
//! operation is refused. The numbers are those of `guests/javascript/prelude.js`.

use std::{
    sync::{Arc, OnceLock},
    time::Instant,
};

use bytes::Bytes as Buffer;
use hydra_sandbox::{Failure, Payload};
use hydra_types::RequestId;
use serde::Deserialize;
use wasmtime::{Caller, Linker};

use super::shim;
use crate::{
    state::{Ended, State, remaining},
    wasi::HasWasi,
};

/// The JavaScript call under way in a sandbox, or the load.
#[derive(Default)]
pub(crate) struct Turn {
    pub(crate) request_id: Option<RequestId>,
    pub(crate) event: Buffer,
    /// What the guest takes next, once.
    ready: Buffer,
    /// The reply or the failure; the first one counts.
    pub(crate) outcome: Option<Result<Payload, Failure>>,
    /// The code has been loaded and has a handler.
    pub(crate) loaded: bool,
    /// By how much columns of the source's first line are larger for the interpreter than for the user.
    pub(crate) first_line_shift: usize,
    /// What the guest may ask about its function.
    pub(crate) facts: Arc<Facts>,
}

/// What is fixed for a function, for the guest to ask.
#[derive(Default)]
pub(crate) struct Facts {
    /// Texts by the names that the prelude uses.
    pub(crate) texts: Vec<(&'static str, String)>,
    /// The environment, as JSON.
    pub(crate) env: Buffer,
    /// The handler that the spec names.
    pub(crate) handler: Option<String>,
}

/// Operations of the prelude.
mod op {
    pub(super) const EVENT: i32 = 1;
    pub(super) const REPLY: i32 = 2;
    pub(super) const REPLY_BYTES: i32 = 3;
    pub(super) const FAIL: i32 = 4;
    pub(super) const LOG: i32 = 5;
    pub(super) const FACT: i32 = 6;
    pub(super) const REMAINING_MS: i32 = 7;
    pub(super) const REQUEST_ID: i32 = 8;
    pub(super) const LOADED: i32 = 9;
    pub(super) const EXIT: i32 = 10;
    pub(super) const RANDOM: i32 = 11;
    pub(super) const NOW_US: i32 = 12;
    pub(super) const HANDLER: i32 = 13;
    pub(super) const ENV: i32 = 14;
}

/// What the guest is told where it asked for something and there is nothing.
const NOTHING: i32 = -1;

/// Text of an error that the guest describes to us; longer ones are cut.
const MAX_DESCRIPTION_BYTES: usize = 64 << 10;

pub(super) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker.func_wrap("env", "host_call", host_call)?;
    linker.func_wrap("env", "host_interrupt", || 0_i32)?;
    linker.func_wrap("env", "host_promise_rejection", |_: i32, _: i32, _: i32| ())?;
    linker.func_wrap("env", "host_module_normalize", |_: i32, _: i32| 0_i32)?;
    linker.func_wrap("env", "host_module_load", |_: i32, _: i32| 0_i32)?;
    // Functions see UTC, as on other serverless platforms.
    linker.func_wrap("env", "host_get_timezone_offset", |_: i32, _: i32| 0_i32)?;
    Ok(())
}

fn host_call(
    mut caller: Caller<'_, State>,
    operation: i32,
    pointer: i32,
    length: i32,
    _: i32,
    _: i32,
) -> wasmtime::Result<i32> {
    let memory = caller
        .data()
        .memory
        .ok_or_else(|| wasmtime::format_err!("the guest has no memory yet"))?;
    let (memory, state) = memory.data_and_store_mut(&mut caller);
    let start = pointer.cast_unsigned() as usize;
    let range = start..start + length.cast_unsigned() as usize;
    let given = memory
        .get_mut(range)
        .ok_or_else(|| wasmtime::format_err!("the guest gave memory that it has not"))?;
    operate(state, operation, given)
}

fn operate(state: &mut State, operation: i32, given: &mut [u8]) -> wasmtime::Result<i32> {
    let turn = &mut state.turn;
    match operation {
        shim::TAKE => {
            let ready = std::mem::take(&mut turn.ready);
            let taken = ready.len().min(given.len());
            given[..taken].copy_from_slice(&ready[..taken]);
        }
        op::EVENT => return Ok(offer(turn, |turn| Some(std::mem::take(&mut turn.event)))),
        op::FACT => {
            let found = turn
                .facts
                .texts
                .iter()
                .find(|(name, _)| name.as_bytes() == given);
            let found = found.map(|(_, value)| text(value));
            return Ok(offer(turn, |_| found));
        }
        op::ENV => return Ok(offer(turn, |turn| Some(turn.facts.env.clone()))),
        op::HANDLER => return Ok(offer(turn, |turn| turn.facts.handler.as_deref().map(text))),
        op::REQUEST_ID => {
            return Ok(offer(turn, |turn| {
                turn.request_id.map(|id| text(&id.to_string()))
            }));
        }
        op::NOW_US => return Ok(offer(turn, |_| Some(text(&now_us().to_string())))),
        op::REMAINING_MS => {
            return Ok(i32::try_from(remaining(state.deadline).as_millis()).unwrap_or(i32::MAX));
        }
        op::REPLY => reply(state, given, Payload::Json)?,
        op::REPLY_BYTES => reply(state, given, Payload::Raw)?,
        op::FAIL => {
            let failure = failure(state, given);
            state.turn.outcome.get_or_insert(Err(failure));
        }
        op::LOG => state.wasi().log(given),
        op::LOADED => turn.loaded = true,
        op::EXIT => {
            let status = std::str::from_utf8(given)
                .ok()
                .and_then(|text| text.parse().ok());
            return Err(Ended::Exit(status.unwrap_or(1)).into());
        }
        op::RANDOM => getrandom::fill(given)
            .map_err(|error| wasmtime::format_err!("no randomness: {error}"))?,
        _ => return Ok(NOTHING),
    }
    Ok(0)
}

/// Makes something ready for the guest to take, and says how long it is.
fn offer(turn: &mut Turn, find: impl FnOnce(&mut Turn) -> Option<Buffer>) -> i32 {
    match find(turn) {
        Some(found) => {
            let length = i32::try_from(found.len()).unwrap_or(NOTHING);
            turn.ready = found;
            length
        }
        None => NOTHING,
    }
}

fn text(text: &str) -> Buffer {
    Buffer::copy_from_slice(text.as_bytes())
}

fn reply(state: &mut State, given: &[u8], payload: fn(Buffer) -> Payload) -> wasmtime::Result<()> {
    if given.len() as u64 > state.limits.output.0 {
        return Err(Ended::Output.into());
    }
    state
        .turn
        .outcome
        .get_or_insert_with(|| Ok(payload(Buffer::copy_from_slice(given))));
    Ok(())
}

/// An error as the prelude describes it.
#[derive(Deserialize)]
struct Described {
    #[serde(rename = "type")]
    error_type: String,
    message: String,
    stack: String,
}

fn failure(state: &State, given: &[u8]) -> Failure {
    let Ok(Described {
        error_type,
        mut message,
        stack,
    }) = serde_json::from_slice(given)
    else {
        // Only a guest that has got hold of the prelude's own door says this; it is the guest's error all the same.
        return Failure::Handler {
            error_type: "Error".to_owned(),
            message: "the function failed with an error that cannot be described".to_owned(),
            stack: Vec::new(),
        };
    };
    // How the interpreter says that its stack is used up.
    if error_type == "RangeError" && message == "Maximum call stack size exceeded" {
        return Failure::StackLimit {
            limit: state.limits.stack,
        };
    }
    if message.len() > MAX_DESCRIPTION_BYTES {
        message.truncate(message.floor_char_boundary(MAX_DESCRIPTION_BYTES));
    }
    Failure::Handler {
        error_type,
        message,
        stack: user_frames(&stack, state.turn.first_line_shift),
    }
}

/// Stack frames in the user's code, in source coordinates.
fn user_frames(stack: &str, first_line_shift: usize) -> Vec<String> {
    let frames = stack.lines().map(str::trim).filter(|line| !line.is_empty());
    let ours = |line: &&str| line.contains("hydra:prelude") || line.ends_with("(native)");
    frames
        .filter(|line| !ours(line))
        .take(64)
        .map(|frame| shift_first_line(frame, first_line_shift))
        .collect()
}

/// `at f (file.js:1:COLUMN)`, with the column that the user sees.
fn shift_first_line(frame: &str, shift: usize) -> String {
    let place = frame.trim_end_matches(')').rsplit_once(':');
    let shifted = place.and_then(|(head, column)| {
        let column: usize = column.parse().ok()?;
        let close = if frame.ends_with(')') { ")" } else { "" };
        let column = column.checked_sub(shift).filter(|&column| column > 0)?;
        head.ends_with(":1")
            .then(|| format!("{head}:{column}{close}"))
    });
    shifted.unwrap_or_else(|| frame.to_owned())
}

/// Microseconds of a clock that never goes back.
fn now_us() -> u128 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_micros()
}
