// All functions of `node:fs` that return at once.

import { missing } from "../errors.js";
import { cpSync } from "./copy.js";
import * as descriptors from "./descriptors.js";
import { opendirSync } from "./dir.js";
import * as files from "./files.js";
import * as folders from "./folders.js";

const { closeSync, fchmodSync, fchownSync, fdatasyncSync, fstatSync, fsyncSync, ftruncateSync, futimesSync, openSync,
  readSync, readvSync, writeSync, writevSync } = descriptors;
const { accessSync, appendFileSync, chmodSync, chownSync, copyFileSync, existsSync, lchownSync, linkSync, lstatSync,
  lutimesSync, readFileSync, readlinkSync, realpathSync, renameSync, statSync, symlinkSync, truncateSync, unlinkSync,
  utimesSync, writeFileSync } = files;
const { mkdirSync, mkdtempSync, readdirSync, rmSync, rmdirSync } = folders;

Object.defineProperty(readSync, "length", { value: 5 });
realpathSync.native = (path, options) => realpathSync(path, options);

const lchmodSync = (path, mode) => chmodSync(path, mode);
Object.defineProperty(lchmodSync, "name", { value: "lchmodSync" });

const absent = (name, hint) => ({ [name]() { throw missing(`node:fs.${name}`, hint); } })[name];
const watching = "the package never changes, and nobody else writes to the sandbox's /tmp";

/** What a sandbox has not, in all three forms. */
export const lacking = {
  watch: absent("watch", watching),
  watchFile: absent("watchFile", watching),
  unwatchFile() {},
  statfs: absent("statfs", "the function's limits say how large /tmp is"),
  statfsSync: absent("statfsSync", "the function's limits say how large /tmp is"),
  glob: absent("glob", "use readdir with { recursive: true } and a pattern of your own"),
  globSync: absent("globSync", "use readdirSync with { recursive: true } and a pattern of your own"),
};

export const sync = {
  accessSync, appendFileSync, chmodSync, chownSync, closeSync, copyFileSync, cpSync, existsSync, fchmodSync, fchownSync,
  fdatasyncSync, fstatSync, fsyncSync, ftruncateSync, futimesSync, lchmodSync, lchownSync, linkSync, lstatSync,
  lutimesSync, mkdirSync, mkdtempSync, openSync, opendirSync, readFileSync, readSync, readdirSync, readlinkSync,
  readvSync, realpathSync, renameSync, rmSync, rmdirSync, statSync, symlinkSync, truncateSync, unlinkSync, utimesSync,
  writeFileSync, writeSync, writevSync,
};
