//! The few functions that join the QuickJS module, written as instructions.
//!
//! QuickJS calls C functions through its table and hands them its own values. A host function cannot take that
//! place: to make a string it would have to call back into the guest, and a guest call inside a host call is a
//! second stack. So the glue is wasm itself and the host sees only numbers and byte ranges.
//!
//! `hydra_host(op, shape, payload)` is the one function that the prelude gets. `shape` is
//! `gives | wants << 4`:
//!
//! | code | gives (payload) | wants (result) |
//! |---|---|---|
//! | 0 | nothing | the number that the host returned |
//! | 1 | a string, as UTF-8 | a string |
//! | 2 | a `Uint8Array` | a `Uint8Array` |
//! | 3 | | a JSON text, parsed |
//! | 4 | | bytecode of a script, read and run: what it evaluates to |
//! | 5 | | source text, evaluated: what it evaluates to, or the promise of a module |
//! | 6 | | without asking the host: the result of the promise that is the payload |
//! | 7 | | without asking the host: from now on the payload, a function, is called with each new promise |
//!
//! ```text
//! host_call(op, ptr, len, 0, 0) ─► n        n < 0 where something was wanted: the result is null
//! host_call(TAKE, buffer, n, 0, 0) ─► k     the host fills the buffer that the shim allocated
//! ```
//!
//! Source text travels as flags and first line (32 bits each), the file's name with a zero, and from byte `k` on the
//! text.
//!
//! `hydra_call(context, runtime, function) -> value` calls a function without arguments and then runs jobs
//! (promise reactions) until none is left. One entry from the host per turn, not one per C call.
//!
//! `hydra_promise(context, kind, promise, parent, function)` is the promise hook that shape 7 installs. `function` is
//! never freed: it is the prelude's.
//!
//! The imports keep their indices; `env.host_call`, which the package's own host functions would use, is ours,
//! since the prelude makes no such functions.

use std::collections::HashMap;

use wasm_encoder::{BlockType, Encode, Function, InstructionSink, MemArg, ValType};
use wasmparser::{ExternalKind, Parser, Payload, TypeRef};

use crate::split::{AddedFunction, Additions, SplitError};

/// The operation by which the shim fetches what the host has for it.
pub(crate) const TAKE: i32 = -1;

/// Exports of the guest that the host calls or reads. All others are dropped, since every exported function
/// costs each instance 32 bytes.
const KEPT_EXPORTS: &[&str] = &[
    "memory",
    "__stack_pointer",
    "_initialize",
    "qjs_init",
    "qjs_get_runtime_ptr",
    "qjs_get_context_ptr",
    "malloc",
    "free",
    "JS_NewCFunction2",
    "JS_GetGlobalObject",
    "JS_SetPropertyStr",
    "JS_GetPropertyStr",
    "JS_Eval2",
    "JS_EvalFunction",
    "JS_ResolveModule",
    "JS_WriteObject",
    "JS_ReadObject",
    "JS_GetModuleNamespace",
    "JS_FreeValue",
    "JS_GetException",
    "JS_ToCStringLen2",
    "JS_FreeCString",
    "JS_Call",
    "JS_RunGC",
    "JS_SetGCThreshold",
    "JS_SetMaxStackSize",
    "JS_Throw",
    "JS_NewStringLen",
    "JS_NewArrayBufferCopy",
    "JS_GetArrayBuffer",
    "qjs_set_module_loader",
];

/// A `JSValue` of the 32-bit build: tag above, payload below.
pub(crate) mod value {
    const fn tagged(tag: i64) -> i64 {
        tag << 32
    }
    pub(super) const OBJECT: i64 = tagged(-1);
    pub(crate) const NULL: i64 = tagged(2);
    pub(crate) const UNDEFINED: i64 = tagged(3);
    pub(crate) const EXCEPTION: i64 = tagged(6);

    /// The tag of a value; floats have others than these.
    pub(crate) const fn tag(value: i64) -> i32 {
        (value >> 32) as i32
    }

