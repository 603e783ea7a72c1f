//! HTTPS, over HTTP/1.1 and HTTP/2.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::join_all;
use http::{Request, Response};
use http_body_util::Full;
use hydra_sandbox::HttpError;
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

use crate::harness::{
    Server, block_on, body, egress, fetch, get, header, http1, http2, request, shown,
};

/// An authority that is in no system, and a server it vouches for under `name`.
fn server(name: &str, protocols: &[&str]) -> (Server, Vec<u8>) {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new([name.to_owned()])
        .unwrap()
        .signed_by(&key, &authority)
        .unwrap();

    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    config.alpn_protocols = protocols
        .iter()
        .map(|name| name.as_bytes().to_vec())
        .collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let reply = Arc::new(|request: &Request<()>, body: &[u8]| {
        Response::new(Full::<Bytes>::from(shown(request, body)))
    });
    let server = Server::raw(move |stream| {
        let (acceptor, reply) = (acceptor.clone(), reply.clone());
        async move {
            let Ok(stream) = acceptor.accept(stream).await else {
                return;
            };
            match stream.get_ref().1.alpn_protocol() {
                Some(b"h2") => http2(stream, reply).await,
                _ => http1(TokioIo::new(stream), reply).await,
            }
        }
    });
    (server, authority.pem().into_bytes())
}

fn url(server: &Server, path: &str) -> String {
    format!("https://localhost:{}{path}", server.port)
}

#[test]
fn https_speaks_the_newest_version_that_the_server_has() {
    for (protocols, version, reason) in [
        (&["h2", "http/1.1"][..], "HTTP/2.0", ""),
        (&["http/1.1"], "HTTP/1.1", "OK"),
        (&[], "HTTP/1.1", "OK"),
    ] {
        let (server, pem) = server("localhost", protocols);
        let egress = egress(|config| config.extra_roots_pem = pem);
        let mut asked = request("POST", &url(&server, "/path"));
        asked.body = "hello".into();
        let (head, text) = fetch(&egress, asked).unwrap();
        let first = text.lines().next().unwrap();
        assert!(
            first.starts_with("POST ") && first.ends_with(version),
            "{text}"
        );
        assert!(
            text.contains("content-length: 5") && text.ends_with("hello"),
            "{text}"
        );
        assert_eq!((head.status, head.reason.as_str()), (200, reason));
        assert_eq!(server.accepted(), 1);
        fetch(&egress, get(&url(&server, "/"))).unwrap();
        assert_eq!(server.accepted(), 1, "{version} connections are used again");
    }
}

#[test]
fn many_exchanges_share_a_connection_of_http2() {
    let (server, pem) = server("localhost", &["h2"]);
    let egress = egress(|config| config.extra_roots_pem = pem);
    fetch(&egress, get(&url(&server, "/"))).unwrap();
    block_on(async {
        let all = (0..100).map(|number| {
            let fetching = egress.fetch(get(&url(&server, &format!("/{number}"))));
            async move {
                let text = body(fetching.await.unwrap()).await.unwrap();
                assert!(text.windows(4).any(|part| part == b"GET "));
            }
        });
        join_all(all).await;
    });
    assert_eq!(server.accepted(), 1);
}

#[test]
fn another_host_goes_over_http1_where_it_can_be_said() {
    let (server, pem) = server("localhost", &["h2", "http/1.1"]);
    let egress = egress(|config| config.extra_roots_pem = pem);
    let mut asked = get(&url(&server, "/"));
    header(&mut asked, "host", "other.example");
    let (_, text) = fetch(&egress, asked).unwrap();
    assert!(text.starts_with("GET / HTTP/1.1\n"), "{text}");
    assert!(text.contains("host: other.example\n"), "{text}");
}

#[test]
fn certificates_must_be_of_a_trusted_authority_and_of_the_host() {
    let (stranger, _) = server("localhost", &[]);
    let (misnamed, pem) = server("other.example", &[]);
    let egress = egress(|config| config.extra_roots_pem = pem);
    for server in [&stranger, &misnamed] {
        let error = fetch(&egress, get(&url(server, "/"))).unwrap_err();
        assert!(matches!(error, HttpError::Connect { .. }), "{error}");
        assert!(error.to_string().contains("certificate"), "{error}");
        assert_eq!(server.accepted(), 1);
    }
    let plain = Server::echo();
    let error = fetch(&egress, get(&url(&plain, "/"))).unwrap_err();
    assert!(matches!(error, HttpError::Connect { .. }), "{error}");
}
