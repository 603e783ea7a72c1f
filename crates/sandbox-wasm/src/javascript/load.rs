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
    sandbox::{Function, JavaScriptProgram, Shared},
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

/// What makes a CommonJS text a function. It stands on the text's first line, so that lines keep their numbers;
/// columns of that line are put right when a failure is reported.
const WRAPPER_HEAD: &str = "(function (exports, require, module, __filename, __dirname) {";
const WRAPPER_TAIL: &str = "
return { handler: typeof handler === 'function' ? handler : undefined,
    main: typeof main === 'function' ? main : undefined,
    handle: typeof handle === 'function' ? handle : undefined };
})";

/// By how much columns of the first line are shifted.
const fn first_line_shift(kind: Kind) -> usize {
    match kind {
        Kind::Module => 0,
        Kind::CommonJs | Kind::Unknown => WRAPPER_HEAD.len(),
    }
}

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
        Err(Attempt::Syntax(error) | Attempt::Kind(error)) if source.kind == Kind::Unknown => {
            attempt(core, base, &function, source, other).map_err(|second| match second {
                Attempt::Syntax(_) | Attempt::Kind(_) => error,
                Attempt::Other(second) => second,
            })?
        }
        Err(Attempt::Syntax(error) | Attempt::Kind(error) | Attempt::Other(error)) => {
            return Err(error);
        }
        Ok(program) => program,
    };
    Ok(Arc::new(program))
}

/// Why a way of loading failed.
enum Attempt {
    /// The text is not of that kind, or of none.
    Syntax(LoadError),
    /// The text compiles as that kind, and then misses what the other kind has.
    Kind(LoadError),
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
    let mut compiler = Workplace::new(core, base, function, kind)?;
    let compiled = compiler.run(core, async |instance: &mut Instance| {
        compile(base, instance, source, kind).await
    })?;
    if let Some(failure) = compiler.failure() {
        return Err(describe(failure, source));
    }
    drop(compiler);
    let mut place = Workplace::new(core, base, function, kind)?;
    place.run(core, async |instance: &mut Instance| {
        evaluate(core, base, instance, source, &compiled, kind).await
    })?;
    match place.failure() {
        Some(failure) => Err(describe(failure, source)),
        None => publish(core, base, function, place, kind),
    }
}

/// A sandbox to load in.
struct Workplace {
    instance: Instance,
    lease: Lease,
}

impl Workplace {
    fn new(
        core: &Arc<Core>,
        base: &Base,
        function: &Function,
        kind: Kind,
    ) -> Result<Self, Attempt> {
        let lease = core.slots.take(&base.point.memory).map_err(internal)?;
        let mut state = state(function, load_limits(&function.limits));
        state.turn.first_line_shift = first_line_shift(kind);
        let mut instance = base
            .linked
            .instantiate(&core.engine, state, &lease)
            .map_err(internal)?;
        instance
            .set_globals(&base.point.globals)
            .map_err(internal)?;
        Ok(Self { instance, lease })
    }

    /// Runs guest code here, on this thread, until it is done or passes a limit.
    fn run<R>(
        &mut self,
        core: &Core,
        work: impl AsyncFnOnce(&mut Instance) -> wasmtime::Result<R>,
    ) -> Result<R, Attempt> {
        let _running = core.ticker.running();
        let meter = Arc::clone(&self.instance.store.data().meter);
        let worked = block_on(meter.count(work(&mut self.instance)));
        let state = self.instance.store.data_mut();
        state.wasi.finish();
        worked.map_err(|error| Attempt::Other(LoadError::TopLevel(state.failure(&error))))
    }

    /// What the guest says went wrong.
    fn failure(&mut self) -> Option<Failure> {
        match self.instance.store.data_mut().turn.outcome.take()? {
            Err(failure) => Some(failure),
            Ok(_) => Some(Failure::NeverSettles),
        }
    }
}

