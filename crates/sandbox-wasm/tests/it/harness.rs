//! A small host: an engine in a temporary directory, threads that sleep, and calls that block.

use std::{
    future::Future,
    path::PathBuf,
    pin::pin,
    sync::{Arc, LazyLock},
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::{Duration, Instant},
};

use hydra_sandbox::{
    Backend, BoxFuture, Call, Failure, Host, LoadError, Outcome, Payload, Program, Sandbox,
};
use hydra_sandbox_wasm::{WasmConfig, WasmEngine};
use hydra_types::{Bytes, FunctionSpec, RequestId, Runtime, SpecFields};

struct Threads;

impl Host for Threads {
    fn sleep_until(&self, at: Instant) -> BoxFuture<'static, ()> {
        let mut started = false;
        Box::pin(std::future::poll_fn(move |context| {
            if Instant::now() >= at {
                return Poll::Ready(());
            }
            if !started {
                started = true;
                let waker = context.waker().clone();
                thread::spawn(move || {
                    thread::sleep(at.saturating_duration_since(Instant::now()));
                    waker.wake();
                });
            }
            Poll::Pending
        }))
    }
}

/// Where `cargo xtask guests` puts the guests.
pub fn guests_dir() -> PathBuf {
    if let Some(dir) = std::env::var_os("HYDRA_GUESTS") {
        return dir.into();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    cache.expect("HOME is set").join("hydra/guests")
}

static ENGINE: LazyLock<WasmEngine> = LazyLock::new(|| {
    let images = tempfile::tempdir().unwrap().keep();
    let guests_dir = guests_dir();
    assert!(
        WasmEngine::missing_guest(&guests_dir).is_none(),
        "the JavaScript guest is not in {}; run `cargo xtask guests`",
        guests_dir.display()
    );
    let config = WasmConfig {
        guests_dir,
        images_dir: images,
        images_capacity: Bytes::mib(1024),
        max_slots: 2_000,
        host: Arc::new(Threads),
    };
    WasmEngine::start(&config).unwrap()
});

pub fn backend(runtime: Runtime) -> Arc<dyn Backend> {
    ENGINE
        .backends()
        .into_iter()
        .find(|backend| backend.runtime() == runtime)
        .unwrap()
}

pub fn spec(name: &str, runtime: Runtime, fields: SpecFields) -> FunctionSpec {
    SpecFields {
        runtime: Some(runtime.as_str().to_owned()),
        ..fields
    }
    .into_spec(name.parse().unwrap())
    .unwrap()
}

pub fn try_load(
    runtime: Runtime,
    fields: SpecFields,
    code: &[u8],
) -> Result<Arc<dyn Program>, LoadError> {
    backend(runtime).load(&spec("f", runtime, fields), code)
}

pub fn load(runtime: Runtime, fields: SpecFields, code: &[u8]) -> Arc<dyn Program> {
    try_load(runtime, fields, code).unwrap_or_else(|error| panic!("does not load: {error:?}"))
}

pub fn call(event: &str, timeout: Duration) -> Call {
    Call {
        request_id: RequestId::from_random_bits(7),
        event: Payload::Json(event.to_owned().into()),
        deadline: Instant::now() + timeout,
    }
}

pub fn invoke(sandbox: &mut dyn Sandbox, event: &str) -> Outcome {
    block_on(sandbox.invoke(call(event, Duration::from_secs(30))))
}

pub fn reply(sandbox: &mut dyn Sandbox, event: &str) -> String {
    let outcome = invoke(sandbox, event);
    let payload = outcome
        .result
        .unwrap_or_else(|failure| panic!("failed: {failure:?}"));
    String::from_utf8(payload.bytes().to_vec()).unwrap()
}

pub fn failure(sandbox: &mut dyn Sandbox, event: &str) -> Failure {
    invoke(sandbox, event)
        .result
        .expect_err("the call should have failed")
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

pub fn block_on<F: Future>(future: F) -> F::Output {
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
