//! What somebody would upload: a handler's folder with the part of `node_modules` that its `package.json` asks for.
//!
//! npm installs all folders at once, as workspaces of one lock file, so the same package lies there once. Each bundle
//! gets the closure over `dependencies`, found as Node finds packages: in the nearest `node_modules` above.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{Cursor, Write},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::{
    checksum,
    tools::{self, Advice, FETCH_LIMIT, NPM},
    workspace::Workspace,
};

const MANIFEST: &str = "package.json";
const LOCK: &str = "package-lock.json";
const MODULES: &str = "node_modules";

/// The sources, and what npm made of their lock file.
pub(super) struct Installed {
    sources: PathBuf,
    root: PathBuf,
}

/// One function, ready to be uploaded.
pub(super) struct Bundle {
    pub(super) name: String,
    pub(super) folder: PathBuf,
    /// The packages that it asks for by itself.
    pub(super) versions: String,
}

impl Installed {
    /// Has npm install everything into the cache, once per lock file.
    pub(super) fn install(workspace: &Workspace, sources: &Path) -> Result<Self> {
        let lock = fs::read(sources.join(LOCK)).with_context(|| format!("cannot read {LOCK}"))?;
        let name = format!("packages-{}", &checksum::sha256_hex(&lock)[..16]);
        let root = workspace.cache.join("tools").join(name);
        let installed = Self {
            sources: sources.to_owned(),
            root,
        };
        let finished = installed.root.join("finished");
        if !finished.exists() {
            tools::step("fetching npm packages", || installed.fetch())?;
            fs::write(&finished, b"").context("cannot mark the packages as fetched")?;
        }
        Ok(installed)
    }

    fn fetch(&self) -> Result<()> {
        fs::create_dir_all(&self.root)
            .with_context(|| format!("cannot make {}", self.root.display()))?;
        for file in [MANIFEST, LOCK] {
            fs::copy(self.sources.join(file), self.root.join(file))
                .with_context(|| format!("cannot copy {file}"))?;
        }
        for entry in fs::read_dir(&self.sources)? {
            let manifest = entry?.path().join(MANIFEST);
            if let (true, Some(name)) = (
                manifest.is_file(),
                manifest.parent().and_then(Path::file_name),
            ) {
                fs::create_dir_all(self.root.join(name))?;
                fs::copy(&manifest, self.root.join(name).join(MANIFEST))?;
            }
        }
        let fetched = tools::run_quietly(
            Command::new(NPM.program)
                .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
                .current_dir(&self.root),
            FETCH_LIMIT,
        );
        fetched.map_err(|error| {
            Advice::error(
                format!("npm could not fetch the packages to be tested: {error:#}"),
                "the registry must be reachable once (`npm ping` tells)",
            )
        })
    }

    /// Puts the function together in a folder below `stage`.
    pub(super) fn bundle(&self, name: &str, stage: &Path) -> Result<Bundle> {
        let source = self.sources.join(name);
        let folder = stage.join(name);
        copy(&source, &folder)?;
        let asked = dependencies(&manifest(&source)?);
        let mut versions = Vec::new();
        for (package, wanted) in &asked {
            let found = self.find(package, &self.root.join(name))?;
            let found = found.with_context(|| format!("npm did not install {package}"))?;
            let version = manifest(&found)?["version"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            if *wanted != version {
                bail!("{name} asks for {package} {wanted}, but {LOCK} has {version}");
            }
            versions.push(format!("{package} {version}"));
        }
        for (place, from) in self.closure(name)? {
            copy(&from, &folder.join(place))?;
        }
        Ok(Bundle {
            name: name.to_owned(),
            folder,
            versions: versions.join(", "),
        })
    }

    /// Every package that the function needs: where it goes, and where it lies.
    fn closure(&self, name: &str) -> Result<BTreeMap<PathBuf, PathBuf>> {
        let own = self.root.join(name);
        let mut found = BTreeMap::new();
        let mut open = vec![own.clone()];
        while let Some(package) = open.pop() {
            let manifest = manifest(&package)?;
            for (wanted, is_needed) in wanted(&manifest) {
                let Some(lies) = self.find(&wanted, &package)? else {
                    if is_needed {
                        bail!(
                            "{} needs {wanted}, which npm did not install",
                            package.display()
                        );
                    }
                    continue;
                };
                let place = lies
                    .strip_prefix(&own)
                    .or_else(|_| lies.strip_prefix(&self.root))?
                    .to_owned();
                match found.insert(place.clone(), lies.clone()) {
                    None => open.push(lies),
                    Some(other) if other != lies => {
                        bail!("two versions of {} want the same place", place.display())
                    }
                    Some(_) => {}
                }
            }
        }
        Ok(found)
    }

    /// The package of that name in the nearest `node_modules` above `from`.
    fn find(&self, package: &str, from: &Path) -> Result<Option<PathBuf>> {
        let mut folder = from;
        loop {
            let candidate = folder.join(MODULES).join(package);
            if candidate.join(MANIFEST).is_file() {
                return Ok(Some(candidate));
            }
            if folder == self.root {
                return Ok(None);
            }
            folder = folder
                .parent()
                .context("a package lies outside the cache")?;
        }
    }
}

impl Bundle {
    /// The upload.
    pub(super) fn zip(&self) -> Result<Vec<u8>> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        for path in files(&self.folder, Nested::Taken)? {
            let name = path
                .strip_prefix(&self.folder)?
                .to_str()
                .context("a file name is no UTF-8")?;
            zip.start_file(name, options)?;
            zip.write_all(
                &fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?,
            )?;
        }
        Ok(zip.finish()?.into_inner())
    }
}

