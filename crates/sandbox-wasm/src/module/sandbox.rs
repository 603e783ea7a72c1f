//! Module programs and their sandboxes: serving calls.

use std::sync::Arc;

use bytes::Bytes as Buffer;
use hydra_sandbox::{
    After, BoxFuture, Call, Failure, ImageUse, Outcome, Payload, Program, Sandbox, SandboxError,
    Usage,
};
use hydra_types::{Bytes, Limits};
use serde::de::IgnoredAny;

use crate::{
    body::{Body, Reset, refused},
    core::Core,
    instance::{Instance, Linked},
    memory_image::BaseMemory,
    state::{Ended, State, ended},
    stored_point::StoredPoint,
    wasi::{Wasi, WasiConfig},
};

/// Which export serves.
pub(super) enum Entry {
    /// `_start`, from a fresh state each time.
    Command,
    /// A handler whose state persists.
    Reactor {
        /// Its export.
        handler: Arc<str>,
    },
}

impl Entry {
    pub(super) const fn is_reactor(&self) -> bool {
        matches!(self, Self::Reactor { .. })
    }
}

/// What is fixed for a function, apart from its image.
pub(super) struct Function {
    pub(super) limits: Arc<Limits>,
    pub(super) wasi: Arc<WasiConfig>,
    pub(super) entry: Entry,
    pub(super) reset: Reset,
}

/// A loaded module.
pub(super) struct ModuleProgram {
    shared: Arc<Shared>,
    point: StoredPoint,
}

struct Shared {
    core: Arc<Core>,
    linked: Arc<Linked>,
    function: Arc<Function>,
    base: Arc<BaseMemory>,
}

impl ModuleProgram {
    pub(super) fn new(
        core: &Arc<Core>,
        linked: &Arc<Linked>,
        function: &Arc<Function>,
        point: StoredPoint,
        base: &Arc<BaseMemory>,
    ) -> Self {
        let shared = Shared {
            core: Arc::clone(core),
            linked: Arc::clone(linked),
            function: Arc::clone(function),
            base: Arc::clone(base),
        };
        Self {
            shared: Arc::new(shared),
            point,
        }
    }
}

impl Program for ModuleProgram {
    fn restore(&self) -> Result<Box<dyn Sandbox>, SandboxError> {
        let Shared {
            core,
            linked,
            function,
            ..
        } = &*self.shared;
        let state = State::new(
            Wasi::new(Arc::clone(&function.wasi)),
            Arc::clone(&function.limits),
        );
        let body = Body::restore(core, linked, &self.point.get()?, state)?;
        Ok(Box::new(ModuleSandbox {
            body,
            shared: Arc::clone(&self.shared),
        }))
    }

    fn image_use(&self) -> ImageUse {
        ImageUse {
            code: Bytes(self.shared.linked.code.file_bytes),
            base: Bytes(self.shared.base.image.data_bytes()),
            function: self.point.file_bytes(),
        }
    }

    fn idle(&self) {
        self.point.forget();
    }
}

struct ModuleSandbox {
    body: Body,
    shared: Arc<Shared>,
}

impl ModuleSandbox {
    async fn run(&mut self, call: Call) -> Outcome {
        let limits = Arc::clone(&self.shared.function.limits);
        let found = call.event.bytes().len() as u64;
        if found > limits.input.0 {
            return Outcome::refused(Failure::InputTooLarge {
                found,
                limit: limits.input,
            });
        }
        let mut instance = match self.body.check_out() {
            Ok(instance) => instance,
            Err(error) => return Outcome::lost(&error),
        };
        let _running = self.shared.core.ticker.running();
        begin(&mut instance, call);
        let meter = Arc::clone(&instance.store.data().meter);
        meter.reset();
        let served = Arc::clone(&meter)
            .count(serve(&mut instance, &self.shared.function.entry))
            .await;
        let state = instance.store.data_mut();
        let finished = state.wasi.finish();
        let usage = Usage {
            cpu_time: meter.past(),
            memory: Bytes(state.memory_bytes),
        };
        let after = after(&self.shared.function.entry, &served);
        let result = match served {
            Ok(0) => Ok(payload(finished.stdout)),
            Ok(status) => Err(Failure::Exit { status }),
            Err(ref error) => Err(state.failure(error)),
        };
        if after != After::Spent {
            self.body.check_in(instance);
        }
        Outcome {
            result,
            log: finished.log,
            usage,
            after,
        }
    }
}

