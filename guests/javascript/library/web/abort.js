// AbortController and AbortSignal.

import { core } from "../host.js";
import { Event, EventTarget, fire, handlers, report, signals } from "./events.js";
import { enforceRange, expose, illegal, required, sequence, shown, failed } from "./webidl.js";

const SECRET = Symbol("signal");

let abort, algorithms, isSignal, depend;

export class AbortSignal extends EventTarget {
  #aborted = false;
  #reason = undefined;
  // What runs when it aborts, the signals that abort with it, and those that it aborts with.
  #algorithms = null;
  #dependents = null;
  #sources = null;

  constructor() {
    if (arguments[0] !== SECRET) throw illegal();
    super();
  }

  static abort(reason = undefined) {
    const signal = new AbortSignal(SECRET);
    signal.#aborted = true;
    signal.#reason = reason === undefined ? aborted() : reason;
    return signal;
  }

  static timeout(milliseconds) {
    required(arguments.length, 1, "AbortSignal.timeout");
    const ms = enforceRange(milliseconds, Number.MAX_SAFE_INTEGER, "The timeout");
    const signal = new AbortSignal(SECRET);
    core.timers.setTimeout(() => {
      abort(signal, new DOMException("The operation was aborted due to timeout", "TimeoutError"));
    }, Math.min(ms, 0x7fffffff));
    return signal;
  }

  static any(signals) {
    required(arguments.length, 1, "AbortSignal.any");
    return depend(sequence(signals, (signal) => {
      if (!isSignal(signal)) throw failed("AbortSignal.any takes AbortSignals", "ERR_INVALID_ARG_TYPE");
      return signal;
    }));
  }

  get aborted() { return this.#aborted; }
  get reason() { return this.#reason; }

  throwIfAborted() {
    if (this.#aborted) throw this.#reason;
  }

  static {
    isSignal = (value) => typeof value === "object" && value !== null && #aborted in value;

    abort = (signal, reason) => {
      if (signal.#aborted) return;
      const all = [signal];
      mark(signal, reason);
      for (const dependent of signal.#dependents ?? []) {
        if (dependent.#aborted) continue;
        mark(dependent, signal.#reason);
        all.push(dependent);
      }
      for (const one of all) {
        const run = one.#algorithms;
        one.#algorithms = one.#dependents = one.#sources = null;
        for (const algorithm of run ?? []) {
          try {
            algorithm(one.#reason);
          } catch (error) {
            report(error);
          }
        }
        fire(one, new Event("abort"));
      }
    };
    const mark = (signal, reason) => {
      signal.#aborted = true;
      signal.#reason = reason === undefined ? aborted() : reason;
    };

    // Returns what takes the algorithm away again.
    algorithms = (signal, run) => {
      if (signal.#aborted) return () => {};
      const mine = signal.#algorithms ??= new Set();
      mine.add(run);
      return () => { mine.delete(run); };
    };

    depend = (sources) => {
      const signal = new AbortSignal(SECRET);
      const first = sources.find((source) => source.#aborted);
      if (first) {
        signal.#aborted = true;
        signal.#reason = first.#reason;
        return signal;
      }
      signal.#sources = new Set();
      for (const source of sources) {
        // Only signals that depend on none are held, so that no chain is walked at an abort.
        for (const root of source.#sources ?? [source]) {
          signal.#sources.add(root);
          (root.#dependents ??= new Set()).add(signal);
        }
      }
      return signal;
    };
  }
}

function aborted() {
  return new DOMException("This operation was aborted", "AbortError");
}

signals((value) => isSignal(value), (signal, run) => algorithms(signal, run));
handlers(AbortSignal, ["abort"]);
expose(AbortSignal);
shown(AbortSignal, (signal) => ({ aborted: signal.aborted }));

export class AbortController {
  #signal = new AbortSignal(SECRET);

  get signal() { return this.#signal; }

  abort(reason = undefined) { abort(this.#signal, reason); }
}
expose(AbortController);
shown(AbortController, (controller) => ({ signal: controller.signal }));

export { algorithms as onAbort, depend as dependentSignal, isSignal };

/** Makes a signal and what aborts it. */
export function signalPair() {
  const signal = new AbortSignal(SECRET);
  return { signal, abort: (reason) => abort(signal, reason) };
}
