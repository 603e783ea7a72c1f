//! The zip of a folder: the same bytes for the same files, whoever packs them and when.
//!
//! What to pack is found by [`walk`]; this file writes it. Times are fixed, names are sorted, modes are those of a
//! plain file.

mod walk;

use std::{
    fs::File,
    io::{Read, Seek, Write},
    path::Path,
};

use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

use crate::{PackageError, index::MAX_TOTAL_BYTES};

use walk::{Found, Walk};

/// Largest file that is packed.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// What was packed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackReport {
    /// Files in the zip.
    pub files: u64,
    /// Bytes of these files, before compression.
    pub bytes: u64,
    /// Paths that were left out, relative to the folder: `.git`, `.DS_Store`, `node_modules/.bin` and such.
    pub left_out: Vec<String>,
}

/// Packs a folder into a zip that [`crate::Package::open`] takes.
///
/// Links are followed where they stay in the folder. Where pnpm made `node_modules`, each package gets its
/// dependencies in a `node_modules` of its own, unless it finds them above.
///
/// # Errors
///
/// - [`PackageError::Refused`]: a link leads outside, something is no plain file, or there is too much.
/// - [`PackageError::Io`]: a file cannot be read, or the zip not be written.
pub fn pack_folder(dir: &Path, out: impl Write + Seek) -> Result<PackReport, PackageError> {
    let Found { files, left_out } = Walk::of(dir)?;
    let mut zip = ZipWriter::new(out);
    let mut report = PackReport {
        left_out,
        ..PackReport::default()
    };
    for (name, path) in files {
        let bytes = read(&path)?;
        report.files += 1;
        report.bytes += bytes.len() as u64;
        if report.bytes > MAX_TOTAL_BYTES {
            return Err(PackageError::refused(
                format!(
                    "{} has more than {} MiB of files (reached at {name})",
                    dir.display(),
                    MAX_TOTAL_BYTES >> 20
                ),
                "leave out what the function does not need, such as development dependencies",
            ));
        }
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::DEFAULT)
            .unix_permissions(0o644);
        let write = zip
            .start_file(name, options)
            .and_then(|()| Ok(zip.write_all(&bytes)?));
        write.map_err(|error| cannot_write(dir, error))?;
    }
    zip.finish().map_err(|error| cannot_write(dir, error))?;
    Ok(report)
}

fn read(path: &Path) -> Result<Vec<u8>, PackageError> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes))
        .map_err(PackageError::io("read", path))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(PackageError::refused(
            format!(
                "{} has more than {} MiB",
                path.display(),
                MAX_FILE_BYTES >> 20
            ),
            "split it, or move it out of the folder",
        ));
    }
    Ok(bytes)
}

fn cannot_write(dir: &Path, error: zip::result::ZipError) -> PackageError {
    PackageError::io("write the zip of", dir)(error.into())
}
