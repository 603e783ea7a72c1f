//! The steps of `fs` as the JavaScript side asks for them.

use std::{
    io::{Cursor, Write as _},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes as Buffer;
use hydra_compute::Answer;
use hydra_package::Package;
use hydra_sandbox::{BoxFuture, Host};
use hydra_types::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{PIECE_BYTES, PIECE_ENTRIES, RANGE, left_behind, op, operate};
use crate::wasi::{Wasi, WasiConfig};

struct NoHost;

impl Host for NoHost {
    fn sleep_until(&self, _: Instant) -> BoxFuture<'static, ()> {
        Box::pin(std::future::pending())
    }
}

struct Fs {
    wasi: Wasi,
    package: Package,
}

fn zip(files: &[(&str, &[u8])]) -> Buffer {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(*name, options).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner().into()
}

impl Fs {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let config = WasiConfig::new(["f"], [], Bytes::kib(64), Arc::new(NoHost), None);
        Self {
            wasi: Wasi::new(Arc::new(config)),
            package: Package::open(zip(files), "index.js").unwrap(),
        }
    }

    fn raw(&mut self, operation: i32, given: &[u8]) -> Result<Answer, &'static str> {
        let package = self.package.clone();
        operate(&mut self.wasi, &|| Ok(package.clone()), operation, given)
            .map_err(|refusal| refusal.code())
    }

    fn ask(&mut self, operation: i32, given: &Value) -> Result<Answer, &'static str> {
        self.raw(operation, given.to_string().as_bytes())
    }

    fn number(&mut self, operation: i32, given: &Value) -> Result<i32, &'static str> {
        match self.ask(operation, given)? {
            Answer::Number(number) => Ok(number),
            other => panic!("{other:?} is no number"),
        }
    }

    fn json(&mut self, operation: i32, given: &Value) -> Result<Value, &'static str> {
        match self.ask(operation, given)? {
            Answer::Json(text) => Ok(serde_json::from_str(&text).unwrap()),
            other => panic!("{other:?} is no JSON"),
        }
    }

    fn read(&mut self, given: &Value) -> Result<Vec<u8>, &'static str> {
        match self.ask(op::READ, given)? {
            Answer::Bytes(bytes) => Ok(bytes),
            other => panic!("{other:?} is no bytes"),
        }
    }

    fn write(&mut self, head: &Value, data: &[u8]) -> Result<Answer, &'static str> {
        let mut given = head.to_string().into_bytes();
        given.push(b'\n');
        given.extend(data);
        self.raw(op::WRITE, &given)
    }

    /// Creates a file in `/tmp` and leaves it open.
    fn create(&mut self, path: &str, data: &[u8]) -> i32 {
        let number = self.number(op::OPEN, &json!([path, 0o102])).unwrap();
        self.write(&json!([number, 0]), data).unwrap();
        number
    }
}

fn package() -> Fs {
    Fs::new(&[
        ("index.js", b"main"),
        ("lib/a.txt", b"a \xff b"),
        ("lib/deep/b.txt", b"bb"),
        ("tmp/hidden.txt", b"never seen"),
    ])
}

#[test]
fn the_package_is_read_at_the_root_and_its_tmp_is_hidden() {
    let mut fs = package();
    assert_eq!(fs.read(&json!(["/index.js", 0, 100])).unwrap(), b"main");
    assert_eq!(fs.read(&json!(["/index.js", 1, 2])).unwrap(), b"ai");
    assert_eq!(fs.read(&json!(["/index.js", 9, 2])).unwrap(), b"");
    let text = fs.ask(op::READ_TEXT, &json!("/lib/a.txt"));
    assert_eq!(text, Ok(Answer::Text("a \u{fffd} b".to_owned())));
    let root = fs.json(op::LIST, &json!(["/", 0])).unwrap();
    let expected = json!([[["index.js", false], ["lib", true], ["tmp", true]], null]);
    assert_eq!(root, expected);
    let tmp = fs.json(op::LIST, &json!(["/tmp", 0])).unwrap();
    assert_eq!(tmp, json!([[], null]));
    let stat = fs.json(op::STAT, &json!("/lib/deep/b.txt")).unwrap();
    assert_eq!((&stat[0], &stat[1]), (&json!(0o100_644), &json!(2)));
    assert_eq!(fs.number(op::OPEN, &json!(["/index.js", 0])), Ok(0));
    assert_eq!(left_behind(&mut fs.wasi), None);
}

