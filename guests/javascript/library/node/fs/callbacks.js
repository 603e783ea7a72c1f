// The functions of `node:fs` that take a callback. The work is done at once; the callback is told later.

import { Buffer } from "../buffer.js";
import { invalidType } from "../errors.js";
import { process } from "../process.js";
import { cp } from "./copy.js";
import { sync } from "./sync.js";

const CUSTOM = Symbol.for("nodejs.util.promisify.custom");

function check(callback) {
  if (typeof callback !== "function") throw invalidType("cb", "of type function", callback);
  return callback;
}

// Wrong arguments are thrown to the caller, as Node does.
const CALLERS = /^ERR_(INVALID_ARG|INVALID_URL|INVALID_FILE|OUT_OF_RANGE|UNKNOWN_ENC)/;
const isCallers = (error) => CALLERS.test(error?.code ?? "");

function settle(run, callback, told) {
  let result;
  try {
    result = run();
  } catch (error) {
    if (isCallers(error)) throw error;
    return void process.nextTick(callback, error);
  }
  process.nextTick(() => told(callback, result));
}

function withCallback(name) {
  const run = sync[`${name}Sync`];
  const told = (callback, result) => (result === undefined ? callback(null) : callback(null, result));
  const made = (...args) => {
    const callback = check(args.length > 1 ? args.pop() : undefined);
    settle(() => run(...args), callback, told);
  };
  Object.defineProperty(made, "name", { value: name });
  return made;
}

const names = ["access", "appendFile", "chmod", "chown", "close", "copyFile", "fchmod", "fchown", "fdatasync",
  "fstat", "fsync", "ftruncate", "futimes", "lchmod", "lchown", "link", "lstat", "lutimes", "mkdir", "mkdtemp", "open",
  "opendir", "readFile", "readdir", "readlink", "realpath", "rename", "rm", "rmdir", "stat", "symlink", "truncate",
  "unlink", "utimes", "writeFile"];

export const callbacks = Object.fromEntries(names.map((name) => [name, withCallback(name)]));
callbacks.realpath.native = (...args) => callbacks.realpath(...args);

// May be called without a callback.
const { close } = callbacks;
callbacks.close = function (fd, callback = (error) => { if (error) throw error; }) { close(fd, callback); };
Object.defineProperty(callbacks.close, "name", { value: "close" });

callbacks.exists = function exists(path, callback) {
  check(callback);
  const found = sync.existsSync(path);
  process.nextTick(callback, found);
};
callbacks.exists[CUSTOM] = (path) => Promise.resolve(sync.existsSync(path));

// What these tell has two parts; as a promise, an object of both.
function two(name, parts, call) {
  const made = (...args) => {
    const callback = check(args.pop());
    settle(() => call(...args), callback, (told, [count, data]) => told(null, count, data));
  };
  Object.defineProperty(made, "name", { value: name });
  made[CUSTOM] = (...args) => new Promise((resolve, reject) => made(...args, (error, count, data) => {
    if (error) reject(error);
    else resolve({ [parts[0]]: count, [parts[1]]: data });
  }));
  callbacks[name] = made;
}

two("read", ["bytesRead", "buffer"], (fd, buffer, ...rest) => {
  if (!ArrayBuffer.isView(buffer)) {
    const { buffer: into = Buffer.alloc(16384), ...options } = buffer ?? {};
    return [sync.readSync(fd, into, options), into];
  }
  if (rest.length > 1) rest = [rest[0], rest[1], rest[2]];
  return [sync.readSync(fd, buffer, ...rest), buffer];
});
two("write", ["bytesWritten", "buffer"], (fd, data, ...rest) => [sync.writeSync(fd, data, ...rest), data]);
two("readv", ["bytesRead", "buffers"], (fd, buffers, position) => [sync.readvSync(fd, buffers, position), buffers]);
two("writev", ["bytesWritten", "buffers"],
  (fd, buffers, position) => [sync.writevSync(fd, buffers, position), buffers]);

callbacks.cp = function (source, destination, options, callback) {
  if (callback === undefined) [options, callback] = [undefined, options];
  check(callback);
  const done = (error) => process.nextTick(callback, error);
  cp(source, destination, options).then(() => done(null), done);
};
Object.defineProperty(callbacks.cp, "name", { value: "cp" });
