// `cp`: a tree of files copied. Written once; `filter` may be asked in the middle, with or without waiting.

import { invalidType, nodeError } from "../errors.js";
import * as given from "./arguments.js";
import { copyFileSync, isFolder, resolved } from "./files.js";
import { folderGiven, fsError } from "./errors.js";
import { join, mkdirSync } from "./folders.js";
import * as host from "./host.js";

// Yields what `filter` returned, and is told whether to copy.
function* steps(source, destination, options = {}) {
  const from = given.path(source, "src");
  const to = given.path(destination, "dest");
  given.check.object(options, "options");
  const { filter, recursive = false } = options;
  if (filter !== undefined && typeof filter !== "function") {
    throw invalidType("options.filter", "of type function", filter);
  }
  const queue = [[from, to]];
  for (let at = 0; at < queue.length; at++) {
    const [src, dest] = queue[at];
    if (filter && !(yield filter(src, dest))) continue;
    const stat = host.stat(src, "lstat");
    const there = host.statOrNull(dest, "lstat");
    check(src, stat, dest, there);
    if (!isFolder(stat)) {
      copyOne(src, stat, dest, there, options);
      continue;
    }
    if (!recursive) throw folderGiven("cp", src, `${src} is a directory (not copied)`, 22);
    if (!there) mkdirSync(dest, { recursive: true });
    for (const [name] of host.list(src)) queue.push([join(src, name), join(dest, name)]);
  }
}

function check(src, stat, dest, there) {
  const invalid = (words) => fsError("ERR_FS_CP_EINVAL", "Invalid src or dest", "cp", dest, 22, words, "EINVAL");
  if (there) {
    if (there[2] === stat[2] && there[3] === stat[3]) throw invalid("src and dest cannot be the same");
    if (isFolder(stat) && !isFolder(there)) {
      throw fsError("ERR_FS_CP_DIR_TO_NON_DIR", "Cannot overwrite non-directory with directory", "cp", dest, 21,
        `cannot overwrite non-directory ${dest} with directory ${src}`, "EISDIR");
    }
    if (!isFolder(stat) && isFolder(there)) {
      throw fsError("ERR_FS_CP_NON_DIR_TO_DIR", "Cannot overwrite directory with non-directory", "cp", dest, 20,
        `cannot overwrite directory ${dest} with non-directory ${src}`, "ENOTDIR");
    }
  }
  if (isFolder(stat) && resolved(dest).startsWith(`${resolved(src)}/`)) {
    throw invalid(`cannot copy ${src} to a subdirectory of self ${dest}`);
  }
}

function copyOne(src, stat, dest, there, { force = true, errorOnExist = false, preserveTimestamps = false, mode = 0 }) {
  if (there && !force) {
    if (!errorOnExist) return;
    const words = `${dest} already exists`;
    throw fsError("ERR_FS_CP_EEXIST", "Target already exists", "cp", dest, 17, words, "EEXIST");
  }
  const parent = resolved(dest).replace(/\/[^/]*$/, "") || "/";
  if (host.statOrNull(parent, "stat") === null) mkdirSync(parent, { recursive: true });
  copyFileSync(src, dest, mode);
  if (!preserveTimestamps) return;
  const ns = (at) => BigInt(stat[at]) * 1000000000n + BigInt(stat[at + 1]);
  host.setTimes(dest, ns(5), ns(7), "utime");
}

export function cpSync(source, destination, options) {
  const run = steps(source, destination, options);
  for (let next = run.next(); !next.done;) {
    if (typeof next.value?.then === "function") {
      throw nodeError("ERR_INVALID_RETURN_VALUE", "Expected boolean to be returned from the \"options.filter\" " +
        "function but got an instance of Promise.");
    }
    next = run.next(next.value);
  }
}

export async function cp(source, destination, options) {
  const run = steps(source, destination, options);
  for (let next = run.next(); !next.done;) next = run.next(await next.value);
}
