// Errors: codes, numbers and texts, as node 20 gives them.
const assert = require("node:assert");
const fs = require("node:fs");

let checks = 0;
const top = "/tmp/fs-errors";
const inHydra = process.arch === "wasm32";

function fails(run, code, message, errno) {
  let thrown;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  assert.ok(thrown, `${code}: nothing was thrown`);
  assert.strictEqual(thrown.code, code, thrown.message);
  if (message) assert.strictEqual(thrown.message, message);
  if (errno) assert.strictEqual(thrown.errno, errno);
  checks++;
  return thrown;
}

function calls() {
  const none = `${top}/none`;
  const error = fails(() => fs.readFileSync(none), "ENOENT", `ENOENT: no such file or directory, open '${none}'`, -2);
  assert.deepStrictEqual(Object.keys(error), ["errno", "code", "syscall", "path"]);
  assert.ok(error instanceof Error && error.name === "Error");
  fails(() => fs.readFileSync(none, "utf8"), "ENOENT", `ENOENT: no such file or directory, open '${none}'`);
  fails(() => fs.statSync(none), "ENOENT", `ENOENT: no such file or directory, stat '${none}'`);
  fails(() => fs.lstatSync(none), "ENOENT", `ENOENT: no such file or directory, lstat '${none}'`);
  fails(() => fs.accessSync(none), "ENOENT", `ENOENT: no such file or directory, access '${none}'`);
  fails(() => fs.readdirSync(none), "ENOENT", `ENOENT: no such file or directory, scandir '${none}'`);
  fails(() => fs.unlinkSync(none), "ENOENT", `ENOENT: no such file or directory, unlink '${none}'`);
  fails(() => fs.rmdirSync(none), "ENOENT", `ENOENT: no such file or directory, rmdir '${none}'`);
  fails(() => fs.truncateSync(none), "ENOENT", `ENOENT: no such file or directory, open '${none}'`);
  fails(() => fs.utimesSync(none, 1, 1), "ENOENT", `ENOENT: no such file or directory, utime '${none}'`);
  fails(() => fs.chmodSync(none, 0o600), "ENOENT", `ENOENT: no such file or directory, chmod '${none}'`);
  fails(() => fs.readlinkSync(none), "ENOENT", `ENOENT: no such file or directory, readlink '${none}'`);
  const renamed = fails(() => fs.renameSync(none, "/tmp/x"), "ENOENT",
    `ENOENT: no such file or directory, rename '${none}' -> '/tmp/x'`);
  assert.strictEqual(renamed.dest, "/tmp/x");
  fails(() => fs.copyFileSync(none, "/tmp/x"), "ENOENT",
    `ENOENT: no such file or directory, copyfile '${none}' -> '/tmp/x'`);
  fails(() => fs.mkdtempSync(`${none}/x`), "ENOENT", `ENOENT: no such file or directory, mkdtemp '${none}/xXXXXXX'`);
  fails(() => fs.mkdirSync(top), "EEXIST", `EEXIST: file already exists, mkdir '${top}'`, -17);
  fails(() => fs.readFileSync(top), "EISDIR", "EISDIR: illegal operation on a directory, read", -21);
  fails(() => fs.readFileSync(top, "utf8"), "EISDIR", "EISDIR: illegal operation on a directory, read");
  fails(() => fs.writeFileSync(top, ""), "EISDIR", `EISDIR: illegal operation on a directory, open '${top}'`);
  fails(() => fs.unlinkSync(top), "EISDIR", `EISDIR: illegal operation on a directory, unlink '${top}'`);
  fails(() => fs.readSync(999, Buffer.alloc(1)), "EBADF", "EBADF: bad file descriptor, read", -9);
  fs.writeFileSync(`${top}/f`, "");
  fails(() => fs.readFileSync(`${top}/f/g`), "ENOTDIR", `ENOTDIR: not a directory, open '${top}/f/g'`, -20);
  fails(() => fs.readlinkSync(`${top}/f`), "EINVAL", `EINVAL: invalid argument, readlink '${top}/f'`);
  fails(() => fs.copyFileSync(`${top}/f`, `${top}/f2`, 0) ?? fs.copyFileSync(`${top}/f`, `${top}/f2`, 1), "EEXIST",
    `EEXIST: file already exists, copyfile '${top}/f' -> '${top}/f2'`);
  fails(() => fs.writeFileSync(`${top}/${"n".repeat(256)}`, ""), "ENAMETOOLONG");
  fails(() => fs.readFileSync(""), "ENOENT", "ENOENT: no such file or directory, open ''");
}

