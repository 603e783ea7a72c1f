//! The names in a package: every file and folder, with what the zip says of it.
//!
//! Built in one pass over the central directory. Folders that the zip does not list are there; what Finder adds
//! (`__MACOSX`, `.DS_Store`) is not. Where somebody zipped the folder itself, that folder is the root.
//!
//! Invariants: paths are normal ([`crate::path`]); no file lies below a file; nothing leads outside; every entry is a
//! plain file or a folder.

use std::{collections::BTreeMap, ops::Bound};

use zip::{CompressionMethod, DateTime, ZipArchive};

use crate::{PackageError, blob::Reader, error::shown, path};

/// Most entries of a zip.
pub(crate) const MAX_ENTRIES: usize = 50_000;
/// Most files and folders, those counted that are only implied.
const MAX_NODES: usize = 2 * MAX_ENTRIES;
/// Longest path in bytes.
pub(crate) const MAX_PATH_BYTES: usize = 1024;
/// Most folders above a file.
pub(crate) const MAX_DEPTH: usize = 64;
/// Most bytes that all files together may say they inflate to.
pub(crate) const MAX_TOTAL_BYTES: u64 = 512 << 20;

/// The type bits of a Unix mode, and those of a plain file and of a folder.
const MODE_TYPE: u32 = 0o170_000;
const MODE_FILE: u32 = 0o100_000;
const MODE_FOLDER: u32 = 0o040_000;

/// A file or a folder.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    /// Which entry of the zip; a folder needs none.
    pub(crate) entry: usize,
    pub(crate) is_dir: bool,
    pub(crate) len: u64,
    pub(crate) modified_s: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Index {
    nodes: BTreeMap<Box<str>, Node>,
    /// The folder that was zipped itself, with a slash at the end and none in front.
    stripped: Option<String>,
}

impl Index {
    /// The index of a package that is one file.
    pub(crate) fn single(name: &str, len: u64) -> Result<Self, PackageError> {
        let path = entry_path(name)?;
        let mut index = Self::default();
        index.insert(path, file(0, len, 0))?;
        Ok(index)
    }

    pub(crate) fn of_zip(archive: &ZipArchive<Reader>) -> Result<Self, PackageError> {
        let mut found = Vec::with_capacity(archive.len());
        let mut total: u64 = 0;
        for number in 0..archive.len() {
            let entry = archive
                .by_index_data(number)
                .map_err(|error| broken(&error))?;
            let name = entry.name().map_err(|error| broken(&error))?;
            let path = entry_path(&name)?;
            let is_dir = check_kind(&name, entry.unix_mode())?;
            if entry.encrypted() {
                return Err(PackageError::refused(
                    format!("the zip entry \"{}\" is encrypted", shown(&name)),
                    "zip the files without a password",
                ));
            }
            if !matches!(
                entry.compression(),
                CompressionMethod::STORE | CompressionMethod::DEFLATE
            ) {
                return Err(PackageError::refused(
                    format!(
                        "the zip entry \"{}\" is compressed by a method other than deflate",
                        shown(&name)
                    ),
                    "zip the files with the usual method (deflate)",
                ));
            }
            total = total.saturating_add(entry.size());
            if total > MAX_TOTAL_BYTES {
                return Err(PackageError::refused(
                    format!(
                        "the zip inflates to more than {} MiB (reached at \"{}\")",
                        MAX_TOTAL_BYTES >> 20,
                        shown(&name)
                    ),
                    "leave out what the function does not need, such as development dependencies",
                ));
            }
            if is_clutter(&path) {
                continue;
            }
            let modified_s = entry.last_modified().map_or(0, unix_seconds);
            let node = Node {
                is_dir,
                len: if is_dir { 0 } else { entry.size() },
                ..file(number, 0, modified_s)
            };
            found.push((path, node));
        }
        let stripped = zipped_folder(&found);
        let mut index = Self::default();
        for (path, node) in found {
            let path = match &stripped {
                Some(folder) => path.get(folder.len()..).unwrap_or_default().to_owned(),
                None => path,
            };
            if !path.is_empty() && path != "/" {
                index.insert(path, node)?;
            }
        }
        index.stripped = stripped.map(|folder| format!("{}/", &folder[1..]));
        Ok(index)
    }

