//! A backend whose sandboxes do what the event says, and count what is done to them.
//!
//! Events: `reply`, `count` (invocations this sandbox has state of), `code` (the text it was loaded from), `hold`
//! (until [`World::release`], whatever its deadline), `block` (its thread, until [`World::open_loads`]), `sleep:MS`, `spin:MS` (yields every millisecond), `fail`, `spent`, `needs-reset`,
//! `panic`, `bad-reset` (the next reset fails).
//! Code: any text; `bad`, `panic`, `slow…` (until [`World::open_loads`]) and `heavy` (takes its time, and leaves a heap
//! of holes behind) mean something.

use std::{
    future::poll_fn,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst},
    },
    task::Poll,
    time::{Duration, Instant},
};

use hydra_runtime::{Instance, InstanceConfig, InvokeError, Registered, Reply, TokioHost};
use hydra_sandbox::{
    After, Backend, BoxFuture, Call, Failure, Host, ImageUse, LoadError, Log, Outcome, Payload,
    Program, Sandbox, SandboxError, Usage,
};
use hydra_types::{Bytes, FunctionName, FunctionSpec, Runtime, SpecFields};
use tokio::{runtime::Handle, sync::Semaphore};

/// What all fake sandboxes of a test share.
pub(crate) struct World {
    pub(crate) live: AtomicUsize,
    pub(crate) slots: AtomicUsize,
    pub(crate) restores: AtomicUsize,
    pub(crate) resets: AtomicUsize,
    pub(crate) measurements: AtomicUsize,
    pub(crate) idled: AtomicUsize,
    pub(crate) rested: AtomicUsize,
    pub(crate) loading: AtomicUsize,
    pub(crate) loading_most: AtomicUsize,
    pub(crate) holding: AtomicUsize,
    pub(crate) spinning: AtomicUsize,
    pub(crate) ended: AtomicUsize,
    pub(crate) private_bytes: AtomicU64,
    held: Semaphore,
    loads_open: Mutex<bool>,
    loads_changed: Condvar,
    kept: Mutex<Vec<Vec<u8>>>,
    host: TokioHost,
}

/// What a heavy load frees.
pub(crate) const HOLES_BYTES: usize = 128 << 20;

impl World {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            live: AtomicUsize::new(0),
            slots: AtomicUsize::new(usize::MAX),
            restores: AtomicUsize::new(0),
            resets: AtomicUsize::new(0),
            measurements: AtomicUsize::new(0),
            idled: AtomicUsize::new(0),
            rested: AtomicUsize::new(0),
            loading: AtomicUsize::new(0),
            loading_most: AtomicUsize::new(0),
            holding: AtomicUsize::new(0),
            spinning: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
            private_bytes: AtomicU64::new(1000),
            held: Semaphore::new(0),
            loads_open: Mutex::new(false),
            loads_changed: Condvar::new(),
            kept: Mutex::default(),
            host: TokioHost::new(Handle::current()),
        })
    }

    /// Lets `count` held invocations end.
    pub(crate) fn release(&self, count: usize) {
        self.held.add_permits(count);
    }

    fn wait_for_open_loads(&self) {
        let open = self.loads_open.lock().unwrap();
        let opened = self.loads_changed.wait_while(open, |open| !*open);
        drop(opened.unwrap());
    }

    /// Fills [`HOLES_BYTES`] of heap with small pieces and frees all but one in a thousand, for as long as a large
    /// load takes. What is kept keeps the allocator from returning the rest on its own.
    fn leave_holes(&self) {
        let began = Instant::now();
        let pieces = (0..HOLES_BYTES / 1024).map(|n| (n, vec![1_u8; 1000]));
        let pieces: Vec<_> = pieces.collect();
        let kept = pieces.into_iter().filter(|(n, _)| n % 1000 == 999);
        self.kept
            .lock()
            .unwrap()
            .extend(kept.map(|(_, piece)| piece));
        while began.elapsed() < Duration::from_millis(60) {
            std::thread::yield_now();
        }
    }

    /// Lets slow loads end, and threads that block.
    pub(crate) fn open_loads(&self) {
        *self.loads_open.lock().unwrap() = true;
        self.loads_changed.notify_all();
    }
}

pub(crate) struct FakeBackend(pub(crate) Arc<World>);

