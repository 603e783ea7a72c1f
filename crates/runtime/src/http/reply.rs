//! Replies that are no errors, and the headers that both kinds share.

use std::{fmt::Write as _, time::Duration};

use bytes::{Bytes, BytesMut};
use http_body_util::Full;
use hydra_api::header;
use hydra_sandbox::Payload;
use hydra_types::{RequestId, StartKind};
use hyper::{
    HeaderMap, Response, StatusCode,
    header::{CONTENT_TYPE, HeaderName, HeaderValue},
};
use serde::Serialize;

use crate::{Reply, Times};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const OCTETS: HeaderValue = HeaderValue::from_static("application/octet-stream");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
/// Prometheus's text format is what `prometheus-client` calls OpenMetrics.
const METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

const REQUEST_ID: HeaderName = HeaderName::from_static(header::REQUEST_ID);
const START: HeaderName = HeaderName::from_static(header::START);
const QUEUE_US: HeaderName = HeaderName::from_static(header::QUEUE_US);
const RESTORE_US: HeaderName = HeaderName::from_static(header::RESTORE_US);
const RUN_US: HeaderName = HeaderName::from_static(header::RUN_US);
const LOG_TAIL: HeaderName = HeaderName::from_static(header::LOG_TAIL);

/// Room for an id and three numbers of microseconds.
const TRACE_BYTES: usize = 36 + 3 * 20;

pub(super) fn json<T: Serialize>(status: u16, body: &T) -> Response<Full<Bytes>> {
    match serde_json::to_vec(body) {
        Ok(text) => with_body(status, JSON, text.into()),
        // Our own shapes have string keys and finite numbers, so this is a defect; still, answer.
        Err(error) => text(500, format!("cannot print the reply: {error}")),
    }
}

pub(super) fn text(status: u16, body: String) -> Response<Full<Bytes>> {
    with_body(status, TEXT, body.into())
}

pub(super) fn metrics(body: String) -> Response<Full<Bytes>> {
    with_body(200, METRICS, body.into())
}

pub(super) fn no_content() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

fn with_body(status: u16, content_type: HeaderValue, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

/// The reply of an invocation.
pub(super) fn invocation(reply: Reply, log_tail: Option<HeaderValue>) -> Response<Full<Bytes>> {
    let (content_type, body) = match reply.payload {
        Payload::Json(body) => (JSON, body),
        Payload::Raw(body) => (OCTETS, body),
    };
    let mut response = Response::new(Full::new(body));
    let headers = response.headers_mut();
    // One allocation: these six, `content-length`, `date`, and room so that the table is never near full.
    headers.reserve(12);
    headers.insert(CONTENT_TYPE, content_type);
    trace_headers(
        headers,
        reply.request_id,
        Some(reply.start),
        Some(&reply.times),
        log_tail,
    );
    response
}

/// Adds what an invocation tells about itself beside its body. All values share one buffer.
pub(super) fn trace_headers(
    headers: &mut HeaderMap,
    request_id: RequestId,
    start: Option<StartKind>,
    times: Option<&Times>,
    log_tail: Option<HeaderValue>,
) {
    let mut buffer = BytesMut::with_capacity(TRACE_BYTES);
    headers.insert(REQUEST_ID, value(&mut buffer, request_id));
    if let Some(start) = start {
        headers.insert(START, HeaderValue::from_static(start.as_str()));
    }
    if let Some(times) = times {
        headers.insert(QUEUE_US, value(&mut buffer, micros(times.queue)));
        headers.insert(RESTORE_US, value(&mut buffer, micros(times.restore)));
        headers.insert(RUN_US, value(&mut buffer, micros(times.run)));
    }
    if let Some(tail) = log_tail {
        headers.insert(LOG_TAIL, tail);
    }
}

fn value(buffer: &mut BytesMut, printed: impl std::fmt::Display) -> HeaderValue {
    // Writing into memory does not fail; were it to, the header would be cut short and nothing else.
    let _written = write!(buffer, "{printed}");
    HeaderValue::from_maybe_shared(buffer.split().freeze())
        .unwrap_or_else(|_| HeaderValue::from_static("unprintable"))
}

/// Whole microseconds, saturating.
pub(super) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
