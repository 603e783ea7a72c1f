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

use hydra_compute::{Answer, Computer};
use hydra_package::PackageError;
use hydra_types::EgressPolicy;

use super::{
    compiler::Compiler,
    files,
    modules::{self, Modules},
    operations::{self, Operations},
    refusal::Refusal,
    shim,
};
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
    /// Where in it source text begins.
    ready_text_at: usize,
    /// What was refused last, as JSON, until the guest has asked.
    why: Option<Buffer>,
    /// The reply or the failure; the first one counts.
    pub(crate) outcome: Option<Result<Payload, Failure>>,
    /// The code has been loaded and has a handler.
    pub(crate) loaded: bool,
    /// What the guest may ask about its function.
    pub(crate) facts: Arc<Facts>,
    /// While the function loads.
    pub(super) compiler: Option<Box<Compiler>>,
    /// In a sandbox that only compiles: the specifiers of what the module imports.
    pub(super) recorded: Option<Vec<String>>,
    /// While the base image is made: the bytecode of the function to rehearse with.
    pub(super) rehearsal: Option<Buffer>,
    /// What the host does meanwhile. Outlives the call.
    pub(super) operations: Operations,
    /// Compressors and decoders. Outlive the call.
    computer: Computer,
}

impl Turn {
    /// Drops what outlives calls.
    pub(crate) fn reset(&mut self) {
        self.operations.clear();
        self.computer.clear();
    }

    /// Whether there is anything that outlives calls and lies outside of the guest's memory.
    pub(crate) fn has_state(&self) -> bool {
        !self.operations.is_empty() || !self.computer.is_empty()
    }
}

/// What is fixed for a function, for the guest to ask.
#[derive(Default)]
pub(crate) struct Facts {
    /// Texts by the names that the prelude uses.
    pub(crate) texts: Vec<(&'static str, String)>,
    /// The environment, as JSON.
    pub(crate) env: Buffer,
    /// Which of the exports the spec names as the handler.
    pub(crate) handler: Option<String>,
    /// The function's files.
    pub(crate) modules: Option<Arc<Modules>>,
    /// Where it may connect to.
    pub(crate) egress: Arc<EgressPolicy>,
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
    pub(super) const WHY: i32 = 20;
}

/// What the host answers.
pub(super) enum Reply {
    Number(i32),
    /// Bytes, a string or JSON: the guest says how it takes them.
    Bytes(Buffer),
    /// Source text with what `JS_Eval2` wants to know, see [`shim`].
    Source {
        buffer: Buffer,
        text_at: usize,
    },
    Nothing,
}

impl Reply {
    pub(super) fn source(text: &str, file: &str, flags: i32, first_line: i32) -> Self {
        let mut buffer = Vec::with_capacity(text.len() + file.len() + 9);
        buffer.extend_from_slice(&flags.to_le_bytes());
        buffer.extend_from_slice(&first_line.to_le_bytes());
        buffer.extend_from_slice(file.as_bytes());
        buffer.push(0);
        let text_at = buffer.len();
        buffer.extend_from_slice(text.as_bytes());
        Self::Source {
            buffer: buffer.into(),
            text_at,
        }
    }
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Number(number) => Self::Number(number),
            Answer::Bytes(bytes) => Self::Bytes(bytes.into()),
            Answer::Text(text) | Answer::Json(text) => Self::Bytes(text.into()),
            Answer::Nothing => Self::Nothing,
        }
    }
}

/// What the guest is told where it asked for something and there is nothing.
const NOTHING: i32 = -1;

/// Text of an error that the guest describes to us; longer ones are cut.
const MAX_DESCRIPTION_BYTES: usize = 64 << 10;

pub(super) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker.func_wrap("env", "host_call", host_call)?;
    linker.func_wrap("env", "host_interrupt", || 0_i32)?;
    linker.func_wrap("env", "host_promise_rejection", |_: i32, _: i32, _: i32| ())?;
    modules::add_to_linker(linker)?;
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
            return Ok(i32::try_from(turn.ready_text_at).unwrap_or(i32::MAX));
        }
        op::WHY => return Ok(offer(turn, |turn| turn.why.take())),
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
        _ => return Ok(ask(state, operation, given)),
    }
    Ok(0)
}

/// Operations that may be refused with a reason.
fn ask(state: &mut State, operation: i32, given: &[u8]) -> i32 {
    let reply = match operation {
        operations::op::DROP | operations::op::START..=operations::op::CANCEL => {
            operations::operate(state, operation, given)
        }
        modules::op::RESOLVE..=modules::op::IMPORTER => modules::operate(state, operation, given),
        _ if files::RANGE.contains(&operation) => on_files(state, operation, given),
        _ => state
            .turn
            .computer
            .operate(operation, given)
            .map(Reply::from)
            .map_err(Refusal::from),
    };
    let turn = &mut state.turn;
    match reply {
        Ok(Reply::Number(number)) => number,
        Ok(Reply::Bytes(bytes)) => offer(turn, |_| Some(bytes)),
        Ok(Reply::Source { buffer, text_at }) => {
            turn.ready_text_at = text_at;
            offer(turn, |_| Some(buffer))
        }
        Ok(Reply::Nothing) => NOTHING,
        Err(refusal) => {
            turn.why = Some(refusal.to_json());
            NOTHING
        }
    }
}

fn on_files(state: &mut State, operation: i32, given: &[u8]) -> Result<Reply, Refusal> {
    let modules = state.turn.facts.modules.clone();
    let open = || match &modules {
        Some(modules) => modules.open_package(),
        None => Err(PackageError::Refused {
            message: "there is no function here".to_owned(),
            hint: String::new(),
        }),
    };
    files::operate(&mut state.wasi, &open, operation, given)
        .map(Reply::from)
        .map_err(|refusal| Refusal::of(refusal.to_json()))
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
        stack: user_frames(&stack),
    }
}

/// Stack frames in the user's code.
fn user_frames(stack: &str) -> Vec<String> {
    // What stands above them repeats the error's type and message.
    let frames = stack
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("at "));
    let ours = |line: &&str| line.contains("hydra:") || line.ends_with("(native)");
    frames
        .filter(|line| !ours(line))
        .take(64)
        .map(in_package)
        .collect()
}

/// `at f (/file.js:1:2)` with the file's name as it is in the package.
fn in_package(frame: &str) -> String {
    match frame.split_once("(/") {
        Some((head, place)) => format!("{head}({place}"),
        None => frame.replacen("at /", "at ", 1),
    }
}

/// Microseconds of a clock that never goes back.
fn now_us() -> u128 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_micros()
}
