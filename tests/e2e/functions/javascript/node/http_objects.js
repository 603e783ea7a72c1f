// `node:http` without the network: requests that are refused before they are sent, and responses that a framework
// writes to a socket of its own.

const assert = require("node:assert");
const http = require("node:http");
const https = require("node:https");

// What a response writes.
function socket() {
  const pieces = [];
  return {
    pieces,
    _writableState: {},
    writable: true,
    on() {},
    once() {},
    removeListener() {},
    destroy() {},
    cork() {},
    uncork() {},
    write(data, encoding, callback) {
      pieces.push(typeof data === "string" ? data : Buffer.from(data).toString());
      (typeof encoding === "function" ? encoding : callback)?.();
      return true;
    },
  };
}

async function written(
  use,
  request = { method: "GET", httpVersion: "1.1", httpVersionMajor: 1, httpVersionMinor: 1, headers: {} },
) {
  const response = new http.ServerResponse(request);
  const to = socket();
  response.assignSocket(to);
  const finished = new Promise((resolve) => response.once("finish", resolve));
  use(response);
  await finished;
  return { text: to.pieces.join(""), response };
}

const tests = {
  "names and values"() {
    assert.strictEqual(http.STATUS_CODES[404], "Not Found");
    assert.ok(http.METHODS.includes("PATCH"));
    assert.ok(http.globalAgent instanceof http.Agent && https.globalAgent.protocol === "https:");
    http.validateHeaderName("x-ok");
    assert.throws(() => http.validateHeaderName("bad name"), { code: "ERR_INVALID_HTTP_TOKEN" });
    assert.throws(() => http.validateHeaderValue("x", "a\nb"), { code: "ERR_INVALID_CHAR" });
    assert.throws(() => http.validateHeaderValue("x", undefined), { code: "ERR_HTTP_INVALID_HEADER_VALUE" });
  },
  "requests that cannot be made throw at once"() {
    assert.throws(() => http.request("https://a.test/"), {
      code: "ERR_INVALID_PROTOCOL",
      message: 'Protocol "https:" not supported. Expected "http:"',
    });
    assert.throws(() => http.request({ host: "a.test", path: "/a b" }), { code: "ERR_UNESCAPED_CHARACTERS" });
    assert.throws(() => http.request({ host: "a.test", method: "BAD METHOD" }), { code: "ERR_INVALID_HTTP_TOKEN" });
    assert.throws(() => http.request({ host: "a.test", headers: { "bad name": 1 } }), {
      code: "ERR_INVALID_HTTP_TOKEN",
    });
    assert.throws(() => http.request({ hostname: 5 }), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => http.request("not a url"), TypeError);
  },
  async "a request knows what it will send, and can be given up"() {
    const request = http.request("http://user:pw@a.test:8080/p?q=1", { method: "put", headers: { "X-One": "1" } });
    assert.deepStrictEqual(
      [request.method, request.path, request.host, request.protocol],
      ["PUT", "/p?q=1", "a.test", "http:"],
    );
    assert.strictEqual(request.getHeader("host"), "a.test:8080");
    assert.strictEqual(request.getHeader("authorization"), "Basic dXNlcjpwdw==");
    request.setHeader("X-Two", ["a", "b"]);
    assert.deepStrictEqual(request.getHeaderNames().sort(), ["authorization", "host", "x-one", "x-two"]);
    assert.deepStrictEqual(request.getHeaders()["x-two"], ["a", "b"]);
    request.removeHeader("x-one");
    assert.ok(!request.hasHeader("X-One"));
    const order = [];
    request.on("error", (error) => order.push(error.code));
    const closed = new Promise((resolve) =>
      request.on("close", () => {
        order.push("close");
        resolve();
      }),
    );
    request.destroy();
    await closed;
    assert.deepStrictEqual(order, ["ECONNRESET", "close"]);
    const stop = new AbortController();
    const aborted = http.request("http://a.test", { signal: stop.signal });
    const failed = new Promise((resolve) => aborted.on("error", resolve));
    stop.abort();
    assert.strictEqual((await failed).name, "AbortError");
  },
  async "a response is written"() {
    const { text, response } = await written((r) => {
      r.sendDate = false;
      r.setHeader("Content-Type", "text/plain");
      r.setHeader("Set-Cookie", ["a=1", "b=2"]);
      r.statusCode = 201;
      r.end("hello");
    });
    assert.match(text, /^HTTP\/1\.1 201 Created\r\n/);
    assert.match(text, /\r\nContent-Type: text\/plain\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n/);
    assert.match(text, /\r\nContent-Length: 5\r\n/);
    assert.match(text, /\r\n\r\nhello$/);
    assert.ok(response.headersSent && response.writableEnded);
    assert.throws(() => response.setHeader("x", "y"), { code: "ERR_HTTP_HEADERS_SENT" });
  },
  async "a response in pieces is chunked"() {
    const { text } = await written((r) => {
      r.writeHead(200, "Fine", { "X-A": "b" });
      r.write("one");
      r.write(Buffer.from("two"));
      r.end();
    });
    assert.match(text, /^HTTP\/1\.1 200 Fine\r\n/);
    assert.match(text, /\r\nTransfer-Encoding: chunked\r\n/);
    assert.ok(text.endsWith("\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"));
  },
  async "a response without a body has none"() {
    const { text } = await written((r) => {
      r.statusCode = 204;
      r.end();
    });
    assert.match(text, /^HTTP\/1\.1 204 No Content\r\n/);
    assert.ok(!/content-length/i.test(text) && text.endsWith("\r\n\r\n"));
    const head = await written((r) => r.end("body"), { method: "HEAD", httpVersion: "1.1", headers: {} });
    assert.ok(head.text.endsWith("\r\n\r\n"));
    assert.throws(() => new http.ServerResponse({ method: "GET" }).writeHead(20), {
      code: "ERR_HTTP_INVALID_STATUS_CODE",
    });
  },
  async "a server hands requests to its listener"() {
    const server = http.createServer((request, response) => response.end(`${request.method} ${request.url}`));
    const request = new http.IncomingMessage(null);
    Object.assign(request, { method: "GET", url: "/path", headers: { a: "b" } });
    request.push("body");
    request.push(null);
    const { text } = await written((response) => server.emit("request", request, response), request);
    assert.ok(text.endsWith("GET /path"));
    assert.strictEqual(await require("node:stream/consumers").text(request), "body");
    assert.strictEqual(request.headers.a, "b");
  },
};

exports.handler = async () => {
  for (const [name, run] of Object.entries(tests)) {
    try {
      await run();
    } catch (error) {
      error.message = `${name}: ${error.message}`;
      throw error;
    }
  }
  return { checks: Object.keys(tests).length };
};
