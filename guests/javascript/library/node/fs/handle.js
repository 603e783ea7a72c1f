// `FileHandle`: what `fs.promises.open` gives.

import { Buffer } from "../buffer.js";
import EventEmitter from "../events.js";
import * as given from "./arguments.js";
import * as descriptors from "./descriptors.js";
import { appendFileSync, readFileSync, writeFileSync } from "./files.js";
import { systemError } from "./host.js";
import { createReadStream, createWriteStream } from "./streams.js";

export class FileHandle extends EventEmitter {
  #fd;

  constructor(fd) {
    super();
    this.#fd = fd;
  }

  get fd() { return this.#fd; }

  #use(syscall) {
    if (this.#fd < 0) throw systemError(-9, "EBADF", "file closed", syscall);
    return this.#fd;
  }

  async close() {
    if (this.#fd < 0) return;
    const fd = this.#fd;
    this.#fd = -1;
    descriptors.closeSync(fd);
    this.emit("close");
  }

  async read(bufferOrOptions, offset, length, position) {
    const fd = this.#use("read");
    let buffer = bufferOrOptions;
    if (!ArrayBuffer.isView(buffer)) {
      ({ buffer = Buffer.alloc(16384), offset, length, position } = bufferOrOptions ?? {});
    } else if (offset !== null && typeof offset === "object") {
      ({ offset, length, position } = offset);
    }
    offset ??= 0;
    length ??= given.view(buffer).byteLength - offset;
    return { bytesRead: descriptors.readSync(fd, buffer, offset, length, position ?? null), buffer };
  }

  async readv(buffers, position) {
    return { bytesRead: descriptors.readvSync(this.#use("read"), buffers, position), buffers };
  }

  async write(data, offset, length, position) {
    return { bytesWritten: descriptors.writeSync(this.#use("write"), data, offset, length, position), buffer: data };
  }

  async writev(buffers, position) {
    return { bytesWritten: descriptors.writevSync(this.#use("write"), buffers, position), buffers };
  }

  async readFile(options) { return readFileSync(this.#use("read"), options); }
  async writeFile(data, options) { return writeData(this.#use("write"), data, options, writeFileSync); }
  async appendFile(data, options) { return writeData(this.#use("write"), data, options, appendFileSync); }
  async stat(options) { return descriptors.fstatSync(this.#use("fstat"), options); }
  async truncate(length) { return descriptors.ftruncateSync(this.#use("ftruncate"), length); }
  async sync() { return descriptors.fsyncSync(this.#use("fsync")); }
  async datasync() { return descriptors.fdatasyncSync(this.#use("fdatasync")); }
  async utimes(accessed, modified) { return descriptors.futimesSync(this.#use("futime"), accessed, modified); }
  async chmod(mode) { return descriptors.fchmodSync(this.#use("fchmod"), mode); }
  async chown(uid, gid) { return descriptors.fchownSync(this.#use("fchown"), uid, gid); }

  createReadStream(options) { return createReadStream(undefined, { ...options, fd: this }); }
  createWriteStream(options) { return createWriteStream(undefined, { ...options, fd: this }); }

  /** Lines without their ends, for `for await`. */
  readLines(options) {
    const stream = this.createReadStream({ encoding: "utf8", ...options });
    return {
      close() { stream.destroy(); },
      async *[Symbol.asyncIterator]() {
        let rest = "";
        for await (const piece of stream) {
          const lines = (rest + piece).split(/\r?\n/);
          rest = lines.pop();
          yield* lines;
        }
        if (rest !== "") yield rest;
      },
    };
  }

  readableWebStream() {
    const handle = this;
    return new ReadableStream({
      async pull(controller) {
        const bytes = descriptors.readBytes(handle.#use("read"), 65536);
        if (bytes.length > 0) controller.enqueue(bytes);
        else controller.close();
      },
    });
  }
}

Object.defineProperty(FileHandle.prototype, Symbol.toStringTag, { value: "FileHandle", configurable: true });
if (Symbol.asyncDispose) {
  Object.defineProperty(FileHandle.prototype, Symbol.asyncDispose, {
    value() { return this.close(); }, writable: true, enumerable: false, configurable: true,
  });
}

/** Writes text, bytes, or what a stream or an iterable yields, through `write` to a path or descriptor. */
export async function writeData(file, data, options, write) {
  const pieces = data?.[Symbol.asyncIterator] ?? (ArrayBuffer.isView(data) || typeof data === "string" ? undefined
    : data?.[Symbol.iterator]);
  if (pieces === undefined) return write(file, data, options);
  const { encoding = "utf8", flag = write === appendFileSync ? "a" : "w", mode, signal } = given.options(options);
  const fd = typeof file === "number" ? file : descriptors.openSync(file, flag, mode);
  try {
    for await (const piece of data) {
      given.notAborted(signal);
      descriptors.writeAll(fd, given.data(piece, encoding));
    }
  } finally {
    if (fd !== file) descriptors.closeSync(fd);
  }
}
