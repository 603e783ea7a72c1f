//! Which `package.json` a file belongs to, and what it says.

use std::sync::Arc;

use crate::{
    How, Package, ResolveError,
    error::shown,
    package_json::{MAX_MANIFEST_BYTES, Manifest},
    path,
    resolve::{
        Search,
        exports::{Match, Outcome},
    },
};

impl Package {
    /// The file that `exports` of the root's manifest give as the package's main module.
    pub(crate) fn main_export(&self, manifest: &Manifest) -> Result<Option<String>, ResolveError> {
        let Some(exports) = &manifest.exports else {
            return Ok(None);
        };
        let search = Search {
            package: self,
            specifier: ".",
            from: "/package.json",
            how: How::Import,
            builtins: &|_| false,
        };
        match search.of_exports("/", exports, ".")? {
            Outcome::Hit(Match::Path(path)) => Ok(search.exact(&path)),
            _ => Ok(None),
        }
    }

    /// The package that a file belongs to: its folder and manifest.
    pub(crate) fn scope(
        &self,
        file: &str,
    ) -> Result<Option<(String, Arc<Manifest>)>, ResolveError> {
        for folder in path::upwards(path::folder(file)) {
            if path::base(folder) == "node_modules" {
                return Ok(None);
            }
            if let Some(manifest) = self.manifest(folder)? {
                return Ok(Some((folder.to_owned(), manifest)));
            }
        }
        Ok(None)
    }

    /// The `package.json` of a folder.
    pub(crate) fn manifest(&self, folder: &str) -> Result<Option<Arc<Manifest>>, ResolveError> {
        let file = path::join(folder, "package.json");
        let Some(node) = self.index().get(&file).filter(|node| !node.is_dir) else {
            return Ok(None);
        };
        if let Some(manifest) = self.manifests().get(&file) {
            return Ok(Some(manifest));
        }
        let invalid = |why: &dyn std::fmt::Display| ResolveError {
            code: "ERR_INVALID_PACKAGE_CONFIG",
            message: format!("Invalid package config {}: {why}", shown(&file)),
            hint: Some("correct the file, or install the package anew".to_owned()),
        };
        if node.len > MAX_MANIFEST_BYTES {
            return Err(invalid(&"it has more than 1 MiB"));
        }
        let text = self.read(&file).map_err(|error| invalid(&error))?;
        let manifest =
            Manifest::parse(&text.unwrap_or_default()).map_err(|error| invalid(&error))?;
        let manifest = Arc::new(manifest);
        self.manifests().remember(&file, &manifest, node.len);
        Ok(Some(manifest))
    }
}
