//! The native API: `/v1/functions` and what belongs to it. `docs/api.md` has it in prose.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http_body_util::Full;
use hydra_api::{
    CountQuery, Counts, FunctionReply, FunctionsReply, HealthReply, ImageReply, InvokeQuery,
    LogWish, MAX_CODE, MAX_COUNT, PutFunction, PutReply, RestoreReply, WarmUpReply, header,
    parse_query,
};
use hydra_sandbox::Payload;
use hydra_types::{Bytes as Count, ErrorCode, FunctionName, FunctionSpec, SpecFields};
use hyper::{HeaderMap, Response, header::CONTENT_TYPE, http::request::Parts};

use super::{
    body::{SizeLimit, Upload},
    json, log,
    problem::Problem,
    reply,
    service::{Answer, Service},
};
use crate::{FunctionStatus, InvokeError, Placement, Registered};

/// A JSON registration is longer than its code: base64 makes 4 bytes of 3, and the spec has its own.
const MAX_JSON_REGISTRATION: Count = Count(MAX_CODE.0 / 3 * 4 + (1 << 20));

/// `POST /v1/functions/{name}/invocations`
pub(super) async fn invoke(
    service: &Service,
    name: &str,
    head: &Parts,
    upload: &mut Upload,
) -> Answer {
    let name: FunctionName = name.parse()?;
    let wish = log_wish(head)?;
    let function = service.find(&name)?;
    let held = upload
        .read(SizeLimit {
            bytes: function.input_limit(),
            what: "event",
        })
        .await?;
    let event = event(&head.headers, held.bytes.clone())?;
    let reply = match service.invoke(function, event).await {
        Ok(reply) => reply,
        Err(error) => return Err(invocation_failed(service, &name, error)),
    };
    log::publish(name.as_str(), reply.request_id, &reply.log);
    let tail = match wish {
        LogWish::Tail => Some(log::tail(&reply.log)),
        LogWish::None => None,
    };
    Ok(reply::invocation(reply, tail))
}

/// Publishes what a failed invocation logged, and turns the error into what is answered.
pub(super) fn invocation_failed(
    service: &Service,
    name: &FunctionName,
    error: InvokeError,
) -> Box<Problem> {
    if error.code == ErrorCode::FunctionNotFound {
        return service.function_not_found(name);
    }
    if let (Some(request_id), Some(log)) = (error.request_id, &error.log) {
        log::publish(name.as_str(), request_id, log);
    }
    error.into()
}

/// Whether the request asks for the log's end, in its query or by header.
pub(super) fn log_wish(head: &Parts) -> Result<LogWish, Box<Problem>> {
    match head.headers.get(header::LOG) {
        Some(value) if value == "tail" => return Ok(LogWish::Tail),
        Some(_) => {
            return Err(Problem::bad_request(format!(
                "the only value of the {} header is \"tail\"",
                header::LOG
            )));
        }
        None => {}
    }
    match head.uri.query() {
        None => Ok(LogWish::None),
        query => Ok(parse_query::<InvokeQuery>(query)?.log),
    }
}

/// The event that a body means, by its type.
fn event(headers: &HeaderMap, bytes: Bytes) -> Result<Payload, Box<Problem>> {
    if !means_json(headers) {
        return Ok(Payload::Raw(bytes));
    }
    match json::check(&bytes) {
        Ok(()) => Ok(Payload::Json(bytes)),
        Err(reason) => Err(bad_json("event", &reason)
            .hint("send other bytes with Content-Type: application/octet-stream")),
    }
}

pub(super) fn bad_json(what: &str, reason: &str) -> Box<Problem> {
    Problem::new(
        ErrorCode::BadJson,
        format!("the {what} is not JSON: {reason}"),
    )
}

fn essence(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(CONTENT_TYPE)?.as_bytes();
    let end = value
        .iter()
        .position(|&byte| byte == b';')
        .unwrap_or(value.len());
    Some(value[..end].trim_ascii())
}

