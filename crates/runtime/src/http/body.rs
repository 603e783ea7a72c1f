//! Request bodies: bounded in size, in time, and in memory all together.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::Poll,
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use hydra_types::{Bytes as Count, ErrorCode};
use hyper::{
    HeaderMap,
    body::{Body as _, Incoming},
    header::EXPECT,
};

use super::{
    problem::Problem,
    watch::{Millis, Watch},
};

/// Bodies up to this size do not count against the budget: a connection's buffers cost as much.
const FREE_BYTES: usize = 64 << 10;
/// A body that is at least this fast is never late.
const BYTES_PER_SECOND: usize = 64 << 10;
/// What is read of a body that nobody wants, so that the client sees the answer before the connection closes.
const DISCARD_BYTES: usize = 8 << 20;
/// How long that may take.
const DISCARD_TIME: Duration = Duration::from_secs(2);

/// Memory for all bodies together.
#[derive(Debug)]
pub(super) struct Budget {
    used: AtomicUsize,
    limit_bytes: usize,
}

/// A part of the budget; returned when dropped.
#[derive(Debug)]
struct Reservation {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Budget {
    pub(super) fn new(limit: Count) -> Arc<Self> {
        Arc::new(Self {
            used: AtomicUsize::new(0),
            limit_bytes: limit.as_usize(),
        })
    }
}

impl Reservation {
    fn grow_to(&mut self, bytes: usize) -> Result<(), Box<Problem>> {
        let more = bytes.saturating_sub(self.bytes);
        let before = self.budget.used.fetch_add(more, Relaxed);
        self.bytes += more;
        if before.saturating_add(more) > self.budget.limit_bytes {
            // What was added is returned by the drop.
            return Err(Problem::new(
                ErrorCode::Overloaded,
                format!(
                    "request bodies already fill {}, the instance's budget for them",
                    Count(self.budget.limit_bytes as u64)
                ),
            )
            .hint("send fewer large bodies at once"));
        }
        Ok(())
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Relaxed);
    }
}

/// A complete body. Keep it as long as its bytes live, for it holds their place in the budget.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) bytes: Bytes,
    _reserved: Option<Reservation>,
}

/// How large a body may be, and what it is called in the error.
#[derive(Clone, Copy, Debug)]
pub(super) struct SizeLimit {
    pub(super) bytes: Count,
    pub(super) what: &'static str,
}

impl SizeLimit {
    fn exceeded(self, found: Option<u64>) -> Box<Problem> {
        let found = found.map_or_else(|| "more".to_owned(), |bytes| format!("{bytes} bytes"));
        Problem::new(
            ErrorCode::InputTooLarge,
            format!("the {} has {found}; the limit is {}", self.what, self.bytes),
        )
    }
}

/// A body that is still on its way.
pub(super) struct Upload {
    incoming: Incoming,
    watch: Arc<Watch>,
    budget: Arc<Budget>,
    timeout: Duration,
    /// When the body was first waited for.
    begun: Option<Millis>,
    /// What fast stretches have added to the timeout.
    earned: Duration,
    wanted: Wanted,
}

/// Whether the client waits for a word before it sends the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    /// It sends anyway.
    Anyway,
    /// Only after `100 Continue`, which hyper sends when the body is first polled.
    OnRequest,
}

/// Why a body does not go on.
enum Stopped {
    Late,
    Broken(hyper::Error),
}

impl Upload {
    pub(super) fn new(
        incoming: Incoming,
        headers: &HeaderMap,
        watch: Arc<Watch>,
        budget: Arc<Budget>,
        timeout: Duration,
    ) -> Self {
        let wanted = if headers.contains_key(EXPECT) {
            Wanted::OnRequest
        } else {
            Wanted::Anyway
        };
        Self {
            incoming,
            watch,
            budget,
            timeout,
            begun: None,
            earned: Duration::ZERO,
            wanted,
        }
    }

