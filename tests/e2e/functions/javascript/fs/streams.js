// Streams of files, and file handles.
import assert from "node:assert";
import { createReadStream, createWriteStream, promises, readFileSync, ReadStream, rmSync, writeFileSync, WriteStream,
  mkdirSync, openSync } from "node:fs";
import { open, readFile, writeFile, appendFile } from "node:fs/promises";
import { once } from "node:events";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

let checks = 0;
const equal = (found, expected, what) => { assert.deepStrictEqual(found, expected, what); checks++; };
const top = "/tmp/fs-streams";
const file = `${top}/a`;

async function collect(stream) {
  const pieces = [];
  for await (const piece of stream) pieces.push(piece);
  return typeof pieces[0] === "string" ? pieces.join("") : Buffer.concat(pieces).toString();
}

async function reading() {
  writeFileSync(file, "0123456789");
  equal(await collect(createReadStream(file)), "0123456789");
  equal(await collect(createReadStream(file, { start: 2, end: 5 })), "2345");
  equal(await collect(createReadStream(file, { end: 3, encoding: "utf8" })), "0123");
  equal(await collect(createReadStream(file, "hex")), "30313233343536373839");
  equal(await collect(createReadStream(new URL(`file://${file}`), { highWaterMark: 3 })), "0123456789");
  const sizes = [];
  for await (const piece of createReadStream(file, { highWaterMark: 4 })) sizes.push(piece.length);
  equal(sizes, [4, 4, 2]);
  const fd = openSync(file);
  equal(await collect(createReadStream(null, { fd, start: 8 })), "89");
  const stream = createReadStream(file);
  equal([stream.path, stream.pending, stream instanceof ReadStream, stream.bytesRead], [file, true, true, 0]);
  const events = [];
  for (const name of ["open", "ready", "end", "close"]) stream.on(name, () => events.push(name));
  stream.resume();
  await once(stream, "close");
  equal(events, ["open", "ready", "end", "close"]);
  equal(stream.bytesRead, 10);
  const [error] = await once(createReadStream(`${top}/none`), "error");
  equal([error.code, error.syscall], ["ENOENT", "open"]);
  await assert.rejects(collect(createReadStream(top)), { code: "EISDIR" });
  checks++;
}

async function writing() {
  const stream = createWriteStream(file);
  equal(stream instanceof WriteStream, true);
  stream.write("abc");
  stream.write(Buffer.from("def"));
  stream.write("6768", "hex");
  stream.end("!");
  await once(stream, "finish");
  equal(stream.bytesWritten, 9);
  equal(readFileSync(file, "utf8"), "abcdefgh!");
  const more = createWriteStream(file, { flags: "a" });
  more.end("++");
  await once(more, "close");
  equal(readFileSync(file, "utf8"), "abcdefgh!++");
  const inside = createWriteStream(file, { flags: "r+", start: 3 });
  inside.end("XY");
  await once(inside, "close");
  equal(readFileSync(file, "utf8"), "abcXYfgh!++");
  const [error] = await once(createWriteStream(`${top}/none/x`), "error");
  equal(error.code, "ENOENT");
  writeFileSync(`${top}/large`, "x".repeat(500000));
  await pipeline(createReadStream(`${top}/large`), createWriteStream(`${top}/copy`));
  equal(readFileSync(`${top}/copy`).length, 500000);
  await pipeline(Readable.from(["a", "b"]), createWriteStream(`${top}/copy`));
  equal(readFileSync(`${top}/copy`, "utf8"), "ab");
  const closing = createWriteStream(`${top}/closed`);
  closing.write("z");
  await new Promise((resolve) => closing.close(resolve));
  equal(readFileSync(`${top}/closed`, "utf8"), "z");
}

async function handles() {
  const handle = await open(file, "w+");
  equal(typeof handle.fd, "number");
  equal({ ...(await handle.write("hello world")) }, { bytesWritten: 11, buffer: "hello world" });
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(5), 0, 5, 6);
  equal([bytesRead, buffer.toString()], [5, "world"]);
  equal((await handle.read({ buffer: Buffer.alloc(3), position: 0 })).buffer.toString(), "hel");
  equal((await handle.stat()).size, 11);
  await handle.truncate(5);
  await handle.appendFile("\nline 2\r\nline 3");
  await handle.writev([Buffer.from("J")], 0);
  equal(await readFile(file, "utf8"), await promises.readFile(file, { encoding: "utf8" }));
  await handle.sync();
  await handle.utimes(1, 1);
  equal((await handle.stat()).mtimeMs, 1000);
  let closed = 0;
  handle.on("close", () => closed++);
  await handle.close();
  await handle.close();
  equal([handle.fd, closed], [-1, 1]);
  await assert.rejects(handle.read(Buffer.alloc(1)), { code: "EBADF" });
  checks++;
  writeFileSync(file, "one\ntwo\r\nthree");
  const lined = await open(file);
  const lines = [];
  for await (const line of lined.readLines()) lines.push(line);
  equal(lines, ["one", "two", "three"]);
  await lined.close();
  const web = await open(file);
  let bytes = 0;
  for await (const piece of web.readableWebStream()) bytes += piece.byteLength;
  equal(bytes, 14);
  await web.close();
  const streamed = await open(file);
  equal(await collect(streamed.createReadStream({ start: 4, end: 6 })), "two");
  equal(streamed.fd, -1);
  const target = await open(file, "w");
  await writeFile(target, "through a handle");
  await target.close();
  await appendFile(file, "!");
  equal(await readFile(file, "utf8"), "through a handle!");
  await writeFile(file, (async function* () { yield "a"; yield Buffer.from("b"); })());
  equal(await readFile(file, "latin1"), "ab");
  await writeFile(file, Readable.from(["c", "d"]));
  equal(await readFile(file, "utf8"), "cd");
}

export const handler = async () => {
  rmSync(top, { recursive: true, force: true });
  mkdirSync(top);
  await reading();
  await writing();
  await handles();
  rmSync(top, { recursive: true });
  return { checks };
};
