//! HTTP and HTTPS for functions: what [`Host::fetch`](hydra_sandbox::Host::fetch) does in a process with a network.
//!
//! Asks nobody but the server named in the URL: no proxy, whatever the environment says, since a proxy would connect
//! where a policy forbids it. Keeps no cookies and no cache.
//!
//! ```text
//! HttpRequest ─► request: checked ─► exchange: hops ─► pools: a client per policy ─► connect ─► lookup, TCP, TLS
//!                                       ▲   │                                          │
//!                                       └───┘ redirect                     EgressPolicy::check_address
//! HttpResponse ◄─ body: pieces, decoded ◄───┘
//! ```
//!
//! - The head of an exchange is a task of the given tokio runtime, so that handshakes do not hold guest threads. It
//!   is a runtime that the process has anyway: an idle process pays for no thread.
//! - A body is polled by the guest's own thread. Nothing is read ahead: what a guest does not ask for stays in the
//!   socket, but for about 64 KiB.
//!
//! Invariants:
//! - No connection is opened to an address that the policy of its function has not allowed, redirects included.
//! - No connection serves functions of two policies.

#![forbid(unsafe_code)]

mod body;
mod connect;
mod error;
mod exchange;
mod lookup;
mod pools;
mod redirect;
mod request;
mod tls;

pub use tls::RootsError;

use std::{fmt, sync::Arc, time::Duration};

use hydra_sandbox::{BoxFuture, HttpError, HttpRequest, HttpResponse};
use tokio::{
    runtime::Handle,
    sync::Semaphore,
    task::{JoinError, JoinHandle},
};

use crate::{lookup::Lookup, pools::Pools, tls::Tls};

/// What an [`Egress`] may use.
#[derive(Clone, Debug)]
pub struct EgressConfig {
    /// Certificates in PEM to trust besides the system's.
    pub extra_roots_pem: Vec<u8>,
    /// Connections open at once, idle ones included.
    pub max_connections: usize,
    /// The same, of the functions of one policy.
    pub max_connections_per_policy: usize,
    /// How long looking up, connecting and the TLS handshake may take together.
    pub connect_timeout: Duration,
    /// How long a connection waits for its next use.
    pub idle_timeout: Duration,
    /// The largest body of a request.
    pub max_request_bytes: u64,
    /// The largest body of a response, as sent and as decoded.
    pub max_response_bytes: u64,
    /// Bodies in brotli decoded at once: each may take 16 MiB. More wait for their turn.
    pub max_brotli: usize,
}

impl Default for EgressConfig {
    fn default() -> Self {
        Self {
            extra_roots_pem: Vec::new(),
            max_connections: 10_000,
            max_connections_per_policy: 8_000,
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(30),
            max_request_bytes: 64 << 20,
            max_response_bytes: 256 << 20,
            max_brotli: 128,
        }
    }
}

/// The network as functions get it. Cheap to clone.
#[derive(Clone)]
pub struct Egress(Arc<Shared>);

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egress")
            .field("config", &self.0.config)
            .finish_non_exhaustive()
    }
}

/// What all exchanges share.
struct Shared {
    runtime: Handle,
    config: EgressConfig,
    pools: Pools,
    brotli: Arc<Semaphore>,
}

impl Egress {
    /// Makes one over `runtime`, whose timers and I/O must be enabled. Does nothing until the first fetch; the
    /// system's root certificates are read at the first `https`.
    ///
    /// # Errors
    ///
    /// [`RootsError`] where the extra certificates are none.
    pub fn new(config: EgressConfig, runtime: Handle) -> Result<Self, RootsError> {
        let tls = Tls::new(&config.extra_roots_pem)?;
        let lookup = Lookup::new(runtime.clone());
        let pools = Pools::new(&config, lookup, tls);
        let brotli = Arc::new(Semaphore::new(config.max_brotli));
        Ok(Self(Arc::new(Shared {
            runtime,
            config,
            pools,
            brotli,
        })))
    }

    /// Does one exchange, as far as the head of the response; see [`Host::fetch`](hydra_sandbox::Host::fetch).
    ///
    /// # Errors
    ///
    /// [`HttpError`] says why there is no response.
    pub fn fetch(
        &self,
        request: HttpRequest,
    ) -> BoxFuture<'static, Result<HttpResponse, HttpError>> {
        let shared = self.0.clone();
        Box::pin(async move {
            let runtime = shared.runtime.clone();
            let mut task = AbortOnDrop(runtime.spawn(exchange::run(shared, request)));
            (&mut task.0)
                .await
                .unwrap_or_else(|error| Err(lost(&error)))
        })
    }
}

fn lost(error: &JoinError) -> HttpError {
    let why = if error.is_panic() {
        "panicked"
    } else {
        "was stopped"
    };
    HttpError::Unavailable {
        reason: format!("cannot fetch: the task of this exchange {why}"),
    }
}

struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
