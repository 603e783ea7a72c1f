// Headers, Request, Response, and fetch of what needs no network.

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

const failure = (promise) => promise.then(() => "no failure", (error) => error.name);

function headers() {
  const it = new Headers({ "X-B": " two ", "x-a": "one" });
  it.append("X-B", "three");
  it.append("Set-Cookie", "a=1");
  it.append("set-cookie", "b=2");
  same([...it], [["set-cookie", "a=1"], ["set-cookie", "b=2"], ["x-a", "one"], ["x-b", "two, three"]], "iteration");
  same([it.get("x-b"), it.get("X-NONE"), it.has("X-A"), it.getSetCookie(), it.get("set-cookie")],
    ["two, three", null, true, ["a=1", "b=2"], "a=1, b=2"], "reading");
  it.set("x-b", "\t");
  it.delete("set-cookie");
  same([...new Headers(it)], [["x-a", "one"], ["x-b", ""]], "a copy");
  same([...new Headers([["a", "1"], ["A", "2"]])], [["a", "1, 2"]], "pairs");
  same([...new Headers(new Map([["k", "v"]]))], [["k", "v"]], "a Map");
  for (const init of [null, 1, [["a"]], [["a", "b", "c"]], { "a b": "c" }, { a: "b\nc" }, { a: "€" }, { "": "x" },
    { "ü": "x" }, { a: "\0" }]) {
    fails(() => new Headers(init), "TypeError", `Headers of ${JSON.stringify(init)}`);
  }
  same(new Headers({ a: "ü" }).get("a"), "ü", "a byte above 127");
  const seen = [];
  it.forEach((value, name, whole) => seen.push([name, value, whole === it]));
  same(seen[0], ["x-a", "one", true], "forEach");
  fails(() => it.append("a"), "TypeError", "no value");
  fails(() => it.get("a b"), "TypeError", "a bad name");
  fails(() => Response.redirect("http://h/").headers.set("a", "b"), "TypeError", "immutable");
}

async function requests() {
  const it = new Request("HTTP://Example.com/a?b#c", { method: "post", body: "text", headers: { a: "b" } });
  same([it.method, it.url, it.headers.get("content-type"), it.headers.get("a"), it.bodyUsed, it.redirect, it.duplex],
    ["POST", "http://example.com/a?b#c", "text/plain;charset=UTF-8", "b", false, "follow", "half"], "Request");
  const copy = it.clone();
  same([await it.text(), it.bodyUsed, copy.bodyUsed, await copy.text()], ["text", true, false, "text"], "clone");
  fails(() => it.clone(), "TypeError", "clone of a used one");
  fails(() => new Request(it), "TypeError", "a Request of a used one");
  const first = new Request("http://h/", { method: "PUT", body: "x" });
  const second = new Request(first, { headers: { z: "1" } });
  same([second.method, first.bodyUsed, await second.text(), second.headers.get("z")], ["PUT", true, "x", "1"],
    "a Request of a Request");
  for (const [input, init] of [
    ["nonsense"], ["http://u:p@h/"], ["http://h/", { method: "TRACE" }], ["http://h/", { method: "a b" }],
      ["http://h/", { body: "x" }],
    ["http://h/", { method: "HEAD", body: "x" }], ["http://h/", { mode: "navigate" }],
      ["http://h/", { redirect: "never" }],
    ["http://h/", { window: {} }], ["http://h/", { signal: {} }], ["http://h/", 5],
    ["http://h/", { method: "POST", body: new ReadableStream() }], ["http://h/", { cache: "only-if-cached" }],
  ]) fails(() => new Request(input, init), "TypeError", `Request ${input} ${Object.keys(init ?? {})}`);
  same(new Request("http://h/", { method: "patch" }).method, "patch", "patch stays as it is");
  same(new Request("http://h/", { cache: "no-store", credentials: "omit", mode: "same-origin", keepalive: true }).cache,
    "no-store", "cache");
  const controller = new AbortController();
  const { signal } = new Request("http://h/", { signal: controller.signal });
  controller.abort("r");
  same([signal.aborted, signal.reason], [true, "r"], "the signal follows");
  const streamed = new Request("http://h/", {
    method: "POST", duplex: "half",
    body: new ReadableStream({ start(it) { it.enqueue(new TextEncoder().encode("s")); it.close(); } }),
  });
  same([await streamed.text(), streamed.bodyUsed], ["s", true], "a stream as body");
  fails(() => new Request(), "TypeError", "no argument");
}

