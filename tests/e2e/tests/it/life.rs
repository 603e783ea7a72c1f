//! One server's life, from the command line to the exit code.

mod dialects;
mod draining;
mod full;
mod refusals;
mod replacing;
mod starting;
