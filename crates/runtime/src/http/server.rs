//! Listening, accepting and stopping.
//!
//! ```text
//! bind ─► Bound ─serve─► Running ─stop─► listeners closed ─► connections finish, instance drains ─► Stopped
//!                                                             └─deadline─► the rest is answered with 503 ──┘
//! ```
//!
//! The phase channel is also the census: each connection holds a receiver, so it has no receivers exactly when no
//! connection is left.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::{Instant, sleep, timeout_at},
};

use super::{
    BindError, HttpConfig, ListenAddress,
    connection::{self, Phase},
    listen::Listener,
    service::Service,
};
use crate::Instance;

/// How long to wait before accepting again when the process is out of descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How long replies that are ready may take to leave after the drain's deadline.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Open listeners that accept nothing yet.
#[derive(Debug)]
pub struct Bound {
    listeners: Vec<Listener>,
    addresses: Vec<ListenAddress>,
}

/// A running server. Dropping it stops accepting and closes every connection at once; see [`Running::stop`].
#[derive(Debug)]
pub struct Running {
    service: Arc<Service>,
    addresses: Vec<ListenAddress>,
    accepting: Vec<tokio::task::JoinHandle<()>>,
    phase: watch::Sender<Phase>,
}

/// How a server stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Accepted invocations that had no answer at the deadline.
    pub unfinished: usize,
}

impl Bound {
    /// Opens every address. Must be called inside a tokio runtime.
    ///
    /// # Errors
    ///
    /// The first address that cannot be opened.
    pub fn bind(addresses: &[ListenAddress]) -> Result<Self, BindError> {
        let listeners: Vec<Listener> = addresses
            .iter()
            .map(Listener::bind)
            .collect::<Result<_, _>>()?;
        let addresses = listeners
            .iter()
            .zip(addresses)
            .map(|(listener, asked)| listener.address().unwrap_or_else(|_| asked.clone()))
            .collect();
        Ok(Self {
            listeners,
            addresses,
        })
    }

    /// Begins to accept.
    #[must_use]
    pub fn serve(self, instance: Instance, config: HttpConfig) -> Running {
        let (phase, _) = watch::channel(Phase::Serving);
        let service = Arc::new(Service::new(instance, config));
        let places = Arc::new(Semaphore::new(config.max_connections));
        let accepting = self
            .listeners
            .into_iter()
            .map(|listener| {
                let acceptor = Acceptor {
                    service: Arc::clone(&service),
                    places: Arc::clone(&places),
                    phase: phase.clone(),
                };
                tokio::spawn(acceptor.run(listener))
            })
            .collect();
        Running {
            service,
            addresses: self.addresses,
            accepting,
            phase,
        }
    }
}

impl Running {
    /// The addresses as they are, port 0 replaced.
    #[must_use]
    pub fn addresses(&self) -> &[ListenAddress] {
        &self.addresses
    }

    /// Stops accepting, lets accepted invocations end and their replies leave, then closes what is left.
    ///
    /// Returns soon after `deadline` at the latest.
    pub async fn stop(mut self, deadline: std::time::Instant) -> Stopped {
        for task in self.accepting.drain(..) {
            task.abort();
            // Waits for the listener to be closed; the only error is the abort itself.
            let _aborted = task.await;
        }
        // The instance refuses before connections are told, so that a request in the gap is answered with 503.
        self.service.set_draining();
        let service = Arc::clone(&self.service);
        let mut drain = std::pin::pin!(service.instance.drain(deadline));
        let early = poll_once(drain.as_mut()).await;
        self.phase.send_replace(Phase::Draining);
        let drained = match early {
            Some(drained) => drained,
            None => drain.await,
        };
        if drained.unfinished > 0 {
            self.service.cut_off();
            self.phase.send_replace(Phase::CuttingOff);
        }
        let last = Instant::from_std(deadline).max(Instant::now()) + LAST_WORDS;
        if timeout_at(last, self.phase.closed()).await.is_err() {
            self.phase.send_replace(Phase::Closing);
        }
        Stopped {
            unfinished: drained.unfinished,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        for task in &self.accepting {
            task.abort();
        }
        self.phase.send_replace(Phase::Closing);
    }
}

/// Polls `future` once, so that its first effects happen now.
async fn poll_once<F: Future + Unpin>(mut future: F) -> Option<F::Output> {
    std::future::poll_fn(|cx| {
        std::task::Poll::Ready(match std::pin::Pin::new(&mut future).poll(cx) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

struct Acceptor {
    service: Arc<Service>,
    places: Arc<Semaphore>,
    phase: watch::Sender<Phase>,
}

impl Acceptor {
    async fn run(self, listener: Listener) {
        loop {
            // Connections beyond the bound wait in the kernel's backlog, so that files are left for images.
            let Ok(place) = Arc::clone(&self.places).acquire_owned().await else {
                return;
            };
            if let Err(error) = self.accept(&listener, place).await {
                pause_after(&error).await;
            }
        }
    }

    async fn accept(&self, listener: &Listener, place: OwnedSemaphorePermit) -> io::Result<()> {
        match listener {
            Listener::Tcp(listener) => {
                let (socket, _) = listener.accept().await?;
                // Replies are small and whole; waiting to fill a segment only costs time.
                if let Err(error) = socket.set_nodelay(true) {
                    tracing::debug!(%error, "a connection was gone before it was set up");
                }
                self.spawn(socket, place);
            }
            Listener::Unix(listener, _) => {
                let (socket, _) = listener.accept().await?;
                self.spawn(socket, place);
            }
        }
        Ok(())
    }

    fn spawn<S>(&self, socket: S, place: OwnedSemaphorePermit)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let connection = connection::run(socket, Arc::clone(&self.service), self.phase.subscribe());
        tokio::spawn(async move {
            connection.await;
            drop(place);
        });
    }
}

/// A connection that died in the backlog is nothing; running out of something needs a pause, not a busy loop.
async fn pause_after(error: &io::Error) {
    let the_clients = matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    );
    if !the_clients {
        tracing::warn!(%error, "cannot accept a connection; trying again in {ACCEPT_PAUSE:?}");
        sleep(ACCEPT_PAUSE).await;
    }
}
