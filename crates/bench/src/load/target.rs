//! Where requests go: a checked loopback URL.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    str::FromStr,
};

/// One URL of a server on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Address to connect to; loopback.
    pub address: SocketAddr,
    /// Path and query, beginning with `/`.
    pub path: String,
}

/// Why a text is no [`Target`].
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TargetError {
    /// Not of the form that is understood.
    #[error("{url:?} is not understood; write it as http://127.0.0.1:PORT/path")]
    Form {
        /// The text.
        url: String,
    },
    /// Another machine.
    #[error("{host} is not loopback; the load generator talks to this machine only")]
    NotLoopback {
        /// The host.
        host: String,
    },
}

impl Target {
    /// The bytes of a POST with this JSON body.
    #[must_use]
    pub fn request(&self, body: &[u8]) -> Vec<u8> {
        let head = format!(
            "POST {} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            self.path,
            self.address,
            body.len(),
        );
        [head.as_bytes(), body].concat()
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(url: &str) -> Result<Self, TargetError> {
        let form = || TargetError::Form {
            url: url.to_owned(),
        };
        let rest = url.strip_prefix("http://").ok_or_else(form)?;
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        // A request line is bytes between spaces: nothing in the path may end it.
        if path.bytes().any(|byte| !byte.is_ascii_graphic()) || path.starts_with('?') {
            return Err(form());
        }
        let (host, port) = authority.rsplit_once(':').ok_or_else(form)?;
        let port = port.parse().map_err(|_| form())?;
        let path = if path.is_empty() { "/" } else { path }.to_owned();
        Ok(Self {
            address: SocketAddr::new(loopback(host)?, port),
            path,
        })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}", self.address, self.path)
    }
}

/// `host` as a loopback address. Names are not looked up, but for the one that means this machine.
fn loopback(host: &str) -> Result<IpAddr, TargetError> {
    if host == "localhost" {
        return Ok(Ipv4Addr::LOCALHOST.into());
    }
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    match bare.parse::<IpAddr>() {
        Ok(address) if address.is_loopback() => Ok(address),
        _ => Err(TargetError::NotLoopback {
            host: host.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_urls_are_understood() {
        let check = |url: &str, address: &str, path: &str| {
            let expected = Target {
                address: address.parse().unwrap(),
                path: path.to_owned(),
            };
            assert_eq!(url.parse(), Ok(expected), "{url:?}");
        };
        check("http://127.0.0.1:80/a?b=c", "127.0.0.1:80", "/a?b=c");
        check("http://localhost:8080", "127.0.0.1:8080", "/");
        check("http://[::1]:8080/", "[::1]:8080", "/");
        check("http://127.9.9.9:1/", "127.9.9.9:1", "/");
    }

    #[test]
    fn other_machines_are_refused() {
        let check = |url: &str| {
            let refused = matches!(url.parse::<Target>(), Err(TargetError::NotLoopback { .. }));
            assert!(refused, "{url:?}");
        };
        check("http://192.168.0.1:80/");
        check("http://0.0.0.0:80/");
        check("http://example.com:80/");
        check("http://localhost.example.com:80/");
        check("http://[2001:db8::1]:80/");
        check("http://user@127.0.0.1:80/");
    }

    #[test]
    fn malformed_urls_are_refused() {
        let check = |url: &str| {
            assert!(
                matches!(url.parse::<Target>(), Err(TargetError::Form { .. })),
                "{url:?}"
            );
        };
        check("");
        check("https://127.0.0.1:80/");
        check("http://127.0.0.1/");
        check("http://127.0.0.1:99999/");
        check("http://127.0.0.1:80/a b");
        check("http://127.0.0.1:80/a\r\nx: y");
    }
}
