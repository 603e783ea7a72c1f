//! What the host keeps beside a running instance, and the limits that are enforced there.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use hydra_sandbox::Failure;
use hydra_types::{Bytes, Limits};
use wasmtime::{Memory, ResourceLimiter, Store, UpdateDeadline};

use crate::{
    javascript::Turn,
    meter::Meter,
    split::MAX_TABLE_ELEMENTS,
    wasi::{self, HasWasi, Wasi},
};

/// The data of a sandbox's store.
pub(crate) struct State {
    pub(crate) wasi: Wasi,
    pub(crate) memory: Option<Memory>,
    /// The engine instance, for host functions that call back.
    pub(crate) instance: Option<wasmtime::Instance>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) meter: Arc<Meter>,
    /// When the running call must have answered.
    pub(crate) deadline: Instant,
    /// Linear memory at its largest since the instance was made.
    pub(crate) memory_bytes: u64,
    /// What the base image itself has allocated of linear memory, which is no function's.
    pub(crate) base_bytes: u64,
    /// The JavaScript call under way; unused by modules.
    pub(crate) turn: Turn,
}

/// Why the host ended a guest.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum Ended {
    #[error("the deadline passed")]
    Deadline,
    #[error("the CPU time is used up")]
    CpuTime,
    #[error("the memory limit is reached")]
    Memory,
    #[error("the reply is too large")]
    Output,
    #[error("the guest exited with status {0}")]
    Exit(u32),
}

impl State {
    pub(crate) fn new(wasi: Wasi, limits: Arc<Limits>) -> Self {
        Self {
            wasi,
            memory: None,
            instance: None,
            limits,
            meter: Arc::default(),
            deadline: Instant::now(),
            memory_bytes: 0,
            base_bytes: 0,
            turn: Turn::default(),
        }
    }

    /// Linear memory at its largest, without what the base image itself has allocated.
    pub(crate) fn used_bytes(&self) -> u64 {
        self.memory_bytes.saturating_sub(self.base_bytes)
    }

    /// Drops what belongs to the guest beside its memory and globals.
    pub(crate) fn reset(&mut self) {
        self.wasi.reset();
        self.turn.reset();
    }

    /// Whether there is state that an image of memory and globals would not hold.
    pub(crate) fn outside_memory(&self) -> bool {
        self.wasi.has_state() || self.turn.has_state()
    }

    /// The failure that `error`, returned by a guest call, stands for.
    pub(crate) fn failure(&self, error: &wasmtime::Error) -> Failure {
        if let Some(ended) = ended(error) {
            return match ended {
                Ended::Deadline => Failure::Timeout {
                    limit: self.limits.timeout,
                },
                Ended::CpuTime => Failure::CpuLimit {
                    limit: self.limits.cpu_time,
                },
                Ended::Memory => Failure::MemoryLimit {
                    limit: self.limits.memory,
                },
                Ended::Output => Failure::OutputTooLarge {
                    limit: self.limits.output,
                },
                Ended::Exit(status) => Failure::Exit { status },
            };
        }
        match error.downcast_ref::<wasmtime::Trap>() {
            Some(wasmtime::Trap::StackOverflow) => Failure::StackLimit {
                limit: NATIVE_STACK,
            },
            Some(trap) => Failure::Trap {
                reason: trap.to_string(),
                stack: frames(error),
            },
            None => Failure::Internal {
                reason: format!("{error:#}"),
            },
        }
    }
}

/// Native stack of a running guest. The engine checks it at every call; past it is a trap.
pub(crate) const NATIVE_STACK: Bytes = Bytes::kib(1024);

/// Whether `error` is the host's own doing.
pub(crate) fn ended(error: &wasmtime::Error) -> Option<Ended> {
    if let Some(ended) = error.downcast_ref::<Ended>() {
        return Some(*ended);
    }
    error.downcast_ref::<wasi::Stop>().map(|stop| match *stop {
        wasi::Stop::Exit(status) => Ended::Exit(status),
        wasi::Stop::OutputLimit => Ended::Output,
        wasi::Stop::DeadlinePassed => Ended::Deadline,
    })
}

/// Wasm frames of a trap, innermost first; enough to see where, not enough to flood a reply.
fn frames(error: &wasmtime::Error) -> Vec<String> {
    let Some(trace) = error.downcast_ref::<wasmtime::WasmBacktrace>() else {
        return Vec::new();
    };
    let frame = |frame: &wasmtime::FrameInfo| {
        let name = frame
            .func_name()
            .map_or_else(|| format!("function {}", frame.func_index()), str::to_owned);
        match frame.module_offset() {
            Some(offset) => format!("{name} (offset {offset:#x})"),
            None => name,
        }
    };
    trace.frames().iter().take(16).map(frame).collect()
}

impl HasWasi for State {
    fn wasi(&mut self) -> &mut Wasi {
        &mut self.wasi
    }

    fn memory(&self) -> Option<Memory> {
        self.memory
    }
}

impl ResourceLimiter for State {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // Ending the guest, and not a refusal that it may ignore: what a program does after a failed
        // allocation is seldom tested, and a loop that swallows it would run until its deadline.
        if (desired as u64).saturating_sub(self.base_bytes) > self.limits.memory.0 {
            return Err(Ended::Memory.into());
        }
        self.memory_bytes = self.memory_bytes.max(desired as u64);
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired as u64 <= MAX_TABLE_ELEMENTS)
    }
}

/// Arranges that a guest which computes is asked at every tick whether it may go on, and lets others run.
pub(crate) fn install_ticks(store: &mut Store<State>) {
    store.limiter(|state| state);
    store.epoch_deadline_callback(|context| {
        let state = context.data();
        if Instant::now() >= state.deadline {
            return Err(Ended::Deadline.into());
        }
        if state.meter.now() >= state.limits.cpu_time {
            return Err(Ended::CpuTime.into());
        }
        Ok(UpdateDeadline::Yield(1))
    });
}

/// What is left until `deadline`.
pub(crate) fn remaining(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}
