//! Why a step of `fs` was refused, as Node tells it.

use std::borrow::Cow;

use hydra_package::PackageError;
use serde_json::{Value, json};

use crate::wasi::Errno;

/// A system error, but for system call and path, which the JavaScript side knows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(super) errno: Errno,
    message: Cow<'static, str>,
}

impl Refusal {
    /// What the library makes an error of: its class, code, message, and the number that Linux has for it.
    pub(crate) fn to_json(&self) -> Value {
        let (code, number, _) = told(self.errno);
        json!({ "name": "Error", "code": code, "message": self.message, "errno": -number })
    }

    /// `ENOENT` and the like.
    #[cfg(test)]
    pub(crate) fn code(&self) -> &'static str {
        told(self.errno).0
    }
}

impl From<Errno> for Refusal {
    fn from(errno: Errno) -> Self {
        Self {
            errno,
            message: told(errno).2.into(),
        }
    }
}

/// The package's file cannot be had, though it is there.
impl From<PackageError> for Refusal {
    fn from(error: PackageError) -> Self {
        Self {
            errno: Errno::IO,
            message: format!("i/o error: {error}").into(),
        }
    }
}

/// Code, number and words. Source: `errno.h` of Linux; the words are those by which libuv, and so Node, tells them.
fn told(errno: Errno) -> (&'static str, i32, &'static str) {
    match errno {
        Errno::BADF => ("EBADF", 9, "bad file descriptor"),
        Errno::BUSY => ("EBUSY", 16, "resource busy or locked"),
        Errno::EXIST => ("EEXIST", 17, "file already exists"),
        Errno::ILSEQ => ("EILSEQ", 84, "illegal byte sequence"),
        Errno::INVAL => ("EINVAL", 22, "invalid argument"),
        Errno::ISDIR => ("EISDIR", 21, "illegal operation on a directory"),
        Errno::MFILE => ("EMFILE", 24, "too many open files"),
        Errno::NAMETOOLONG => ("ENAMETOOLONG", 36, "name too long"),
        Errno::NOENT => ("ENOENT", 2, "no such file or directory"),
        Errno::NOSPC => ("ENOSPC", 28, "no space left on device"),
        Errno::NOTDIR => ("ENOTDIR", 20, "not a directory"),
        Errno::NOTEMPTY => ("ENOTEMPTY", 39, "directory not empty"),
        Errno::PERM => ("EPERM", 1, "operation not permitted"),
        Errno::ROFS => ("EROFS", 30, "read-only file system"),
        Errno::XDEV => ("EXDEV", 18, "cross-device link not permitted"),
        _ => ("EIO", 5, "i/o error"),
    }
}
