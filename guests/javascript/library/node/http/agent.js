// `Agent`: an object that libraries pass around. The host keeps the connections, so it holds options only.

import EventEmitter from "../events.js";
import { callable } from "./callable.js";

class Methods extends EventEmitter {
  getName({ host = "localhost", port = "", localAddress = "", family } = {}) {
    return `${host}:${port}:${localAddress}${family ? `:${family}` : ""}`;
  }

  keepSocketAlive() {
    return true;
  }
  reuseSocket() {}
  destroy() {}
}

Object.defineProperty(Methods, "name", { value: "Agent" });

export const Agent = callable(Methods, function begin(options = {}) {
  EventEmitter.call(this);
  Object.assign(this, {
    defaultPort: 80,
    protocol: "http:",
    requests: {},
    sockets: {},
    freeSockets: {},
    totalSocketCount: 0,
    options: { path: null, noDelay: true, ...options },
  });
  const {
    keepAlive = false,
    keepAliveMsecs = 1000,
    maxSockets = Infinity,
    maxFreeSockets = 256,
    maxTotalSockets = Infinity,
    scheduling = "lifo",
  } = options;
  Object.assign(this, { keepAlive, keepAliveMsecs, maxSockets, maxFreeSockets, maxTotalSockets, scheduling });
});

export const globalAgent = new Agent({ keepAlive: true, scheduling: "lifo", timeout: 5000 });
