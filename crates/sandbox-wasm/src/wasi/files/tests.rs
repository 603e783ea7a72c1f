//! The file system against plain cases and against a model of nested maps.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::wasi::{abi::Times, paths::resolve};

const LIMIT: u64 = 16 * BLOCK_BYTES;
const ROOT: NodeId = NodeId::ROOT;

fn files() -> Files {
    Files::new(Bytes(LIMIT), 1)
}

fn content(files: &Files, id: NodeId) -> Vec<u8> {
    let mut bytes = vec![0; 1 << 20];
    let count = files.read_at(id, 0, &mut bytes).unwrap();
    bytes.truncate(count);
    bytes
}

fn names(files: &Files, directory: NodeId) -> Vec<String> {
    let mut names = Vec::new();
    let mut position = 0;
    while let Some((at, name, _)) = files.entry_at(directory, position) {
        names.push(name.to_owned());
        position = at + 1;
    }
    names
}

#[test]
fn an_unlinked_file_lives_until_its_last_hold_is_released() {
    let mut files = files();
    let f = files.create_file(ROOT, "f", 2).unwrap();
    files.hold(f).unwrap();
    files.hold(f).unwrap();
    files.write_at(f, 0, b"abc", 3).unwrap();
    files.unlink(ROOT, "f", 4).unwrap();
    assert_eq!(files.child(ROOT, "f"), Err(Errno::NOENT));
    assert_eq!(files.stat(f).links, 0);
    files.release(f);
    files.write_at(f, 3, b"def", 5).unwrap();
    assert_eq!(content(&files, f), b"abcdef");
    files.release(f);
    assert!(files.is_empty());
    assert_eq!(files.read_at(f, 0, &mut [0]), Err(Errno::IO));
}

#[test]
fn a_removed_directory_that_is_held_takes_no_entries() {
    let mut files = files();
    let d = files.create_directory(ROOT, "d", 2).unwrap();
    files.hold(d).unwrap();
    files.remove_directory(ROOT, "d", 3).unwrap();
    assert_eq!(files.create_file(d, "f", 4), Err(Errno::NOENT));
    files.create_file(ROOT, "f", 4).unwrap();
    assert_eq!(files.rename((ROOT, "f"), (d, "f"), 5), Err(Errno::NOENT));
    assert_eq!(files.parent(d), Ok(d));
    files.release(d);
    assert_eq!(files.used_bytes, NODE_BYTES);
}

#[test]
fn space_is_charged_by_block_and_given_back() {
    let mut files = files();
    let f = files.create_file(ROOT, "f", 2).unwrap();
    // The node itself takes part of the sixteenth block.
    let most = usize::try_from(LIMIT - BLOCK_BYTES).unwrap();
    assert_eq!(files.write_at(f, 0, &vec![1; most + 9], 3), Ok(most));
    assert_eq!(files.write_at(f, most as u64, b"x", 3), Err(Errno::NOSPC));
    assert_eq!(files.write_at(f, most as u64, b"", 3), Ok(0));
    assert_eq!(files.write_at(f, u64::MAX, b"x", 3), Err(Errno::NOSPC));
    assert_eq!(files.set_size(f, LIMIT, 3), Err(Errno::NOSPC));
    assert_eq!(files.set_size(f, u64::MAX, 3), Err(Errno::NOSPC));
    files.set_size(f, 1, 3).unwrap();
    assert_eq!(files.used_bytes, NODE_BYTES + BLOCK_BYTES);
    // A hole is charged like data.
    assert_eq!(files.write_at(f, 5 * BLOCK_BYTES, b"x", 3), Ok(1));
    assert_eq!(files.used_bytes, NODE_BYTES + 6 * BLOCK_BYTES);
    files.unlink(ROOT, "f", 4).unwrap();
    assert!(files.is_empty());
}

#[test]
fn nodes_are_charged_and_counted() {
    let mut small = Files::new(Bytes(NODE_BYTES * 2), 1);
    small.create_file(ROOT, "a", 2).unwrap();
    small.create_directory(ROOT, "b", 2).unwrap();
    assert_eq!(small.create_file(ROOT, "c", 2), Err(Errno::NOSPC));
    let mut large = Files::new(Bytes::mib(512), 1);
    for at in 1..MAX_NODES {
        large.create_file(ROOT, &at.to_string(), 2).unwrap();
    }
    assert_eq!(large.create_file(ROOT, "x", 2), Err(Errno::NOSPC));
    large.unlink(ROOT, "17", 3).unwrap();
    large.create_file(ROOT, "x", 4).unwrap();
}

