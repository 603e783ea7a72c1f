//! The HTTP face of an instance: listens, parses, calls [`crate::Instance`], prints.
//!
//! ```text
//! accept ─► connection (hyper http/1.1, idle/head/write watch) ─► route ─► native | graalvisor ─► Instance
//! ```
//!
//! Holds no function, queue or sandbox, and decides nothing about them. Shapes are `hydra-api`'s; prose is
//! `docs/api.md`.
//!
//! Invariants:
//! - Every request that is read to its end gets exactly one answer, unless its connection dies first.
//! - No connection waits for ever: each of idling, sending a head, sending a body and taking a reply has a bound.
//! - Bodies in memory are bounded, one by one and all together ([`HttpConfig::body_budget`]).

mod body;
mod connection;
mod graalvisor;
mod json;
mod listen;
mod log;
mod native;
mod near;
mod problem;
mod reply;
mod route;
mod server;
mod service;
mod watch;

pub use listen::{AddressError, BindError, ListenAddress};
pub use server::{Bound, Running, Stopped};

use std::time::Duration;

use hydra_types::Bytes;

/// Bounds of the HTTP face.
#[derive(Clone, Copy, Debug)]
pub struct HttpConfig {
    /// How long a connection may lie idle between requests.
    pub idle_timeout: Duration,
    /// How long a client may take to send a request's head once it has begun.
    pub head_timeout: Duration,
    /// How long a client may take to send a body, besides a second for each 64 KiB.
    pub body_timeout: Duration,
    /// How long a client may refuse to take a reply.
    pub write_timeout: Duration,
    /// Connections at once; more wait unaccepted.
    pub max_connections: usize,
    /// Memory for the bodies of all requests that are larger than 64 KiB.
    pub body_budget: Bytes,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            idle_timeout: Duration::from_secs(300),
            head_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(30),
            max_connections: 16_384,
            body_budget: Bytes::mib(512),
        }
    }
}
