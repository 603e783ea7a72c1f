//! `hydra runtime`: one instance, served over HTTP.
//!
//! ```text
//! check flags ─► bind ─► engine, instance ─► serve ─► "listening on …" ─► signal ─► drain ─► exit
//! ```
//!
//! Binds first, so that a wrong address fails before guests are compiled; what connects meanwhile waits in the
//! kernel's backlog.

use std::{
    fs,
    io::{self, Write},
    num::{NonZero, NonZeroUsize},
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, ensure};
use clap::Args;
use hydra_egress::EgressConfig;
use hydra_runtime::{
    Instance, InstanceConfig,
    http::{Bound, HttpConfig, ListenAddress, Running, Stopped},
};
use hydra_types::Bytes;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::{advice::Advice, mappings, quantity, wiring};

/// A start that takes as long has compiled the guests, and leaves the compiler's heap behind.
const LARGE_START: Duration = Duration::from_millis(100);

/// Serves functions over HTTP from this process.
#[derive(Args, Debug)]
pub(crate) struct RuntimeArgs {
    /// Where to listen: IP:PORT, or unix:/path of a socket. Repeatable.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: Vec<ListenAddress>,
    /// Listen where other machines can connect. There is no authentication here: whoever connects can run code.
    #[arg(long)]
    allow_remote: bool,
    /// Folder with the guests and their compiled code [default: $XDG_CACHE_HOME/hydra/guests].
    #[arg(long, value_name = "DIR", env = "HYDRA_GUESTS")]
    guests: Option<PathBuf>,
    /// Folder for function images [default: $XDG_CACHE_HOME/hydra/images].
    #[arg(long, value_name = "DIR", env = "HYDRA_DATA")]
    data: Option<PathBuf>,
    /// Threads that run guests [default: one per core].
    #[arg(long, value_name = "N")]
    guest_threads: Option<NonZeroUsize>,
    /// How long a sandbox waits for its next invocation.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = quantity::time)]
    keep_alive: Duration,
    /// Memory that sandboxes may hold privately [default: 75 % of what is available at start].
    #[arg(long, value_name = "SIZE", value_parser = quantity::size)]
    memory_budget: Option<Bytes>,
    /// Sandboxes alive at once; vm.max_map_count bounds them too [default: 20000].
    #[arg(long, value_name = "N")]
    max_sandboxes: Option<NonZeroUsize>,
    /// What function images may take on disk, all together.
    #[arg(long, value_name = "SIZE", default_value = "16GiB", value_parser = quantity::size)]
    images_capacity: Bytes,
    /// PEM file with certificate authorities that functions' HTTPS trusts besides the system's.
    #[arg(long, value_name = "FILE")]
    egress_ca: Option<PathBuf>,
    /// How long accepted invocations may take to end after SIGTERM or SIGINT.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = quantity::time)]
    drain: Duration,
    /// What to log to standard error: a level, or a filter such as info,function=off.
    #[arg(long, value_name = "FILTER", default_value = "info", env = "HYDRA_LOG")]
    log: String,
}

/// Serves until a signal says stop.
pub(crate) fn run(args: &RuntimeArgs) -> Result<()> {
    let start = Instant::now();
    refuse_remote(args)?;
    start_logging(&args.log)?;
    let descriptors = hydra_sys::process::raise_descriptor_limit();
    // Guests have threads of their own, one per core; HTTP needs about half of that.
    let workers = thread::available_parallelism()
        .map_or(1, NonZero::get)
        .div_ceil(2);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .thread_name("http")
        .enable_all()
        .build()
        .context("cannot start the HTTP threads")?;
    let stopped = runtime.block_on(serve(args, descriptors, start));
    // Whatever did not end within the drain's deadline ends with the process.
    runtime.shutdown_background();
    let Stopped { unfinished } = stopped?;
    ensure!(
        unfinished == 0,
        Advice::failed(
            format!(
                "{unfinished} accepted invocations had no answer when the drain's time was over"
            ),
            "give more time with --drain, or functions less with timeout_ms",
        )
    );
    Ok(())
}

async fn serve(args: &RuntimeArgs, descriptors: u64, start: Instant) -> Result<Stopped> {
    let mut signals = Signals::new()?;
    let bound = Bound::bind(&args.listen).context(Advice::failed(
        "cannot open the server's address",
        "choose another with --listen, or end the process that has it",
    ))?;
    let instance = tokio::task::block_in_place(|| instance(args, descriptors))?;
    if start.elapsed() >= LARGE_START {
        hydra_sys::process::return_free_memory();
    }
    let running = bound.serve(instance, http_config(descriptors));
    say_ready(&running, start.elapsed())?;
    let name = signals.next().await;
    tracing::info!(signal = name, drain_ms = args.drain.as_millis(), "draining");
    tokio::select! {
        stopped = running.stop(Instant::now() + args.drain) => Ok(stopped),
        name = signals.next() => Err(anyhow!("stopped at once by a second signal, {name}")),
    }
}

