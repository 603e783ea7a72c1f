# Configuration of workerd for `cargo xtask bench http`, which fills in the two lists and puts the scripts beside it.
# One worker per function: each gets an isolate of its own, as each function gets sandboxes of its own in Hydra.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
@SERVICES@
  ],
  sockets = [
@SOCKETS@
  ],
);