/// No type, JSON types, and what `curl -d` sends unless told otherwise.
fn means_json(headers: &HeaderMap) -> bool {
    let Some(essence) = essence(headers) else {
        return true;
    };
    essence.is_empty()
        || essence.eq_ignore_ascii_case(b"application/json")
        || essence.eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
        || essence
            .last_chunk::<5>()
            .is_some_and(|end| end.eq_ignore_ascii_case(b"+json"))
}

/// `PUT /v1/functions/{name}`
pub(super) async fn put(
    service: &Service,
    name: &str,
    head: &Parts,
    upload: &mut Upload,
) -> Answer {
    let name: FunctionName = name.parse()?;
    let is_json = essence(&head.headers)
        .is_some_and(|essence| essence.eq_ignore_ascii_case(b"application/json"));
    let (spec, code) = if is_json {
        put_json(name, head, upload).await?
    } else {
        let spec = parse_query::<SpecFields>(head.uri.query())?.into_spec(name)?;
        let limit = SizeLimit {
            bytes: MAX_CODE,
            what: "code",
        };
        (spec, upload.read(limit).await?.bytes)
    };
    let registered = service.instance.register(spec.clone(), code).await?;
    let status = match registered.placement {
        Placement::New => 201,
        Placement::Replaced => 200,
    };
    Ok(reply::json(status, &put_reply(service, &spec, &registered)))
}

async fn put_json(
    name: FunctionName,
    head: &Parts,
    upload: &mut Upload,
) -> Result<(FunctionSpec, Bytes), Box<Problem>> {
    if head.uri.query().is_some_and(|query| !query.is_empty()) {
        return Err(Problem::bad_request(
            "a JSON registration takes no query: put its parameters into \"spec\"",
        )
        .hint("or send the code itself as the body, with another Content-Type"));
    }
    let limit = SizeLimit {
        bytes: MAX_JSON_REGISTRATION,
        what: "registration",
    };
    let held = upload.read(limit).await?;
    let put: PutFunction<'_> = serde_json::from_slice(&held.bytes)
        .map_err(|error| bad_json("registration", &error.to_string()))?;
    let code = put.code_bytes()?;
    if code.len() as u64 > MAX_CODE.0 {
        return Err(Problem::new(
            ErrorCode::InputTooLarge,
            format!("the code has {} bytes; the limit is {MAX_CODE}", code.len()),
        ));
    }
    Ok((put.spec.into_spec(name)?, code.into()))
}

fn put_reply(service: &Service, spec: &FunctionSpec, registered: &Registered) -> PutReply {
    // Between the registration and this look somebody may have removed the function again.
    let function = match service.instance.describe(&spec.name) {
        Some(status) => function_reply(&status),
        None => FunctionReply::of_spec(spec),
    };
    PutReply {
        load_us: reply::micros(registered.load_time),
        replaced: registered.placement == Placement::Replaced,
        function,
    }
}

fn function_reply(status: &FunctionStatus) -> FunctionReply {
    FunctionReply {
        version: status.version,
        registered_unix_ms: unix_ms(status.registered_at),
        counts: Counts {
            invocations: status.invocations,
            errors: status.errors,
            live: (status.idle + status.running) as u64,
            idle: status.idle as u64,
            running: status.running as u64,
            queued: status.queued as u64,
        },
        image: ImageReply {
            code_bytes: status.image.code.0,
            base_bytes: status.image.base.0,
            function_bytes: status.image.function.0,
        },
        idle_private_bytes: status.idle_private.0,
        ..FunctionReply::of_spec(&status.spec)
    }
}

