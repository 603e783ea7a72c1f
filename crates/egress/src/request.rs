//! A guest's request, checked: nothing in it can change where one request ends and the next begins.
//!
//! Framing is ours. `content-length` may say what is true; `connection: close` and `keep-alive`, which clients set
//! without meaning more than a wish, are dropped; every other field that speaks of the connection is refused.

use std::borrow::Cow;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method,
    header::{ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, HOST},
};
use hydra_sandbox::{Encoding, HttpError, HttpRequest};
use url::Url;

const MAX_FIELDS: usize = 256;
const MAX_FIELDS_BYTES: usize = 64 << 10;
const MAX_URL_BYTES: usize = 32 << 10;
/// Longer ones are no methods of anybody.
const MAX_METHOD_BYTES: usize = 32;

const OF_THE_CONNECTION: [&str; 7] = [
    "transfer-encoding",
    "upgrade",
    "te",
    "trailer",
    "keep-alive",
    "http2-settings",
    "proxy-connection",
];

/// What is sent at each hop, until a redirect changes it.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) url: Url,
    /// Without `content-length`.
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Outgoing {
    pub(crate) fn check(request: &HttpRequest, max_body_bytes: u64) -> Result<Self, HttpError> {
        let url = parse_url(&request.url, None)?;
        if request.body.len() as u64 > max_body_bytes {
            return Err(HttpError::TooLarge {
                what: "the request body",
                authority: authority(&url),
                limit_bytes: max_body_bytes,
            });
        }
        let mut headers = headers(&request.headers, request.body.len())?;
        if request.encoding == Encoding::Decode && !headers.contains_key(ACCEPT_ENCODING) {
            headers.insert(
                ACCEPT_ENCODING,
                HeaderValue::from_static("gzip, deflate, br"),
            );
        }
        Ok(Self {
            method: method(&request.method)?,
            url,
            headers,
            body: request.body.clone(),
        })
    }

    /// The request as the client takes it.
    pub(crate) fn to_http(&self) -> Result<http::Request<http_body_util::Full<Bytes>>, HttpError> {
        let mut url = Cow::Borrowed(&self.url);
        if url.fragment().is_some() {
            url.to_mut().set_fragment(None);
        }
        let uri = http::Uri::try_from(url.as_str())
            .map_err(|error| invalid(format!("cannot fetch {}: {error}", shorten(url.as_str()))))?;
        let mut request = http::Request::new(http_body_util::Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = self.headers.clone();
        let expects_body = [Method::POST, Method::PUT, Method::PATCH].contains(&self.method);
        if expects_body || !self.body.is_empty() {
            request
                .headers_mut()
                .insert(CONTENT_LENGTH, self.body.len().into());
        }
        Ok(request)
    }

    /// Whether the guest gave a host other than the URL's, which HTTP/2 has no way to say.
    pub(crate) fn overrides_host(&self) -> bool {
        self.headers.contains_key(HOST)
    }
}

/// Parses `text`, against `base` where there is one, and refuses what cannot be asked.
pub(crate) fn parse_url(text: &str, base: Option<&Url>) -> Result<Url, HttpError> {
    let fault = |why: &dyn std::fmt::Display| {
        Err(invalid(format!("cannot fetch {}: {why}", shorten(text))))
    };
    if text.len() > MAX_URL_BYTES {
        return fault(&format_args!("a URL has at most {MAX_URL_BYTES} bytes"));
    }
    let parsed = match Url::options().base_url(base).parse(text) {
        Ok(parsed) => parsed,
        Err(error) => return fault(&error),
    };
    if !matches!(parsed.scheme(), "http" | "https") {
        return fault(&format_args!(
            "the scheme {}: is not fetched; use http: or https:",
            parsed.scheme()
        ));
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return fault(&"the URL has credentials; put them into an authorization header");
    }
    if parsed.as_str().len() > MAX_URL_BYTES {
        return fault(&format_args!("a URL has at most {MAX_URL_BYTES} bytes"));
    }
    if parsed.port() == Some(0) {
        return fault(&"there is no port 0");
    }
    Ok(parsed)
}

/// Host and port, for errors.
pub(crate) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{host}:{port}")
}

