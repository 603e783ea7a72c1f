//! The text of a module as an engine takes it: UTF-8 without a mark, without NUL, without types.

use bytes::Bytes;
use thiserror::Error;

use crate::{
    Package, PackageError,
    error::shown,
    path,
    strip::{SyntaxProblem, strip_types},
};

/// Largest source text.
const MAX_SOURCE_BYTES: u64 = 16 << 20;

/// Why a file's text cannot be had.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SourceError {
    /// There is no file of this path.
    #[error("there is no file {}", shown(path))]
    Missing {
        /// What was asked for.
        path: String,
    },
    /// It is not text, or too much of it.
    #[error("{message}")]
    NotText {
        /// What, and where.
        message: String,
        /// What to do next.
        hint: &'static str,
    },
    /// Its types cannot be blanked.
    #[error("{}:{}:{}: {}", shown(path), problem.line, problem.column, problem.message)]
    Syntax {
        /// Which file.
        path: String,
        /// What, and where in it.
        problem: SyntaxProblem,
    },
    /// It cannot be read.
    #[error(transparent)]
    Package(#[from] PackageError),
}

impl SourceError {
    /// What to do next, where there is something to say.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Missing { .. } => None,
            Self::NotText { hint, .. } => Some(hint),
            Self::Syntax { problem, .. } => problem.hint.as_deref(),
            Self::Package(error) => error.hint(),
        }
    }
}

impl Package {
    /// The text of a module.
    ///
    /// A byte order mark is taken off. In JavaScript and TypeScript `#!` becomes `//`, so that the first line is
    /// harmless wherever it ends up. Types are blanked, so that lines and columns stay.
    ///
    /// # Errors
    ///
    /// [`SourceError`]: there is no such file, it is not UTF-8, has a NUL, has more than 16 MiB, or has TypeScript that
    /// is more than types.
    pub fn source(&self, path: &str) -> Result<String, SourceError> {
        let path = path::normalise(path);
        let missing = || SourceError::Missing { path: path.clone() };
        let found = self.metadata(&path).filter(|found| !found.is_dir);
        if found.ok_or_else(missing)?.len > MAX_SOURCE_BYTES {
            return Err(SourceError::NotText {
                message: format!(
                    "{} has more than {} MiB of source text",
                    shown(&path),
                    MAX_SOURCE_BYTES >> 20
                ),
                hint: "bundle less, or minify",
            });
        }
        let bytes = self.read(&path)?.ok_or_else(missing)?;
        let mut text = text(&bytes, &path)?;
        let ending = path::extension(&path);
        if crate::entry::is_source(&path) || matches!(ending, "" | "jsx" | "tsx") {
            if text.starts_with("#!") {
                text.replace_range(..2, "//");
            }
            if matches!(ending, "ts" | "mts" | "cts" | "jsx" | "tsx") {
                return strip_types(&text, &path)
                    .map_err(|problem| SourceError::Syntax { path, problem });
            }
        }
        Ok(text)
    }
}

fn text(bytes: &Bytes, path: &str) -> Result<String, SourceError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| SourceError::NotText {
        message: format!(
            "{} is not UTF-8: byte {} cannot be read",
            shown(path),
            error.valid_up_to()
        ),
        hint: "save the file as UTF-8",
    })?;
    if let Some(at) = text.find('\0') {
        return Err(SourceError::NotText {
            message: format!("{} has a NUL character at byte {at}", shown(path)),
            hint: "this does not look like source text",
        });
    }
    Ok(text.to_owned())
}
