// `node:http`: the client over the host's door for requests; requests and responses as objects for frameworks that are
// called by a function. Nothing listens.

import { METHODS, STATUS_CODES } from "./http/codes.js";
import { Agent, globalAgent } from "./http/agent.js";
import { ClientRequest } from "./http/client.js";
import { IncomingMessage } from "./http/incoming.js";
import { OutgoingMessage, checkName, checkValue } from "./http/outgoing.js";
import { Server, ServerResponse } from "./http/server.js";

function request(url, options, callback) {
  return new ClientRequest(url, options, callback);
}

function get(url, options, callback) {
  const sent = request(url, options, callback);
  sent.end();
  return sent;
}

const http = {
  METHODS,
  STATUS_CODES,
  Agent,
  ClientRequest,
  IncomingMessage,
  OutgoingMessage,
  Server,
  ServerResponse,
  request,
  get,
  createServer: (options, listener) => new Server(options, listener),
  globalAgent,
  maxHeaderSize: 16384,
  validateHeaderName: checkName,
  validateHeaderValue: checkValue,
  setMaxIdleHTTPParsers() {},
  _connectionListener() {},
};

export default http;
export { request, get };
