//! What the host does while a sandbox waits: HTTP exchanges.
//!
//! ```text
//! START ─► an operation under way ─► done, queued ─► DONE tells the guest ─► PIECE hands over the bytes
//!               │ CANCEL, reset or the sandbox's end: dropped, and with it the exchange
//!               └ a response's body stays, under a number, for further reads, until it ends or is dropped
//! ```
//!
//! Operations belong to the sandbox, not to the call: what one call began the next may wait for.

use std::{
    collections::{HashMap, VecDeque},
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use bytes::Bytes as Buffer;
use hydra_sandbox::{Encoding, Host, HttpBody, HttpError, HttpRequest, HttpResponse, Redirect};
use hydra_types::EgressPolicy;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ops::Reply, refusal::Refusal};
use crate::state::State;

/// Operations; the same numbers as in guests/javascript/library/host.js and prelude.js.
pub(super) mod op {
    pub(in super::super) const DROP: i32 = 15;
    pub(in super::super) const START: i32 = 21;
    pub(in super::super) const DONE: i32 = 22;
    pub(in super::super) const PIECE: i32 = 23;
    pub(in super::super) const CANCEL: i32 = 24;
}

/// Operations under way, and bodies that are open, in one sandbox.
const MAX_OPEN: usize = 64;

/// An exchange ends after this even if nobody waits for it.
const MAX_EXCHANGE_TIME: Duration = Duration::from_secs(900);

type Running = Pin<Box<dyn Future<Output = Finished> + Send>>;

/// What one sandbox has under way.
#[derive(Default)]
pub(crate) struct Operations {
    /// Never used twice in a sandbox: the guest may remember numbers of what is gone.
    last_id: i32,
    open: Option<Box<Open>>,
}

#[derive(Default)]
struct Open {
    running: Vec<Operation>,
    done: VecDeque<(i32, Finished)>,
    /// Bytes that were told of and not yet fetched.
    pieces: HashMap<i32, Buffer>,
    bodies: HashMap<i32, Body>,
}

struct Operation {
    id: i32,
    /// The body that it reads.
    body: Option<i32>,
    running: Running,
}

enum Body {
    Idle(Box<dyn HttpBody>),
    /// An operation has it.
    Read,
}

enum Finished {
    Response(Result<HttpResponse, HttpError>),
    Piece {
        body: i32,
        rest: Box<dyn HttpBody>,
        piece: Result<Option<Buffer>, HttpError>,
    },
}

impl Operations {
    /// Whether nothing is under way and nothing open.
    pub(crate) fn is_empty(&self) -> bool {
        self.open.as_ref().is_none_or(|open| {
            open.running.is_empty() && open.done.is_empty() && open.bodies.is_empty()
        })
    }

    /// Whether something will finish, or has.
    pub(crate) fn is_waited_for(&self) -> bool {
        self.open
            .as_ref()
            .is_some_and(|open| !open.running.is_empty() || !open.done.is_empty())
    }

    /// Takes what is under way out of the sandbox, to wait for it.
    pub(crate) fn take(&mut self) -> Self {
        Self {
            last_id: self.last_id,
            open: self.open.take(),
        }
    }

    /// Drops what is under way.
    pub(crate) fn clear(&mut self) {
        self.open = None;
    }

    /// Ends when something has finished that the guest was not told of, or with `timer`.
    pub(crate) async fn wait(&mut self, timer: impl Future<Output = ()>) {
        let mut timer = pin!(timer);
        poll_fn(|context| match self.poll(context) {
            Poll::Ready(()) => Poll::Ready(()),
            Poll::Pending => timer.as_mut().poll(context),
        })
        .await;
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(open) = &mut self.open else {
            return Poll::Pending;
        };
        let mut index = 0;
        while let Some(operation) = open.running.get_mut(index) {
            match operation.running.as_mut().poll(context) {
                Poll::Ready(finished) => {
                    open.done.push_back((operation.id, finished));
                    drop(open.running.swap_remove(index));
                }
                Poll::Pending => index += 1,
            }
        }
        if open.done.is_empty() {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    }
}

/// Serves what the library asks.
pub(super) fn operate(state: &mut State, operation: i32, given: &[u8]) -> Result<Reply, Refusal> {
    let host = state.wasi.host();
    let policy = state.turn.facts.egress.clone();
    let operations = &mut state.turn.operations;
    let open = operations.open.get_or_insert_default();
    if operation == op::START {
        let id = operations.last_id.checked_add(1).ok_or_else(malformed)?;
        open.start(id, &host, policy, given)?;
        operations.last_id = id;
        return Ok(Reply::Number(id));
    }
    if operation == op::DONE {
        return Ok(open.tell());
    }
    let id = std::str::from_utf8(given)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(malformed)?;
    match operation {
        op::PIECE => return Ok(open.pieces.remove(&id).map_or(Reply::Nothing, Reply::Bytes)),
        op::DROP => drop(open.bodies.remove(&id)),
        _ => open.cancel(id),
    }
    Ok(Reply::Number(0))
}

fn too_many() -> Refusal {
    let message = format!(
        "more than {MAX_OPEN} fetches and unread response bodies at once in one sandbox; read or cancel some first"
    );
    Refusal::new("TypeError", message).code("ERR_TOO_MANY_OPERATIONS")
}

fn malformed() -> Refusal {
    Refusal::new("TypeError", "malformed operation")
}

/// A request as the library describes it.
#[derive(Deserialize)]
struct Asked {
    method: String,
    url: String,
    /// Each character of a value stands for one byte.
    headers: Vec<(String, String)>,
    redirect: String,
    #[serde(default = "yes")]
    decompress: bool,
}

const fn yes() -> bool {
    true
}

impl Open {
    fn start(
        &mut self,
        id: i32,
        host: &Arc<dyn Host>,
        policy: Arc<EgressPolicy>,
        given: &[u8],
    ) -> Result<(), Refusal> {
        let mut parts = Parts(given);
        let (body, running): (_, Running) = match parts.next().ok_or_else(malformed)? {
            b"fetch" => {
                if self.places() >= MAX_OPEN {
                    return Err(too_many());
                }
                let (asked, body) = parts.next().zip(parts.next()).ok_or_else(malformed)?;
                let request = request(asked, body, policy)?;
                let exchange = host.fetch(request);
                let running = async move { Finished::Response(exchange.await) };
                (None, Box::pin(running))
            }
            b"read" => {
                let body: i32 = parts
                    .next()
                    .and_then(|number| std::str::from_utf8(number).ok()?.parse().ok())
                    .ok_or_else(malformed)?;
                let place = self.bodies.get_mut(&body);
                let Some(Body::Idle(mut rest)) =
                    place.map(|place| std::mem::replace(place, Body::Read))
                else {
                    return Err(Refusal::new("TypeError", "the response body is not open"));
                };
                let running = async move {
                    let piece = rest.next().await;
                    Finished::Piece { body, rest, piece }
                };
                (Some(body), Box::pin(running))
            }
            _ => return Err(malformed()),
        };
        self.running.push(Operation { id, body, running });
        Ok(())
    }

