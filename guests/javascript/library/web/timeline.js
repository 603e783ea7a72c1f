// The `performance` object: marks and measures over the clock of performance.js.

import { structuredClone } from "./clone.js";
import { EventTarget } from "./events.js";
import { now, timeOrigin } from "./performance.js";
import { callback, dictionary, expose, failed, illegal, required, sequence, shown } from "./webidl.js";

const SECRET = Symbol("entry");
// Entries that a function keeps without clearing them count against its memory, but not without end.
const MAX_ENTRIES = 10_000;

export class PerformanceEntry {
  #name;
  #type;
  #start;
  #duration;

  constructor() {
    const [secret, name, type, start, duration] = arguments;
    if (secret !== SECRET) throw illegal();
    this.#name = name;
    this.#type = type;
    this.#start = start;
    this.#duration = duration;
  }

  get name() { return this.#name; }
  get entryType() { return this.#type; }
  get startTime() { return this.#start; }
  get duration() { return this.#duration; }

  toJSON() {
    const json = { name: this.#name, entryType: this.#type, startTime: this.#start, duration: this.#duration };
    return "detail" in this ? { ...json, detail: this.detail } : json;
  }
}
expose(PerformanceEntry);
shown(PerformanceEntry, (entry) => entry.toJSON());

const copied = (detail) => (detail === undefined || detail === null ? null : structuredClone(detail));

function time(value, what) {
  const number = Number(value);
  if (!Number.isFinite(number)) throw failed(`${what} must be a finite number`, "ERR_INVALID_ARG_TYPE");
  if (number < 0) throw failed(`${what} must not be negative`, "ERR_PERFORMANCE_INVALID_TIMESTAMP");
  return number;
}

export class PerformanceMark extends PerformanceEntry {
  #detail;

  constructor(markName, markOptions = undefined) {
    required(arguments.length, 1, "PerformanceMark");
    const { detail, startTime } = dictionary(markOptions, "The mark's options");
    super(SECRET, `${markName}`, "mark", startTime === undefined ? now() : time(startTime, "startTime"), 0);
    this.#detail = copied(detail);
  }

  get detail() { return this.#detail; }
}
expose(PerformanceMark);

export class PerformanceMeasure extends PerformanceEntry {
  #detail;

  constructor() {
    const [secret, name, start, duration, detail] = arguments;
    super(secret, name, "measure", start, duration);
    this.#detail = detail;
  }

  get detail() { return this.#detail; }
}
expose(PerformanceMeasure);

let entries = [];
const observers = new Set();

function record(entry) {
  if (entries.length >= MAX_ENTRIES) entries.shift();
  entries.push(entry);
  for (const observer of observers) observer[QUEUE](entry);
  return entry;
}

function sorted(list) {
  return list.toSorted((a, b) => a.startTime - b.startTime);
}

function at(mark, what) {
  if (typeof mark === "number") return time(mark, what);
  const name = `${mark}`;
  const found = entries.findLast((entry) => entry.entryType === "mark" && entry.name === name);
  if (!found) throw new DOMException(`The mark ${JSON.stringify(name)} does not exist.`, "SyntaxError");
  return found.startTime;
}

export class Performance extends EventTarget {
  constructor() {
    if (arguments[0] !== SECRET) throw illegal();
    super();
  }

  now() { return now(); }

  get timeOrigin() { return timeOrigin(); }

  mark(markName, markOptions = undefined) {
    required(arguments.length, 1, "performance.mark");
    return record(new PerformanceMark(markName, markOptions));
  }

  measure(measureName, startOrMeasureOptions = undefined, endMark = undefined) {
    required(arguments.length, 1, "performance.measure");
    const name = `${measureName}`;
    let [start, end, duration, detail] = [startOrMeasureOptions ?? undefined, endMark, undefined, undefined];
    if (typeof start === "object") {
      ({ start, end, duration, detail } = start);
      if ([start, end, duration, detail].some((member) => member !== undefined)) {
        if (endMark !== undefined) throw failed("performance.measure takes an end mark or options, not both");
        if (start === undefined && end === undefined) throw failed("The options name neither start nor end");
        if (start !== undefined && end !== undefined && duration !== undefined) {
          throw failed("The options name all of start, end and duration");
        }
      }
      end ??= endMark;
    }
    let to;
    if (end !== undefined) to = at(end, "end");
    else if (start !== undefined && duration !== undefined) to = at(start, "start") + time(duration, "duration");
    else to = now();
    let from;
    if (start !== undefined) from = at(start, "start");
    else if (duration !== undefined && end !== undefined) from = to - time(duration, "duration");
    else from = 0;
    return record(new PerformanceMeasure(SECRET, name, from, to - from, copied(detail)));
  }

  clearMarks(markName = undefined) { clear("mark", markName); }
  clearMeasures(measureName = undefined) { clear("measure", measureName); }

  getEntries() { return sorted(entries); }

  getEntriesByName(name, type = undefined) {
    required(arguments.length, 1, "performance.getEntriesByName");
    return named(entries, name, type);
  }

  getEntriesByType(type) {
    required(arguments.length, 1, "performance.getEntriesByType");
    return sorted(entries.filter((entry) => entry.entryType === `${type}`));
  }

  toJSON() { return { timeOrigin: timeOrigin() }; }
}
expose(Performance);
shown(Performance, (it) => it.toJSON());

function clear(type, name) {
  entries = entries.filter((entry) => entry.entryType !== type || (name !== undefined && entry.name !== `${name}`));
}

function named(list, name, type) {
  return sorted(list.filter((entry) => entry.name === `${name}`
    && (type === undefined || entry.entryType === `${type}`)));
}

const QUEUE = Symbol("queue");

export class PerformanceObserverEntryList {
  #list;

  constructor() {
    if (arguments[0] !== SECRET) throw illegal();
    this.#list = arguments[1];
  }

  getEntries() { return sorted(this.#list); }

  getEntriesByType(type) {
    required(arguments.length, 1, "PerformanceObserverEntryList.getEntriesByType");
    return sorted(this.#list.filter((entry) => entry.entryType === `${type}`));
  }

  getEntriesByName(name, type = undefined) {
    required(arguments.length, 1, "PerformanceObserverEntryList.getEntriesByName");
    return named(this.#list, name, type);
  }
}
expose(PerformanceObserverEntryList);

const TYPES = Object.freeze(["mark", "measure"]);

export class PerformanceObserver {
  #run;
  #types = new Set();
  #many = null;
  #list = [];
  #due = false;

  constructor(run) {
    required(arguments.length, 1, "PerformanceObserver");
    this.#run = callback(run, "The callback");
  }

  static get supportedEntryTypes() { return TYPES; }

  observe(options = undefined) {
    const { entryTypes, type, buffered } = dictionary(options, "The observer's options");
    if (entryTypes === undefined && type === undefined) throw failed("The options name neither entryTypes nor type");
    if (entryTypes !== undefined && (type !== undefined || buffered !== undefined)) {
      throw failed("The options name entryTypes together with type or buffered");
    }
    const many = entryTypes !== undefined;
    if (this.#many !== null && this.#many !== many) {
      throw new DOMException("The observer was given the other kind of options before.", "InvalidModificationError");
    }
    this.#many = many;
    const wanted = (many ? sequence(entryTypes, String) : [`${type}`]).filter((name) => TYPES.includes(name));
    if (wanted.length === 0) return;
    if (many) this.#types = new Set(wanted);
    else this.#types.add(wanted[0]);
    observers.add(this);
    if (buffered) for (const entry of entries) if (entry.entryType === wanted[0]) this[QUEUE](entry);
  }

  disconnect() {
    observers.delete(this);
    this.#list = [];
    this.#types.clear();
  }

  takeRecords() {
    const taken = this.#list;
    this.#list = [];
    return taken;
  }

  [QUEUE](entry) {
    if (!this.#types.has(entry.entryType)) return;
    this.#list.push(entry);
    if (this.#due) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      const taken = this.takeRecords();
      if (taken.length > 0) this.#run.call(this, new PerformanceObserverEntryList(SECRET, taken), this);
    });
  }
}
expose(PerformanceObserver);

export const performance = new Performance(SECRET);

/** No function is loaded any more. */
export function forgetTimeline() {
  entries = [];
  observers.clear();
}
