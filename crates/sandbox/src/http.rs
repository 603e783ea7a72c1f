//! HTTP as a guest asks for it: one exchange, whose body comes in pieces.
//!
//! Knows no client and no socket. Whoever implements [`crate::Host::fetch`] follows redirects, decodes content
//! encodings, and checks [`EgressPolicy`] against every address it connects to.
//!
//! ```text
//! HttpRequest ─► Host::fetch ─► HttpResponse { status, headers, body } ─► next ─► next ─► None
//!                    └─ drop: the exchange ends        └──── drop: the same ────┘
//! ```

use std::{fmt, sync::Arc, time::Instant};

use bytes::Bytes;
use hydra_types::EgressPolicy;

use crate::BoxFuture;

/// What to do with a reply that points elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Redirect {
    /// Ask there, as the Fetch standard says.
    #[default]
    Follow,
    /// Fail with [`HttpError::Redirect`].
    Error,
    /// Reply with the redirect itself.
    Manual,
}

/// What to do with a body that came in a content encoding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// Decode `gzip`, `deflate` and `br`, and ask for them where the guest asked for none: what `fetch` does.
    #[default]
    Decode,
    /// Leave it as it came: what Node's `http` does.
    Keep,
}

/// One exchange that a guest asks for. Everything in it is the guest's word and unchecked.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    /// The method, in the case to send it in.
    pub method: String,
    /// An absolute URL.
    pub url: String,
    /// Header fields in order. Names in any case, values any bytes.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The whole body; empty for none.
    pub body: Bytes,
    /// What to do with redirects.
    pub redirect: Redirect,
    /// What to do with content encodings.
    pub encoding: Encoding,
    /// When the body of the response must have ended.
    pub deadline: Instant,
    /// Where this function may connect to.
    pub policy: Arc<EgressPolicy>,
}

/// The head of a response, and the way to its body.
pub struct HttpResponse {
    /// The status, 200 to 999.
    pub status: u16,
    /// The reason phrase; empty over HTTP/2.
    pub reason: String,
    /// The URL that was asked last, without a fragment.
    pub url: String,
    /// Whether that is another than the first.
    pub redirected: bool,
    /// Header fields in order, names in lower case. Where the body was decoded, `content-encoding` and
    /// `content-length` are as the server sent them.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, decoded.
    pub body: Box<dyn HttpBody>,
}

impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpResponse")
            .field("status", &self.status)
            .field("url", &self.url)
            .field("headers", &self.headers.len())
            .finish_non_exhaustive()
    }
}

/// The body of a response. Dropping it ends the exchange.
pub trait HttpBody: Send {
    /// The next piece, of 1 byte to about 64 KiB; `None` at the end, and ever after the end or an error.
    ///
    /// May be polled on any thread. Dropping the future loses no bytes: the next one goes on where it was.
    ///
    /// # Errors
    ///
    /// [`HttpError`]: the rest of the body does not come.
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, HttpError>>;
}

/// Why an exchange failed. Each text says where, and what to do where something can be done.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum HttpError {
    /// The function may not connect there.
    #[error("{reason}")]
    Refused {
        /// Host, port, address, and how to allow it.
        reason: String,
    },
    /// The request cannot be sent as it is.
    #[error("{reason}")]
    Invalid {
        /// What of it, and why.
        reason: String,
    },
    /// The host's name has no address.
    #[error("cannot find the address of {host}: {reason}")]
    Lookup {
        /// The name.
        host: String,
        /// The resolver's words.
        reason: String,
    },
    /// No connection came about, or no TLS over it.
    #[error("cannot connect to {authority}: {reason}")]
    Connect {
        /// Host and port.
        authority: String,
        /// Why.
        reason: String,
    },
    /// The deadline passed.
    #[error("{authority} did not answer in time")]
    TimedOut {
        /// Host and port.
        authority: String,
    },
    /// A limit was passed.
    #[error("{what} of {authority} passed the limit of {limit_bytes} bytes")]
    TooLarge {
        /// Which part of the exchange.
        what: &'static str,
        /// Host and port.
        authority: String,
        /// The limit.
        limit_bytes: u64,
    },
    /// A redirect that is not followed.
    #[error("{reason}")]
    Redirect {
        /// From where to where, and why not.
        reason: String,
    },
    /// The exchange broke off, or what came is no HTTP.
    #[error("the exchange with {authority} broke off: {reason}")]
    Broken {
        /// Host and port.
        authority: String,
        /// Why.
        reason: String,
    },
    /// This process cannot do it, or not now.
    #[error("{reason}")]
    Unavailable {
        /// Why.
        reason: String,
    },
}

impl HttpError {
    /// A short stable word, as Node gives in `error.code`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "EACCES",
            Self::Invalid { .. } => "EINVAL",
            Self::Lookup { .. } => "ENOTFOUND",
            Self::Connect { .. } => "ECONNREFUSED",
            Self::TimedOut { .. } => "ETIMEDOUT",
            Self::TooLarge { .. } => "EMSGSIZE",
            Self::Redirect { .. } => "ELOOP",
            Self::Broken { .. } => "ECONNRESET",
            Self::Unavailable { .. } => "EAGAIN",
        }
    }
}