#[test]
fn paths_are_followed_as_linux_follows_them() {
    let mut fs = package();
    let mut check = |path: &str, expected: Result<u64, &'static str>| {
        let found = fs.json(op::STAT, &json!(path));
        let found = found.map(|stat| stat[0].as_u64().unwrap());
        assert_eq!(found, expected, "{path:?}");
    };
    check("/", Ok(0o40755));
    check("/..", Ok(0o40755));
    check("/tmp", Ok(0o41777));
    check("/tmp/", Ok(0o41777));
    check("/tmp/.", Ok(0o41777));
    check("/lib/../tmp", Ok(0o41777));
    check("//lib//./a.txt", Ok(0o100_644));
    check("/tmp/../lib/a.txt", Ok(0o100_644));
    check("/lib/deep/../a.txt", Ok(0o100_644));
    check("/lib/", Ok(0o40755));
    check("/lib/a.txt/", Err("ENOTDIR"));
    check("/lib/a.txt/x", Err("ENOTDIR"));
    check("/lib/a.txt/../a.txt", Err("ENOTDIR"));
    check("/nothing/../lib", Err("ENOENT"));
    check("/tmp/nothing/../x", Err("ENOENT"));
    check("/etc/passwd", Err("ENOENT"));
    check("/tmp/hidden.txt", Err("ENOENT"));
    check("", Err("ENOENT"));
    check("relative", Err("EINVAL"));
    check("/a\0b", Err("EINVAL"));
    check(&format!("/{}", "n".repeat(256)), Err("ENAMETOOLONG"));
    check(&"/n".repeat(2049), Err("ENAMETOOLONG"));
}

#[test]
fn nothing_outside_tmp_changes() {
    let mut fs = package();
    let create = 0o101;
    fs.create("/tmp/mine", b"");
    let mut check = |operation: i32, given: Value, expected: &'static str| {
        assert_eq!(
            fs.ask(operation, &given),
            Err(expected),
            "{operation} {given}"
        );
    };
    check(op::OPEN, json!(["/new", create]), "EROFS");
    check(op::OPEN, json!(["/no/new", create]), "ENOENT");
    check(op::OPEN, json!(["/index.js/new", create]), "ENOTDIR");
    check(op::OPEN, json!(["/index.js", create]), "EROFS");
    check(op::OPEN, json!(["/index.js", 0o301]), "EEXIST");
    check(op::OPEN, json!(["/index.js", 0o1000]), "EROFS");
    check(op::OPEN, json!(["/index.js", 0o200_000]), "ENOTDIR");
    check(op::OPEN, json!(["/lib", 1]), "EISDIR");
    check(op::OPEN, json!(["/index.js", 3]), "EINVAL");
    check(op::MAKE_DIRECTORY, json!("/new"), "EROFS");
    check(op::MAKE_DIRECTORY, json!("/lib"), "EEXIST");
    check(op::MAKE_DIRECTORY, json!("/no/new"), "ENOENT");
    check(op::REMOVE_DIRECTORY, json!("/lib"), "EROFS");
    check(op::REMOVE_DIRECTORY, json!("/index.js"), "ENOTDIR");
    check(op::REMOVE_DIRECTORY, json!("/tmp"), "EBUSY");
    check(op::UNLINK, json!("/index.js"), "EROFS");
    check(op::UNLINK, json!("/lib"), "EISDIR");
    check(op::UNLINK, json!("/nothing"), "ENOENT");
    check(op::RENAME, json!(["/index.js", "/x.js"]), "EROFS");
    check(op::RENAME, json!(["/index.js", "/tmp/x.js"]), "EXDEV");
    check(op::RENAME, json!(["/tmp/mine", "/mine"]), "EXDEV");
    check(op::RENAME, json!(["/tmp", "/tmp/x"]), "EBUSY");
    check(op::RENAME, json!(["/nothing", "/x"]), "ENOENT");
    check(op::SET_TIMES, json!(["/index.js", "1", "1"]), "EROFS");
}

