//! The HTTP face over real sockets, on top of an instance with a scripted backend.

mod client;
mod connections;
mod draining;
mod errors;
mod graalvisor;
mod idle;
mod malformed;
mod native;
mod scripted;
mod server;
