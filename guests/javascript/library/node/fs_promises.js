// `node:fs/promises`. The work is done at once; the promise tells how it went.

import { constants } from "./fs/constants.js";
import { cp } from "./fs/copy.js";
import { appendFileSync, writeFileSync } from "./fs/files.js";
import { FileHandle, writeData } from "./fs/handle.js";
import { lacking, sync } from "./fs/sync.js";

const names = ["access", "chmod", "chown", "copyFile", "lchmod", "lchown", "link", "lstat", "lutimes", "mkdir",
  "mkdtemp", "opendir", "readdir", "readlink", "realpath", "rename", "rm", "rmdir", "stat", "symlink", "truncate",
  "unlink", "utimes"];

function promised(name) {
  const run = sync[`${name}Sync`];
  const made = async (...args) => run(...args);
  Object.defineProperty(made, "name", { value: name });
  return made;
}

// Where a path may be given, an open file may be given too.
const open = (file) => (file instanceof FileHandle ? file : undefined);

const promises = {
  ...Object.fromEntries(names.map((name) => [name, promised(name)])),
  async readFile(file, options) {
    return open(file)?.readFile(options) ?? sync.readFileSync(file, options);
  },
  async writeFile(file, data, options) {
    return open(file)?.writeFile(data, options) ?? writeData(file, data, options, writeFileSync);
  },
  async appendFile(file, data, options) {
    return open(file)?.appendFile(data, options) ?? writeData(file, data, options, appendFileSync);
  },
  async open(path, flags, mode) { return new FileHandle(sync.openSync(path, flags, mode)); },
  cp,
  watch: lacking.watch,
  statfs: lacking.statfs,
  glob: lacking.glob,
  constants,
};

export { promises };
export default promises;