#[test]
fn a_file_in_tmp_is_written_read_and_lives_on_while_it_is_open() {
    let mut fs = package();
    assert_eq!(left_behind(&mut fs.wasi), None);
    let number = fs.create("/tmp/a", b"0123456789");
    assert_eq!(left_behind(&mut fs.wasi).unwrap(), "/tmp/a");
    assert_eq!(
        fs.write(&json!([number, null]), "ü\n".as_bytes()),
        Ok(Answer::Number(3))
    );
    assert_eq!(fs.read(&json!([number, 9, 10])).unwrap(), "9ü\n".as_bytes());
    fs.ask(op::RESIZE, &json!([number, 4])).unwrap();
    fs.ask(op::RENAME, &json!(["/tmp/a", "/tmp/b"])).unwrap();
    assert_eq!(fs.read(&json!(["/tmp/b", 0, 10])).unwrap(), b"0123");
    fs.ask(op::UNLINK, &json!("/tmp/b")).unwrap();
    assert_eq!(fs.json(op::STAT, &json!("/tmp/b")), Err("ENOENT"));
    assert_eq!(fs.json(op::STAT, &json!(number)).unwrap()[1], json!(4));
    assert_eq!(left_behind(&mut fs.wasi).unwrap(), "an open file");
    fs.ask(op::CLOSE, &json!(number)).unwrap();
    assert_eq!(fs.ask(op::CLOSE, &json!(number)), Err("EBADF"));
    assert_eq!(fs.read(&json!([number, 0, 1])), Err("EBADF"));
    assert_eq!(left_behind(&mut fs.wasi), None);
}

#[test]
fn a_descriptor_allows_what_it_was_opened_for_and_the_first_ones_are_not_files() {
    let mut fs = package();
    fs.create("/tmp/a", b"abc");
    let reading = fs.number(op::OPEN, &json!(["/tmp/a", 0])).unwrap();
    let writing = fs.number(op::OPEN, &json!(["/tmp/a", 1])).unwrap();
    assert_eq!(fs.write(&json!([reading, 0]), b"x"), Err("EBADF"));
    assert_eq!(fs.ask(op::RESIZE, &json!([reading, 0])), Err("EBADF"));
    assert_eq!(fs.read(&json!([writing, 0, 1])), Err("EBADF"));
    let directory = fs.number(op::OPEN, &json!(["/tmp", 0])).unwrap();
    assert_eq!(fs.read(&json!([directory, 0, 1])), Err("EISDIR"));
    assert_eq!(fs.number(op::CLOSE, &json!(directory)), Ok(0));
    for first in 0..4 {
        assert_eq!(fs.ask(op::CLOSE, &json!(first)), Err("EBADF"));
    }
}

#[test]
fn tmp_is_bounded_and_what_fits_is_written() {
    let mut fs = package();
    let number = fs.create("/tmp/a", b"");
    assert_eq!(
        fs.write(&json!([number, 0]), &vec![7; 100 << 10]),
        Err("ENOSPC")
    );
    let size = fs.json(op::STAT, &json!(number)).unwrap()[1]
        .as_u64()
        .unwrap();
    assert!((50 << 10..64 << 10).contains(&size), "{size}");
    assert_eq!(fs.write(&json!([number, u64::MAX]), b"x"), Err("ENOSPC"));
    assert_eq!(
        fs.ask(op::RESIZE, &json!([number, u64::MAX])),
        Err("ENOSPC")
    );
    let too_much = vec![0; PIECE_BYTES + 1];
    assert_eq!(fs.write(&json!([number, 0]), &too_much), Err("EINVAL"));
}

#[test]
fn times_are_set_and_told() {
    let mut fs = package();
    fs.create("/tmp/a", b"");
    let given = json!(["/tmp/a", "1500000000000000007", "1600000000000000000"]);
    fs.ask(op::SET_TIMES, &given).unwrap();
    let stat = fs.json(op::STAT, &json!("/tmp/a")).unwrap();
    assert_eq!(
        stat.as_array().unwrap()[5..9],
        [
            json!(1_500_000_000),
            json!(7),
            json!(1_600_000_000),
            json!(0)
        ]
    );
}

#[test]
fn a_large_directory_is_listed_in_pieces() {
    let names: Vec<_> = (0..PIECE_ENTRIES + 5)
        .map(|n| format!("d/{n:05}"))
        .collect();
    let files: Vec<_> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    let mut fs = Fs::new(&files);
    for n in 0..50 {
        fs.ask(op::MAKE_DIRECTORY, &json!(format!("/tmp/{n}")))
            .unwrap();
    }
    let first = fs.json(op::LIST, &json!(["/d", 0])).unwrap();
    assert_eq!(first[0].as_array().unwrap().len(), PIECE_ENTRIES);
    let second = fs.json(op::LIST, &json!(["/d", first[1]])).unwrap();
    assert_eq!(second[0].as_array().unwrap().len(), 5);
    assert_eq!(second[1], Value::Null);
    let tmp = fs.wasi.files().list(".", 0, 30).unwrap();
    let rest = fs.wasi.files().list(".", tmp.next.unwrap(), 30).unwrap();
    assert_eq!(
        (tmp.entries.len(), rest.entries.len(), rest.next),
        (30, 20, None)
    );
}

