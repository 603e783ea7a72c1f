// `node:worker_threads`: one thread, the main one.

import { missing } from "./errors.js";

const hint = "a sandbox has one thread; call another function over HTTP to work in parallel";

class Worker {
  constructor() {
    throw missing("worker_threads.Worker", hint);
  }
}
class BroadcastChannel {
  constructor() {
    throw missing("worker_threads.BroadcastChannel", hint);
  }
}
const data = new Map();

export default {
  isMainThread: true,
  isInternalThread: false,
  parentPort: null,
  workerData: null,
  threadId: 0,
  threadName: "",
  resourceLimits: {},
  SHARE_ENV: Symbol.for("nodejs.worker_threads.SHARE_ENV"),
  Worker,
  BroadcastChannel,
  MessageChannel: globalThis.MessageChannel,
  MessagePort: globalThis.MessagePort,
  getEnvironmentData: (key) => data.get(key),
  setEnvironmentData: (key, value) => (value === undefined ? data.delete(key) : data.set(key, value)),
  markAsUntransferable() {},
  isMarkedAsUntransferable: () => false,
  markAsUncloneable() {},
  moveMessagePortToContext() {
    throw missing("worker_threads.moveMessagePortToContext", hint);
  },
  receiveMessageOnPort() {
    throw missing("worker_threads.receiveMessageOnPort", "listen to 'message' instead");
  },
  postMessageToThread() {
    throw missing("worker_threads.postMessageToThread", hint);
  },
};

export const forget = () => data.clear();
