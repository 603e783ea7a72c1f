// URL and URLSearchParams. Expected values are those of the URL standard's own examples and of Node.

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
    return error;
  }
  throw new Error(`${what}: did not fail`);
}

function urls() {
  const url = new URL("https://user:pa%20ss@EXAMPLE.com:8080/a/../b?x=1&y=2#frag");
  same(url.href, "https://user:pa%20ss@example.com:8080/b?x=1&y=2#frag", "href");
  same([url.protocol, url.username, url.password, url.host, url.hostname, url.port, url.pathname, url.search, url.hash,
    url.origin], ["https:", "user", "pa%20ss", "example.com:8080", "example.com", "8080", "/b", "?x=1&y=2", "#frag",
    "https://example.com:8080"], "parts");
  same(JSON.stringify({ url }), '{"url":"https://user:pa%20ss@example.com:8080/b?x=1&y=2#frag"}', "toJSON");
  same(`${url}`, url.href, "toString");
  same(Object.prototype.toString.call(url), "[object URL]", "tag");
  for (const [input, base, want] of [
    ["../c?d", "http://h/a/b/", "http://h/a/c?d"], ["//other/x", "https://h/", "https://other/x"],
    ["#f", "http://h/p?q", "http://h/p?q#f"], ["http://0x7f.1/", undefined, "http://127.0.0.1/"],
    ["http://[::1]:80/", undefined, "http://[::1]/"], ["HTTP://ü.example", undefined, "http://xn--tda.example/"],
    ["data:text/plain,hi", undefined, "data:text/plain,hi"], ["file:///c:/x", undefined, "file:///c:/x"],
    ["  http://h/a b\t\n ", undefined, "http://h/a%20b"], ["http://h\\p", undefined, "http://h/p"],
    ["mailto:x@y", undefined, "mailto:x@y"], ["/p", "blob:http://h/x", null], ["http://h:99999/", undefined, null],
    ["", undefined, null], ["http://a b/", undefined, null], ["http://[::1", undefined, null],
  ]) {
    same(URL.canParse(input, base), want !== null, `canParse ${input}`);
    if (want === null) fails(() => new URL(input, base), "TypeError", `new URL ${input}`);
    else same(new URL(input, base).href, want, `new URL ${input}`);
  }
  const error = fails(() => new URL("nonsense"), "TypeError", "no base");
  same([error.code, error.input], ["ERR_INVALID_URL", "nonsense"], "error");
  fails(() => new URL(), "TypeError", "no argument");
  fails(() => URL("http://h/"), "TypeError", "without new");
  fails(() => Reflect.get(URL.prototype, "href", {}), "TypeError", "brand");
  same(URL.name + URL.length + URL.canParse.length, "URL11", "name and lengths");
  same(Object.getOwnPropertyDescriptor(URL.prototype, "href").enumerable, true, "members are enumerable");
  same(Object.keys(globalThis).includes("URL"), false, "globals are not enumerable");
}

function setters() {
  for (const [part, value, want] of [
    ["protocol", "ftp", "ftp://h:8080/p?q#f"], ["protocol", "mailto", "http://h:8080/p?q#f"],
    ["host", "x:1", "http://x:1/p?q#f"], ["hostname", "y", "http://y:8080/p?q#f"], ["port", "", "http://h/p?q#f"],
    ["port", "80", "http://h/p?q#f"], ["port", "12x", "http://h:12/p?q#f"], ["port", "x", "http://h:8080/p?q#f"],
    ["pathname", "a b/../c", "http://h:8080/c?q#f"], ["search", "a=ü", "http://h:8080/p?a=%C3%BC#f"],
    ["search", "", "http://h:8080/p#f"], ["hash", "x y", "http://h:8080/p?q#x%20y"], ["hash", "", "http://h:8080/p?q"],
    ["username", "me", "http://me@h:8080/p?q#f"], ["password", "p:w", "http://:p%3Aw@h:8080/p?q#f"],
    ["href", "https://n/", "https://n/"], ["host", "", "http://h:8080/p?q#f"],
  ]) {
    const url = new URL("http://h:8080/p?q#f");
    url[part] = value;
    same(url.href, want, `${part} = ${value}`);
  }
  const url = new URL("http://h/");
  fails(() => { url.href = "nonsense"; }, "TypeError", "href = nonsense");
  same(url.href, "http://h/", "href after a failure");
}

