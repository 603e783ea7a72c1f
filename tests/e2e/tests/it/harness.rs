//! What every test needs: a place, a server in it, a client, code to register, and chance that repeats.

pub(crate) mod address;
pub(crate) mod chance;
pub(crate) mod client;
pub(crate) mod code;
pub(crate) mod origin;
pub(crate) mod process;
pub(crate) mod server;
pub(crate) mod site;
pub(crate) mod wait;