    /// The payload: a small integer, or a pointer.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the payload is the low half"
    )]
    pub(crate) const fn payload(value: i64) -> i32 {
        value as i32
    }
}

/// What joins `guest`.
///
/// # Errors
///
/// The guest is not the module that the shim was written for: something it builds on is missing.
pub(crate) fn additions(guest: &[u8]) -> Result<Additions, SplitError> {
    let functions = function_indices(guest)?;
    let index = |name: &str| {
        let missing = || SplitError::Invalid {
            reason: format!("no function {name:?}; is this quickjs-wasi?"),
            offset: 0,
        };
        functions.get(name).copied().ok_or_else(missing)
    };
    let callees = Callees {
        host_call: index("env.host_call")?,
        to_c_string: index("JS_ToCStringLen2")?,
        free_c_string: index("JS_FreeCString")?,
        get_bytes: index("JS_GetUint8Array")?,
        new_string: index("JS_NewStringLen")?,
        new_bytes: index("JS_NewUint8ArrayCopy")?,
        parse_json: index("JS_ParseJSON")?,
        malloc: index("malloc")?,
        free: index("free")?,
        call: index("JS_Call")?,
        execute_job: index("JS_ExecutePendingJob")?,
        free_value: index("JS_FreeValue")?,
        read_object: index("JS_ReadObject")?,
        eval_function: index("JS_EvalFunction")?,
        eval: index("JS_Eval2")?,
        promise_result: index("JS_PromiseResult")?,
        runtime: index("JS_GetRuntime")?,
        set_promise_hook: index("JS_SetPromiseHook")?,
    };
    let hook_table_index = host_table_index(guest)? + 2;
    Ok(Additions {
        keep_exports: Some(KEPT_EXPORTS),
        types: vec![
            function_type(
                &[ValType::I32, ValType::I64, ValType::I32, ValType::I32],
                &[ValType::I64],
            ),
            function_type(&[ValType::I32, ValType::I32, ValType::I64], &[ValType::I64]),
            function_type(
                &[
                    ValType::I32,
                    ValType::I32,
                    ValType::I64,
                    ValType::I64,
                    ValType::I32,
                ],
                &[],
            ),
        ],
        functions: vec![
            AddedFunction {
                type_index: 0,
                export: "hydra_host",
                body: host(&callees, hook_table_index),
            },
            AddedFunction {
                type_index: 1,
                export: "hydra_call",
                body: call(&callees),
            },
            AddedFunction {
                type_index: 2,
                export: "hydra_promise",
                body: promise_hook(&callees),
            },
        ],
    })
}

/// Where in the table [`crate::split`] places `hydra_host`: behind the guest's own elements.
pub(crate) fn host_table_index(guest: &[u8]) -> Result<i32, SplitError> {
    for payload in Parser::new(0).parse_all(guest) {
        let Payload::TableSection(section) = payload? else {
            continue;
        };
        if let Some(table) = section.into_iter().next() {
            return Ok(i32::try_from(table?.ty.initial).unwrap_or(i32::MAX));
        }
    }
    Err(SplitError::Invalid {
        reason: "no table; is this quickjs-wasi?".to_owned(),
        offset: 0,
    })
}

/// Flag of `JS_ReadObject`: functions are allowed.
const BYTECODE: i32 = 1;

struct Callees {
    host_call: u32,
    to_c_string: u32,
    free_c_string: u32,
    get_bytes: u32,
    new_string: u32,
    new_bytes: u32,
    parse_json: u32,
    malloc: u32,
    free: u32,
    call: u32,
    execute_job: u32,
    free_value: u32,
    read_object: u32,
    eval_function: u32,
    eval: u32,
    promise_result: u32,
    runtime: u32,
    set_promise_hook: u32,
}

