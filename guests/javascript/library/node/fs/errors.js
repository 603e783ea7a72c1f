// Errors that Node makes of its own in `fs`, beside those of system calls.

import { nodeError } from "../errors.js";

/** An error of what stands behind several calls; `info` as Node has it. */
export function fsError(code, message, syscall, path, errno, words, kind) {
  const error = nodeError(code, `${message}: ${syscall} returned ${kind} (${words}) ${path}`);
  error.info = { code: kind, message: words, path, syscall, errno };
  Object.assign(error, { errno, syscall, path });
  Object.defineProperty(error, "name", { value: "SystemError", writable: true, enumerable: false, configurable: true });
  return error;
}

export const folderGiven = (syscall, path, words = "is a directory", errno = 21) =>
  fsError("ERR_FS_EISDIR", syscall === "cp" ? "Recursive option not enabled, cannot copy a directory"
    : "Path is a directory", syscall, path, errno, words, "EISDIR");
