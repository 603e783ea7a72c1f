// Request, from the Fetch Standard, section 5.4. Relative URLs need a document and are not looked at.

const URL_TEXT = "https://example.com/path?q#h";

test(() => {
  const request = new Request(URL_TEXT);
  assert_equals(request.url, URL_TEXT);
  assert_equals(request.method, "GET");
  assert_equals(request.redirect, "follow");
  assert_equals(request.body, null);
  assert_equals(request.bodyUsed, false);
  assert_equals(request.integrity, "");
  assert_equals(request.keepalive, false);
  assert_equals(request.cache, "default");
  assert_equals(request.credentials, "same-origin");
  assert_equals(request.mode, "cors");
  assert_equals(request.referrer, "about:client");
  assert_equals(request.referrerPolicy, "");
  assert_equals(request.destination, "");
  assert_true(request.headers instanceof Headers);
  assert_equals(request.headers, request.headers);
  assert_true(request.signal instanceof AbortSignal);
  assert_equals([...request.headers].length, 0);
}, "the defaults");

for (const [given, expected] of [["get", "GET"], ["Post", "POST"], ["put", "PUT"], ["delete", "DELETE"], ["head", "HEAD"],
  ["options", "OPTIONS"], ["patch", "patch"], ["PATCH", "PATCH"], ["custom", "custom"], ["cHUNKY", "cHUNKY"]]) {
  test(() => assert_equals(new Request(URL_TEXT, { method: given }).method, expected), `method ${given}`);
}

for (const [what, url, init] of [
  ["no URL", "not a url"],
  ["credentials in the URL", "https://user:pass@example.com/"],
  ["an empty method", URL_TEXT, { method: "" }],
  ["a method that is no token", URL_TEXT, { method: "GE T" }],
  ["CONNECT", URL_TEXT, { method: "connect" }],
  ["TRACE", URL_TEXT, { method: "TRACE" }],
  ["TRACK", URL_TEXT, { method: "Track" }],
  ["a body with GET", URL_TEXT, { body: "x" }],
  ["a body with HEAD", URL_TEXT, { method: "HEAD", body: "x" }],
  ["an unknown redirect", URL_TEXT, { redirect: "maybe" }],
  ["an unknown mode", URL_TEXT, { mode: "maybe" }],
  ["mode navigate", URL_TEXT, { mode: "navigate" }],
  ["an unknown cache", URL_TEXT, { cache: "maybe" }],
  ["only-if-cached from elsewhere", URL_TEXT, { cache: "only-if-cached", mode: "cors" }],
  ["unknown credentials", URL_TEXT, { credentials: "maybe" }],
  ["a signal that is none", URL_TEXT, { signal: {} }],
  ["a window", URL_TEXT, { window: "x" }],
  ["a stream without duplex", URL_TEXT, { method: "POST", body: new ReadableStream() }],
  ["bad headers", URL_TEXT, { headers: { "a b": "c" } }],
]) {
  test(() => assert_throws_js(TypeError, () => new Request(url, init)), `a Request with ${what} throws`);
}

test(() => {
  assert_throws_js(TypeError, () => new Request());
  assert_throws_js(TypeError, () => Request(URL_TEXT));
}, "a URL and new are needed");

test(() => {
  assert_equals(new Request(new URL(URL_TEXT)).url, URL_TEXT);
  assert_equals(new Request({ toString: () => URL_TEXT }).url, URL_TEXT);
}, "URLs and other objects become text");

test(() => {
  const request = new Request(URL_TEXT, { method: "POST", body: "text", headers: { "X-A": "1" } });
  assert_equals(request.headers.get("content-type"), "text/plain;charset=UTF-8");
  assert_equals(request.headers.get("x-a"), "1");
  assert_true(request.body instanceof ReadableStream);
}, "a string body sets its type");

test(() => {
  const request = new Request(URL_TEXT, { method: "POST", body: "{}", headers: { "Content-Type": "application/json" } });
  assert_equals(request.headers.get("content-type"), "application/json");
}, "a type that is given stays");

promise_test(async () => {
  const first = new Request(URL_TEXT, { method: "PUT", body: "abc", headers: { a: "1" }, redirect: "manual" });
  const second = new Request(first);
  assert_true(first.bodyUsed);
  assert_equals(second.method, "PUT");
  assert_equals(second.redirect, "manual");
  assert_equals(second.headers.get("a"), "1");
  assert_equals(await second.text(), "abc");
  assert_throws_js(TypeError, () => new Request(first));
}, "a Request of a Request takes its body");

promise_test(async () => {
  const first = new Request(URL_TEXT, { method: "POST", body: "abc", headers: { a: "1" } });
  const second = new Request(first, { method: "PATCH", body: "new", headers: { b: "2" } });
  assert_equals(second.method, "PATCH");
  assert_equals(second.headers.get("a"), null);
  assert_equals(second.headers.get("b"), "2");
  assert_equals(await second.text(), "new");
  assert_equals(first.bodyUsed, false);
}, "init replaces what a Request had");

promise_test(async () => {
  const first = new Request(URL_TEXT, { method: "POST", body: "abc" });
  const second = first.clone();
  assert_not_equals(first, second);
  assert_not_equals(first.headers, second.headers);
  assert_equals(await first.text(), "abc");
  assert_equals(await second.text(), "abc");
  assert_throws_js(TypeError, () => first.clone());
}, "clone gives both their body, and refuses a used one");

test(() => {
  const controller = new AbortController();
  const first = new Request(URL_TEXT, { signal: controller.signal });
  const second = new Request(first);
  const third = second.clone();
  assert_not_equals(first.signal, controller.signal);
  controller.abort("why");
  for (const { signal } of [first, second, third]) {
    assert_true(signal.aborted);
    assert_equals(signal.reason, "why");
  }
}, "the signal follows the given one, through copies too");

test(() => {
  const request = new Request(URL_TEXT, { signal: AbortSignal.abort("gone") });
  assert_true(request.signal.aborted);
  assert_equals(request.signal.reason, "gone");
  assert_false(new Request(request, { signal: null }).signal.aborted);
}, "an aborted signal is there from the beginning; null takes it away");

test(() => {
  const order = [];
  const init = {};
  for (const name of ["signal", "redirect", "method", "headers", "body"]) {
    Object.defineProperty(init, name, { get() { order.push(name); return undefined; } });
  }
  new Request(URL_TEXT, init);
  assert_array_equals(order, ["body", "headers", "method", "redirect", "signal"]);
}, "init is read in the order of Web IDL");

test(() => {
  for (const name of ["method", "url", "headers", "destination", "referrer", "referrerPolicy", "mode", "credentials",
    "cache", "redirect", "integrity", "keepalive", "signal", "duplex", "body", "bodyUsed"]) {
    const descriptor = Object.getOwnPropertyDescriptor(Request.prototype, name);
    assert_not_equals(descriptor, undefined, name);
    assert_equals(descriptor.set, undefined, name);
    assert_true(descriptor.enumerable, name);
    assert_throws_js(TypeError, () => descriptor.get.call({}), name);
  }
  assert_equals(Object.prototype.toString.call(new Request(URL_TEXT)), "[object Request]");
  assert_equals(Request.length, 1);
}, "the class is as Web IDL has it");
