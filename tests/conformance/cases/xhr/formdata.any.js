// FormData, from the XMLHttpRequest Standard, section 4.

const entries = (form) => [...form].map(([name, value]) => `${name}=${typeof value === "string" ? value : value.name}`);

test(() => {
  assert_array_equals(entries(new FormData()), []);
  assert_array_equals(entries(new FormData(undefined)), []);
  for (const bad of [null, "x", {}]) assert_throws_js(TypeError, () => new FormData(bad));
  assert_throws_js(TypeError, () => FormData());
}, "construction");

test(() => {
  const form = new FormData();
  form.append("a", "1");
  form.append("b", 2);
  form.append("a", null);
  form.append("a", undefined);
  assert_array_equals(entries(form), ["a=1", "b=2", "a=null", "a=undefined"]);
  assert_equals(form.get("a"), "1");
  assert_array_equals(form.getAll("a"), ["1", "null", "undefined"]);
  assert_equals(form.get("x"), null);
  assert_array_equals(form.getAll("x"), []);
  assert_true(form.has("b"));
  form.set("a", "new");
  assert_array_equals(entries(form), ["a=new", "b=2"]);
  form.set("c", "3");
  form.delete("a");
  form.delete("nobody");
  assert_array_equals(entries(form), ["b=2", "c=3"]);
}, "append, get, getAll, has, set, delete");

test(() => {
  const form = new FormData();
  form.append("a\ud800", "b\udc00");
  assert_array_equals(entries(form), ["a\ufffd=b\ufffd"]);
  assert_true(form.has("a\ufffd"));
}, "halves of characters are replaced");

test(() => {
  const form = new FormData();
  const file = new File(["x"], "name.txt", { type: "a/b", lastModified: 5 });
  form.append("file", file);
  form.append("named", file, "other");
  form.append("blob", new Blob(["y"], { type: "c/d" }));
  form.append("named blob", new Blob(["y"]), "z");
  assert_equals(form.get("file"), file);
  assert_equals(form.get("named").name, "other");
  assert_equals(form.get("named").type, "a/b");
  assert_equals(form.get("named").lastModified, 5);
  assert_true(form.get("blob") instanceof File);
  assert_equals(form.get("blob").name, "blob");
  assert_equals(form.get("blob").type, "c/d");
  assert_equals(form.get("named blob").name, "z");
}, "files and blobs");

test(() => {
  const form = new FormData();
  assert_throws_js(TypeError, () => form.append("a", "text", "name"));
  assert_throws_js(TypeError, () => form.set("a", {}, "name"));
  assert_throws_js(TypeError, () => form.append("a"));
  assert_throws_js(TypeError, () => form.set("a"));
  assert_throws_js(TypeError, () => form.get());
}, "a name for what is no blob, and too few arguments");

test(() => {
  const form = new FormData();
  form.append("a", "1");
  form.append("b", "2");
  assert_array_equals([...form.keys()], ["a", "b"]);
  assert_array_equals([...form.values()], ["1", "2"]);
  assert_equals(form[Symbol.iterator], form.entries);
  const seen = [];
  form.forEach((value, name, all) => seen.push(name + value + (all === form)));
  assert_array_equals(seen, ["a1true", "b2true"]);
  const iterator = form.entries();
  assert_equals(iterator[Symbol.toStringTag], "FormData Iterator");
  iterator.next();
  form.append("c", "3");
  assert_equals([...iterator].length, 2);
}, "iteration, also over what is added meanwhile");

for (const [name, length] of Object.entries({ append: 2, delete: 1, get: 1, getAll: 1, has: 1, set: 2 })) {
  test(() => {
    const { value, enumerable } = Object.getOwnPropertyDescriptor(FormData.prototype, name);
    assert_equals(value.length, length);
    assert_true(enumerable);
    assert_throws_js(TypeError, () => value.call({}, "a", "b"));
  }, `FormData.prototype.${name} is as Web IDL has it`);
}

test(() => assert_equals(Object.prototype.toString.call(new FormData()), "[object FormData]"), "its tag");
