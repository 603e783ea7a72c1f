//! The handle on an instance: looks functions up, accepts invocations, answers questions.
//!
//! Registration lives in [`registering`], what is done to a function's sandboxes from outside in [`warming`],
//! what guest threads do in [`crate::serve`].

mod registering;
mod warming;

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use hydra_sandbox::{Backend, Payload};
use hydra_types::{FunctionName, RequestId};
use tokio::sync::{Semaphore, oneshot};
use uuid::Uuid;

use crate::{
    Drained, FunctionHandle, FunctionStatus, FunctionSummary, InstanceConfig, InvokeError, Metrics,
    Reply,
    admission::Admission,
    executor::Executor,
    function::{Accepted, Function, Listing, Turn},
    held::Ledger,
    janitor::Janitor,
    job::{Answer, Job},
    serve::{refuse, serve},
    table::Table,
};

/// Longest keep-alive; more is as good as for ever, and would overflow the clock.
const KEEP_ALIVE_MAX: Duration = Duration::from_secs(365 * 24 * 3600);

/// A running instance. Cheap to clone; the last clone to go ends its threads, after what was accepted.
#[derive(Clone)]
pub struct Instance(Arc<Inner>);

pub(crate) struct Inner {
    config: InstanceConfig,
    backends: Vec<Arc<dyn Backend>>,
    table: Arc<Table>,
    admission: Arc<Admission>,
    loads: Arc<Semaphore>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) janitor: Janitor,
    pub(crate) metrics: Arc<Metrics>,
    executor: Executor,
}

impl Inner {
    /// Queues a turn on the guest threads.
    pub(crate) fn spawn_turn(self: &Arc<Self>, function: Arc<Function>, turn: Turn) {
        self.executor.spawn(serve(Arc::clone(self), function, turn));
    }
}

impl Instance {
    /// Starts an instance with one backend per runtime; of two for the same runtime the first is used.
    ///
    /// The instance's methods need a tokio runtime with timers around them.
    ///
    /// # Errors
    ///
    /// The operating system gives no more threads.
    pub fn start(config: InstanceConfig, backends: Vec<Arc<dyn Backend>>) -> io::Result<Self> {
        let ledger = Ledger::new(config.max_sandboxes, config.memory_budget.0);
        let table = Table::new(config.max_functions);
        let metrics = Arc::new(Metrics::new(Arc::clone(&table), Arc::clone(&ledger)));
        let keep_alive = config.keep_alive.min(KEEP_ALIVE_MAX);
        let janitor = Janitor::start(keep_alive, Arc::clone(&ledger), Arc::clone(&metrics))?;
        Ok(Self(Arc::new(Inner {
            admission: Admission::new(config.max_pending),
            loads: Arc::new(Semaphore::new(config.max_loads.max(1))),
            janitor,
            metrics,
            executor: Executor::start(config.guest_threads)?,
            ledger,
            table,
            backends,
            config,
        })))
    }

    /// Invokes a function and waits for its answer.
    ///
    /// The invocation runs now if fewer than the function's `concurrency` run, waits if its `queue` has room, and
    /// is refused otherwise. Waiting counts: an invocation that waits until its deadline is not run.
    ///
    /// Dropping the future while the invocation waits takes it out of the queue; once it runs, it runs to its end
    /// or its limit, and its answer is dropped.
    ///
    /// # Errors
    ///
    /// See [`InvokeError::code`]; every accepted invocation gets exactly one answer.
    pub async fn invoke(&self, name: &FunctionName, event: Payload) -> Result<Reply, InvokeError> {
        match self.find(name) {
            Some(function) => self.invoke_found(function, event).await,
            None => {
                let error = InvokeError::function_not_found(name);
                self.0.metrics.record_error(error.code);
                Err(error.of_request(new_request_id()))
            }
        }
    }

    /// Looks a function up, for [`Instance::invoke_found`].
    #[must_use]
    pub fn find(&self, name: &FunctionName) -> Option<FunctionHandle> {
        self.0.table.get(name).map(FunctionHandle)
    }

    /// Does what [`Instance::invoke`] does, without a look-up of its own. Where the function has been replaced since
    /// it was found, its successor is invoked.
    ///
    /// # Errors
    ///
    /// As [`Instance::invoke`].
    pub async fn invoke_found(
        &self,
        function: FunctionHandle,
        event: Payload,
    ) -> Result<Reply, InvokeError> {
        let request_id = new_request_id();
        let accepted = self.accept(function.0, event, request_id);
        let awaited = accepted.map_err(|error| {
            self.0.metrics.record_error(error.code);
            error.of_request(request_id)
        })?;
        match awaited.queued_until {
            None => answered(awaited.receiver.await, request_id),
            Some(deadline) => self.wait_in_queue(awaited, deadline, request_id).await,
        }
    }

    /// Starts or queues an invocation of `function`, or of what has come into its place.
    fn accept(
        &self,
        mut function: Arc<Function>,
        mut event: Payload,
        request_id: RequestId,
    ) -> Result<Awaited, InvokeError> {
        let arrival = Instant::now();
        loop {
            match self.offer(&function, event, request_id, arrival)? {
                Offered::Accepted {
                    receiver,
                    queued_until,
                } => {
                    return Ok(Awaited {
                        function,
                        receiver,
                        queued_until,
                    });
                }
                Offered::Retired { event: back } => event = back,
            }
            // What is in the table is never retired, so each further turn means one more replacement.
            function = self.look_up(&function.spec.name)?;
        }
    }