    /// Reads the body to its end.
    ///
    /// # Errors
    ///
    /// Too large, too slow, broken, or no memory for it.
    pub(super) async fn read(&mut self, limit: SizeLimit) -> Result<Held, Box<Problem>> {
        let announced = self.incoming.size_hint().exact();
        if announced.is_some_and(|bytes| bytes > limit.bytes.0) {
            return Err(limit.exceeded(announced));
        }
        self.wanted = Wanted::Anyway;
        let Some(first) = self.chunk(0).await? else {
            return Ok(held(Bytes::new(), None));
        };
        // Small bodies come in one piece, and need neither copy nor account.
        if self.incoming.is_end_stream() && first.len() <= FREE_BYTES {
            self.watch.body_done();
            return match first.len() as u64 > limit.bytes.0 {
                true => Err(limit.exceeded(None)),
                false => Ok(held(first, None)),
            };
        }
        self.read_rest(first, limit, announced).await
    }

    async fn read_rest(
        &mut self,
        first: Bytes,
        limit: SizeLimit,
        announced: Option<u64>,
    ) -> Result<Held, Box<Problem>> {
        let mut reserved = Reservation {
            budget: Arc::clone(&self.budget),
            bytes: 0,
        };
        // What is announced is believed up to a point: memory follows what has come.
        let expected = announced.map_or(0, |bytes| Count(bytes).as_usize());
        let mut body = BytesMut::with_capacity(expected.clamp(first.len(), 4 * FREE_BYTES));
        let mut next = Some(first);
        while let Some(chunk) = next {
            let total = body.len() + chunk.len();
            if total as u64 > limit.bytes.0 {
                return Err(limit.exceeded(None));
            }
            if total > FREE_BYTES {
                reserved.grow_to(total)?;
            }
            body.extend_from_slice(&chunk);
            next = self.chunk(total).await?;
        }
        self.watch.body_done();
        Ok(held(body.freeze(), Some(reserved)))
    }

    /// Reads on, and forgets, so that the client can finish sending and read the answer. Bounded.
    pub(super) async fn discard(&mut self) {
        if self.wanted == Wanted::OnRequest {
            return;
        }
        self.begun = None;
        self.earned = Duration::ZERO;
        self.timeout = DISCARD_TIME;
        let mut total = 0;
        while total < DISCARD_BYTES && !self.incoming.is_end_stream() {
            match self.next().await {
                Ok(Some(chunk)) => total += chunk.len(),
                Ok(None) | Err(_) => break,
            }
        }
        self.watch.body_done();
    }

    async fn chunk(&mut self, so_far_bytes: usize) -> Result<Option<Bytes>, Box<Problem>> {
        self.earned = Duration::from_secs((so_far_bytes / BYTES_PER_SECOND) as u64);
        match self.next().await {
            Ok(chunk) => Ok(chunk),
            Err(Stopped::Late) => Err(Problem::slow_body(self.timeout + self.earned)),
            Err(Stopped::Broken(error)) => Err(Problem::broken_body(&error)),
        }
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Stopped> {
        poll_fn(|cx| {
            loop {
                match Pin::new(&mut self.incoming).poll_frame(cx) {
                    Poll::Ready(None) => return Poll::Ready(Ok(None)),
                    Poll::Ready(Some(Err(error))) => {
                        return Poll::Ready(Err(Stopped::Broken(error)));
                    }
                    Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                        Ok(data) => return Poll::Ready(Ok(Some(data))),
                        Err(_trailers) => {}
                    },
                    Poll::Pending => break,
                }
            }
            let now = Millis::now();
            let begun = *self.begun.get_or_insert(now);
            let due = begun.after(self.timeout).after(self.earned);
            if due <= now {
                return Poll::Ready(Err(Stopped::Late));
            }
            self.watch.body_awaited(due);
            Poll::Pending
        })
        .await
    }
}

fn held(bytes: Bytes, reserved: Option<Reservation>) -> Held {
    Held {
        bytes,
        _reserved: reserved,
    }
}
