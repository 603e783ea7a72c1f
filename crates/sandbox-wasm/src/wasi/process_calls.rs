//! Calls about the process a guest believes to be: arguments, environment, exit, randomness, sockets it has not.

use super::{
    MAX_TRANSFER_BYTES, Stop, Wasi,
    abi::{Answer, Errno},
    guest::Guest,
};

/// Most random bytes in one call; the kernel draws as many in a few milliseconds, during which the guest cannot
/// be interrupted.
const MAX_RANDOM_BYTES: usize = 1 << 20;
const _: () = assert!(MAX_RANDOM_BYTES <= MAX_TRANSFER_BYTES);

pub(super) fn args_get(guest: &mut Guest<'_>, wasi: &mut Wasi, table: u32, texts: u32) -> Answer {
    Ok(wasi.config.args.write(guest, table, texts)?)
}

pub(super) fn args_sizes_get(
    guest: &mut Guest<'_>,
    wasi: &mut Wasi,
    count: u32,
    bytes: u32,
) -> Answer {
    Ok(wasi.config.args.write_sizes(guest, count, bytes)?)
}

pub(super) fn environ_get(
    guest: &mut Guest<'_>,
    wasi: &mut Wasi,
    table: u32,
    texts: u32,
) -> Answer {
    Ok(wasi.config.env.write(guest, table, texts)?)
}

pub(super) fn environ_sizes_get(
    guest: &mut Guest<'_>,
    wasi: &mut Wasi,
    count: u32,
    bytes: u32,
) -> Answer {
    Ok(wasi.config.env.write_sizes(guest, count, bytes)?)
}

/// Fills the buffer from the kernel's generator, straight into guest memory, so that no two sandboxes share a
/// stream. A buffer above [`MAX_RANDOM_BYTES`] is `INVAL`: the call cannot answer in part.
pub(super) fn random_get(guest: &mut Guest<'_>, _: &mut Wasi, at: u32, length: u32) -> Answer {
    let buffer = guest.bytes_mut(at, length)?;
    if buffer.len() > MAX_RANDOM_BYTES {
        return Err(Errno::INVAL.into());
    }
    getrandom::fill(buffer).map_err(|_| Errno::IO)?;
    Ok(())
}

pub(super) fn proc_exit(_: &mut Guest<'_>, _: &mut Wasi, status: u32) -> Answer {
    Err(Stop::Exit(status).into())
}

pub(super) fn proc_raise(_: &mut Guest<'_>, _: &mut Wasi, _signal: u32) -> Answer {
    Err(Errno::NOSYS.into())
}

/// Other sandboxes run while this one computes, so there is nothing to give up.
pub(super) fn sched_yield(_: &mut Guest<'_>, _: &mut Wasi) -> Answer {
    Ok(())
}

pub(super) fn sock_accept(
    _: &mut Guest<'_>,
    wasi: &mut Wasi,
    fd: u32,
    _flags: u32,
    _into: u32,
) -> Answer {
    not_a_socket(wasi, fd)
}

#[expect(clippy::too_many_arguments, reason = "the signature is WASI's")]
pub(super) fn sock_recv(
    _: &mut Guest<'_>,
    wasi: &mut Wasi,
    fd: u32,
    _list: u32,
    _count: u32,
    _flags: u32,
    _moved: u32,
    _flags_out: u32,
) -> Answer {
    not_a_socket(wasi, fd)
}

pub(super) fn sock_send(
    _: &mut Guest<'_>,
    wasi: &mut Wasi,
    fd: u32,
    _list: u32,
    _count: u32,
    _flags: u32,
    _moved: u32,
) -> Answer {
    not_a_socket(wasi, fd)
}

pub(super) fn sock_shutdown(_: &mut Guest<'_>, wasi: &mut Wasi, fd: u32, _how: u32) -> Answer {
    not_a_socket(wasi, fd)
}

fn not_a_socket(wasi: &Wasi, fd: u32) -> Answer {
    wasi.descriptors.get(fd)?;
    Err(Errno::NOTSOCK.into())
}
