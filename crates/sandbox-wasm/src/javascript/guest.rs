//! Driving QuickJS through its C interface, for everything that is not on the path of a call.
//!
//! Values are the interpreter's own 64-bit words. Whoever gets one from here owns a reference; most are never
//! freed, since they become roots of the base image or are gone with the sandbox.

use wasmtime::{AsContext, AsContextMut, Caller, StoreContextMut, WasmParams, WasmResults};

use super::{base::Roots, frozen, shim::value};
use crate::{instance::Instance, state::State};

/// Flags of `JS_Eval2`.
pub(super) mod eval {
    pub(crate) const GLOBAL: i32 = 0;
    pub(crate) const MODULE: i32 = 1;
    pub(crate) const COMPILE_ONLY: i32 = 1 << 5;
}

/// Flag of `JS_WriteObject` and `JS_ReadObject`: functions and modules are allowed.
const BYTECODE: i32 = 1;

/// The interpreter in an instance.
pub(super) struct Guest<'a> {
    pub(super) store: StoreContextMut<'a, State>,
    instance: wasmtime::Instance,
    pub(super) runtime: i32,
    pub(super) context: i32,
}

impl<'a> Guest<'a> {
    /// The interpreter of an instance of the base image, or of one that began there.
    pub(super) fn of(instance: &'a mut Instance, roots: &Roots) -> Self {
        Guest {
            instance: instance.instance,
            store: instance.store.as_context_mut(),
            runtime: roots.runtime,
            context: roots.context,
        }
    }

    /// The interpreter that is calling a host function, which may call it back.
    pub(super) fn calling(
        caller: &'a mut Caller<'_, State>,
        roots: &Roots,
    ) -> wasmtime::Result<Self> {
        let instance = caller
            .data()
            .instance
            .ok_or_else(|| wasmtime::format_err!("a guest called before it was made"))?;
        Ok(Guest {
            instance,
            store: caller.as_context_mut(),
            runtime: roots.runtime,
            context: roots.context,
        })
    }

    /// Starts the interpreter in a blank instance.
    pub(super) async fn start(instance: &'a mut Instance) -> wasmtime::Result<Self> {
        let mut guest = Guest {
            instance: instance.instance,
            store: instance.store.as_context_mut(),
            runtime: 0,
            context: 0,
        };
        let () = guest.call("_initialize", ()).await?;
        let failed: i32 = guest.call("qjs_init", ()).await?;
        wasmtime::ensure!(failed == 0, "qjs_init failed");
        guest.runtime = guest.call("qjs_get_runtime_ptr", ()).await?;
        guest.context = guest.call("qjs_get_context_ptr", ()).await?;
        Ok(guest)
    }

    pub(super) async fn call<P, R>(&mut self, name: &str, params: P) -> wasmtime::Result<R>
    where
        P: WasmParams + Sync,
        R: WasmResults + Sync,
    {
        let function = self
            .instance
            .get_typed_func::<P, R>(&mut self.store, name)?;
        self.store.set_epoch_deadline(1);
        function.call_async(&mut self.store, params).await
    }

    pub(super) fn state(&mut self) -> &mut State {
        self.store.data_mut()
    }

    /// Copies `bytes` and a closing zero into memory of the guest's; freed with [`Self::free`].
    pub(super) async fn place(&mut self, bytes: &[u8]) -> wasmtime::Result<i32> {
        let length = i32::try_from(bytes.len() + 1)?;
        let pointer: i32 = self.call("malloc", length).await?;
        wasmtime::ensure!(pointer != 0, "the guest has no memory for {length} bytes");
        let start = pointer.cast_unsigned() as usize;
        let place = self.memory_mut().get_mut(start..=start + bytes.len());
        let place = place.ok_or_else(|| {
            wasmtime::format_err!("the guest's malloc gave memory that it has not")
        })?;
        place[..bytes.len()].copy_from_slice(bytes);
        place[bytes.len()] = 0;
        Ok(pointer)
    }

    pub(super) async fn free(&mut self, pointer: i32) -> wasmtime::Result<()> {
        self.call("free", pointer).await
    }

    /// Evaluates or compiles `source`, whose first line counts as `first_line`.
    pub(super) async fn eval(
        &mut self,
        source: &str,
        file: &str,
        flags: i32,
        first_line: i32,
    ) -> wasmtime::Result<i64> {
        let text = self.place(source.as_bytes()).await?;
        let name = self.place(file.as_bytes()).await?;
        // `JSEvalOptions`: version, flags, file name, line number.
        let options: Vec<u8> = [1, flags, name, first_line]
            .into_iter()
            .flat_map(i32::to_le_bytes)
            .collect();
        let options = self.place(&options).await?;
        let length = i32::try_from(source.len())?;
        let result = self
            .call("JS_Eval2", (self.context, text, length, options))
            .await?;
        for pointer in [text, name, options] {
            self.free(pointer).await?;
        }
        Ok(result)
    }

    /// Compiled code as bytes that [`Self::read_bytecode`] takes.
    pub(super) async fn write_bytecode(&mut self, compiled: i64) -> wasmtime::Result<Vec<u8>> {
        let length = self.place(&[0; 4]).await?;
        let bytes: i32 = self
            .call("JS_WriteObject", (self.context, length, compiled, BYTECODE))
            .await?;
        wasmtime::ensure!(bytes != 0, "the guest cannot write its bytecode");
        let memory = self.memory_mut();
        let length = length.cast_unsigned() as usize;
        let count = memory
            .get(length..length + 4)
            .and_then(|word| word.try_into().ok())
            .map(u32::from_le_bytes);
        let start = bytes.cast_unsigned() as usize;
        let written = count.and_then(|count| memory.get(start..start + count as usize));
        written
            .map(<[u8]>::to_vec)
            .ok_or_else(|| wasmtime::format_err!("the guest's bytecode lies outside of its memory"))
    }

