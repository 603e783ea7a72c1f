// Folders: making, listing, removing.

import * as given from "./arguments.js";
import { isFolder, lstatSync, resolved } from "./files.js";
import { folderGiven } from "./errors.js";
import * as host from "./host.js";
import { direntOf } from "./stats.js";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

export const join = (folder, name) => (folder.endsWith("/") ? folder + name : `${folder}/${name}`);

/** The first folder that was made, where `recursive`. */
export function mkdirSync(path, options) {
  const file = given.path(path);
  let recursive = false;
  if (typeof options === "number" || typeof options === "string") given.mode(options, "mode");
  else if (options) {
    ({ recursive = false } = options);
    given.check.boolean(recursive, "options.recursive");
    given.mode(options.mode, "mode", 0o777);
  }
  if (!recursive) return void host.makeDirectory(file);
  const missing = [];
  let at = resolved(file);
  for (;;) {
    try {
      host.makeDirectory(at, file);
      break;
    } catch (error) {
      if (error.code === "ENOENT" && at !== "/") {
        missing.push(at);
        at = at.slice(0, at.lastIndexOf("/")) || "/";
      } else if (error.code === "EEXIST") {
        const there = host.statOrNull(at, "mkdir");
        if (there && isFolder(there)) {
          at = undefined;
          break;
        }
        if (missing.length === 0) throw error;
        throw host.systemError(-20, "ENOTDIR", "not a directory", "mkdir", file);
      } else throw error;
    }
  }
  let first = at;
  for (const folder of missing.reverse()) {
    host.makeDirectory(folder, file);
    first ??= folder;
  }
  return first;
}

export function mkdtempSync(prefix, options) {
  const { encoding } = given.options(options);
  const start = given.path(prefix, "prefix");
  for (let tries = 0; ; tries++) {
    let name = start;
    for (let i = 0; i < 6; i++) name += LETTERS[Math.floor(Math.random() * LETTERS.length)];
    try {
      host.makeDirectory(name, `${start}XXXXXX`, "mkdtemp");
      return given.named(name, encoding);
    } catch (error) {
      if (error.code !== "EEXIST" || tries === 16) throw error;
    }
  }
}

const byName = ([a], [b]) => (a < b ? -1 : 1);

/** `[name, is folder]` of each entry, sorted. */
export const listed = (path, syscall, shown) => host.list(path, syscall, shown).sort(byName);

export function readdirSync(path, options) {
  const folder = given.path(path);
  const { encoding, withFileTypes = false, recursive = false } = given.options(options);
  given.check.boolean(recursive, "options.recursive");
  const out = [];
  const queue = [""];
  for (let at = 0; at < queue.length; at++) {
    const below = queue[at];
    const here = below === "" ? folder : join(folder, below);
    for (const entry of listed(here)) {
      const relative = below === "" ? entry[0] : `${below}/${entry[0]}`;
      out.push(withFileTypes ? direntOf(entry, here, encoding) : given.named(relative, encoding));
      if (recursive && entry[1]) queue.push(relative);
    }
  }
  return out;
}

export function rmdirSync(path, options) {
  const folder = given.path(path);
  if (options?.recursive && host.statOrNull(folder, "rmdir") !== null) return removeTree(folder);
  host.removeDirectory(folder);
}

export function rmSync(path, options) {
  const file = given.path(path);
  const { force = false, recursive = false } = options ?? {};
  given.check.boolean(force, "options.force");
  given.check.boolean(recursive, "options.recursive");
  const stats = lstatSync(file, { throwIfNoEntry: !force });
  if (stats === undefined) return;
  if (!stats.isDirectory()) return host.unlink(file);
  if (!recursive) throw folderGiven("rm", file);
  removeTree(file);
}

// Without recursion: folders may be nested deeper than the stack.
function removeTree(top) {
  const folders = [top];
  for (let at = 0; at < folders.length; at++) {
    for (const [name, folder] of host.list(folders[at])) {
      const path = join(folders[at], name);
      if (folder) folders.push(path);
      else host.unlink(path);
    }
  }
  for (const folder of folders.reverse()) host.removeDirectory(folder);
}
