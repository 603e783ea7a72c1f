//! WASI preview 1 for one sandbox: standard streams, a private in-memory `/tmp`, clocks, randomness.
//!
//! Our own, because a sandbox touches no host file, its `/tmp` is bounded memory, and the whole of it must cost
//! nothing until used: [`Wasi::new`] allocates nothing, [`Wasi::reset`] drops what use allocated.
//!
//! ```text
//! fd 0  event (read)            fd 3  "/tmp"  private, read-write, bounded
//! fd 1  reply (append, bounded) fd 4  "/"     read-only tree, where one is configured
//! fd 2  log   (append, bounded) next  what the guest opens
//! ```
//!
//! Does not know invocations, images or slots; whoever owns the store calls [`Wasi::begin`] and [`Wasi::finish`]
//! around every entry into the guest, the first (`_initialize`) included.
//!
//! Invariants:
//! - No guest argument traps or panics: a bad pointer is `EFAULT`, a bad number is its errno.
//! - Memory stays bounded: reply and log by the call's limits, `/tmp` by [`WasiConfig`], descriptors and nodes by
//!   constants. One host call moves at most [`MAX_TRANSFER_BYTES`].
//! - Only `poll_oneoff` waits, through [`hydra_sandbox::Host`], and never past the deadline.
//!
//! Source: WASI snapshot preview 1, `phases/snapshot/docs.md` and its witx.

mod abi;
mod clock;
mod content;
mod data_calls;
mod descriptors;
mod fd_calls;
mod files;
mod guest;
mod linker;
mod path_calls;
mod paths;
mod poll;
mod process_calls;
#[cfg(test)]
mod tests;
mod tmp;
mod tree;

pub(crate) use abi::{Errno, Stat, oflags};
pub(crate) use linker::{HasWasi, add_to_linker};
pub(crate) use tmp::{Handle, Tmp};
pub(crate) use tree::ReadOnlyTree;

use std::{sync::Arc, time::Instant};

use bytes::Bytes as Buffer;
use hydra_sandbox::{Host, Log};
use hydra_types::Bytes;

use self::{
    abi::Refusal,
    descriptors::{Descriptors, Mounts, Place, Volume},
    files::Files,
    guest::Strings,
    paths::Walk,
};

/// Most bytes one call reads, writes or draws; larger requests are served in part, as POSIX allows.
///
/// The largest reply a spec can ask for, so no reply is ever cut in two.
const MAX_TRANSFER_BYTES: usize = 64 << 20;

/// What all sandboxes of a program share.
pub(crate) struct WasiConfig {
    args: Strings,
    env: Strings,
    tmp_limit: Bytes,
    host: Arc<dyn Host>,
    tree: Option<Arc<ReadOnlyTree>>,
}

impl WasiConfig {
    /// Gathers what the guest sees: `args` (the program's name first), `env`, a `/tmp` of up to `tmp_limit`
    /// (bookkeeping included), and `tree` at `/`.
    pub(crate) fn new<'a>(
        args: impl IntoIterator<Item = &'a str>,
        env: impl IntoIterator<Item = (&'a str, &'a str)>,
        tmp_limit: Bytes,
        host: Arc<dyn Host>,
        tree: Option<Arc<ReadOnlyTree>>,
    ) -> Self {
        Self {
            args: Strings::new(args.into_iter().map(|arg| [arg])),
            env: Strings::new(env.into_iter().map(|(name, value)| [name, "=", value])),
            tmp_limit,
            host,
            tree,
        }
    }
}

/// Why a WASI call ended the guest instead of returning to it.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The guest called `proc_exit`.
    #[error("the guest exited with status {0}")]
    Exit(u32),
    /// The guest wrote more to standard output than the call allows.
    #[error("the guest wrote more than its output limit")]
    OutputLimit,
    /// The guest waited for a time past its deadline.
    #[error("the deadline passed while the guest waited")]
    DeadlinePassed,
}

/// What an invocation left behind.
#[derive(Debug)]
pub(crate) struct Finished {
    /// All that was written to standard output.
    pub(crate) stdout: Vec<u8>,
    /// All that was written to standard error, bounded.
    pub(crate) log: Log,
}

/// The WASI state of one sandbox.
///
/// Between `finish` and `begin` standard input is empty, nothing may be written to standard output, and nothing
/// may wait.
pub(crate) struct Wasi {
    config: Arc<WasiConfig>,
    descriptors: Descriptors,
    tmp: Option<Box<Files>>,
    input: Buffer,
    output: Vec<u8>,
    output_limit_bytes: usize,
    log: Log,
    began: Option<Instant>,
    deadline: Option<Instant>,
    reading: Option<Reading>,
}

