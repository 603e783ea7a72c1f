//! The JavaScript base image: an initialised interpreter with the prelude and the library evaluated.
//!
//! Made once per guest, prelude, library and recipe, then found in the image store by the hash of the four.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes as Buffer;
use hydra_image::{GlobalValue, Snapshot};
use hydra_types::{Bytes, Limits, RequestId};
use serde::{Deserialize, Serialize};
use wasmtime::Linker;

use super::{
    frozen,
    guest::{Guest, eval},
    headroom,
    ops::{self, Turn},
    shim,
    shim::value,
};
use crate::{
    block_on::block_on,
    body::Point,
    core::{Core, StartError},
    instance::{Instance, Linked},
    memory_image::{BaseMemory, MemoryImage},
    slots::Lease,
    split::{self, SplitModule},
    state::State,
    wasi::{self, Wasi, WasiConfig},
};

/// The prelude, see its own header.
const PRELUDE: &str = include_str!("../../../../guests/javascript/prelude.js");

/// The library, built by `cargo xtask guests` from guests/javascript/library; it lies beside the guest.
pub(super) const LIBRARY_FILE: &str = "library.js";

/// The number of the interface between this crate and the library; see guests/javascript/package.toml.
const INTERFACE: u32 = 1;

/// What the guest may start with.
const MAX_GUEST_MEMORY: Bytes = Bytes::mib(64);

/// Counts changes of the recipe below that change the image.
const RECIPE: &[u8] = b"13";

/// The shared part of all JavaScript functions.
pub(super) struct Base {
    pub(super) linked: Arc<Linked>,
    pub(super) memory: Arc<BaseMemory>,
    pub(super) point: Arc<Point>,
    pub(super) roots: Roots,
    pub(super) builtins: Builtins,
}

/// Values in the base image that the host calls, and places that it writes.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Roots {
    pub(super) runtime: i32,
    pub(super) context: i32,
    /// Where the state of `Math.random` lies.
    pub(super) random_state: u32,
    /// Where the runtime counts the bytes that it has allocated.
    pub(super) allocated: u32,
    /// What it had allocated when the base image was made.
    pub(super) live_bytes: u32,
    /// Where the list of the objects begins that a cycle collection looks at.
    pub(super) objects: u32,
    pub(super) fail: i64,
    pub(super) forget: i64,
    pub(super) json: i64,
    pub(super) bytes: i64,
    pub(super) poll: i64,
    pub(super) commonjs: i64,
    pub(super) watch: i64,
    pub(super) refusal: i64,
    pub(super) exports_of: i64,
}

/// What the base image says of itself.
#[derive(Debug, Serialize, Deserialize)]
struct Meta {
    roots: Roots,
    builtins: Builtins,
}

/// Built-in modules, each with the names that it exports.
pub(super) type Builtins = BTreeMap<String, Vec<String>>;

/// Whether a library was built for the operations that this crate knows; its first line says it.
fn is_for_this_build(library: &str) -> bool {
    let head = library.lines().next().unwrap_or_default();
    head.contains(&format!("interface {INTERFACE},"))
}