    pub(crate) fn get(&self, path: &str) -> Option<Node> {
        if path == "/" {
            return Some(folder());
        }
        self.nodes.get(path).copied()
    }

    pub(crate) fn is_file(&self, path: &str) -> bool {
        self.get(path).is_some_and(|node| !node.is_dir)
    }

    pub(crate) fn is_dir(&self, path: &str) -> bool {
        self.get(path).is_some_and(|node| node.is_dir)
    }

    /// What lies in a folder, sorted: names, and whether they are folders.
    pub(crate) fn children(&self, dir: &str) -> Option<Vec<(String, bool)>> {
        if !self.is_dir(dir) {
            return None;
        }
        let prefix = if dir == "/" {
            "/".to_owned()
        } else {
            format!("{dir}/")
        };
        let mut children = Vec::new();
        let mut from = prefix.clone();
        while let Some((path, node)) = self.at_or_after(&from) {
            let Some(name) = path.strip_prefix(&prefix) else {
                break;
            };
            match name.split_once('/') {
                // What lies deeper is passed over at once: `0` is what comes after `/`.
                Some((folder, _)) => from = format!("{prefix}{folder}0"),
                None => {
                    children.push((name.to_owned(), node.is_dir));
                    from = format!("{path}\0");
                }
            }
        }
        Some(children)
    }

    /// A path as somebody may write it who knows the zip from outside, with the folder that was zipped.
    pub(crate) fn without_stripped<'path>(&self, path: &'path str) -> Option<&'path str> {
        path.strip_prefix(self.stripped.as_deref()?)
    }

    fn at_or_after(&self, path: &str) -> Option<(&str, &Node)> {
        let from = (Bound::Included(path), Bound::Unbounded);
        let (path, node) = self.nodes.range::<str, _>(from).next()?;
        Some((path, node))
    }

    fn insert(&mut self, path: String, node: Node) -> Result<(), PackageError> {
        for above in path::upwards(path::folder(&path)).take_while(|above| *above != "/") {
            match self.nodes.get(above) {
                Some(node) if node.is_dir => break,
                Some(_) => return Err(twice(above)),
                None => self.nodes.insert(above.into(), folder()),
            };
        }
        match self.nodes.get(path.as_str()) {
            // A folder may be listed after what lies in it.
            Some(before) if before.is_dir && node.is_dir => {}
            Some(_) => return Err(twice(&path)),
            None => {}
        }
        self.nodes.insert(path.into_boxed_str(), node);
        if self.nodes.len() > MAX_NODES {
            return Err(PackageError::refused(
                format!("the zip has more than {MAX_NODES} files and folders"),
                "leave out what the function does not need",
            ));
        }
        Ok(())
    }
}

