// What `stat` tells.
const assert = require("node:assert");
const fs = require("node:fs");

let checks = 0;
const equal = (found, expected, what) => { assert.deepStrictEqual(found, expected, what); checks++; };
const top = "/tmp/fs-stats";

exports.handler = async () => {
  fs.rmSync(top, { recursive: true, force: true });
  fs.mkdirSync(top);
  const before = Date.now();
  fs.writeFileSync(`${top}/a`, "12345");
  const stats = fs.statSync(`${top}/a`);
  equal(stats instanceof fs.Stats, true);
  equal(Object.keys(stats).slice(0, 14), ["dev", "mode", "nlink", "uid", "gid", "rdev", "blksize", "ino", "size",
    "blocks", "atimeMs", "mtimeMs", "ctimeMs", "birthtimeMs"]);
  equal([stats.size, stats.nlink, stats.mode & fs.constants.S_IFMT], [5, 1, fs.constants.S_IFREG]);
  equal([stats.isFile(), stats.isDirectory(), stats.isSymbolicLink(), stats.isFIFO(), stats.isSocket(),
    stats.isBlockDevice(), stats.isCharacterDevice()], [true, false, false, false, false, false, false]);
  equal(Math.abs(stats.mtimeMs - before) < 60000, true);
  equal(stats.mtime instanceof Date, true);
  equal(stats.mtime.getTime(), Math.round(stats.mtimeMs));
  equal(typeof stats.birthtime.toISOString(), "string");
  equal(stats.blocks, 8);

  fs.utimesSync(`${top}/a`, "1234567890.5", 1234567891.25);
  const big = fs.statSync(`${top}/a`, { bigint: true });
  equal([big.size, big.mtimeNs, big.mtimeMs, big.atimeNs],
    [5n, 1234567891250000000n, 1234567891250n, 1234567890500000000n]);
  equal(big.isFile(), true);
  equal(big.mtime.getTime(), 1234567891250);

  const folder = fs.lstatSync(top);
  equal([folder.isDirectory(), folder.isFile()], [true, false]);
  equal(folder.mode & fs.constants.S_IFMT, fs.constants.S_IFDIR);
  equal(fs.statSync(`${top}/none`, { throwIfNoEntry: false }), undefined);
  assert.throws(() => fs.lstatSync(`${top}/a/b`, { throwIfNoEntry: false }), { code: "ENOTDIR" });
  equal(stats.ino === fs.statSync(`${top}/a`).ino, true);
  equal(stats.ino === folder.ino, false);
  equal(typeof (await fs.promises.stat(`${top}/a`, { bigint: true })).ino, "bigint");

  const { constants } = fs;
  equal([constants.O_CREAT, constants.O_EXCL, constants.O_APPEND, constants.R_OK, constants.COPYFILE_EXCL],
    [64, 128, 1024, 4, 1]);
  equal(fs.promises.constants === constants, true);
  equal(require("fs/promises") === fs.promises, true);
  equal(require("node:fs") === require("fs"), true);
  fs.rmSync(top, { recursive: true });
  return { checks };
};
