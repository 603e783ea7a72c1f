//! What a redirect makes of a request. Pure.
//!
//! Source: Fetch standard, "HTTP-redirect fetch", without CORS.

use http::{
    HeaderMap, Method, StatusCode,
    header::{
        AUTHORIZATION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION, CONTENT_TYPE, COOKIE,
        HOST, LOCATION,
    },
};
use hydra_sandbox::HttpError;

use crate::request::{self, Outgoing};

/// Hops that are followed before the exchange fails.
pub(crate) const MAX_HOPS: usize = 20;

/// Whether a reply points elsewhere: a redirect's status and a location.
pub(crate) fn points_elsewhere(status: StatusCode, headers: &HeaderMap) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) && headers.contains_key(LOCATION)
}

/// Changes `request` to what the redirect asks for.
pub(crate) fn follow(
    request: &mut Outgoing,
    status: StatusCode,
    headers: &HeaderMap,
) -> Result<(), HttpError> {
    let from = request::authority(&request.url);
    let failed = |why: String| HttpError::Redirect {
        reason: format!("cannot follow the redirect of {from}: {why}"),
    };
    let location = headers
        .get(LOCATION)
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .unwrap_or_default();
    let next = request::parse_url(&location, Some(&request.url))
        .map_err(|error| failed(error.to_string()))?;

    let was_post = request.method == Method::POST;
    let is_plain = matches!(request.method, Method::GET | Method::HEAD);
    let becomes_get = match status.as_u16() {
        301 | 302 => was_post,
        303 => !is_plain,
        _ => false,
    };
    if becomes_get {
        request.method = Method::GET;
        request.body.clear();
        for name in [
            CONTENT_ENCODING,
            CONTENT_LANGUAGE,
            CONTENT_LOCATION,
            CONTENT_TYPE,
        ] {
            request.headers.remove(name);
        }
    }
    if next.origin() != request.url.origin() {
        for name in [AUTHORIZATION, COOKIE, HOST] {
            request.headers.remove(name);
        }
    }
    request.url = next;
    Ok(())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn sent(method: Method) -> Outgoing {
        let fields = [
            ("content-type", "text/plain"),
            ("authorization", "Bearer x"),
            ("cookie", "a=b"),
            ("host", "other.example"),
            ("x", "y"),
        ];
        Outgoing {
            method,
            url: "https://a.example/one/two?q".parse().unwrap(),
            headers: fields
                .iter()
                .map(|(name, value)| {
                    (
                        HeaderName::from_static(name),
                        HeaderValue::from_static(value),
                    )
                })
                .collect(),
            body: Bytes::from_static(b"body"),
        }
    }

    fn location(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(LOCATION, HeaderValue::from_static(value))])
    }

    #[test]
    fn methods_change_as_the_standard_says() {
        let check = |status: u16, method: Method, expected: Method| {
            let mut request = sent(method.clone());
            let status = StatusCode::from_u16(status).unwrap();
            follow(&mut request, status, &location("/next")).unwrap();
            let label = format!("{status} after {method}");
            assert_eq!(request.method, expected, "{label}");
            let keeps_body = expected == method;
            assert_eq!(request.body.is_empty(), !keeps_body, "{label}");
            assert_eq!(
                request.headers.contains_key(CONTENT_TYPE),
                keeps_body,
                "{label}"
            );
            assert_eq!(request.url.as_str(), "https://a.example/next");
        };
        for status in [301, 302] {
            check(status, Method::POST, Method::GET);
            check(status, Method::PUT, Method::PUT);
            check(status, Method::HEAD, Method::HEAD);
        }
        check(303, Method::POST, Method::GET);
        check(303, Method::PUT, Method::GET);
        check(303, Method::DELETE, Method::GET);
        check(303, Method::HEAD, Method::HEAD);
        check(303, Method::GET, Method::GET);
        for status in [307, 308] {
            check(status, Method::POST, Method::POST);
            check(status, Method::GET, Method::GET);
        }
    }

    #[test]
    fn secrets_stay_within_their_origin() {
        let check = |to: &'static str, url: &str, kept: bool| {
            let mut request = sent(Method::GET);
            follow(&mut request, StatusCode::FOUND, &location(to)).unwrap();
            assert_eq!(request.url.as_str(), url);
            for name in ["authorization", "cookie", "host"] {
                assert_eq!(request.headers.contains_key(name), kept, "{name} to {to}");
            }
            assert!(request.headers.contains_key("x"));
        };
        check("three", "https://a.example/one/three", true);
        check("//a.example:443/x", "https://a.example/x", true);
        check("?p", "https://a.example/one/two?p", true);
        check("http://a.example/", "http://a.example/", false);
        check("https://a.example:444/", "https://a.example:444/", false);
        check("https://b.example/", "https://b.example/", false);
        check("//b.example/", "https://b.example/", false);
    }

    #[test]
    fn locations_that_cannot_be_asked_fail() {
        for to in [
            "file:///etc/passwd",
            "data:,x",
            "http://u:p@b.example/",
            "http://:80/",
        ] {
            let mut request = sent(Method::GET);
            let error = follow(&mut request, StatusCode::FOUND, &location(to)).unwrap_err();
            assert!(
                error
                    .to_string()
                    .starts_with("cannot follow the redirect of a.example:443: "),
                "{error}"
            );
        }
    }

    #[test]
    fn only_redirects_with_a_location_point_elsewhere() {
        for (status, with, without) in [
            (200, false, false),
            (300, false, false),
            (301, true, false),
            (304, false, false),
            (305, false, false),
            (308, true, false),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(points_elsewhere(status, &location("/")), with, "{status}");
            assert_eq!(
                points_elsewhere(status, &HeaderMap::new()),
                without,
                "{status}"
            );
        }
    }
}