fn method(text: &str) -> Result<Method, HttpError> {
    let refused = |why: &str| {
        Err(invalid(format!(
            "cannot send the method {}: {why}",
            shorten(text)
        )))
    };
    if text.len() > MAX_METHOD_BYTES {
        return refused("it is too long");
    }
    // Source: Fetch standard, "forbidden method".
    if ["CONNECT", "TRACE", "TRACK"]
        .iter()
        .any(|forbidden| text.eq_ignore_ascii_case(forbidden))
    {
        return refused("it is forbidden");
    }
    match Method::from_bytes(text.as_bytes()) {
        Ok(method) => Ok(method),
        Err(_) => refused("it is not a token"),
    }
}

fn headers(given: &[(String, Vec<u8>)], body_bytes: usize) -> Result<HeaderMap, HttpError> {
    let total: usize = given
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    if given.len() > MAX_FIELDS || total > MAX_FIELDS_BYTES {
        return Err(invalid(format!(
            "cannot send {} header fields of {total} bytes: at most {MAX_FIELDS} fields of {MAX_FIELDS_BYTES} bytes",
            given.len()
        )));
    }
    let mut headers = HeaderMap::with_capacity(given.len() + 2);
    for (name, value) in given {
        let refused =
            |why: &str| invalid(format!("cannot send the header {}: {why}", shorten(name)));
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| refused("its name is not a token"))?;
        let value = HeaderValue::from_bytes(value.trim_ascii()).map_err(|_| {
            refused("its value has control characters, which could begin another header")
        })?;
        if name == CONTENT_LENGTH {
            if value.as_bytes() != body_bytes.to_string().as_bytes() {
                return Err(refused(&format!("the body has {body_bytes} bytes")));
            }
            continue;
        }
        if name == CONNECTION {
            let harmless = ["close", "keep-alive"]
                .map(|wish| value.as_bytes().eq_ignore_ascii_case(wish.as_bytes()));
            if !harmless.contains(&true) {
                return Err(refused("connections are the host's; leave it out"));
            }
            continue;
        }
        if OF_THE_CONNECTION.contains(&name.as_str()) || name.as_str().starts_with("proxy-") {
            return Err(refused("connections are the host's; leave it out"));
        }
        if name == HOST && (headers.contains_key(HOST) || !is_host(value.as_bytes())) {
            return Err(refused("it is one host, with or without a port"));
        }
        headers.append(name, value);
    }
    Ok(headers)
}

fn is_host(value: &[u8]) -> bool {
    let allowed = |byte: &u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']')
    };
    !value.is_empty() && value.iter().all(allowed)
}

pub(crate) fn invalid(reason: String) -> HttpError {
    HttpError::Invalid { reason }
}

