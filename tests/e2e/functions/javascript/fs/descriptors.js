// Open files: positions, modes, parts of buffers, files without a name.
const assert = require("node:assert");
const fs = require("node:fs");

let checks = 0;
const equal = (found, expected, what) => { assert.deepStrictEqual(found, expected, what); checks++; };
const fails = (run, code) => {
  assert.throws(run, (error) => { assert.strictEqual(error.code, code, error.message); return true; });
  checks++;
};
const top = "/tmp/fs-descriptors";
const file = `${top}/a`;

function positions() {
  const fd = fs.openSync(file, "w+");
  equal(fs.writeSync(fd, "0123456789"), 10);
  equal(fs.writeSync(fd, Buffer.from("abcdef"), 2, 3), 3);
  equal(fs.writeSync(fd, "XY", 1), 2);
  equal(fs.writeSync(fd, "4243", null, "hex"), 2);
  const into = Buffer.alloc(8, ".");
  equal(fs.readSync(fd, into, 1, 4, 0), 4);
  equal(into.toString(), ".0XY3...");
  equal(fs.readSync(fd, into, 0, 8, null), 0);
  equal(fs.readSync(fd, into, { position: 9, length: 3 }), 3);
  equal(into.toString("latin1", 0, 3), "9cd");
  equal(fs.readSync(fd, into, 0, 8, 12n), 3);
  equal(fs.fstatSync(fd).size, 15);
  fs.ftruncateSync(fd, 4);
  equal(fs.readFileSync(file, "utf8"), "0XY3");
  fs.fsyncSync(fd);
  fs.fdatasyncSync(fd);
  fs.futimesSync(fd, 1, 2);
  equal(fs.fstatSync(fd).mtimeMs, 2000);
  fs.fchmodSync(fd, 0o644);
  fs.closeSync(fd);
  fails(() => fs.closeSync(fd), "EBADF");
  fails(() => fs.readSync(fd, into), "EBADF");
}

function modes() {
  const reading = fs.openSync(file, "r");
  fails(() => fs.writeSync(reading, "x"), "EBADF");
  fails(() => fs.ftruncateSync(reading, 0), "EINVAL");
  equal(fs.readFileSync(reading, "utf8"), "0XY3");
  equal(fs.readFileSync(reading, "utf8"), "");
  const writing = fs.openSync(file, fs.constants.O_WRONLY);
  fails(() => fs.readSync(writing, Buffer.alloc(1)), "EBADF");
  fs.writeFileSync(writing, "ab");
  fs.writeFileSync(writing, "cd");
  equal(fs.readFileSync(file, "utf8"), "abcd");
  const appending = fs.openSync(file, "a+");
  fs.writeSync(appending, "E", 0);
  equal(fs.readFileSync(file, "utf8"), "abcdE");
  equal(fs.readSync(appending, Buffer.alloc(9), 0, 9, 3), 2);
  const holed = fs.openSync(`${top}/holes`, "w");
  fs.writeSync(holed, "x", 6000);
  equal(fs.readFileSync(`${top}/holes`).length, 6001);
  equal(fs.readFileSync(`${top}/holes`)[5999], 0);
  for (const fd of [reading, writing, appending, holed]) fs.closeSync(fd);
  const folder = fs.openSync(top, "r");
  equal(fs.fstatSync(folder).isDirectory(), true);
  fails(() => fs.readSync(folder, Buffer.alloc(1)), "EISDIR");
  fs.closeSync(folder);
  fails(() => fs.openSync(file, "wx"), "EEXIST");
  fails(() => fs.openSync(`${top}/none`, "r+"), "ENOENT");
  fails(() => fs.openSync(top, "w"), "EISDIR");
}

function nameless() {
  const fd = fs.openSync(`${top}/gone`, "w+");
  fs.writeSync(fd, "still here");
  fs.renameSync(`${top}/gone`, `${top}/moved`);
  fs.writeSync(fd, "!");
  equal(fs.readFileSync(`${top}/moved`, "utf8"), "still here!");
  fs.unlinkSync(`${top}/moved`);
  fs.writeFileSync(`${top}/moved`, "another");
  const into = Buffer.alloc(20);
  equal(fs.readSync(fd, into, 0, 20, 0), 11);
  equal(into.toString("utf8", 0, 11), "still here!");
  equal(fs.fstatSync(fd).nlink, 0);
  fs.closeSync(fd);
}

function several() {
  const fd = fs.openSync(`${top}/many`, "w+");
  equal(fs.writevSync(fd, [Buffer.from("ab"), new Uint8Array([99]), Buffer.from("def")]), 6);
  equal(fs.writevSync(fd, [Buffer.from("XY")], 1), 2);
  const [first, second] = [Buffer.alloc(4), Buffer.alloc(4)];
  equal(fs.readvSync(fd, [first, second], 0), 6);
  equal(first.toString() + second.toString("utf8", 0, 2), "aXYdef");
  fs.closeSync(fd);
  const low = [fs.openSync(file), fs.openSync(file), fs.openSync(file)];
  fs.closeSync(low[1]);
  equal(fs.openSync(file), low[1]);
  for (const open of low) fs.closeSync(open);
}

function streams() {
  equal(fs.writeSync(1, "to the log\n"), 11);
  equal(fs.writeSync(2, Buffer.from("x\n")), 2);
  equal(fs.fstatSync(1).isFile(), false);
}

exports.handler = async () => {
  fs.rmSync(top, { recursive: true, force: true });
  fs.mkdirSync(top);
  positions();
  modes();
  nameless();
  several();
  if (process.arch === "wasm32") streams();
  fs.rmSync(top, { recursive: true });
  return { checks };
};
