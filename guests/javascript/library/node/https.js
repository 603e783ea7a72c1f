// `node:https`: the client of `node:http` with another protocol; the host checks certificates.

import { Agent as HttpAgent } from "./http/agent.js";
import { callable } from "./http/callable.js";
import { ClientRequest } from "./http/client.js";
import { Server } from "./http/server.js";

class Methods extends HttpAgent {}
Object.defineProperty(Methods, "name", { value: "Agent" });

const Agent = callable(Methods, function begin(options) {
  HttpAgent.call(this, options);
  this.defaultPort = 443;
  this.protocol = "https:";
});

const globalAgent = new Agent();

function request(url, options, callback) {
  return new ClientRequest(url, options, callback, globalAgent);
}

function get(url, options, callback) {
  const sent = request(url, options, callback);
  sent.end();
  return sent;
}

export default {
  Agent,
  globalAgent,
  Server,
  request,
  get,
  createServer: (options, listener) => new Server(options, listener),
};
