//! One connection: hyper over a socket that is watched.
//!
//! ```text
//! poll ─► hyper ─done─► close
//!           │ pending
//!           ├─ phase = Draining ─► graceful shutdown: finish the request in hand, then close
//!           ├─ phase = CuttingOff ─► the same; the request in hand is answered with an error now
//!           ├─ phase = Closing  ─► close at once
//!           └─ something is due ─► look again (a late body is answered) or close (idle, slow head, stuck write)
//! ```

use std::{
    future::Future,
    io,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
};

use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::watch,
    time::{Instant, sleep_until},
};

use super::{
    service::{Service, serve},
    watch::{Millis, Watch},
};

/// What all connections are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Go on.
    Serving,
    /// Finish what is in hand, take nothing new.
    Draining,
    /// Answer what is in hand with an error, see [`Service::cut_off`].
    CuttingOff,
    /// Close now.
    Closing,
}

/// The largest head hyper takes: request line and headers.
const MAX_HEAD_BYTES: usize = 64 << 10;

/// Serves one connection to its end.
pub(super) async fn run<S>(socket: S, service: Arc<Service>, phase: watch::Receiver<Phase>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let watch = Arc::new(Watch::new(&service.config));
    let io = TokioIo::new(Watched {
        socket,
        watch: Arc::clone(&watch),
    });
    let call_watch = Arc::clone(&watch);
    let call = hyper::service::service_fn(move |request| {
        serve(Arc::clone(&service), Arc::clone(&call_watch), request)
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .header_read_timeout(None)
        // Not `pipeline_flush`: it keeps the 400 for a malformed head in the buffer for good.
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(io, call);
    drive(connection, &watch, phase).await;
}

/// A connection that can be asked to finish.
trait Graceful: Future {
    fn finish(self: Pin<&mut Self>);
}

impl<I, B, S> Graceful for hyper::server::conn::http1::Connection<I, S>
where
    S: hyper::service::HttpService<hyper::body::Incoming, ResBody = B>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    I: hyper::rt::Read + hyper::rt::Write + Unpin,
    B: hyper::body::Body + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    fn finish(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

async fn drive<C: Graceful>(connection: C, watch: &Watch, mut phase: watch::Receiver<Phase>) {
    let mut connection = pin!(connection);
    let mut armed = watch.due();
    let mut timer = pin!(sleep_until(Instant::from_std(armed.instant())));
    loop {
        let told = *phase.borrow_and_update();
        match told {
            Phase::Serving => {}
            Phase::Draining | Phase::CuttingOff => connection.as_mut().finish(),
            Phase::Closing => return,
        }
        let mut changed = pin!(phase.changed());
        let woken = std::future::poll_fn(|cx| {
            if connection.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Woken::Done);
            }
            if changed.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Woken::Told);
            }
            let due = watch.due();
            if due < armed {
                armed = due;
                timer.as_mut().reset(Instant::from_std(armed.instant()));
            }
            ready!(timer.as_mut().poll(cx));
            Poll::Ready(Woken::Timer)
        })
        .await;
        match woken {
            Woken::Done => return,
            Woken::Told => {}
            Woken::Timer if watch.dead_at() <= Millis::now() => return,
            Woken::Timer => {
                armed = watch.due();
                // A due body is answered by its reader on the poll that follows at once; do not spin until it has.
                let soon = Millis::now().after(std::time::Duration::from_millis(10));
                let at = if armed < soon { soon } else { armed };
                timer.as_mut().reset(Instant::from_std(at.instant()));
            }
        }
    }
}

enum Woken {
    Done,
    Told,
    Timer,
}

/// A socket that notes when bytes come and when they cannot go.
struct Watched<S> {
    socket: S,
    watch: Arc<Watch>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.socket).poll_read(cx, buffer))?;
        if buffer.filled().len() > before {
            self.watch.bytes_read();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> Watched<S> {
    fn note<T>(&self, poll: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        match &poll {
            Poll::Pending => self.watch.write_blocked(),
            Poll::Ready(_) => self.watch.write_flows(),
        }
        poll
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.socket).poll_write(cx, bytes);
        self.note(poll)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.socket).poll_write_vectored(cx, slices);
        self.note(poll)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
