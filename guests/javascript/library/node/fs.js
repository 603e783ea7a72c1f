// `node:fs`: the function's package, read-only at `/`, and a private `/tmp`.
//
// The sandbox's own files are memory at the host, so nothing is ever waited for: a callback or promise comes later
// only because it must.

import { callbacks } from "./fs/callbacks.js";
import { constants } from "./fs/constants.js";
import { forget } from "./fs/descriptors.js";
import { Dir } from "./fs/dir.js";
import { sync, lacking } from "./fs/sync.js";
import { Dirent, Stats } from "./fs/stats.js";
import { createReadStream, createWriteStream, ReadStream, WriteStream } from "./fs/streams.js";
import promises from "./fs_promises.js";

/** A Blob of a file's bytes. */
async function openAsBlob(path, options) {
  return new Blob([sync.readFileSync(path)], options);
}

const { F_OK, R_OK, W_OK, X_OK } = constants;

const fs = {
  ...callbacks, ...sync, ...lacking,
  createReadStream, createWriteStream, openAsBlob,
  Dir, Dirent, Stats, ReadStream, WriteStream, FileReadStream: ReadStream, FileWriteStream: WriteStream,
  F_OK, R_OK, W_OK, X_OK,
  constants, promises,
};

export { forget, fs };
export default fs;
