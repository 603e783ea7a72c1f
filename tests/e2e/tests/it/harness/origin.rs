//! A web server for functions to fetch from, over HTTP/1.1, plain or in TLS.
//!
//! | path | reply |
//! |---|---|
//! | `/echo` | JSON of the request: method, path with query, header fields, body |
//! | `/status/N`, `/cookies` | that status; two cookies |
//! | `/redirect/N?to=URL` | a redirect of that status |
//! | `/bytes/N` | N bytes, of which number i is i modulo 251 |
//! | `/slow/MS` | `late`, after that time |
//! | `/drip` | one byte every 10 ms, for ever |
//! | `/held` | `open`, when [`Origin::open`] was called; `/hang` never replies |

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::stream;
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    Request, Response,
    body::{Frame, Incoming},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::json;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    runtime::{Builder, Runtime},
    sync::watch,
    time,
};
use tokio_rustls::{TlsAcceptor, rustls};

const PIECE_BYTES: usize = 64 << 10;

type Body = UnsyncBoxBody<Bytes, Infallible>;

/// A server on a free port of 127.0.0.1; ends with this value.
pub(crate) struct Origin {
    address: SocketAddr,
    scheme: &'static str,
    state: Arc<State>,
    _runtime: Runtime,
}

struct State {
    accepted: AtomicUsize,
    connected: AtomicUsize,
    asked: AtomicUsize,
    gate: watch::Sender<bool>,
}

impl Origin {
    pub(crate) fn start() -> Self {
        Self::over(None)
    }

    /// One whose certificate is for `localhost`, and the authority that vouches for it, as PEM.
    pub(crate) fn start_tls() -> (Self, String) {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(["localhost".to_owned()])
            .unwrap()
            .signed_by(&key, &authority)
            .unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        (Self::over(Some(acceptor)), authority.pem())
    }

    fn over(tls: Option<TlsAcceptor>) -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(listen());
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            accepted: AtomicUsize::new(0),
            connected: AtomicUsize::new(0),
            asked: AtomicUsize::new(0),
            gate: watch::Sender::new(false),
        });
        let scheme = if tls.is_some() { "https" } else { "http" };
        runtime.spawn(accept(listener, tls, Arc::clone(&state)));
        Self {
            address,
            scheme,
            state,
            _runtime: runtime,
        }
    }

    /// The address that its port has, as in an egress list.
    pub(crate) fn authority(&self) -> String {
        self.address.to_string()
    }

    pub(crate) const fn port(&self) -> u16 {
        self.address.port()
    }

    /// A URL that names it by its address.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// Connections so far.
    pub(crate) fn accepted(&self) -> usize {
        self.state.accepted.load(Ordering::Relaxed)
    }

    /// Connections now.
    pub(crate) fn connected(&self) -> usize {
        self.state.connected.load(Ordering::Relaxed)
    }

    /// Requests that have not been replied to.
    pub(crate) fn asked(&self) -> usize {
        self.state.asked.load(Ordering::Relaxed)
    }

    /// Replies to all that `/held` holds.
    pub(crate) fn open(&self) {
        self.state.gate.send_replace(true);
    }
}

/// With a backlog for a crowd.
async fn listen() -> TcpListener {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    socket.listen(4096).unwrap()
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, state: Arc<State>) {
    while let Ok((stream, _)) = listener.accept().await {
        state.accepted.fetch_add(1, Ordering::Relaxed);
        let (state, tls) = (Arc::clone(&state), tls.clone());
        tokio::spawn(async move {
            let _connected = Counted::new(&state.connected);
            match tls {
                None => serve(stream, &state).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        serve(stream, &state).await;
                    }
                }
            }
        });
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, state: &State) {
    let service = service_fn(async |request| {
        let _asked = Counted::new(&state.asked);
        Ok::<_, Infallible>(reply(request, state).await)
    });
    // A client that breaks off is as good as one that says goodbye.
    let _ended = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// Counts as long as it lives.
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn reply(request: Request<Incoming>, state: &State) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let (route, argument) = path[1..].split_once('/').unwrap_or((&path[1..], ""));
    let number = argument.parse().unwrap_or(0);
    match route {
        "echo" => echo(request).await,
        "status" => response(u16::try_from(number).unwrap(), &[], "the body"),
        "cookies" => response(200, &[("set-cookie", "a=1"), ("set-cookie", "b=2")], ""),
        "redirect" => {
            let query = request.uri().query().unwrap_or_default();
            let to = query.strip_prefix("to=").unwrap_or_default();
            response(u16::try_from(number).unwrap(), &[("location", to)], "gone")
        }
        "bytes" => Response::new(bytes(number)),
        "slow" => {
            time::sleep(Duration::from_millis(u64::try_from(number).unwrap())).await;
            response(200, &[], "late")
        }
        "drip" => Response::new(drip()),
        "held" => {
            // The gate lives as long as this server.
            let mut gate = state.gate.subscribe();
            let _open = gate.wait_for(|open| *open).await;
            response(200, &[], "open")
        }
        "hang" => std::future::pending().await,
        _ => response(404, &[], "no such path"),
    }
}

fn response(status: u16, headers: &[(&str, &str)], body: &str) -> Response<Body> {
    let mut builder = Response::builder().status(status);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    let body = Full::from(body.to_owned()).boxed_unsync();
    builder.body(body).unwrap()
}

async fn echo(request: Request<Incoming>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .map(|body| body.to_bytes())
        .unwrap_or_default();
    let headers: serde_json::Map<_, _> = head
        .headers
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.to_string(), value.into())
        })
        .collect();
    let told = json!({
        "method": head.method.as_str(),
        "url": head.uri.to_string(),
        "headers": headers,
        "body": String::from_utf8_lossy(&body),
    });
    response(
        200,
        &[("content-type", "application/json"), ("x-echo", "yes")],
        &told.to_string(),
    )
}

fn bytes(count: usize) -> Body {
    let pieces = stream::unfold(0, move |sent| async move {
        let end = count.min(sent + PIECE_BYTES);
        if sent == end {
            return None;
        }
        let piece: Vec<u8> = (sent..end)
            .map(|i| u8::try_from(i % 251).unwrap())
            .collect();
        Some((Ok(Frame::data(piece.into())), end))
    });
    StreamBody::new(pieces).boxed_unsync()
}

fn drip() -> Body {
    let pieces = stream::unfold((), |()| async {
        time::sleep(Duration::from_millis(10)).await;
        Some((Ok(Frame::data(Bytes::from_static(b"."))), ()))
    });
    StreamBody::new(pieces).boxed_unsync()
}
