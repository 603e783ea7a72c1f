// `node:path`, `node:url` and `node:querystring`, against what Node answers.

const assert = require("node:assert");
const path = require("node:path");
const url = require("node:url");
const qs = require("node:querystring");

const tests = {
  paths() {
    assert.strictEqual(path.join("/a", "..", "b", "./c", ""), "/b/c");
    assert.strictEqual(path.resolve("/a/b", "../c", "d"), "/a/c/d");
    assert.strictEqual(path.normalize("/a//b/../c/."), "/a/c");
    assert.strictEqual(path.relative("/a/b/c", "/a/d"), "../../d");
    assert.strictEqual(path.basename("/a/b.txt", ".txt"), "b");
    assert.strictEqual(path.extname(".bashrc.x"), ".x");
    assert.strictEqual(path.dirname("/a/b/"), "/a");
    assert.deepStrictEqual(path.parse("/home/x/file.txt"), {
      root: "/",
      dir: "/home/x",
      base: "file.txt",
      ext: ".txt",
      name: "file",
    });
    assert.strictEqual(path.format({ dir: "/x", name: "a", ext: "b" }), "/x/a.b");
    assert.ok(path.isAbsolute("/x") && !path.isAbsolute("x"));
    assert.strictEqual(path.posix, path);
    assert.throws(() => path.join("a", 1), {
      code: "ERR_INVALID_ARG_TYPE",
      message: 'The "path" argument must be of type string. Received type number (1)',
    });
  },
  "paths of Windows"() {
    const { win32 } = path;
    assert.strictEqual(win32.join("C:\\a", "..", "b/c"), "C:\\b\\c");
    assert.strictEqual(win32.basename("C:\\a\\b.txt"), "b.txt");
    assert.strictEqual(win32.dirname("C:\\a\\b.txt"), "C:\\a");
    assert.strictEqual(win32.normalize("C:/a//b/../c"), "C:\\a\\c");
    assert.strictEqual(win32.resolve("C:\\a", "..\\b"), "C:\\b");
    assert.strictEqual(win32.resolve("D:\\a", "\\b"), "D:\\b");
    assert.strictEqual(win32.relative("C:\\a\\b", "C:\\a\\c"), "..\\c");
    assert.deepStrictEqual(win32.parse("C:\\a\\b.txt"), {
      root: "C:\\",
      dir: "C:\\a",
      base: "b.txt",
      ext: ".txt",
      name: "b",
    });
    assert.ok(win32.isAbsolute("C:/x") && win32.isAbsolute("\\x") && !win32.isAbsolute("C:x"));
    assert.strictEqual(win32.join("\\\\server\\share", "a"), "\\\\server\\share\\a");
    assert.strictEqual(win32.sep, "\\");
  },
  "file URLs"() {
    assert.strictEqual(url.fileURLToPath("file:///a%20b/c"), "/a b/c");
    assert.strictEqual(url.pathToFileURL("/a b/c#d?e%").href, "file:///a%20b/c%23d%3Fe%25");
    assert.throws(() => url.fileURLToPath("http://x/"), { code: "ERR_INVALID_URL_SCHEME" });
    assert.throws(() => url.fileURLToPath("file:///a%2Fb"), { code: "ERR_INVALID_FILE_URL_PATH" });
    assert.throws(() => url.fileURLToPath("file://host/b"), { code: "ERR_INVALID_FILE_URL_HOST" });
    assert.throws(() => url.fileURLToPath(5), { code: "ERR_INVALID_ARG_TYPE" });
  },
  "old URLs"() {
    const parsed = url.parse("http://user:pass@host.com:8080/p/a/t/h?query=string&a=1#hash", true);
    assert.strictEqual(parsed.host, "host.com:8080");
    assert.strictEqual(parsed.auth, "user:pass");
    assert.strictEqual(parsed.path, "/p/a/t/h?query=string&a=1");
    assert.deepStrictEqual({ ...parsed.query }, { query: "string", a: "1" });
    assert.deepStrictEqual({ ...url.parse("/x?a[b]=c&a[b]=d", true).query }, { "a[b]": ["c", "d"] });
    assert.strictEqual(url.parse("/x").query, null);
    assert.strictEqual(url.resolve("http://a.com/b/c", "../d"), "http://a.com/d");
    assert.strictEqual(
      url.format({ protocol: "https", host: "a.com", pathname: "/x", query: { a: [1, 2] } }),
      "https://a.com/x?a=1&a=2",
    );
    assert.strictEqual(
      url.format(new URL("http://u:p@xn--lck1c3crb1723bpq4a.com/a?b#c"), {
        auth: false,
        fragment: false,
        search: false,
      }),
      "http://xn--lck1c3crb1723bpq4a.com/a",
    );
    assert.strictEqual(url.domainToASCII("español.com"), "xn--espaol-zwa.com");
    assert.strictEqual(url.domainToUnicode("xn--espaol-zwa.com"), "español.com");
    const options = url.urlToHttpOptions(new URL("https://a:b@[::1]:99/p?q#h"));
    assert.deepStrictEqual([options.hostname, options.port, options.path, options.auth], ["::1", 99, "/p?q", "a:b"]);
    assert.strictEqual(url.URL, URL);
  },
  "query strings"() {
    assert.deepStrictEqual(
      { ...qs.parse("a=1&b=%20x+y&a=2&c&=d&%E0%A4%A=z") },
      { a: ["1", "2"], b: " x y", c: "", "": "d", "\ufffd%A": "z" },
    );
    assert.strictEqual(
      qs.stringify({ a: [1, "b c"], d: true, e: null, f: 10n, g: "é" }),
      "a=1&a=b%20c&d=true&e=&f=10&g=%C3%A9",
    );
    assert.strictEqual(qs.stringify({ a: 1, b: 2 }, ";", ":"), "a:1;b:2");
    assert.deepStrictEqual({ ...qs.parse("a:1;b:2", ";", ":") }, { a: "1", b: "2" });
    assert.deepStrictEqual(Object.keys(qs.parse("a=1&b=2&c=3", null, null, { maxKeys: 2 })), ["a", "b"]);
    assert.strictEqual(qs.escape("a b&c"), "a%20b%26c");
    assert.strictEqual(qs.unescape("%zz%20"), "%zz ");
    assert.strictEqual(qs.decode, qs.parse);
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
