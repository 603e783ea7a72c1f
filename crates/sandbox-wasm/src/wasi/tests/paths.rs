//! Files, directories and descriptors through the calls.

use super::*;

const CREAT: u64 = 1;
const DIRECTORY: u64 = 1 << 1;
const EXCL: u64 = 1 << 2;
const TRUNC: u64 = 1 << 3;
const BOTH: u64 = READ | WRITE;

impl Passing {
    fn path_call(&mut self, name: &str, fd: u64, path: &str) -> Errno {
        let [at, length] = self.put(PATH, path.as_bytes());
        self.errno(name, &[fd, at, length])
    }

    fn rename(&mut self, (fd, old): (u64, &str), (new_fd, new): (u64, &str)) -> Errno {
        let [at, length] = self.put(PATH, old.as_bytes());
        let [new_at, new_length] = self.put(OTHER_PATH, new.as_bytes());
        let arguments = [fd, at, length, new_fd, new_at, new_length];
        self.errno("path_rename", &arguments)
    }

    /// Names from `cookie` on, as a reader with a buffer of `length` bytes collects them.
    fn list(&mut self, fd: u64, length: usize) -> Vec<String> {
        let mut names = Vec::new();
        let mut cookie = 0;
        loop {
            let arguments = [fd, DATA as u64, length as u64, cookie, OUT as u64];
            self.ok("fd_readdir", &arguments);
            let used = usize::try_from(self.u32_at(OUT)).unwrap();
            let mut at = 0;
            while at + 24 <= used {
                let size = usize::try_from(self.u32_at(DATA + at + 16)).unwrap();
                if at + 24 + size > used {
                    break;
                }
                cookie = self.u64_at(DATA + at);
                let name = &self.memory()[DATA + at + 24..DATA + at + 24 + size];
                names.push(String::from_utf8(name.to_vec()).unwrap());
                at += 24 + size;
            }
            if used < length {
                return names;
            }
        }
    }
}

#[test]
fn files_are_opened_as_their_flags_say() {
    let mut guest = Passing::new(Some(tree()));
    assert_eq!(guest.path_call("path_create_directory", 3, "d"), Errno(0));
    assert!(guest.open(3, "f", CREAT, BOTH).is_ok());
    let mut check = |fd: u64, path: &str, oflags: u64, rights: u64, expected: Errno| {
        let found = guest
            .open(fd, path, oflags, rights)
            .err()
            .unwrap_or(Errno(0));
        assert_eq!(found, expected, "{path} {oflags:#b} {rights:#b}");
    };
    check(3, "f", 0, READ, Errno(0));
    check(3, "f", CREAT | EXCL, READ, Errno::EXIST);
    check(3, "f", DIRECTORY, READ, Errno::NOTDIR);
    check(3, "f/", 0, READ, Errno::NOTDIR);
    check(3, "d", 0, READ, Errno(0));
    check(3, "d", DIRECTORY, BOTH, Errno(0));
    check(3, "d", 0, WRITE, Errno::ISDIR);
    check(3, "d", TRUNC, READ, Errno::ISDIR);
    check(3, "x", 0, READ, Errno::NOENT);
    check(3, "x/", CREAT, READ, Errno::ISDIR);
    check(3, "x/y", CREAT, READ, Errno::NOENT);
    check(3, "x", CREAT | DIRECTORY, READ, Errno::INVAL);
    check(3, "../x", CREAT, READ, Errno::PERM);
    check(3, "/f", 0, READ, Errno::PERM);
    check(0, "f", 0, READ, Errno::NOTDIR);
    check(99, "f", 0, READ, Errno::BADF);
    check(4, "lib/a.py", 0, READ, Errno(0));
    check(4, "lib", DIRECTORY, READ, Errno(0));
    check(4, "lib/a.py", 0, BOTH, Errno::ROFS);
    check(4, "lib/a.py", TRUNC, READ, Errno::ROFS);
    check(4, "lib/new", CREAT, READ, Errno::ROFS);
    check(4, "../f", 0, READ, Errno::PERM);
}

