//! What changed between a base image and a sandbox's memory, page by page.
//!
//! A changed page is either part of a *run* (contiguous pages, stored raw, to be mapped) or a *patch* (only its
//! changed 64-byte lines are stored; the page is made whole in memory and copied into each sandbox).
//! Does no I/O and knows nothing of the file's layout.
//!
//! Invariants:
//! - Every changed page is in exactly one run or patch, and no unchanged page is in either.
//! - Runs and patches ascend by page.

use crate::PAGE_BYTES;

/// Bytes in a line, the unit of a patch: a cache line, and 64 of them make a page, so one `u64` names the changed.
pub const LINE_BYTES: usize = 64;

/// Fewest contiguous changed pages that make a run.
///
/// A run costs each live sandbox a mapping: an entry of `vm.max_map_count`, and calls that take the process-wide
/// mmap lock. A patched page costs each live sandbox the page, and at its start a fault and a copy (1.7 µs) in a
/// slot never used before, a copy (0.05 µs) in one that was; see `docs/design/slots.md`. The threshold is chosen, not
/// tuned: measure before changing it.
pub const MIN_RUN_PAGES: u32 = 16;

/// Most runs in an image, the largest first.
///
/// 65,530 mappings (the kernel's default) over 10,000 live sandboxes leave six each; the base and the growth area
/// take two.
pub const MAX_RUNS: usize = 4;

pub(crate) const ZERO_PAGE: [u8; PAGE_BYTES] = [0; PAGE_BYTES];

/// A page of which only some lines differ from the base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patch {
    /// Index of the page in linear memory.
    pub page: u32,
    /// Bit `n` is set where the page's line `n` is stored. Never zero.
    pub lines: u64,
}

impl Patch {
    /// Bytes that the patch's lines take in the file.
    #[must_use]
    pub fn line_bytes(&self) -> usize {
        self.lines.count_ones() as usize * LINE_BYTES
    }
}

/// The pristine content of every patched page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PatchedPages {
    /// Indices of the pages in linear memory, ascending.
    pub pages: Vec<u32>,
    /// Their content in the same order, [`PAGE_BYTES`] each.
    pub bytes: Vec<u8>,
}

/// Contiguous changed pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) page: u32,
    pub(crate) pages: u32,
}

impl Span {
    pub(crate) fn end(self) -> u32 {
        self.page.saturating_add(self.pages)
    }

    pub(crate) fn of(self, memory: &[u8]) -> &[u8] {
        &memory[self.page as usize * PAGE_BYTES..self.end() as usize * PAGE_BYTES]
    }
}

#[derive(Debug, Default)]
pub(crate) struct Delta {
    pub(crate) runs: Vec<Span>,
    pub(crate) patches: Vec<Patch>,
    /// The lines of every patch, in order.
    pub(crate) lines: Vec<u8>,
}

/// Compares `memory` with `base`, which reads as zero beyond its end.
///
/// Both are multiples of a page; `memory` has at most 2^20 of them. Costs one pass over `memory`.
pub(crate) fn diff(memory: &[u8], base: &[u8]) -> Delta {
    let spans = changed_spans(memory, base);
    let runs = choose_runs(&spans);
    let mut delta = Delta::default();
    for span in spans.iter().filter(|span| !runs.contains(span)) {
        for page in span.page..span.end() {
            let span = Span { page, pages: 1 };
            let lines =
                append_changed_lines(span.of(memory), base_page(base, page), &mut delta.lines);
            delta.patches.push(Patch { page, lines });
        }
    }
    delta.runs = runs;
    delta
}

/// Makes patched pages whole. `lines` holds the patches' lines in order; `base` reads as zero beyond its end.
pub(crate) fn materialise(patches: &[Patch], lines: &[u8], base: &[u8]) -> PatchedPages {
    let mut whole = PatchedPages {
        pages: Vec::with_capacity(patches.len()),
        bytes: Vec::with_capacity(patches.len() * PAGE_BYTES),
    };
    let mut stored = lines.chunks_exact(LINE_BYTES);
    for patch in patches {
        let start = whole.bytes.len();
        whole.bytes.extend_from_slice(base_page(base, patch.page));
        for (index, line) in whole.bytes[start..]
            .chunks_exact_mut(LINE_BYTES)
            .enumerate()
        {
            if patch.lines >> index & 1 == 1
                && let Some(changed) = stored.next()
            {
                line.copy_from_slice(changed);
            }
        }
        whole.pages.push(patch.page);
    }
    whole
}