fn manifest(folder: &Path) -> Result<Value> {
    let path = folder.join(MANIFEST);
    let file = File::open(&path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_reader(file).with_context(|| format!("{} is no JSON", path.display()))
}

/// Names and versions under `dependencies`.
fn dependencies(manifest: &Value) -> Vec<(String, String)> {
    let Some(listed) = manifest["dependencies"].as_object() else {
        return Vec::new();
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    listed
        .iter()
        .map(|(name, version)| (name.clone(), text(version)))
        .collect()
}

/// Every package that may be loaded, and whether it must be there.
fn wanted(manifest: &Value) -> BTreeMap<String, bool> {
    let names = |key: &str| -> Vec<String> {
        manifest[key]
            .as_object()
            .map(|listed| listed.keys().cloned().collect())
            .unwrap_or_default()
    };
    let mut wanted = BTreeMap::new();
    wanted.extend(names("dependencies").into_iter().map(|name| (name, true)));
    // npm lists optional ones under both.
    for key in ["optionalDependencies", "peerDependencies"] {
        wanted.extend(names(key).into_iter().map(|name| (name, false)));
    }
    wanted
}

/// Copies a package without those below it.
fn copy(from: &Path, to: &Path) -> Result<()> {
    for path in files(from, Nested::LeftOut)? {
        let target = to.join(path.strip_prefix(from)?);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
        }
        fs::copy(&path, &target).with_context(|| format!("cannot copy {}", path.display()))?;
    }
    Ok(())
}

/// What becomes of a folder's own `node_modules`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nested {
    Taken,
    LeftOut,
}

/// The files below a folder, sorted. Links are passed over.
fn files(folder: &Path, nested: Nested) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in
            fs::read_dir(&next).with_context(|| format!("cannot list {}", next.display()))?
        {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                if nested == Nested::Taken || entry.file_name() != MODULES {
                    open.push(entry.path());
                }
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cache with two functions and their packages, as npm lays them out.
    fn installed(folder: &Path) -> Installed {
        let write = |path: &str, text: &str| {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let package = |path: &str, text: &str| {
            write(&format!("{path}/package.json"), text);
            write(&format!("{path}/index.js"), path);
        };
        for root in ["sources", "cache"] {
            package(&format!("{root}/one"), r#"{"dependencies":{"a":"1.0.0"}}"#);
            package(
                &format!("{root}/two"),
                r#"{"dependencies":{"gone":"1.0.0"}}"#,
            );
            package(&format!("{root}/old"), r#"{"dependencies":{"a":"0.9.0"}}"#);
        }
        package(
            "cache/node_modules/a",
            r#"{"version":"1.0.0","dependencies":{"@s/b":"^1","c":"2"},"peerDependencies":{"absent":"1"}}"#,
        );
        package(
            "cache/node_modules/a/node_modules/c",
            r#"{"version":"2.0.0"}"#,
        );
        package("cache/node_modules/@s/b", r#"{"dependencies":{"c":"1"}}"#);
        package(
            "cache/node_modules/c",
            r#"{"version":"1.0.0","dependencies":{"a":"1"}}"#,
        );
        package("cache/node_modules/unused", "{}");
        Installed {
            sources: folder.join("sources"),
            root: folder.join("cache"),
        }
    }

    #[test]
    fn a_bundle_holds_what_its_packages_need_and_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let installed = installed(folder.path());
        let bundle = installed
            .bundle("one", &folder.path().join("stage"))
            .unwrap();
        assert_eq!(bundle.versions, "a 1.0.0");
        let mut zip = zip::ZipArchive::new(Cursor::new(bundle.zip().unwrap())).unwrap();
        let mut names: Vec<String> = (0..zip.len())
            .map(|index| zip.by_index(index).unwrap().name().unwrap().into_owned())
            .collect();
        names.retain(|name| name.ends_with("index.js"));
        names.sort();
        assert_eq!(
            names,
            [
                "index.js",
                "node_modules/@s/b/index.js",
                "node_modules/a/index.js",
                "node_modules/a/node_modules/c/index.js",
                "node_modules/c/index.js",
            ]
        );
        let mut text = String::new();
        std::io::Read::read_to_string(
            &mut zip.by_name("node_modules/c/index.js").unwrap(),
            &mut text,
        )
        .unwrap();
        assert_eq!(text, "cache/node_modules/c");
    }

    #[test]
    fn what_is_missing_or_of_another_version_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let installed = installed(folder.path());
        let check = |name: &str, expected: &str| {
            let error = installed
                .bundle(name, &folder.path().join("stage"))
                .err()
                .unwrap();
            assert!(format!("{error:#}").contains(expected), "{error:#}");
        };
        check("two", "npm did not install gone");
        check("old", "asks for a 0.9.0, but package-lock.json has 1.0.0");
    }
}
