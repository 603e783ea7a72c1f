// `opendir`: a folder read entry by entry.

import { nodeError } from "../errors.js";
import { process } from "../process.js";
import * as given from "./arguments.js";
import { listed } from "./folders.js";
import { direntOf } from "./stats.js";

const closed = () => nodeError("ERR_DIR_CLOSED", "Directory handle was closed");

export class Dir {
  #entries;
  #at = 0;
  #encoding;
  #path;

  constructor(path, entries, encoding) {
    this.#path = path;
    this.#entries = entries;
    this.#encoding = encoding;
  }

  get path() { return this.#path; }

  readSync() {
    if (this.#entries === null) throw closed();
    if (this.#at === this.#entries.length) return null;
    return direntOf(this.#entries[this.#at++], this.#path, this.#encoding);
  }

  closeSync() {
    if (this.#entries === null) throw closed();
    this.#entries = null;
  }

  read(callback) { return later(() => this.readSync(), callback); }
  close(callback) { return later(() => this.closeSync(), callback); }

  async *entries() {
    try {
      for (let entry = this.readSync(); entry !== null; entry = this.readSync()) yield entry;
    } finally {
      if (this.#entries !== null) this.closeSync();
    }
  }
}

Object.defineProperty(Dir.prototype, Symbol.asyncIterator, {
  value: Dir.prototype.entries, writable: true, enumerable: false, configurable: true,
});

// A promise, unless there is a callback.
function later(run, callback) {
  if (callback === undefined) return Promise.try(run);
  given.check.callback(callback, "callback");
  try {
    const result = run();
    process.nextTick(callback, null, result);
  } catch (error) {
    process.nextTick(callback, error);
  }
}

export function opendirSync(path, options) {
  const folder = given.path(path);
  const { encoding = "utf8" } = given.options(options);
  return new Dir(folder, listed(folder, "opendir"), encoding);
}