fn base_page(base: &[u8], page: u32) -> &[u8] {
    let start = page as usize * PAGE_BYTES;
    base.get(start..start + PAGE_BYTES).unwrap_or(&ZERO_PAGE)
}

fn changed_spans(memory: &[u8], base: &[u8]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for (page, content) in (0u32..).zip(memory.chunks_exact(PAGE_BYTES)) {
        if content == base_page(base, page) {
            continue;
        }
        match spans.last_mut() {
            Some(span) if span.end() == page => span.pages += 1,
            _ => spans.push(Span { page, pages: 1 }),
        }
    }
    spans
}

fn choose_runs(spans: &[Span]) -> Vec<Span> {
    let mut runs: Vec<Span> = spans
        .iter()
        .copied()
        .filter(|span| span.pages >= MIN_RUN_PAGES)
        .collect();
    // The page breaks ties, so that equal content makes equal files.
    runs.sort_by_key(|run| (std::cmp::Reverse(run.pages), run.page));
    runs.truncate(MAX_RUNS);
    runs.sort_by_key(|run| run.page);
    runs
}

fn append_changed_lines(page: &[u8], base: &[u8], out: &mut Vec<u8>) -> u64 {
    let mut changed = 0;
    let pairs = page
        .chunks_exact(LINE_BYTES)
        .zip(base.chunks_exact(LINE_BYTES));
    for (index, (line, old)) in pairs.enumerate() {
        if line != old {
            changed |= 1 << index;
            out.extend_from_slice(line);
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Dirties one byte of each page in `pages` and checks how the change is filed.
    fn check(pages: impl IntoIterator<Item = u32>, runs: &[(u32, u32)], patches: &[u32]) {
        let mut memory = vec![0; 512 * PAGE_BYTES];
        for page in pages {
            memory[page as usize * PAGE_BYTES + 70] = 1;
        }
        let delta = diff(&memory, &[]);
        let found: Vec<_> = delta.runs.iter().map(|run| (run.page, run.pages)).collect();
        assert_eq!(found, runs);
        let found: Vec<_> = delta.patches.iter().map(|patch| patch.page).collect();
        assert_eq!(found, patches);
        assert!(delta.patches.iter().all(|patch| patch.lines == 0b10));
        assert_eq!(delta.lines.len(), delta.patches.len() * LINE_BYTES);
    }

    #[test]
    fn sixteen_contiguous_changed_pages_make_a_run_and_fewer_are_patches() {
        check([], &[], &[]);
        check([0, 511], &[], &[0, 511]);
        check(3..18, &[], &(3..18).collect::<Vec<_>>());
        check(3..19, &[(3, 16)], &[]);
        check((3..19).chain([20]), &[(3, 16)], &[20]);
    }

    #[test]
    fn the_four_largest_runs_win_and_the_rest_is_patched() {
        let spans = [(0, 16), (20, 18), (50, 17), (80, 20), (120, 16)];
        let pages = spans.iter().flat_map(|&(page, pages)| page..page + pages);
        check(
            pages,
            &[(0, 16), (20, 18), (50, 17), (80, 20)],
            &(120..136).collect::<Vec<_>>(),
        );
    }

    #[test]
    fn a_page_that_became_zero_is_a_change() {
        let base = vec![7; 2 * PAGE_BYTES];
        let delta = diff(&[0; 2 * PAGE_BYTES], &base);
        assert_eq!(
            delta.patches,
            [0, 1].map(|page| Patch {
                page,
                lines: u64::MAX
            })
        );
        let whole = materialise(&delta.patches, &delta.lines, &base);
        assert!(whole.bytes.iter().all(|&byte| byte == 0));
    }
}
