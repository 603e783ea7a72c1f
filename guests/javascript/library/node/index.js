// Node's built-in modules and globals.

import { withoutAtomics } from "./first.js";
import process, { forget as forgetProcess } from "./process.js";
import { stderr, stdin, stdout } from "./process/streams.js";
import { modules as absent } from "./absent.js";
import assert, { strict } from "./assert.js";
import async_hooks from "./async_hooks.js";
import buffer, { Buffer } from "./buffer.js";
import console, { forget as forgetConsole } from "./console.js";
import constants from "./constants.js";
import crypto from "./crypto.js";
import diagnostics_channel, { forget as forgetChannels } from "./diagnostics_channel.js";
import events from "./events.js";
import fs, { forget as forgetFiles } from "./fs.js";
import fs_promises from "./fs_promises.js";
import http from "./http.js";
import https from "./https.js";
import module from "./module.js";
import net from "./net.js";
import os from "./os.js";
import path from "./path.js";
import perf_hooks from "./perf_hooks.js";
import punycode from "./punycode.js";
import querystring from "./querystring.js";
import stream from "./stream.js";
import stream_consumers from "./stream_consumers.js";
import stream_promises from "./stream_promises.js";
import stream_web from "./stream_web.js";
import string_decoder from "./string_decoder.js";
import timers, { globals as timerGlobals } from "./timers.js";
import timers_promises from "./timers_promises.js";
import url from "./url.js";
import util, { forget as forgetUtil, inspect } from "./util.js";
import util_types from "./util_types.js";
import worker_threads, { forget as forgetThreads } from "./worker_threads.js";
import zlib from "./zlib.js";

if (withoutAtomics) delete globalThis.Atomics;
Object.assign(process, { stdin, stdout, stderr });

/** By name, without `node:`. */
export const builtins = {
  assert,
  "assert/strict": strict,
  async_hooks,
  buffer,
  console,
  constants,
  crypto,
  diagnostics_channel,
  events,
  fs,
  "fs/promises": fs_promises,
  http,
  https,
  module,
  net,
  os,
  path,
  "path/posix": path.posix,
  "path/win32": path.win32,
  perf_hooks,
  process,
  punycode,
  querystring,
  stream,
  "stream/consumers": stream_consumers,
  "stream/promises": stream_promises,
  "stream/web": stream_web,
  string_decoder,
  sys: util,
  timers,
  "timers/promises": timers_promises,
  url,
  util,
  "util/types": util_types,
  worker_threads,
  zlib,
  ...absent,
};
// The bundler numbers functions of one name; here each gets its own name back.
for (const exported of Object.values(builtins)) {
  for (const [name, value] of Object.entries(Object.getOwnPropertyDescriptors(exported))) {
    const own = typeof value.value === "function" ? value.value.name : "";
    if (own !== name && own.startsWith(name) && /^\d+$/.test(own.slice(name.length))) {
      Object.defineProperty(value.value, "name", { value: name, configurable: true });
    }
  }
}
module.builtinModules.push(...Object.keys(builtins));

export const globals = { Buffer, console, process, global: globalThis, self: globalThis, ...timerGlobals };

/** Forgets what belongs to a function. */
export function forget() {
  for (const clear of [forgetProcess, forgetConsole, forgetChannels, forgetFiles, forgetUtil, forgetThreads]) clear();
  events.defaultMaxListeners = 10;
}

export { inspect };
