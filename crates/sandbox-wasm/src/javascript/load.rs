//! Loading a function: run its top level over the base image, and publish what that changed.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes as Buffer;
use hydra_sandbox::{Failure, LoadError, Program};
use hydra_types::FunctionSpec;

use super::{
    base::Base,
    compiler::{self, Compiler},
    files,
    guest::Guest,
    modules::Modules,
    names::Form,
    refusal::Refusal,
    sandbox::{Function, JavaScriptProgram, Shared},
    shim::value,
    workplace::{Workplace, internal},
};
use crate::{
    core::Core,
    state::{State, remaining},
    stored_point::StoredPoint,
};

/// What is allocated may grow by this before the first cycle collection, which is more than a short-lived sandbox
/// does.
const GC_HEADROOM_BYTES: u32 = 1 << 20;

/// What one file is called that came without a name.
const SINGLE_FILE: &str = "index.js";

pub(super) fn load(
    core: &Arc<Core>,
    base: &Arc<Base>,
    spec: &FunctionSpec,
    code: &[u8],
) -> Result<Arc<dyn Program>, LoadError> {
    if code.starts_with(b"\0asm") {
        return Err(wrong(
            "this is a WebAssembly module, not JavaScript".to_owned(),
            Some("register it with runtime=wasm".to_owned()),
        ));
    }
    let name = spec.file.as_deref().unwrap_or(SINGLE_FILE);
    let stored = core
        .packages
        .keep(Buffer::copy_from_slice(code), name)
        .map_err(|error| refused(error.to_string(), error.hint()))?;
    let package = stored
        .open()
        .map_err(|error| refused(error.to_string(), error.hint()))?;
    let entry = package
        .entry(spec.handler.as_deref())
        .map_err(|error| refused(error.to_string(), error.hint()))?;
    let modules = Arc::new(Modules::new(base, stored));
    let function = Arc::new(Function::new(core, spec, entry.export, &modules));
    let mut compiler = Box::new(Compiler::new(core, base, &function, &modules)?);
    let kind = package.kind(&entry.path);
    let form = compiler
        .form(&entry.path, kind)
        .and_then(|form| compiler.compiles(&entry.path, form).map(|()| form))
        .map_err(|refusal| unusable(&refusal, typescript_hint(spec, code)))?;

    let mut place = Workplace::new(core, base, &function)?;
    place.instance.store.data_mut().turn.compiler = Some(compiler);
    place.run(core, base, async |guest: &mut Guest<'_>| {
        evaluate(core, base, guest, &entry.path, form).await
    })?;
    if let Some(failure) = place.failure() {
        return Err(describe(failure));
    }
    publish(core, base, &function, place)
}

fn wrong(message: String, hint: Option<String>) -> LoadError {
    LoadError::Code { message, hint }
}

fn refused(message: String, hint: Option<&str>) -> LoadError {
    wrong(message, hint.map(str::to_owned))
}

/// The main file cannot be compiled or read.
fn unusable(refusal: &Refusal, hint: Option<String>) -> LoadError {
    let message = refusal.message();
    let message = if refusal.is_syntax() && !message.starts_with("SyntaxError") {
        format!("SyntaxError: {message}")
    } else {
        message.to_owned()
    };
    wrong(message, hint)
}

/// What to do where one file without a name turns out to be TypeScript.
fn typescript_hint(spec: &FunctionSpec, code: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(code).ok()?;
    let stripped = hydra_package::strip_types(text, "index.ts").ok()?;
    (spec.file.is_none() && stripped != text)
        .then(|| "this is TypeScript: register it with file=index.ts".to_owned())
}

/// Runs the top level of the main file, and whatever it waits for.
async fn evaluate(
    core: &Core,
    base: &Base,
    guest: &mut Guest<'_>,
    path: &str,
    form: Form,
) -> wasmtime::Result<()> {
    let stack = i32::try_from(guest.state().limits.stack.0)?;
    let () = guest
        .call("JS_SetMaxStackSize", (guest.runtime, stack))
        .await?;
    match form {
        Form::Module => module(guest, base, path).await?,
        Form::CommonJs | Form::Json => {
            let path = guest.string(path).await?;
            guest.apply(base.roots.commonjs, &[path]).await?;
        }
    }
    settle(core, guest, base).await?;
    let state = guest.state();
    state.turn.compiler = None;
    if state.turn.outcome.is_none() {
        finalise(guest, base).await?;
        let state = guest.state();
        if let Some(message) = left_behind(state) {
            state.turn.outcome = Some(Err(Failure::Handler {
                error_type: "Error".to_owned(),
                message,
                stack: Vec::new(),
            }));
        }
    }
    // A collection writes to every object that loading made. It pays only where loading left much behind.
    let (grown, base_bytes) = (guest.memory_mut().len(), base.point.memory.memory_bytes());
    if grown > base_bytes {
        let () = guest.call("JS_RunGC", guest.runtime).await?;
    }
    guest.freeze(&base.roots)?;
    let threshold = guest
        .word(base.roots.allocated)
        .saturating_add(GC_HEADROOM_BYTES);
    let threshold = threshold.cast_signed();
    guest
        .call("JS_SetGCThreshold", (guest.runtime, threshold))
        .await
}

