//! Measurements: sandboxes over the sandbox contract, an instance full of functions, HTTP under load.
//!
//! - [`sandbox_bench`]: times and memory of one function's sandboxes.
//! - [`density`]: many functions, many live sandboxes.
//! - [`idle`]: what a registered function costs that nobody calls.
//! - [`load`]: a closed-loop HTTP load generator for loopback.
//!
//! Knows the sandbox contract and the instance, and no backend: the binary brings those. Prints nothing; every
//! report is a value that serialises to JSON and displays as a table.
//!
//! Invariants:
//! - A wrong reply is never a sample: it ends a sandbox measurement, and is an error of a load run.
//! - A time is recorded in nanoseconds and reported in microseconds.

#![forbid(unsafe_code)]

mod block_on;
pub mod density;
pub mod idle;
pub mod load;
pub mod machine;
pub mod memory;
pub mod sandbox_bench;
pub mod timings;
pub mod workload;
