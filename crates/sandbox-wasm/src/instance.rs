//! Making an engine instance over a slot, and taking its state out again.
//!
//! An instance is cheap to make (microseconds) and costs memory to keep: its own tables and function records, and
//! the stack that the engine caches with it. What a sandbox *is* lies elsewhere: linear memory in the slot,
//! mutable globals, and the host's [`State`]. So instances come and go while sandboxes live; see [`crate::body`].

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use hydra_image::GlobalValue;
use wasmtime::{
    Engine, Global, InstancePre, Linker, Store, TypedFunc, Val, WasmParams, WasmResults,
};

use crate::{code_cache::Code, glue, slots::Lease, split, state, state::State};

/// A module with its imports resolved.
pub(crate) struct Linked {
    pub(crate) code: Arc<Code>,
    pre: InstancePre<State>,
    globals: Vec<String>,
}

impl Linked {
    pub(crate) fn new(
        linker: &Linker<State>,
        code: Arc<Code>,
        mutable_globals: &[u32],
    ) -> wasmtime::Result<Self> {
        let pre = linker.instantiate_pre(&code.module)?;
        let globals = mutable_globals
            .iter()
            .map(|&index| split::global_export(index))
            .collect();
        Ok(Self { code, pre, globals })
    }

    /// Makes an instance whose memory is `lease`'s slot as it is now.
    pub(crate) fn instantiate(
        &self,
        engine: &Engine,
        state: State,
        lease: &Lease,
    ) -> wasmtime::Result<Instance> {
        let mut store = Store::new(engine, state);
        state::install_ticks(&mut store);
        // Nothing waits here: no module has a start function any more.
        let instance =
            glue::next_memory(lease, || ready_now(self.pre.instantiate_async(&mut store)))
                .ok_or_else(|| wasmtime::format_err!("instantiation waited"))??;
        let memory = instance.get_memory(&mut store, "memory");
        let bytes = memory.map_or(0, |memory| memory.data_size(&store) as u64);
        let state = store.data_mut();
        state.memory = memory;
        state.memory_bytes = bytes;
        state.instance = Some(instance);
        let find = |name: &String| instance.get_global(&mut store, name);
        let globals = self.globals.iter().map(find).collect::<Option<_>>();
        let globals =
            globals.ok_or_else(|| wasmtime::format_err!("a mutable global is not exported"))?;
        Ok(Instance {
            store,
            instance,
            globals,
        })
    }
}

/// A live engine instance.
pub(crate) struct Instance {
    pub(crate) store: Store<State>,
    pub(crate) instance: wasmtime::Instance,
    globals: Vec<Global>,
}

impl Instance {
    pub(crate) fn function<P: WasmParams, R: WasmResults>(
        &mut self,
        name: &str,
    ) -> wasmtime::Result<TypedFunc<P, R>> {
        self.instance.get_typed_func(&mut self.store, name)
    }

    /// The values of the mutable globals.
    pub(crate) fn globals(&mut self) -> wasmtime::Result<Vec<GlobalValue>> {
        let values = self
            .globals
            .iter()
            .map(|global| match global.get(&mut self.store) {
                Val::I32(value) => Ok(GlobalValue::I32(value)),
                Val::I64(value) => Ok(GlobalValue::I64(value)),
                Val::F32(bits) => Ok(GlobalValue::F32(bits)),
                Val::F64(bits) => Ok(GlobalValue::F64(bits)),
                _ => Err(wasmtime::format_err!(
                    "a mutable global holds a reference or a vector"
                )),
            });
        values.collect()
    }

    pub(crate) fn set_globals(&mut self, values: &[GlobalValue]) -> wasmtime::Result<()> {
        for (global, value) in self.globals.iter().zip(values) {
            let value = match *value {
                GlobalValue::I32(value) => Val::I32(value),
                GlobalValue::I64(value) => Val::I64(value),
                GlobalValue::F32(bits) => Val::F32(bits),
                GlobalValue::F64(bits) => Val::F64(bits),
            };
            global.set(&mut self.store, value)?;
        }
        Ok(())
    }

    /// Ends the instance; the slot keeps its memory.
    pub(crate) fn into_state(self) -> State {
        self.store.into_data()
    }
}

/// The output of a future that never waits.
fn ready_now<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}
