// Whole files, and what is known of a path.

import { Buffer } from "../buffer.js";
import * as given from "./arguments.js";
import { constants } from "./constants.js";
import { closeSync, ftruncateSync, openFile, readBytes, writeAll } from "./descriptors.js";
import * as host from "./host.js";
import { statsOf } from "./stats.js";

const { O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY, S_IFDIR, S_IFMT } = constants;
const READ_ONLY = 2;
const isUtf8 = (encoding) => encoding === "utf8" || encoding === "utf-8" || encoding === "UTF-8" || encoding === "UTF8";

/** The same bytes as a Buffer. */
export const asBuffer = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

/** Whether the host's `stat` tells of a folder. */
export const isFolder = (stat) => (stat[0] & S_IFMT) === S_IFDIR;

/** Runs `use` with an open descriptor and closes it. */
export function withFile(path, flags, use) {
  const fd = openFile(path, flags);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

export function readFileSync(path, options) {
  const { encoding, flag, signal } = given.options(options, { flag: "r" });
  given.notAborted(signal);
  let bytes;
  if (given.isFd(path)) {
    bytes = readBytes(path);
  } else {
    const file = given.path(path);
    const flags = given.flags(flag);
    if (flags !== O_RDONLY) {
      bytes = withFile(file, flags, readBytes);
    } else {
      const text = isUtf8(encoding) ? host.readText(file, "open") : null;
      if (text !== null) return text;
      bytes = host.read(file, 0, Infinity, "open", file);
    }
  }
  const buffer = asBuffer(bytes);
  return encoding && encoding !== "buffer" ? buffer.toString(encoding) : buffer;
}

export function writeFileSync(path, data, options) {
  const found = given.options(options, { encoding: "utf8", mode: 0o666, flag: "w" });
  writeTo(path, data, found);
}

export function appendFileSync(path, data, options) {
  const found = given.options(options, { encoding: "utf8", mode: 0o666, flag: "a" });
  writeTo(path, data, found);
}

function writeTo(path, data, { encoding, flag, mode, signal }) {
  const asText = typeof data === "string" && (!encoding || isUtf8(encoding));
  const bytes = asText ? data : given.data(data, encoding);
  given.mode(mode, "mode", 0o666);
  given.notAborted(signal);
  if (given.isFd(path)) writeAll(path, bytes);
  else withFile(given.path(path), given.flags(flag), (fd) => writeAll(fd, bytes));
}

export function truncateSync(path, length = 0) {
  if (given.isFd(path)) return ftruncateSync(path, length);
  withFile(given.path(path), O_RDWR, (fd) => ftruncateSync(fd, length));
}

export function copyFileSync(from, to, mode = 0) {
  from = given.path(from, "src");
  to = given.path(to, "dest");
  given.check.integer(mode, "mode", 0, 7);
  host.as("copyfile", from, to, () => {
    const stat = host.stat(from, "copyfile");
    if (isFolder(stat)) throw host.systemError(-21, "EISDIR", "illegal operation on a directory", "copyfile");
    const there = host.statOrNull(to, "copyfile");
    const exclusive = (mode & constants.COPYFILE_EXCL) !== 0;
    if (!exclusive && there && there[2] === stat[2] && there[3] === stat[3]) return;
    const target = host.open(to, O_WRONLY | O_CREAT | O_TRUNC | (exclusive ? O_EXCL : 0));
    try {
      for (let at = 0; at < stat[1];) {
        const piece = host.readPiece(from, at, stat[1] - at);
        if (piece.length === 0) break;
        at += host.write(target, at, piece);
      }
    } finally {
      host.close(target);
    }
  });
}

export function renameSync(from, to) {
  host.rename(given.path(from, "oldPath"), given.path(to, "newPath"));
}

export function unlinkSync(path) {
  host.unlink(given.path(path));
}

// ---- what is known of a path -----------------------------------------------------------------------------------

function stats(syscall) {
  return (path, options = {}) => {
    const file = given.path(path);
    const { bigint = false, throwIfNoEntry = true } = options ?? {};
    const found = throwIfNoEntry ? host.stat(file, syscall) : host.statOrNull(file, syscall);
    return found === null ? undefined : statsOf(found, bigint);
  };
}

export const [statSync, lstatSync] = [stats("stat"), stats("lstat")];

export function accessSync(path, mode = constants.F_OK) {
  const file = given.path(path);
  given.check.integer(mode, "mode", 0, 7);
  const stat = host.stat(file, "access");
  if ((mode & constants.W_OK) !== 0 && stat[3] === READ_ONLY) {
    throw host.systemError(-30, "EROFS", "read-only file system", "access", file);
  }
  if ((mode & constants.X_OK) !== 0 && !isFolder(stat)) {
    throw host.systemError(-13, "EACCES", "permission denied", "access", file);
  }
}

export function existsSync(path) {
  try {
    return host.statOrNull(given.path(path), "access") !== null;
  } catch {
    return false;
  }
}

/** The path without `.`, `..` and doubled slashes; nothing links elsewhere. */
export function resolved(path) {
  const names = [];
  for (const name of host.absolute(path).split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return `/${names.join("/")}`;
}

export function realpathSync(path, options) {
  const file = given.path(path);
  const { encoding } = given.options(options);
  host.stat(file === "" ? "." : file, "lstat");
  return given.named(resolved(file), encoding);
}

export function utimesSync(path, accessed, modified) {
  host.setTimes(given.path(path), given.time(accessed, "atime"), given.time(modified, "mtime"), "utime");
}

export function lutimesSync(path, accessed, modified) {
  host.setTimes(given.path(path), given.time(accessed, "atime"), given.time(modified, "mtime"), "lutime");
}

// There is one user, who may read and write all that can be: accepted in `/tmp`, and changes nothing.
function accepted(path, syscall) {
  if (host.stat(path, syscall)[3] === READ_ONLY) {
    throw host.systemError(-30, "EROFS", "read-only file system", syscall, path);
  }
}

export function chmodSync(path, mode) {
  const file = given.path(path);
  given.mode(mode, "mode");
  accepted(file, "chmod");
}

function owner(syscall) {
  return (path, uid, gid) => {
    const file = given.path(path);
    given.check.integer(uid, "uid", -1, 4294967295);
    given.check.integer(gid, "gid", -1, 4294967295);
    accepted(file, syscall);
  };
}

export const [chownSync, lchownSync] = [owner("chown"), owner("lchown")];

// ---- links: there are none -------------------------------------------------------------------------------------

export function readlinkSync(path) {
  const file = given.path(path);
  host.stat(file, "readlink");
  throw host.systemError(-22, "EINVAL", "invalid argument", "readlink", file);
}

const noLinks = (kind) => `function not implemented (a sandbox has no ${kind} links; copy the file)`;

export function symlinkSync(target, path) {
  const [from, to] = [given.path(target, "target"), given.path(path)];
  throw host.systemError(-38, "ENOSYS", noLinks("symbolic"), "symlink", from, to);
}

export function linkSync(existing, path) {
  const [from, to] = [given.path(existing, "existingPath"), given.path(path, "newPath")];
  throw host.systemError(-38, "ENOSYS", noLinks("hard"), "link", from, to);
}