/// At most 200 characters of what a guest wrote, with control characters spelled out.
pub(crate) fn shorten(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(200)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(200).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Instant};

    use hydra_sandbox::Redirect;

    use super::*;

    fn request(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> HttpRequest {
        HttpRequest {
            method: method.to_owned(),
            url: url.to_owned(),
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
                .collect(),
            body: body.to_owned().into(),
            redirect: Redirect::Follow,
            encoding: Encoding::Decode,
            deadline: Instant::now(),
            policy: Arc::default(),
        }
    }

    fn check(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Result<(), String> {
        Outgoing::check(&request(method, url, headers, body), 10)
            .and_then(|outgoing| outgoing.to_http().map(drop))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn methods_and_urls_that_cannot_be_asked_are_refused() {
        let good = "http://a.example/";
        for (method, url, word) in [
            ("CONNECT", good, "forbidden"),
            ("trace", good, "forbidden"),
            ("GET /x", good, "token"),
            ("GE\r\nT", good, "token"),
            ("", good, "token"),
            ("A234567890123456789012345678901234", good, "too long"),
            ("GET", "", "relative"),
            ("GET", "/path", "relative"),
            ("GET", "ftp://a.example/", "use http: or https:"),
            ("GET", "file:///etc/passwd", "use http: or https:"),
            ("GET", "data:,x", "use http: or https:"),
            ("GET", "gopher://a.example/", "use http: or https:"),
            ("GET", "http://user:pw@a.example/", "credentials"),
            ("GET", "http://user@a.example/", "credentials"),
            ("GET", "http://a.example:0/", "port 0"),
            ("GET", "http://a.example:65536/", "port"),
            ("GET", "http://", "host"),
        ] {
            let error = check(method, url, &[], "").expect_err(url);
            assert!(error.contains(word), "{method} {url}: {error}");
        }
        assert!(check("GET", &format!("http://a/{}", "x".repeat(40_000)), &[], "").is_err());
        assert_eq!(
            check("PURGE", "http://a.example/a|b^c?`d\"e#f", &[], ""),
            Ok(())
        );
    }

    #[test]
    fn headers_that_could_change_the_framing_are_refused() {
        let send = |name: &str, value: &str| check("POST", "http://a/", &[(name, value)], "four");
        for (name, value) in [
            ("transfer-encoding", "chunked"),
            ("Upgrade", "websocket"),
            ("te", "trailers"),
            ("trailer", "x"),
            ("keep-alive", "timeout=5"),
            ("proxy-authorization", "Basic x"),
            ("Proxy-Connection", "close"),
            ("http2-settings", "x"),
            ("connection", "x-secret"),
            ("connection", "close, x-secret"),
            ("content-length", "5"),
            ("content-length", "+4"),
            ("content-length", "4, 4"),
            ("x", "a\r\nb: c"),
            ("x", "a\nb"),
            ("x", "a\0b"),
            ("x\r\ny", "z"),
            ("x y", "z"),
            ("", "z"),
            ("host", "a b"),
            ("host", "a/b"),
            ("host", ""),
        ] {
            let error = send(name, value).expect_err(name);
            assert!(error.starts_with("cannot send the header"), "{error}");
        }
        for (name, value) in [
            ("content-length", "4"),
            ("connection", "Close"),
            ("connection", "keep-alive"),
            ("host", "b.example:80"),
            ("x", "  ünï  "),
        ] {
            assert_eq!(send(name, value), Ok(()), "{name}: {value}");
        }
        let twice = [("host", "a"), ("host", "b")];
        assert!(check("GET", "http://a/", &twice, "").is_err());
    }

    #[test]
    fn bodies_and_headers_are_bounded() {
        assert!(check("POST", "http://a/", &[], "0123456789").is_ok());
        let error = check("POST", "http://a/", &[], "01234567890").unwrap_err();
        assert_eq!(
            error,
            "the request body of a:80 passed the limit of 10 bytes"
        );
        assert!(check("GET", "http://a/", &[("x", "y"); 256], "").is_ok());
        assert!(check("GET", "http://a/", &[("x", "y"); 257], "").is_err());
        let large = "y".repeat(64 << 10);
        assert!(check("GET", "http://a/", &[("x", &large)], "").is_err());
    }

    #[test]
    fn what_is_sent_has_our_framing_and_no_fragment() {
        let headers = [("Connection", "close"), ("Content-Length", "4"), ("X", "y")];
        let given = request("POST", "http://A.example:80/p?q#f", &headers, "four");
        let sent = Outgoing::check(&given, 10).unwrap().to_http().unwrap();
        assert_eq!(sent.uri(), "http://a.example/p?q");
        let mut fields: Vec<String> = sent
            .headers()
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        fields.sort();
        assert_eq!(
            fields,
            [
                "accept-encoding: gzip, deflate, br",
                "content-length: 4",
                "x: y"
            ]
        );
        let kept = HttpRequest {
            encoding: Encoding::Keep,
            ..request("GET", "http://a/", &[], "")
        };
        let sent = Outgoing::check(&kept, 10).unwrap().to_http().unwrap();
        assert!(sent.headers().is_empty());
    }
}
