//! From a specifier to a file, by Node's rules over the tree of a package.
//!
//! This file: builtins, relative and absolute paths, URLs, and which endings are tried. Bare names and `#names` are in
//! [`packages`], `exports` and `imports` in [`exports`], what to do about failures in [`hints`].
//!
//! Beyond Node's rules, for TypeScript: where `x.js` is not there `x.ts` is taken (`.mjs` and `.cjs` alike), `require`
//! also tries `.ts` and `.cts`, and a TypeScript file may leave endings out in `import` too, as bundlers let it.
//!
//! Source: Node's documentation, "Modules: CommonJS modules", "Modules: ECMAScript modules", "Modules: Packages".

mod exports;
mod hints;
mod manifests;
mod packages;

use thiserror::Error;

use crate::{Kind, Package, error::shown, path};

/// Longest specifier in bytes.
const MAX_SPECIFIER_BYTES: usize = 2048;
/// Builtin modules that only the prefix `node:` names; without it they are packages.
const PREFIX_ONLY: [&str; 5] = ["sea", "sqlite", "test", "test/reporters", "quic"];

/// Who asks: `import` or `require`. Their rules and conditions differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// `import` and `import()`.
    Import,
    /// `require()`.
    Require,
}

/// What a specifier means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// A file of the package.
    File {
        /// Where it is.
        path: String,
        /// What it is.
        kind: Kind,
    },
    /// A builtin module, without `node:`.
    Builtin(String),
}

/// Why a specifier means nothing, as Node says it.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct ResolveError {
    /// Node's code: `ERR_MODULE_NOT_FOUND`, `MODULE_NOT_FOUND` for `require`, `ERR_PACKAGE_PATH_NOT_EXPORTED`, …
    pub code: &'static str,
    /// What was looked for, and by which file.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
}

impl Package {
    /// What `specifier` means in the file `from` (a path, or a `file:` URL), where `builtins` knows the names of
    /// builtin modules, without `node:`.
    ///
    /// # Errors
    ///
    /// [`ResolveError`]: nothing, or nothing that may be used; with Node's code.
    pub fn resolve(
        &self,
        specifier: &str,
        from: &str,
        how: How,
        builtins: &dyn Fn(&str) -> bool,
    ) -> Result<Resolved, ResolveError> {
        let from = match from.strip_prefix("file://") {
            Some(url) => path::percent_decode(url).unwrap_or_else(|| url.to_owned()),
            None => from.to_owned(),
        };
        Search {
            package: self,
            specifier,
            from: &path::normalise(&from),
            how,
            builtins,
        }
        .resolve()
    }
}

/// One question.
struct Search<'a> {
    package: &'a Package,
    specifier: &'a str,
    from: &'a str,
    how: How,
    builtins: &'a dyn Fn(&str) -> bool,
}