impl Backend for FakeBackend {
    fn runtime(&self) -> Runtime {
        Runtime::Wasm
    }

    fn load(&self, _: &FunctionSpec, code: &[u8]) -> Result<Arc<dyn Program>, LoadError> {
        let code = String::from_utf8(code.to_vec()).unwrap();
        let loading = self.0.loading.fetch_add(1, SeqCst) + 1;
        self.0.loading_most.fetch_max(loading, SeqCst);
        if code.starts_with("slow") {
            self.0.wait_for_open_loads();
        }
        if code == "heavy" {
            self.0.leave_holes();
        }
        self.0.loading.fetch_sub(1, SeqCst);
        match code.as_str() {
            "bad" => Err(LoadError::Code {
                message: "bad code, line 1".to_owned(),
                hint: Some("write good code".to_owned()),
            }),
            "panic" => panic!("the loader panicked"),
            _ => Ok(Arc::new(FakeProgram {
                world: Arc::clone(&self.0),
                code,
                count: 0,
            })),
        }
    }
}

struct FakeProgram {
    world: Arc<World>,
    code: String,
    count: u64,
}

impl Program for FakeProgram {
    fn restore(&self) -> Result<Box<dyn Sandbox>, SandboxError> {
        let slots = self.world.slots.load(SeqCst);
        if self.world.live.fetch_add(1, SeqCst) >= slots {
            self.world.live.fetch_sub(1, SeqCst);
            return Err(SandboxError::Exhausted { slots });
        }
        self.world.restores.fetch_add(1, SeqCst);
        Ok(Box::new(FakeSandbox {
            world: Arc::clone(&self.world),
            code: self.code.clone(),
            image_count: self.count,
            count: self.count,
            bad_reset: false,
        }))
    }

    fn image_use(&self) -> ImageUse {
        ImageUse {
            code: Bytes(100),
            base: Bytes(10),
            function: Bytes(1),
        }
    }

    fn idle(&self) {
        self.world.idled.fetch_add(1, SeqCst);
    }
}

struct FakeSandbox {
    world: Arc<World>,
    code: String,
    image_count: u64,
    count: u64,
    bad_reset: bool,
}

impl Drop for FakeSandbox {
    fn drop(&mut self) {
        self.world.live.fetch_sub(1, SeqCst);
    }
}

impl FakeSandbox {
    async fn act(&mut self, call: &Call) -> (Result<String, Failure>, After) {
        let event = String::from_utf8(call.event.bytes().to_vec()).unwrap();
        let (verb, milliseconds) = event.split_once(':').unwrap_or((&event, "0"));
        let span = Duration::from_millis(milliseconds.parse().unwrap());
        self.count += 1;
        let limit = Duration::ZERO;
        let late = (Err(Failure::Timeout { limit }), After::Spent);
        match verb {
            "count" => return (Ok(self.count.to_string()), After::Reusable),
            "code" => return (Ok(self.code.clone()), After::Reusable),
            "fail" => return (Err(Failure::NeverSettles), After::Reusable),
            "spent" => return (Ok(String::new()), After::Spent),
            "needs-reset" => return (Ok(self.count.to_string()), After::NeedsReset),
            "panic" => panic!("the guest panicked"),
            "bad-reset" => self.bad_reset = true,
            "hold" => {
                self.world.holding.fetch_add(1, SeqCst);
                self.world.held.acquire().await.unwrap().forget();
                self.world.holding.fetch_sub(1, SeqCst);
            }
            "block" => self.world.wait_for_open_loads(),
            "sleep" => {
                let wake = Instant::now() + span;
                self.world.host.sleep_until(wake.min(call.deadline)).await;
                if Instant::now() >= call.deadline {
                    return late;
                }
            }
            "spin" => {
                self.world.spinning.fetch_add(1, SeqCst);
                spin((Instant::now() + span).min(call.deadline)).await;
                self.world.spinning.fetch_sub(1, SeqCst);
            }
            _ => {}
        }
        (Ok(verb.to_owned()), After::Reusable)
    }
}

