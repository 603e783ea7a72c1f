// Folders: made, listed, walked, copied, removed.
import assert from "node:assert";
import fs, { mkdirSync, readdirSync } from "node:fs";
import * as promises from "node:fs/promises";
import path from "node:path";

let checks = 0;
const equal = (found, expected, what) => { assert.deepStrictEqual(found, expected, what); checks++; };
const fails = (run, code) => {
  assert.throws(run, (error) => { assert.strictEqual(error.code, code, error.message); return true; });
  checks++;
};
const top = "/tmp/fs-folders";

function making() {
  equal(mkdirSync(`${top}/a`), undefined);
  fails(() => mkdirSync(`${top}/a`), "EEXIST");
  fails(() => mkdirSync(`${top}/x/y`), "ENOENT");
  equal(mkdirSync(`${top}/a/b/c/d`, { recursive: true }), `${top}/a/b`);
  equal(mkdirSync(`${top}/a/b/c/d`, { recursive: true }), undefined);
  equal(mkdirSync(`${top}/e`, { recursive: true, mode: 0o755 }), `${top}/e`);
  equal(mkdirSync(`${top}/e/`, { recursive: true }), undefined);
  fs.writeFileSync(`${top}/a/f.txt`, "f");
  fails(() => mkdirSync(`${top}/a/f.txt`, { recursive: true }), "EEXIST");
  fails(() => mkdirSync(`${top}/a/f.txt/g`, { recursive: true }), "ENOTDIR");
  fails(() => mkdirSync(`${top}/a/f.txt/g/h`, { recursive: true }), "ENOTDIR");
  const made = fs.mkdtempSync(path.join(top, "t-"));
  equal(/^\/tmp\/fs-folders\/t-[A-Za-z0-9]{6}$/.test(made), true);
  equal(fs.statSync(made).isDirectory(), true);
  equal(fs.mkdtempSync(path.join(top, "t-")) === made, false);
  for (const name of readdirSync(top)) if (name.startsWith("t-")) fs.rmdirSync(`${top}/${name}`);
}

function listing() {
  fs.writeFileSync(`${top}/a/b/z`, "");
  fs.writeFileSync(`${top}/a/B`, "");
  equal(readdirSync(`${top}/a`), ["B", "b", "f.txt"]);
  equal(readdirSync(`${top}/a`, "buffer")[2], Buffer.from("f.txt"));
  const entries = readdirSync(`${top}/a`, { withFileTypes: true });
  equal(entries.map((entry) => [entry.name, entry.isFile(), entry.isDirectory()]),
    [["B", true, false], ["b", false, true], ["f.txt", true, false]]);
  equal(entries[0].parentPath ?? entries[0].path, `${top}/a`);
  equal(entries[0] instanceof fs.Dirent, true);
  equal(entries[0].isSymbolicLink(), false);
  equal(readdirSync(`${top}/a`, { recursive: true }).sort(), ["B", "b", "b/c", "b/c/d", "b/z", "f.txt"]);
  const walked = readdirSync(top, { recursive: true, withFileTypes: true }).filter((entry) => entry.name === "d");
  equal(walked.map((entry) => entry.isDirectory()), [true]);
  fails(() => readdirSync(`${top}/a/f.txt`), "ENOTDIR");
  fails(() => readdirSync(`${top}/none`), "ENOENT");
  const dir = fs.opendirSync(`${top}/a`);
  const names = [];
  for (let entry = dir.readSync(); entry; entry = dir.readSync()) names.push(entry.name);
  equal(names.sort(), ["B", "b", "f.txt"]);
  dir.closeSync();
  fails(() => dir.readSync(), "ERR_DIR_CLOSED");
}