#[test]
fn a_large_file_is_kept_while_it_is_read_in_pieces_and_no_longer_than_the_call() {
    let large = vec![b'x'; PIECE_BYTES + 10];
    let mut fs = Fs::new(&[("large", &large)]);
    assert_eq!(fs.ask(op::READ_TEXT, &json!("/large")), Ok(Answer::Nothing));
    let piece = PIECE_BYTES as u64;
    assert_eq!(
        fs.read(&json!(["/large", 0, 1 << 30])).unwrap().len(),
        PIECE_BYTES
    );
    assert!(fs.wasi.reading().is_some());
    assert_eq!(fs.read(&json!(["/large", piece, piece])).unwrap().len(), 10);
    assert!(fs.wasi.reading().is_none());
    fs.read(&json!(["/large", 0, 1])).unwrap();
    assert!(fs.wasi.reading().is_some());
    fs.wasi.finish();
    assert!(fs.wasi.reading().is_none());
}

#[test]
fn a_package_that_cannot_be_opened_is_an_io_error_with_its_reason() {
    let mut fs = package();
    let refused = operate(
        &mut fs.wasi,
        &|| Package::open(Buffer::from_static(b"PK\x03\x04 broken"), "index.js"),
        op::READ,
        b"[\"/index.js\",0,1]",
    )
    .unwrap_err()
    .to_json();
    assert_eq!(
        (&refused["code"], &refused["errno"]),
        (&json!("EIO"), &json!(-5))
    );
    let message = refused["message"].as_str().unwrap();
    assert!(
        message.starts_with("i/o error: ") && message.len() > 12,
        "{message}"
    );
}

#[test]
fn a_reset_empties_tmp() {
    let mut fs = package();
    fs.create("/tmp/a", b"abc");
    fs.wasi.begin(
        Buffer::new(),
        Bytes(0),
        Bytes(0),
        Instant::now() + Duration::from_secs(1),
    );
    fs.wasi.reset();
    assert_eq!(fs.json(op::STAT, &json!("/tmp/a")), Err("ENOENT"));
}

fn request() -> impl Strategy<Value = Vec<u8>> {
    let path = prop_oneof![
        Just("/tmp".to_owned()),
        "/tmp/[ab]{1,2}(/[ab])?",
        "/(lib|index.js)(/[ab.]{1,2})?",
        any::<String>(),
    ];
    let target = prop_oneof![path.prop_map(Value::from), (0..8_u32).prop_map(Value::from)];
    let number = prop_oneof![
        (0..70_000_u64).prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<u64>().prop_map(|ns| Value::from(ns.to_string())),
        Just(Value::Null),
    ];
    let well_formed = (
        target.clone(),
        prop_oneof![number.clone(), target.clone()],
        number,
        any::<bool>(),
    )
        .prop_map(|(target, second, third, data)| {
            let mut given = match &third {
                Value::Null => json!([target, second]),
                third => json!([target, second, third]),
            }
            .to_string()
            .into_bytes();
            if data {
                given.extend(b"\nsome data");
            }
            given
        });
    prop_oneof![
        4 => well_formed,
        2 => target.prop_map(|target| target.to_string().into_bytes()),
        1 => proptest::collection::vec(any::<u8>(), 0..64),
    ]
}

proptest! {
    #[test]
    fn whatever_is_asked_nothing_breaks_and_the_package_stays(
        steps in proptest::collection::vec((RANGE, request()), 0..60),
    ) {
        let mut fs = package();
        for (operation, given) in steps {
            if let Ok(Answer::Number(number)) = fs.raw(operation, &given) {
                prop_assert!(number >= 0);
            }
        }
        prop_assert_eq!(fs.read(&json!(["/index.js", 0, 10])).unwrap(), b"main");
        fs.wasi.reset();
        prop_assert_eq!(left_behind(&mut fs.wasi), None);
    }
}
