// `node:timers`, over the timers of the core.

import { core } from "../host.js";
import promises from "./timers_promises.js";

const { setTimeout, setInterval, setImmediate, clear } = core.timers;
const custom = Symbol.for("nodejs.util.promisify.custom");

for (const [run, promised] of [
  [setTimeout, promises.setTimeout],
  [setImmediate, promises.setImmediate],
]) {
  Object.defineProperty(run, custom, { value: promised, enumerable: true, configurable: true });
}

const clearTimeout = {
  clearTimeout(timer) {
    clear(timer);
  },
}.clearTimeout;
const clearInterval = {
  clearInterval(timer) {
    clear(timer);
  },
}.clearInterval;
const clearImmediate = {
  clearImmediate(timer) {
    clear(timer);
  },
}.clearImmediate;

export const globals = { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate };

export default { ...globals, promises };
