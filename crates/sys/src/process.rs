//! What a process costs, and what it may use.

use std::{fs, io, time::Duration};

use rustix::{
    process::{Resource, Rlimit, getrlimit, setrlimit},
    time::{ClockId, clock_gettime},
};

/// Memory of one process, from `smaps_rollup`.
///
/// Source: Linux `Documentation/filesystems/proc.rst`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryUse {
    /// Resident bytes, pages shared with others counted in full.
    pub rss_bytes: u64,
    /// Resident bytes, each page divided by the number of processes that map it.
    pub pss_bytes: u64,
    /// Resident bytes that only this process maps.
    pub private_bytes: u64,
}

/// Memory of this process. Costs a walk of all its pages: milliseconds, not for hot paths.
///
/// # Errors
///
/// `/proc` cannot be read.
pub fn memory_use() -> io::Result<MemoryUse> {
    memory_use_of(std::process::id())
}

/// Memory of the process `pid`.
///
/// # Errors
///
/// `/proc` cannot be read, or the process is gone or another user's.
pub fn memory_use_of(pid: u32) -> io::Result<MemoryUse> {
    Ok(parse_smaps_rollup(&fs::read_to_string(format!(
        "/proc/{pid}/smaps_rollup"
    ))?))
}

fn parse_smaps_rollup(text: &str) -> MemoryUse {
    let mut memory = MemoryUse::default();
    for line in text.lines() {
        let mut words = line.split_ascii_whitespace();
        let (Some(key), Some(kib)) = (
            words.next(),
            words.next().and_then(|n| n.parse::<u64>().ok()),
        ) else {
            continue;
        };
        match key {
            "Rss:" => memory.rss_bytes = kib << 10,
            "Pss:" => memory.pss_bytes = kib << 10,
            "Private_Clean:" | "Private_Dirty:" => memory.private_bytes += kib << 10,
            _ => {}
        }
    }
    memory
}

/// Memory that the machine could still give, from `/proc/meminfo`.
///
/// # Errors
///
/// `/proc` cannot be read.
pub fn available_memory_bytes() -> io::Result<u64> {
    let text = fs::read_to_string("/proc/meminfo")?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"));
    let kib = line
        .and_then(|rest| rest.trim().strip_suffix("kB"))
        .and_then(|n| n.trim().parse::<u64>().ok());
    kib.map(|kib| kib << 10)
        .ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// Time that the calling thread has spent on a core. Costs one system call.
#[must_use]
pub fn thread_cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        time.tv_sec.unsigned_abs(),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

/// Raises this process's limit of open descriptors as far as it may, and says how far that is.
#[must_use]
pub fn raise_descriptor_limit() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    // Refused only where the hard limit was lowered meanwhile; then the soft one stands.
    let _ = setrlimit(Resource::Nofile, raised);
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// Gives memory that the allocator holds free back to the kernel. Takes milliseconds; for after large work, such as
/// compiling.
pub fn return_free_memory() {
    // SAFETY: trims the heap's free memory under the allocator's own lock; no pointer changes.
    #[cfg(target_env = "gnu")]
    let _ = unsafe { libc::malloc_trim(0) };
}

/// How many mappings a process may have (`vm.max_map_count`).
///
/// # Errors
///
/// `/proc` cannot be read.
pub fn max_mappings() -> io::Result<u64> {
    let text = fs::read_to_string("/proc/sys/vm/max_map_count")?;
    text.trim()
        .parse()
        .map_err(|_| io::ErrorKind::InvalidData.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smaps_rollup_is_read_by_key() {
        let text = "55e0-7ffc ---p 00000000 00:00 0 [rollup]\nRss: 100 kB\nPss:  60 kB\nPss_Dirty: 7 kB\nPrivate_Clean: 10 kB\nPrivate_Dirty: 30 kB\n";
        let expected = MemoryUse {
            rss_bytes: 100 << 10,
            pss_bytes: 60 << 10,
            private_bytes: 40 << 10,
        };
        assert_eq!(parse_smaps_rollup(text), expected);
    }

    #[test]
    fn the_process_sees_itself() {
        let memory = memory_use().unwrap();
        assert!(memory.pss_bytes > 0 && memory.pss_bytes <= memory.rss_bytes);
        assert!(available_memory_bytes().unwrap() > 0);
        assert!(max_mappings().unwrap() > 0);
    }
}
