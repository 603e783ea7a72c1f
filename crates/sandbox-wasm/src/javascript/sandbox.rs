//! JavaScript programs and their sandboxes: serving calls.
//!
//! ```text
//! begin(event) ─► replied? ─yes─► outcome
//!                   │ no
//!                   ▼
//!        poll ─► replied? / wait for a timer or the host / nothing pending: never settles
//! ```
//!
//! One entry into the guest per turn; between turns nothing of it is on any stack, so a sandbox that waits holds
//! memory and nothing else.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes as Buffer;
use hydra_sandbox::{
    After, BoxFuture, Call, Failure, ImageUse, Outcome, Payload, Program, Sandbox, SandboxError,
    Usage,
};
use hydra_types::{Bytes, FunctionSpec, Limits};
use serde_json::json;

use super::{
    base::{Base, Roots},
    modules::Modules,
    ops::Facts,
    shim::value,
};
use crate::{
    body::{Body, Reset, refused},
    core::Core,
    instance::Instance,
    state::{Ended, State, remaining},
    stored_point::StoredPoint,
    wasi::{Wasi, WasiConfig},
};

/// What is fixed for a function, apart from its image.
pub(super) struct Function {
    pub(super) limits: Arc<Limits>,
    pub(super) wasi: Arc<WasiConfig>,
    pub(super) facts: Arc<Facts>,
}

impl Function {
    pub(super) fn new(
        core: &Core,
        spec: &FunctionSpec,
        handler: Option<String>,
        modules: &Arc<Modules>,
    ) -> Self {
        let name = spec.name.as_str();
        let texts = vec![
            ("name", name.to_owned()),
            ("version", "$LATEST".to_owned()),
            (
                "arn",
                format!("arn:aws:lambda:local:000000000000:function:{name}"),
            ),
            ("memory_mb", (spec.limits.memory.0 >> 20).to_string()),
            ("log_group", format!("/hydra/{name}")),
            ("log_stream", name.to_owned()),
        ];
        let facts = Facts {
            texts,
            env: json!(spec.env).to_string().into(),
            handler,
            modules: Some(Arc::clone(modules)),
            egress: Arc::new(spec.egress.clone()),
        };
        let env = spec
            .env
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let wasi = WasiConfig::new(
            ["hydra"],
            env,
            spec.limits.tmp,
            Arc::clone(&core.host),
            None,
        );
        Self {
            limits: Arc::new(spec.limits),
            wasi: Arc::new(wasi),
            facts: Arc::new(facts),
        }
    }
}

/// A loaded JavaScript function.
pub(super) struct JavaScriptProgram {
    shared: Arc<Shared>,
    point: StoredPoint,
}

/// What a program and its sandboxes share.
pub(super) struct Shared {
    pub(super) core: Arc<Core>,
    pub(super) base: Arc<Base>,
    pub(super) function: Arc<Function>,
}

impl JavaScriptProgram {
    pub(super) fn new(shared: Shared, point: StoredPoint) -> Self {
        Self {
            shared: Arc::new(shared),
            point,
        }
    }
}

impl Program for JavaScriptProgram {
    fn restore(&self) -> Result<Box<dyn Sandbox>, SandboxError> {
        let Shared {
            core,
            base,
            function,
        } = &*self.shared;
        let mut state = State::new(
            Wasi::new(Arc::clone(&function.wasi)),
            Arc::clone(&function.limits),
        );
        state.turn.facts = Arc::clone(&function.facts);
        state.base_bytes = u64::from(base.roots.live_bytes);
        let body = Body::restore(core, &base.linked, &self.point.get()?, state)?;
        let mut sandbox = JavaScriptSandbox {
            body,
            shared: Arc::clone(&self.shared),
        };
        sandbox.reseed()?;
        Ok(Box::new(sandbox))
    }

    fn image_use(&self) -> ImageUse {
        let base = &self.shared.base;
        ImageUse {
            code: Bytes(base.linked.code.file_bytes),
            base: Bytes(base.memory.image.data_bytes()),
            function: self.point.file_bytes(),
        }
    }

    fn idle(&self) {
        self.point.forget();
        if let Some(modules) = &self.shared.function.facts.modules {
            modules.forget();
        }
    }
}

struct JavaScriptSandbox {
    body: Body,
    shared: Arc<Shared>,
}

