//! Clocks and `poll_oneoff`.

use super::*;

const EVENTS: usize = 8192;

/// One subscription of 48 bytes.
enum Wanted {
    Clock(u32, u64, u16),
    Fd(u8, u32),
}

impl Passing {
    /// Polls and tells user data, errno and byte count of each event.
    fn poll(&mut self, wanted: &[Wanted]) -> Result<Vec<(u64, u16, u64)>, Stop> {
        for (at, one) in wanted.iter().enumerate() {
            let mut record = [0; 48];
            record[0] = u8::try_from(at).unwrap() + 10;
            match one {
                Wanted::Clock(id, timeout_ns, flags) => {
                    record[16..20].copy_from_slice(&id.to_le_bytes());
                    record[24..32].copy_from_slice(&timeout_ns.to_le_bytes());
                    record[40..42].copy_from_slice(&flags.to_le_bytes());
                }
                Wanted::Fd(tag, fd) => {
                    record[8] = *tag;
                    record[16..20].copy_from_slice(&fd.to_le_bytes());
                }
            }
            self.put(DATA + at * 48, &record);
        }
        let arguments = [DATA as u64, EVENTS as u64, wanted.len() as u64, OUT as u64];
        assert_eq!(self.call("poll_oneoff", &arguments)?, 0);
        let count = usize::try_from(self.u32_at(OUT)).unwrap();
        Ok((0..count)
            .map(|at| {
                let base = EVENTS + at * 32;
                let [errno_low, errno_high] = *self.memory()[base + 8..].first_chunk().unwrap();
                let errno = u16::from_le_bytes([errno_low, errno_high]);
                (self.u64_at(base), errno, self.u64_at(base + 16))
            })
            .collect())
    }
}

#[test]
fn a_clock_waits_its_time_and_the_first_of_several_ends_the_wait() {
    let mut guest = Passing::new(None);
    let started = Instant::now();
    let events = guest.poll(&[
        Wanted::Clock(1, 40_000_000_000, 0),
        Wanted::Clock(1, 15_000_000, 0),
    ]);
    assert_eq!(events, Ok(vec![(11, 0, 0)]));
    assert!(started.elapsed() >= Duration::from_millis(15));
}

#[test]
fn an_absolute_time_that_has_passed_is_ready_at_once() {
    let mut guest = Passing::new(None);
    assert_eq!(guest.poll(&[Wanted::Clock(0, 1, 1)]), Ok(vec![(10, 0, 0)]));
    guest.ok("clock_time_get", &[1, 0, OUT as u64]);
    let now_ns = guest.u64_at(OUT);
    let started = Instant::now();
    let until = Wanted::Clock(1, now_ns + 12_000_000, 1);
    assert_eq!(guest.poll(&[until]), Ok(vec![(10, 0, 0)]));
    assert!(started.elapsed() >= Duration::from_millis(11));
}

#[test]
fn streams_and_files_are_ready_and_bad_subscriptions_say_so() {
    let mut guest = Passing::new(None);
    let events = guest.poll(&[
        Wanted::Fd(1, 0),
        Wanted::Fd(2, 1),
        Wanted::Fd(1, 99),
        Wanted::Clock(1, 60_000_000_000, 0),
        Wanted::Clock(9, 0, 0),
    ]);
    let expected = vec![
        (10, 0, "the event".len() as u64),
        (11, 0, 0),
        (12, Errno::BADF.0, 0),
        (14, Errno::INVAL.0, 0),
    ];
    assert_eq!(events, Ok(expected));
}

#[test]
fn waiting_past_the_deadline_ends_the_guest_at_the_deadline() {
    let mut guest = Passing::new(None);
    let mut check = |timeout_ns: u64| {
        let deadline = Instant::now() + Duration::from_millis(20);
        guest.store.data_mut().wasi.deadline = Some(deadline);
        let waited = guest.poll(&[Wanted::Clock(1, timeout_ns, 0)]);
        assert_eq!(waited, Err(Stop::DeadlinePassed));
        assert!(Instant::now() >= deadline);
    };
    check(60_000_000_000);
    check(u64::MAX);
    guest.finish();
    let waited = guest.poll(&[Wanted::Clock(1, 1_000_000, 0)]);
    assert_eq!(waited, Err(Stop::DeadlinePassed));
}

#[test]
fn subscription_counts_are_bounded() {
    let mut guest = Passing::new(None);
    for count in [0, 1025, u64::from(u32::MAX)] {
        let arguments = [DATA as u64, EVENTS as u64, count, OUT as u64];
        assert_eq!(guest.errno("poll_oneoff", &arguments), Errno::INVAL);
    }
}

#[test]
fn clocks_advance_and_cpu_time_counts_from_the_invocation() {
    let mut guest = Passing::new(None);
    let mut read = |clock: u64| {
        guest.ok("clock_time_get", &[clock, 0, OUT as u64]);
        guest.u64_at(OUT)
    };
    assert!(read(0) > 1_600_000_000_000_000_000);
    let first = read(1);
    assert!(read(1) >= first);
    assert!(read(2) < 60_000_000_000);
    assert_eq!(
        guest.errno("clock_time_get", &[4, 0, OUT as u64]),
        Errno::INVAL
    );
    guest.ok("clock_res_get", &[1, OUT as u64]);
    assert_eq!(guest.u64_at(OUT), 1);
}