    /// Makes compiled code from bytes of [`Self::write_bytecode`] of the same guest.
    pub(super) async fn read_bytecode(&mut self, bytecode: &[u8]) -> wasmtime::Result<i64> {
        let place = self.place(bytecode).await?;
        let length = i32::try_from(bytecode.len())?;
        let read = self
            .call("JS_ReadObject", (self.context, place, length, BYTECODE))
            .await?;
        // What stays in freed memory would be in the function's image.
        let start = place.cast_unsigned() as usize;
        if let Some(place) = self.memory_mut().get_mut(start..start + bytecode.len()) {
            place.fill(0);
        }
        self.free(place).await?;
        Ok(read)
    }

    /// Calls `function` with `arguments`; pending jobs stay pending.
    pub(super) async fn apply(
        &mut self,
        function: i64,
        arguments: &[i64],
    ) -> wasmtime::Result<i64> {
        let bytes: Vec<u8> = arguments
            .iter()
            .flat_map(|argument| argument.to_le_bytes())
            .collect();
        let place = self.place(&bytes).await?;
        let count = i32::try_from(arguments.len())?;
        let result = self
            .call(
                "JS_Call",
                (self.context, function, value::UNDEFINED, count, place),
            )
            .await?;
        self.free(place).await?;
        Ok(result)
    }

    pub(super) async fn property(&mut self, object: i64, name: &str) -> wasmtime::Result<i64> {
        let name = self.place(name.as_bytes()).await?;
        let found = self
            .call("JS_GetPropertyStr", (self.context, object, name))
            .await?;
        self.free(name).await?;
        Ok(found)
    }

    /// A new object with these properties.
    pub(super) async fn object(&mut self, properties: &[(&str, i64)]) -> wasmtime::Result<i64> {
        let object: i64 = self.eval("({})", "hydra:object", eval::GLOBAL, 1).await?;
        for &(name, property) in properties {
            let name = self.place(name.as_bytes()).await?;
            let set = (self.context, object, name, property);
            let _: i32 = self.call("JS_SetPropertyStr", set).await?;
            self.free(name).await?;
        }
        Ok(object)
    }

    /// The pending exception as text; for failures of our own code only.
    pub(super) async fn exception_text(&mut self) -> wasmtime::Result<String> {
        let exception: i64 = self.call("JS_GetException", self.context).await?;
        let stack = self.property(exception, "stack").await?;
        Ok(format!(
            "{}; {}",
            self.text(exception).await?,
            self.text(stack).await?
        ))
    }

    /// Hands the pending exception to the prelude, which describes it to the host.
    pub(super) async fn fail(&mut self, roots: &Roots) -> wasmtime::Result<()> {
        let exception: i64 = self.call("JS_GetException", self.context).await?;
        self.apply(roots.fail, &[exception]).await?;
        Ok(())
    }

    /// Takes all objects that there are out of the cycle collector's sight.
    pub(super) fn freeze(&mut self, roots: &Roots) -> wasmtime::Result<()> {
        match frozen::freeze(self.memory_mut(), roots.objects) {
            Some(_) => Ok(()),
            None => Err(wasmtime::format_err!(
                "the list of collectable objects is broken"
            )),
        }
    }

    /// A value as text.
    pub(super) async fn text(&mut self, value: i64) -> wasmtime::Result<String> {
        let text: i32 = self
            .call("JS_ToCStringLen2", (self.context, 0_i32, value, 0_i32))
            .await?;
        let bytes = self
            .memory_mut()
            .get(text.cast_unsigned() as usize..)
            .unwrap_or_default();
        let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(0);
        let owned = String::from_utf8_lossy(&bytes[..end]).into_owned();
        if text != 0 {
            let () = self.call("JS_FreeCString", (self.context, text)).await?;
        }
        Ok(owned)
    }

    /// A new string.
    pub(super) async fn string(&mut self, text: &str) -> wasmtime::Result<i64> {
        let place = self.place(text.as_bytes()).await?;
        let length = i32::try_from(text.len())?;
        let string = self
            .call("JS_NewStringLen", (self.context, place, length))
            .await?;
        self.free(place).await?;
        Ok(string)
    }

    /// The text at `pointer` up to its zero.
    pub(super) fn text_at(&self, pointer: i32) -> Option<String> {
        const MAX_TEXT_BYTES: usize = 64 << 10;
        let memory = self.store.data().memory?;
        let bytes = memory
            .data(self.store.as_context())
            .get(pointer.cast_unsigned() as usize..)?;
        let end = bytes
            .iter()
            .take(MAX_TEXT_BYTES)
            .position(|&byte| byte == 0)?;
        String::from_utf8(bytes[..end].to_vec()).ok()
    }

    /// The word at `place`, 0 where there is none.
    pub(super) fn word(&mut self, place: u32) -> u32 {
        let start = place as usize;
        let bytes = self.memory_mut().get(start..start + 4);
        bytes
            .and_then(|bytes| bytes.try_into().ok())
            .map_or(0, u32::from_le_bytes)
    }

    pub(super) fn memory_mut(&mut self) -> &mut [u8] {
        match self.store.data().memory {
            Some(memory) => memory.data_mut(&mut self.store),
            None => &mut [],
        }
    }
}