/// A large file outside `/tmp` that the guest reads in pieces. Kept to the end of the call, so that it is inflated
/// once.
pub(crate) struct Reading {
    pub(crate) path: Box<str>,
    pub(crate) content: Buffer,
}

impl Wasi {
    /// The state of a sandbox that has not run. Allocates nothing.
    pub(crate) fn new(config: Arc<WasiConfig>) -> Self {
        let mounts = match config.tree {
            Some(_) => Mounts::TmpAndTree,
            None => Mounts::Tmp,
        };
        Self {
            descriptors: Descriptors::new(mounts),
            config,
            tmp: None,
            input: Buffer::new(),
            output: Vec::new(),
            output_limit_bytes: 0,
            log: Log::default(),
            began: None,
            deadline: None,
            reading: None,
        }
    }

    /// Begins an invocation: standard input is `event`, standard output and log are empty.
    pub(crate) fn begin(
        &mut self,
        event: Buffer,
        output_limit: Bytes,
        log_limit: Bytes,
        deadline: Instant,
    ) {
        self.input = event;
        self.output = Vec::new();
        self.output_limit_bytes = output_limit.as_usize();
        self.log = Log::with_limit(log_limit);
        self.began = Some(Instant::now());
        self.deadline = Some(deadline);
    }

    /// Ends an invocation and hands over what it wrote. Files and descriptors stay.
    pub(crate) fn finish(&mut self) -> Finished {
        self.input = Buffer::new();
        self.output_limit_bytes = 0;
        self.began = None;
        self.deadline = None;
        self.reading = None;
        Finished {
            stdout: std::mem::take(&mut self.output),
            log: std::mem::take(&mut self.log),
        }
    }

    /// Appends to the log what reaches it by another way than standard error.
    pub(crate) fn log(&mut self, text: &[u8]) {
        self.log.write(text);
    }

    /// Puts everything back to the state of [`Wasi::new`], in place.
    pub(crate) fn reset(&mut self) {
        let config = Arc::clone(&self.config);
        *self = Self::new(config);
    }

    pub(crate) fn host(&self) -> Arc<dyn Host> {
        Arc::clone(&self.config.host)
    }

    /// Whether there is state that an image of linear memory would not hold: a descriptor opened, closed or
    /// changed, or anything in `/tmp`.
    pub(crate) fn has_state(&self) -> bool {
        !self.descriptors.are_initial() || self.tmp.as_ref().is_some_and(|tmp| !tmp.is_empty())
    }

    /// The private `/tmp`, for an interface other than preview 1's.
    pub(crate) fn files(&mut self) -> Tmp<'_> {
        Tmp::new(self)
    }

    /// See [`Reading`].
    pub(crate) fn reading(&mut self) -> &mut Option<Reading> {
        &mut self.reading
    }

    fn tmp(&mut self) -> &mut Files {
        let limit = self.config.tmp_limit;
        self.tmp
            .get_or_insert_with(|| Box::new(Files::new(limit, clock::realtime_ns())))
    }

    fn tree(&self) -> Result<&ReadOnlyTree, Errno> {
        self.config.tree.as_deref().ok_or(Errno::BADF)
    }

    fn walk(&mut self, volume: Volume) -> Result<&dyn Walk, Errno> {
        Ok(match volume {
            Volume::Tmp => self.tmp(),
            Volume::Tree => self.tree()?,
        })
    }

    fn stat(&mut self, place: Place) -> Result<Stat, Errno> {
        Ok(self.walk(place.volume)?.stat(place.node))
    }

    fn read_at(&mut self, place: Place, offset: u64, into: &mut [u8]) -> Result<usize, Errno> {
        match place.volume {
            Volume::Tmp => self.tmp().read_at(place.node, offset, into),
            Volume::Tree => self.tree()?.read_at(place.node, offset, into),
        }
    }

    /// Drops the hold that an open descriptor has on a node.
    fn release(&mut self, place: Option<Place>) {
        if let Some(Place {
            volume: Volume::Tmp,
            node,
        }) = place
        {
            self.tmp().release(node);
        }
    }

    fn write_output(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        if bytes.len() > self.output_limit_bytes.saturating_sub(self.output.len()) {
            return Err(Stop::OutputLimit.into());
        }
        self.output.extend_from_slice(bytes);
        Ok(())
    }
}
