//! What to do about a specifier that leads nowhere: the nearest name that is there, or what to install.

use crate::{
    Package,
    error::shown,
    package_json::{Manifest, Target},
    path,
    resolve::{ResolveError, Search},
};

/// Most names that are compared.
const MOST_NAMES: usize = 2000;
/// Longest name that is compared.
const MOST_BYTES: usize = 64;

/// The file that was probably meant, for a path that is not there.
pub(super) fn near_file(package: &Package, missing: &str, from: &str) -> Option<String> {
    let folder = path::folder(missing);
    let Some(listed) = package.list(folder) else {
        return Some(format!("there is no folder {}", shown(folder)));
    };
    let wanted = path::base(missing);
    let names = || {
        listed
            .iter()
            .map(|(name, _)| name.as_str())
            .take(MOST_NAMES)
    };
    let same_stem = |name: &&str| {
        path::stem(name).eq_ignore_ascii_case(path::stem(wanted))
            || path::stem(name).eq_ignore_ascii_case(wanted)
    };
    let near = names()
        .find(same_stem)
        .or_else(|| names().find(|name| is_near(name, wanted)))?;
    let near = path::join(folder, near);
    let meant = match package.metadata(&near) {
        Some(found) if found.is_dir => format!("{near}/"),
        _ => near,
    };
    Some(format!("did you mean '{}'?", as_seen_from(&meant, from)))
}

/// For a package that no `node_modules` has.
pub(super) fn missing_package(
    package: &Package,
    specifier: &str,
    name: &str,
    from: &str,
) -> String {
    let beside = path::join(path::folder(from), specifier);
    let file = ["", ".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".json"]
        .iter()
        .map(|ending| format!("{beside}{ending}"))
        .find(|file| package.index().is_file(file));
    if let Some(file) = file {
        return format!("did you mean '{}'?", as_seen_from(&file, from));
    }
    if package.is_single() {
        return format!(
            "one file has no packages: upload a zip of it with node_modules/{name}, or bundle them into one file"
        );
    }
    let (modules, wanted) = match name.split_once('/') {
        Some((scope, wanted)) => (format!("/node_modules/{scope}"), wanted),
        None => ("/node_modules".to_owned(), name),
    };
    let installed = package.list(&modules).unwrap_or_default();
    let near = installed
        .iter()
        .take(MOST_NAMES)
        .find(|(installed, _)| is_near(installed, wanted));
    match near {
        Some((near, _)) => {
            let near = path::join(&modules, near);
            let near = near.strip_prefix("/node_modules/").unwrap_or(&near);
            format!("did you mean '{near}'?")
        }
        None => format!(
            "add it to node_modules in the package: npm install {}, then zip again",
            shown(name)
        ),
    }
}

/// For a subpath that `exports` does not have.
pub(super) fn not_exported(
    manifest: &Manifest,
    folder: &str,
    subpath: &str,
    search: &Search<'_>,
) -> ResolveError {
    const MOST: usize = 8;
    let config = format!("{}/package.json", folder.trim_end_matches('/'));
    let message = match subpath {
        "." => format!(
            "No \"exports\" main defined in {config} imported from {}",
            search.from
        ),
        _ => format!(
            "Package subpath '{}' is not defined by \"exports\" in {config} imported from {}",
            shown(subpath),
            search.from
        ),
    };
    let hint = match &manifest.exports {
        Some(Target::Table(table)) if table.iter().any(|(key, _)| key.starts_with('.')) => {
            let mut keys: Vec<String> =
                table.iter().take(MOST).map(|(key, _)| shown(key)).collect();
            if table.len() > MOST {
                keys.push("…".to_owned());
            }
            Some(format!("it exports {}", keys.join(", ")))
        }
        _ if subpath == "." => Some(
            "it exports nothing for this way of loading: try import in place of require, or the \
             other way"
                .to_owned(),
        ),
        _ => Some("it exports its main module only".to_owned()),
    };
    ResolveError {
        code: "ERR_PACKAGE_PATH_NOT_EXPORTED",
        message,
        hint,
    }
}

/// For machine code.
pub(super) fn native(file: &str, from: &str) -> ResolveError {
    let package = file.rsplit_once("/node_modules/").map(|(_, inside)| {
        let parts = if inside.starts_with('@') { 2 } else { 1 };
        inside.split('/').take(parts).collect::<Vec<_>>().join("/")
    });
    let hint = match package {
        Some(name) => format!(
            "the package {} needs machine code, which cannot run here: use one in JavaScript or WebAssembly",
            shown(&name)
        ),
        None => "machine code cannot run here: compile it to WebAssembly".to_owned(),
    };
    ResolveError {
        code: "ERR_DLOPEN_FAILED",
        message: format!("Cannot load the native addon '{}' for {from}", shown(file)),
        hint: Some(hint),
    }
}

/// A path as the file `from` would write it.
fn as_seen_from(path: &str, from: &str) -> String {
    let folder = path::folder(from).trim_end_matches('/');
    match path.strip_prefix(folder) {
        Some(below) if below.starts_with('/') => shown(&format!(".{below}")),
        _ => shown(path),
    }
}

/// Whether two names differ by a slip: at most two letters, of four or more.
fn is_near(name: &str, wanted: &str) -> bool {
    let (name, wanted) = (name.as_bytes(), wanted.as_bytes());
    let is_short = wanted.len() < 4 || wanted.len() > MOST_BYTES || name.len() > MOST_BYTES;
    if is_short || name.len().abs_diff(wanted.len()) > 2 {
        return false;
    }
    let mut row: Vec<usize> = (0..=wanted.len()).collect();
    for (i, one) in name.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in wanted.iter().enumerate() {
            let replaced = diagonal + usize::from(one != other);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[wanted.len()] <= 2
}
