// Bodies, from the Fetch Standard, section 5.2: what may be one, and the ways to read it.

const bytes = (text) => new TextEncoder().encode(text);
const stream = (...chunks) => new ReadableStream({
  start(controller) {
    for (const chunk of chunks) controller.enqueue(chunk);
    controller.close();
  },
});
const make = {
  Request: (body) => new Request("https://example.com/", { method: "POST", body, duplex: "half" }),
  Response: (body) => new Response(body),
};

for (const [kind, holder] of Object.entries(make)) {
  for (const [what, body, expected] of [
    ["a string", "hä€😀", "hä€😀"],
    ["an empty string", "", ""],
    ["half of a character", "a\ud800b", "a\ufffdb"],
    ["a buffer", bytes("buffer").buffer, "buffer"],
    ["bytes", bytes("bytes"), "bytes"],
    ["a part of a buffer", bytes("0123456").subarray(2, 4), "23"],
    ["a DataView", new DataView(bytes("view").buffer, 1), "iew"],
    ["a Blob", new Blob(["bl", "ob"]), "blob"],
    ["URLSearchParams", new URLSearchParams([["a b", "ä"]]), "a+b=%C3%A4"],
    ["a stream", () => stream(bytes("st"), bytes("ream")), "stream"],
    ["an empty stream", () => stream(), ""],
    ["a number", 12, "12"],
  ]) {
    const of = () => holder(typeof body === "function" ? body() : body);
    promise_test(async () => {
      assert_equals(await of().text(), expected);
      assert_array_equals(new Uint8Array(await of().arrayBuffer()), bytes(expected));
      assert_equals(await (await of().blob()).text(), expected);
    }, `${kind} of ${what}`);
  }

  promise_test(async () => {
    const held = holder('{"a":[1]}');
    assert_object_equals(await held.json(), { a: [1] });
    assert_true(held.bodyUsed);
  }, `${kind}: json`);

  promise_test((t) => promise_rejects_js(t, SyntaxError, holder("{").json()), `${kind}: json of what is none`);
  promise_test((t) => promise_rejects_js(t, SyntaxError, holder("").json()), `${kind}: json of nothing`);

  promise_test(async () => {
    assert_equals(await holder("\ufeffx").text(), "x");
    assert_equals(await holder("\ufeff1").json(), 1);
  }, `${kind}: text and json drop a byte order mark`);

  promise_test(async () => {
    assert_equals(await holder(new Uint8Array([0x61, 0xff])).text(), "a\ufffd");
  }, `${kind}: bytes that are no text are replaced`);

  for (const method of ["text", "json", "arrayBuffer", "blob", "formData"]) {
    promise_test(async (t) => {
      const held = holder("1");
      assert_false(held.bodyUsed);
      const first = held.text();
      assert_true(held.bodyUsed);
      assert_equals(await first, "1");
      await promise_rejects_js(t, TypeError, held[method]());
    }, `${kind}: ${method} of a used body`);

    promise_test((t) => promise_rejects_js(t, TypeError, holder("x")[method].call({})), `${kind}: ${method} of another this`);
  }

  promise_test(async (t) => {
    const held = holder("abc");
    const reader = held.body.getReader();
    await promise_rejects_js(t, TypeError, held.text());
    const { value, done } = await reader.read();
    assert_true(value instanceof Uint8Array);
    assert_false(done);
    assert_array_equals(value, bytes("abc"));
    assert_true((await reader.read()).done);
    assert_true(held.bodyUsed);
  }, `${kind}: reading the stream`);

  promise_test(async (t) => {
    await promise_rejects_js(t, TypeError, holder(stream("no bytes")).text());
  }, `${kind}: a stream of what are no bytes`);

  promise_test(async (t) => {
    const error = new Error("mine");
    const broken = new ReadableStream({ start: (controller) => controller.error(error) });
    await promise_rejects_exactly(t, error, holder(broken).arrayBuffer());
  }, `${kind}: a stream that fails`);

  promise_test(async () => {
    const form = await holder(new URLSearchParams("a=1&b=%26&a=2")).formData();
    assert_array_equals(form.getAll("a"), ["1", "2"]);
    assert_equals(form.get("b"), "&");
  }, `${kind}: formData of a query`);

  promise_test(async () => {
    const sent = new FormData();
    sent.append("text", 'q"uo\r\nte');
    sent.append("na\"me\n", "v");
    sent.append("file", new File(["con", "tent"], "f \"1\".txt", { type: "text/x" }));
    sent.append("blob", new Blob([new Uint8Array([0, 13, 10, 255])]));
    const form = await holder(sent).formData();
    assert_equals(form.get("text"), 'q"uo\r\nte');
    assert_equals(form.get("na\"me\r\n"), "v");
    const file = form.get("file");
    assert_true(file instanceof File);
    assert_equals(file.name, 'f "1".txt');
    assert_equals(file.type, "text/x");
    assert_equals(await file.text(), "content");
    assert_equals(form.get("blob").name, "blob");
    assert_equals(form.get("blob").type, "application/octet-stream");
    assert_array_equals(new Uint8Array(await form.get("blob").arrayBuffer()), [0, 13, 10, 255]);
  }, `${kind}: a form there and back`);

  promise_test((t) => promise_rejects_js(t, TypeError, holder("x").formData()), `${kind}: formData of text`);

  promise_test(async () => {
    const blob = await holder(new Blob(["x"], { type: "Foo/Bar" })).blob();
    assert_equals(blob.type, "foo/bar");
  }, `${kind}: a blob has the type of the headers`);
}

promise_test(async () => {
  const response = new Response();
  assert_equals(await response.text(), "");
  assert_false(response.bodyUsed);
  assert_equals(await response.text(), "");
  assert_equals((await response.arrayBuffer()).byteLength, 0);
}, "what has no body can be read again and again");

promise_test(async () => {
  if (!("bytes" in Response.prototype)) return;
  const read = await new Response("ab").bytes();
  assert_true(read instanceof Uint8Array);
  assert_array_equals(read, [97, 98]);
}, "bytes");

promise_test(async () => {
  const text = "--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--X\r\n" +
    "Content-Disposition: form-data; name=\"f\"; filename=\"n\"\r\nContent-Type: a/b\r\n\r\n\r\n--X--\r\n";
  const form = await new Response(text, { headers: { "content-type": "multipart/form-data; boundary=X" } }).formData();
  assert_equals(form.get("a"), "1");
  assert_equals(form.get("f").name, "n");
  assert_equals(form.get("f").size, 0);
  assert_equals(form.get("f").type, "a/b");
}, "a form as others write it");

promise_test(async (t) => {
  for (const text of ["", "--X\r\n", "--X\r\n\r\n1\r\n--X--", "garbage"]) {
    const response = new Response(text, { headers: { "content-type": "multipart/form-data; boundary=X" } });
    await promise_rejects_js(t, TypeError, response.formData(), JSON.stringify(text));
  }
  const without = new Response("--X--", { headers: { "content-type": "multipart/form-data" } });
  await promise_rejects_js(t, TypeError, without.formData());
}, "forms that are damaged");
