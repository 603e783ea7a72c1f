//! Turns panics of backends into values, so that one bad sandbox costs one invocation.

use std::{
    any::Any,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    task::Poll,
};

use hydra_sandbox::BoxFuture;

/// Runs `action`; a panic becomes its message. Whatever `action` worked on must be dropped afterwards.
pub(crate) fn caught<T>(action: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(action)).map_err(|panic| message(&*panic))
}

/// Like [`caught`] for a future: while it is made, polled and dropped.
pub(crate) async fn caught_async<'a, T>(
    make: impl FnOnce() -> BoxFuture<'a, T>,
) -> Result<T, String> {
    let mut future = caught(make)?;
    let result = poll_fn(|cx| match caught(|| future.as_mut().poll(cx)) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await;
    caught(|| drop(future))?;
    result
}

/// The text of a panic, where it has one.
pub(crate) fn message(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "panic without a message".to_owned())
}
