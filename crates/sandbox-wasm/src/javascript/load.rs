//! Loading a function: run its top level over the base image, and publish what that changed.
//!
//! ES module or CommonJS is told from the file's name, else from the text; where the guess does not compile, the
//! other kind is tried in a new sandbox, and the error of the guess is reported if neither does.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes as Buffer;
use hydra_sandbox::{Failure, LoadError, Program};
use hydra_types::{Bytes, FunctionSpec, Limits};

use super::{
    base::Base,
    guest::{Guest, eval},
    sandbox::{Function, JavaScriptProgram},
    shim::value,
    source::{Kind, Source},
};
use crate::{
    block_on::block_on,
    core::Core,
    instance::Instance,
    slots::Lease,
    state::{State, remaining},
    stored_point::StoredPoint,
    wasi::Wasi,
};

/// Loading may take this long even where calls may not.
const MIN_LOAD_TIME: Duration = Duration::from_secs(10);

/// A cycle collection writes to every object. Memory may grow by this before the first one, which is more than a
/// short-lived sandbox does.
const GC_HEADROOM_BYTES: i32 = 2 << 20;

pub(super) fn load(
    core: &Arc<Core>,
    base: &Arc<Base>,
    spec: &FunctionSpec,
    source: &Source,
) -> Result<Arc<dyn Program>, LoadError> {
    let function = Arc::new(Function::new(core, spec));
    let guess = source.kind_or_guess();
    let other = if guess == Kind::Module {
        Kind::CommonJs
    } else {
        Kind::Module
    };
    let first = attempt(core, base, &function, source, guess);
    let program = match first {
        Err(Attempt::Syntax(error)) if source.kind == Kind::Unknown => {
            attempt(core, base, &function, source, other).map_err(|second| match second {
                Attempt::Syntax(_) => error,
                Attempt::Other(second) => second,
            })?
        }
        Err(Attempt::Syntax(error) | Attempt::Other(error)) => return Err(error),
        Ok(program) => program,
    };
    Ok(Arc::new(program))
}

/// Why a way of loading failed.
enum Attempt {
    /// The text is not of that kind, or of none.
    Syntax(LoadError),
    Other(LoadError),
}

impl Source {
    fn kind_or_guess(&self) -> Kind {
        let module_line = |line: &str| {
            let line = line.trim_start();
            let starts = |word: &str| {
                line.strip_prefix(word)
                    .is_some_and(|rest| rest.starts_with([' ', '{', '*', '\'', '"', '\t']))
            };
            starts("export") || starts("import")
        };
        match self.kind {
            Kind::Unknown if self.text.lines().any(module_line) => Kind::Module,
            Kind::Unknown => Kind::CommonJs,
            known => known,
        }
    }
}

fn attempt(
    core: &Arc<Core>,
    base: &Arc<Base>,
    function: &Arc<Function>,
    source: &Source,
    kind: Kind,
) -> Result<JavaScriptProgram, Attempt> {
    let internal = |error: wasmtime::Error| Attempt::Other(LoadError::Internal(error.into()));
    let lease = core
        .slots
        .take(&base.point.memory)
        .map_err(|error| internal(error.into()))?;
    let limits = load_limits(&function.limits);
    let mut instance = base
        .linked
        .instantiate(&core.engine, state(function, limits), &lease)
        .map_err(internal)?;
    instance
        .set_globals(&base.point.globals)
        .map_err(internal)?;
    let evaluated = {
        let _running = core.ticker.running();
        let meter = Arc::clone(&instance.store.data().meter);
        block_on(meter.count(evaluate(core, base, &mut instance, source, kind)))
    };
    instance.store.data_mut().wasi.finish();
    match evaluated {
        Ok(()) => {}
        Err(error) => {
            let state = instance.store.data();
            return Err(Attempt::Other(LoadError::TopLevel(state.failure(&error))));
        }
    }
    match instance.store.data_mut().turn.outcome.take() {
        Some(Err(failure)) => Err(describe(failure, source)),
        Some(Ok(_)) => Err(Attempt::Other(LoadError::TopLevel(Failure::NeverSettles))),
        None => publish(core, base, function, instance, &lease),
    }
}

/// What loading may use: time enough to start, and what the function may use anyway.
fn load_limits(limits: &Limits) -> Arc<Limits> {
    let time = limits.timeout.max(MIN_LOAD_TIME);
    Arc::new(Limits {
        timeout: time,
        cpu_time: time,
        ..*limits
    })
}

fn state(function: &Function, limits: Arc<Limits>) -> State {
    let mut state = State::new(Wasi::new(Arc::clone(&function.wasi)), limits);
    state.deadline = Instant::now() + state.limits.timeout;
    state
        .wasi
        .begin(Buffer::new(), Bytes(0), state.limits.log, state.deadline);
    state.turn.facts = function.facts.clone();
    state.turn.handler = function.handler.clone();
    state
}

