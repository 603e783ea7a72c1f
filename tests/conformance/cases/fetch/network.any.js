// fetch() over the network, from the Fetch Standard: against the runner's own small server, whose address is in the
// location.

const PEER = `http://${new URLSearchParams(location.search).get("peer")}`;
const echo = async (init, path = "/echo") => (await fetch(PEER + path, init)).json();
const header = (echoed, name) => echoed.headers.filter(([key]) => key === name).map(([, value]) => value).join(", ");

promise_test(async () => {
  const response = await fetch(`${PEER}/status/418?x=1`);
  assert_equals(response.status, 418);
  assert_equals(response.statusText, "I'm a teapot");
  assert_equals(response.ok, false);
  assert_equals(response.url, `${PEER}/status/418?x=1`);
  assert_equals(response.redirected, false);
  assert_equals(await response.text(), "status 418");
  assert_throws_js(TypeError, () => response.headers.set("a", "b"));
}, "what a reply is like");

promise_test(async () => {
  for (const method of ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "custom"]) {
    assert_equals((await echo({ method })).method, method);
  }
  const head = await fetch(`${PEER}/echo`, { method: "HEAD" });
  assert_equals(await head.text(), "");
}, "methods");

promise_test(async () => {
  const echoed = await echo({ headers: { "X-One": "1", "x-latin": "\u00e4", accept: "a/b" } });
  assert_equals(header(echoed, "x-one"), "1");
  assert_equals(header(echoed, "x-latin"), "\u00e4");
  assert_equals(header(echoed, "accept"), "a/b");
  const plain = await echo();
  assert_equals(header(plain, "accept"), "*/*");
  assert_not_equals(header(plain, "user-agent"), "");
  assert_equals(header(plain, "content-length"), "");
}, "headers");

for (const [what, body, text, type] of [
  ["a string", "häh", "häh", "text/plain;charset=UTF-8"],
  ["bytes", new Uint8Array([104, 105]), "hi", ""],
  ["a blob", new Blob(["b"], { type: "x/y" }), "b", "x/y"],
  ["a query", new URLSearchParams("a=b c"), "a=b+c", "application/x-www-form-urlencoded;charset=UTF-8"],
]) {
  promise_test(async () => {
    const echoed = await echo({ method: "POST", body });
    assert_equals(echoed.body, text);
    assert_equals(header(echoed, "content-type"), type);
    assert_equals(header(echoed, "content-length"), String(echoed.length));
  }, `sending ${what}`);
}

promise_test(async () => {
  assert_equals(header(await echo({ method: "POST" }), "content-length"), "0");
}, "a POST without a body says so");

promise_test(async () => {
  let left = 3;
  const body = new ReadableStream({
    pull(controller) {
      if (left-- > 0) controller.enqueue(new TextEncoder().encode(`part ${left};`));
      else controller.close();
    },
  });
  assert_equals((await echo({ method: "POST", body, duplex: "half" })).body, "part 2;part 1;part 0;");
}, "sending a stream");

promise_test(async () => {
  const body = new FormData();
  body.append("a", "1");
  body.append("f", new File(["x"], "n.txt", { type: "t/x" }));
  const echoed = await echo({ method: "POST", body });
  const boundary = /boundary=(.+)$/.exec(header(echoed, "content-type"))[1];
  assert_equals(echoed.body, `--${boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n` +
    `--${boundary}\r\nContent-Disposition: form-data; name="f"; filename="n.txt"\r\nContent-Type: t/x\r\n\r\nx\r\n` +
    `--${boundary}--\r\n`);
}, "sending a form");

promise_test(async () => {
  const size = 1 << 20;
  const body = new Uint8Array(size).fill(97);
  assert_equals((await echo({ method: "POST", body })).length, size);
}, "sending a mebibyte");

promise_test(async () => {
  const response = await fetch(new Request(`${PEER}/echo`, { method: "PUT", body: "r", headers: { a: "1" } }), {
    headers: { b: "2" },
  });
  const echoed = await response.json();
  assert_equals(echoed.method, "PUT");
  assert_equals(echoed.body, "r");
  assert_equals(header(echoed, "a"), "");
  assert_equals(header(echoed, "b"), "2");
}, "a Request and init together");

for (const [code, method, kept] of [
  [301, "POST", "GET"], [302, "POST", "GET"], [303, "PUT", "GET"], [303, "GET", "GET"], [307, "POST", "POST"],
  [308, "PUT", "PUT"], [301, "PUT", "PUT"],
]) {
  promise_test(async () => {
    const init = { method, body: method === "GET" ? undefined : "body" };
    const response = await fetch(`${PEER}/redirect/${code}?/echo`, init);
    const echoed = await response.json();
    assert_true(response.redirected);
    assert_equals(response.url, `${PEER}/echo`);
    assert_equals(echoed.method, kept);
    assert_equals(echoed.body, kept === "GET" ? "" : "body");
    if (kept === "GET") assert_equals(header(echoed, "content-type"), "");
  }, `${code} after ${method} goes on with ${kept}`);
}

