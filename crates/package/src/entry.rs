//! Which file of a package is loaded first, and which of its exports is the handler.
//!
//! A handler is written as for AWS Lambda: `src/app.handler` is the export `handler` of `src/app.js`. One that names no
//! file is just the export of the main file.

use crate::{How, Package, PackageError, error::shown, path};

/// Endings of files that can be loaded first, in the order in which they are tried.
const SOURCES: [&str; 6] = ["js", "mjs", "cjs", "ts", "mts", "cts"];
/// Longest handler in bytes.
const MAX_HANDLER_BYTES: usize = 1024;
/// Most files that an error lists.
const MOST_LISTED: usize = 10;

/// Where a function begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The file to load.
    pub path: String,
    /// The export that handles events, as in `handler` or `api.handler`; `None` leaves it to the loader.
    pub export: Option<String>,
}

impl Package {
    /// The entry of the package, for a handler as it was given, or for none.
    ///
    /// Without a handler: `main` of `package.json`, its `exports`, `index.js` and its kin, then the only source file
    /// at the top.
    ///
    /// # Errors
    ///
    /// [`PackageError::Refused`]: there is no such file, or no way to choose; lists what could be meant.
    pub fn entry(&self, handler: Option<&str>) -> Result<Entry, PackageError> {
        let Some(handler) = handler.filter(|handler| !handler.is_empty()) else {
            return Ok(Entry {
                path: self.main_file()?,
                export: None,
            });
        };
        let is_plain = handler.len() <= MAX_HANDLER_BYTES && !handler.contains(char::is_control);
        if !is_plain {
            return Err(PackageError::refused(
                "the handler is too long, or has control characters",
                "write it as in src/app.handler",
            ));
        }
        let as_zipped = self
            .index()
            .without_stripped(handler.trim_start_matches("./"));
        let named = self.named(handler).or_else(|| self.named(as_zipped?));
        if let Some(entry) = named {
            return Ok(entry);
        }
        if handler.contains('/') {
            return Err(PackageError::refused(
                format!(
                    "the handler \"{}\" names no file of the package",
                    shown(handler)
                ),
                format!(
                    "write it as in src/app.handler, for the export \"handler\" of src/app.js; {}",
                    self.candidates()
                ),
            ));
        }
        Ok(Entry {
            path: self.main_file()?,
            export: Some(handler.to_owned()),
        })
    }

    /// The file that a handler names, with its export.
    fn named(&self, handler: &str) -> Option<Entry> {
        let whole = path::normalise(handler);
        if self.index().is_file(&whole) && is_source(&whole) {
            return Some(Entry {
                path: whole,
                export: None,
            });
        }
        let base = path::base(&whole);
        let start = whole.len() - base.len();
        // The first dot comes first; a file may have dots in its own name.
        let dotted = base.match_indices('.').find_map(|(dot, _)| {
            let (file, export) = (&whole[..start + dot], &base[dot + 1..]);
            let path = self
                .with_ending(file)
                .filter(|_| !export.is_empty() && dot > 0)?;
            Some(Entry {
                path,
                export: Some(export.to_owned()),
            })
        });
        let without_export = || {
            let path = self.with_ending(&whole).filter(|_| handler.contains('/'))?;
            Some(Entry { path, export: None })
        };
        dotted.or_else(without_export)
    }

    fn main_file(&self) -> Result<String, PackageError> {
        if self.is_single()
            && let Some([(name, _)]) = self.list("/").as_deref()
        {
            return Ok(format!("/{name}"));
        }
        if let Some(main) = self.main_of_manifest()? {
            return Ok(main);
        }
        let folder = self.top();
        if let Some(index) = self.with_ending(&path::join(&folder, "index")) {
            return Ok(index);
        }
        match self.sources_in(&folder).as_slice() {
            [only] => Ok(only.clone()),
            [] => Err(PackageError::refused(
                "the package has no file to begin with: no \"main\" in package.json that exists, and no index.js",
                format!(
                    "put index.js at the top, set \"main\" in package.json, or name the handler as in \
                     src/app.handler; {}",
                    self.candidates()
                ),
            )),
            several => Err(PackageError::refused(
                "the package has several source files at the top and none is called index",
                format!(
                    "call one index.js, set \"main\" in package.json, or name the handler as in app.handler; \
                     there are {}",
                    listed(several)
                ),
            )),
        }
    }

    fn main_of_manifest(&self) -> Result<Option<String>, PackageError> {
        let refused = |error: crate::ResolveError| {
            PackageError::refused(error.message, error.hint.unwrap_or_default())
        };
        let Some(manifest) = self.manifest("/").map_err(refused)? else {
            return Ok(None);
        };
        if let Some(main) = &manifest.main {
            let main = format!("./{}", main.trim_start_matches("./"));
            // What `main` names may be gone: `npm init` writes one that was never there.
            if let Ok(crate::Resolved::File { path, .. }) =
                self.resolve(&main, "/package.json", How::Require, &|_| false)
                && is_source(&path)
            {
                return Ok(Some(path));
            }
        }
        let main = self.main_export(&manifest).map_err(refused)?;
        Ok(main.filter(|path| is_source(path)))
    }

    /// The root, or the only folder in it where the root has no sources.
    fn top(&self) -> String {
        let root = self.list("/").unwrap_or_default();
        let mut folders = root
            .iter()
            .filter(|(name, is_dir)| *is_dir && name != "node_modules");
        match (folders.next(), folders.next()) {
            (Some((only, _)), None) if self.sources_in("/").is_empty() => format!("/{only}"),
            _ => "/".to_owned(),
        }
    }

    fn with_ending(&self, path: &str) -> Option<String> {
        SOURCES.iter().find_map(|ending| {
            let path = format!("{path}.{ending}");
            self.index().is_file(&path).then_some(path)
        })
    }

    /// Sources of a folder that a function may begin with.
    fn sources_in(&self, folder: &str) -> Vec<String> {
        let children = self.list(folder).unwrap_or_default();
        let is_main = |name: &str| {
            let stem = path::stem(name);
            let aside = [".d", ".test", ".spec", ".config"];
            is_source(name)
                && !name.starts_with('.')
                && !aside.iter().any(|end| stem.ends_with(end))
        };
        children
            .into_iter()
            .filter(|(name, is_dir)| !is_dir && is_main(name))
            .map(|(name, _)| path::join(folder, &name))
            .collect()
    }

    /// What could have been meant, for an error: sources at the top and one folder below.
    fn candidates(&self) -> String {
        let mut sources = self.sources_in("/");
        for (name, is_dir) in self.list("/").unwrap_or_default() {
            if is_dir && name != "node_modules" && sources.len() <= MOST_LISTED {
                sources.extend(self.sources_in(&format!("/{name}")));
            }
        }
        match sources.as_slice() {
            [] => "there is no JavaScript or TypeScript in it".to_owned(),
            sources => format!("there are {}", listed(sources)),
        }
    }
}

/// Whether a file is JavaScript or TypeScript by its name.
pub(crate) fn is_source(name: &str) -> bool {
    SOURCES.contains(&path::extension(name))
}

fn listed(paths: &[String]) -> String {
    let mut names: Vec<String> = paths
        .iter()
        .take(MOST_LISTED)
        .map(|path| shown(&path[1..]))
        .collect();
    if paths.len() > MOST_LISTED {
        names.push("…".to_owned());
    }
    names.join(", ")
}
