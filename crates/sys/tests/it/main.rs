//! Slots and page maps against the running kernel.

mod slots;