impl Base {
    /// Opens the base image of the guest at `path`, or makes it.
    pub(super) fn open(core: &Arc<Core>, path: &Path) -> Result<Self, StartError> {
        let broken = |reason: String| StartError::JavaScript { reason };
        let unreadable =
            |path: &Path, error| broken(format!("cannot read {}: {error}", path.display()));
        let wasm = fs::read(path).map_err(|error| unreadable(path, error))?;
        let library = path.with_file_name(LIBRARY_FILE);
        let library = fs::read_to_string(&library).map_err(|error| unreadable(&library, error))?;
        if !is_for_this_build(&library) {
            return Err(broken(format!(
                "{LIBRARY_FILE} is not of interface {INTERFACE}; build it anew"
            )));
        }
        let split_error = |error: split::SplitError| broken(error.to_string());
        let additions = shim::additions(&wasm).map_err(split_error)?;
        let table_index = shim::host_table_index(&wasm).map_err(split_error)?;
        let module = split::split(&wasm, &additions, MAX_GUEST_MEMORY).map_err(split_error)?;
        if let Some(reason) = module.state_outside_memory {
            return Err(broken(reason.to_owned()));
        }
        let code = core.code.code(&core.engine, &module.wasm)?;
        let engine_error = |error: wasmtime::Error| broken(format!("{error:#}"));
        let linked = Arc::new(link(core, code, &module).map_err(engine_error)?);

        let mut hasher = blake3::Hasher::new();
        for part in [
            linked.code.id.as_bytes().as_slice(),
            &module.data,
            PRELUDE.as_bytes(),
            library.as_bytes(),
            RECIPE,
        ] {
            hasher
                .update(&(part.len() as u64).to_le_bytes())
                .update(part);
        }
        let key = *hasher.finalize().as_bytes();
        let known = core
            .bases
            .recall(&key)
            .and_then(|id| core.bases.open_base(id, linked.code.id).ok());
        let image = match known {
            Some(image) => image,
            None => {
                let image =
                    make(core, &linked, &module, table_index, &library).map_err(engine_error)?;
                core.bases.remember(&key, image.id())?;
                image
            }
        };
        let Meta { roots, builtins } =
            serde_json::from_slice(image.meta()).map_err(|error| broken(error.to_string()))?;
        let globals = image.globals().to_vec();
        let memory = BaseMemory::map(image)?;
        let point = Arc::new(Point {
            memory: MemoryImage::of_base(Arc::clone(&memory))?,
            globals,
        });
        Ok(Self {
            linked,
            memory,
            point,
            roots,
            builtins,
        })
    }
}

impl Base {
    /// Wipes what calls left below the stack pointer, so that it is in no image.
    pub(super) fn clear_stack(&self, lease: &Lease) {
        if let Some(GlobalValue::I32(top)) = self.point.globals.first() {
            lease.write(|memory| wipe(memory, *top));
        }
    }
}

/// Zeroes the stack, which lies below `top`, without touching pages that are zero.
fn wipe(memory: &mut [u8], top: i32) {
    let stack = memory
        .get_mut(..top.cast_unsigned() as usize)
        .unwrap_or_default();
    for page in stack
        .chunks_mut(hydra_sys::PAGE_BYTES)
        .filter(|page| page.iter().any(|&byte| byte != 0))
    {
        page.fill(0);
    }
}

fn link(
    core: &Core,
    code: Arc<crate::code_cache::Code>,
    module: &SplitModule,
) -> wasmtime::Result<Linked> {
    let mut linker = Linker::new(&core.engine);
    wasi::add_to_linker(&mut linker)?;
    ops::add_to_linker(&mut linker)?;
    Linked::new(&linker, code, &module.mutable_globals)
}

/// Host state for work that is no function's.
fn blank_state(core: &Core) -> State {
    let config = WasiConfig::new([], [], Bytes(0), Arc::clone(&core.host), None);
    let limits = Limits {
        memory: Bytes::mib(64),
        cpu_time: Duration::from_secs(60),
        ..Limits::default()
    };
    let mut state = State::new(Wasi::new(Arc::new(config)), Arc::new(limits));
    state.deadline = Instant::now() + Duration::from_secs(60);
    state
        .wasi
        .begin(Buffer::new(), Bytes(0), Bytes::kib(64), state.deadline);
    state
}

fn make(
    core: &Arc<Core>,
    linked: &Linked,
    module: &SplitModule,
    table_index: i32,
    library: &str,
) -> wasmtime::Result<Arc<hydra_image::BaseImage>> {
    let point = crate::blank::publish(core, linked, module)?;
    let lease = core.slots.take(&point.memory)?;
    let mut instance = linked.instantiate(&core.engine, blank_state(core), &lease)?;
    let _running = core.ticker.running();
    let meta = block_on(initialise(&mut instance, table_index, library))?;
    let globals = instance.globals()?;
    wasmtime::ensure!(
        globals == blank_globals(module, &globals),
        "the guest's stack pointer did not return"
    );
    let meta = serde_json::to_vec(&meta)?;
    let guest = linked.code.id;
    let publish = |memory: &[u8]| {
        core.bases.publish_base(&Snapshot {
            guest,
            memory,
            globals: &globals,
            meta: &meta,
        })
    };
    if let Some(GlobalValue::I32(top)) = globals.first() {
        lease.write(|memory| wipe(memory, *top));
    }
    Ok(lease.read(publish)?)
}