/// Indices of exported functions by name, and of imported ones as `module.name`.
fn function_indices(guest: &[u8]) -> Result<HashMap<String, u32>, SplitError> {
    let mut indices = HashMap::new();
    for payload in Parser::new(0).parse_all(guest) {
        match payload? {
            Payload::ImportSection(section) => {
                let functions = section
                    .into_imports()
                    .filter(|i| matches!(i, Ok(i) if matches!(i.ty, TypeRef::Func(_))));
                for (index, import) in (0_u32..).zip(functions) {
                    let import = import?;
                    indices.insert(format!("{}.{}", import.module, import.name), index);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if export.kind == ExternalKind::Func {
                        indices.insert(export.name.to_owned(), export.index);
                    }
                }
            }
            _ => {}
        }
    }
    Ok(indices)
}

fn function_type(params: &[ValType], results: &[ValType]) -> Vec<u8> {
    let mut bytes = vec![0x60];
    params.encode(&mut bytes);
    results.encode(&mut bytes);
    bytes
}

const fn at(offset: u64) -> MemArg {
    MemArg {
        offset,
        align: 2,
        memory_index: 0,
    }
}

/// Events shorter than this are taken on the stack, whose page every call writes anyway; longer ones in allocated
/// memory.
const ROOM_BYTES: i32 = 512;

/// Stack of `hydra_host`: a word, kept aligned, `JSEvalOptions`, and the room.
const HOST_FRAME_BYTES: i32 = ROOM_AT + ROOM_BYTES;
const OPTIONS_AT: i32 = 16;
const ROOM_AT: i32 = 32;

/// Of the text that travels as source: where the file's name begins.
const FILE_AT: i32 = 8;

/// The guest's stack pointer is its only global.
const STACK_POINTER: u32 = 0;