fn instance(args: &RuntimeArgs, descriptors: u64) -> Result<Instance> {
    if let Some(path) = wiring::missing_guest(args.guests.as_deref())? {
        eprintln!("warning: no JavaScript: {} is missing", path.display());
        eprintln!(
            "hint: fetch it with `cargo xtask guests`; until then this instance runs wasm functions only"
        );
    }
    let handle = tokio::runtime::Handle::current();
    let host = wiring::host(&handle, egress_config(args, descriptors)?)?;
    let data = wiring::data_dir(args.data.as_deref())?;
    let max_sandboxes = mappings::max_sandboxes(args.max_sandboxes);
    let backends = wiring::backends(
        args.guests.as_deref(),
        &data,
        args.images_capacity,
        max_sandboxes,
        host,
    )?;
    let default = InstanceConfig::default();
    let config = InstanceConfig {
        guest_threads: args
            .guest_threads
            .map_or(default.guest_threads, NonZero::get),
        keep_alive: args.keep_alive,
        memory_budget: memory_budget(args)?,
        max_sandboxes,
        ..default
    };
    Instance::start(config, backends).context("cannot start the instance")
}

fn memory_budget(args: &RuntimeArgs) -> Result<Bytes> {
    if let Some(given) = args.memory_budget {
        return Ok(given);
    }
    let available = hydra_sys::process::available_memory_bytes().context(Advice::failed(
        "cannot find out how much memory is available",
        "give a budget with --memory-budget",
    ))?;
    Ok(Bytes(available / 4 * 3))
}

/// Half of the descriptors; what [`egress_config`] leaves of the other half is for images, guests and the process
/// itself.
fn http_config(descriptors: u64) -> HttpConfig {
    let connections = usize::try_from(descriptors / 2).unwrap_or(usize::MAX);
    HttpConfig {
        max_connections: connections.clamp(16, 1_000_000),
        ..HttpConfig::default()
    }
}

/// Five sixteenths of the descriptors, and four fifths of these for functions of one egress list.
fn egress_config(args: &RuntimeArgs, descriptors: u64) -> Result<EgressConfig> {
    let extra_roots_pem = match &args.egress_ca {
        Some(file) => fs::read(file).with_context(|| {
            Advice::usage(
                format!("cannot read {}", file.display()),
                "give a PEM file with --egress-ca",
            )
        })?,
        None => Vec::new(),
    };
    let max_connections = usize::try_from(descriptors / 16 * 5)
        .unwrap_or(usize::MAX)
        .clamp(16, 10_000);
    Ok(EgressConfig {
        extra_roots_pem,
        max_connections,
        max_connections_per_policy: max_connections / 5 * 4,
        ..EgressConfig::default()
    })
}

fn refuse_remote(args: &RuntimeArgs) -> Result<()> {
    match args.listen.iter().find(|address| !address.is_local()) {
        Some(address) if !args.allow_remote => Err(Advice::usage(
            format!("{address} can be reached from other machines, and this process has no authentication"),
            "listen on 127.0.0.1 or a unix: socket, or say --allow-remote if the network keeps strangers out",
        )
        .into()),
        _ => Ok(()),
    }
}

fn start_logging(filter: &str) -> Result<()> {
    let filter = EnvFilter::try_new(filter).with_context(|| {
        Advice::usage(
            format!("{filter:?} is no log filter"),
            "use off, error, warn, info, debug or trace, or a list such as info,function=off",
        )
    })?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::IsTerminal::is_terminal(&io::stderr()))
        .try_init()
        .map_err(|error| anyhow!("cannot start logging: {error}"))
}

/// One line per address, then how long the start took: scripts wait for the first and read the address from it.
fn say_ready(running: &Running, took: Duration) -> Result<()> {
    let mut out = io::stdout().lock();
    for address in running.addresses() {
        writeln!(out, "listening on {address}")?;
    }
    writeln!(out, "ready in {} ms", took.as_millis())?;
    out.flush().context("cannot write to standard output")
}

/// SIGTERM and SIGINT.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
        })
    }

    /// Waits for one; its name.
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
