//! Finding one file in an uploaded zip.
//!
//! Zips are hostile: sizes are checked against what is really inflated, not against what the archive says, and
//! entries that lead outside of it, or are links, are refused even where they are not asked for.

use std::io::{Cursor, Read};

use hydra_sandbox::LoadError;

/// Most entries looked at.
const MAX_ENTRIES: usize = 10_000;

/// Whether `code` is a zip, by how it begins.
pub(crate) fn is_zip(code: &[u8]) -> bool {
    code.starts_with(b"PK\x03\x04") || code.starts_with(b"PK\x05\x06")
}

/// The only file of one of `endings`, or the one of them that is called `index`.
///
/// # Errors
///
/// [`LoadError::Code`] for archives that are broken, hostile, or leave the choice open.
pub(crate) fn main_file(
    code: &[u8],
    endings: &[&str],
    max_bytes: u64,
) -> Result<Vec<u8>, LoadError> {
    let broken = |error: zip::result::ZipError| {
        wrong(
            format!("the zip cannot be read: {error}"),
            "zip the files anew",
        )
    };
    let mut archive = zip::ZipArchive::new(Cursor::new(code)).map_err(broken)?;
    if archive.len() > MAX_ENTRIES {
        return Err(wrong(
            format!("the zip has more than {MAX_ENTRIES} entries"),
            "leave out what is not needed",
        ));
    }
    let mut found = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(broken)?;
        let name = entry.name().map_err(broken)?.into_owned();
        if entry.enclosed_name().is_none() || entry.is_symlink() {
            let name: String = name.escape_debug().take(200).collect();
            return Err(wrong(
                format!("the zip entry \"{name}\" leads outside of the archive"),
                "zip plain files",
            ));
        }
        if name
            .rsplit_once('.')
            .is_some_and(|(_, ending)| endings.contains(&ending))
        {
            found.push((index, name));
        }
    }
    let (index, name) = choose(found, endings)?;
    let mut bytes = Vec::new();
    let inflated = archive
        .by_index(index)
        .map_err(broken)?
        .take(max_bytes + 1)
        .read_to_end(&mut bytes);
    inflated.map_err(|error| {
        wrong(
            format!("the zip entry {name} cannot be read: {error}"),
            "zip it anew",
        )
    })?;
    if bytes.len() as u64 > max_bytes {
        return Err(wrong(
            format!("{name} has more than {} MiB", max_bytes >> 20),
            "make it smaller",
        ));
    }
    Ok(bytes)
}

fn choose(mut found: Vec<(usize, String)>, endings: &[&str]) -> Result<(usize, String), LoadError> {
    let kinds = || {
        endings
            .iter()
            .map(|ending| format!(".{ending}"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    if found.len() > 1 {
        found.retain(|(_, name)| {
            name.rsplit_once('.')
                .is_some_and(|(stem, _)| stem == "index")
        });
        if found.len() != 1 {
            let message = format!(
                "the zip has several files of the kinds {} and none is called index",
                kinds()
            );
            return Err(wrong(message, "call the main one index"));
        }
    }
    found.pop().ok_or_else(|| {
        wrong(
            format!("the zip has no file of the kinds {}", kinds()),
            "zip the function's code",
        )
    })
}

fn wrong(message: String, hint: &str) -> LoadError {
    LoadError::Code {
        message,
        hint: Some(hint.to_owned()),
    }
}
