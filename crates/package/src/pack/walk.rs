//! Which files of a folder are packed, under which names.
//!
//! A zip has no links, so what a link points to is packed in its place. In pnpm's `node_modules` that is not enough: a
//! package finds its dependencies beside the folder that the link points to. They are put below it, unless one of the
//! same name and content is visible from there already.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    PackageError,
    index::{MAX_DEPTH, MAX_ENTRIES, MAX_PATH_BYTES},
};

/// Names that are left out wherever they are.
const CLUTTER: [&str; 3] = [".git", ".DS_Store", "__MACOSX"];
/// What package managers keep in `node_modules` for themselves.
const TOOLING: [&str; 3] = [".bin", ".pnpm", ".cache"];

pub(super) struct Found {
    /// Names in the zip, sorted, and the files.
    pub(super) files: Vec<(String, PathBuf)>,
    pub(super) left_out: Vec<String>,
}

pub(super) struct Walk {
    root: PathBuf,
    found: Found,
    /// Real folders that are being walked, the root first.
    trail: Vec<PathBuf>,
    /// For each `node_modules` on the way: names of packages, and their real folders.
    visible: Vec<Vec<(String, PathBuf)>>,
}

impl Walk {
    pub(super) fn of(dir: &Path) -> Result<Found, PackageError> {
        let root = fs::canonicalize(dir).map_err(PackageError::io("read the folder", dir))?;
        let mut walk = Self {
            root: root.clone(),
            found: Found {
                files: Vec::new(),
                left_out: Vec::new(),
            },
            trail: Vec::new(),
            visible: Vec::new(),
        };
        walk.folder(root, "")?;
        walk.found.files.sort();
        walk.found.left_out.sort();
        walk.found.left_out.dedup();
        Ok(walk.found)
    }

