//! The routes of Graalvisor's clients; [`hydra_api::graalvisor`] has the shapes and the differences.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Instant,
};

use bytes::Bytes;
use hydra_api::{MAX_CODE, MAX_COUNT, graalvisor as dialect, parse_query};
use hydra_sandbox::Payload;
use hydra_types::{Bytes as Count, FunctionName};
use hyper::http::request::Parts;
use tokio::task::JoinSet;

use super::{
    body::{Held, SizeLimit, Upload},
    log, native,
    problem::Problem,
    reply,
    service::{Answer, Service},
};
use crate::{Instance, InvokeError, Reply};

/// The largest body that names a function and its event. The event is held to the function's own limit later.
const MAX_REQUEST: Count = Count::mib(65);

/// `POST /register`
pub(super) async fn register(service: &Service, head: &Parts, upload: &mut Upload) -> Answer {
    let query: dialect::RegisterQuery = parse_query(head.uri.query())?;
    let spec = query.into_spec()?;
    let limit = SizeLimit {
        bytes: MAX_CODE,
        what: "code",
    };
    let code = upload.read(limit).await?;
    let name = spec.name.clone();
    service.instance.register(spec, code.bytes.clone()).await?;
    Ok(reply::text(200, format!("Function {name} registered!")))
}

/// `POST /deregister`
pub(super) async fn deregister(service: &Service, head: &Parts, upload: &mut Upload) -> Answer {
    let query: dialect::NameQuery = parse_query(head.uri.query())?;
    let name = match query.name {
        Some(name) => name,
        None => {
            let held = read(upload).await?;
            parse(&held.bytes)?.name
        }
    };
    let name: FunctionName = name.parse()?;
    match service.instance.deregister(&name).await {
        Ok(()) => Ok(reply::text(200, format!("Function {name} removed!"))),
        Err(_) => Err(service.function_not_found(&name)),
    }
}

/// `POST /`
pub(super) async fn invoke(service: &Service, upload: &mut Upload) -> Answer {
    let held = read(upload).await?;
    let (name, event) = call(&held.bytes)?;
    let function = service.find(&name)?;
    let start = Instant::now();
    let result = service.invoke(function, Payload::Json(event)).await;
    answer(service, &name, result, start)
}

/// `POST /warmup`: `requests` invocations, `concurrency` at a time; their sandboxes stay.
pub(super) async fn warm_up(service: &Service, head: &Parts, upload: &mut Upload) -> Answer {
    let dialect::WarmUpQuery {
        concurrency,
        requests,
    } = parse_query(head.uri.query())?;
    let range = 1..=MAX_COUNT;
    if !range.contains(&concurrency) || !range.contains(&requests) {
        return Err(Problem::bad_request(format!(
            "concurrency = {concurrency} and requests = {requests} must both be 1 to {MAX_COUNT}"
        )));
    }
    let held = read(upload).await?;
    let (name, event) = call(&held.bytes)?;
    service.find(&name)?;
    let start = Instant::now();
    let left = Arc::new(AtomicU32::new(requests));
    let mut workers = JoinSet::new();
    for _ in 0..concurrency.min(requests) {
        workers.spawn(work(
            service.instance.clone(),
            name.clone(),
            event.clone(),
            Arc::clone(&left),
        ));
    }
    let mut last = None;
    while let Some(joined) = workers.join_next().await {
        let result = joined.map_err(|error| {
            Problem::new(
                hydra_types::ErrorCode::Internal,
                format!("a warm-up worker failed: {error}"),
            )
        })?;
        match result {
            // The set is dropped, and the other workers with it: one failure fails the warm-up.
            Some(Err(error)) => return answer(service, &name, Err(error), start),
            Some(Ok(reply)) => last = Some(reply),
            None => {}
        }
    }
    match last {
        Some(reply) => answer(service, &name, Ok(reply), start),
        None => Err(Problem::new(
            hydra_types::ErrorCode::Internal,
            "the warm-up ran no invocation",
        )),
    }
}

/// Invokes until nothing is left or something fails; the last result, if there was any.
async fn work(
    instance: Instance,
    name: FunctionName,
    event: Bytes,
    left: Arc<AtomicU32>,
) -> Option<Result<Reply, InvokeError>> {
    let mut last = None;
    while left
        .fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1))
        .is_ok()
    {
        let result = instance.invoke(&name, Payload::Json(event.clone())).await;
        if result.is_err() {
            return Some(result);
        }
        last = Some(result);
    }
    last
}

async fn read(upload: &mut Upload) -> Result<Held, Box<Problem>> {
    upload
        .read(SizeLimit {
            bytes: MAX_REQUEST,
            what: "request",
        })
        .await
}

fn parse(body: &[u8]) -> Result<dialect::Request<'_>, Box<Problem>> {
    serde_json::from_slice(body).map_err(|error| {
        native::bad_json("request", &error.to_string())
            .hint(r#"send {"name": "…", "arguments": "…"}"#)
    })
}

/// The function and the event that a body means.
fn call(body: &[u8]) -> Result<(FunctionName, Bytes), Box<Problem>> {
    let request = parse(body)?;
    let name = request.name.parse()?;
    Ok((name, request.event().into()))
}

fn answer(
    service: &Service,
    name: &FunctionName,
    result: Result<Reply, InvokeError>,
    start: Instant,
) -> Answer {
    let process_time_us = reply::micros(start.elapsed());
    let answer = result.map_err(|error| native::invocation_failed(service, name, error))?;
    log::publish(name.as_str(), answer.request_id, &answer.log);
    let body = dialect::Reply {
        result: String::from_utf8_lossy(answer.payload.bytes()).into_owned(),
        process_time_us,
    };
    let mut response = reply::json(200, &body);
    reply::trace_headers(
        response.headers_mut(),
        answer.request_id,
        Some(answer.start),
        Some(&answer.times),
        None,
    );
    Ok(response)
}
