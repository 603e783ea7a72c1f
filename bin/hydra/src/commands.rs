//! One file per verb.

pub(crate) mod bench;
pub(crate) mod guests;
pub(crate) mod pack;
pub(crate) mod runtime;
