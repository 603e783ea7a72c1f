//! What must hold of any bytes whatever that are given to the parser. Shared with the fuzz target.

use hydra_image::{
    PAGE_BYTES,
    parse::{self, Content, Header},
};

/// What the parser made of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// They are an image.
    Accepted,
    /// They are none.
    Refused,
}

/// Parses `file` as it is and with the head's checksum put right; panics where a rule is broken.
pub(crate) fn examine(file: &[u8]) -> Verdict {
    let mut resealed = file.to_vec();
    parse::reseal(&mut resealed);
    if let Ok(header) = parse::header(&resealed, resealed.len() as u64) {
        hold(&resealed, &header);
    }
    match parse::image(file) {
        Ok(header) => {
            hold(file, &header);
            Verdict::Accepted
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            Verdict::Refused
        }
    }
}

fn hold(file: &[u8], header: &Header) {
    let page = PAGE_BYTES as u64;
    assert_eq!(header.file_bytes, file.len() as u64);
    assert!(header.memory_bytes <= 4 << 30);
    match &header.content {
        Content::Base {
            data_offset,
            data_bytes,
        } => {
            assert!(data_bytes.is_multiple_of(page) && *data_bytes <= header.memory_bytes);
            assert_eq!(data_offset + data_bytes, header.file_bytes);
            assert!(*data_bytes == 0 || data_offset.is_multiple_of(page));
        }
        Content::Function { runs, patches, .. } => {
            let mut pages = Vec::new();
            for run in runs {
                assert!(run.file_offset.is_multiple_of(page));
                let bytes = u64::from(run.pages) * page;
                assert!(run.file_offset + bytes <= header.file_bytes);
                pages.extend(run.page..run.page + run.pages);
            }
            assert!(pages.is_sorted());
            pages.extend(patches.iter().map(|patch| patch.page));
            assert!(
                pages
                    .iter()
                    .all(|&p| u64::from(p) * page < header.memory_bytes)
            );
            let changed = pages.len();
            pages.sort_unstable();
            pages.dedup();
            assert_eq!(pages.len(), changed, "a page twice");
            let whole = parse::patched_pages(file, header, &[]);
            assert!(whole.pages.is_sorted());
            assert_eq!(whole.pages.len(), patches.len());
            assert_eq!(whole.bytes.len(), patches.len() * PAGE_BYTES);
        }
    }
}
