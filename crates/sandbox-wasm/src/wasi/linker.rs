//! Puts every function of preview 1 into a linker.
//!
//! A module that imports any of them links; what a sandbox does not offer answers an errno.

use wasmtime::{Caller, Linker, Memory};

use super::{
    Wasi,
    abi::{Answer, Refusal},
    clock, data_calls, fd_calls,
    guest::Guest,
    path_calls,
    poll::{Poll, poll_oneoff},
    process_calls,
};

const MODULE: &str = "wasi_snapshot_preview1";

/// A store's data that has WASI state in it.
pub(crate) trait HasWasi: Send + 'static {
    /// The sandbox's WASI state.
    fn wasi(&mut self) -> &mut Wasi;

    /// The guest's exported memory, cached after instantiation; `None` makes every call look it up.
    fn memory(&self) -> Option<Memory>;
}

/// Runs a call on the guest's memory; a guest that exports none has an empty one.
pub(super) fn enter<T: HasWasi>(
    caller: &mut Caller<'_, T>,
    call: impl FnOnce(&mut Guest<'_>, &mut Wasi) -> Answer,
) -> Answer {
    let memory = match caller.data().memory() {
        Some(memory) => Some(memory),
        None => caller
            .get_export("memory")
            .and_then(wasmtime::Extern::into_memory),
    };
    match memory {
        Some(memory) => {
            let (bytes, data) = memory.data_and_store_mut(&mut *caller);
            call(&mut Guest::new(bytes), data.wasi())
        }
        None => call(&mut Guest::new(&mut []), caller.data_mut().wasi()),
    }
}

/// Turns an answer into what the guest gets: its errno, or its end.
pub(super) fn settle(answer: Answer) -> wasmtime::Result<u32> {
    match answer {
        Ok(()) => Ok(0),
        Err(Refusal::Errno(errno)) => Ok(errno.0.into()),
        Err(Refusal::Stop(stop)) => Err(stop.into()),
    }
}

/// Adds functions that each return an errno, from their names, Rust functions and parameter types.
macro_rules! add {
    ($linker:ident, $($name:literal => $function:path, ($($parameter:ident: $kind:ty),*);)*) => {
        $($linker.func_wrap(MODULE, $name, |mut caller: Caller<'_, T>, $($parameter: $kind),*| {
            settle(enter(&mut caller, |guest, wasi| $function(guest, wasi, $($parameter),*)))
        })?;)*
    };
}

/// Adds all of preview 1 to `linker`.
///
/// # Errors
///
/// A name that the linker already has.
pub(crate) fn add_to_linker<T: HasWasi>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    add_process_calls(linker)?;
    add_fd_calls(linker)?;
    add_path_calls(linker)
}

fn add_process_calls<T: HasWasi>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    add! { linker,
        "args_get" => process_calls::args_get, (table: u32, texts: u32);
        "args_sizes_get" => process_calls::args_sizes_get, (count: u32, bytes: u32);
        "environ_get" => process_calls::environ_get, (table: u32, texts: u32);
        "environ_sizes_get" => process_calls::environ_sizes_get, (count: u32, bytes: u32);
        "clock_res_get" => clock::res_get, (clock: u32, into: u32);
        "clock_time_get" => clock::time_get, (clock: u32, precision_ns: u64, into: u32);
        "proc_raise" => process_calls::proc_raise, (signal: u32);
        "random_get" => process_calls::random_get, (at: u32, length: u32);
        "sched_yield" => process_calls::sched_yield, ();
        "sock_accept" => process_calls::sock_accept, (fd: u32, flags: u32, into: u32);
        "sock_recv" => process_calls::sock_recv,
            (fd: u32, list: u32, count: u32, flags: u32, moved: u32, flags_out: u32);
        "sock_send" => process_calls::sock_send,
            (fd: u32, list: u32, count: u32, flags: u32, moved: u32);
        "sock_shutdown" => process_calls::sock_shutdown, (fd: u32, how: u32);
    }
    linker.func_wrap(
        MODULE,
        "proc_exit",
        |mut caller: Caller<'_, T>, status: u32| {
            let exit = enter(&mut caller, |guest, wasi| {
                process_calls::proc_exit(guest, wasi, status)
            });
            settle(exit).map(|_| ())
        },
    )?;
    linker.func_wrap_async(
        MODULE,
        "poll_oneoff",
        |caller: Caller<'_, T>, (subscriptions, events, count, count_out): (u32, u32, u32, u32)| {
            let poll = Poll {
                subscriptions,
                events,
                count,
                count_out,
            };
            Box::new(poll_oneoff(caller, poll))
        },
    )?;
    Ok(())
}

