// `process.stdout` and `process.stderr`, which write to the log of the invocation, and `process.stdin`, which is empty.

import { number } from "../../host.js";
import { Readable, Writable } from "../stream.js";

const LOG = 5;

class LogStream extends Writable {
  isTTY = false;
  columns = undefined;

  constructor(fd) {
    super({ decodeStrings: false, autoDestroy: false, emitClose: false });
    this.fd = fd;
    this._type = "pipe";
  }

  _write(chunk, encoding, callback) {
    if (chunk.length > 0)
      number(LOG, typeof chunk === "string" ? chunk : new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    callback();
  }

  // They stay open, whoever ends them.
  _destroy(error, callback) {
    callback(error);
  }
  getColorDepth() {
    return 1;
  }
  hasColors() {
    return false;
  }
  getWindowSize() {
    return [80, 24];
  }
}

export const stdout = new LogStream(1);
export const stderr = new LogStream(2);
export const stdin = Object.assign(
  new Readable({
    read() {
      this.push(null);
    },
  }),
  {
    fd: 0,
    isTTY: false,
    setRawMode() {
      return stdin;
    },
  },
);