function wrongArguments() {
  fails(() => fs.readFileSync(), "ERR_INVALID_ARG_TYPE",
    'The "path" argument must be of type string or an instance of Buffer or URL. Received undefined');
  fails(() => fs.readFileSync("a\0"), "ERR_INVALID_ARG_VALUE",
    "The argument 'path' must be a string, Uint8Array, or URL without null bytes. Received 'a\\x00'");
  fails(() => fs.readFileSync("/a", "zzz"), "ERR_INVALID_ARG_VALUE",
    "The argument 'encoding' is invalid encoding. Received 'zzz'");
  fails(() => fs.readFileSync("/a", 5), "ERR_INVALID_ARG_TYPE",
    'The "options" argument must be one of type string or object. Received type number (5)');
  fails(() => fs.readFile("/a"), "ERR_INVALID_ARG_TYPE",
    'The "cb" argument must be of type function. Received undefined');
  fails(() => fs.stat(5, () => {}), "ERR_INVALID_ARG_TYPE");
  fails(() => fs.openSync("/a", "q"), "ERR_INVALID_ARG_VALUE", "The argument 'flags' is invalid. Received 'q'");
  fails(() => fs.openSync("/a", "r", "zz"), "ERR_INVALID_ARG_VALUE",
    "The argument 'mode' must be a 32-bit unsigned integer or an octal string. Received 'zz'");
  fails(() => fs.closeSync("x"), "ERR_INVALID_ARG_TYPE",
    'The "fd" argument must be of type number. Received type string (\'x\')');
  fails(() => fs.closeSync(-1), "ERR_OUT_OF_RANGE",
    'The value of "fd" is out of range. It must be >= 0 && <= 2147483647. Received -1');
  fails(() => fs.writeFileSync("/tmp/x", {}), "ERR_INVALID_ARG_TYPE", 'The "data" argument must be of type string or ' +
    "an instance of Buffer, TypedArray, or DataView. Received an instance of Object");
  fails(() => fs.readSync(0, Buffer.alloc(2), 0, 5), "ERR_OUT_OF_RANGE",
    'The value of "length" is out of range. It must be <= 2. Received 5');
  fails(() => fs.readFileSync(new URL("https://x/")), "ERR_INVALID_URL_SCHEME", "The URL must be of scheme file");
  fails(() => fs.readFileSync(new URL("file:///a%2fb")), "ERR_INVALID_FILE_URL_PATH");
  fails(() => fs.utimesSync("/tmp", "x", 1), "ERR_INVALID_ARG_TYPE");
  fails(() => fs.mkdirSync("/tmp/x", { recursive: "yes" }), "ERR_INVALID_ARG_TYPE");
  fails(() => fs.createReadStream("/a", { start: 5, end: 1 }), "ERR_OUT_OF_RANGE",
    'The value of "start" is out of range. It must be <= "end" (here: 1). Received 5');
}

async function promised() {
  await assert.rejects(fs.promises.readFile(`${top}/none`), {
    code: "ENOENT", errno: -2, syscall: "open", path: `${top}/none`,
    message: `ENOENT: no such file or directory, open '${top}/none'`,
  });
  await assert.rejects(fs.promises.readFile(), { code: "ERR_INVALID_ARG_TYPE" });
  await assert.rejects(fs.promises.readFile(`${top}/f`, { signal: AbortSignal.abort() }), { name: "AbortError" });
  checks += 3;
}

// Where Hydra differs from a machine of one's own.
function bounds() {
  fails(() => fs.symlinkSync("/a", `${top}/link`), "ENOSYS");
  fails(() => fs.linkSync(`${top}/f`, `${top}/link`), "ENOSYS");
  fails(() => fs.watch("/tmp"), "ERR_METHOD_NOT_IMPLEMENTED");
  fails(() => fs.watchFile("/tmp", () => {}), "ERR_METHOD_NOT_IMPLEMENTED");
  fails(() => fs.readFileSync("/etc/passwd"), "ENOENT");
  fails(() => fs.readdirSync("/proc"), "ENOENT");
  fails(() => fs.readFileSync("/../../etc/passwd"), "ENOENT");
  fails(() => fs.rmdirSync("/tmp"), "EBUSY");
  const error = fails(() => {
    const piece = Buffer.alloc(1 << 20);
    for (let i = 0; i < 4096; i++) fs.appendFileSync(`${top}/full`, piece);
  }, "ENOSPC", "ENOSPC: no space left on device, write", -28);
  assert.strictEqual(error.syscall, "write");
  fs.unlinkSync(`${top}/full`);
}

exports.handler = async () => {
  fs.rmSync(top, { recursive: true, force: true });
  fs.mkdirSync(top);
  calls();
  wrongArguments();
  await promised();
  if (inHydra) bounds();
  fs.rmSync(top, { recursive: true });
  return { checks };
};