/// Computes until `end`, yielding every millisecond.
pub(crate) async fn spin(end: Instant) {
    poll_fn(|cx| {
        let tick = Instant::now() + Duration::from_millis(1);
        while Instant::now() < tick.min(end) {
            std::hint::spin_loop();
        }
        if Instant::now() >= end {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl Sandbox for FakeSandbox {
    fn invoke(&mut self, call: Call) -> BoxFuture<'_, Outcome> {
        Box::pin(async move {
            let (result, after) = self.act(&call).await;
            self.world.ended.fetch_add(1, SeqCst);
            let mut log = Log::with_limit(Bytes(100));
            log.write(b"logged");
            Outcome {
                result: result.map(|text| Payload::Raw(text.into())),
                log,
                usage: Usage::default(),
                after,
            }
        })
    }

    fn reset(&mut self) -> Result<(), SandboxError> {
        self.world.resets.fetch_add(1, SeqCst);
        self.count = self.image_count;
        if self.bad_reset {
            return Err(SandboxError::Refused {
                doing: "resetting",
                source: "told so".into(),
            });
        }
        Ok(())
    }

    fn checkpoint(&mut self) -> Result<Arc<dyn Program>, SandboxError> {
        if self.code == "stateful" {
            let reason = "told so".to_owned();
            return Err(SandboxError::NotCheckpointable { reason });
        }
        Ok(Arc::new(FakeProgram {
            world: Arc::clone(&self.world),
            code: self.code.clone(),
            count: self.count,
        }))
    }

    fn rest(&mut self) {
        self.world.rested.fetch_add(1, SeqCst);
        assert!(self.code != "restless", "told so");
    }

    fn private_memory(&self) -> Bytes {
        self.world.measurements.fetch_add(1, SeqCst);
        Bytes(self.world.private_bytes.load(SeqCst))
    }
}

/// An instance over a world of its own.
#[derive(Clone)]
pub(crate) struct Rig {
    pub(crate) instance: Instance,
    pub(crate) world: Arc<World>,
}

impl Rig {
    /// Two guest threads, a long keep-alive; otherwise as `change` leaves it.
    pub(crate) fn start(change: impl FnOnce(&mut InstanceConfig)) -> Self {
        let mut config = InstanceConfig {
            guest_threads: 2,
            keep_alive: Duration::from_secs(600),
            ..InstanceConfig::default()
        };
        change(&mut config);
        let world = World::new();
        let backend = Arc::new(FakeBackend(Arc::clone(&world)));
        let instance = Instance::start(config, vec![backend]).unwrap();
        Self { instance, world }
    }

    pub(crate) async fn register(&self, text: &str) -> Registered {
        self.register_with(text, |_| {}).await
    }

    /// Registers a function named by `text`, with `text` as its code.
    pub(crate) async fn register_with(
        &self,
        text: &str,
        change: impl FnOnce(&mut SpecFields),
    ) -> Registered {
        let registered = self
            .instance
            .register(spec(text, change), text.to_owned().into());
        registered.await.unwrap()
    }

    pub(crate) async fn invoke(&self, function: &str, event: &str) -> Result<Reply, InvokeError> {
        let event = Payload::Raw(event.to_owned().into());
        self.instance.invoke(&name(function), event).await
    }

    /// The reply's text.
    pub(crate) async fn ask(&self, function: &str, event: &str) -> String {
        let reply = self.invoke(function, event).await.unwrap();
        String::from_utf8(reply.payload.bytes().to_vec()).unwrap()
    }

    /// Invokes in the background.
    pub(crate) fn begin(
        &self,
        function: &str,
        event: &str,
    ) -> tokio::task::JoinHandle<Result<Reply, InvokeError>> {
        let (rig, function, event) = (self.clone(), function.to_owned(), event.to_owned());
        tokio::spawn(async move { rig.invoke(&function, &event).await })
    }

    /// Idle sandboxes, running and queued invocations.
    pub(crate) fn occupancy(&self, function: &str) -> (usize, usize, usize) {
        let status = self.instance.describe(&name(function)).unwrap();
        (status.idle, status.running, status.queued)
    }
}

pub(crate) fn name(text: &str) -> FunctionName {
    text.parse().unwrap()
}

pub(crate) fn spec(text: &str, change: impl FnOnce(&mut SpecFields)) -> FunctionSpec {
    let mut fields = SpecFields {
        runtime: Some("wasm".to_owned()),
        ..SpecFields::default()
    };
    change(&mut fields);
    fields.into_spec(name(text)).unwrap()
}

/// Waits until `condition` holds; fails after ten seconds.
pub(crate) async fn until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !condition() {
        assert!(Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_micros(200)).await;
    }
}
