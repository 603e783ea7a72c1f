// `node:perf_hooks`: the performance of the Web and what Node has around it.

import { core } from "../host.js";
import { absent } from "./errors.js";
import * as check from "./validate.js";

const { performance } = globalThis;

class PerformanceObserver {
  static get supportedEntryTypes() {
    return [];
  }
  constructor(run) {
    check.callback(run, "callback");
  }
  observe() {}
  disconnect() {}
  takeRecords() {
    return [];
  }
}

// A histogram of whole numbers; it keeps what was recorded.
class Histogram {
  #values = [];
  #last;
  record(value) {
    check.integer(Number(value), "val", 1);
    this.#values.push(Number(value));
    this.#values.sort((a, b) => a - b);
  }
  recordDelta() {
    const now = Math.max(1, Math.round(core.nowMs() * 1e6));
    if (this.#last !== undefined) this.record(Math.max(1, now - this.#last));
    this.#last = now;
  }
  reset() {
    this.#values = [];
  }
  get count() {
    return this.#values.length;
  }
  get min() {
    return this.#values[0] ?? 9223372036854776000;
  }
  get max() {
    return this.#values.at(-1) ?? 0;
  }
  get mean() {
    return this.#values.length === 0 ? NaN : this.#values.reduce((a, b) => a + b, 0) / this.#values.length;
  }
  get stddev() {
    const { mean } = this;
    return Math.sqrt(this.#values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / this.#values.length);
  }
  get exceeds() {
    return 0;
  }
  percentile(percent) {
    check.number(percent, "percentile", Number.MIN_VALUE, 100);
    return this.#values[Math.max(0, Math.ceil((percent / 100) * this.#values.length) - 1)] ?? 0;
  }
}

const extra = {
  timerify(run) {
    check.callback(run, "fn");
    return run;
  },
  eventLoopUtilization: () => ({ idle: 0, active: 0, utilization: 0 }),
  // Nothing keeps the times of resources; clients that note theirs find where to.
  markResourceTiming() {},
  clearResourceTimings() {},
  setResourceTimingBufferSize() {},
};
for (const [name, value] of Object.entries(extra)) {
  if (performance && !(name in performance)) {
    Object.defineProperty(performance, name, { value, writable: true, enumerable: false, configurable: true });
  }
}

export default {
  performance,
  PerformanceObserver: globalThis.PerformanceObserver ?? PerformanceObserver,
  PerformanceEntry: globalThis.PerformanceEntry,
  PerformanceMark: globalThis.PerformanceMark,
  PerformanceMeasure: globalThis.PerformanceMeasure,
  constants: {
    NODE_PERFORMANCE_GC_MAJOR: 4,
    NODE_PERFORMANCE_GC_MINOR: 1,
    NODE_PERFORMANCE_GC_INCREMENTAL: 8,
    NODE_PERFORMANCE_GC_WEAKCB: 16,
  },
  createHistogram: () => new Histogram(),
  monitorEventLoopDelay: absent("perf_hooks.monitorEventLoopDelay", "a sandbox has no event loop of its own"),
};
