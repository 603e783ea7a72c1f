//! An accepted invocation on its way to a sandbox, and the obligation to answer it.

use std::time::Instant;

use hydra_sandbox::{Call, Payload};
use hydra_types::RequestId;
use tokio::sync::oneshot;

use crate::{InvokeError, Reply, admission::Permit, function::RunKey};

/// What an invocation came to.
pub(crate) type Answer = Result<Reply, InvokeError>;

#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) request_id: RequestId,
    pub(crate) event: Payload,
    pub(crate) arrival: Instant,
    pub(crate) deadline: Instant,
    pub(crate) client: Client,
}

/// The one who waits for the answer. Dropping it without one answers `Internal`: nobody is left hanging.
#[derive(Debug)]
pub(crate) struct Client {
    /// `None` once answered.
    reply: Option<oneshot::Sender<Answer>>,
    request_id: RequestId,
    /// Declared last: given back after the answer is out.
    _permit: Permit,
}

impl Job {
    pub(crate) fn new(
        request_id: RequestId,
        event: Payload,
        arrival: Instant,
        deadline: Instant,
        permit: Permit,
    ) -> (Self, oneshot::Receiver<Answer>) {
        let (reply, receiver) = oneshot::channel();
        let client = Client {
            reply: Some(reply),
            request_id,
            _permit: permit,
        };
        let job = Self {
            request_id,
            event,
            arrival,
            deadline,
            client,
        };
        (job, receiver)
    }

    /// Parts the job from its client, who waits in the function from now on: see [`crate::function`].
    pub(crate) fn start(self, enter: impl FnOnce(Instant, Client) -> RunKey) -> Started {
        Started {
            request_id: self.request_id,
            event: self.event,
            arrival: self.arrival,
            deadline: self.deadline,
            key: enter(self.deadline, self.client),
        }
    }
}

/// A job whose turn has come. Its client gets its answer through the key.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) request_id: RequestId,
    pub(crate) event: Payload,
    pub(crate) arrival: Instant,
    pub(crate) deadline: Instant,
    pub(crate) key: RunKey,
}

impl Started {
    /// The invocation as its sandbox sees it, and the key to its client.
    pub(crate) fn into_call(self) -> (Call, RunKey) {
        let call = Call {
            request_id: self.request_id,
            event: self.event,
            deadline: self.deadline,
        };
        (call, self.key)
    }
}

impl Client {
    /// Whether nobody waits any more.
    pub(crate) fn is_gone(&self) -> bool {
        self.reply.as_ref().is_none_or(oneshot::Sender::is_closed)
    }

    /// The invocation it waits for.
    pub(crate) const fn request_id(&self) -> RequestId {
        self.request_id
    }

    /// Answers. A client that has gone is no error.
    pub(crate) fn answer(mut self, answer: Answer) {
        if let Some(reply) = self.reply.take() {
            let _ = reply.send(answer);
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Some(reply) = self.reply.take() {
            let lost = InvokeError::internal("the invocation was lost before it had an answer");
            let _ = reply.send(Err(lost.of_request(self.request_id)));
        }
    }
}
