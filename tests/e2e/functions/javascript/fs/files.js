// Whole files: read, written, appended, cut, copied, renamed, removed; with callbacks too.
const assert = require("node:assert");
const fs = require("node:fs");
const util = require("node:util");

let checks = 0;
const equal = (found, expected, what) => { assert.deepStrictEqual(found, expected, what); checks++; };
const top = "/tmp/fs-files";

function wholeFiles() {
  const file = `${top}/a.txt`;
  fs.writeFileSync(file, "grüße €𝄞");
  equal(fs.readFileSync(file, "utf8"), "grüße €𝄞");
  equal(fs.readFileSync(file).toString("hex"), "6772c3bcc39f6520e282acf09d849e");
  equal(Buffer.isBuffer(fs.readFileSync(file)), true);
  equal(fs.readFileSync(file, { encoding: "base64" }), "Z3LDvMOfZSDigqzwnYSe");
  equal(fs.readFileSync(file, "latin1").length, 15);
  equal(fs.readFileSync(Buffer.from(file), "utf-8"), "grüße €𝄞");
  equal(fs.readFileSync(new URL(`file://${file}`), "utf8"), "grüße €𝄞");
  fs.appendFileSync(file, "!");
  fs.appendFileSync(file, Buffer.from("?"));
  equal(fs.readFileSync(file, "utf8"), "grüße €𝄞!?");
  fs.writeFileSync(file, "abc", { flag: "a" });
  equal(fs.readFileSync(file, "utf8").slice(-5), "!?abc");
  fs.writeFileSync(file, "616263", "hex");
  equal(fs.readFileSync(file, "utf8"), "abc");
  fs.writeFileSync(file, new Uint16Array([0x6261, 0x6463]));
  equal(fs.readFileSync(file, "latin1"), "abcd");
  fs.writeFileSync(file, new DataView(new Uint8Array([120, 121, 122]).buffer, 1));
  equal(fs.readFileSync(file, "utf8"), "yz");
  fs.writeFileSync(file, "");
  equal(fs.readFileSync(file), Buffer.alloc(0));
  equal(fs.readFileSync(file, "utf8"), "");
  fs.writeFileSync(file, Buffer.from([0xff, 0x61, 0xc3]));
  equal(fs.readFileSync(file, "utf8"), "\ufffda\ufffd");
  fs.writeFileSync(file, "\ufeffbom \ud800 half");
  equal(fs.readFileSync(file, "utf8"), "\ufeffbom \ufffd half");
  equal(fs.readFileSync(file, { encoding: "utf8", flag: "r+" }), "\ufeffbom \ufffd half");
}

function largeFiles() {
  const file = `${top}/large`;
  const text = "0123456789äöü€".repeat(100000);
  fs.writeFileSync(file, text);
  equal(fs.statSync(file).size, Buffer.byteLength(text));
  equal(fs.readFileSync(file, "utf8") === text, true);
  const bytes = fs.readFileSync(file);
  equal(bytes.length, 1900000);
  fs.writeFileSync(file, bytes);
  equal(fs.readFileSync(file).equals(bytes), true);
  // A character of two halves lies across every place where text is cut.
  const pairs = `x${"𝄞".repeat(300000)}`;
  fs.writeFileSync(file, pairs);
  equal(fs.readFileSync(file, "utf8") === pairs, true);
  fs.copyFileSync(file, `${file}2`);
  equal(fs.readFileSync(`${file}2`).length, 1200001);
  fs.truncateSync(file, 3);
  equal(fs.readFileSync(file, "latin1"), "x\u00f0\u009d");
  fs.truncateSync(file, 5);
  equal([...fs.readFileSync(file)], [120, 0xf0, 0x9d, 0, 0]);
  fs.truncateSync(file);
  equal(fs.statSync(file).size, 0);
  fs.unlinkSync(file);
  fs.unlinkSync(`${file}2`);
}

function names() {
  fs.writeFileSync(`${top}/old`, "1");
  fs.writeFileSync(`${top}/there`, "2");
  fs.renameSync(`${top}/old`, `${top}/there`);
  equal(fs.existsSync(`${top}/old`), false);
  equal(fs.readFileSync(`${top}/there`, "utf8"), "1");
  fs.copyFileSync(`${top}/there`, `${top}/copy`);
  fs.writeFileSync(`${top}/there`, "3");
  equal(fs.readFileSync(`${top}/copy`, "utf8"), "1");
  equal(fs.realpathSync(`${top}/./x/../there`.replace("/x/..", "")), `${top}/there`);
  equal(fs.realpathSync.native(`${top}//there`), `${top}/there`);
  fs.rmSync(`${top}/copy`);
  equal(fs.existsSync(`${top}/copy`), false);
  equal(fs.existsSync(), false);
  equal(fs.accessSync(`${top}/there`, fs.constants.R_OK | fs.constants.W_OK), undefined);
  fs.chmodSync(`${top}/there`, 0o600);
  fs.utimesSync(`${top}/there`, 1500000000, new Date(1600000000500));
  equal(fs.statSync(`${top}/there`).mtimeMs, 1600000000500);
  equal(fs.statSync(`${top}/there`).atime.toISOString(), "2017-07-14T02:40:00.000Z");
}

async function callbacks() {
  const file = `${top}/called`;
  const told = (start) => new Promise((resolve) => start((...args) => resolve(args)));
  let now = true;
  const written = told((done) => fs.writeFile(file, "abc", (...args) => done(now, ...args)));
  now = false;
  equal(await written, [false, null]);
  equal(await told((done) => fs.readFile(file, "utf8", done)), [null, "abc"]);
  equal(await told((done) => fs.appendFile(file, "def", done)), [null]);
  equal((await told((done) => fs.stat(file, done)))[1].size, 6);
  equal(await told((done) => fs.exists(file, done)), [true]);
  equal(await told((done) => fs.access(file, done)), [null]);
  const [error] = await told((done) => fs.readFile(`${file}x`, done));
  equal([error.code, error.syscall, error.path, error.errno], ["ENOENT", "open", `${file}x`, -2]);
  equal(await told((done) => fs.truncate(file, 2, done)), [null]);
  equal(await told((done) => fs.copyFile(file, `${file}2`, done)), [null]);
  equal(await told((done) => fs.rename(`${file}2`, `${file}3`, done)), [null]);
  equal(await told((done) => fs.unlink(`${file}3`, done)), [null]);
  equal(await told((done) => fs.realpath(file, done)), [null, file]);
  equal(await told((done) => fs.rm(file, done)), [null]);
  equal(await util.promisify(fs.exists)(file), false);
  equal(await util.promisify(fs.readdir)(top), ["a.txt", "there"]);
  const [fdError, fd] = await told((done) => fs.open(file, "w+", done));
  equal(fdError, null);
  const wrote = await util.promisify(fs.write)(fd, "hello");
  equal(wrote, { bytesWritten: 5, buffer: "hello" });
  const { bytesRead, buffer } = await util.promisify(fs.read)(fd, Buffer.alloc(3), 0, 3, 1);
  equal([bytesRead, buffer.toString()], [3, "ell"]);
  equal((await told((done) => fs.fstat(fd, { bigint: true }, done)))[1].size, 5n);
  equal(await told((done) => fs.close(fd, done)), [null]);
}

exports.handler = async () => {
  fs.rmSync(top, { recursive: true, force: true });
  fs.mkdirSync(top);
  wholeFiles();
  largeFiles();
  names();
  await callbacks();
  fs.rmSync(top, { recursive: true });
  return { checks };
};