impl Search<'_> {
    fn resolve(&self) -> Result<Resolved, ResolveError> {
        let specifier = self.specifier;
        if specifier.is_empty() {
            return Err(self.invalid_specifier("it is empty"));
        }
        if specifier.len() > MAX_SPECIFIER_BYTES || specifier.contains('\0') {
            return Err(self.invalid_specifier("it is too long, or has a NUL character"));
        }
        if let Some(builtin) = self.builtin(specifier)? {
            return Ok(builtin);
        }
        if is_path(specifier) {
            return match self.how {
                How::Require => self.require_path(specifier),
                How::Import => self.import_path(specifier),
            };
        }
        if specifier.starts_with('#') {
            return self.resolve_import_name(specifier);
        }
        if self.how == How::Import
            && let Some((scheme, rest)) = url(specifier)
        {
            return self.import_url(scheme, rest);
        }
        let folder = path::folder(self.from);
        self.resolve_bare(specifier, folder)
    }

    fn builtin(&self, specifier: &str) -> Result<Option<Resolved>, ResolveError> {
        if let Some(name) = specifier.strip_prefix("node:") {
            if (self.builtins)(name) {
                return Ok(Some(Resolved::Builtin(name.to_owned())));
            }
            return Err(ResolveError {
                code: "ERR_UNKNOWN_BUILTIN_MODULE",
                message: format!(
                    "No such built-in module: {} (asked for by {})",
                    shown(specifier),
                    self.from
                ),
                hint: Some(
                    "this runtime does not have it; see its documentation for those it has"
                        .to_owned(),
                ),
            });
        }
        let is_builtin = !PREFIX_ONLY.contains(&specifier) && (self.builtins)(specifier);
        Ok(is_builtin.then(|| Resolved::Builtin(specifier.to_owned())))
    }

    fn require_path(&self, specifier: &str) -> Result<Resolved, ResolveError> {
        let path = path::join(path::folder(self.from), specifier);
        let names_folder = matches!(path::base(specifier), "" | "." | "..");
        let found = if names_folder {
            None
        } else {
            self.as_file(&path)
        };
        match found {
            Some(file) => self.found(file),
            None => match self.as_folder(&path)? {
                Some(file) => self.found(file),
                None => Err(self.not_found(&path)),
            },
        }
    }

    fn import_path(&self, specifier: &str) -> Result<Resolved, ResolveError> {
        // A relative specifier is part of a URL: a query and a fragment name the same file.
        let path = specifier.split(['?', '#']).next().unwrap_or(specifier);
        let path = self.url_path(path)?;
        self.finish(
            &path::join(path::folder(self.from), &path),
            path.ends_with('/'),
        )
    }

    fn import_url(&self, scheme: &str, rest: &str) -> Result<Resolved, ResolveError> {
        if scheme == "file" {
            let path = rest.strip_prefix("//localhost").unwrap_or(rest);
            let path = path.strip_prefix("//").unwrap_or(path);
            if !path.starts_with('/') {
                return Err(self.invalid_specifier("the URL has a host; write file:///path"));
            }
            return self.import_path(path);
        }
        Err(ResolveError {
            code: "ERR_UNSUPPORTED_ESM_URL_SCHEME",
            message: format!(
                "Only URLs with a scheme in: file and node are supported by the loader. Received \
                 protocol '{}:' in '{}' imported from {}",
                shown(scheme),
                shown(self.specifier),
                self.from
            ),
            hint: Some(
                "put the module into the package and import it by its path or name".to_owned(),
            ),
        })
    }

    /// The path that a part of a URL means.
    fn url_path(&self, text: &str) -> Result<String, ResolveError> {
        let lower = text.to_ascii_lowercase();
        if lower.contains("%2f") || lower.contains("%5c") {
            return Err(
                self.invalid_specifier("must not include encoded \"/\" or \"\\\" characters")
            );
        }
        path::percent_decode(text)
            .filter(|path| !path.contains('\0'))
            .ok_or_else(|| self.invalid_specifier("its percent-encoding is not valid"))
    }

    /// The file that a path stands for where no endings are tried, but for TypeScript's sake.
    fn finish(&self, path: &str, names_folder: bool) -> Result<Resolved, ResolveError> {
        let lenient = is_typescript(self.from);
        if !names_folder {
            let found = self
                .exact(path)
                .or_else(|| lenient.then(|| self.as_file(path)).flatten());
            if let Some(file) = found {
                return self.found(file);
            }
        }
        if !self.package.index().is_dir(path) {
            return Err(self.not_found(path));
        }
        if lenient && let Some(file) = self.index_of(path) {
            return self.found(file);
        }
        Err(ResolveError {
            code: "ERR_UNSUPPORTED_DIR_IMPORT",
            message: format!(
                "Directory import '{}' is not supported resolving ES modules imported from {}",
                shown(path),
                self.from
            ),
            hint: self
                .index_of(path)
                .map(|file| format!("import the file: '{file}'")),
        })
    }

    /// The file itself, or the TypeScript file that stands in for it.
    fn exact(&self, path: &str) -> Option<String> {
        let index = self.package.index();
        if index.is_file(path) {
            return Some(path.to_owned());
        }
        let typescript = match path::extension(path) {
            "js" => "ts",
            "mjs" => "mts",
            "cjs" => "cts",
            _ => return None,
        };
        let path = format!("{}.{typescript}", path::stem(path));
        index.is_file(&path).then_some(path)
    }

    /// The file, with each ending that is tried.
    fn as_file(&self, path: &str) -> Option<String> {
        if path == "/" {
            return None;
        }
        let with_endings = || {
            self.endings().iter().find_map(|ending| {
                let path = format!("{path}.{ending}");
                self.package.index().is_file(&path).then_some(path)
            })
        };
        self.exact(path).or_else(with_endings)
    }

    /// The main file of a folder.
    fn as_folder(&self, folder: &str) -> Result<Option<String>, ResolveError> {
        if !self.package.index().is_dir(folder) {
            return Ok(None);
        }
        let manifest = self.package.manifest(folder)?;
        if let Some(main) = manifest
            .as_ref()
            .and_then(|manifest| manifest.main.as_deref())
        {
            let main = path::join(folder, main);
            if let Some(file) = self.as_file(&main).or_else(|| self.index_of(&main)) {
                return Ok(Some(file));
            }
        }
        Ok(self.index_of(folder))
    }

    fn index_of(&self, folder: &str) -> Option<String> {
        let index = path::join(folder, "index");
        self.endings().iter().find_map(|ending| {
            let path = format!("{index}.{ending}");
            self.package.index().is_file(&path).then_some(path)
        })
    }

    fn endings(&self) -> &'static [&'static str] {
        if is_typescript(self.from) {
            &["ts", "mts", "cts", "js", "mjs", "cjs", "json", "node"]
        } else {
            &["js", "json", "node", "ts", "cts"]
        }
    }

    fn found(&self, path: String) -> Result<Resolved, ResolveError> {
        let kind = self.package.kind_as(&path, self.how);
        if kind == Kind::Native {
            return Err(hints::native(&path, self.from));
        }
        Ok(Resolved::File { path, kind })
    }

    fn not_found(&self, path: &str) -> ResolveError {
        let what = match self.how {
            How::Import => path,
            How::Require => self.specifier,
        };
        self.missing(
            "module",
            what,
            hints::near_file(self.package, path, self.from),
        )
    }

    fn missing(&self, noun: &str, what: &str, hint: Option<String>) -> ResolveError {
        let (what, from) = (shown(what), self.from);
        let (code, message) = match self.how {
            How::Import => (
                "ERR_MODULE_NOT_FOUND",
                format!("Cannot find {noun} '{what}' imported from {from}"),
            ),
            How::Require => (
                "MODULE_NOT_FOUND",
                format!("Cannot find module '{what}'\nRequire stack:\n- {from}"),
            ),
        };
        ResolveError {
            code,
            message,
            hint,
        }
    }

    fn invalid_specifier(&self, why: &str) -> ResolveError {
        ResolveError {
            code: "ERR_INVALID_MODULE_SPECIFIER",
            message: format!(
                "Invalid module \"{}\" {why} imported from {}",
                shown(self.specifier),
                self.from
            ),
            hint: None,
        }
    }
}

fn is_path(specifier: &str) -> bool {
    matches!(specifier, "." | "..")
        || ["/", "./", "../"]
            .iter()
            .any(|start| specifier.starts_with(start))
}

fn is_typescript(path: &str) -> bool {
    matches!(path::extension(path), "ts" | "mts" | "cts" | "tsx")
}

/// The scheme of a URL, and what follows its colon.
fn url(specifier: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = specifier.split_once(':')?;
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    is_scheme.then_some((scheme, rest))
}