fn begin(instance: &mut Instance, call: Call) {
    let state = instance.store.data_mut();
    let event = match call.event {
        Payload::Json(event) if event.is_empty() => Buffer::from_static(b"null"),
        Payload::Json(event) | Payload::Raw(event) => event,
    };
    let (output, log) = (state.limits.output, state.limits.log);
    state.deadline = call.deadline;
    state.wasi.begin(event, output, log, call.deadline);
}

/// Runs the entry; the status that the guest ended with.
async fn serve(instance: &mut Instance, entry: &Entry) -> wasmtime::Result<u32> {
    instance.store.set_epoch_deadline(1);
    let name = match entry {
        Entry::Command => "_start",
        Entry::Reactor { handler } => handler,
    };
    let called = match instance.function::<(), ()>(name) {
        Ok(function) => function
            .call_async(&mut instance.store, ())
            .await
            .map(|()| 0),
        // The other type that an entry point may have.
        Err(_) => {
            let function = instance.function::<(), i32>(name)?;
            function
                .call_async(&mut instance.store, ())
                .await
                .map(i32::cast_unsigned)
        }
    };
    match called {
        Err(error) => match ended(&error) {
            // A command that exits ends as it means to; a reactor must not exit at all.
            Some(Ended::Exit(status)) if matches!(entry, Entry::Command) => Ok(status),
            _ => Err(error),
        },
        status => status,
    }
}

const fn after(entry: &Entry, served: &wasmtime::Result<u32>) -> After {
    match (entry, served) {
        (_, Err(_)) => After::Spent,
        (Entry::Command, Ok(_)) => After::NeedsReset,
        (Entry::Reactor { .. }, Ok(_)) => After::Reusable,
    }
}

/// What was written, as JSON where it is.
fn payload(stdout: Vec<u8>) -> Payload {
    match stdout {
        empty if empty.is_empty() => Payload::Json(Buffer::from_static(b"null")),
        json if serde_json::from_slice::<IgnoredAny>(&json).is_ok() => Payload::Json(json.into()),
        bytes => Payload::Raw(bytes.into()),
    }
}

impl Sandbox for ModuleSandbox {
    fn invoke(&mut self, call: Call) -> BoxFuture<'_, Outcome> {
        Box::pin(self.run(call))
    }

    fn reset(&mut self) -> Result<(), SandboxError> {
        self.body.reset(self.shared.function.reset)
    }

    fn checkpoint(&mut self) -> Result<Arc<dyn Program>, SandboxError> {
        let not = |reason: &str| {
            Err(SandboxError::NotCheckpointable {
                reason: reason.to_owned(),
            })
        };
        if !self.shared.function.entry.is_reactor() {
            return not("a command keeps nothing from one invocation to the next");
        }
        if self.body.has_state_outside_memory()? {
            return not("it has open files or files in /tmp");
        }
        let Shared { core, base, .. } = &*self.shared;
        let point = self
            .body
            .snapshot(|memory, globals| StoredPoint::publish(core, base, memory, globals))?;
        let point = point.map_err(|error| refused("publishing the checkpoint", error))?;
        Ok(Arc::new(ModuleProgram {
            shared: Arc::clone(&self.shared),
            point,
        }))
    }

    fn rest(&mut self) {
        self.body.rest();
    }

    fn private_memory(&self) -> Bytes {
        self.body.private_memory()
    }
}
