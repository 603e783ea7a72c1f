//! A guest that only passes calls on: a module that imports all of preview 1 and exports a wrapper of each, so that
//! tests choose every argument and still go through the engine and the linker.

use std::{
    fmt::Write as _,
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    thread,
    time::{Duration, Instant},
};

use hydra_sandbox::{BoxFuture, Host};
use hydra_types::Bytes;
use wasmtime::{Engine, Instance, Linker, Memory, Module, Store, Val};

use crate::wasi::{Finished, HasWasi, ReadOnlyTree, Stop, Wasi, WasiConfig, add_to_linker};

/// Every function of preview 1: name and parameters, `i` for 32 bits and `l` for 64.
pub(crate) const FUNCTIONS: [(&str, &str); 46] = [
    ("args_get", "ii"),
    ("args_sizes_get", "ii"),
    ("clock_res_get", "ii"),
    ("clock_time_get", "ili"),
    ("environ_get", "ii"),
    ("environ_sizes_get", "ii"),
    ("fd_advise", "illi"),
    ("fd_allocate", "ill"),
    ("fd_close", "i"),
    ("fd_datasync", "i"),
    ("fd_fdstat_get", "ii"),
    ("fd_fdstat_set_flags", "ii"),
    ("fd_fdstat_set_rights", "ill"),
    ("fd_filestat_get", "ii"),
    ("fd_filestat_set_size", "il"),
    ("fd_filestat_set_times", "illi"),
    ("fd_pread", "iiili"),
    ("fd_prestat_dir_name", "iii"),
    ("fd_prestat_get", "ii"),
    ("fd_pwrite", "iiili"),
    ("fd_read", "iiii"),
    ("fd_readdir", "iiili"),
    ("fd_renumber", "ii"),
    ("fd_seek", "ilii"),
    ("fd_sync", "i"),
    ("fd_tell", "ii"),
    ("fd_write", "iiii"),
    ("path_create_directory", "iii"),
    ("path_filestat_get", "iiiii"),
    ("path_filestat_set_times", "iiiilli"),
    ("path_link", "iiiiiii"),
    ("path_open", "iiiiillii"),
    ("path_readlink", "iiiiii"),
    ("path_remove_directory", "iii"),
    ("path_rename", "iiiiii"),
    ("path_symlink", "iiiii"),
    ("path_unlink_file", "iii"),
    ("poll_oneoff", "iiii"),
    ("proc_exit", "i"),
    ("proc_raise", "i"),
    ("random_get", "ii"),
    ("sched_yield", ""),
    ("sock_accept", "iii"),
    ("sock_recv", "iiiiii"),
    ("sock_send", "iiiii"),
    ("sock_shutdown", "ii"),
];

/// Polls until done; the test host's futures are ready when their condition holds.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::yield_now(),
        }
    }
}

/// A host whose timers are polled.
pub(crate) struct PolledHost;

impl Host for PolledHost {
    fn sleep_until(&self, at: Instant) -> BoxFuture<'static, ()> {
        Box::pin(poll_fn(move |_| match Instant::now() < at {
            true => Poll::Pending,
            false => Poll::Ready(()),
        }))
    }
}

/// A store's data.
pub(crate) struct Data {
    pub(crate) wasi: Wasi,
    pub(crate) memory: Option<Memory>,
}

impl HasWasi for Data {
    fn wasi(&mut self) -> &mut Wasi {
        &mut self.wasi
    }

    fn memory(&self) -> Option<Memory> {
        self.memory
    }
}

/// The configuration of every test: a megabyte of `/tmp`.
pub(crate) fn config(tree: Option<ReadOnlyTree>) -> Arc<WasiConfig> {
    Arc::new(WasiConfig::new(
        ["main", "arg 1"],
        [("KEY", "value"), ("EMPTY", "")],
        Bytes::mib(1),
        Arc::new(PolledHost),
        tree.map(Arc::new),
    ))
}

/// An instance of the passing guest.
pub(crate) struct Passing {
    pub(crate) store: Store<Data>,
    instance: Instance,
}

