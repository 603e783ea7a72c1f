//! Drives one future to its end on the calling thread.
//!
//! No executor: the measurements want nothing between the clock and the sandbox. A guest that computes yields
//! and wakes itself at once; one that waits is woken by its host, so parking never misses.

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

/// Drives futures on one thread; made once, so that no measured call pays for the waker's allocation.
pub(crate) struct Driver(Waker);

impl Driver {
    /// A driver for the calling thread. Its futures must be driven there.
    pub(crate) fn new() -> Self {
        Self(Waker::from(Arc::new(Unpark(thread::current()))))
    }

    /// Runs `future` to its end, parking while it waits.
    pub(crate) fn block_on<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let mut context = Context::from_waker(&self.0);
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return output;
            }
            // A wake between poll and here leaves a token, so this returns at once.
            thread::park();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_future_woken_from_another_thread_completes() {
        let mut started = false;
        let future = std::future::poll_fn(move |context| {
            if started {
                return Poll::Ready(7);
            }
            started = true;
            let waker = context.waker().clone();
            thread::spawn(move || waker.wake());
            Poll::Pending
        });
        assert_eq!(Driver::new().block_on(future), 7);
    }

    #[test]
    fn a_future_that_wakes_itself_completes() {
        let mut polls_left = 1000;
        let future = std::future::poll_fn(move |context| {
            polls_left -= 1;
            context.waker().wake_by_ref();
            if polls_left == 0 {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        });
        Driver::new().block_on(future);
    }
}
