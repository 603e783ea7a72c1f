//! What the kernel says of a process: memory and mappings.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A process, by its id.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process(pub(crate) u32);

impl Process {
    /// Memory in use, what is shared counted in proportion.
    pub(crate) fn pss_mib(self) -> u64 {
        self.pss_kib() >> 10
    }

    /// The same in KiB.
    pub(crate) fn pss_kib(self) -> u64 {
        self.field_kb("smaps_rollup", "Pss:")
    }

    /// The most memory that was resident at once.
    pub(crate) fn peak_resident_mib(self) -> u64 {
        self.field_kb("status", "VmHWM:") >> 10
    }

    /// Begins to look for the peak anew.
    pub(crate) fn forget_peak(self) {
        fs::write(format!("/proc/{}/clear_refs", self.0), "5").unwrap();
    }

    pub(crate) fn mappings(self) -> usize {
        self.read("maps").lines().count()
    }

    pub(crate) fn threads(self) -> usize {
        fs::read_dir(format!("/proc/{}/task", self.0))
            .unwrap()
            .count()
    }

    pub(crate) fn descriptors(self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.0))
            .unwrap()
            .count()
    }

    /// Descriptors that are sockets.
    pub(crate) fn sockets(self) -> usize {
        let is_socket = |path: &PathBuf| path.to_string_lossy().starts_with("socket:");
        self.open().filter(is_socket).count()
    }

    /// Whether it has the file open.
    pub(crate) fn has_open(self, path: &Path) -> bool {
        self.open().any(|open| open == path)
    }

    /// What its descriptors lead to.
    fn open(self) -> impl Iterator<Item = PathBuf> {
        let entries = fs::read_dir(format!("/proc/{}/fd", self.0)).unwrap();
        // What is closed while this looks is not open.
        entries.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
    }

    fn field_kb(self, file: &str, name: &str) -> u64 {
        let text = self.read(file);
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.split_whitespace().next());
        number.unwrap().parse().unwrap()
    }

    fn read(self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.0)).unwrap()
    }
}

/// How many mappings the kernel lets a process have.
pub(crate) fn max_mappings() -> usize {
    let text = fs::read_to_string("/proc/sys/vm/max_map_count").unwrap();
    text.trim().parse().unwrap()
}