#[test]
fn data_moves_at_the_offset_and_modes_are_enforced() {
    let mut guest = Passing::new(None);
    let fd = guest.open(3, "f", CREAT, BOTH).unwrap();
    assert_eq!(guest.write(fd, b"hello"), Ok(Errno(0)));
    assert_eq!(guest.read(fd, 9).unwrap(), b"");
    guest.ok("fd_seek", &[fd, 1, 0, OUT as u64]);
    assert_eq!(guest.read(fd, 2).unwrap(), b"el");
    guest.ok("fd_seek", &[fd, (-1_i64).cast_unsigned(), 2, OUT as u64]);
    assert_eq!(guest.u64_at(OUT), 4);
    let below = [fd, (-5_i64).cast_unsigned(), 1, OUT as u64];
    assert_eq!(guest.errno("fd_seek", &below), Errno::INVAL);
    guest.ok("fd_tell", &[fd, OUT as u64]);
    assert_eq!(guest.u64_at(OUT), 4);
    let [list, count] = guest.iovec(2);
    guest.put(DATA, b"XY");
    guest.ok("fd_pwrite", &[fd, list, count, 7, OUT as u64]);
    assert_eq!(guest.read(fd, 9).unwrap(), b"o\0\0XY");
    guest.ok("fd_pread", &[fd, list, count, 3, OUT as u64]);
    assert_eq!(&guest.memory()[DATA..DATA + 2], b"lo");
    let reader = guest.open(3, "f", 0, READ).unwrap();
    assert_eq!(guest.write(reader, b"x"), Ok(Errno::BADF));
    let shrink = [reader, 0];
    assert_eq!(guest.errno("fd_filestat_set_size", &shrink), Errno::BADF);
    let writer = guest.open(3, "f", TRUNC, WRITE).unwrap();
    assert_eq!(guest.read(writer, 1), Err(Errno::BADF));
    assert_eq!(guest.read(reader, 1).unwrap(), b"");
    guest.ok("fd_fdstat_set_flags", &[writer, 1]);
    assert_eq!(guest.write(writer, b"ab"), Ok(Errno(0)));
    guest.ok("fd_seek", &[writer, 0, 0, OUT as u64]);
    assert_eq!(guest.write(writer, b"cd"), Ok(Errno(0)));
    assert_eq!(guest.read(reader, 9).unwrap(), b"abcd");
    for fd in 0..3 {
        let arguments = [fd, 0, 0, OUT as u64];
        assert_eq!(guest.errno("fd_seek", &arguments), Errno::SPIPE);
    }
}

#[test]
fn a_full_tmp_takes_part_and_then_nothing() {
    let mut guest = Passing::new(None);
    let fd = guest.open(3, "f", CREAT, BOTH).unwrap();
    let mut total = 0;
    let errno = loop {
        match guest.write(fd, &[1; 60_001]).unwrap() {
            Errno(0) => total += guest.u32_at(OUT),
            errno => break errno,
        }
    };
    assert_eq!((errno, total), (Errno::NOSPC, (1 << 20) - 4096));
    let allocate = [fd, 0, 1 << 20];
    assert_eq!(guest.errno("fd_allocate", &allocate), Errno::NOSPC);
    assert_eq!(guest.path_call("path_unlink_file", 3, "f"), Errno(0));
    guest.ok("fd_close", &[fd]);
    assert!(!guest.store.data().wasi.has_state());
}

#[test]
fn names_move_and_go_and_never_between_file_systems() {
    let mut guest = Passing::new(Some(tree()));
    let fd = guest.open(3, "f", CREAT, BOTH).unwrap();
    assert_eq!(guest.path_call("path_create_directory", 3, "d/"), Errno(0));
    assert_eq!(
        guest.path_call("path_create_directory", 3, "."),
        Errno::EXIST
    );
    assert_eq!(guest.rename((3, "f"), (3, "d/g/")), Errno::NOTDIR);
    assert_eq!(guest.rename((3, "f"), (3, "d/g")), Errno(0));
    assert_eq!(guest.rename((3, "d"), (3, "d/e")), Errno::INVAL);
    assert_eq!(guest.rename((3, "d/g"), (4, "g")), Errno::XDEV);
    assert_eq!(guest.rename((4, "lib"), (4, "bib")), Errno::ROFS);
    assert_eq!(guest.rename((3, "."), (3, "x")), Errno::INVAL);
    assert_eq!(
        guest.path_call("path_unlink_file", 3, "d/g/"),
        Errno::NOTDIR
    );
    assert_eq!(guest.path_call("path_unlink_file", 3, "d"), Errno::ISDIR);
    assert_eq!(
        guest.path_call("path_unlink_file", 4, "main.py"),
        Errno::ROFS
    );
    let remove = "path_remove_directory";
    assert_eq!(guest.path_call(remove, 3, "d"), Errno::NOTEMPTY);
    assert_eq!(guest.path_call(remove, 3, "d/g"), Errno::NOTDIR);
    assert_eq!(guest.path_call("path_unlink_file", 3, "d/g"), Errno(0));
    assert_eq!(guest.path_call(remove, 3, "d"), Errno(0));
    assert_eq!(guest.write(fd, b"still here"), Ok(Errno(0)));
    guest.ok("fd_filestat_get", &[fd, OUT as u64]);
    assert_eq!((guest.u64_at(OUT + 24), guest.u64_at(OUT + 32)), (0, 10));
}