#[test]
fn a_readers_position_stays_good_while_entries_come_and_go() {
    let mut files = files();
    for name in ["a", "b", "c", "d"] {
        files.create_file(ROOT, name, 2).unwrap();
    }
    let (at, name, _) = files.entry_at(ROOT, 0).unwrap();
    assert_eq!(name, "a");
    files.unlink(ROOT, "a", 3).unwrap();
    files.unlink(ROOT, "c", 3).unwrap();
    files.create_file(ROOT, "e", 3).unwrap();
    let (at, name, _) = files.entry_at(ROOT, at + 1).unwrap();
    assert_eq!(name, "b");
    let (at, name, _) = files.entry_at(ROOT, at + 1).unwrap();
    assert_eq!(name, "d");
    let (at, name, _) = files.entry_at(ROOT, at + 1).unwrap();
    assert_eq!(name, "e");
    assert!(files.entry_at(ROOT, at + 1).is_none());
    assert!(files.entry_at(ROOT, u64::MAX).is_none());
}

#[test]
fn times_follow_changes() {
    let mut files = files();
    let f = files.create_file(ROOT, "f", 2).unwrap();
    assert_eq!(files.stat(ROOT).times.modified_ns, 2);
    files.write_at(f, 0, b"x", 3).unwrap();
    assert_eq!(files.stat(f).times.modified_ns, 3);
    assert_eq!(files.stat(f).times.accessed_ns, 2);
    files.set_times(f, Some(9), None, 4).unwrap();
    let times = files.stat(f).times;
    let expected = Times {
        accessed_ns: 9,
        modified_ns: 3,
        changed_ns: 4,
    };
    assert_eq!(times, expected);
}

/// What a path names in the model; `None` is a directory.
type Model = BTreeMap<String, Option<Vec<u8>>>;

#[derive(Clone, Debug)]
enum Step {
    CreateFile(String),
    CreateDirectory(String),
    Unlink(String),
    RemoveDirectory(String),
    Rename(String, String),
    Write(String, u64, usize, u8),
    Resize(String, u64),
}

fn path() -> impl Strategy<Value = String> {
    prop::collection::vec(prop_oneof!["a", "b", "c"], 1..4).prop_map(|names| names.join("/"))
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        path().prop_map(Step::CreateFile),
        path().prop_map(Step::CreateDirectory),
        path().prop_map(Step::CreateDirectory),
        path().prop_map(Step::Unlink),
        path().prop_map(Step::RemoveDirectory),
        (path(), path()).prop_map(|(old, new)| Step::Rename(old, new)),
        (path(), path()).prop_map(|(old, new)| Step::Rename(old, new)),
        (path(), 0..9000u64, 0..9000usize, any::<u8>())
            .prop_map(|(path, offset, length, byte)| Step::Write(path, offset, length, byte)),
        (path(), 0..30_000u64).prop_map(|(path, size)| Step::Resize(path, size)),
    ]
}

fn parent(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(parent, _)| parent)
}

/// The errno of walking to a path's last directory, as POSIX has it.
fn walk(model: &Model, path: &str) -> Result<(), Errno> {
    let Some(parent) = parent(path) else {
        return Ok(());
    };
    walk(model, parent)?;
    match model.get(parent) {
        None => Err(Errno::NOENT),
        Some(Some(_)) => Err(Errno::NOTDIR),
        Some(None) => Ok(()),
    }
}

fn has_children(model: &Model, path: &str) -> bool {
    let prefix = format!("{path}/");
    model.keys().any(|key| key.starts_with(&prefix))
}

fn expected(model: &mut Model, step: &Step) -> Result<(), Errno> {
    match step {
        Step::CreateFile(path) | Step::CreateDirectory(path) => {
            walk(model, path)?;
            if model.contains_key(path) {
                return Err(Errno::EXIST);
            }
            let body = matches!(step, Step::CreateFile(_)).then(Vec::new);
            model.insert(path.clone(), body);
            Ok(())
        }
        Step::Unlink(path) => {
            walk(model, path)?;
            match model.get(path).ok_or(Errno::NOENT)? {
                None => Err(Errno::ISDIR),
                Some(_) => {
                    model.remove(path);
                    Ok(())
                }
            }
        }
        Step::RemoveDirectory(path) => {
            walk(model, path)?;
            match model.get(path).ok_or(Errno::NOENT)? {
                Some(_) => Err(Errno::NOTDIR),
                None if has_children(model, path) => Err(Errno::NOTEMPTY),
                None => {
                    model.remove(path);
                    Ok(())
                }
            }
        }
        Step::Rename(old, new) => expected_rename(model, old, new),
        Step::Write(path, offset, length, byte) => {
            let bytes = expected_file(model, path)?;
            if *length > 0 {
                let start = usize::try_from(*offset).unwrap();
                bytes.resize(bytes.len().max(start + length), 0);
                bytes[start..start + length].fill(*byte);
            }
            Ok(())
        }
        Step::Resize(path, size) => {
            let bytes = expected_file(model, path)?;
            bytes.resize(usize::try_from(*size).unwrap(), 0);
            Ok(())
        }
    }
}

