//! The calls as a guest makes them, through the engine.

mod harness;
mod paths;
mod waiting;

use std::time::{Duration, Instant};

use bytes::Bytes as Buffer;
use hydra_types::Bytes;
use proptest::{prelude::*, test_runner::Config};

use self::harness::{FUNCTIONS, Passing, config};
use super::{ReadOnlyTree, Stop, Wasi, abi::Errno};

/// Where tests keep an iovec, results and text in guest memory.
const IOVEC: usize = 64;
const OUT: usize = 128;
const PATH: usize = 256;
const OTHER_PATH: usize = 512;
const DATA: usize = 4096;

const READ: u64 = 1 << 1;
const WRITE: u64 = 1 << 6;

fn tree() -> ReadOnlyTree {
    let files = [("lib/a.py", "print(1)"), ("main.py", "pass")];
    ReadOnlyTree::new(files.map(|(path, text)| (path, Buffer::from(text)))).unwrap()
}

impl Passing {
    fn errno(&mut self, name: &str, arguments: &[u64]) -> Errno {
        Errno(u16::try_from(self.call(name, arguments).unwrap()).unwrap())
    }

    fn ok(&mut self, name: &str, arguments: &[u64]) {
        assert_eq!(self.errno(name, arguments), Errno(0), "{name}{arguments:?}");
    }

    fn iovec(&mut self, length: usize) -> [u64; 2] {
        let mut iovec = u32::try_from(DATA).unwrap().to_le_bytes().to_vec();
        iovec.extend(u32::try_from(length).unwrap().to_le_bytes());
        [self.put(IOVEC, &iovec)[0], 1]
    }

    fn write(&mut self, fd: u64, bytes: &[u8]) -> Result<Errno, Stop> {
        self.put(DATA, bytes);
        let [list, count] = self.iovec(bytes.len());
        let errno = self.call("fd_write", &[fd, list, count, OUT as u64])?;
        Ok(Errno(u16::try_from(errno).unwrap()))
    }

    fn read(&mut self, fd: u64, length: usize) -> Result<Vec<u8>, Errno> {
        let [list, count] = self.iovec(length);
        match self.errno("fd_read", &[fd, list, count, OUT as u64]) {
            Errno(0) => {
                let count = usize::try_from(self.u32_at(OUT)).unwrap();
                Ok(self.memory()[DATA..DATA + count].to_vec())
            }
            errno => Err(errno),
        }
    }

    fn open(&mut self, fd: u64, path: &str, oflags: u64, rights: u64) -> Result<u64, Errno> {
        let [at, length] = self.put(PATH, path.as_bytes());
        let arguments = [fd, 0, at, length, oflags, rights, 0, 0, OUT as u64];
        match self.errno("path_open", &arguments) {
            Errno(0) => Ok(self.u32_at(OUT).into()),
            errno => Err(errno),
        }
    }
}

#[test]
fn the_event_is_read_in_pieces_and_ends() {
    let mut guest = Passing::new(None);
    assert_eq!(guest.read(0, 4).unwrap(), b"the ");
    assert_eq!(guest.read(0, 100).unwrap(), b"event");
    assert_eq!(guest.read(0, 100).unwrap(), b"");
    assert_eq!(guest.write(0, b"x"), Ok(Errno::BADF));
    guest.finish();
    guest.begin("next");
    assert_eq!(guest.read(0, 100).unwrap(), b"next");
}

#[test]
fn the_reply_is_bounded_by_ending_the_guest_and_the_log_by_dropping() {
    let mut guest = Passing::new(None);
    assert_eq!(guest.write(1, &[7; 999]), Ok(Errno(0)));
    assert_eq!(guest.write(1, b""), Ok(Errno(0)));
    assert_eq!(guest.write(1, b"ab"), Err(Stop::OutputLimit));
    assert_eq!(guest.write(1, b"a"), Ok(Errno(0)));
    assert_eq!(guest.write(2, b"0123456789abc"), Ok(Errno(0)));
    assert_eq!(guest.u32_at(OUT), 13);
    assert_eq!(guest.read(1, 1), Err(Errno::BADF));
    let finished = guest.finish();
    assert_eq!(finished.stdout.len(), 1000);
    assert_eq!(finished.log.text(), b"0123456789");
    assert_eq!(finished.log.dropped_bytes(), 3);
    // Between invocations nothing may be written.
    assert_eq!(guest.write(1, b"a"), Err(Stop::OutputLimit));
}