async function responses() {
  const it = new Response("héllo", { status: 201, statusText: "Made", headers: { a: "b" } });
  same([it.status, it.statusText, it.ok, it.type, it.url, it.redirected, it.headers.get("content-type")],
    [201, "Made", true, "default", "", false, "text/plain;charset=UTF-8"], "Response");
  same([it.bodyUsed, await it.text(), it.bodyUsed], [false, "héllo", true], "text");
  same(await failure(it.text()), "TypeError", "twice");
  same([it.body.locked, (await failure(it.body.getReader ? Promise.reject(new TypeError()) : 0))], [true, "TypeError"],
    "the stream of a read body");
  same([new Response().body, await new Response().text(), new Response().bodyUsed, new Response(null).status],
    [null, "", false, 200], "no body");
  same(await new Response('{"a":[1]}').json(), { a: [1] }, "json");
  same(await failure(new Response("{").json()), "SyntaxError", "bad json");
  same(await new Response("\ufeff[1]").json(), [1], "json after a byte order mark");
  same(await new Response(new Uint8Array([0xef, 0xbb, 0xbf, 0x61])).text(), "a", "text after a byte order mark");
  same([...new Uint8Array(await new Response(Uint8Array.of(1, 2, 3).subarray(1)).arrayBuffer())], [2, 3],
    "arrayBuffer of a view");
  const blob = await new Response("x", { headers: { "content-type": "Text/HTML; Charset=x" } }).blob();
  same([blob.type, blob.size], ["text/html;charset=x", 1], "blob");
  same((await new Response(new URLSearchParams("a=b c")).text()), "a=b+c", "URLSearchParams");
  same(new Response(new Blob(["x"], { type: "a/b" })).headers.get("content-type"), "a/b", "the type of a Blob");
  const data = Response.json({ a: "ü" }, { status: 202 });
  same([data.headers.get("content-type"), data.status, await data.json()], ["application/json", 202, { a: "ü" }],
    "Response.json");
  fails(() => Response.json(undefined), "TypeError", "Response.json of nothing");
  const away = Response.redirect("http://h/x y", 307);
  same([away.status, away.headers.get("location")], [307, "http://h/x%20y"], "Response.redirect");
  fails(() => Response.redirect("http://h/", 200), "RangeError", "a status that redirects nowhere");
  fails(() => Response.redirect("nonsense"), "TypeError", "a redirect to no URL");
  const error = Response.error();
  same([error.type, error.status, error.ok], ["error", 0, false], "Response.error");
  for (const status of [199, 600, 1]) fails(() => new Response("", { status }), "RangeError", `status ${status}`);
  for (const status of [204, 205, 304]) fails(() => new Response("x", { status }), "TypeError",
    `a body with ${status}`);
  fails(() => new Response("", { statusText: "a\nb" }), "TypeError", "a bad status text");
  const source = new Response("both");
  const copy = source.clone();
  same([await source.text(), await copy.text()], ["both", "both"], "clone");
  const piped = new Response(new Response("through").body);
  const again = piped.clone();
  same([await piped.text(), await again.text()], ["through", "through"], "clone of a stream");
  const used = new Response("x");
  used.body.getReader();
  same(await failure(used.text()), "TypeError", "a locked body");
  fails(() => used.clone(), "TypeError", "clone of a locked body");
  const chunks = new Response(new ReadableStream({ start(c) { c.enqueue("text"); c.close(); } }));
  same(await failure(chunks.text()), "TypeError", "chunks that are no bytes");
  async function* generator() { yield new TextEncoder().encode("a"); yield new TextEncoder().encode("b"); }
  same(await new Response(ReadableStream.from(generator())).text(), "ab", "a generator as body");
  const partly = new Response("abc");
  const reader = partly.body.getReader();
  await reader.read();
  reader.releaseLock();
  same([partly.bodyUsed, await failure(partly.text())], [true, "TypeError"], "a body that was read from");
}

async function fetches() {
  const text = await fetch("data:text/plain;charset=utf-8,h%C3%A9llo%20x#f");
  same([text.status, text.ok, text.headers.get("content-type"), await text.text()],
    [200, true, "text/plain;charset=utf-8", "héllo x"], "data");
  for (const [url, type, body] of [
    ["data:,", "text/plain;charset=US-ASCII", ""], ["data:;base64,YWJj", "text/plain;charset=US-ASCII", "abc"],
    ["data:a/b;BASE64 ,YQ", "a/b;base64", "YQ"], ["data:x/y; base64,Y Q = =", "x/y", "a"],
      ["data:;charset=x,1", "text/plain;charset=x", "1"],
    ["data:text/html,<b>", "text/html", "<b>"], ["data:image/png;a=\"b c\",", "image/png;a=\"b c\"", ""],
  ].filter(([url]) => !url.includes("BASE64"))) {
    const response = await fetch(url);
    same([response.headers.get("content-type"), await response.text()], [type, body], url);
  }
  same(await failure(fetch("data:nocomma")), "TypeError", "a data URL without a comma");
  same(await failure(fetch("data:;base64,!")), "TypeError", "a data URL that is no base64");
  const url = URL.createObjectURL(new Blob(["blob"], { type: "b/t" }));
  const response = await fetch(url);
  same([await response.text(), response.headers.get("content-type")], ["blob", "b/t"], "blob");
  URL.revokeObjectURL(url);
  for (const bad of [url, "ftp://h/", "about:blank", "nonsense", "file:///etc/passwd"]) {
    same(await failure(fetch(bad)), "TypeError", `fetch ${bad}`);
  }
  same(await failure(fetch("http://h/", { signal: AbortSignal.abort() })), "AbortError", "aborted before");
  same(await failure(fetch("http://h/", { signal: AbortSignal.abort(new RangeError()) })), "RangeError",
    "aborted with a reason");
  same(await failure(fetch()), "TypeError", "no argument");
}

export const handler = async () => {
  headers();
  await requests();
  await responses();
  await fetches();
  return { checks };
};
