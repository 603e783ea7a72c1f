// Headers, from the Fetch Standard, section 5.1: construction, methods, normalisation, guards, iteration.

const pairs = (headers) => [...headers].map(([name, value]) => `${name}=${value}`).join(";");

for (const [what, init, expected] of [
  ["nothing", undefined, ""],
  ["an empty object", {}, ""],
  ["a record", { B: "2", a: "1" }, "a=1;b=2"],
  ["a list of pairs", [["x", "1"], ["x", "2"]], "x=1, 2"],
  ["other Headers", new Headers({ q: "1" }), "q=1"],
  ["a Map, which is a list of pairs", new Map([["m", "1"]]), "m=1"],
  ["numbers and booleans", { n: 1, b: true, u: undefined }, "b=true;n=1;u=undefined"],
  ["values with white space around them", { a: " \t\r\n x y \n" }, "a=x y"],
  ["an empty value", { a: "" }, "a="],
  ["bytes above ASCII", { a: "\u00ff" }, "a=\u00ff"],
]) {
  test(() => assert_equals(pairs(new Headers(init)), expected), `Headers of ${what}`);
}

for (const [what, init] of [
  ["null", null], ["a number", 1], ["a string", "a: b"], ["pairs of one", [["a"]]], ["pairs of three", [["a", "b", "c"]]],
  ["an empty name", { "": "1" }], ["a name with a space", { "a b": "1" }], ["a name with a colon", { "a:": "1" }],
  ["a name outside ASCII", { "\u00e4": "1" }], ["a value with NUL", { a: "x\0y" }],
  ["a value with a line break", { a: "x\ny" }], ["a value with CR", { a: "x\ry" }],
  ["a value above a byte", { a: "\u0100" }], ["a symbol as value", { a: Symbol("x") }],
]) {
  test(() => assert_throws_js(TypeError, () => new Headers(init)), `Headers of ${what} throw`);
}

test(() => {
  const headers = new Headers();
  headers.append("Accept", "a");
  headers.append("ACCEPT", "b");
  assert_equals(headers.get("accept"), "a, b");
  assert_true(headers.has("aCCept"));
  headers.set("accept", "c");
  assert_equals(headers.get("Accept"), "c");
  headers.delete("ACCEPT");
  assert_false(headers.has("accept"));
  assert_equals(headers.get("accept"), null);
}, "names are compared without case; append joins, set replaces, delete removes");

test(() => {
  const headers = new Headers([["b", "1"], ["set-cookie", "x=1"], ["a", "2"], ["Set-Cookie", "y=2"]]);
  assert_equals(pairs(headers), "a=2;b=1;set-cookie=x=1;set-cookie=y=2");
  assert_array_equals(headers.getSetCookie(), ["x=1", "y=2"]);
  assert_equals(headers.get("set-cookie"), "x=1, y=2");
}, "iteration is sorted, and cookies are not joined");

test(() => {
  const headers = new Headers({ a: "1", b: "2" });
  assert_array_equals([...headers.keys()], ["a", "b"]);
  assert_array_equals([...headers.values()], ["1", "2"]);
  assert_equals(headers[Symbol.iterator], headers.entries);
  const seen = [];
  headers.forEach(function (value, name, all) { seen.push([this.t, name, value, all === headers].join()); }, { t: 1 });
  assert_array_equals(seen, ["1,a,1,true", "1,b,2,true"]);
  assert_throws_js(TypeError, () => headers.forEach());
  assert_throws_js(TypeError, () => headers.forEach("x"));
}, "keys, values, entries, forEach");

test(() => {
  const headers = new Headers({ a: "1", c: "3" });
  const iterator = headers.entries();
  assert_array_equals(iterator.next().value, ["a", "1"]);
  headers.append("b", "2");
  assert_array_equals(iterator.next().value, ["b", "2"]);
  assert_array_equals(iterator.next().value, ["c", "3"]);
  assert_true(iterator.next().done);
}, "an iterator sees what changes meanwhile");

test(() => {
  const prototype = Object.getPrototypeOf(new Headers().entries());
  assert_equals(prototype[Symbol.toStringTag], "Headers Iterator");
  assert_equals(Object.getPrototypeOf(prototype), Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())));
  assert_throws_js(TypeError, () => prototype.next.call({}));
}, "the iterator's prototype");

for (const [name, length] of Object.entries({ append: 2, delete: 1, get: 1, getSetCookie: 0, has: 1, set: 2 })) {
  test(() => {
    const { value, enumerable, writable, configurable } = Object.getOwnPropertyDescriptor(Headers.prototype, name);
    assert_equals(value.length, length);
    assert_true(enumerable && writable && configurable);
    assert_throws_js(TypeError, () => value.call({}, "a", "b"), "another this");
    if (length > 0) assert_throws_js(TypeError, () => new Headers()[name](), "too few arguments");
  }, `Headers.prototype.${name} is as Web IDL has it`);
}

test(() => {
  assert_equals(Object.prototype.toString.call(new Headers()), "[object Headers]");
  assert_equals(Headers.length, 0);
  assert_throws_js(TypeError, () => Headers());
}, "the class is as Web IDL has it");

test(() => {
  const { headers } = Response.error();
  for (const change of [() => headers.set("a", "b"), () => headers.append("a", "b"), () => headers.delete("a")]) {
    assert_throws_js(TypeError, change);
  }
}, "the headers of a network error are immutable");

test(() => {
  const headers = new Headers({ a: "1" });
  for (const bad of ["", "a b", "\u0100"]) {
    for (const method of ["get", "has", "delete"]) assert_throws_js(TypeError, () => headers[method](bad));
  }
}, "names are checked by get, has and delete");