    /// Places that are taken. A body that is read takes one, not two.
    fn places(&self) -> usize {
        let read = |body: &&Body| matches!(body, Body::Read);
        let reads = self.bodies.values().filter(read).count();
        (self.running.len() + self.done.len() + self.bodies.len()).saturating_sub(reads)
    }

    /// Ends an operation. A read takes its body with it.
    fn cancel(&mut self, id: i32) {
        let running = self.running.iter().find(|operation| operation.id == id);
        let done = self.done.iter().find(|(other, _)| *other == id);
        let body = match (running, done) {
            (Some(operation), _) => operation.body,
            (None, Some((_, Finished::Piece { body, .. }))) => Some(*body),
            _ => None,
        };
        if let Some(body) = body {
            self.bodies.remove(&body);
        }
        self.running.retain(|operation| operation.id != id);
        self.done.retain(|(other, _)| *other != id);
        self.pieces.remove(&id);
    }

    /// What has finished next, as JSON.
    fn tell(&mut self) -> Reply {
        let Some((id, finished)) = self.done.pop_front() else {
            return Reply::Nothing;
        };
        let told = match finished {
            Finished::Response(Ok(response)) => {
                let headers: Vec<(&str, String)> = response
                    .headers
                    .iter()
                    .map(|(name, value)| {
                        let value = value.iter().copied().map(char::from).collect();
                        (name.as_str(), value)
                    })
                    .collect();
                let answer = json!({
                    "status": response.status,
                    "reason": response.reason,
                    "url": response.url,
                    "redirected": response.redirected,
                    "headers": headers,
                    "body": id,
                });
                self.bodies.insert(id, Body::Idle(response.body));
                json!({ "id": id, "answer": answer })
            }
            Finished::Response(Err(error)) => json!({ "id": id, "refused": refused(&error) }),
            Finished::Piece { body, rest, piece } => match piece {
                Ok(Some(piece)) => {
                    // Dropped meanwhile: then no more of it is wanted.
                    if let Some(place) = self.bodies.get_mut(&body) {
                        *place = Body::Idle(rest);
                    }
                    self.pieces.insert(id, piece);
                    json!({ "id": id, "answer": { "end": false } })
                }
                Ok(None) => {
                    self.bodies.remove(&body);
                    json!({ "id": id, "answer": { "end": true } })
                }
                Err(error) => {
                    self.bodies.remove(&body);
                    json!({ "id": id, "refused": refused(&error) })
                }
            },
        };
        Reply::Bytes(told.to_string().into())
    }
}

fn request(asked: &[u8], body: &[u8], policy: Arc<EgressPolicy>) -> Result<HttpRequest, Refusal> {
    let asked: Asked = serde_json::from_slice(asked).map_err(|_| malformed())?;
    let bytes = |text: String| -> Result<Vec<u8>, Refusal> {
        text.chars()
            .map(|c| u8::try_from(u32::from(c)).map_err(|_| malformed()))
            .collect()
    };
    let headers = asked
        .headers
        .into_iter()
        .map(|(name, value)| Ok((name, bytes(value)?)))
        .collect::<Result<_, Refusal>>()?;
    Ok(HttpRequest {
        method: asked.method,
        url: asked.url,
        headers,
        body: Buffer::copy_from_slice(body),
        redirect: match asked.redirect.as_str() {
            "manual" => Redirect::Manual,
            "error" => Redirect::Error,
            _ => Redirect::Follow,
        },
        encoding: if asked.decompress {
            Encoding::Decode
        } else {
            Encoding::Keep
        },
        deadline: Instant::now() + MAX_EXCHANGE_TIME,
        policy,
    })
}

fn refused(error: &HttpError) -> Value {
    Refusal::new("TypeError", error.to_string())
        .code(error.code())
        // As Node has it, where libraries look.
        .with(
            "cause",
            json!({ "code": error.code(), "message": error.to_string() }),
        )
        .to_value()
}

/// Parts of a payload: for each its length as 32 bits, little-endian, then its bytes.
struct Parts<'a>(&'a [u8]);

impl<'a> Iterator for Parts<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk()?;
        let (part, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        self.0 = rest;
        Some(part)
    }
}
