// The function's own files: there, and read-only. Read while loading too.
const assert = require("node:assert");
const fs = require("node:fs");
const path = require("node:path");

// Read when the function is loaded: part of its image.
const source = fs.readFileSync(__filename, "utf8");
const names = fs.readdirSync(__dirname);
const kept = fs.openSync(__filename, "r");

let checks = 0;
const equal = (found, expected, what) => { assert.deepStrictEqual(found, expected, what); checks++; };
const fails = (run, code) => {
  assert.throws(run, (error) => { assert.strictEqual(error.code, code, error.message); return true; });
  checks++;
};

exports.handler = async () => {
  checks = 0;
  equal(source.startsWith("// The function's own files"), true);
  equal(names.includes(path.basename(__filename)), true);
  equal(fs.readFileSync(__filename, "utf8") === source, true);
  equal(fs.readFileSync(path.join(__dirname, "no", "..", path.basename(__filename))).length > 0, true);
  const start = Buffer.alloc(6);
  equal(fs.readSync(kept, start, 0, 6, 0), 6);
  equal(start.toString(), "// The");
  equal(fs.fstatSync(kept).size, Buffer.byteLength(source));
  const stat = fs.statSync(__filename);
  equal([stat.isFile(), stat.size], [true, Buffer.byteLength(source)]);
  equal(fs.realpathSync(`${__dirname}/./${path.basename(__filename)}`), __filename);
  equal(fs.accessSync(__filename, fs.constants.R_OK), undefined);
  if (process.arch !== "wasm32") return { checks };

  equal(names.includes("tmp"), true);
  equal(__dirname, "/");
  equal(process.cwd(), "/");
  equal(fs.readFileSync(path.basename(__filename), "utf8") === source, true);
  fails(() => fs.writeFileSync(__filename, ""), "EROFS");
  fails(() => fs.writeFileSync("/new.txt", ""), "EROFS");
  fails(() => fs.mkdirSync("/new"), "EROFS");
  fails(() => fs.mkdirSync("/new/deep", { recursive: true }), "EROFS");
  fails(() => fs.unlinkSync(__filename), "EROFS");
  fails(() => fs.rmSync(__filename, { force: true }), "EROFS");
  fails(() => fs.renameSync(__filename, "/x.js"), "EROFS");
  fails(() => fs.renameSync(__filename, "/tmp/x.js"), "EXDEV");
  fails(() => fs.chmodSync(__filename, 0o600), "EROFS");
  fails(() => fs.utimesSync(__filename, 1, 1), "EROFS");
  fails(() => fs.accessSync(__filename, fs.constants.W_OK), "EROFS");
  fails(() => fs.accessSync(__filename, fs.constants.X_OK), "EACCES");
  fails(() => fs.openSync(__filename, "r+"), "EROFS");
  fails(() => fs.writeSync(kept, "x"), "EBADF");
  fs.copyFileSync(__filename, "/tmp/own.js");
  equal(fs.readFileSync("/tmp/own.js", "utf8") === source, true);
  fs.unlinkSync("/tmp/own.js");
  return { checks };
};