/// `(context, this, argc, argv) -> value`: see the module's header.
fn host(callees: &Callees, hook_table_index: i32) -> Vec<u8> {
    let (context, argv) = (0, 3);
    let (scratch, gives, wants, pointer, length, taken, result) = (4, 5, 6, 7, 8, 9, 10);
    let mut function = Function::new([(6, ValType::I32), (1, ValType::I64)]);
    let mut i = function.instructions();
    // A word of stack for the callees to write a length to, and room for what is small.
    i.global_get(STACK_POINTER)
        .i32_const(HOST_FRAME_BYTES)
        .i32_sub()
        .local_tee(scratch)
        .global_set(STACK_POINTER);
    i.local_get(argv)
        .i32_load(at(8))
        .local_tee(wants)
        .i32_const(15)
        .i32_and()
        .local_set(gives);
    i.local_get(wants).i32_const(4).i32_shr_u().local_set(wants);
    i.local_get(scratch).i32_const(0).i32_store(at(0));
    i.local_get(wants)
        .i32_const(6)
        .i32_eq()
        .if_(BlockType::Empty);
    i.local_get(context)
        .local_get(argv)
        .i64_load(at(16))
        .call(callees.promise_result)
        .local_set(result);
    leave(&mut i, scratch, HOST_FRAME_BYTES, result);
    i.end();
    i.local_get(wants)
        .i32_const(7)
        .i32_eq()
        .if_(BlockType::Empty);
    i.local_get(context)
        .call(callees.runtime)
        .i32_const(hook_table_index)
        .local_get(argv)
        .i32_load(at(16))
        .call(callees.set_promise_hook);
    i.i64_const(value::UNDEFINED).local_set(result);
    leave(&mut i, scratch, HOST_FRAME_BYTES, result);
    i.end();

    // Everything that fails leaves this block with the exception that it raised.
    i.block(BlockType::Empty);
    i.local_get(gives)
        .i32_const(1)
        .i32_eq()
        .if_(BlockType::Empty);
    i.local_get(context)
        .local_get(scratch)
        .local_get(argv)
        .i64_load(at(16))
        .i32_const(0)
        .call(callees.to_c_string);
    i.local_tee(pointer).i32_eqz().br_if(1);
    i.end();
    i.local_get(gives)
        .i32_const(2)
        .i32_eq()
        .if_(BlockType::Empty);
    i.local_get(context)
        .local_get(scratch)
        .local_get(argv)
        .i64_load(at(16))
        .call(callees.get_bytes);
    i.local_tee(pointer).i32_eqz().br_if(1);
    i.end();

    i.local_get(argv)
        .i32_load(at(0))
        .local_get(pointer)
        .local_get(scratch)
        .i32_load(at(0));
    i.i32_const(0)
        .i32_const(0)
        .call(callees.host_call)
        .local_set(length);
    i.local_get(gives)
        .i32_const(1)
        .i32_eq()
        .if_(BlockType::Empty);
    i.local_get(context)
        .local_get(pointer)
        .call(callees.free_c_string);
    i.end();

    i.local_get(wants).i32_eqz().if_(BlockType::Empty);
    i.local_get(length).i64_extend_i32_u().local_set(result);
    leave(&mut i, scratch, HOST_FRAME_BYTES, result);
    i.end();
    i.local_get(length)
        .i32_const(0)
        .i32_lt_s()
        .if_(BlockType::Empty);
    i.i64_const(value::NULL).local_set(result);
    leave(&mut i, scratch, HOST_FRAME_BYTES, result);
    i.end();

    i.local_get(scratch)
        .i32_const(ROOM_AT)
        .i32_add()
        .local_set(pointer);
    i.local_get(length)
        .i32_const(ROOM_BYTES)
        .i32_ge_u()
        .if_(BlockType::Empty);
    i.local_get(length)
        .i32_const(1)
        .i32_add()
        .call(callees.malloc)
        .local_tee(pointer)
        .i32_eqz()
        .br_if(1);
    i.end();
    i.i32_const(TAKE)
        .local_get(pointer)
        .local_get(length)
        .i32_const(0)
        .i32_const(0)
        .call(callees.host_call)
        .local_set(taken);
    // The byte behind ends the text for the JSON parser, and is the empty file name that it asks for.
    i.local_get(pointer)
        .local_get(length)
        .i32_add()
        .i32_const(0)
        .i32_store8(MemArg { align: 0, ..at(0) });
    for (code, make) in [(1, callees.new_string), (2, callees.new_bytes)] {
        i.local_get(wants)
            .i32_const(code)
            .i32_eq()
            .if_(BlockType::Empty);
        i.local_get(context)
            .local_get(pointer)
            .local_get(length)
            .call(make)
            .local_set(result);
        i.end();
    }
    i.local_get(wants)
        .i32_const(3)
        .i32_eq()
        .if_(BlockType::Empty);
    i.local_get(context).local_get(pointer).local_get(length);
    i.local_get(pointer)
        .local_get(length)
        .i32_add()
        .call(callees.parse_json)
        .local_set(result);
    i.end();
    i.local_get(wants)
        .i32_const(4)
        .i32_eq()
        .if_(BlockType::Empty);
    i.local_get(context)
        .local_get(pointer)
        .local_get(length)
        .i32_const(BYTECODE)
        .call(callees.read_object)
        .local_set(result);
    // What stays in freed memory would be in the function's image.
    i.local_get(pointer)
        .i32_const(0)
        .local_get(length)
        .memory_fill(0);
    i.local_get(result)
        .i64_const(value::EXCEPTION)
        .i64_ne()
        .if_(BlockType::Empty);
    i.local_get(context)
        .local_get(result)
        .call(callees.eval_function)
        .local_set(result);
    i.end();
    i.end();
    i.local_get(wants)
        .i32_const(5)
        .i32_eq()
        .if_(BlockType::Empty);
    // Version 1 of the options; flags and first line as they came.
    i.local_get(scratch)
        .i32_const(1)
        .i32_store(at(u64::from(OPTIONS_AT.unsigned_abs())));
    for (word, from) in [(1, 0), (3, 4)] {
        i.local_get(scratch)
            .local_get(pointer)
            .i32_load(at(from))
            .i32_store(at(u64::from(OPTIONS_AT.unsigned_abs()) + 4 * word));
    }
    i.local_get(scratch)
        .local_get(pointer)
        .i32_const(FILE_AT)
        .i32_add()
        .i32_store(at(u64::from(OPTIONS_AT.unsigned_abs()) + 8));
    i.local_get(context)
        .local_get(pointer)
        .local_get(taken)
        .i32_add()
        .local_get(length)
        .local_get(taken)
        .i32_sub()
        .local_get(scratch)
        .i32_const(OPTIONS_AT)
        .i32_add()
        .call(callees.eval)
        .local_set(result);
    i.end();
    i.local_get(length)
        .i32_const(ROOM_BYTES)
        .i32_ge_u()
        .if_(BlockType::Empty);
    i.local_get(pointer).call(callees.free);
    i.end();
    leave(&mut i, scratch, HOST_FRAME_BYTES, result);
    i.end();

    i.i64_const(value::EXCEPTION).local_set(result);
    leave(&mut i, scratch, HOST_FRAME_BYTES, result);
    i.unreachable().end();
    function.into_raw_body()
}

