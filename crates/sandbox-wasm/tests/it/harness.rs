//! A small host: an engine in a temporary directory, threads that sleep, and calls that block.
//!
//! One engine serves the whole test process. Its images lie in a directory of their own below the target
//! directory; what earlier processes left there is removed when the engine starts.

use std::{
    fs,
    future::Future,
    path::{Path, PathBuf},
    pin::pin,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::{Duration, Instant},
};

use hydra_sandbox::{
    Backend, BoxFuture, Call, Failure, Host, HttpError, HttpRequest, HttpResponse, LoadError,
    Outcome, Payload, Program, Sandbox,
};
use hydra_sandbox_wasm::{WasmConfig, WasmEngine};
use hydra_types::{Bytes, FunctionSpec, RequestId, Runtime, SpecFields};

use crate::network;

/// More than any call here needs, on a machine that is busy with something else.
pub(crate) const AMPLE: Duration = Duration::from_secs(30);

/// Waits on threads of its own.
struct Threads;

impl Host for Threads {
    fn fetch(&self, request: HttpRequest) -> BoxFuture<'static, Result<HttpResponse, HttpError>> {
        network::fetch(request)
    }

    fn sleep_until(&self, at: Instant) -> BoxFuture<'static, ()> {
        let latest: Arc<Mutex<Option<Waker>>> = Arc::default();
        let mut started = false;
        Box::pin(std::future::poll_fn(move |context| {
            if Instant::now() >= at {
                return Poll::Ready(());
            }
            *latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(context.waker().clone());
            if !started {
                started = true;
                let latest = Arc::clone(&latest);
                thread::spawn(move || {
                    thread::sleep(at.saturating_duration_since(Instant::now()));
                    let waker = latest.lock().unwrap_or_else(PoisonError::into_inner).take();
                    waker.into_iter().for_each(Waker::wake);
                });
            }
            Poll::Pending
        }))
    }
}

/// Where `cargo xtask guests` puts the guests.
pub(crate) fn guests_dir() -> PathBuf {
    if let Some(dir) = std::env::var_os("HYDRA_GUESTS") {
        return dir.into();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    cache.expect("HOME is set").join("hydra/guests")
}

static ENGINE: LazyLock<WasmEngine> = LazyLock::new(|| engine("shared", 2_000));

/// An engine with its own slots and images; `name` tells it from others of this process.
pub(crate) fn engine(name: &str, max_slots: usize) -> WasmEngine {
    let guests_dir = guests_dir();
    assert!(
        WasmEngine::missing_guest(&guests_dir).is_none(),
        "the JavaScript guest is not in {}; run `cargo xtask guests`",
        guests_dir.display()
    );
    let config = WasmConfig {
        guests_dir,
        images_dir: images_dir(name),
        images_capacity: Bytes::mib(1024),
        max_slots,
        host: Arc::new(Threads),
    };
    WasmEngine::start(&config).unwrap()
}

/// A new directory of this process's; those of processes that have ended are removed.
fn images_dir(name: &str) -> PathBuf {
    let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hydra-images");
    fs::create_dir_all(&all).unwrap();
    for entry in fs::read_dir(&all).unwrap().flatten() {
        let file_name = entry.file_name();
        let owner = file_name
            .to_str()
            .and_then(|name| name.split_once('-'))
            .map(|(pid, _)| pid);
        if owner.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            // Another test process may be removing it too.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    let dir = all.join(format!("{}-{name}", std::process::id()));
    fs::create_dir(&dir).unwrap();
    dir
}

pub(crate) fn backend_of(engine: &WasmEngine, runtime: Runtime) -> Arc<dyn Backend> {
    engine
        .backends()
        .into_iter()
        .find(|backend| backend.runtime() == runtime)
        .unwrap()
}

/// The spec of a function `f`.
pub(crate) fn spec(runtime: Runtime, fields: SpecFields) -> FunctionSpec {
    SpecFields {
        runtime: Some(runtime.as_str().to_owned()),
        ..fields
    }
    .into_spec("f".parse().unwrap())
    .unwrap()
}

pub(crate) fn try_load(
    runtime: Runtime,
    fields: SpecFields,
    code: &[u8],
) -> Result<Arc<dyn Program>, LoadError> {
    backend_of(&ENGINE, runtime).load(&spec(runtime, fields), code)
}

pub(crate) fn load(runtime: Runtime, fields: SpecFields, code: &[u8]) -> Arc<dyn Program> {
    try_load(runtime, fields, code).unwrap_or_else(|error| panic!("does not load: {error:?}"))
}

pub(crate) fn json(event: &str) -> Payload {
    Payload::Json(event.to_owned().into())
}

pub(crate) fn raw(event: &[u8]) -> Payload {
    Payload::Raw(event.to_vec().into())
}

/// A call that must be answered within `timeout` from now.
pub(crate) fn call(event: Payload, timeout: Duration) -> Call {
    Call {
        request_id: RequestId::from_random_bits(7),
        event,
        deadline: Instant::now() + timeout,
    }
}

/// The outcome of a call with plenty of time.
pub(crate) fn outcome(sandbox: &mut dyn Sandbox, event: Payload) -> Outcome {
    block_on(sandbox.invoke(call(event, AMPLE)))
}

pub(crate) fn invoke(sandbox: &mut dyn Sandbox, event: &str) -> Outcome {
    outcome(sandbox, json(event))
}

/// The reply as text, to a call that must succeed.
pub(crate) fn reply(sandbox: &mut dyn Sandbox, event: &str) -> String {
    text(&replied(invoke(sandbox, event)))
}

/// The reply of a call that must have succeeded.
pub(crate) fn replied(outcome: Outcome) -> Payload {
    outcome
        .result
        .unwrap_or_else(|failure| panic!("failed: {failure:?}"))
}

pub(crate) fn text(payload: &Payload) -> String {
    String::from_utf8(payload.bytes().to_vec()).unwrap()
}

pub(crate) fn failure(sandbox: &mut dyn Sandbox, event: &str) -> Failure {
    match invoke(sandbox, event).result {
        Err(failure) => failure,
        Ok(reply) => panic!("the call should have failed, it replied {reply:?}"),
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// Polls `future` until `there` is; it must not end before.
pub(crate) fn drive<F>(future: &mut F, there: impl Fn() -> bool)
where
    F: Future<Output: std::fmt::Debug> + Unpin,
{
    let given_up = Instant::now() + AMPLE;
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    while !there() {
        assert!(Instant::now() < given_up, "what was waited for never came");
        let polled = std::pin::Pin::new(&mut *future).poll(&mut Context::from_waker(&waker));
        if let Poll::Ready(output) = polled {
            panic!("the call ended too early: {output:?}");
        }
        thread::park_timeout(Duration::from_millis(1));
    }
}

/// Polls `future` until it waits for the first time, then drops it.
pub(crate) fn abandon<F: Future>(future: F) {
    let polled = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_pending(), "the call ended before it waited");
}
