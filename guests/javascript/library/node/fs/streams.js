// `fs.ReadStream` and `fs.WriteStream`. Functions and not classes, since packages call them on objects of their own.

import { Buffer } from "../buffer.js";
import { outOfRange } from "../errors.js";
import { process } from "../process.js";
import { finished, Readable, Writable } from "../stream.js";
import * as given from "./arguments.js";
import { closeSync, openSync, readBytes, writeAll } from "./descriptors.js";

const READ_BYTES = 64 << 10;

function prepare(stream, path, options, flags) {
  const { fd, start, autoClose = true } = options;
  stream.handle = undefined;
  stream.fd = null;
  if (fd === undefined || fd === null) {
    stream.path = given.path(path);
    stream.flags = options.flags ?? flags;
    stream.mode = options.mode ?? 0o666;
  } else if (typeof fd === "number") {
    stream.fd = given.fd(fd);
  } else {
    stream.handle = fd;
    stream.fd = fd.fd;
  }
  stream.start = start;
  stream.pos = undefined;
  if (start !== undefined) {
    given.check.integer(start, "start", 0);
    stream.pos = start;
  }
  return { emitClose: true, ...options, autoDestroy: autoClose, encoding: undefined, start: undefined };
}

function construct(callback) {
  if (typeof this.fd === "number") return callback();
  try {
    this.fd = openSync(this.path, this.flags, this.mode);
  } catch (error) {
    return callback(error);
  }
  callback();
  this.emit("open", this.fd);
  this.emit("ready");
}

function destroy(error, callback) {
  const { fd, handle } = this;
  this.fd = null;
  if (typeof fd !== "number") return callback(error);
  if (handle) return void handle.close().then(() => callback(error), (failed) => callback(error ?? failed));
  try {
    closeSync(fd);
  } catch (failed) {
    return callback(error ?? failed);
  }
  callback(error);
}

function method(Class, methods) {
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(Class.prototype, name, { value, writable: true, enumerable: false, configurable: true });
  }
  Object.defineProperty(Class.prototype, "autoClose", {
    configurable: true,
    get() { return (this._readableState ?? this._writableState).autoDestroy; },
    set(value) { (this._readableState ?? this._writableState).autoDestroy = value; },
  });
  Object.defineProperty(Class.prototype, "pending", { configurable: true, get() { return this.fd === null; } });
}

export function ReadStream(path, options) {
  if (!(this instanceof ReadStream)) return new ReadStream(path, options);
  const found = given.options(options);
  const prepared = prepare(this, path, found, "r");
  const { start, end = Infinity } = found;
  if (end !== Infinity) given.check.integer(end, "end", 0);
  if (start > end) throw outOfRange("start", `<= "end" (here: ${end})`, start);
  this.end = end;
  this.bytesRead = 0;
  Reflect.apply(Readable, this, [{ ...prepared, highWaterMark: found.highWaterMark ?? READ_BYTES }]);
  if (found.encoding) this.setEncoding(found.encoding);
}
Object.setPrototypeOf(ReadStream.prototype, Readable.prototype);
Object.setPrototypeOf(ReadStream, Readable);

function take(stream, size) {
  const left = stream.end - (stream.pos ?? stream.bytesRead) + 1;
  const length = Math.min(size, left);
  if (length <= 0) return null;
  try {
    const bytes = readBytes(stream.fd, length, stream.pos ?? null);
    stream.bytesRead += bytes.length;
    if (stream.pos !== undefined) stream.pos += bytes.length;
    return bytes.length === 0 ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  } catch (error) {
    stream.destroy(error);
    return undefined;
  }
}

method(ReadStream, {
  _construct: construct,
  _destroy: destroy,
  // Later, as Node: what is pushed at once would be joined with what is pushed next.
  _read(size) {
    process.nextTick(() => {
      const bytes = this.destroyed ? undefined : take(this, size);
      if (bytes !== undefined) this.push(bytes);
    });
  },
  close(callback) {
    if (callback) finished(this, callback);
    this.destroy();
  },
});

export function WriteStream(path, options) {
  if (!(this instanceof WriteStream)) return new WriteStream(path, options);
  const found = given.options(options);
  const prepared = prepare(this, path, found, "w");
  this.bytesWritten = 0;
  Reflect.apply(Writable, this, [{ ...prepared, decodeStrings: true }]);
  if (found.encoding) this.setDefaultEncoding(found.encoding);
}
Object.setPrototypeOf(WriteStream.prototype, Writable.prototype);
Object.setPrototypeOf(WriteStream, Writable);

function put(stream, bytes) {
  const count = writeAll(stream.fd, bytes, stream.pos ?? null);
  stream.bytesWritten += count;
  if (stream.pos !== undefined) stream.pos += count;
}

method(WriteStream, {
  _construct: construct,
  _destroy: destroy,
  _write(bytes, _, callback) {
    try {
      put(this, bytes);
    } catch (error) {
      return callback(error);
    }
    callback();
  },
  _writev(pieces, callback) {
    try {
      put(this, Buffer.concat(pieces.map(({ chunk }) => chunk)));
    } catch (error) {
      return callback(error);
    }
    callback();
  },
  close(callback) {
    if (callback) {
      if (this.closed) return void process.nextTick(callback);
      this.on("close", callback);
    }
    if (!this.autoClose) this.on("finish", this.destroy);
    this.end();
  },
  destroySoon: Writable.prototype.end,
});

export const createReadStream = (path, options) => new ReadStream(path, options);
export const createWriteStream = (path, options) => new WriteStream(path, options);