promise_test(async () => {
  const response = await fetch(`${PEER}/redirect/302?/echo#new`);
  assert_equals(response.url, `${PEER}/echo`);
  assert_equals((await response.json()).target, "/echo");
}, "fragments are not sent, nor are they in the reply's URL");

promise_test(async () => {
  const response = await fetch(`${PEER}/redirect/302?/echo`, { redirect: "manual" });
  assert_equals(response.redirected, false);
  assert_in_array(response.type, ["opaqueredirect", "default", "basic"]);
}, "redirect: manual does not follow");

promise_test((t) => promise_rejects_js(t, TypeError, fetch(`${PEER}/redirect/302?/echo`, { redirect: "error" })),
  "redirect: error fails");
promise_test((t) => promise_rejects_js(t, TypeError, fetch(`${PEER}/loop`)), "a loop of redirects fails");
promise_test((t) => promise_rejects_js(t, TypeError, fetch(`${PEER}/redirect/302?foo:bar`)),
  "a redirect to another scheme fails");

promise_test(async () => {
  const response = await fetch(`${PEER}/headers?a:1&a:2&set-cookie:x=1&set-cookie:y=2`);
  assert_equals(response.headers.get("a"), "1, 2");
  assert_array_equals(response.headers.getSetCookie(), ["x=1", "y=2"]);
}, "headers that come twice");

promise_test(async () => {
  const response = await fetch(`${PEER}/gzip`);
  assert_equals(await response.text(), "hello");
}, "a reply in gzip is unpacked");

promise_test(async () => {
  const response = await fetch(`${PEER}/chunks`);
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body) text += decoder.decode(chunk, { stream: true });
  assert_equals(text, "chunk 1chunk 2chunk 3chunk 4chunk 5");
}, "a reply in pieces");

for (const status of [204, 304]) {
  promise_test(async () => {
    const response = await fetch(`${PEER}/status/${status}`);
    assert_equals(response.status, status);
    assert_equals(response.body, null);
    assert_equals(await response.text(), "");
  }, `a reply with ${status} has no body`);
}

promise_test((t) => promise_rejects_js(t, TypeError, fetch(`${PEER}/garbage`)), "what is no HTTP");
promise_test((t) => promise_rejects_js(t, TypeError, fetch("foo:bar")), "another scheme");
promise_test((t) => promise_rejects_js(t, TypeError, fetch("not a url at all", { method: "GE T" })), "a bad request");
promise_test(async (t) => {
  const response = await fetch(`${PEER}/short`);
  await promise_rejects_js(t, TypeError, response.text());
}, "a body that breaks off");

promise_test(async () => {
  const response = await fetch("data:text/plain;charset=utf-8;base64,aMOk");
  assert_equals(response.status, 200);
  assert_equals(response.headers.get("content-type"), "text/plain;charset=utf-8");
  assert_equals(await response.text(), "hä");
}, "data: URLs");

promise_test(async () => {
  const replies = await Promise.all(Array.from({ length: 8 }, (_, at) => fetch(`${PEER}/echo?${at}`)));
  const targets = await Promise.all(replies.map(async (reply) => (await reply.json()).target));
  assert_array_equals(targets, Array.from({ length: 8 }, (_, at) => `/echo?${at}`));
}, "eight at once");

promise_test((t) => promise_rejects_dom(t, "AbortError", fetch(`${PEER}/echo`, { signal: AbortSignal.abort() })),
  "aborted before it began");

promise_test(async (t) => {
  const controller = new AbortController();
  const reason = new Error("mine");
  const pending = fetch(`${PEER}/silence`, { signal: controller.signal });
  t.step_timeout(() => controller.abort(reason), 30);
  await promise_rejects_exactly(t, reason, pending);
}, "aborted while it waits");

promise_test(async (t) => {
  const controller = new AbortController();
  const response = await fetch(`${PEER}/stall`, { signal: controller.signal });
  const reader = response.body.getReader();
  assert_equals(new TextDecoder().decode((await reader.read()).value), "first");
  controller.abort();
  await promise_rejects_dom(t, "AbortError", reader.read());
}, "aborted while its body comes");

promise_test((t) => promise_rejects_dom(t, "TimeoutError", fetch(`${PEER}/silence`, { signal: AbortSignal.timeout(40) })),
  "AbortSignal.timeout");
