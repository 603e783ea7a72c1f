// Open files: the table from descriptors to what is behind them, and what is done through one.
//
// A file of `/tmp` is held open at the host, so it lives on without a name; others never change and need no more
// than their path. 0, 1 and 2 are the standard streams: nothing to read, and the log.

import { number } from "../../host.js";
import { Buffer } from "../buffer.js";
import { invalidValue, outOfRange } from "../errors.js";
import * as given from "./arguments.js";
import { constants } from "./constants.js";
import * as host from "./host.js";
import { statsOf, streamStats } from "./stats.js";

const LOG = 5, FIRST = 3;
const { O_APPEND } = constants;
const ACCESS = 3;

let table = [];

/** Forgets what a function has opened. */
export function forget() {
  table = [];
}

const bad = (syscall) => host.systemError(-9, "EBADF", "bad file descriptor", syscall);

function entry(fd, syscall) {
  const found = table[given.fd(fd) - FIRST];
  if (!found) throw bad(syscall);
  return found;
}

const isStream = (fd) => fd < FIRST;
const target = (file) => (file.host === 0 ? file.path : file.host);

export function openSync(path, flags = "r", mode = 0o666) {
  path = given.path(path);
  const wanted = given.flags(flags);
  given.mode(mode, "mode", 0o666);
  return openFile(path, wanted);
}

/** Opens with checked arguments. */
export function openFile(path, flags, syscall = "open", shown = path) {
  const number = host.open(path, flags, syscall, shown);
  let at = table.findIndex((file) => !file);
  if (at < 0) at = table.length;
  table[at] = { host: number, path: host.absolute(path), position: 0, access: flags & ACCESS,
    append: (flags & O_APPEND) !== 0 };
  return at + FIRST;
}

export function closeSync(fd) {
  if (isStream(given.fd(fd))) return;
  const file = entry(fd, "close");
  table[fd - FIRST] = undefined;
  if (file.host !== 0) host.close(file.host);
}

// ---- reading ---------------------------------------------------------------------------------------------------

/** `(fd, buffer, offset, length, position)`, or `(fd, buffer, { offset, length, position })`. */
export function readSync(fd, buffer, offsetOrOptions, length, position) {
  given.fd(fd);
  given.view(buffer);
  let offset = offsetOrOptions;
  if (arguments.length <= 3 && offset !== undefined && offset !== null) {
    given.check.object(offset, "options");
    ({ offset = 0, length = buffer.byteLength - offset, position = null } = offset);
  }
  offset ??= 0;
  given.check.integer(offset, "offset", 0);
  length = length === undefined || length === null ? buffer.byteLength - offset : length | 0;
  if (length === 0) return 0;
  if (buffer.byteLength === 0) {
    throw invalidValue("buffer", buffer, "is empty and cannot be written");
  }
  if (offset > buffer.byteLength) throw outOfRange("offset", `<= ${buffer.byteLength}`, offset);
  if (length < 0) throw outOfRange("length", ">= 0", length);
  if (length > buffer.byteLength - offset) throw outOfRange("length", `<= ${buffer.byteLength - offset}`, length);
  return readInto(fd, given.raw(buffer).subarray(offset, offset + length), given.position(position));
}

function readInto(fd, into, position) {
  const found = readBytes(fd, into.length, position);
  into.set(found);
  return found.length;
}

/** Up to `length` bytes, at `position` or where the descriptor stands. */
export function readBytes(fd, length = Infinity, position = null) {
  if (isStream(given.fd(fd))) return new Uint8Array(0);
  const file = entry(fd, "read");
  if (file.access === constants.O_WRONLY) throw bad("read");
  const found = host.read(target(file), position ?? file.position, length);
  if (position === null) file.position += found.length;
  return found;
}

export function readvSync(fd, buffers, position) {
  given.fd(fd);
  given.views(buffers);
  let at = given.position(position);
  let total = 0;
  for (const buffer of buffers) {
    if (buffer.byteLength === 0) continue;
    const count = readInto(fd, given.raw(buffer), at);
    total += count;
    if (at !== null) at += count;
    if (count < buffer.byteLength) break;
  }
  return total;
}

