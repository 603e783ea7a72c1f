// Response, from the Fetch Standard, section 5.5.

test(() => {
  const response = new Response();
  assert_equals(response.type, "default");
  assert_equals(response.url, "");
  assert_equals(response.redirected, false);
  assert_equals(response.status, 200);
  assert_equals(response.ok, true);
  assert_equals(response.statusText, "");
  assert_equals(response.body, null);
  assert_equals(response.bodyUsed, false);
  assert_equals(response.headers, response.headers);
}, "the defaults");

for (const status of [200, 201, 299, 300, 404, 500, 599]) {
  test(() => {
    const response = new Response(null, { status, statusText: "x y" });
    assert_equals(response.status, status);
    assert_equals(response.ok, status < 300);
    assert_equals(response.statusText, "x y");
  }, `status ${status}`);
}

for (const status of [0, 99, 100, 199, 600, 1000, -1, 65736 - 136 + 600]) {
  test(() => assert_throws_js(RangeError, () => new Response("", { status })), `status ${status} is out of range`);
}

for (const status of [204, 205, 304]) {
  test(() => {
    assert_throws_js(TypeError, () => new Response("", { status }));
    assert_equals(new Response(null, { status }).status, status);
    assert_equals(new Response(undefined, { status }).body, null);
  }, `status ${status} has no body`);
}

for (const statusText of ["\n", "\0", "\u0100", "\u007f\r"]) {
  test(() => assert_throws_js(TypeError, () => new Response("", { statusText })),
    `status text ${JSON.stringify(statusText)} is refused`);
}

test(() => {
  const response = Response.error();
  assert_equals(response.type, "error");
  assert_equals(response.status, 0);
  assert_equals(response.ok, false);
  assert_equals(response.statusText, "");
  assert_equals(response.body, null);
}, "Response.error");

for (const status of [301, 302, 303, 307, 308]) {
  test(() => {
    const response = Response.redirect("https://example.com/a b", status);
    assert_equals(response.status, status);
    assert_equals(response.headers.get("location"), "https://example.com/a%20b");
    assert_equals(response.type, "default");
    assert_throws_js(TypeError, () => response.headers.set("a", "b"));
  }, `Response.redirect with ${status}`);
}

test(() => {
  assert_equals(Response.redirect("https://example.com/").status, 302);
  for (const status of [200, 300, 304, 309, 400]) {
    assert_throws_js(RangeError, () => Response.redirect("https://example.com/", status));
  }
  assert_throws_js(TypeError, () => Response.redirect("http://:"));
  assert_throws_js(TypeError, () => Response.redirect());
}, "Response.redirect refuses other statuses and what is no URL");

promise_test(async () => {
  const response = Response.json({ a: [1, null, "ä"] });
  assert_equals(response.headers.get("content-type"), "application/json");
  assert_equals(response.status, 200);
  assert_equals(await response.text(), '{"a":[1,null,"ä"]}');
}, "Response.json");

promise_test(async () => {
  const response = Response.json("x", { status: 201, statusText: "made", headers: { "content-type": "foo/bar", a: "b" } });
  assert_equals(response.headers.get("content-type"), "foo/bar");
  assert_equals(response.headers.get("a"), "b");
  assert_equals(response.status, 201);
  assert_equals(response.statusText, "made");
  assert_equals(await response.json(), "x");
}, "Response.json with init");

test(() => {
  for (const data of [undefined, () => {}, Symbol("x")]) assert_throws_js(TypeError, () => Response.json(data));
  assert_throws_js(TypeError, () => Response.json({}, { status: 204 }));
  const loop = {};
  loop.loop = loop;
  assert_throws_js(TypeError, () => Response.json(loop));
  const own = new Error("mine");
  assert_throws_exactly(own, () => Response.json({ get a() { throw own; } }));
}, "Response.json of what is no JSON");

for (const [what, body, type] of [
  ["a string", "x", "text/plain;charset=UTF-8"],
  ["URLSearchParams", new URLSearchParams("a=b"), "application/x-www-form-urlencoded;charset=UTF-8"],
  ["a Blob with a type", new Blob(["x"], { type: "foo/bar" }), "foo/bar"],
  ["a Blob without", new Blob(["x"]), null],
  ["bytes", new Uint8Array(2), null],
  ["a buffer", new ArrayBuffer(2), null],
  ["a stream", new ReadableStream(), null],
  ["an object", {}, "text/plain;charset=UTF-8"],
]) {
  test(() => assert_equals(new Response(body).headers.get("content-type"), type), `the type of ${what}`);
}

test(() => {
  assert_regexp_match(new Response(new FormData()).headers.get("content-type"), /^multipart\/form-data; boundary=\S+$/);
}, "the type of a form");

promise_test(async () => {
  const first = new Response("abc", { status: 201, headers: { a: "1" } });
  const second = first.clone();
  second.headers.set("a", "2");
  assert_equals(first.headers.get("a"), "1");
  assert_equals(second.status, 201);
  assert_equals(await second.text(), "abc");
  assert_equals(await first.text(), "abc");
  assert_throws_js(TypeError, () => first.clone());
}, "clone copies, and refuses a used body");

promise_test(async () => {
  const chunks = [1, 2, 3];
  const source = new ReadableStream({
    pull(controller) {
      if (chunks.length) controller.enqueue(new Uint8Array([chunks.shift()]));
      else controller.close();
    },
  });
  const first = new Response(source);
  const second = first.clone();
  assert_array_equals(await second.bytes?.() ?? new Uint8Array(await second.arrayBuffer()), [1, 2, 3]);
  assert_array_equals(new Uint8Array(await first.arrayBuffer()), [1, 2, 3]);
}, "clone of a stream gives each all of it");

test(() => {
  const stream = new ReadableStream();
  stream.getReader();
  assert_throws_js(TypeError, () => new Response(stream));
}, "a locked stream is refused");

test(() => {
  for (const name of ["type", "url", "redirected", "status", "ok", "statusText", "headers", "body", "bodyUsed"]) {
    const descriptor = Object.getOwnPropertyDescriptor(Response.prototype, name);
    assert_equals(descriptor.set, undefined, name);
    assert_true(descriptor.enumerable, name);
    assert_throws_js(TypeError, () => descriptor.get.call({}), name);
  }
  assert_equals(Object.prototype.toString.call(new Response()), "[object Response]");
  assert_equals(Response.length, 0);
  assert_throws_js(TypeError, () => Response());
}, "the class is as Web IDL has it");