    fn offer(
        &self,
        function: &Arc<Function>,
        event: Payload,
        request_id: RequestId,
        arrival: Instant,
    ) -> Result<Offered, InvokeError> {
        let limits = &function.spec.limits;
        let event_bytes = event.bytes().len() as u64;
        if event_bytes > limits.input.0 {
            return Err(InvokeError::input_too_large(event_bytes, limits.input));
        }
        let permit = self.0.admission.enter()?;
        let deadline = arrival + limits.timeout;
        let (job, receiver) = Job::new(request_id, event, arrival, deadline, permit);
        let queued_until = match function.accept(job) {
            Accepted::Run { turn, watch } => {
                self.0.spawn_turn(Arc::clone(function), turn);
                if let Some(deadline) = watch {
                    self.0.janitor.list(Listing::Running, function, deadline);
                }
                None
            }
            Accepted::Queued { until } => Some(until),
            Accepted::Full { job, wait } => {
                drop((receiver, job));
                let name = &function.spec.name;
                return Err(InvokeError::queue_full(name, limits.queue, wait));
            }
            Accepted::Retired { job } => return Ok(Offered::Retired { event: job.event }),
        };
        Ok(Offered::Accepted {
            receiver,
            queued_until,
        })
    }

    async fn wait_in_queue(
        &self,
        awaited: Awaited,
        deadline: Instant,
        request_id: RequestId,
    ) -> Answer {
        let mut waiting = Waiting {
            function: &awaited.function,
            receiver: awaited.receiver,
            answered: false,
        };
        let answer = tokio::select! {
            biased;
            answer = &mut waiting.receiver => answer,
            () = tokio::time::sleep_until(deadline.into()) => {
                self.expire_jobs(waiting.function);
                // Answered just now, or it runs, and its sandbox keeps the deadline.
                (&mut waiting.receiver).await
            }
        };
        waiting.answered = true;
        answered(answer, request_id)
    }

    fn expire_jobs(&self, function: &Function) {
        let now = Instant::now();
        for job in function.take_expired_jobs(now) {
            let waited = now.saturating_duration_since(job.arrival);
            let late = InvokeError::queue_timeout(&function.spec.name, waited);
            refuse(&self.0.metrics, job.client, late);
        }
    }

    fn look_up(&self, name: &FunctionName) -> Result<Arc<Function>, InvokeError> {
        let function = self.0.table.get(name);
        function.ok_or_else(|| InvokeError::function_not_found(name))
    }

    /// Everything about one function.
    #[must_use]
    pub fn describe(&self, name: &FunctionName) -> Option<FunctionStatus> {
        Some(self.0.table.get(name)?.status())
    }

    /// All functions, by name.
    #[must_use]
    pub fn list(&self) -> Vec<FunctionSummary> {
        let functions = self.0.table.all();
        let mut list: Vec<_> = functions
            .iter()
            .map(|function| function.summary())
            .collect();
        list.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        list
    }

    /// The runtimes that functions may name.
    #[must_use]
    pub fn runtimes(&self) -> Vec<hydra_types::Runtime> {
        let backends = self.0.backends.iter();
        backends.map(|backend| backend.runtime()).collect()
    }

    /// Sandboxes that exist, running, idle or about to be dropped.
    #[must_use]
    pub fn live_sandboxes(&self) -> usize {
        self.0.ledger.live()
    }

    /// The instance's metrics.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Takes no new work from now on and waits until every accepted invocation is answered, or `deadline`.
    pub async fn drain(&self, deadline: Instant) -> Drained {
        Drained {
            unfinished: self.0.admission.drain(deadline).await,
        }
    }
}

fn new_request_id() -> RequestId {
    RequestId::from_random_bits(Uuid::new_v4().as_u128())
}

/// What came through the channel; a job that vanished says so itself, so the error case is a second net.
fn answered(answer: Result<Answer, oneshot::error::RecvError>, request_id: RequestId) -> Answer {
    answer.unwrap_or_else(|_| {
        let lost = InvokeError::internal("the invocation ended without an answer");
        Err(lost.of_request(request_id))
    })
}

/// What an offer of an invocation to one version came to, short of a refusal.
enum Offered {
    Accepted {
        receiver: oneshot::Receiver<Answer>,
        queued_until: Option<Instant>,
    },
    Retired {
        event: Payload,
    },
}

/// An accepted invocation, as seen by its client.
struct Awaited {
    function: Arc<Function>,
    receiver: oneshot::Receiver<Answer>,
    /// Its deadline, where it is queued.
    queued_until: Option<Instant>,
}

/// A client in a queue. Tells the function when it goes away, so that its job does not take up room.
struct Waiting<'a> {
    function: &'a Function,
    receiver: oneshot::Receiver<Answer>,
    answered: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.receiver.close();
            self.function.abandon();
        }
    }
}