/// Between calls the only global, the stack pointer, is where it was at the start: at the end of the stack, which
/// is where data begins.
fn blank_globals(module: &SplitModule, found: &[GlobalValue]) -> Vec<GlobalValue> {
    debug_assert_eq!(
        module.mutable_globals.len(),
        found.len(),
        "one value per global"
    );
    vec![GlobalValue::I32(1 << 20)]
}

async fn initialise(
    instance: &mut Instance,
    table_index: i32,
    library: &str,
) -> wasmtime::Result<Meta> {
    let mut guest = Guest::start(instance).await?;
    let context = guest.context;
    let name = guest.place(b"host").await?;
    // Four parameters are filled up with undefined where fewer are given; the generic protocol is 0.
    let host: i64 = guest
        .call(
            "JS_NewCFunction2",
            (context, table_index, name, 4_i32, 0_i32, 0_i32),
        )
        .await?;
    let () = guest.call("qjs_set_module_loader", 1_i32).await?;
    let prelude = our_own(&mut guest, "hydra:prelude", PRELUDE, &[host]).await?;
    let library_of = [
        ("host", host),
        ("core", guest.property(prelude, "core").await?),
    ];
    let hydra = guest.object(&library_of).await?;
    let library = our_own(&mut guest, "hydra:library", library, &[hydra]).await?;
    let random_state = random_state(&mut guest).await?;
    let mut roots = Roots {
        runtime: guest.runtime,
        context,
        random_state,
        ..Roots::default()
    };
    for (object, name, root) in [
        (prelude, "fail", &mut roots.fail),
        (prelude, "forget", &mut roots.forget),
        (prelude, "json", &mut roots.json),
        (prelude, "bytes", &mut roots.bytes),
        (prelude, "poll", &mut roots.poll),
        (library, "commonjs", &mut roots.commonjs),
        (prelude, "watch", &mut roots.watch),
        (library, "refusal", &mut roots.refusal),
        (library, "exportsOf", &mut roots.exports_of),
    ] {
        *root = guest.property(object, name).await?;
        wasmtime::ensure!(
            value::tag(*root) == -1,
            "the prelude or the library has no function {name:?}"
        );
    }
    let names = guest.property(library, "builtinNames").await?;
    let names = guest.apply(names, &[]).await?;
    let builtins = serde_json::from_str(&guest.text(names).await?)?;
    rehearse(&mut guest, &roots).await?;
    let () = guest.call("JS_RunGC", guest.runtime).await?;
    headroom::make(&mut guest).await?;
    let runtime = guest.runtime.cast_unsigned();
    roots.allocated = allocated(&mut guest).await?;
    roots.live_bytes = guest.word(roots.allocated);
    roots.objects = frozen::find(guest.memory_mut(), runtime)
        .ok_or_else(|| wasmtime::format_err!("the list of collectable objects was not found"))?;
    guest.freeze(&roots)?;
    Ok(Meta { roots, builtins })
}

/// Evaluates a text of ours, which is a function, and calls it.
async fn our_own(
    guest: &mut Guest<'_>,
    name: &str,
    text: &str,
    arguments: &[i64],
) -> wasmtime::Result<i64> {
    let function = guest.eval(text, name, eval::GLOBAL, 1).await?;
    if function == value::EXCEPTION {
        let text = guest.exception_text().await?;
        wasmtime::bail!("{name} does not compile: {text}");
    }
    let made = guest.apply(function, arguments).await?;
    if made == value::EXCEPTION {
        let text = guest.exception_text().await?;
        wasmtime::bail!("{name} fails: {text}");
    }
    Ok(made)
}

/// A function to rehearse with: what functions usually do, so that what the interpreter makes at the first use of
/// a built-in is made here.
const REHEARSAL: &str = "(function (exports, require, module) {
    exports.handler = (event, context) => {
        console.log('%s', event.name, { id: context.awsRequestId });
        const work = async () => { await null; return { message: `Hello, ${event.name}!`, list: [1, 2.5, 'x'] } };
        return event.name ? work() : { message: 'Hello, ' + event.other + '!' };
    };
})";

