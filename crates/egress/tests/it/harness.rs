//! Servers on loopback, a runtime that they and the client share, and a thread that polls without one.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::{
        Arc, LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hydra_egress::{Egress, EgressConfig};
use hydra_sandbox::{Encoding, HttpError, HttpRequest, HttpResponse, Redirect};
use hydra_types::EgressPolicy;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite},
    net::{TcpListener, TcpSocket, TcpStream},
    runtime::Runtime,
};

pub(crate) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
});

/// Polls `future` on this thread, which is in no runtime, as guest threads are.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    assert!(tokio::runtime::Handle::try_current().is_err());
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

/// Waits until `condition` holds, for at most ten seconds.
pub(crate) fn eventually(what: &str, condition: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(10);
    while !condition() {
        assert!(Instant::now() < end, "never happened: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

pub(crate) fn egress(change: impl FnOnce(&mut EgressConfig)) -> Egress {
    let mut config = EgressConfig::default();
    change(&mut config);
    Egress::new(config, RUNTIME.handle().clone()).unwrap()
}

/// A request that may go to loopback.
pub(crate) fn request(method: &str, url: &str) -> HttpRequest {
    HttpRequest {
        method: method.to_owned(),
        url: url.to_owned(),
        headers: Vec::new(),
        body: Bytes::new(),
        redirect: Redirect::Follow,
        encoding: Encoding::Decode,
        deadline: Instant::now() + Duration::from_secs(20),
        policy: policy("localhost"),
    }
}

pub(crate) fn get(url: &str) -> HttpRequest {
    request("GET", url)
}

pub(crate) fn policy(list: &str) -> Arc<EgressPolicy> {
    let entries: Vec<&str> = list.split(',').collect();
    Arc::new(EgressPolicy::parse(&entries).unwrap())
}

pub(crate) fn header(request: &mut HttpRequest, name: &str, value: &str) {
    let field = (name.to_owned(), value.as_bytes().to_vec());
    request.headers.push(field);
}

pub(crate) async fn body(mut response: HttpResponse) -> Result<Vec<u8>, HttpError> {
    let mut whole = Vec::new();
    while let Some(piece) = response.body.next().await? {
        assert!(
            !piece.is_empty() && piece.len() <= 128 << 10,
            "{}",
            piece.len()
        );
        whole.extend_from_slice(&piece);
    }
    assert_eq!(response.body.next().await, Ok(None));
    Ok(whole)
}

/// Head and body as text.
pub(crate) fn fetch(
    egress: &Egress,
    request: HttpRequest,
) -> Result<(HttpHead, String), HttpError> {
    block_on(async {
        let response = egress.fetch(request).await?;
        let head = HttpHead {
            status: response.status,
            url: response.url.clone(),
            redirected: response.redirected,
            reason: response.reason.clone(),
            headers: response.headers.clone(),
        };
        let text = String::from_utf8(body(response).await?).unwrap();
        Ok((head, text))
    })
}

#[derive(Debug)]
pub(crate) struct HttpHead {
    pub(crate) status: u16,
    pub(crate) url: String,
    pub(crate) redirected: bool,
    pub(crate) reason: String,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
}

/// A server on loopback that counts its connections.
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) accepted: Arc<AtomicUsize>,
    pub(crate) open: Arc<AtomicUsize>,
}

impl Server {
    /// Gives each connection to `serve`.
    pub(crate) fn raw<F>(serve: impl Fn(TcpStream) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let _context = RUNTIME.enter();
        let listener = listen();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            accepted: Arc::default(),
            open: Arc::default(),
        };
        let (accepted, open) = (server.accepted.clone(), server.open.clone());
        RUNTIME.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                accepted.fetch_add(1, Ordering::SeqCst);
                open.fetch_add(1, Ordering::SeqCst);
                let open = open.clone();
                let served = serve(stream);
                tokio::spawn(async move {
                    served.await;
                    open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        server
    }

    /// Replies to each request with what `reply` makes of it and of its body.
    pub(crate) fn start<R>(reply: R) -> Self
    where
        R: Fn(&Request<()>, &[u8]) -> Response<Full<Bytes>> + Send + Sync + 'static,
    {
        let reply = Arc::new(reply);
        Self::raw(move |stream| http1(TokioIo::new(stream), reply.clone()))
    }

    /// Replies with what was asked: a line each for the request, the header fields and the body.
    pub(crate) fn echo() -> Self {
        Self::start(|request, body| Response::new(Full::from(shown(request, body))))
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }
}

/// Sends little ahead of what is read, so that back-pressure can be seen; takes many connections at once.
fn listen() -> TcpListener {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(64 << 10).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    socket.listen(8192).unwrap()
}

pub(crate) fn shown(request: &Request<()>, body: &[u8]) -> String {
    let mut text = format!(
        "{} {} {:?}\n",
        request.method(),
        request.uri(),
        request.version()
    );
    for (name, value) in request.headers() {
        text += &format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes()));
    }
    text + &String::from_utf8_lossy(body)
}

async fn answer<R>(
    reply: Arc<R>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, hyper::Error>
where
    R: Fn(&Request<()>, &[u8]) -> Response<Full<Bytes>>,
{
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    Ok(reply(&Request::from_parts(parts, ()), &body))
}

pub(crate) async fn http1<R>(io: impl hyper::rt::Read + hyper::rt::Write + Unpin, reply: Arc<R>)
where
    R: Fn(&Request<()>, &[u8]) -> Response<Full<Bytes>>,
{
    let service = service_fn(|request| answer(reply.clone(), request));
    let _ = hyper::server::conn::http1::Builder::new()
        .max_buf_size(1 << 20)
        .serve_connection(io, service)
        .await;
}

pub(crate) async fn http2<R>(
    io: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    reply: Arc<R>,
) where
    R: Fn(&Request<()>, &[u8]) -> Response<Full<Bytes>> + Send + Sync + 'static,
{
    let service = service_fn(move |request| {
        let answer: Pin<Box<dyn Future<Output = _> + Send>> =
            Box::pin(answer(reply.clone(), request));
        answer
    });
    let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(io), service)
        .await;
}

/// Reads as far as the end of a request's head; whether there was one.
pub(crate) async fn read_head(stream: &mut TcpStream) -> bool {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return false,
        }
    }
    true
}

pub(crate) fn redirect_to(status: u16, location: &str) -> Response<Full<Bytes>> {
    Response::builder()
        .status(status)
        .header("location", location)
        .body(Full::default())
        .unwrap()
}
