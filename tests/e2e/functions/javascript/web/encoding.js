// TextEncoder, TextDecoder, their streams, atob and btoa.

let checks = 0;

function same(actual, expected, what) {
  checks++;
  const plain = (value) => JSON.stringify(ArrayBuffer.isView(value) ? [...value] : value);
  if (plain(actual) !== plain(expected)) throw new Error(`${what}: got ${plain(actual)}, want ${plain(expected)}`);
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

const decode = (bytes, label, options) => new TextDecoder(label, options).decode(Uint8Array.from(bytes));

function encoder() {
  const it = new TextEncoder();
  same(it.encoding, "utf-8", "encoding");
  same(it.encode("aü€😀"), [97, 195, 188, 226, 130, 172, 240, 159, 152, 128], "encode");
  same(it.encode(), [], "encode nothing");
  same(it.encode("\ud800x"), [239, 191, 189, 120], "half a character");
  same(it.encode("x").constructor === Uint8Array, true, "gives a Uint8Array");
  for (const [text, room, read, written, bytes] of [
    ["abc", 10, 3, 3, [97, 98, 99]], ["aü", 2, 1, 1, [97]], ["€€", 5, 1, 3, [226, 130, 172]],
      ["😀a", 4, 2, 4, [240, 159, 152, 128]],
    ["a😀", 3, 1, 1, [97]], ["\ud800a", 4, 2, 4, [239, 191, 189, 97]], ["", 3, 0, 0, []], ["abc", 0, 0, 0, []],
    ["ab😀", 3, 2, 2, [97, 98]],
  ]) {
    const into = new Uint8Array(room);
    same(it.encodeInto(text, into), { read, written }, `encodeInto ${text} ${room}`);
    same(into.subarray(0, written), bytes, `encodeInto ${text} ${room} wrote`);
  }
  fails(() => it.encodeInto("a", new Uint16Array(2)), "TypeError", "encodeInto of another array");
  const long = "ü€😀".repeat(100_000);
  same(new TextDecoder().decode(it.encode(long)) === long, true, "long text comes back");
}

function decoder() {
  for (const [bytes, label, want] of [
    [[0xef, 0xbb, 0xbf, 0x61], "utf-8", "a"], [[0xff, 0x61], undefined, "\ufffda"], [[0xe2, 0x82], "UTF8", "\ufffd"],
    [[0x80, 0xe4], "windows-1252", "€ä"], [[0x80], "latin1", "€"], [[0xd6, 0xd0], "gbk", "中"],
    [[0x93, 0xfa], "shift_jis", "日"], [[0x61, 0x00, 0xfc, 0x00], "utf-16le", "aü"], [[0x00, 0x61], "utf-16be", "a"],
    [[0xc4], "iso-8859-2", "Ä"], [[0xb0, 0xa1], "euc-kr", "가"], [[0xa4, 0xa4], "big5", "中"],
      [[0xff], "x-user-defined", "\uf7ff"],
    [[0xcf], " KOI8-R\n", "о"],
  ]) same(decode(bytes, label), want, `decode ${label}`);
  for (const [label, name] of [
    ["utf8", "utf-8"], ["ASCII", "windows-1252"], ["ucs-2", "utf-16le"], ["sjis", "shift_jis"], ["\tutf-8 ", "utf-8"],
  ]) same(new TextDecoder(label).encoding, name, `label ${label}`);
  for (const label of ["utf-9", "", "replacement", "iso-2022-kr"]) {
    fails(() => new TextDecoder(label), "RangeError", `label ${label}`);
  }
  fails(() => decode([0xff], "utf-8", { fatal: true }), "TypeError", "fatal");
  fails(() => decode([0xe2, 0x82], "utf-8", { fatal: true }), "TypeError", "fatal at the end");
  same(decode([0xef, 0xbb, 0xbf, 0x61], "utf-8", { ignoreBOM: true }), "\ufeffa", "ignoreBOM");
  const it = new TextDecoder("utf-8", { fatal: true });
  same([it.fatal, it.ignoreBOM], [true, false], "options");
  const stream = new TextDecoder();
  const whole = new TextEncoder().encode("aü€😀b");
  let out = "";
  for (const byte of whole) out += stream.decode(Uint8Array.of(byte), { stream: true });
  same(out + stream.decode(), "aü€😀b", "byte by byte");
  same(stream.decode(Uint8Array.of(0xf0, 0x9f), { stream: true }) + stream.decode(), "\ufffd", "unfinished");
  const wide = new TextDecoder("utf-16le");
  same(wide.decode(Uint8Array.of(0x3d, 0xd8, 0x00), { stream: true }) + wide.decode(Uint8Array.of(0xde)), "😀",
    "utf-16 in pieces");
  same(new TextDecoder().decode(), "", "nothing");
  const data = new DataView(Uint8Array.of(1, 97, 98, 2).buffer, 1, 2);
  same(new TextDecoder().decode(data), "ab", "a view");
  same(new TextDecoder().decode(Uint8Array.of(97).buffer), "a", "a buffer");
  fails(() => new TextDecoder().decode("text"), "TypeError", "text is not bytes");
}

async function streams() {
  const collect = async (stream) => {
    const found = [];
    for await (const piece of stream) found.push(piece);
    return found;
  };
  const of = (...items) => new ReadableStream({
    start(controller) {
      for (const item of items) controller.enqueue(item);
      controller.close();
    },
  });
  same((await collect(of("a", "\ud83d", "\ude00").pipeThrough(new TextEncoderStream()))).map((piece) => [...piece]),
    [[97], [240, 159, 152, 128]], "TextEncoderStream joins halves");
  same((await collect(of("\ud83d").pipeThrough(new TextEncoderStream()))).map((piece) => [...piece]),
    [[239, 191, 189]], "TextEncoderStream at the end");
  const bytes = new TextEncoder().encode("€x");
  same((await collect(of(bytes.slice(0, 1), bytes.slice(1)).pipeThrough(new TextDecoderStream()))).join("|"), "€x",
    "TextDecoderStream");
  const bad = of(Uint8Array.of(0xff)).pipeThrough(new TextDecoderStream("utf-8", { fatal: true }));
  same(await collect(bad).then(() => "no", (error) => error.name), "TypeError", "a fatal TextDecoderStream");
  same(await collect(of("text").pipeThrough(new TextDecoderStream())).then(() => "no", (error) => error.name),
    "TypeError", "text into a TextDecoderStream");
}

function base64() {
  for (const [text, want] of [["", ""], ["a", "YQ=="], ["ab", "YWI="], ["abc", "YWJj"], ["\xff\xfe", "//4="],
    [null, "bnVsbA=="]]) {
    same(btoa(text), want, `btoa ${text}`);
    same(atob(want), String(text), `atob ${want}`);
  }
  same(atob(" Y Q\t=\n= "), "a", "white space");
  same(atob("YQ"), "a", "without padding");
  for (const text of ["Y", "YQ=", "YQ===", "Y?==", "=", "YWJj=", "ü"]) fails(() => atob(text), "InvalidCharacterError",
    `atob ${text}`);
  fails(() => btoa("€"), "InvalidCharacterError", "btoa beyond bytes");
}

export const handler = async () => {
  encoder();
  decoder();
  await streams();
  base64();
  return { checks };
};