#[test]
fn a_directory_is_listed_whole_whatever_the_buffer() {
    let mut guest = Passing::new(Some(tree()));
    let names: Vec<_> = (0..40).map(|at| format!("file {at}")).collect();
    for name in &names {
        let fd = guest.open(3, name, CREAT, WRITE).unwrap();
        guest.ok("fd_close", &[fd]);
    }
    for length in [32, 33, 100, 1000, 60_000] {
        let found = guest.list(3, length);
        assert_eq!(found[..2], [".", ".."]);
        assert_eq!(found[2..], names, "{length}");
    }
    assert_eq!(guest.list(4, 100), [".", "..", "lib", "main.py"]);
}

#[test]
fn mounts_are_announced_and_links_are_refused() {
    let mut guest = Passing::new(Some(tree()));
    for (fd, mount) in [(3, "/tmp"), (4, "/")] {
        guest.ok("fd_prestat_get", &[fd, OUT as u64]);
        assert_eq!(guest.u32_at(OUT), 0);
        assert_eq!(guest.u32_at(OUT + 4) as usize, mount.len());
        guest.ok(
            "fd_prestat_dir_name",
            &[fd, DATA as u64, mount.len() as u64],
        );
        assert_eq!(&guest.memory()[DATA..DATA + mount.len()], mount.as_bytes());
    }
    assert_eq!(guest.errno("fd_prestat_get", &[5, OUT as u64]), Errno::BADF);
    let [at, length] = guest.put(PATH, b"main.py");
    let arguments = [4, 0, at, length, 3, at, length];
    assert_eq!(guest.errno("path_link", &arguments), Errno::NOTSUP);
    let arguments = [at, length, 3, at, length];
    assert_eq!(guest.errno("path_symlink", &arguments), Errno::NOTSUP);
    let arguments = [4, at, length, DATA as u64, 9, OUT as u64];
    assert_eq!(guest.errno("path_readlink", &arguments), Errno::INVAL);
}

#[test]
fn descriptors_run_out_and_no_file_is_created_then() {
    let mut guest = Passing::new(None);
    let mut open = 4;
    while guest.open(3, "f", CREAT, READ).is_ok() {
        open += 1;
    }
    assert_eq!(open, 1024);
    assert_eq!(guest.open(3, "g", CREAT, READ), Err(Errno::MFILE));
    guest.ok("fd_renumber", &[1023, 1022]);
    assert_eq!(guest.open(3, "g", 0, READ), Err(Errno::NOENT));
    guest.ok("fd_close", &[700]);
    assert_eq!(guest.open(3, "f", 0, READ), Ok(700));
}

#[test]
fn rights_can_be_given_up_but_not_gained() {
    let mut guest = Passing::new(None);
    let fd = guest.open(3, "f", CREAT, BOTH).unwrap();
    guest.ok("fd_fdstat_set_rights", &[fd, READ, 0]);
    assert_eq!(guest.write(fd, b"x"), Ok(Errno::BADF));
    let gain = [fd, BOTH, 0];
    assert_eq!(
        guest.errno("fd_fdstat_set_rights", &gain),
        Errno::NOTCAPABLE
    );
    guest.ok("fd_fdstat_get", &[fd, OUT as u64]);
    assert_eq!((guest.memory()[OUT], guest.u64_at(OUT + 8)), (4, READ));
}

#[test]
fn times_are_set_as_asked() {
    let mut guest = Passing::new(None);
    let fd = guest.open(3, "f", CREAT, BOTH).unwrap();
    guest.ok("fd_filestat_set_times", &[fd, 5, 6, 0b101]);
    guest.ok("fd_filestat_get", &[fd, OUT as u64]);
    assert_eq!((guest.u64_at(OUT + 40), guest.u64_at(OUT + 48)), (5, 6));
    let both = [fd, 5, 6, 0b11];
    assert_eq!(guest.errno("fd_filestat_set_times", &both), Errno::INVAL);
}