fn text() -> String {
    let mut imports = String::new();
    let mut wrappers = String::new();
    for (name, parameters) in FUNCTIONS {
        let kinds = parameters.replace('i', " i32").replace('l', " i64");
        let result = if name == "proc_exit" {
            ""
        } else {
            "(result i32)"
        };
        writeln!(
            imports,
            r#"(import "wasi_snapshot_preview1" "{name}" (func ${name} (param{kinds}) {result}))"#
        )
        .unwrap();
        let gets: String = (0..parameters.len())
            .map(|at| format!("local.get {at} "))
            .collect();
        writeln!(
            wrappers,
            r#"(func (export "{name}") (param{kinds}) {result} {gets} call ${name})"#
        )
        .unwrap();
    }
    format!(r#"(module {imports} (memory (export "memory") 2 2) {wrappers})"#)
}

impl Passing {
    pub(crate) fn new(tree: Option<ReadOnlyTree>) -> Self {
        let engine = Engine::default();
        let module = Module::new(&engine, wat::parse_str(text()).unwrap()).unwrap();
        let mut linker = Linker::new(&engine);
        add_to_linker(&mut linker).unwrap();
        let data = Data {
            wasi: Wasi::new(config(tree)),
            memory: None,
        };
        let mut store = Store::new(&engine, data);
        let instance = block_on(linker.instantiate_async(&mut store, &module)).unwrap();
        let mut passing = Self { store, instance };
        passing.store.data_mut().memory = instance.get_memory(&mut passing.store, "memory");
        passing.begin("the event");
        passing
    }

    pub(crate) fn begin(&mut self, event: &'static str) {
        self.store.data_mut().wasi.begin(
            event.into(),
            Bytes(1000),
            Bytes(10),
            Instant::now() + Duration::from_secs(60),
        );
    }

    pub(crate) fn finish(&mut self) -> Finished {
        self.store.data_mut().wasi.finish()
    }

    /// Calls a function and tells its errno, or how it ended the guest. Any other trap fails the test.
    pub(crate) fn call(&mut self, name: &str, arguments: &[u64]) -> Result<u32, Stop> {
        let function = self.instance.get_func(&mut self.store, name).unwrap();
        let (_, parameters) = FUNCTIONS.iter().find(|(found, _)| *found == name).unwrap();
        assert_eq!(parameters.len(), arguments.len(), "arguments of {name}");
        let arguments: Vec<_> = parameters
            .chars()
            .zip(arguments)
            .map(|(kind, value)| match kind {
                'i' => Val::I32(u32::try_from(*value & 0xffff_ffff).unwrap().cast_signed()),
                _ => Val::I64(value.cast_signed()),
            })
            .collect();
        let mut results = vec![Val::I32(0); usize::from(name != "proc_exit")];
        let called = function.call_async(&mut self.store, &arguments, &mut results);
        match block_on(called) {
            Ok(()) => Ok(results[0].unwrap_i32().cast_unsigned()),
            Err(error) => match error.downcast_ref::<Stop>() {
                Some(stop) => Err(*stop),
                None => panic!("{name}{arguments:?} trapped: {error:?}"),
            },
        }
    }

    pub(crate) fn memory(&mut self) -> &mut [u8] {
        let memory = self.store.data().memory.unwrap();
        memory.data_mut(&mut self.store)
    }

    /// Puts bytes into memory and tells where and how many.
    pub(crate) fn put(&mut self, at: usize, bytes: &[u8]) -> [u64; 2] {
        self.memory()[at..at + bytes.len()].copy_from_slice(bytes);
        [at as u64, bytes.len() as u64]
    }

    pub(crate) fn u32_at(&mut self, at: usize) -> u32 {
        u32::from_le_bytes(*self.memory()[at..].first_chunk().unwrap())
    }

    pub(crate) fn u64_at(&mut self, at: usize) -> u64 {
        u64::from_le_bytes(*self.memory()[at..].first_chunk().unwrap())
    }
}
