//! One exchange, as far as the head of the response that is not a redirect to follow.

use std::sync::Arc;

use http::{Method, Version};
use hydra_sandbox::{Encoding, HttpError, HttpRequest, HttpResponse, Redirect};
use hyper::{Response, body::Incoming, ext::ReasonPhrase};
use tokio::time::timeout_at;

use crate::{
    Shared,
    body::{Body, Coding},
    error,
    pools::{MAX_FIELDS, MAX_HEAD_BYTES, Pool},
    redirect,
    request::{self, Outgoing},
};

pub(crate) async fn run(
    shared: Arc<Shared>,
    request: HttpRequest,
) -> Result<HttpResponse, HttpError> {
    let mut outgoing = Outgoing::check(&request, shared.config.max_request_bytes)?;
    let pool = shared.pools.of(&request.policy);
    let mut hops = 0;
    loop {
        let response = send(&pool, &outgoing, &request).await?;
        if request.redirect == Redirect::Manual
            || !redirect::points_elsewhere(response.status(), response.headers())
        {
            return head(&shared, &request, &outgoing, response, hops > 0);
        }
        let authority = request::authority(&outgoing.url);
        if request.redirect == Redirect::Error {
            return Err(HttpError::Redirect {
                reason: format!(
                    "{authority} replied with a redirect ({}), which this request does not follow",
                    response.status().as_u16()
                ),
            });
        }
        if hops == redirect::MAX_HOPS {
            return Err(HttpError::Redirect {
                reason: format!(
                    "gave up at {authority} after {} redirects",
                    redirect::MAX_HOPS
                ),
            });
        }
        hops += 1;
        redirect::follow(&mut outgoing, response.status(), response.headers())?;
    }
}

/// One hop, within the deadline. What may be sent twice is, where the server just closed the connection.
async fn send(
    pool: &Pool,
    outgoing: &Outgoing,
    request: &HttpRequest,
) -> Result<Response<Incoming>, HttpError> {
    let authority = request::authority(&outgoing.url);
    let client = match outgoing.overrides_host() {
        true => &pool.http1,
        false => &pool.any,
    };
    let is_safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(&outgoing.method);
    let attempts = async {
        let first = client.request(outgoing.to_http()?).await;
        let outcome = match first {
            Err(error) if is_safe && !error.is_connect() && error::is_lost_connection(&error) => {
                client.request(outgoing.to_http()?).await
            }
            other => other,
        };
        outcome.map_err(|error| error::of_request(&error, &authority))
    };
    match timeout_at(request.deadline.into(), attempts).await {
        Ok(outcome) => outcome,
        Err(_) => Err(HttpError::TimedOut { authority }),
    }
}

fn head(
    shared: &Shared,
    request: &HttpRequest,
    outgoing: &Outgoing,
    response: Response<Incoming>,
    redirected: bool,
) -> Result<HttpResponse, HttpError> {
    let authority = request::authority(&outgoing.url);
    let (parts, incoming) = response.into_parts();
    let status = parts.status.as_u16();
    if status < 200 {
        return Err(error::broken(
            &authority,
            format!("it replied with status {status}"),
        ));
    }
    let bytes: usize = parts
        .headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    if parts.headers.len() > MAX_FIELDS || bytes > MAX_HEAD_BYTES {
        return Err(HttpError::TooLarge {
            what: "the head of the response",
            authority,
            limit_bytes: MAX_HEAD_BYTES as u64,
        });
    }
    let reason = match parts.extensions.get::<ReasonPhrase>() {
        Some(reason) => String::from_utf8_lossy(reason.as_bytes()).into_owned(),
        None if parts.version == Version::HTTP_2 => String::new(),
        None => parts
            .status
            .canonical_reason()
            .unwrap_or_default()
            .to_owned(),
    };
    let codings = match request.encoding {
        Encoding::Decode if outgoing.method != Method::HEAD => {
            Coding::of(&parts.headers).map_err(|why| error::broken(&authority, why))?
        }
        _ => Vec::new(),
    };
    let mut url = outgoing.url.clone();
    url.set_fragment(None);
    Ok(HttpResponse {
        status,
        reason,
        url: url.into(),
        redirected,
        headers: parts
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
            .collect(),
        body: Box::new(Body::new(
            incoming,
            codings,
            shared.config.max_response_bytes,
            shared.brotli.clone(),
            authority,
            request.deadline,
        )),
    })
}
