//! Loading a module: split, compile, run what comes before serving, publish.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes as Buffer;
use hydra_sandbox::{LoadError, Program};
use hydra_types::{FunctionSpec, Limits};
use wasmtime::Linker;

use super::sandbox::{Entry, Function, ModuleProgram};
use crate::{
    blank,
    block_on::block_on,
    body::Reset,
    code_cache::CodeError,
    core::Core,
    instance::{Instance, Linked},
    memory_image::MemoryImage,
    slots::Lease,
    split::{self, Additions, START_EXPORT, SplitError, SplitModule, Start},
    state::{Ended, State, ended},
    stored_point::StoredPoint,
    wasi::{Wasi, WasiConfig},
};

/// What a command exports.
const COMMAND: &str = "_start";

/// What a reactor may export to be called once, first.
const INITIALISE: &str = "_initialize";

/// The handler of a reactor whose spec names none.
const DEFAULT_HANDLER: &str = "handler";

/// Loading may run this long even where calls may not.
const MIN_LOAD_TIME: Duration = Duration::from_secs(10);

pub(super) fn load(
    core: &Arc<Core>,
    linker: &Linker<State>,
    spec: &FunctionSpec,
    code: &[u8],
) -> Result<Arc<dyn Program>, LoadError> {
    let module = split::split(code, &Additions::default(), spec.limits.memory)
        .map_err(|error| not_hosted(&error))?;
    let entry = entry(&module, spec)?;
    let initialises = module.start == Start::Exported || entry.is_reactor();
    if let (true, Some(reason)) = (initialises, module.state_outside_memory) {
        let message = format!("the module cannot be snapshotted: {reason}");
        return Err(wrong(
            message,
            "build it as a command, which exports _start",
        ));
    }
    let machine_code = core
        .code
        .code(&core.engine, &module.wasm)
        .map_err(|error| match error {
            CodeError::Compile(error) => wrong(
                format!("the module does not compile: {error:#}"),
                "build it for wasm32-wasip1",
            ),
            other => internal(other),
        })?;
    let linked = Linked::new(linker, machine_code, &module.mutable_globals).map_err(|error| {
        wrong(
            format!("the module needs what Hydra does not provide: {error:#}"),
            "build it for wasm32-wasip1",
        )
    })?;
    let linked = Arc::new(linked);
    let blank = blank::publish(core, &linked, &module).map_err(internal)?;
    let function = Arc::new(function(core, spec, entry, &module));

    let lease = core.slots.take(&blank.memory).map_err(internal)?;
    let mut instance = linked
        .instantiate(&core.engine, state(&function), &lease)
        .map_err(internal)?;
    if initialises {
        let initialised = initialise(core, &mut instance, &module);
        initialised.map_err(|error| LoadError::TopLevel(instance.store.data().failure(&error)))?;
    }
    let point = point(core, &blank.memory, instance, &lease, initialises)?;
    Ok(Arc::new(ModuleProgram::new(
        core,
        &linked,
        &function,
        point,
        blank.memory.base(),
    )))
}

fn entry(module: &SplitModule, spec: &FunctionSpec) -> Result<Entry, LoadError> {
    let exports = |name: &str| module.entry_points.iter().any(|export| export == name);
    if spec.handler.is_none() && exports(COMMAND) {
        return Ok(Entry::Command);
    }
    let handler = spec.handler.as_deref().unwrap_or(DEFAULT_HANDLER);
    if exports(handler) {
        return Ok(Entry::Reactor {
            handler: handler.into(),
        });
    }
    let listed: Vec<_> = module
        .entry_points
        .iter()
        .map(String::as_str)
        .take(20)
        .collect();
    let message = format!(
        "the module exports neither {COMMAND} nor a function {handler:?} of type () -> () or () -> i32; \
         functions of such a type: {}",
        if listed.is_empty() {
            "none".to_owned()
        } else {
            listed.join(", ")
        }
    );
    Err(wrong(
        message,
        "name one with handler=…, or build a command",
    ))
}

fn function(core: &Core, spec: &FunctionSpec, entry: Entry, module: &SplitModule) -> Function {
    let env = spec
        .env
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let wasi = WasiConfig::new(
        [spec.name.as_str()],
        env,
        spec.limits.tmp,
        Arc::clone(&core.host),
        None,
    );
    Function {
        limits: Arc::new(spec.limits),
        wasi: Arc::new(wasi),
        entry,
        reset: if module.state_outside_memory.is_none() {
            Reset::InPlace
        } else {
            Reset::NewInstance
        },
    }
}

fn state(function: &Function) -> State {
    let time = function.limits.timeout.max(MIN_LOAD_TIME);
    let limits = Limits {
        timeout: time,
        cpu_time: time,
        ..*function.limits
    };
    let mut state = State::new(Wasi::new(Arc::clone(&function.wasi)), Arc::new(limits));
    state.deadline = Instant::now() + time;
    state
        .wasi
        .begin(Buffer::new(), limits.output, limits.log, state.deadline);
    state
}

/// Runs what a module does before it can serve.
fn initialise(core: &Core, instance: &mut Instance, module: &SplitModule) -> wasmtime::Result<()> {
    let calls = [
        (module.start == Start::Exported).then_some(START_EXPORT),
        module
            .entry_points
            .iter()
            .map(String::as_str)
            .find(|name| *name == INITIALISE),
    ];
    let meter = Arc::clone(&instance.store.data().meter);
    let _running = core.ticker.running();
    let initialised = block_on(meter.count(async {
        for name in calls.into_iter().flatten() {
            let function = instance.function::<(), ()>(name)?;
            instance.store.set_epoch_deadline(1);
            match function.call_async(&mut instance.store, ()).await {
                Err(error) if ended(&error) == Some(Ended::Exit(0)) => {}
                other => other?,
            }
        }
        Ok(())
    }));
    instance.store.data_mut().wasi.finish();
    initialised
}

fn point(
    core: &Arc<Core>,
    blank: &MemoryImage,
    mut instance: Instance,
    lease: &Lease,
    initialised: bool,
) -> Result<StoredPoint, LoadError> {
    let globals = instance.globals().map_err(|error| {
        wrong(
            format!("the module cannot be snapshotted: {error:#}"),
            "keep references out of mutable globals",
        )
    })?;
    drop(instance);
    if !initialised {
        return Ok(StoredPoint::of_base(core, blank.base(), globals));
    }
    lease
        .read(|memory| StoredPoint::publish(core, blank.base(), memory, &globals))
        .map_err(internal)
}

fn not_hosted(error: &SplitError) -> LoadError {
    wrong(
        error.to_string(),
        "build it for wasm32-wasip1, as a command or with an exported handler",
    )
}

fn wrong(message: String, hint: &str) -> LoadError {
    LoadError::Code {
        message,
        hint: Some(hint.to_owned()),
    }
}

fn internal(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> LoadError {
    LoadError::Internal(error.into())
}
