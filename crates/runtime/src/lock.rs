//! Taking a mutex whose data stays sound when a thread panics while it holds it.
//!
//! Every critical section of this crate moves whole values in and out of collections and runs no foreign code, so
//! poisoning tells nothing.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Takes the lock, poisoned or not.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
