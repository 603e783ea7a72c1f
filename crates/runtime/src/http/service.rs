//! One request: route it, answer it.

use std::{
    convert::Infallible,
    fmt,
    future::{Future, poll_fn},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::Poll,
};

use bytes::Bytes;
use http_body_util::Full;
use hydra_sandbox::Payload;
use hydra_types::{ErrorCode, FunctionName};
use hyper::{Method, Request, Response, body::Incoming, http::request::Parts};

use super::{
    HttpConfig,
    body::{Budget, Upload},
    graalvisor, log, native,
    near::{self, Throttle},
    problem::Problem,
    route::Route,
    watch::Watch,
};
use crate::{FunctionHandle, Instance, InvokeError, Reply};

/// What every request shares.
pub(super) struct Service {
    pub(super) instance: Instance,
    pub(super) config: HttpConfig,
    budget: Arc<Budget>,
    near: Throttle,
    draining: AtomicBool,
    cut_off: AtomicBool,
}

/// A reply, or the error to answer with.
pub(super) type Answer = Result<Response<Full<Bytes>>, Box<Problem>>;

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("config", &self.config)
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}

impl Service {
    pub(super) fn new(instance: Instance, config: HttpConfig) -> Self {
        Self {
            instance,
            config,
            budget: Budget::new(config.body_budget),
            near: Throttle::default(),
            draining: AtomicBool::new(false),
            cut_off: AtomicBool::new(false),
        }
    }

    pub(super) fn set_draining(&self) {
        self.draining.store(true, Relaxed);
    }

    pub(super) fn is_draining(&self) -> bool {
        self.draining.load(Relaxed)
    }

    /// From now on invocations that have no answer get one that says so, as soon as their connection is polled.
    pub(super) fn cut_off(&self) {
        self.cut_off.store(true, Relaxed);
    }

    /// Invokes a function, unless the drain's time is over first.
    pub(super) async fn invoke(
        &self,
        function: FunctionHandle,
        event: Payload,
    ) -> Result<Reply, InvokeError> {
        let mut invocation = pin!(self.instance.invoke_found(function, event));
        poll_fn(|cx| match invocation.as_mut().poll(cx) {
            Poll::Pending if self.cut_off.load(Relaxed) => Poll::Ready(Err(InvokeError::new(
                ErrorCode::Draining,
                "the instance stopped before the function replied; whether it ran to its end is not known",
            ))),
            poll => poll,
        })
        .await
    }

    /// Looks a function up, once for all that a request needs of it.
    pub(super) fn find(&self, name: &FunctionName) -> Result<FunctionHandle, Box<Problem>> {
        let found = self.instance.find(name);
        found.ok_or_else(|| self.function_not_found(name))
    }

    pub(super) fn function_not_found(&self, name: &FunctionName) -> Box<Problem> {
        Problem::function_not_found(name).hint(near::hint(&self.instance, &self.near, name))
    }
}

/// Answers one request. hyper calls this when a head is complete, and polls it together with the connection.
pub(super) async fn serve(
    service: Arc<Service>,
    watch: Arc<Watch>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    watch.request_begins();
    let (head, incoming) = request.into_parts();
    let mut upload = Upload::new(
        incoming,
        &head.headers,
        Arc::clone(&watch),
        Arc::clone(&service.budget),
        service.config.body_timeout,
    );
    let response = match answer(&service, &head, &mut upload).await {
        Ok(response) => response,
        Err(problem) => {
            upload.discard().await;
            refuse(&head, problem)
        }
    };
    watch.request_ends();
    Ok(response)
}

async fn answer(service: &Service, head: &Parts, upload: &mut Upload) -> Answer {
    let Some(route) = Route::find(head.uri.path()) else {
        return Err(route_not_found(head.uri.path()));
    };
    if !route.takes(&head.method) {
        return Err(Problem::method_not_allowed(route.allow()));
    }
    match route {
        Route::Invoke(name) => native::invoke(service, name, head, upload).await,
        Route::Function(name) => match head.method {
            Method::PUT => native::put(service, name, head, upload).await,
            Method::DELETE => native::delete(service, name).await,
            _ => native::describe(service, name),
        },
        Route::Functions => Ok(native::list(service)),
        Route::WarmUp(name) => native::warm_up(service, name, head.uri.query()).await,
        Route::Checkpoint(name) => native::checkpoint(service, name).await,
        Route::Restore(name) => native::restore(service, name, head.uri.query()).await,
        Route::Health => Ok(native::health(service)),
        Route::Metrics => Ok(native::metrics(service)),
        Route::GraalvisorInvoke => graalvisor::invoke(service, upload).await,
        Route::GraalvisorRegister => graalvisor::register(service, head, upload).await,
        Route::GraalvisorDeregister => graalvisor::deregister(service, head, upload).await,
        Route::GraalvisorWarmUp => graalvisor::warm_up(service, head, upload).await,
    }
}

fn route_not_found(path: &str) -> Box<Problem> {
    let shown: String = path.chars().take(200).collect();
    Problem::new(
        ErrorCode::RouteNotFound,
        format!("there is nothing at {shown:?}"),
    )
    .hint(
        "functions are at /v1/functions/{name}, invoked with POST /v1/functions/{name}/invocations",
    )
}

fn refuse(head: &Parts, problem: Box<Problem>) -> Response<Full<Bytes>> {
    tracing::debug!(
        method = %head.method, path = head.uri.path(), code = problem.code.as_str(),
        request_id = %problem.request_id, message = problem.message, "refused"
    );
    let tail = match native::log_wish(head) {
        Ok(hydra_api::LogWish::Tail) => problem.log.as_ref().map(log::tail),
        _ => None,
    };
    problem.into_response(tail)
}
