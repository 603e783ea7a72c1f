//! Bare names (`lodash/fp`), the package's own name, and `#names`.

use crate::{
    package_json::Manifest,
    path,
    resolve::{How, ResolveError, Resolved, Search, hints},
};

use super::exports::{Match, Outcome};

/// A bare specifier, taken apart.
struct Bare<'a> {
    /// `name` or `@scope/name`.
    name: &'a str,
    /// What follows the name: empty, or with a slash in front.
    rest: &'a str,
}

impl Search<'_> {
    /// A bare specifier as seen from a folder.
    pub(super) fn resolve_bare(
        &self,
        specifier: &str,
        folder: &str,
    ) -> Result<Resolved, ResolveError> {
        let Some(bare) = Bare::of(specifier) else {
            return Err(self.invalid_specifier("is not a valid package name"));
        };
        if self.how == How::Import && bare.rest.ends_with('/') {
            return Err(self.invalid_specifier("names a folder"));
        }
        if let Some(own) = self.resolve_own(&bare, folder)? {
            return Ok(own);
        }
        for above in path::upwards(folder) {
            if path::base(above) == "node_modules" {
                continue;
            }
            let modules = path::join(above, "node_modules");
            if !self.package.index().is_dir(&modules) {
                continue;
            }
            if let Some(found) = self.resolve_in(&bare, &modules)? {
                return Ok(found);
            }
        }
        let what = if self.how == How::Import {
            bare.name
        } else {
            specifier
        };
        let hint = hints::missing_package(self.package, specifier, bare.name, self.from);
        Err(self.missing("package", what, Some(hint)))
    }

    /// `#name`, by the `imports` of the package that the file belongs to.
    pub(super) fn resolve_import_name(&self, name: &str) -> Result<Resolved, ResolveError> {
        if name == "#" || name.starts_with("#/") {
            return Err(self.invalid_specifier("is not a valid internal imports specifier name"));
        }
        let undefined = |place: String| ResolveError {
            code: "ERR_PACKAGE_IMPORT_NOT_DEFINED",
            message: format!(
                "Package import specifier \"{}\" is not defined{place} imported from {}",
                crate::error::shown(name),
                self.from
            ),
            hint: Some("add it to \"imports\" of that package.json".to_owned()),
        };
        let Some((folder, manifest)) = self.package.scope(self.from)? else {
            return Err(undefined(String::new()));
        };
        let Some(imports) = &manifest.imports else {
            return Err(undefined(format!(" in package {folder}")));
        };
        match self.of_imports(&folder, imports, name)? {
            Outcome::Hit(resolved) => self.hit(resolved),
            Outcome::Nothing | Outcome::Blocked => Err(undefined(format!(" in package {folder}"))),
        }
    }

    /// The package's own name, which its `exports` make usable inside of it.
    fn resolve_own(&self, bare: &Bare<'_>, folder: &str) -> Result<Option<Resolved>, ResolveError> {
        let inside = path::join(folder, "file");
        let Some((folder, manifest)) = self.package.scope(&inside)? else {
            return Ok(None);
        };
        if manifest.exports.is_none() || manifest.name.as_deref() != Some(bare.name) {
            return Ok(None);
        }
        self.resolve_exports(bare, &folder, &manifest).map(Some)
    }

    /// A package below one `node_modules`; `None` leaves the search to the folders above.
    fn resolve_in(&self, bare: &Bare<'_>, modules: &str) -> Result<Option<Resolved>, ResolveError> {
        let folder = format!("{modules}/{}", bare.name);
        if !self.package.index().is_dir(&folder) {
            if self.how == How::Require
                && let Some(file) =
                    self.as_file(&path::join(&folder, &bare.rest[bare.rest.len().min(1)..]))
            {
                return self.found(file).map(Some);
            }
            return Ok(None);
        }
        let manifest = self.package.manifest(&folder)?;
        if let Some(manifest) = manifest.filter(|manifest| manifest.exports.is_some()) {
            return self.resolve_exports(bare, &folder, &manifest).map(Some);
        }
        let inside = path::join(&folder, &format!(".{}", bare.rest));
        match (self.how, bare.rest) {
            (How::Require, _) => {
                let as_file = (!bare.rest.is_empty() && !bare.rest.ends_with('/'))
                    .then(|| self.as_file(&inside))
                    .flatten();
                match as_file {
                    Some(file) => self.found(file).map(Some),
                    None => match self.as_folder(&inside)? {
                        Some(file) => self.found(file).map(Some),
                        None => Ok(None),
                    },
                }
            }
            (How::Import, "") => match self.as_folder(&folder)? {
                Some(file) => self.found(file).map(Some),
                None => Err(self.missing(
                    "package",
                    &folder,
                    Some(format!("{folder} has neither \"exports\", a \"main\" that exists, nor index.js; install it \
                         anew")),
                )),
            },
            (How::Import, rest) => {
                let rest = self.url_path(rest)?;
                let path = path::join(&folder, &format!(".{rest}"));
                self.finish(&path, false).map(Some)
            }
        }
    }

    fn resolve_exports(
        &self,
        bare: &Bare<'_>,
        folder: &str,
        manifest: &Manifest,
    ) -> Result<Resolved, ResolveError> {
        let subpath = format!(".{}", bare.rest);
        let outcome = match &manifest.exports {
            Some(exports) => self.of_exports(folder, exports, &subpath)?,
            None => Outcome::Nothing,
        };
        match outcome {
            Outcome::Hit(found) => self.hit(found),
            Outcome::Nothing | Outcome::Blocked => {
                Err(hints::not_exported(manifest, folder, &subpath, self))
            }
        }
    }

    fn hit(&self, found: Match) -> Result<Resolved, ResolveError> {
        match found {
            Match::Resolved(resolved) => Ok(resolved),
            Match::Path(path) => match self.exact(&path) {
                Some(file) => self.found(file),
                None => {
                    let hint = "the package says that this file is there: install it anew, or build it first";
                    Err(self.missing("module", &path, Some(hint.to_owned())))
                }
            },
        }
    }
}

impl<'a> Bare<'a> {
    fn of(specifier: &'a str) -> Option<Self> {
        let mut slashes = specifier.match_indices('/').map(|(at, _)| at);
        let end = if specifier.starts_with('@') {
            slashes.next()?;
            slashes.next()
        } else {
            slashes.next()
        };
        let (name, rest) = specifier.split_at(end.unwrap_or(specifier.len()));
        let is_name = !name.is_empty()
            && !name.starts_with('.')
            && !name.contains(['\\', '%'])
            && name.split('/').all(|part| !matches!(part, "" | "." | ".."));
        is_name.then_some(Self { name, rest })
    }
}