/// The path of an entry of this name.
fn entry_path(name: &str) -> Result<String, PackageError> {
    let refuse = |what: &str, hint: &str| {
        let message = format!("the zip entry \"{}\" {what}", shown(name));
        Err(PackageError::refused(message, hint))
    };
    if name.len() > MAX_PATH_BYTES {
        return refuse(
            &format!("has a path of more than {MAX_PATH_BYTES} bytes"),
            "zip fewer folders into each other",
        );
    }
    if name.contains('\\') {
        return refuse(
            "has a backslash in its name",
            "zip with a tool that writes forward slashes; file names cannot have backslashes",
        );
    }
    if name.contains(char::is_control) {
        return refuse("has a control character in its name", "rename the file");
    }
    let inside = name.strip_prefix("./").unwrap_or(name);
    let inside = inside.strip_suffix('/').unwrap_or(inside);
    if inside.is_empty() && name.starts_with("./") {
        return Ok("/".to_owned());
    }
    let outside = "zip files by paths relative to the folder, without \"..\"";
    let mut parts = 0;
    for part in inside.split('/') {
        parts += 1;
        let is_drive = parts == 1
            && matches!(part.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
        if is_drive || matches!(part, "" | "." | "..") {
            return refuse("leads outside of the archive", outside);
        }
    }
    if parts > MAX_DEPTH {
        return refuse(
            &format!("lies more than {MAX_DEPTH} folders deep"),
            "zip fewer folders into each other",
        );
    }
    Ok(format!("/{inside}"))
}

/// Whether an entry is a folder; links, devices and the like are refused.
fn check_kind(name: &str, mode: Option<u32>) -> Result<bool, PackageError> {
    match mode.unwrap_or(0) & MODE_TYPE {
        0 => Ok(name.ends_with('/')),
        MODE_FILE if !name.ends_with('/') => Ok(false),
        MODE_FOLDER => Ok(true),
        _ => Err(PackageError::refused(
            format!(
                "the zip entry \"{}\" is a link or a special file",
                shown(name)
            ),
            "zip what the link points to: `zip -r` without `-y` does",
        )),
    }
}

/// The folder that holds everything and looks like what was meant to be the root.
fn zipped_folder(found: &[(String, Node)]) -> Option<String> {
    let (first, _) = found.iter().find(|(path, _)| path != "/")?;
    let name = first[1..].split('/').next()?;
    let folder = format!("/{name}");
    let inside = format!("{folder}/");
    let holds_all = found.iter().all(|(path, node)| {
        path.starts_with(&inside) || (node.is_dir && (*path == folder || path == "/"))
    });
    let is_root = found.iter().any(|(path, node)| {
        !node.is_dir
            && path.strip_prefix(&inside).is_some_and(|name| {
                name == "package.json"
                    || path::stem(name) == "index" && crate::entry::is_source(name)
            })
    });
    (holds_all && is_root && name != "node_modules").then_some(folder)
}

fn is_clutter(path: &str) -> bool {
    path == "/__MACOSX" || path.starts_with("/__MACOSX/") || path::base(path) == ".DS_Store"
}

fn file(entry: usize, len: u64, modified_s: u64) -> Node {
    Node {
        entry,
        is_dir: false,
        len,
        modified_s,
    }
}

fn folder() -> Node {
    Node {
        is_dir: true,
        ..file(0, 0, 0)
    }
}

fn twice(path: &str) -> PackageError {
    PackageError::refused(
        format!("the zip has \"{}\" twice", shown(&path[1..])),
        "zip the files anew, into a new archive",
    )
}

pub(crate) fn broken(error: &zip::result::ZipError) -> PackageError {
    PackageError::refused(
        format!("the zip cannot be read: {error}"),
        "zip the files anew",
    )
}

/// A zip's time of day has no zone; it is taken as UTC.
fn unix_seconds(time: DateTime) -> u64 {
    if !time.is_valid() {
        return 0;
    }
    let (year, month) = (u64::from(time.year()), u64::from(time.month()));
    // Days before a year and month, counted in years that begin in March.
    let (y, m) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + u64::from(time.day());
    const DAYS_BEFORE_1970: u64 = 719_469;
    let seconds =
        (u64::from(time.hour()) * 60 + u64::from(time.minute())) * 60 + u64::from(time.second());
    (days - DAYS_BEFORE_1970) * 86_400 + seconds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zip_times_are_unix_seconds() {
        for ((year, month, day, hour, minute, second), expected) in [
            ((1980, 1, 1, 0, 0, 0), 315_532_800),
            ((2000, 2, 29, 12, 0, 2), 951_825_602),
            ((2024, 3, 1, 0, 0, 0), 1_709_251_200),
            ((2107, 12, 31, 23, 59, 58), 4_354_819_198),
        ] {
            let time = DateTime::from_date_and_time(year, month, day, hour, minute, second);
            assert_eq!(
                unix_seconds(time.unwrap()),
                expected,
                "{year}-{month}-{day}"
            );
        }
    }
}
