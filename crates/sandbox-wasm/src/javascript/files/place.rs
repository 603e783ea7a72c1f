//! From an absolute path to `/tmp` or the package, and what the package says of a path.

use hydra_package::{Metadata, Package};

use super::{OpenPackage, errno::Refusal};
use crate::wasi::{Errno, Handle, Stat, Tmp, Wasi};

/// Longest path and name, as Linux has them.
const MAX_PATH_BYTES: usize = 4096;
const MAX_NAME_BYTES: usize = 255;

/// The name at the root that is not the package's.
const TMP: &str = "tmp";

/// Where a path leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Below `/tmp`, relative to it.
    Tmp(String),
    /// Outside: absolute, without `.`, `..` and doubled slashes.
    Package(String, Ending),
}

/// What a path's ending asks of the thing it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Any,
    /// Ends in `/`, `/.` or `/..`.
    Directory,
}

/// Both volumes of a sandbox.
pub(super) struct Volumes<'a> {
    pub(super) wasi: &'a mut Wasi,
    open: OpenPackage<'a>,
    package: Option<Package>,
}

impl<'a> Volumes<'a> {
    pub(super) fn new(wasi: &'a mut Wasi, open: OpenPackage<'a>) -> Self {
        Self {
            wasi,
            open,
            package: None,
        }
    }

    pub(super) fn tmp(&mut self) -> Tmp<'_> {
        self.wasi.files()
    }

    /// The package, opened once per step.
    pub(super) fn package(&mut self) -> Result<&Package, Refusal> {
        if self.package.is_none() {
            self.package = Some((self.open)()?);
        }
        Ok(self.package.as_ref().ok_or(Errno::IO)?)
    }

    /// Where `path` leads. What stands before a `..` must be a directory, since there are no symbolic links.
    pub(super) fn find(&mut self, path: String) -> Result<Place, Refusal> {
        if path.len() > MAX_PATH_BYTES {
            return Err(Errno::NAMETOOLONG.into());
        }
        if path.is_empty() {
            return Err(Errno::NOENT.into());
        }
        if !path.starts_with('/') || path.contains('\0') {
            return Err(Errno::INVAL.into());
        }
        let mut names: Vec<&str> = Vec::new();
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    self.enter(&place(&names, Ending::Directory))?;
                    names.pop();
                }
                _ if part.len() > MAX_NAME_BYTES => return Err(Errno::NAMETOOLONG.into()),
                name => names.push(name),
            }
        }
        let ends = ["/", "/.", "/.."].iter().any(|end| path.ends_with(end));
        let ending = if ends { Ending::Directory } else { Ending::Any };
        Ok(place(&names, ending))
    }

    /// Refuses what is no directory.
    fn enter(&mut self, place: &Place) -> Result<(), Refusal> {
        match place {
            Place::Tmp(path) => self.tmp().stat(Handle::Path(path)).map(drop)?,
            Place::Package(path, ending) => drop(self.metadata(path, *ending)?),
        }
        Ok(())
    }

    /// What the package says of a path: `ENOENT`, or `ENOTDIR` where a file stands in the way.
    pub(super) fn metadata(&mut self, path: &str, ending: Ending) -> Result<Metadata, Refusal> {
        // The root is there even where the package is empty.
        if path == "/" {
            return Ok(Metadata {
                is_dir: true,
                len: 0,
                modified_s: 0,
            });
        }
        let package = self.package()?;
        let Some(found) = package.metadata(path) else {
            let mut above = path;
            while let Some((parent, _)) = above.rsplit_once('/') {
                match package.metadata(parent) {
                    Some(found) if !found.is_dir => return Err(Errno::NOTDIR.into()),
                    Some(_) => break,
                    None => above = parent,
                }
            }
            return Err(Errno::NOENT.into());
        };
        match ending {
            Ending::Directory if !found.is_dir => Err(Errno::NOTDIR.into()),
            _ => Ok(found),
        }
    }

    pub(super) fn stat(&mut self, path: &str, ending: Ending) -> Result<Stat, Refusal> {
        let found = self.metadata(path, ending)?;
        let modified_ns = found.modified_s.saturating_mul(1_000_000_000);
        Ok(Stat::read_only(
            inode(path),
            found.is_dir,
            found.len,
            modified_ns,
        ))
    }

    /// All entries of a folder outside `/tmp`, sorted: names, and whether they are folders.
    pub(super) fn list(
        &mut self,
        path: &str,
        ending: Ending,
    ) -> Result<Vec<(String, bool)>, Refusal> {
        if !self.metadata(path, ending)?.is_dir {
            return Err(Errno::NOTDIR.into());
        }
        let mut entries = self.package()?.list(path).unwrap_or_default();
        if path == "/" {
            entries.retain(|(name, _)| name != TMP);
            let at = entries.partition_point(|(name, _)| name.as_str() < TMP);
            entries.insert(at, (TMP.to_owned(), true));
        }
        Ok(entries)
    }

    /// Why nothing can be created at `path`, where nothing is.
    pub(super) fn not_created(&mut self, path: &str) -> Refusal {
        let parent = match path.rsplit_once('/') {
            Some(("", _)) | None => "/",
            Some((parent, _)) => parent,
        };
        match self.metadata(parent, Ending::Directory) {
            Ok(_) => Errno::ROFS.into(),
            Err(refusal) => refusal,
        }
    }
}

fn place(names: &[&str], ending: Ending) -> Place {
    match names {
        [TMP, below @ ..] => {
            let mut path = match below {
                [] => ".".to_owned(),
                below => below.join("/"),
            };
            if ending == Ending::Directory {
                path.push('/');
            }
            Place::Tmp(path)
        }
        names => Place::Package(format!("/{}", names.join("/")), ending),
    }
}

/// A number that stands for a path, as an inode does, and that JavaScript's numbers can hold.
fn inode(path: &str) -> u64 {
    let hash = path.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash >> 11).max(1)
}