#[test]
fn arguments_environment_and_exit_are_what_was_configured() {
    let mut guest = Passing::new(None);
    guest.ok("args_sizes_get", &[0, 4]);
    assert_eq!((guest.u32_at(0), guest.u32_at(4)), (2, 11));
    guest.ok("args_get", &[0, 16]);
    assert_eq!(&guest.memory()[16..27], b"main\0arg 1\0");
    assert_eq!((guest.u32_at(0), guest.u32_at(4)), (16, 21));
    guest.ok("environ_get", &[0, 16]);
    assert_eq!(&guest.memory()[16..33], b"KEY=value\0EMPTY=\0");
    assert_eq!(guest.call("proc_exit", &[7]), Err(Stop::Exit(7)));
    assert_eq!(guest.errno("proc_raise", &[9]), Errno::NOSYS);
    assert_eq!(guest.errno("sock_shutdown", &[1, 0]), Errno::NOTSOCK);
    assert_eq!(guest.errno("sock_shutdown", &[9, 0]), Errno::BADF);
}

#[test]
fn random_bytes_differ_and_are_bounded() {
    let mut guest = Passing::new(None);
    guest.ok("random_get", &[0, 16]);
    guest.ok("random_get", &[16, 16]);
    let memory = guest.memory();
    assert_ne!(memory[..16], memory[16..32]);
    assert_eq!(guest.errno("random_get", &[131_071, 2]), Errno::FAULT);
}

#[test]
fn state_is_seen_and_reset_takes_it_away() {
    let mut guest = Passing::new(Some(tree()));
    assert!(!guest.store.data().wasi.has_state());
    let fd = guest.open(4, "main.py", 0, READ).unwrap();
    assert!(guest.store.data().wasi.has_state());
    guest.ok("fd_close", &[fd]);
    assert!(!guest.store.data().wasi.has_state());
    let fd = guest.open(3, "f", 1, READ | WRITE).unwrap();
    guest.ok("fd_close", &[fd]);
    assert!(guest.store.data().wasi.has_state());
    guest.store.data_mut().wasi.reset();
    assert!(!guest.store.data().wasi.has_state());
    assert_eq!(guest.open(3, "f", 0, READ), Err(Errno::NOENT));
    guest.ok("fd_close", &[1]);
    assert!(guest.store.data().wasi.has_state());
}

#[test]
fn an_unused_state_allocates_nothing() {
    let shared = config(None);
    let mut wasi = Wasi::new(shared);
    let deadline = Instant::now();
    wasi.begin(Buffer::new(), Bytes::mib(1), Bytes::mib(1), deadline);
    assert!(wasi.tmp.is_none() && wasi.descriptors.are_initial());
    assert_eq!(wasi.finish().stdout.capacity(), 0);
}

fn argument() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => 0..8u64,
        2 => prop::sample::select(vec![64, 128, 256, 4096, 131_064, 131_071, 131_072]),
        2 => prop::sample::select(vec![
            0x7fff_ffff, 0xffff_fff8, 0xffff_ffff, 1 << 32, i64::MAX as u64, u64::MAX,
        ]),
        1 => any::<u64>(),
    ]
}

proptest! {
    #![proptest_config(Config::with_cases(64))]

    #[test]
    fn no_arguments_trap_or_panic(
        memory in prop::collection::vec(prop_oneof![0..5u8, any::<u8>()], 1024),
        calls in prop::collection::vec(
            (0..FUNCTIONS.len(), prop::collection::vec(argument(), 9)),
            1..300,
        ),
    ) {
        let mut guest = Passing::new(Some(tree()));
        guest.put(0, &memory);
        for (function, arguments) in calls {
            let (name, parameters) = FUNCTIONS[function];
            let soon = Instant::now() + Duration::from_millis(1);
            guest.store.data_mut().wasi.deadline = Some(soon);
            // `call` panics on any trap that is not a stop.
            match guest.call(name, &arguments[..parameters.len()]) {
                Ok(errno) => prop_assert!(errno <= 76),
                Err(Stop::Exit(_)) => prop_assert_eq!(name, "proc_exit"),
                Err(Stop::DeadlinePassed) => prop_assert_eq!(name, "poll_oneoff"),
                Err(Stop::OutputLimit) => prop_assert_eq!(name, "fd_write"),
            }
        }
    }
}
