//! A sandbox to load in, on a thread that may block.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes as Buffer;
use hydra_sandbox::{Failure, LoadError};
use hydra_types::{Bytes, Limits};

use super::{base::Base, guest::Guest, sandbox::Function};
use crate::{
    block_on::block_on, core::Core, instance::Instance, slots::Lease, state::State, wasi::Wasi,
};

/// Loading may take this long even where calls may not.
const MIN_LOAD_TIME: Duration = Duration::from_secs(10);

pub(super) struct Workplace {
    pub(super) instance: Instance,
    pub(super) lease: Lease,
}

impl Workplace {
    /// At the base, with random numbers of its own.
    pub(super) fn new(
        core: &Arc<Core>,
        base: &Base,
        function: &Function,
    ) -> Result<Self, LoadError> {
        let lease = core.slots.take(&base.point.memory).map_err(internal)?;
        let mut state = state(function, load_limits(&function.limits));
        state.base_bytes = u64::from(base.roots.live_bytes);
        let mut instance = base
            .linked
            .instantiate(&core.engine, state, &lease)
            .map_err(internal)?;
        instance
            .set_globals(&base.point.globals)
            .map_err(internal)?;
        let seed = super::sandbox::random_seed().map_err(internal)?;
        let mut guest = Guest::of(&mut instance, &base.roots);
        super::sandbox::write_seed(guest.memory_mut(), &base.roots, seed);
        Ok(Self { instance, lease })
    }

    /// Runs guest code here, on this thread, until it is done or passes a limit.
    pub(super) fn run<R>(
        &mut self,
        core: &Core,
        base: &Base,
        work: impl AsyncFnOnce(&mut Guest<'_>) -> wasmtime::Result<R>,
    ) -> Result<R, LoadError> {
        let _running = core.ticker.running();
        let meter = Arc::clone(&self.instance.store.data().meter);
        let worked = {
            let mut guest = Guest::of(&mut self.instance, &base.roots);
            block_on(meter.count(work(&mut guest)))
        };
        let state = self.instance.store.data_mut();
        worked.map_err(|error| LoadError::TopLevel(state.failure(&error)))
    }

    /// What the guest says went wrong, once.
    pub(super) fn failure(&mut self) -> Option<Failure> {
        match self.instance.store.data_mut().turn.outcome.take()? {
            Err(failure) => Some(failure),
            Ok(_) => Some(Failure::NeverSettles),
        }
    }
}

pub(super) fn internal(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> LoadError {
    LoadError::Internal(error.into())
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
