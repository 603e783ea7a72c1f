// The steps that the host does for `node:fs`; the other side is crates/sandbox-wasm/src/javascript/files.rs.
//
// What is refused is thrown as Node's system errors. Data goes in pieces, between which the host may let others run.

import { bytes, json, number, text } from "../../host.js";

const OPEN = 30, CLOSE = 31, STAT = 32, READ = 33, READ_TEXT = 34, WRITE = 35, RESIZE = 36, LIST = 37,
  MAKE_DIRECTORY = 38, REMOVE_DIRECTORY = 39, UNLINK = 40, RENAME = 41, SET_TIMES = 42;
const PIECE = 1 << 20;
// Characters of a text's piece: three bytes each at most.
const TEXT_PIECE = 1 << 18;

const { stringify } = JSON;

/** A path from the root, as the host wants it; `path` has been checked. */
export function absolute(path) {
  if (path === "" || path.charCodeAt(0) === 47) return path.toWellFormed();
  const cwd = globalThis.process?.cwd?.() ?? "/";
  return `${cwd === "/" ? "" : cwd}/${path}`.toWellFormed();
}

/** An error as Node has it for a failed system call. `errno` is negative. */
export function systemError(errno, code, words, syscall, path, dest) {
  const named = path === undefined ? "" : ` '${path}'${dest === undefined ? "" : ` -> '${dest}'`}`;
  const error = new Error(`${code}: ${words}, ${syscall}${named}`);
  return told(error, errno, code, syscall, path, dest);
}

function told(error, errno, code, syscall, path, dest) {
  Object.assign(error, { errno, code, syscall });
  if (path !== undefined) error.path = path;
  if (dest !== undefined) error.dest = dest;
  return error;
}

/** What `run` throws is told as of another call. */
export function as(syscall, path, dest, run) {
  try {
    return run();
  } catch (error) {
    if (typeof error?.errno !== "number" || !error.syscall) throw error;
    const words = error.message.slice(error.code.length + 2, error.message.indexOf(`, ${error.syscall}`));
    throw systemError(error.errno, error.code, words, syscall, path, dest);
  }
}

function rethrow(error, syscall, path, dest) {
  if (typeof error?.errno !== "number") throw error;
  throw systemError(error.errno, error.code, error.message, syscall, path, dest);
}

const target = (of) => (typeof of === "number" ? of : absolute(of));

/** The host's number of what was opened, 0 outside `/tmp`. */
export function open(path, flags, syscall = "open", shown = path) {
  try {
    return number(OPEN, stringify([absolute(path), flags]));
  } catch (error) {
    rethrow(error, syscall, shown);
  }
}

export function close(host) {
  try {
    number(CLOSE, String(host));
  } catch (error) {
    rethrow(error, "close");
  }
}

/** `[mode, size, inode, device, links, seconds and nanoseconds of access, modification, change]`. */
export function stat(of, syscall, shown = of) {
  try {
    return json(STAT, stringify(target(of)));
  } catch (error) {
    rethrow(error, syscall, typeof of === "number" ? undefined : shown);
  }
}

/** The same, `null` where nothing is. */
export function statOrNull(path, syscall) {
  try {
    return json(STAT, stringify(absolute(path)));
  } catch (error) {
    if (error?.code === "ENOENT") return null;
    rethrow(error, syscall, path);
  }
}

/** Up to `length` bytes from `offset` on, in one piece; fewer at the end only, or where a piece is full. */
export function readPiece(of, offset, length, syscall = "read", shown) {
  try {
    return bytes(READ, stringify([target(of), offset, Math.min(length, PIECE)]));
  } catch (error) {
    // A path is read in one step; Node finds out when it reads what it has opened.
    if (syscall === "open" && error?.code === "EISDIR") rethrow(error, "read");
    rethrow(error, syscall, shown);
  }
}

/** All bytes from `offset` on, at most `length`. */
export function read(of, offset = 0, length = Infinity, syscall = "read", shown = undefined) {
  const first = readPiece(of, offset, length, syscall, shown);
  if (first.length < PIECE) return first;
  const pieces = [first];
  let size = first.length;
  for (;;) {
    const piece = readPiece(of, offset + size, length - size, syscall, shown);
    if (piece.length > 0) pieces.push(piece);
    size += piece.length;
    if (piece.length < PIECE || size >= length) break;
  }
  const all = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** The whole file as text; `null` where it is too large for one piece. */
export function readText(path, syscall, shown = path) {
  try {
    return text(READ_TEXT, stringify(absolute(path)));
  } catch (error) {
    if (error?.code === "EISDIR") rethrow(error, "read");
    rethrow(error, syscall, shown);
  }
}

/** Writes all of a Uint8Array at `offset`, or at the end where that is `null`; how many bytes. */
export function write(host, offset, data) {
  let at = 0;
  do {
    const piece = data.subarray(at, at + PIECE);
    const head = `[${host},${offset === null ? null : offset + at}]\n`;
    const given = new Uint8Array(head.length + piece.length);
    for (let i = 0; i < head.length; i++) given[i] = head.charCodeAt(i);
    given.set(piece, head.length);
    at += writePiece(given);
  } while (at < data.length);
  return at;
}

/** The same for text, as UTF-8. */
export function writeText(host, offset, string) {
  const all = string.toWellFormed();
  let written = 0;
  let at = 0;
  do {
    let end = Math.min(at + TEXT_PIECE, all.length);
    if (end < all.length && (all.charCodeAt(end) & 0xfc00) === 0xdc00) end--;
    written += writePiece(`[${host},${offset === null ? null : offset + written}]\n${all.slice(at, end)}`);
    at = end;
  } while (at < all.length);
  return written;
}

function writePiece(given) {
  try {
    return number(WRITE, given);
  } catch (error) {
    rethrow(error, "write");
  }
}

export function resize(host, size) {
  try {
    number(RESIZE, stringify([host, size]));
  } catch (error) {
    rethrow(error, "ftruncate");
  }
}

/** `[[name, is directory]…]`. */
export function list(path, syscall = "scandir", shown = path) {
  try {
    const all = [];
    let from = 0;
    while (from !== null) {
      const [entries, next] = json(LIST, stringify([absolute(path), from]));
      for (const entry of entries) all.push(entry);
      from = next;
    }
    return all;
  } catch (error) {
    rethrow(error, syscall, shown);
  }
}

function step(op, syscall) {
  return (path, shown = path, name = syscall) => {
    try {
      number(op, stringify(absolute(path)));
    } catch (error) {
      rethrow(error, name, shown);
    }
  };
}

export const makeDirectory = step(MAKE_DIRECTORY, "mkdir");
export const removeDirectory = step(REMOVE_DIRECTORY, "rmdir");
export const unlink = step(UNLINK, "unlink");

export function rename(from, to) {
  try {
    number(RENAME, stringify([absolute(from), absolute(to)]));
  } catch (error) {
    rethrow(error, "rename", from, to);
  }
}

/** Times in nanoseconds, as BigInt. */
export function setTimes(of, accessed, modified, syscall) {
  try {
    number(SET_TIMES, stringify([target(of), String(accessed), String(modified)]));
  } catch (error) {
    rethrow(error, syscall, typeof of === "number" ? undefined : of);
  }
}