// ---- writing ---------------------------------------------------------------------------------------------------

/** `(fd, buffer, offset, length, position)`, `(fd, buffer, options)` or `(fd, text, position, encoding)`. */
export function writeSync(fd, data, offsetOrOptions, length, position) {
  given.fd(fd);
  if (typeof data === "string") {
    given.encoding(length);
    const at = offsetOrOptions === undefined ? null : given.position(offsetOrOptions);
    return writeAll(fd, !length || /^utf-?8$/i.test(length) ? data : Buffer.from(data, length), at);
  }
  given.view(data);
  let offset = offsetOrOptions;
  if (offset !== null && typeof offset === "object") {
    ({ offset = 0, length = data.byteLength - offset, position = null } = offset);
  }
  offset ??= 0;
  given.check.integer(offset, "offset", 0);
  if (typeof length !== "number") length = data.byteLength - offset;
  if (offset > data.byteLength) throw outOfRange("offset", `<= ${data.byteLength}`, offset);
  if (length > data.byteLength - offset) throw outOfRange("length", `<= ${data.byteLength - offset}`, length);
  if (length < 0) throw outOfRange("length", ">= 0", length);
  return writeAll(fd, given.raw(data).subarray(offset, offset + length), given.position(position));
}

/** Writes text or bytes at `position`, or where the descriptor stands; how many bytes. */
export function writeAll(fd, data, position = null) {
  if (isStream(fd)) {
    if (fd === 0) throw bad("write");
    number(LOG, data);
    return typeof data === "string" ? Buffer.byteLength(data) : data.length;
  }
  const file = entry(fd, "write");
  if (file.host === 0 || file.access === constants.O_RDONLY) throw bad("write");
  const at = file.append ? null : position ?? file.position;
  const count = (typeof data === "string" ? host.writeText : host.write)(file.host, at, data);
  if (file.append) file.position = host.stat(file.host, "fstat")[1];
  else if (position === null) file.position += count;
  return count;
}

export function writevSync(fd, buffers, position) {
  given.fd(fd);
  given.views(buffers);
  let at = given.position(position);
  let total = 0;
  for (const buffer of buffers) {
    const count = writeAll(fd, given.raw(buffer), at);
    total += count;
    if (at !== null) at += count;
  }
  return total;
}

// ---- the rest --------------------------------------------------------------------------------------------------

export function fstatSync(fd, options = {}) {
  given.fd(fd);
  if (isStream(fd)) return streamStats(options?.bigint);
  return statsOf(host.stat(target(entry(fd, "fstat")), "fstat"), options?.bigint);
}

export function ftruncateSync(fd, length = 0) {
  given.fd(fd);
  given.check.integer(length, "len");
  const file = isStream(fd) ? null : entry(fd, "ftruncate");
  if (file === null || file.host === 0 || file.access === constants.O_RDONLY) {
    throw host.systemError(-22, "EINVAL", "invalid argument", "ftruncate");
  }
  host.resize(file.host, Math.max(0, length));
}

export function futimesSync(fd, accessed, modified) {
  given.fd(fd);
  const times = [given.time(accessed, "atime"), given.time(modified, "mtime")];
  if (!isStream(fd)) host.setTimes(target(entry(fd, "futime")), ...times, "futime");
}

function accepted(syscall) {
  return (fd) => {
    if (isStream(given.fd(fd))) return;
    if (entry(fd, syscall).host === 0) throw host.systemError(-30, "EROFS", "read-only file system", syscall);
  };
}

const [changeMode, changeOwner] = [accepted("fchmod"), accepted("fchown")];

/** There is one user, and no file that it may not read: accepted, and changes nothing. */
export function fchmodSync(fd, mode) {
  given.mode(mode, "mode");
  changeMode(fd);
}

export function fchownSync(fd, uid, gid) {
  given.check.integer(uid, "uid", -1, 4294967295);
  given.check.integer(gid, "gid", -1, 4294967295);
  changeOwner(fd);
}

export function fsyncSync(fd) {
  if (!isStream(given.fd(fd))) entry(fd, "fsync");
}

export function fdatasyncSync(fd) {
  if (!isStream(given.fd(fd))) entry(fd, "fdatasync");
}