function copying() {
  fails(() => fs.cpSync(`${top}/a`, `${top}/copy`), "ERR_FS_EISDIR");
  fs.cpSync(`${top}/a`, `${top}/copy`, { recursive: true });
  equal(readdirSync(`${top}/copy`, { recursive: true }).sort(), ["B", "b", "b/c", "b/c/d", "b/z", "f.txt"]);
  equal(fs.readFileSync(`${top}/copy/f.txt`, "utf8"), "f");
  fs.writeFileSync(`${top}/copy/f.txt`, "changed");
  fs.cpSync(`${top}/a`, `${top}/copy`, { recursive: true, force: false });
  equal(fs.readFileSync(`${top}/copy/f.txt`, "utf8"), "changed");
  fails(() => fs.cpSync(`${top}/a`, `${top}/copy`, { recursive: true, force: false, errorOnExist: true }),
    "ERR_FS_CP_EEXIST");
  fails(() => fs.cpSync(`${top}/a`, `${top}/a/b/inside`, { recursive: true }), "ERR_FS_CP_EINVAL");
  fails(() => fs.cpSync(`${top}/a`, `${top}/copy/f.txt`, { recursive: true }), "ERR_FS_CP_DIR_TO_NON_DIR");
  fails(() => fs.cpSync(`${top}/a/f.txt`, `${top}/copy/b`), "ERR_FS_CP_NON_DIR_TO_DIR");
  fs.cpSync(`${top}/a`, `${top}/some`, { recursive: true, filter: (from) => !from.endsWith("/b") });
  equal(readdirSync(`${top}/some`, { recursive: true }).sort(), ["B", "f.txt"]);
  fs.utimesSync(`${top}/a/f.txt`, 1, 2);
  fs.cpSync(`${top}/a/f.txt`, `${top}/new/deep/f.txt`, { preserveTimestamps: true });
  equal(fs.statSync(`${top}/new/deep/f.txt`).mtimeMs, 2000);
}

function removing() {
  fails(() => fs.rmdirSync(`${top}/a`), "ENOTEMPTY");
  fails(() => fs.rmdirSync(`${top}/a/f.txt`), "ENOTDIR");
  fails(() => fs.rmSync(`${top}/a`), "ERR_FS_EISDIR");
  fails(() => fs.rmSync(`${top}/none`), "ENOENT");
  equal(fs.rmSync(`${top}/none`, { force: true }), undefined);
  fails(() => fs.renameSync(`${top}/a`, `${top}/a/b/a`), "EINVAL");
  fails(() => fs.renameSync(`${top}/a`, `${top}/copy`), "ENOTEMPTY");
  fs.renameSync(`${top}/a`, `${top}/e`);
  equal(fs.existsSync(`${top}/e/b/c/d`), true);
  fs.rmSync(`${top}/e`, { recursive: true });
  equal(fs.existsSync(`${top}/e`), false);
  // Deeper than a stack of calls would reach.
  let deep = top;
  for (let i = 0; i < 800; i++) mkdirSync((deep += "/d"));
  equal(readdirSync(top, { recursive: true }).filter((name) => name.startsWith("d")).length, 800);
  fs.rmSync(`${top}/d`, { recursive: true });
  equal(readdirSync(top), ["copy", "new", "some"]);
}

async function promised() {
  await promises.mkdir(`${top}/p/q`, { recursive: true });
  await promises.writeFile(`${top}/p/1`, "1");
  equal(await promises.readdir(`${top}/p`), ["1", "q"]);
  const seen = [];
  for await (const entry of await promises.opendir(`${top}/p`)) seen.push(entry.name);
  equal(seen.sort(), ["1", "q"]);
  await promises.cp(`${top}/p`, `${top}/r`, { recursive: true, filter: async (from) => !from.endsWith("q") });
  equal(await promises.readdir(`${top}/r`), ["1"]);
  await promises.rm(`${top}/r`, { recursive: true });
  await assert.rejects(promises.access(`${top}/r`), { code: "ENOENT", syscall: "access" });
  checks++;
  const told = await new Promise((resolve) => fs.cp(`${top}/p`, `${top}/s`, { recursive: true }, resolve));
  equal(told, null);
  equal((await promises.mkdtemp(`${top}/x`)).length, top.length + 8);
}

export const handler = async () => {
  fs.rmSync(top, { recursive: true, force: true });
  mkdirSync(top);
  making();
  listing();
  copying();
  removing();
  await promised();
  fs.rmSync(top, { recursive: true });
  return { checks };
};
