// What `stat` and `readdir` return: Stats, BigIntStats, Dirent.

import { constants } from "./constants.js";
import { named } from "./arguments.js";

const { S_IFMT, S_IFREG, S_IFDIR, S_IFCHR, S_IFBLK, S_IFIFO, S_IFLNK, S_IFSOCK } = constants;
const BLOCK = 4096;
const KINDS = [["isDirectory", S_IFDIR], ["isFile", S_IFREG], ["isBlockDevice", S_IFBLK],
  ["isCharacterDevice", S_IFCHR], ["isSymbolicLink", S_IFLNK], ["isFIFO", S_IFIFO], ["isSocket", S_IFSOCK]];
const TIMES = ["atime", "mtime", "ctime", "birthtime"];

const FIELDS = ["dev", "mode", "nlink", "uid", "gid", "rdev", "blksize", "ino", "size", "blocks"];

/** As Node's: the fields in their order, then four times in milliseconds. Dates are made when they are looked at. */
export function Stats(...given) {
  for (const [i, name] of FIELDS.entries()) this[name] = given[i];
  for (const [i, name] of TIMES.entries()) this[`${name}Ms`] = given[FIELDS.length + i];
}

/** The same with BigInts, and times in nanoseconds. */
export function BigIntStats(...given) {
  for (const [i, name] of FIELDS.entries()) this[name] = given[i];
  for (const [i, name] of TIMES.entries()) this[`${name}Ms`] = given[FIELDS.length + i] / 1000000n;
  for (const [i, name] of TIMES.entries()) this[`${name}Ns`] = given[FIELDS.length + i];
}

for (const Class of [Stats, BigIntStats]) {
  for (const [name, kind] of KINDS) {
    Class.prototype[name] = { [name]() { return (Number(this.mode) & S_IFMT) === kind; } }[name];
  }
  for (const name of TIMES) {
    Object.defineProperty(Class.prototype, name, {
      enumerable: true,
      configurable: true,
      get() { return (this[name] = new Date(Math.round(Number(this[`${name}Ms`])))); },
      set(value) {
        Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true });
      },
    });
  }
}

/** Stats of what the host's `stat` tells. */
export function statsOf([mode, size, ino, dev, nlink, aS, aNs, mS, mNs, cS, cNs], bigint) {
  const blocks = Math.ceil(size / BLOCK) * (BLOCK / 512);
  const numbers = [dev, mode, nlink, 0, 0, 0, BLOCK, ino, size, blocks];
  if (bigint) {
    const [a, m, c] = [[aS, aNs], [mS, mNs], [cS, cNs]].map(([s, ns]) => BigInt(s) * 1000000000n + BigInt(ns));
    return new BigIntStats(...numbers.map(BigInt), a, m, c, c);
  }
  const [a, m, c] = [[aS, aNs], [mS, mNs], [cS, cNs]].map(([s, ns]) => s * 1000 + ns / 1e6);
  return new Stats(...numbers, a, m, c, c);
}

/** Stats of a standard stream. */
export const streamStats = (bigint) => statsOf([S_IFCHR | 0o620, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0], bigint);

const isFolder = Symbol("type");

/** An entry of a folder. */
export class Dirent {
  constructor(name, path, folder) {
    this.name = name;
    this.parentPath = path;
    this.path = path;
    Object.defineProperty(this, isFolder, { value: folder });
  }
  isDirectory() { return this[isFolder]; }
  isFile() { return !this[isFolder]; }
  isBlockDevice() { return false; }
  isCharacterDevice() { return false; }
  isSymbolicLink() { return false; }
  isFIFO() { return false; }
  isSocket() { return false; }
}

export const direntOf = ([name, folder], path, encoding) => new Dirent(named(name, encoding), path, folder);