    /// Walks a real folder, whose files get names that begin with `prefix`.
    fn folder(&mut self, real: PathBuf, prefix: &str) -> Result<(), PackageError> {
        if self.trail.contains(&real) {
            self.found
                .left_out
                .push(format!("{prefix} (a link to a folder above it)"));
            return Ok(());
        }
        if self.trail.len() >= MAX_DEPTH {
            return Err(PackageError::refused(
                format!("{prefix} lies more than {MAX_DEPTH} folders deep"),
                "move it up, or leave it out",
            ));
        }
        let is_modules = prefix == "node_modules" || prefix.ends_with("/node_modules");
        if is_modules {
            let packages = packages_of(&real)?;
            self.visible.push(packages);
        }
        self.trail.push(real.clone());
        for name in names(&real)? {
            let path = real.join(&name);
            let inside = match prefix {
                "" => name.clone(),
                _ => format!("{prefix}/{name}"),
            };
            let is_aside =
                CLUTTER.contains(&name.as_str()) || is_modules && TOOLING.contains(&name.as_str());
            if is_aside {
                self.found.left_out.push(inside);
                continue;
            }
            self.entry(&path, inside)?;
        }
        self.trail.pop();
        if is_modules {
            self.visible.pop();
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, inside: String) -> Result<(), PackageError> {
        let is_link = fs::symlink_metadata(path)
            .map_err(PackageError::io("read", path))?
            .is_symlink();
        let real = if is_link {
            self.follow(path)?
        } else {
            path.to_owned()
        };
        let metadata = fs::metadata(&real).map_err(PackageError::io("read", path))?;
        if metadata.is_file() {
            return self.file(inside, real);
        }
        if !metadata.is_dir() {
            return Err(PackageError::refused(
                format!("{} is neither a file nor a folder", path.display()),
                "move it out of the folder",
            ));
        }
        self.folder(real.clone(), &inside)?;
        if is_link && let Some(modules) = pnpm_modules(&real) {
            self.dependencies(&real, &modules, &inside)?;
        }
        Ok(())
    }

    fn file(&mut self, inside: String, real: PathBuf) -> Result<(), PackageError> {
        if inside.len() > MAX_PATH_BYTES {
            return Err(PackageError::refused(
                format!("the path {inside} has more than {MAX_PATH_BYTES} bytes"),
                "move it up, or leave it out",
            ));
        }
        self.found.files.push((inside, real));
        if self.found.files.len() > MAX_ENTRIES {
            return Err(PackageError::refused(
                format!("{} has more than {MAX_ENTRIES} files", self.root.display()),
                "leave out what the function does not need: npm install --omit=dev; with pnpm: --node-linker=hoisted",
            ));
        }
        Ok(())
    }

    /// Where a link leads, which is in the folder.
    fn follow(&self, link: &Path) -> Result<PathBuf, PackageError> {
        let real = fs::canonicalize(link).map_err(PackageError::io("follow the link", link))?;
        if real.starts_with(&self.root) {
            return Ok(real);
        }
        Err(PackageError::refused(
            format!(
                "the link {} leads outside of the folder, to {}",
                link.display(),
                real.display()
            ),
            "put the files themselves into the folder, or pack the folder that holds both",
        ))
    }

    /// Puts what pnpm keeps beside a package into a `node_modules` of the package's own.
    fn dependencies(
        &mut self,
        package: &Path,
        modules: &Path,
        inside: &str,
    ) -> Result<(), PackageError> {
        let bundled = package.join("node_modules");
        let mut missing = packages_of(modules)?;
        missing.retain(|(name, real)| {
            real != package && !self.is_visible(name, real) && !bundled.join(name).exists()
        });
        if missing.is_empty() {
            return Ok(());
        }
        let places: Vec<(PathBuf, String)> = missing
            .iter()
            .map(|(name, _)| (modules.join(name), format!("{inside}/node_modules/{name}")))
            .collect();
        self.visible.push(missing);
        self.trail.push(package.to_owned());
        for (path, inside) in places {
            if self.trail.len() >= MAX_DEPTH {
                return Err(PackageError::refused(
                    format!("{inside} lies more than {MAX_DEPTH} packages deep"),
                    "install with: pnpm install --node-linker=hoisted",
                ));
            }
            self.entry(&path, inside)?;
        }
        self.trail.pop();
        self.visible.pop();
        Ok(())
    }

    /// Whether a package of this name is found from here, and is this one.
    fn is_visible(&self, name: &str, real: &Path) -> bool {
        let nearest = self.visible.iter().rev().find_map(|packages| {
            let (_, found) = packages.iter().find(|(known, _)| known == name)?;
            Some(found)
        });
        nearest.is_some_and(|found| found == real)
    }
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Result<Vec<String>, PackageError> {
    let cannot = |error| PackageError::io("read the folder", folder)(error);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let name = entry.map_err(cannot)?.file_name();
        let plain = name
            .to_str()
            .filter(|name| !name.contains('\\') && !name.contains(char::is_control));
        let Some(plain) = plain else {
            return Err(PackageError::refused(
                format!(
                    "{} has a name that a zip cannot hold: {name:?}",
                    folder.display()
                ),
                "rename it: UTF-8, without backslashes and control characters",
            ));
        };
        names.push(plain.to_owned());
    }
    names.sort();
    Ok(names)
}

/// The packages in a `node_modules`, also those of scopes, with their real folders.
fn packages_of(modules: &Path) -> Result<Vec<(String, PathBuf)>, PackageError> {
    let mut packages = Vec::new();
    let mut add = |name: String, path: PathBuf| {
        // A broken link is reported when it is walked.
        if let Ok(real) = fs::canonicalize(path) {
            packages.push((name, real));
        }
    };
    for name in names(modules)? {
        let path = modules.join(&name);
        if name.starts_with('.') {
            continue;
        }
        if !name.starts_with('@') || !path.is_dir() {
            add(name, path);
            continue;
        }
        for inner in names(&path)? {
            add(format!("{name}/{inner}"), path.join(&inner));
        }
    }
    Ok(packages)
}

/// The folder in which pnpm keeps a package together with its dependencies.
fn pnpm_modules(package: &Path) -> Option<PathBuf> {
    let modules = package
        .ancestors()
        .skip(1)
        .take(2)
        .find(|above| above.file_name().is_some_and(|name| name == "node_modules"))?;
    let store = modules.parent()?.parent()?;
    store
        .file_name()
        .is_some_and(|name| name == ".pnpm")
        .then(|| modules.to_owned())
}
