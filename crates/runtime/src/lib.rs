//! One instance: function table, sandbox pools, guest executor.
//!
//! ```text
//! invoke ─► table ─► function: run now │ wait in its queue │ refuse
//!                        │ job
//!                        ▼
//!            executor (guest threads) ─► sandbox: idle one, else restored ─► reply
//!                        │ afterwards
//!                        ▼
//!            idle list of the function ─► janitor (one thread): keep-alive, memory budget, drops
//! ```
//!
//! Drives the traits of `hydra-sandbox` and knows no backend. Reads neither environment nor files.

#![forbid(unsafe_code)]
#![expect(
    clippy::result_large_err,
    reason = "an invocation's error carries its log and times like the reply does; it is moved once per request"
)]

mod acquire;
mod admission;
mod caught;
mod config;
mod executor;
mod function;
mod handle;
mod held;
mod host;
pub mod http;
mod instance;
mod janitor;
mod job;
mod lock;
mod metrics;
mod registration;
mod reply;
mod serve;
mod status;
mod table;

pub use config::InstanceConfig;
pub use handle::FunctionHandle;
pub use host::TokioHost;
pub use instance::Instance;
pub use metrics::Metrics;
pub use registration::{Drained, Placement, RegisterError, Registered, Restored, UnknownFunction};
pub use reply::{InvokeError, Reply, Times};
pub use status::{FunctionStatus, FunctionSummary};
