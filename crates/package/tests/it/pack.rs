//! Packing folders.

use std::{fs, io::Cursor, os::unix::fs::symlink, path::Path};

use hydra_package::{How, PackReport, Package, PackageError, pack_folder};

use crate::resolve;

fn write(root: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn link(root: &Path, target: &str, name: &str) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    symlink(target, path).unwrap();
}

fn pack(root: &Path) -> Result<(Vec<u8>, PackReport), PackageError> {
    let mut zip = Cursor::new(Vec::new());
    let report = pack_folder(root, &mut zip)?;
    Ok((zip.into_inner(), report))
}

fn opened(root: &Path) -> (Package, PackReport) {
    let (zip, report) = pack(root).unwrap();
    (Package::open(zip.into(), "index.js").unwrap(), report)
}

#[test]
fn a_packed_folder_opens_with_its_files_and_without_clutter() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(
        root,
        &[
            ("index.js", "main"),
            ("src/é x.js", "unicode"),
            (".env", "kept"),
            (".git/config", "no"),
            ("src/.DS_Store", "no"),
            ("node_modules/a/index.js", "a"),
            ("node_modules/.bin/a", "no"),
        ],
    );
    let (package, report) = opened(root);
    for (path, text) in [
        ("/index.js", "main"),
        ("/src/é x.js", "unicode"),
        ("/.env", "kept"),
        ("/node_modules/a/index.js", "a"),
    ] {
        assert_eq!(package.read(path).unwrap().unwrap(), text, "{path}");
    }
    assert_eq!(report.files, 4);
    assert_eq!(report.bytes, 16);
    assert_eq!(
        report.left_out,
        [".git", "node_modules/.bin", "src/.DS_Store"]
    );
    assert!(package.list("/.git").is_none());
}

#[test]
fn the_same_files_give_the_same_bytes() {
    let files = [("b.js", "2"), ("a/x.js", "1"), ("a-b.js", "3")];
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(one.path(), &files);
    write(other.path(), &[files[2], files[1], files[0]]);
    assert_eq!(pack(one.path()).unwrap(), pack(other.path()).unwrap());
}

#[test]
fn links_are_followed_inside_and_refused_outside() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("app");
    write(&root, &[("index.js", ""), ("packages/lib/index.js", "lib")]);
    link(&root, "../../packages/lib", "node_modules/@me/lib");
    link(&root, "packages/lib/index.js", "alias.js");
    link(&root, "..", "packages/up");
    let (package, report) = opened(&root);
    assert_eq!(
        package
            .read("/node_modules/@me/lib/index.js")
            .unwrap()
            .unwrap(),
        "lib"
    );
    assert_eq!(package.read("/alias.js").unwrap().unwrap(), "lib");
    assert_eq!(
        report.left_out,
        ["packages/up (a link to a folder above it)"]
    );

    for (target, expected) in [
        ("/etc/passwd", "leads outside"),
        ("../outside", "leads outside"),
        ("nowhere", "cannot follow the link"),
    ] {
        write(folder.path(), &[("outside/x.js", "")]);
        link(&root, target, "bad");
        let error = pack(&root).unwrap_err().to_string();
        assert!(
            error.contains(expected) && error.contains("app/bad"),
            "{error}"
        );
        fs::remove_file(root.join("bad")).unwrap();
    }
}

#[test]
fn what_pnpm_installs_resolves_when_it_is_packed() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let store = "node_modules/.pnpm";
    for name in ["a", "b", "c"] {
        write(
            root,
            &[(
                &format!("{store}/{name}@1/node_modules/{name}/index.js"),
                name,
            )],
        );
    }
    write(root, &[("index.js", "")]);
    // The function needs a; a needs b; b needs c and a.
    link(root, ".pnpm/a@1/node_modules/a", "node_modules/a");
    link(
        root,
        "../../b@1/node_modules/b",
        &format!("{store}/a@1/node_modules/b"),
    );
    link(
        root,
        "../../c@1/node_modules/c",
        &format!("{store}/b@1/node_modules/c"),
    );
    link(
        root,
        "../../a@1/node_modules/a",
        &format!("{store}/b@1/node_modules/a"),
    );
    let (package, report) = opened(root);
    let check = |name: &str, from: &str, expected: &str| {
        assert_eq!(
            resolve(&package, name, from, How::Require),
            expected,
            "{name} from {from}"
        );
    };
    let b = "/node_modules/a/node_modules/b";
    check("a", "/index.js", "/node_modules/a/index.js");
    check("b", "/node_modules/a/index.js", &format!("{b}/index.js"));
    check(
        "c",
        &format!("{b}/index.js"),
        &format!("{b}/node_modules/c/index.js"),
    );
    check("a", &format!("{b}/index.js"), "/node_modules/a/index.js");
    assert_eq!(report.files, 4);
    assert_eq!(report.left_out, ["node_modules/.pnpm"]);
}

#[test]
fn what_cannot_be_packed_is_refused_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    assert!(pack(&root.join("gone")).is_err());
    write(root, &[("a\\b.js", "")]);
    assert!(
        pack(root)
            .unwrap_err()
            .to_string()
            .contains("a zip cannot hold")
    );
    fs::remove_file(root.join("a\\b.js")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(root.join("door")).unwrap();
    assert!(
        pack(root)
            .unwrap_err()
            .to_string()
            .contains("door is neither a file nor a folder")
    );
    fs::remove_file(root.join("door")).unwrap();
    fs::File::create(root.join("large.bin"))
        .unwrap()
        .set_len((64 << 20) + 1)
        .unwrap();
    assert!(
        pack(root)
            .unwrap_err()
            .to_string()
            .contains("large.bin has more than 64 MiB")
    );
}