fn add_fd_calls<T: HasWasi>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    add! { linker,
        "fd_advise" => fd_calls::advise, (fd: u32, offset: u64, length: u64, advice: u32);
        "fd_allocate" => fd_calls::allocate, (fd: u32, offset: u64, length: u64);
        "fd_close" => fd_calls::close, (fd: u32);
        "fd_datasync" => fd_calls::sync, (fd: u32);
        "fd_fdstat_get" => fd_calls::fdstat_get, (fd: u32, into: u32);
        "fd_fdstat_set_flags" => fd_calls::fdstat_set_flags, (fd: u32, flags: u32);
        "fd_fdstat_set_rights" => fd_calls::fdstat_set_rights,
            (fd: u32, rights: u64, inheriting: u64);
        "fd_filestat_get" => fd_calls::filestat_get, (fd: u32, into: u32);
        "fd_filestat_set_size" => fd_calls::filestat_set_size, (fd: u32, size_bytes: u64);
        "fd_filestat_set_times" => fd_calls::filestat_set_times,
            (fd: u32, accessed_ns: u64, modified_ns: u64, flags: u32);
        "fd_prestat_get" => fd_calls::prestat_get, (fd: u32, into: u32);
        "fd_prestat_dir_name" => fd_calls::prestat_dir_name, (fd: u32, into: u32, length: u32);
        "fd_readdir" => fd_calls::readdir,
            (fd: u32, into: u32, length: u32, cookie: u64, used_out: u32);
        "fd_renumber" => fd_calls::renumber, (from: u32, to: u32);
        "fd_sync" => fd_calls::sync, (fd: u32);
        "fd_read" => data_calls::fd_read, (fd: u32, list: u32, count: u32, moved: u32);
        "fd_pread" => data_calls::fd_pread,
            (fd: u32, list: u32, count: u32, offset: u64, moved: u32);
        "fd_write" => data_calls::fd_write, (fd: u32, list: u32, count: u32, moved: u32);
        "fd_pwrite" => data_calls::fd_pwrite,
            (fd: u32, list: u32, count: u32, offset: u64, moved: u32);
        "fd_seek" => data_calls::fd_seek, (fd: u32, delta: i64, whence: u32, into: u32);
        "fd_tell" => data_calls::fd_tell, (fd: u32, into: u32);
    }
    Ok(())
}

fn add_path_calls<T: HasWasi>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    add! { linker,
        "path_create_directory" => path_calls::create_directory, (fd: u32, at: u32, length: u32);
        "path_filestat_get" => path_calls::filestat_get,
            (fd: u32, lookup: u32, at: u32, length: u32, into: u32);
        "path_filestat_set_times" => path_calls::filestat_set_times,
            (fd: u32, lookup: u32, at: u32, length: u32, accessed_ns: u64, modified_ns: u64, flags: u32);
        "path_link" => path_calls::link,
            (fd: u32, lookup: u32, at: u32, length: u32, new_fd: u32, new_at: u32, new_length: u32);
        "path_open" => path_calls::open,
            (fd: u32, lookup: u32, at: u32, length: u32, oflags: u32, rights: u64, inheriting: u64,
             flags: u32, into: u32);
        "path_readlink" => path_calls::readlink,
            (fd: u32, at: u32, length: u32, into: u32, into_length: u32, used_out: u32);
        "path_remove_directory" => path_calls::remove_directory, (fd: u32, at: u32, length: u32);
        "path_rename" => path_calls::rename,
            (fd: u32, at: u32, length: u32, new_fd: u32, new_at: u32, new_length: u32);
        "path_symlink" => path_calls::symlink,
            (at: u32, length: u32, fd: u32, new_at: u32, new_length: u32);
        "path_unlink_file" => path_calls::unlink_file, (fd: u32, at: u32, length: u32);
    }
    Ok(())
}