impl JavaScriptSandbox {
    /// Gives the sandbox random numbers of its own.
    fn reseed(&mut self) -> Result<(), SandboxError> {
        let seed = random_seed().map_err(|error| refused("drawing a random seed", error))?;
        let roots = self.shared.base.roots;
        self.body.write(|memory| write_seed(memory, &roots, seed));
        Ok(())
    }

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
        let entry = begin(&mut instance, call, &self.shared.base.roots);
        let meter = Arc::clone(&instance.store.data().meter);
        meter.reset();
        let served = Arc::clone(&meter).count(self.serve(instance, entry)).await;
        let (mut instance, error) = match served {
            Ok(served) => served,
            Err(error) => return Outcome::lost(&error),
        };
        let state = instance.store.data_mut();
        let result = match error {
            None => state
                .turn
                .outcome
                .take()
                .unwrap_or(Err(Failure::NeverSettles)),
            Some(ref error) => Err(state.failure(error)),
        };
        let usage = Usage {
            cpu_time: meter.past(),
            memory: Bytes(state.used_bytes()),
        };
        let log = state.wasi.finish().log;
        // An exception that the interpreter handled leaves a sound interpreter; whatever stopped the machine
        // leaves it in the middle of something.
        let after = if error.is_none() {
            After::Reusable
        } else {
            After::Spent
        };
        if after == After::Reusable {
            self.body.check_in(instance);
        }
        Outcome {
            result,
            log,
            usage,
            after,
        }
    }

    /// Runs the guest until it has replied, failed or been stopped. While it waits it is parked like any sandbox
    /// that waits: thousands may, and hold no stack.
    async fn serve(
        &mut self,
        mut instance: Box<Instance>,
        entry: i64,
    ) -> Result<(Box<Instance>, Option<wasmtime::Error>), SandboxError> {
        let shared = Arc::clone(&self.shared);
        let roots = &shared.base.roots;
        let mut callee = entry;
        loop {
            let next = match turn(&shared.core, &mut instance, roots, callee).await {
                Ok(next) => next,
                Err(error) => return Ok((instance, Some(error))),
            };
            let state = instance.store.data_mut();
            if state.turn.outcome.is_some() {
                return Ok((instance, None));
            }
            if callee == roots.poll {
                let wait_ms = u64::try_from(value::payload(next)).ok();
                if wait_ms.is_none() && !state.turn.operations.is_waited_for() {
                    return Ok((instance, None));
                }
                let deadline = state.deadline;
                let due = wait_ms.map_or(deadline, |ms| {
                    deadline.min(Instant::now() + Duration::from_millis(ms))
                });
                if wait_ms != Some(0) {
                    let mut operations = state.turn.operations.take();
                    self.body.check_in(instance);
                    operations.wait(shared.core.host.sleep_until(due)).await;
                    instance = self.body.check_out()?;
                    instance.store.data_mut().turn.operations = operations;
                }
                if remaining(deadline).is_zero() {
                    return Ok((instance, Some(Ended::Deadline.into())));
                }
            }
            callee = roots.poll;
        }
    }
}

/// One entry into the guest.
async fn turn(
    core: &Core,
    instance: &mut Instance,
    roots: &Roots,
    callee: i64,
) -> wasmtime::Result<i64> {
    let _running = core.ticker.running();
    let turn = instance.function::<(i32, i32, i64), i64>("hydra_call")?;
    instance.store.set_epoch_deadline(1);
    turn.call_async(&mut instance.store, (roots.context, roots.runtime, callee))
        .await
}

/// Sets the call up in the instance's state; returns which of the guest's functions begins it.
fn begin(instance: &mut Instance, call: Call, roots: &Roots) -> i64 {
    let state = instance.store.data_mut();
    let (output, log) = (state.limits.output, state.limits.log);
    state.deadline = call.deadline;
    state.wasi.begin(Buffer::new(), output, log, call.deadline);
    state.turn.request_id = Some(call.request_id);
    state.turn.outcome = None;
    match call.event {
        Payload::Json(event) => {
            state.turn.event = if event.is_empty() {
                Buffer::from_static(b"null")
            } else {
                event
            };
            roots.json
        }
        Payload::Raw(event) => {
            state.turn.event = event;
            roots.bytes
        }
    }
}

impl Sandbox for JavaScriptSandbox {
    fn invoke(&mut self, call: Call) -> BoxFuture<'_, Outcome> {
        Box::pin(self.run(call))
    }

    fn reset(&mut self) -> Result<(), SandboxError> {
        self.body.reset(Reset::InPlace)?;
        self.reseed()
    }

    fn checkpoint(&mut self) -> Result<Arc<dyn Program>, SandboxError> {
        let shared = Arc::clone(&self.shared);
        let Shared { core, base, .. } = &*shared;
        if self.body.has_state_outside_memory()? {
            let reason =
                "it has open files, files in /tmp, or fetches and compressors under way".to_owned();
            return Err(SandboxError::NotCheckpointable { reason });
        }
        let point = self.body.snapshot(|memory, globals| {
            StoredPoint::publish(core, &base.memory, memory, globals)
        })?;
        let point = point.map_err(|error| refused("publishing the checkpoint", error))?;
        Ok(Arc::new(JavaScriptProgram {
            shared: Arc::clone(&shared),
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

/// A seed that is not zero, which xorshift cannot leave.
pub(super) fn random_seed() -> wasmtime::Result<u64> {
    let seed = getrandom::u64().map_err(|error| wasmtime::format_err!("no randomness: {error}"))?;
    Ok(seed | 1)
}

/// Writes the state of `Math.random`.
pub(super) fn write_seed(memory: &mut [u8], roots: &Roots, seed: u64) {
    let start = roots.random_state as usize;
    if let Some(place) = memory.get_mut(start..start + 8) {
        place.copy_from_slice(&seed.to_le_bytes());
    }
}