fn internal(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Attempt {
    Attempt::Other(LoadError::Internal(error.into()))
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
    state.turn.facts = Arc::clone(&function.facts);
    state
}

/// Runs the top level of compiled code, and whatever it waits for.
async fn evaluate(
    core: &Core,
    base: &Base,
    instance: &mut Instance,
    source: &Source,
    bytecode: &[u8],
    kind: Kind,
) -> wasmtime::Result<()> {
    let stack = i32::try_from(instance.store.data().limits.stack.0)?;
    let mut guest = prepare(base, instance)?;
    let () = guest
        .call("JS_SetMaxStackSize", (guest.runtime, stack))
        .await?;
    let code = guest.read_bytecode(bytecode).await?;
    if code == value::EXCEPTION {
        return fail(&mut guest, base).await;
    }
    match kind {
        Kind::Module => module(&mut guest, base, code).await?,
        Kind::CommonJs | Kind::Unknown => commonjs(&mut guest, base, source, code).await?,
    }
    settle(core, &mut guest, base).await?;
    // A collection relinks every object, which would put the whole heap into the function's image. It pays only
    // where loading left much behind.
    let (grown, base_bytes) = (guest.memory_mut().len(), base.point.memory.memory_bytes());
    if grown > base_bytes {
        let () = guest.call("JS_RunGC", guest.runtime).await?;
    }
    let grown = i32::try_from(grown).unwrap_or(i32::MAX);
    let threshold = grown.saturating_add(GC_HEADROOM_BYTES);
    guest
        .call("JS_SetGCThreshold", (guest.runtime, threshold))
        .await
}

/// The interpreter of a sandbox at the base, with random numbers of its own.
fn prepare<'a>(base: &Base, instance: &'a mut Instance) -> wasmtime::Result<Guest<'a>> {
    let roots = &base.roots;
    let seed = super::sandbox::random_seed()?;
    let mut guest = Guest {
        instance,
        runtime: roots.runtime,
        context: roots.context,
    };
    super::sandbox::write_seed(guest.memory_mut(), roots, seed);
    Ok(guest)
}

/// Compiles the source, in a sandbox that is then thrown away: what a compiler leaves in freed memory would
/// otherwise be in the function's image. Returns nothing where the text does not compile; the error is then the
/// turn's outcome.
async fn compile(
    base: &Base,
    instance: &mut Instance,
    source: &Source,
    kind: Kind,
) -> wasmtime::Result<Vec<u8>> {
    let mut guest = prepare(base, instance)?;
    let compiled = match kind {
        Kind::Module => {
            guest
                .eval(
                    &source.text,
                    &source.file,
                    eval::MODULE | eval::COMPILE_ONLY,
                    1,
                )
                .await?
        }
        Kind::CommonJs | Kind::Unknown => {
            let text = &source.text;
            guest
                .eval(
                    &format!("{WRAPPER_HEAD}{text}{WRAPPER_TAIL}"),
                    &source.file,
                    eval::GLOBAL | eval::COMPILE_ONLY,
                    1,
                )
                .await?
        }
    };
    if compiled == value::EXCEPTION {
        fail(&mut guest, base).await?;
        return Ok(Vec::new());
    }
    guest.write_bytecode(compiled).await
}

async fn module(guest: &mut Guest<'_>, base: &Base, code: i64) -> wasmtime::Result<()> {
    let resolved: i32 = guest
        .call("JS_ResolveModule", (guest.context, code))
        .await?;
    if resolved < 0 {
        return fail(guest, base).await;
    }
    // Running takes the module's reference; the definition stays, listed in the context.
    let promise: i64 = guest.call("JS_EvalFunction", (guest.context, code)).await?;
    if promise == value::EXCEPTION {
        return fail(guest, base).await;
    }
    let namespace = (guest.context, value::payload(code));
    let namespace: i64 = guest.call("JS_GetModuleNamespace", namespace).await?;
    guest.apply(base.roots.watch, &[promise, namespace]).await?;
    Ok(())
}

async fn commonjs(
    guest: &mut Guest<'_>,
    base: &Base,
    source: &Source,
    code: i64,
) -> wasmtime::Result<()> {
    let function: i64 = guest.call("JS_EvalFunction", (guest.context, code)).await?;
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
    let entry = (guest.context, guest.runtime, base.roots.poll);
    // What evaluation left to be done runs behind the first look at the timers, and may set some.
    let _: i64 = guest.call("hydra_call", entry).await?;
    loop {
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
        Failure::Handler {
            ref error_type,
            ref message,
            ..
        } if error_type == "ReferenceError"
            && ["exports", "module", "require"]
                .iter()
                .any(|name| *message == format!("{name} is not defined")) =>
        {
            Attempt::Kind(LoadError::TopLevel(failure))
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
    place: Workplace,
    kind: Kind,
) -> Result<JavaScriptProgram, Attempt> {
    let Workplace {
        mut instance,
        lease,
    } = place;
    let globals = instance.globals().map_err(internal)?;
    drop(instance);
    base.clear_stack(&lease);
    let point = lease.read(|memory| StoredPoint::publish(core, &base.memory, memory, &globals));
    let point = point.map_err(internal)?;
    let shared = Shared {
        core: Arc::clone(core),
        base: Arc::clone(base),
        function: Arc::clone(function),
        first_line_shift: first_line_shift(kind),
    };
    Ok(JavaScriptProgram::new(shared, point))
}
