//! Addresses of names, from the system's resolver.
//!
//! The resolver blocks, so it runs on the runtime's blocking threads, few at a time. An answer serves everybody who
//! asks within seconds: a thousand fetches of one name are one lookup. Knows no policy; what it finds is checked by
//! who connects.

use std::{
    collections::HashMap,
    net::{IpAddr, ToSocketAddrs},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use hydra_sandbox::HttpError;
use tokio::{runtime::Handle, sync::Semaphore};

/// Threads in the resolver at once.
const MAX_RUNNING: usize = 8;
/// Names that are known or asked for.
const MAX_NAMES: usize = 1024;
const KEEP_FOUND: Duration = Duration::from_secs(5);
const KEEP_MISSING: Duration = Duration::from_secs(1);
/// Of one name.
const MAX_ADDRESSES: usize = 16;

type Answer = Result<Arc<[IpAddr]>, HttpError>;
type Asking = Shared<BoxFuture<'static, Answer>>;

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct Lookup {
    runtime: Handle,
    running: Arc<Semaphore>,
    names: Arc<Mutex<HashMap<Box<str>, Asked>>>,
}

struct Asked {
    since: Instant,
    answer: Asking,
}

impl Asked {
    fn is_stale(&self, now: Instant) -> bool {
        let keep = match self.answer.peek() {
            // The answer counts from the question, which is earlier.
            Some(Ok(_)) => KEEP_FOUND,
            Some(Err(_)) => KEEP_MISSING,
            None => return false,
        };
        now.saturating_duration_since(self.since) > keep
    }
}

impl Lookup {
    pub(crate) fn new(runtime: Handle) -> Self {
        Self {
            runtime,
            running: Arc::new(Semaphore::new(MAX_RUNNING)),
            names: Arc::default(),
        }
    }

    /// The addresses of `host`, in the order to try them; at least one.
    pub(crate) async fn addresses(&self, host: &str) -> Answer {
        let answer = self.asking(host)?;
        answer.await
    }

    fn asking(&self, host: &str) -> Result<Asking, HttpError> {
        let now = Instant::now();
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(asked) = names.get(host)
            && !asked.is_stale(now)
        {
            return Ok(asked.answer.clone());
        }
        if names.len() >= MAX_NAMES {
            names.retain(|_, asked| !asked.is_stale(now));
        }
        if names.len() >= MAX_NAMES {
            return Err(HttpError::Unavailable {
                reason: format!(
                    "cannot look up {host}: {MAX_NAMES} other names are being looked up"
                ),
            });
        }
        let answer = self.ask(host.to_owned());
        names.insert(
            host.into(),
            Asked {
                since: now,
                answer: answer.clone(),
            },
        );
        Ok(answer)
    }

    /// Asks in a task of its own, so that nobody's going away takes the answer from the others.
    fn ask(&self, host: String) -> Asking {
        let running = self.running.clone();
        let runtime = self.runtime.clone();
        let failed = lookup_error(&host, "the lookup was stopped");
        let task = self.runtime.spawn(async move {
            let Ok(_running) = running.acquire().await else {
                return Err(lookup_error(&host, "the process stops"));
            };
            let stopped = lookup_error(&host, "the lookup was stopped");
            runtime
                .spawn_blocking(move || resolve(&host))
                .await
                .unwrap_or(Err(stopped))
        });
        task.map(move |done| done.unwrap_or(Err(failed)))
            .boxed()
            .shared()
    }
}

fn resolve(host: &str) -> Answer {
    let mut found: Vec<IpAddr> = Vec::new();
    let answers = (host, 0)
        .to_socket_addrs()
        .map_err(|error| lookup_error(host, &error.to_string()))?;
    for address in answers {
        if !found.contains(&address.ip()) && found.len() < MAX_ADDRESSES {
            found.push(address.ip());
        }
    }
    if found.is_empty() {
        return Err(lookup_error(host, "the name has none"));
    }
    Ok(found.into())
}

fn lookup_error(host: &str, reason: &str) -> HttpError {
    HttpError::Lookup {
        host: host.to_owned(),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_name_is_asked_for_once_for_all_who_ask_together() {
        let lookup = Lookup::new(Handle::current());
        let askings: Vec<Asking> = (0..1000)
            .map(|_| lookup.asking("localhost").unwrap())
            .collect();
        for asking in &askings {
            assert!(asking.ptr_eq(&askings[0]));
        }
        let found = askings[0].clone().await.unwrap();
        assert!(found.iter().all(IpAddr::is_loopback), "{found:?}");
        assert!(lookup.asking("localhost").unwrap().ptr_eq(&askings[0]));
    }

    #[tokio::test]
    async fn names_without_addresses_are_errors_and_names_are_bounded() {
        let lookup = Lookup::new(Handle::current());
        let error = lookup.addresses("no-such-name.invalid").await.unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("cannot find the address of no-such-name.invalid: "),
            "{error}"
        );
        {
            let mut names = lookup.names.lock().unwrap();
            for number in 0..MAX_NAMES {
                let asked = Asked {
                    since: Instant::now(),
                    answer: std::future::pending().boxed().shared(),
                };
                names.insert(format!("name-{number}").into(), asked);
            }
        }
        let error = lookup.addresses("one-more.invalid").await.unwrap_err();
        assert!(matches!(error, HttpError::Unavailable { .. }), "{error}");
    }
}
