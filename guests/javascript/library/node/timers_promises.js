// `node:timers/promises`.

import { core } from "../host.js";
import { isAborted } from "./errors.js";
import * as check from "./validate.js";

const { timers } = core;

function after(begin, value, options = {}) {
  try {
    check.object(options, "options");
    check.abortSignal(options.signal, "options.signal");
  } catch (error) {
    return Promise.reject(error);
  }
  const { signal } = options;
  if (signal?.aborted) return Promise.reject(isAborted(signal));
  return new Promise((resolve, reject) => {
    const timer = begin(() => {
      signal?.removeEventListener("abort", abort);
      resolve(value);
    });
    function abort() {
      timers.clear(timer);
      reject(isAborted(signal));
    }
    signal?.addEventListener("abort", abort, { once: true });
  });
}

function setTimeout(delay, value, options) {
  return after((run) => timers.setTimeout(run, delay), value, options);
}

function setImmediate(value, options) {
  return after((run) => timers.setImmediate(run), value, options);
}

async function* setInterval(delay, value, options = {}) {
  check.object(options, "options");
  check.abortSignal(options.signal, "options.signal");
  const { signal } = options;
  if (signal?.aborted) throw isAborted(signal);
  let due = 0,
    wake;
  const timer = timers.setInterval(() => {
    due++;
    wake?.();
  }, delay);
  const abort = () => wake?.();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    for (;;) {
      if (signal?.aborted) throw isAborted(signal);
      if (due === 0)
        await new Promise((resolve) => {
          wake = resolve;
        });
      for (; due > 0; due--) yield value;
    }
  } finally {
    timers.clear(timer);
    signal?.removeEventListener("abort", abort);
  }
}

const scheduler = {
  wait: (delay, options) => setTimeout(delay, undefined, options),
  yield: () => setImmediate(),
};

export default { setTimeout, setImmediate, setInterval, scheduler };