async fn evaluate(
    core: &Core,
    base: &Base,
    instance: &mut Instance,
    source: &Source,
    kind: Kind,
) -> wasmtime::Result<()> {
    let roots = &base.roots;
    let seed = super::sandbox::random_seed()?;
    let stack = i32::try_from(instance.store.data().limits.stack.0)?;
    let mut guest = Guest {
        instance,
        runtime: roots.runtime,
        context: roots.context,
    };
    super::sandbox::write_seed(guest.memory_mut(), roots, seed);
    let () = guest
        .call("JS_SetMaxStackSize", (guest.runtime, stack))
        .await?;
    guest.apply(roots.facts, &[]).await?;
    match kind {
        Kind::Module => module(&mut guest, base, source).await?,
        Kind::CommonJs | Kind::Unknown => commonjs(&mut guest, base, source).await?,
    }
    settle(core, &mut guest, base).await?;
    // A collection relinks every object, which would put the whole heap into the function's image. It pays only
    // where loading left much behind.
    let (grown, base_bytes) = (guest.memory_mut().len(), base.point.memory.memory_bytes());
    if grown > base_bytes {
        let () = guest.call("JS_RunGC", guest.runtime).await?;
    }
    let grown = i32::try_from(grown).unwrap_or(i32::MAX);
    guest
        .call(
            "JS_SetGCThreshold",
            (guest.runtime, grown.saturating_add(GC_HEADROOM_BYTES)),
        )
        .await
}

async fn module(guest: &mut Guest<'_>, base: &Base, source: &Source) -> wasmtime::Result<()> {
    let compiled = guest
        .eval(
            &source.text,
            &source.file,
            eval::MODULE | eval::COMPILE_ONLY,
            1,
        )
        .await?;
    if compiled == value::EXCEPTION {
        return fail(guest, base).await;
    }
    // Running takes the module's reference; the definition stays, listed in the context.
    let promise: i64 = guest
        .call("JS_EvalFunction", (guest.context, compiled))
        .await?;
    if promise == value::EXCEPTION {
        return fail(guest, base).await;
    }
    let namespace = (guest.context, value::payload(compiled));
    let namespace: i64 = guest.call("JS_GetModuleNamespace", namespace).await?;
    guest.apply(base.roots.watch, &[promise, namespace]).await?;
    Ok(())
}

async fn commonjs(guest: &mut Guest<'_>, base: &Base, source: &Source) -> wasmtime::Result<()> {
    // The wrapper's own line counts as line 0, so that the user's lines keep their numbers and columns.
    let wrapped = format!(
        "(function (exports, require, module, __filename, __dirname) {{\n{}\n\
         return {{ handler: typeof handler === 'function' ? handler : undefined, \
         main: typeof main === 'function' ? main : undefined, \
         handle: typeof handle === 'function' ? handle : undefined }};\n}})",
        source.text
    );
    let function = guest.eval(&wrapped, &source.file, eval::GLOBAL, 0).await?;
    if function == value::EXCEPTION {
        return fail(guest, base).await;
    }
    let file = guest.place(source.file.as_bytes()).await?;
    let name: i64 = guest
        .call("JS_NewAtomString", (guest.context, file))
        .await?;
    guest.free(file).await?;
    guest.apply(base.roots.commonjs, &[function, name]).await?;
    Ok(())
}

/// Hands the pending exception to the prelude, which describes it to the host.
async fn fail(guest: &mut Guest<'_>, base: &Base) -> wasmtime::Result<()> {
    let exception: i64 = guest.call("JS_GetException", guest.context).await?;
    guest.apply(base.roots.fail, &[exception]).await?;
    Ok(())
}

/// Lets jobs and timers run until the code is loaded or has failed.
async fn settle(core: &Core, guest: &mut Guest<'_>, base: &Base) -> wasmtime::Result<()> {
    loop {
        let entry = (guest.context, guest.runtime, base.roots.poll);
        let next: i64 = guest.call("hydra_call", entry).await?;
        let state = guest.instance.store.data_mut();
        if state.turn.loaded || state.turn.outcome.is_some() {
            return Ok(());
        }
        let Ok(wait_ms) = u64::try_from(value::payload(next)) else {
            state.turn.outcome = Some(Err(Failure::NeverSettles));
            return Ok(());
        };
        if remaining(state.deadline).is_zero() {
            return Err(crate::state::Ended::Deadline.into());
        }
        let until = state
            .deadline
            .min(Instant::now() + Duration::from_millis(wait_ms));
        core.host.sleep_until(until).await;
    }
}

/// What a failure while loading means to the user.
fn describe(failure: Failure, source: &Source) -> Attempt {
    match failure {
        Failure::Handler {
            error_type,
            message,
            stack,
        } if error_type == "SyntaxError" => {
            let place = stack.first().map_or_else(
                || source.file.clone(),
                |frame| frame.trim_start_matches("at ").to_owned(),
            );
            Attempt::Syntax(LoadError::Code {
                message: format!("SyntaxError: {message} ({place})"),
                hint: None,
            })
        }
        // The prelude's own words on handlers that are missing or not found.
        Failure::Handler {
            error_type,
            message,
            ..
        } if error_type == "TypeError" && message.starts_with("the code exports no") => {
            Attempt::Other(LoadError::Code {
                message,
                hint: None,
            })
        }
        other => Attempt::Other(LoadError::TopLevel(other)),
    }
}

fn publish(
    core: &Arc<Core>,
    base: &Arc<Base>,
    function: &Arc<Function>,
    mut instance: Instance,
    lease: &Lease,
) -> Result<JavaScriptProgram, Attempt> {
    let internal = |error: Box<dyn std::error::Error + Send + Sync>| {
        Attempt::Other(LoadError::Internal(error))
    };
    let globals = instance.globals().map_err(|error| internal(error.into()))?;
    drop(instance);
    let point = lease.read(|memory| StoredPoint::publish(core, &base.memory, memory, &globals));
    let point = point.map_err(|error| internal(error.into()))?;
    Ok(JavaScriptProgram::new(core, base, function, point))
}
