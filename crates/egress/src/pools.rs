//! A client with its idle connections for each policy, so that no function uses a connection it could not open.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use bytes::Bytes;
use http_body_util::Full;
use hydra_types::EgressPolicy;
use hyper_util::{
    client::legacy::{Builder, Client},
    rt::{TokioExecutor, TokioTimer},
};

use crate::{
    EgressConfig,
    connect::{Connector, Places},
    lookup::Lookup,
    tls::Tls,
};

/// Policies whose idle connections are kept; the one that was used longest ago gives way.
const MAX_POOLS: usize = 256;
const MAX_IDLE_PER_HOST: usize = 256;

/// Of a response.
pub(crate) const MAX_HEAD_BYTES: usize = 64 << 10;
pub(crate) const MAX_FIELDS: usize = 256;

/// What one exchange may hold over HTTP/2 that nobody has read.
const STREAM_WINDOW: u32 = 64 << 10;
/// As many streams as servers usually allow may stall without stalling the others on their connection.
const CONNECTION_WINDOW: u32 = 16 << 20;
const PING_AFTER: std::time::Duration = std::time::Duration::from_secs(20);

pub(crate) type HttpClient = Client<Connector, Full<Bytes>>;

/// The clients of one policy.
#[derive(Clone)]
pub(crate) struct Pool {
    /// HTTP/2 where the server has it.
    pub(crate) any: HttpClient,
    pub(crate) http1: HttpClient,
}

pub(crate) struct Pools {
    config: EgressConfig,
    lookup: Lookup,
    tls: Tls,
    places: Places,
    used: Mutex<Used>,
}

#[derive(Default)]
struct Used {
    pools: HashMap<EgressPolicy, (u64, Pool)>,
    clock: u64,
}

impl Pools {
    pub(crate) fn new(config: &EgressConfig, lookup: Lookup, tls: Tls) -> Self {
        Self {
            config: config.clone(),
            lookup,
            tls,
            places: Places::new(config.max_connections, "this process"),
            used: Mutex::default(),
        }
    }

    pub(crate) fn of(&self, policy: &EgressPolicy) -> Pool {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.clock += 1;
        let now = used.clock;
        if let Some((at, pool)) = used.pools.get_mut(policy) {
            *at = now;
            return pool.clone();
        }
        if used.pools.len() >= MAX_POOLS {
            let oldest = used.pools.iter().min_by_key(|(_, (at, _))| *at);
            if let Some(oldest) = oldest.map(|(policy, _)| policy.clone()) {
                used.pools.remove(&oldest);
            }
        }
        let pool = self.make(policy);
        used.pools.insert(policy.clone(), (now, pool.clone()));
        pool
    }

    fn make(&self, policy: &EgressPolicy) -> Pool {
        let own = Places::new(self.config.max_connections_per_policy, "its egress list");
        let connector = Connector::new(
            policy.clone(),
            self.config.connect_timeout,
            self.lookup.clone(),
            self.tls.clone(),
            [own, self.places.clone()],
        );
        let builder = self.builder();
        Pool {
            http1: builder.build(connector.http1()),
            any: builder.build(connector),
        }
    }

    fn builder(&self) -> Builder {
        let mut builder = Client::builder(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(self.config.idle_timeout)
            .pool_max_idle_per_host(MAX_IDLE_PER_HOST)
            .http1_max_buf_size(MAX_HEAD_BYTES)
            .http1_max_headers(MAX_FIELDS)
            .http2_initial_stream_window_size(STREAM_WINDOW)
            .http2_initial_connection_window_size(CONNECTION_WINDOW)
            .http2_max_header_list_size(u32::try_from(MAX_HEAD_BYTES).unwrap_or(u32::MAX))
            .http2_max_send_buf_size(64 << 10)
            .http2_keep_alive_interval(PING_AFTER);
        builder
    }
}
