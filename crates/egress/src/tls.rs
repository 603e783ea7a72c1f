//! Whom to believe over TLS: the system's root certificates, and those the operator adds.
//!
//! The system's are read at the first `https`, not before: from the usual places of the distribution, or from where
//! `SSL_CERT_FILE` and `SSL_CERT_DIR` say. There are no roots built in: who runs the machine decides.

use std::sync::Arc;

use hydra_sandbox::HttpError;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};
use tokio::sync::OnceCell;

/// Why extra root certificates cannot be used.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum RootsError {
    /// The text is no PEM with certificates.
    #[error("certificate {number} of the extra roots cannot be read: {reason}")]
    Unreadable {
        /// Which, from 1.
        number: usize,
        /// The parser's words.
        reason: String,
    },
    /// There is a text and no certificate in it.
    #[error(
        "there is no certificate in the extra roots; they are PEM, with BEGIN CERTIFICATE lines"
    )]
    Empty,
}

/// Which versions of HTTP to offer to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Versions {
    Any,
    Http1,
}

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct Tls(Arc<Shared>);

struct Shared {
    extra: Vec<CertificateDer<'static>>,
    loaded: OnceCell<Result<Configs, String>>,
}

struct Configs {
    any: Arc<ClientConfig>,
    http1: Arc<ClientConfig>,
}

impl Tls {
    pub(crate) fn new(extra_pem: &[u8]) -> Result<Self, RootsError> {
        let mut extra = Vec::new();
        for parsed in CertificateDer::pem_slice_iter(extra_pem) {
            let number = extra.len() + 1;
            let unreadable = |reason: String| RootsError::Unreadable { number, reason };
            let certificate = parsed.map_err(|error| unreadable(error.to_string()))?;
            RootCertStore::empty()
                .add(certificate.clone())
                .map_err(|error| unreadable(error.to_string()))?;
            extra.push(certificate);
        }
        if extra.is_empty() && !extra_pem.is_empty() {
            return Err(RootsError::Empty);
        }
        let loaded = OnceCell::new();
        Ok(Self(Arc::new(Shared { extra, loaded })))
    }

    /// The settings of a connection. Reads files at the first call.
    pub(crate) async fn config(&self, versions: Versions) -> Result<Arc<ClientConfig>, HttpError> {
        let shared = self.0.clone();
        let load = || async {
            let extra = shared.extra.clone();
            tokio::task::spawn_blocking(move || configs(extra))
                .await
                .unwrap_or_else(|_| Err("reading root certificates was stopped".to_owned()))
        };
        match self.0.loaded.get_or_init(load).await {
            Ok(configs) if versions == Versions::Any => Ok(configs.any.clone()),
            Ok(configs) => Ok(configs.http1.clone()),
            Err(reason) => Err(HttpError::Unavailable {
                reason: format!("cannot use TLS: {reason}"),
            }),
        }
    }
}

fn configs(extra: Vec<CertificateDer<'static>>) -> Result<Configs, String> {
    let system = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    // Systems carry certificates that no verifier reads; one more or less is none of ours.
    roots.add_parsable_certificates(system.certs);
    roots.add_parsable_certificates(extra);
    if roots.is_empty() {
        let why = system.errors.first().map(|error| format!(" ({error})"));
        return Err(format!(
            "this machine has no root certificates{}; install ca-certificates, or give some with --egress-ca",
            why.unwrap_or_default()
        ));
    }
    let mut http1 = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut any = http1.clone();
    http1.alpn_protocols = vec![b"http/1.1".to_vec()];
    any.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Configs {
        any: Arc::new(any),
        http1: Arc::new(http1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extra_roots_that_are_none_are_refused() {
        let check = |pem: &str, expected: &str| {
            let error = Tls::new(pem.as_bytes()).map(drop).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        check("hello", "no certificate");
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        check(broken, "certificate 1");
        check(
            "-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n",
            "certificate 1",
        );
        assert!(Tls::new(b"").is_ok());
    }
}