fn expected_file<'m>(model: &'m mut Model, path: &str) -> Result<&'m mut Vec<u8>, Errno> {
    walk(model, path)?;
    let node = model.get_mut(path).ok_or(Errno::NOENT)?;
    node.as_mut().ok_or(Errno::ISDIR)
}

fn expected_rename(model: &mut Model, old: &str, new: &str) -> Result<(), Errno> {
    walk(model, old)?;
    walk(model, new)?;
    let moved = model.get(old).ok_or(Errno::NOENT)?.clone();
    if old == new {
        return Ok(());
    }
    if moved.is_none() && new.starts_with(&format!("{old}/")) {
        return Err(Errno::INVAL);
    }
    match (model.get(new), &moved) {
        (None, _) | (Some(Some(_)), Some(_)) => {}
        (Some(None), None) if !has_children(model, new) => {}
        (Some(None), None) => return Err(Errno::NOTEMPTY),
        (Some(Some(_)), None) => return Err(Errno::NOTDIR),
        (Some(None), Some(_)) => return Err(Errno::ISDIR),
    }
    let prefix = format!("{old}/");
    let below: Vec<_> = model
        .keys()
        .filter(|key| key.starts_with(&prefix))
        .cloned()
        .collect();
    for key in below {
        let body = model.remove(&key).unwrap();
        model.insert(format!("{new}/{}", &key[prefix.len()..]), body);
    }
    model.remove(old);
    model.insert(new.to_owned(), moved);
    Ok(())
}

fn apply(files: &mut Files, step: &Step) -> Result<(), Errno> {
    let target = |files: &Files, path: &str| -> Result<(NodeId, String), Errno> {
        let target = resolve(files, ROOT, path.as_bytes())?;
        Ok((target.directory, target.name.unwrap().to_owned()))
    };
    let node = |files: &Files, path: &str| resolve(files, ROOT, path.as_bytes())?.existing(files);
    match step {
        Step::CreateFile(path) => {
            let (directory, name) = target(files, path)?;
            files.create_file(directory, &name, 2).map(|_| ())
        }
        Step::CreateDirectory(path) => {
            let (directory, name) = target(files, path)?;
            files.create_directory(directory, &name, 2).map(|_| ())
        }
        Step::Unlink(path) => {
            let (directory, name) = target(files, path)?;
            files.unlink(directory, &name, 2)
        }
        Step::RemoveDirectory(path) => {
            let (directory, name) = target(files, path)?;
            files.remove_directory(directory, &name, 2)
        }
        Step::Rename(old, new) => {
            let (from, old) = target(files, old)?;
            let (to, new) = target(files, new)?;
            files.rename((from, &old), (to, &new), 2)
        }
        Step::Write(path, offset, length, byte) => {
            let id = node(files, path)?;
            let written = files.write_at(id, *offset, &vec![*byte; *length], 2)?;
            assert_eq!(written, *length);
            Ok(())
        }
        Step::Resize(path, size) => {
            let id = node(files, path)?;
            files.set_size(id, *size, 2)
        }
    }
}

/// Everything below a directory, as the model has it.
fn collect(files: &Files, directory: NodeId, prefix: &str, into: &mut Model) {
    for name in names(files, directory) {
        let id = files.child(directory, &name).unwrap();
        let path = format!("{prefix}{name}");
        if files.is_directory(id) {
            assert_eq!(files.parent(id), Ok(directory));
            collect(files, id, &format!("{path}/"), into);
            into.insert(path, None);
        } else {
            into.insert(path, Some(content(files, id)));
        }
    }
}

proptest! {
    #[test]
    fn any_steps_leave_the_tree_and_the_account_as_the_model_says(
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut files = Files::new(Bytes::mib(4), 1);
        let mut model = Model::new();
        for step in &steps {
            prop_assert_eq!(apply(&mut files, step), expected(&mut model, step), "{:?}", step);
            let mut found = Model::new();
            collect(&files, ROOT, "", &mut found);
            prop_assert_eq!(&found, &model);
            let charge = |body: &Option<Vec<u8>>| {
                let size = body.as_ref().map_or(0, Vec::len) as u64;
                NODE_BYTES + blocks_for(size) * BLOCK_BYTES
            };
            prop_assert_eq!(files.used_bytes, model.values().map(charge).sum::<u64>());
        }
    }
}