/// Loads and calls a function and forgets it, so that the first load and the first call of a real one find things
/// as they will stay, and change less of the base.
async fn rehearse(guest: &mut Guest<'_>, roots: &Roots) -> wasmtime::Result<()> {
    let compile = eval::GLOBAL | eval::COMPILE_ONLY;
    let function = guest.eval(REHEARSAL, "/rehearsal.js", compile, 1).await?;
    let bytecode = guest.write_bytecode(function).await?;
    let turn = &mut guest.state().turn;
    turn.request_id = Some(RequestId::from_random_bits(0));
    turn.rehearsal = Some(bytecode.into());
    let path = guest.string("/rehearsal.js").await?;
    guest.apply(roots.commonjs, &[path]).await?;
    wasmtime::ensure!(guest.state().turn.loaded, "the rehearsal does not load");
    for event in [
        r#"{"name":"Ada"}"#,
        r#"{"other":"Ada"}"#,
        r#"{"name":"Bob"}"#,
        r#"{"other":"Eve"}"#,
    ] {
        let turn = &mut guest.state().turn;
        turn.event = Buffer::from_static(event.as_bytes());
        turn.outcome = None;
        for callee in [roots.json, roots.poll] {
            let _: i64 = guest
                .call("hydra_call", (roots.context, roots.runtime, callee))
                .await?;
        }
        let outcome = &guest.state().turn.outcome;
        wasmtime::ensure!(
            matches!(outcome, Some(Ok(_))),
            "the rehearsal fails: {outcome:?}"
        );
    }
    guest.apply(roots.forget, &[]).await?;
    guest.state().turn = Turn::default();
    Ok(())
}

/// Finds where the context keeps the state of `Math.random`: the one word that steps as xorshift64* does when a
/// number is drawn. Sandboxes get a fresh one at every restore.
async fn random_state(guest: &mut Guest<'_>) -> wasmtime::Result<u32> {
    const CONTEXT_BYTES: usize = 1024;
    let start = guest.context.cast_unsigned() as usize;
    let words = |memory: &[u8]| -> Vec<u64> {
        let bytes = memory.get(start..start + CONTEXT_BYTES).unwrap_or_default();
        bytes
            .chunks_exact(8)
            .map(|word| u64::from_le_bytes(word.try_into().unwrap_or_default()))
            .collect()
    };
    let before = words(guest.memory_mut());
    guest
        .eval("Math.random()", "hydra:prelude", eval::GLOBAL, 1)
        .await?;
    let after = words(guest.memory_mut());
    let stepped =
        |(_, (before, after)): &(usize, (&u64, &u64))| **before != 0 && step(**before) == **after;
    let mut found = before.iter().zip(&after).enumerate().filter(stepped);
    let first = found
        .next()
        .ok_or_else(|| wasmtime::format_err!("the state of Math.random was not found"))?;
    wasmtime::ensure!(
        found.next().is_none(),
        "the state of Math.random is ambiguous"
    );
    Ok(u32::try_from(start + first.0 * 8)?)
}

/// Finds where the runtime counts what it has allocated: the one word that grows by a string's length, and a little,
/// when a string is made.
async fn allocated(guest: &mut Guest<'_>) -> wasmtime::Result<u32> {
    const RUNTIME_BYTES: usize = 512;
    const TEXT_BYTES: u32 = 100_000;
    let start = guest.runtime.cast_unsigned() as usize;
    let words = |memory: &[u8]| -> Vec<u32> {
        let bytes = memory.get(start..start + RUNTIME_BYTES).unwrap_or_default();
        bytes
            .chunks_exact(4)
            .map(|word| u32::from_le_bytes(word.try_into().unwrap_or_default()))
            .collect()
    };
    let before = words(guest.memory_mut());
    let string = guest.string(&"-".repeat(TEXT_BYTES as usize)).await?;
    let after = words(guest.memory_mut());
    let () = guest.call("JS_FreeValue", (guest.context, string)).await?;
    let grown = |(_, (before, after)): &(usize, (&u32, &u32))| {
        let grown = after.wrapping_sub(**before);
        (TEXT_BYTES..TEXT_BYTES + 4096).contains(&grown)
    };
    let found = before.iter().zip(&after).enumerate().find(grown);
    let (index, _) = found
        .ok_or_else(|| wasmtime::format_err!("the count of what is allocated was not found"))?;
    Ok(u32::try_from(start + index * 4)?)
}

/// One step of xorshift64*.
const fn step(state: u64) -> u64 {
    let mut x = state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    x
}
