//! What a guest thread does for an invocation, from its turn to what follows its answer.
//!
//! ```text
//! turn ─► deadline passed? answer
//!      ─► sandbox: the idle one given, else a restored one ─► invoke ─► record
//!           ├ kept as it is, or spent: finish ─► answer
//!           └ to be reset or measured: answer ─► reset, measure ─► finish
//! finish gives the next job of the same function, which runs in the same slot (and sandbox)
//! ```
//!
//! The sandbox is back in its place before the answer goes out, where that costs nothing, so that a client that
//! calls again at once finds it. What costs a system call comes after the answer.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use hydra_sandbox::{After, Outcome};
use hydra_types::{RequestId, Reuse, StartKind};

use crate::{
    InvokeError, Metrics, Reply, Times,
    acquire::{acquire, chain},
    caught::{caught, caught_async},
    function::{Ended, Ending, Function, Listing, RunKey, Settling, Turn},
    held::Held,
    instance::Inner,
    job::{Answer, Client},
};

/// How long one task may take jobs of one function before it queues up behind other functions again: a guest's tick.
const SLICE: Duration = Duration::from_millis(1);
/// A sandbox's private memory is measured after its first invocation and then each time so many more have passed.
const MEASURE_EVERY: u64 = 64;

/// What is to be done with a sandbox that has served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Afterwards {
    Keep,
    Reset,
    Drop,
}

/// Serves `turn`, and then the jobs that wait for the same function.
pub(crate) async fn serve(inner: Arc<Inner>, function: Arc<Function>, mut turn: Turn) {
    let slice_began = Instant::now();
    let mut now = slice_began;
    loop {
        match serve_turn(&inner, &function, turn, now).await {
            None => return,
            Some(next) => turn = next,
        }
        now = Instant::now();
        if now - slice_began >= SLICE {
            inner.spawn_turn(function, turn);
            return;
        }
    }
}

async fn serve_turn(
    inner: &Inner,
    function: &Arc<Function>,
    turn: Turn,
    now: Instant,
) -> Option<Turn> {
    let Turn { job, held } = turn;
    let queue = now.saturating_duration_since(job.arrival);
    if job.deadline <= now {
        let late = InvokeError::queue_timeout(&function.spec.name, queue);
        return turn_away(inner, function, Ending::unused(job.key, held), late);
    }
    let (mut held, restore) = match held {
        Some(held) => (held, Duration::ZERO),
        None => match acquire(inner, function).await {
            Ok(held) => (held, now.elapsed()),
            Err(error) => return turn_away(inner, function, Ending::unused(job.key, None), error),
        },
    };
    let start = held.start;
    let request_id = job.request_id;
    let (call, key) = job.into_call();
    let outcome = caught_async(|| held.sandbox.invoke(call)).await;
    let run = now.elapsed().saturating_sub(restore);
    let times = Times {
        queue,
        restore,
        run,
    };
    let (answer, afterwards) = conclude(function, outcome, start, times, request_id);
    record(inner, function, &answer, start, &times);
    held.served += 1;
    put_back(inner, function, held, afterwards, key, answer, run)
}

/// Turns what a sandbox said, or its panic, into an answer.
fn conclude(
    function: &Function,
    outcome: Result<Outcome, String>,
    start: StartKind,
    times: Times,
    request_id: RequestId,
) -> (Answer, Afterwards) {
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(panic) => {
            let name = function.spec.name.as_str();
            tracing::error!(function = name, %request_id, panic, "a sandbox panicked");
            let error = InvokeError {
                start: Some(start),
                times: Some(times),
                ..InvokeError::internal(format!("the sandbox of {name:?} panicked: {panic}"))
            };
            return (Err(error.of_request(request_id)), Afterwards::Drop);
        }
    };
    let afterwards = match (outcome.after, function.spec.reuse) {
        (After::Reusable, Reuse::Warm) => Afterwards::Keep,
        (After::Reusable, Reuse::Fresh) | (After::NeedsReset, _) => Afterwards::Reset,
        (After::Spent, _) => Afterwards::Drop,
    };
    let answer = match outcome.result {
        Ok(payload) => Ok(Reply {
            payload,
            start,
            times,
            request_id,
            log: outcome.log,
            usage: outcome.usage,
        }),
        Err(failure) => Err(InvokeError {
            start: Some(start),
            times: Some(times),
            log: Some(outcome.log),
            ..InvokeError::from_failure(failure)
        }
        .of_request(request_id)),
    };
    (answer, afterwards)
}