/// Lets the finalisers of what nobody can reach any more give back what the host holds for it.
async fn finalise(guest: &mut Guest<'_>, base: &Base) -> wasmtime::Result<()> {
    if guest.state().turn.has_state() {
        let () = guest.call("JS_RunGC", guest.runtime).await?;
        let entry = (guest.context, guest.runtime, base.roots.poll);
        let _: i64 = guest.call("hydra_call", entry).await?;
    }
    Ok(())
}

/// What loading left at the host, of which the image holds nothing but the number: why, and what to do instead.
fn left_behind(state: &mut State) -> Option<String> {
    if let Some(left) = files::left_behind(&mut state.wasi) {
        return Some(format!(
            "the code leaves {left} behind when it is loaded, which its sandboxes will not have; \
             remove or close it, or make it in the handler"
        ));
    }
    let turn = &state.turn;
    turn.has_state().then(|| {
        let left = if turn.operations.is_empty() {
            "an open compressor, text decoder or BLAKE2 hash"
        } else {
            "a fetch under way or an unread response body"
        };
        format!(
            "the code leaves {left} behind when it is loaded, which its sandboxes will not have; \
             await the end of it at the top level, or begin it in the handler"
        )
    })
}

/// Links and begins to evaluate the main module. What it imports is asked for while it is linked.
async fn module(guest: &mut Guest<'_>, base: &Base, path: &str) -> wasmtime::Result<()> {
    let compiled = match &mut guest.state().turn.compiler {
        Some(compiler) => compiler.main(path),
        None => wasmtime::bail!("there is no compiler"),
    };
    // It has been compiled before, to tell its form.
    let compiled = compiled.map_err(|refusal| wasmtime::format_err!("{}", refusal.message()))?;
    let code = guest.read_bytecode(&compiled.bytecode).await?;
    if code == value::EXCEPTION {
        return guest.fail(&base.roots).await;
    }
    let resolved: i32 = guest
        .call("JS_ResolveModule", (guest.context, code))
        .await?;
    if resolved < 0 {
        return guest.fail(&base.roots).await;
    }
    // Running takes the module's reference; the definition stays, listed in the context.
    let promise: i64 = guest.call("JS_EvalFunction", (guest.context, code)).await?;
    if promise == value::EXCEPTION {
        return guest.fail(&base.roots).await;
    }
    let namespace = (guest.context, value::payload(code));
    let namespace: i64 = guest.call("JS_GetModuleNamespace", namespace).await?;
    guest.apply(base.roots.watch, &[promise, namespace]).await?;
    Ok(())
}

/// Lets jobs, timers and the host run until the code is loaded or has failed.
async fn settle(core: &Core, guest: &mut Guest<'_>, base: &Base) -> wasmtime::Result<()> {
    let entry = (guest.context, guest.runtime, base.roots.poll);
    // What evaluation left to be done runs behind the first look at the timers, and may set some.
    let _: i64 = guest.call("hydra_call", entry).await?;
    loop {
        let next: i64 = guest.call("hydra_call", entry).await?;
        let state = guest.state();
        if state.turn.loaded || state.turn.outcome.is_some() {
            return Ok(());
        }
        let wait_ms = u64::try_from(value::payload(next)).ok();
        if wait_ms.is_none() && !state.turn.operations.is_waited_for() {
            state.turn.outcome = Some(Err(Failure::NeverSettles));
            return Ok(());
        }
        if remaining(state.deadline).is_zero() {
            return Err(crate::state::Ended::Deadline.into());
        }
        let due = wait_ms.map_or(state.deadline, |ms| {
            state
                .deadline
                .min(Instant::now() + Duration::from_millis(ms))
        });
        state.turn.operations.wait(core.host.sleep_until(due)).await;
    }
}

/// What a failure while loading means to the user.
fn describe(failure: Failure) -> LoadError {
    match failure {
        Failure::Handler {
            error_type,
            message,
            stack,
        } if error_type == "SyntaxError" => {
            let place = compiler::place(&message, &stack);
            wrong(format!("SyntaxError: {message}{place}"), None)
        }
        // A module that is not there: what to do is the end of the message, since the guest has no other place.
        Failure::Handler {
            error_type,
            message,
            ..
        } if error_type == "Error" && message.starts_with("Cannot find ") => {
            let (message, hint) = match message.rsplit_once("; ") {
                Some((message, hint)) => (message.to_owned(), Some(hint.to_owned())),
                None => (message, None),
            };
            wrong(format!("the code failed while loading: {message}"), hint)
        }
        // The prelude's own words on handlers that are missing or not found.
        Failure::Handler {
            error_type,
            message,
            ..
        } if error_type == "TypeError" && message.starts_with("the code exports no") => {
            wrong(message, None)
        }
        other => LoadError::TopLevel(other),
    }
}

fn publish(
    core: &Arc<Core>,
    base: &Arc<Base>,
    function: &Arc<Function>,
    place: Workplace,
) -> Result<Arc<dyn Program>, LoadError> {
    let Workplace {
        mut instance,
        lease,
    } = place;
    let globals = instance.globals().map_err(internal)?;
    drop(instance);
    base.clear_stack(&lease);
    let point = lease.read(|memory| StoredPoint::publish(core, &base.memory, memory, &globals));
    let point = point.map_err(internal)?;
    if let Some(modules) = &function.facts.modules {
        modules.forget();
    }
    let shared = Shared {
        core: Arc::clone(core),
        base: Arc::clone(base),
        function: Arc::clone(function),
    };
    Ok(Arc::new(JavaScriptProgram::new(shared, point)))
}
