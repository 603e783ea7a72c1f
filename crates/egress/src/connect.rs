//! Opens connections, where the policy allows it: the one place where it is asked.
//!
//! What is checked is the address that is connected to, after the lookup. A name that changes its address between
//! two connections is checked twice; an address is never looked up again after it was checked.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::future::BoxFuture;
use http::{Uri, uri::Scheme};
use hydra_sandbox::HttpError;
use hydra_types::EgressPolicy;
use hyper_rustls::{DefaultServerNameResolver, HttpsConnector, MaybeHttpsStream};
use hyper_util::{
    client::legacy::connect::{Connected, Connection},
    rt::TokioIo,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};
use tower_service::Service;

use crate::{
    lookup::Lookup,
    tls::{Tls, Versions},
};

/// How long an address may take where the name has more.
const NEXT_ADDRESS_AFTER: Duration = Duration::from_secs(3);

/// Connects for the functions of one policy. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Connector {
    shared: Arc<Shared>,
    versions: Versions,
}

struct Shared {
    policy: EgressPolicy,
    timeout: Duration,
    lookup: Lookup,
    tls: Tls,
    places: [Places; 2],
}

/// How many connections there may be.
#[derive(Clone)]
pub(crate) struct Places {
    pub(crate) free: Arc<Semaphore>,
    pub(crate) limit: usize,
    /// Whose limit it is.
    pub(crate) of: &'static str,
}

impl Places {
    pub(crate) fn new(limit: usize, of: &'static str) -> Self {
        let limit = limit.min(Semaphore::MAX_PERMITS);
        Self {
            free: Arc::new(Semaphore::new(limit)),
            limit,
            of,
        }
    }

    async fn take(
        &self,
        until: Instant,
        authority: &str,
    ) -> Result<OwnedSemaphorePermit, HttpError> {
        match timeout_at(until, self.free.clone().acquire_owned()).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(HttpError::Unavailable {
                reason: format!(
                    "cannot connect to {authority}: {} has its {} connections open and none ended in time",
                    self.of, self.limit
                ),
            }),
        }
    }
}

impl Connector {
    pub(crate) fn new(
        policy: EgressPolicy,
        timeout: Duration,
        lookup: Lookup,
        tls: Tls,
        places: [Places; 2],
    ) -> Self {
        let shared = Arc::new(Shared {
            policy,
            timeout,
            lookup,
            tls,
            places,
        });
        Self {
            shared,
            versions: Versions::Any,
        }
    }

    /// The same, for connections that speak HTTP/1.1.
    pub(crate) fn http1(&self) -> Self {
        Self {
            versions: Versions::Http1,
            ..self.clone()
        }
    }
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<TokioIo<Tcp>>;
    type Error = HttpError;
    type Future = BoxFuture<'static, Result<Self::Response, HttpError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), HttpError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let Self { shared, versions } = self.clone();
        Box::pin(async move {
            let until = Instant::now() + shared.timeout;
            let target = Target::of(&uri);
            // Refuse before waiting for anything.
            shared.check_name(&target)?;
            let [own, all] = &shared.places;
            let places = [
                own.take(until, &target.authority()).await?,
                all.take(until, &target.authority()).await?,
            ];
            let open = shared.open(uri, &target, places, versions, until);
            timeout_at(until, open).await.unwrap_or_else(|_| {
                let seconds = shared.timeout.as_secs_f32();
                Err(target.failed(format!("no answer within {seconds} s")))
            })
        })
    }
}

impl Shared {
    fn check_name(&self, target: &Target) -> Result<(), HttpError> {
        let verdict = match target.ip() {
            Some(ip) => self
                .policy
                .check_address(&target.host, SocketAddr::new(ip, target.port)),
            None => self.policy.check_name(&target.host, target.port),
        };
        verdict.map_err(refused)
    }

    async fn open(
        &self,
        uri: Uri,
        target: &Target,
        places: [OwnedSemaphorePermit; 2],
        versions: Versions,
        until: Instant,
    ) -> Result<MaybeHttpsStream<TokioIo<Tcp>>, HttpError> {
        let stream = self.dial(target, until).await?;
        // Small writes belong to whole requests here.
        let _ = stream.set_nodelay(true);
        let tcp = TokioIo::new(Tcp { stream, places });
        if uri.scheme() != Some(&Scheme::HTTPS) {
            return Ok(MaybeHttpsStream::Http(tcp));
        }
        let config = self.tls.config(versions).await?;
        let names = Arc::new(DefaultServerNameResolver::default());
        HttpsConnector::new(Opened(Some(tcp)), config, true, names)
            .call(uri)
            .await
            .map_err(|error| target.failed(error.to_string()))
    }

    /// Connects to the first address that is allowed and answers.
    async fn dial(&self, target: &Target, until: Instant) -> Result<TcpStream, HttpError> {
        let found: Arc<[IpAddr]> = match target.ip() {
            Some(ip) => Arc::new([ip]),
            None => self.lookup.addresses(&target.host).await?,
        };
        let mut refusal = None;
        let mut allowed = Vec::new();
        for ip in found.iter() {
            let address = SocketAddr::new(*ip, target.port);
            match self.policy.check_address(&target.host, address) {
                Ok(()) => allowed.push(address),
                Err(why) => refusal = refusal.or(Some(why)),
            }
        }
        let mut last = match refusal {
            Some(why) => refused(why),
            None => target.failed("the name has no address".to_owned()),
        };
        for (index, address) in allowed.iter().enumerate() {
            let attempt_until = match index + 1 == allowed.len() {
                true => until,
                false => until.min(Instant::now() + NEXT_ADDRESS_AFTER),
            };
            last = match timeout_at(attempt_until, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => target.failed(error.to_string()),
                Err(_) => target.failed("no answer in time".to_owned()),
            };
        }
        Err(last)
    }
}

fn refused(why: hydra_types::EgressRefusal) -> HttpError {
    HttpError::Refused {
        reason: why.to_string(),
    }
}

/// The host of a URL, without brackets, and its port.
struct Target {
    host: String,
    port: u16,
}

impl Target {
    fn of(uri: &Uri) -> Self {
        let default = match uri.scheme() == Some(&Scheme::HTTPS) {
            true => 443,
            false => 80,
        };
        let host = uri.host().unwrap_or_default();
        let bare = host
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        Self {
            host: bare.unwrap_or(host).to_owned(),
            port: uri.port_u16().unwrap_or(default),
        }
    }

    fn ip(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    fn authority(&self) -> String {
        match self.ip() {
            Some(ip) => SocketAddr::new(ip, self.port).to_string(),
            None => format!("{}:{}", self.host, self.port),
        }
    }

    fn failed(&self, reason: String) -> HttpError {
        HttpError::Connect {
            authority: self.authority(),
            reason,
        }
    }
}

/// A connection that is there already, for the layer of TLS.
struct Opened(Option<TokioIo<Tcp>>);

impl Service<Uri> for Opened {
    type Response = TokioIo<Tcp>;
    type Error = io::Error;
    type Future = std::future::Ready<Result<TokioIo<Tcp>, io::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let taken = || io::Error::other("the connection is taken");
        std::future::ready(self.0.take().ok_or_else(taken))
    }
}

/// A connection, and its places among those that may be open.
#[derive(Debug)]
pub(crate) struct Tcp {
    stream: TcpStream,
    #[expect(dead_code, reason = "held for as long as the connection is open")]
    places: [OwnedSemaphorePermit; 2],
}

impl Connection for Tcp {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Tcp {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Tcp {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
