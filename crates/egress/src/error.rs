//! What went wrong in the client, in the contract's words.

use std::{error::Error, io};

use hydra_sandbox::HttpError;

use crate::pools::MAX_HEAD_BYTES;

/// Says why a request got no response.
pub(crate) fn of_request(error: &(dyn Error + 'static), authority: &str) -> HttpError {
    let mut innermost = error;
    for cause in chain(error) {
        if let Some(ours) = cause.downcast_ref::<HttpError>() {
            return ours.clone();
        }
        if is_large_head(cause) {
            return HttpError::TooLarge {
                what: "the head of the response",
                authority: authority.to_owned(),
                limit_bytes: MAX_HEAD_BYTES as u64,
            };
        }
        innermost = cause;
    }
    broken(authority, innermost.to_string())
}

/// Says why a body ended early.
pub(crate) fn of_body(error: &(dyn Error + 'static), authority: &str) -> HttpError {
    let innermost = chain(error).last().unwrap_or(error);
    broken(authority, innermost.to_string())
}

pub(crate) fn broken(authority: &str, reason: String) -> HttpError {
    HttpError::Broken {
        authority: authority.to_owned(),
        reason,
    }
}

/// Whether the connection ended before a response began, as happens where the server closes an idle one at the
/// moment it is used.
pub(crate) fn is_lost_connection(error: &(dyn Error + 'static)) -> bool {
    chain(error).any(|cause| {
        let of_hyper = cause
            .downcast_ref::<hyper::Error>()
            .is_some_and(|error| error.is_incomplete_message() || error.is_closed());
        let of_socket = cause.downcast_ref::<io::Error>().is_some_and(|error| {
            matches!(
                error.kind(),
                io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
            )
        });
        of_hyper || of_socket
    })
}

fn is_large_head(error: &(dyn Error + 'static)) -> bool {
    error
        .downcast_ref::<hyper::Error>()
        .is_some_and(hyper::Error::is_parse_too_large)
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| {
        let error: &'a (dyn Error + 'static) = *error;
        error.source()
    })
}
