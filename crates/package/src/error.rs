//! Why an upload, a folder or an entry cannot be used.

use std::{io, path::PathBuf};

use thiserror::Error;

/// What is wrong with a package, or with the disk that it is kept on.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PackageError {
    /// The package itself: who made it can change it.
    #[error("{message}")]
    Refused {
        /// What, and where.
        message: String,
        /// What to do next.
        hint: String,
    },
    /// The system would not.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl PackageError {
    /// What to do next, where there is something to say.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Refused { hint, .. } => Some(hint),
            Self::Io { .. } => None,
        }
    }

    pub(crate) fn refused(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Refused {
            message: message.into(),
            hint: hint.into(),
        }
    }

    pub(crate) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}

/// A hostile name as an error may show it: escaped, and not long.
pub(crate) fn shown(name: &str) -> String {
    const MOST: usize = 200;
    let mut shown: String = name.escape_debug().take(MOST).collect();
    if name.chars().count() > MOST {
        shown.push('…');
    }
    shown
}