function links() {
  const url = new URL("http://h/?a=1&b=2");
  const { searchParams } = url;
  same(searchParams === url.searchParams, true, "the same object");
  searchParams.append("c", "ü &=+~'");
  same(url.search, "?a=1&b=2&c=%C3%BC+%26%3D%2B%7E%27", "append shows in search");
  searchParams.delete("a");
  searchParams.set("b", "x");
  same(url.href, "http://h/?b=x&c=%C3%BC+%26%3D%2B%7E%27", "delete and set show in href");
  url.search = "?z=9";
  same([...searchParams], [["z", "9"]], "search shows in searchParams");
  url.href = "http://h/?y=8#f";
  same(searchParams.get("y"), "8", "href shows in searchParams");
  searchParams.delete("y");
  same(url.href, "http://h/#f", "no question mark is left");
}

function params() {
  for (const [init, want] of [
    ["?a=1&b", "a=1&b="], ["a=b+c%20d", "a=b+c+d"], ["&&a=&=b&", "a=&=b"], ["%zz=%41%", "%25zz=A%25"],
    ["a=%F0%9F%98%80", "a=%F0%9F%98%80"], ["a=%ff", "a=%EF%BF%BD"], ["a=%EF%BB%BFx", "a=%EF%BB%BFx"],
    [{ x: 1, y: "ü" }, "x=1&y=%C3%BC"], [[["a", "b"], ["a", "c"]], "a=b&a=c"], [new Map([["k", "v"]]), "k=v"],
    [new URLSearchParams("q=1&q=2"), "q=1&q=2"], [null, "null="], [undefined, ""],
      [{ "\ud800": "\udc00" }, "%EF%BF%BD=%EF%BF%BD"],
    ["a=*-._~!'()", "a=*-._%7E%21%27%28%29"],
  ]) same(new URLSearchParams(init).toString(), want, `init ${JSON.stringify(init)}`);
  for (const init of [[["a"]], [["a", "b", "c"]], [1], { [Symbol("x")]: 1 }]) {
    fails(() => new URLSearchParams(init), "TypeError", `init ${String(init)}`);
  }
  const it = new URLSearchParams("b=2&a=1&b=3&c=");
  same([it.size, it.get("b"), it.getAll("b"), it.get("n"), it.has("c"), it.has("b", "3"), it.has("b", "4")],
    [4, "2", ["2", "3"], null, true, true, false], "reading");
  it.delete("b", "2");
  same(it.toString(), "a=1&b=3&c=", "delete one value");
  it.append("a", "\u{1F600}");
  it.append("a", "\uff5e");
  it.sort();
  same([...it.keys()], ["a", "a", "a", "b", "c"], "sort keeps order");
  same([...new URLSearchParams("\uff5e=1&\u{1F600}=2")].length, 2, "size");
  const sorted = new URLSearchParams([["\uffca", ""], ["\u{1F308}", ""]]);
  sorted.sort();
  same([...sorted.keys()], ["\u{1F308}", "\uffca"], "sorted by code units");
  it.set("a", "only");
  same([...it.entries()], [["a", "only"], ["b", "3"], ["c", ""]], "set removes the others");
  const seen = [];
  it.forEach(function (value, name, whole) { seen.push([name, value, whole === it, this.me]); }, { me: 1 });
  same(seen[0], ["a", "only", true, 1], "forEach");
  same([...it.values()].join(), "only,3,", "values");
  const live = new URLSearchParams("a=1&b=2&c=3");
  const names = [];
  for (const [name] of live) {
    names.push(name);
    live.delete("b");
  }
  same(names, ["a", "c"], "iteration is live");
  const iterator = it[Symbol.iterator]();
  same(Object.prototype.toString.call(iterator), "[object URLSearchParams Iterator]", "the iterator's tag");
  same(it[Symbol.iterator] === it.entries, true, "the iterator is entries");
  fails(() => URLSearchParams.prototype.get.call({}, "a"), "TypeError", "brand");
  fails(() => it.get(), "TypeError", "get without a name");
  fails(() => it.append("x"), "TypeError", "append without a value");
}

export const handler = async () => {
  urls();
  setters();
  links();
  params();
  const blob = URL.createObjectURL(new Blob(["x"]));
  same(/^blob:(null\/|nodedata:)[0-9a-f-]{36}$/.test(blob), true, "object URL");
  URL.revokeObjectURL(blob);
  fails(() => URL.createObjectURL({}), "TypeError", "createObjectURL of no blob");
  same(URL.parse?.("http://h/")?.href ?? "http://h/", "http://h/", "URL.parse");
  same(URL.parse?.("x") ?? null, null, "URL.parse of none");
  return { checks };
};
