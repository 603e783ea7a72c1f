// Blob, File and FormData, and a form's way through a body.

let checks = 0;

function same(actual, expected, what) {
  checks++;
  const [got, want] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (got !== want) throw new Error(`${what}: got ${got}, want ${want}`);
}

function fails(run, name, what) {
  checks++;
  try {
    run();
  } catch (error) {
    if (error.name !== name) throw new Error(`${what}: failed with ${error}, want ${name}`);
    return;
  }
  throw new Error(`${what}: did not fail`);
}

async function blobs() {
  const blob = new Blob(["aü", Uint8Array.of(66), new Blob(["c"]), new Uint16Array([0x4544]).buffer, 5],
    { type: "Text/Plain" });
  same([blob.size, blob.type, await blob.text()], [8, "text/plain", "aüBcDE5"], "parts");
  same(await blob.slice(1, -2).text(), "üBcD", "slice");
  same([await blob.slice(-1).text(), await blob.slice(5, 2).text(), blob.slice(0, 1, "X/Y").type], ["5", "", "x/y"],
    "slices");
  same([new Blob([], { type: "a\u0000" }).type, new Blob().size], ["", 0], "types");
  same([...new Uint8Array(await blob.slice(0, 3).arrayBuffer())], [97, 195, 188], "arrayBuffer");
  same(await new Blob(["a\r\nb\rc\n"], { endings: "native" }).text(), "a\nb\nc\n", "native endings");
  same(await new Blob(["\ufeffa", Uint8Array.of(0xff)]).text(), "a\ufffd", "text is UTF-8");
  fails(() => new Blob("text"), "TypeError", "text is no sequence");
  fails(() => new Blob([], { endings: "other" }), "TypeError", "other endings");
  let size = 0;
  for await (const piece of new Blob(["x".repeat(150_000)]).stream()) size += piece.length;
  same(size, 150_000, "stream");
  const reader = new Blob(["abcdef"]).stream().getReader({ mode: "byob" });
  const first = await reader.read(new Uint8Array(4));
  same(new TextDecoder().decode(first.value), "abcd", "into a buffer of one's own");
  same(Object.prototype.toString.call(blob), "[object Blob]", "tag");
  if (blob.bytes) same([...await new Blob(["a"]).bytes()], [97], "bytes");
  const bytes = Uint8Array.of(1, 2);
  const frozen = new Blob([bytes]);
  bytes[0] = 9;
  same([...new Uint8Array(await frozen.arrayBuffer())], [1, 2], "a blob never changes");
}

async function files(File) {
  const file = new File(["abc"], "a/b.txt", { type: "text/plain", lastModified: 1234.9 });
  same([file.name, file.size, file.type, file.lastModified, file instanceof Blob],
    ["a/b.txt", 3, "text/plain", 1234, true], "File");
  same(Math.abs(new File([], "x").lastModified - Date.now()) < 5000, true, "lastModified is now");
  same(await file.slice(1).text(), "bc", "a slice of a File");
  fails(() => new File(["a"]), "TypeError", "no name");
}

async function forms(File) {
  const form = new FormData();
  form.append("a", 1);
  form.append("a", "2");
  form.append("f", new Blob(["file"], { type: "text/x" }));
  form.append("g", new Blob(["other"]), "name.bin");
  form.set("a", "only");
  same([...form.keys()], ["a", "f", "g"], "keys");
  same([form.get("a"), form.getAll("a"), form.get("n"), form.has("f")], ["only", ["only"], null, true], "reading");
  same([form.get("f").name, form.get("f") instanceof File, form.get("g").name], ["blob", true, "name.bin"],
    "a Blob becomes a File");
  form.delete("g");
  same([...form].length, 2, "delete");
  fails(() => form.append("x", "text", "name"), "TypeError", "a file name with text");
  fails(() => new FormData({}), "TypeError", "an argument");
  form.append("ü\"\r\n", "line\nline");
  const sent = new Response(form);
  const type = sent.headers.get("content-type");
  same(/^multipart\/form-data; ?boundary=[-\w]+$/.test(type), true, "Content-Type");
  const text = await sent.clone().text();
  same(text.includes('Content-Disposition: form-data; name="f"; filename="blob"\r\nContent-Type: text/x\r\n\r\nf' +
    'ile\r\n'), true, "a part");
  same(text.includes('name="ü%22%0D%0A"\r\n\r\nline\r\nline\r\n'), true, "an escaped name");
  const back = await sent.formData();
  same([...back.keys()], ["a", "f", "ü\"\r\n"], "names come back");
  same([back.get("a"), await back.get("f").text(), back.get("f").type, back.get("f").name],
    ["only", "file", "text/x", "blob"], "values come back");
}

async function parsing() {
  const parse = (body, type) => new Response(body, { headers: { "content-type": type } }).formData();
  const multipart = "--X\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n1\r\n--X\r\nContent-Disposition: f" +
    "orm-data; " +
    "name=\"f\"; filename=\"x.bin\"\r\nContent-Type: application/x-y\r\n\r\n\r\n--\r\n\r\n--X--\r\n";
  const form = await parse(multipart, "multipart/form-data; boundary=X");
  same([form.get("a"), form.get("f").name, form.get("f").type, await form.get("f").text()],
    ["1", "x.bin", "application/x-y", "\r\n--\r\n"], "multipart");
  same([...await parse("a=1&b=%C3%BC+x&a=2", "application/x-www-form-urlencoded;charset=utf-8")],
    [["a", "1"], ["b", "ü x"], ["a", "2"]], "urlencoded");
  same([...await parse("--X--\r\n", 'Multipart/Form-Data; boundary="X"')], [], "an empty form");
  for (const [body, type] of [
    ["a=1", "text/plain"], [multipart, "multipart/form-data"], [multipart, "multipart/form-data; boundary=Y"],
    ["--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1", "multipart/form-data; boundary=X"],
    ["--X\r\nContent-Disposition: attachment\r\n\r\n1\r\n--X--", "multipart/form-data; boundary=X"],
  ]) same(await parse(body, type).then(() => "parsed", (error) => error.name), "TypeError", `a bad form as ${type}`);
}

export const handler = async () => {
  const File = globalThis.File ?? process.getBuiltinModule?.("buffer").File ?? (await import("node:buffer")).File;
  await blobs();
  await files(File);
  await forms(File);
  await parsing();
  return { checks };
};