fn unix_ms(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// `GET /v1/functions/{name}`
pub(super) fn describe(service: &Service, name: &str) -> Answer {
    let name: FunctionName = name.parse()?;
    match service.instance.describe(&name) {
        Some(status) => Ok(reply::json(200, &function_reply(&status))),
        None => Err(service.function_not_found(&name)),
    }
}

/// `DELETE /v1/functions/{name}`
pub(super) async fn delete(service: &Service, name: &str) -> Answer {
    let name: FunctionName = name.parse()?;
    match service.instance.deregister(&name).await {
        Ok(()) => Ok(reply::no_content()),
        Err(_) => Err(service.function_not_found(&name)),
    }
}

/// `GET /v1/functions`
pub(super) fn list(service: &Service) -> Response<Full<Bytes>> {
    let mut functions: Vec<_> = service
        .instance
        .list()
        .into_iter()
        .map(|function| hydra_api::FunctionSummary {
            name: function.name.as_str().to_owned(),
            runtime: function.runtime.as_str().to_owned(),
            version: function.version,
            invocations: function.invocations,
        })
        .collect();
    functions.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    reply::json(200, &FunctionsReply { functions })
}

fn count(query: Option<&str>) -> Result<u32, Box<Problem>> {
    let CountQuery { count } = parse_query(query)?;
    if count > MAX_COUNT {
        return Err(Problem::bad_request(format!(
            "count = {count} is out of range; 0 to {MAX_COUNT}"
        )));
    }
    Ok(count)
}

/// `POST /v1/functions/{name}/warmup`
pub(super) async fn warm_up(service: &Service, name: &str, query: Option<&str>) -> Answer {
    let name: FunctionName = name.parse()?;
    let count = count(query)?;
    match service.instance.warm_up(&name, count).await {
        Ok(idle) => Ok(reply::json(200, &WarmUpReply { idle })),
        Err(error) => Err(invocation_failed(service, &name, error)),
    }
}

/// `POST /v1/functions/{name}/checkpoint`
pub(super) async fn checkpoint(service: &Service, name: &str) -> Answer {
    let name: FunctionName = name.parse()?;
    let Some(before) = service.instance.describe(&name) else {
        return Err(service.function_not_found(&name));
    };
    match service.instance.checkpoint(&name).await {
        Ok(registered) => Ok(reply::json(
            200,
            &put_reply(service, &before.spec, &registered),
        )),
        Err(error) => Err(invocation_failed(service, &name, error)),
    }
}

/// `POST /v1/functions/{name}/restore`
pub(super) async fn restore(service: &Service, name: &str, query: Option<&str>) -> Answer {
    let name: FunctionName = name.parse()?;
    let count = count(query)?;
    match service.instance.restore(&name, count).await {
        Ok(restored) => Ok(reply::json(
            200,
            &RestoreReply {
                count: restored.count,
                restore_us: reply::micros(restored.time),
            },
        )),
        Err(error) => Err(invocation_failed(service, &name, error)),
    }
}

/// `GET /healthz`
pub(super) fn health(service: &Service) -> Response<Full<Bytes>> {
    let (status, word) = match service.is_draining() {
        true => (503, "draining"),
        false => (200, "ok"),
    };
    reply::json(
        status,
        &HealthReply {
            status: word.into(),
            version: env!("CARGO_PKG_VERSION").into(),
        },
    )
}

/// `GET /metrics`
pub(super) fn metrics(service: &Service) -> Response<Full<Bytes>> {
    reply::metrics(service.instance.metrics().encode())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types_say_whether_an_event_is_json() {
        let check = |content_type: Option<&str>, expected: bool| {
            let headers: HeaderMap = content_type
                .map(|value| (CONTENT_TYPE, value.parse().unwrap()))
                .into_iter()
                .collect();
            assert_eq!(means_json(&headers), expected, "{content_type:?}");
        };
        check(None, true);
        check(Some("application/json"), true);
        check(Some("Application/JSON; charset=utf-8"), true);
        check(Some("application/cloudevents+json"), true);
        check(Some("application/x-www-form-urlencoded"), true);
        check(Some("application/octet-stream"), false);
        check(Some("text/plain"), false);
        check(Some("application/jsonl"), false);
        check(Some("+jso"), false);
    }
}
