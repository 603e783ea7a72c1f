//! Memory of processes as the kernel accounts for it.
//!
//! Proportional set size (PSS) is the figure to publish: a page shared by n processes counts 1/n in each, so
//! sums over a process tree count every page once. Reading it walks the page tables; take it between
//! measurements and not during one.

use std::{fs, io};

use serde::{Deserialize, Serialize};

/// Proportional set size, in KiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pss {
    /// All of it.
    pub total_kib: u64,
    /// Anonymous memory: heap, stacks, private copies of mapped pages.
    pub anon_kib: u64,
    /// Pages of files: code and images.
    pub file_kib: u64,
    /// Memory files and shared anonymous memory.
    pub shmem_kib: u64,
}

impl Pss {
    /// Of the calling process.
    ///
    /// # Errors
    ///
    /// The kernel has no `smaps_rollup`, or hides it.
    pub fn of_self() -> io::Result<Self> {
        parse_rollup(&fs::read_to_string("/proc/self/smaps_rollup")?)
    }

    /// Of process `root` and everything below it. Processes that end meanwhile count nothing.
    ///
    /// # Errors
    ///
    /// `root` itself cannot be read.
    pub fn of_tree(root: u32) -> io::Result<Self> {
        let mut sum = of_process(root)?;
        for pid in descendants(root)? {
            sum.add(of_process(pid).unwrap_or_default());
        }
        Ok(sum)
    }

    fn add(&mut self, other: Self) {
        self.total_kib += other.total_kib;
        self.anon_kib += other.anon_kib;
        self.file_kib += other.file_kib;
        self.shmem_kib += other.shmem_kib;
    }
}

/// Page tables of the calling process, in KiB: kernel memory that PSS leaves out, and that a sandbox of its own
/// stretch of address space cannot do without.
///
/// # Errors
///
/// `/proc` is not there, or names no page tables.
pub fn page_tables_kib_of_self() -> io::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    kib_field(&status, "VmPTE").ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            "no VmPTE line in /proc/self/status",
        )
    })
}

/// How many mappings the calling process has; `vm.max_map_count` bounds it.
///
/// # Errors
///
/// `/proc` is not there.
pub fn mappings_of_self() -> io::Result<usize> {
    let maps = fs::read("/proc/self/maps")?;
    Ok(maps
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .count())
}

fn of_process(pid: u32) -> io::Result<Pss> {
    parse_rollup(&fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?)
}

/// Reads the text of `smaps_rollup`. Without the split by kind (Linux < 5.4) only the total is known.
fn parse_rollup(text: &str) -> io::Result<Pss> {
    let field = |name| kib_field(text, name);
    let missing = || io::Error::new(io::ErrorKind::InvalidData, "smaps_rollup has no Pss line");
    Ok(Pss {
        total_kib: field("Pss").ok_or_else(missing)?,
        anon_kib: field("Pss_Anon").unwrap_or(0),
        file_kib: field("Pss_File").unwrap_or(0),
        shmem_kib: field("Pss_Shmem").unwrap_or(0),
    })
}

/// The value of a line `name: 123 kB`.
fn kib_field(text: &str, name: &str) -> Option<u64> {
    let rest = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    rest.trim().strip_suffix("kB")?.trim().parse().ok()
}

fn descendants(root: u32) -> io::Result<Vec<u32>> {
    let parents: Vec<(u32, u32)> = fs::read_dir("/proc")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|pid: u32| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            Some((pid, parent_in_stat(&stat)?))
        })
        .collect();
    let mut found = vec![root];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        let children = parents
            .iter()
            .filter(|(_, of)| *of == parent)
            .map(|(pid, _)| *pid);
        found.extend(children.filter(|pid| *pid != root));
        next += 1;
    }
    found.remove(0);
    Ok(found)
}

/// The parent in the text of `/proc/PID/stat`, whose second field is a name that may hold anything.
fn parent_in_stat(stat: &str) -> Option<u32> {
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    const ROLLUP: &str = "55d8a000-7ffe4000 ---p 00000000 00:00 0   [rollup]\n\
        Rss:                5000 kB\n\
        Pss:                4321 kB\n\
        Pss_Dirty:          1000 kB\n\
        Pss_Anon:           1200 kB\n\
        Pss_File:           3021 kB\n\
        Pss_Shmem:           100 kB\n\
        SwapPss:               7 kB\n";

    #[test]
    fn a_rollup_is_read_by_field_name() {
        let expected = Pss {
            total_kib: 4321,
            anon_kib: 1200,
            file_kib: 3021,
            shmem_kib: 100,
        };
        assert_eq!(parse_rollup(ROLLUP).unwrap(), expected);
    }

    #[test]
    fn a_rollup_without_pss_is_an_error_and_not_zero() {
        let check = |text: &str| assert!(parse_rollup(text).is_err(), "{text:?}");
        check("");
        check("Rss: 5 kB\nSwapPss: 7 kB\n");
        check("Pss: many kB\n");
        check("Pss: 12\n");
    }

    #[test]
    fn the_parent_is_found_behind_any_process_name() {
        let check = |stat: &str, expected| assert_eq!(parent_in_stat(stat), expected, "{stat:?}");
        check("12 (sh) S 7 12 12 0", Some(7));
        check("12 (a) b) 9 (c)) R 8 1 1", Some(8));
        check("12 sh S 7", None);
        check("", None);
    }

    #[test]
    fn touching_memory_shows_in_the_pss() {
        let before = Pss::of_self().unwrap();
        let block = std::hint::black_box(vec![1_u8; 32 << 20]);
        let after = Pss::of_self().unwrap();
        assert!(
            after.anon_kib >= before.anon_kib + (30 << 10),
            "{before:?} {after:?} {}",
            block.len()
        );
    }

    #[test]
    fn a_tree_counts_its_children() {
        let mut child = Command::new("sleep")
            .arg("60")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let below = descendants(std::process::id()).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(below.contains(&child.id()), "{below:?}");
    }

    #[test]
    fn mappings_and_page_tables_are_counted() {
        assert!(page_tables_kib_of_self().unwrap() > 0);
        assert!(mappings_of_self().unwrap() > 10);
    }
}
