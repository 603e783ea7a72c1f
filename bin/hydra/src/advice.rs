//! Errors of the command line: what failed, what to do about it, and the exit code.

use std::{fmt, process::ExitCode};

/// A context that knows what to do next.
#[derive(Debug)]
pub(crate) struct Advice {
    what: String,
    hint: String,
    exit: Exit,
}

/// What kind of failure the shell is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    Failed,
    Usage,
}

impl Advice {
    /// The operation failed.
    pub(crate) fn failed(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            hint: hint.into(),
            exit: Exit::Failed,
        }
    }

    /// It was asked for wrongly.
    pub(crate) fn usage(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            exit: Exit::Usage,
            ..Self::failed(what, hint)
        }
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Advice {}

/// Prints the error with its causes, and the hint; returns the exit code.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {}", chain(error));
    let Some(advice) = error.downcast_ref::<Advice>() else {
        return ExitCode::from(1);
    };
    eprintln!("hint: {}", advice.hint);
    match advice.exit {
        Exit::Failed => ExitCode::from(1),
        Exit::Usage => ExitCode::from(2),
    }
}

/// The error and its causes; a cause that its parent has already printed is left out.
fn chain(error: &anyhow::Error) -> String {
    error
        .chain()
        .map(ToString::to_string)
        .fold(String::new(), |text, part| match text.is_empty() {
            true => part,
            false if text.ends_with(&part) => text,
            false => format!("{text}: {part}"),
        })
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn the_chain_is_printed_once() {
        let error = Err::<(), _>(std::io::Error::other("disk on fire"))
            .context("cannot read x")
            .context(Advice::failed("cannot start", "put it out"))
            .unwrap_err();
        assert_eq!(chain(&error), "cannot start: cannot read x: disk on fire");
    }

    #[test]
    fn usage_errors_exit_with_2_and_failures_with_1() {
        let check = |error: anyhow::Error, expected: u8| {
            assert_eq!(report(&error), ExitCode::from(expected));
        };
        check(Advice::usage("a", "b").into(), 2);
        check(Advice::failed("a", "b").into(), 1);
        check(anyhow::anyhow!("a"), 1);
        check(anyhow::anyhow!("a").context(Advice::usage("b", "c")), 2);
    }
}