fn record(inner: &Inner, function: &Function, answer: &Answer, start: StartKind, times: &Times) {
    inner
        .metrics
        .record_run(function.spec.runtime, start, times);
    match answer {
        Ok(_) => function.counts.note(Ended::InReply),
        Err(error) => {
            function.counts.note(Ended::InError);
            inner.metrics.record_error(error.code);
        }
    }
}

/// Answers and puts the sandbox where it belongs; which first, the header says.
fn put_back(
    inner: &Inner,
    function: &Arc<Function>,
    mut held: Held,
    afterwards: Afterwards,
    key: RunKey,
    answer: Answer,
    run: Duration,
) -> Option<Turn> {
    let ending = match afterwards {
        Afterwards::Keep if !measure_is_due(&held) => {
            held.start = StartKind::Warm;
            Ending::kept(key, held, run)
        }
        Afterwards::Drop => {
            inner.janitor.bury([held]);
            Ending::dropped(key, run)
        }
        Afterwards::Keep => {
            let settling = Settling::Measured;
            return answer_first(inner, function, held, settling, key, answer, run);
        }
        Afterwards::Reset => {
            let settling = Settling::Reset;
            return answer_first(inner, function, held, settling, key, answer, run);
        }
    };
    let (client, next) = finish(inner, function, ending);
    // Nobody is left where the janitor has answered: the sandbox ignored its deadline.
    if let Some(client) = client {
        client.answer(answer);
    }
    next
}

fn answer_first(
    inner: &Inner,
    function: &Arc<Function>,
    held: Held,
    settling: Settling,
    key: RunKey,
    answer: Answer,
    run: Duration,
) -> Option<Turn> {
    let announced = inner.ledger.begin_settling();
    if let Some(client) = function.settle(settling, key) {
        client.answer(answer);
    }
    let measured = measure_is_due(&held);
    let ending = Ending {
        held: settle(inner, function, held, settling),
        key: None,
        ran: Some(run),
        settled: Some(settling),
    };
    let (_, next) = finish(inner, function, ending);
    drop(announced);
    // Not before the sandbox is back: it may be the one that has to go.
    if measured && inner.ledger.is_over_budget() {
        inner.janitor.press();
    }
    next
}

/// Whether this is the time to measure a sandbox's private memory.
const fn measure_is_due(held: &Held) -> bool {
    held.served == 1 || held.served.is_multiple_of(MEASURE_EVERY)
}

/// Resets and measures a sandbox after the answer; `None` where that ended it.
fn settle(inner: &Inner, function: &Function, mut held: Held, settling: Settling) -> Option<Held> {
    held.start = StartKind::Warm;
    if settling == Settling::Reset {
        let reset = caught(|| held.sandbox.reset()).and_then(|done| done.map_err(|e| chain(&e)));
        if let Err(reason) = reset {
            let name = function.spec.name.as_str();
            tracing::warn!(
                function = name,
                reason,
                "cannot reset a sandbox; it is dropped"
            );
            inner.janitor.bury([held]);
            return None;
        }
        held.start = StartKind::Restored;
    }
    if measure_is_due(&held) {
        match caught(|| held.measure()) {
            Ok(bytes) => function.note_private_bytes(bytes),
            Err(_) => {
                inner.janitor.bury([held]);
                return None;
            }
        }
    }
    Some(held)
}

/// Gives the concurrency slot back, or to the next job, and tells the janitor what it has to know. Returns whom to
/// answer, and that next job.
fn finish(
    inner: &Inner,
    function: &Arc<Function>,
    ending: Ending,
) -> (Option<Client>, Option<Turn>) {
    let now = Instant::now();
    let finished = function.finish(ending, now);
    for listing in finished.listings.into_iter().flatten() {
        inner.janitor.list(listing, function, now);
    }
    if let Some(unwanted) = finished.unwanted {
        inner.janitor.bury([unwanted]);
    }
    if let Some(deadline) = finished.watch {
        inner.janitor.list(Listing::Running, function, deadline);
    }
    (finished.client, finished.next)
}

/// Ends a turn whose job never got to run.
fn turn_away(
    inner: &Inner,
    function: &Arc<Function>,
    ending: Ending,
    error: InvokeError,
) -> Option<Turn> {
    let (client, next) = finish(inner, function, ending);
    if let Some(client) = client {
        refuse(&inner.metrics, client, error);
    }
    next
}

/// Answers a job that got no reply from a sandbox.
pub(crate) fn refuse(metrics: &Metrics, client: Client, error: InvokeError) {
    metrics.record_error(error.code);
    let error = error.of_request(client.request_id());
    client.answer(Err(error));
}