/// Gives the stack back and returns.
fn leave(i: &mut InstructionSink<'_>, scratch: u32, frame_bytes: i32, result: u32) {
    i.local_get(scratch)
        .i32_const(frame_bytes)
        .i32_add()
        .global_set(STACK_POINTER)
        .local_get(result)
        .return_();
}

/// `(context, runtime, function) -> value`: see the module's header.
fn call(callees: &Callees) -> Vec<u8> {
    let (context, runtime, callee) = (0, 1, 2);
    let (scratch, result) = (3, 4);
    let mut function = Function::new([(1, ValType::I32), (1, ValType::I64)]);
    let mut i = function.instructions();
    i.global_get(STACK_POINTER)
        .i32_const(16)
        .i32_sub()
        .local_tee(scratch)
        .global_set(STACK_POINTER);
    i.local_get(context)
        .local_get(callee)
        .i64_const(value::UNDEFINED)
        .i32_const(0)
        .i32_const(0)
        .call(callees.call);
    i.local_set(result);
    i.loop_(BlockType::Empty);
    i.local_get(runtime)
        .local_get(scratch)
        .call(callees.execute_job)
        .i32_const(0)
        .i32_gt_s()
        .br_if(0);
    i.end();
    // Whatever the function returned that is not a number is not for the host to keep.
    i.local_get(context)
        .local_get(result)
        .call(callees.free_value);
    leave(&mut i, scratch, 16, result);
    i.unreachable().end();
    function.into_raw_body()
}

/// `(context, kind, promise, parent, function)`: see the module's header.
fn promise_hook(callees: &Callees) -> Vec<u8> {
    /// `JS_PROMISE_HOOK_INIT`.
    const INIT: i32 = 0;
    let (context, kind, promise, callee) = (0, 1, 2, 4);
    let scratch = 5;
    let mut function = Function::new([(1, ValType::I32)]);
    let mut i = function.instructions();
    i.local_get(kind)
        .i32_const(INIT)
        .i32_ne()
        .if_(BlockType::Empty)
        .return_()
        .end();
    i.global_get(STACK_POINTER)
        .i32_const(16)
        .i32_sub()
        .local_tee(scratch)
        .global_set(STACK_POINTER);
    i.local_get(scratch).local_get(promise).i64_store(at(0));
    i.local_get(context)
        .local_get(context)
        .local_get(callee)
        .i64_extend_i32_u()
        .i64_const(value::OBJECT)
        .i64_or()
        .i64_const(value::UNDEFINED)
        .i32_const(1)
        .local_get(scratch)
        .call(callees.call)
        .call(callees.free_value);
    i.local_get(scratch)
        .i32_const(16)
        .i32_add()
        .global_set(STACK_POINTER)
        .end();
    function.into_raw_body()
}
