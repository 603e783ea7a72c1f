// Collections, objects, strings, functions that wait, the functional form, single-function files.

const _ = require("lodash");
const fp = require("lodash/fp");
const debounce = require("lodash/debounce");
const get = require("lodash/get");

const users = [
  { user: "barney", age: 36, active: true, tags: ["a"] },
  { user: "fred", age: 40, active: false, tags: ["b", "c"] },
  { user: "pebbles", age: 1, active: true, tags: [] },
];

exports.handler = async () => {
  let calls = 0;
  const slow = debounce(() => ++calls, 20);
  slow();
  slow();
  slow();
  await new Promise((resolve) => setTimeout(resolve, 60));
  const memo = _.memoize((n) => n * 2);
  const deep = { a: [{ b: { c: 3 } }], d: new Date(0), m: new Map([[1, { x: 2 }]]), s: new Set([1]), r: /x/gi };
  const copy = _.cloneDeep(deep);
  deep.a[0].b.c = 4;
  return {
    group: _.groupBy(users, "active"),
    sort: _.map(_.orderBy(users, ["active", "age"], ["asc", "desc"]), "user"),
    key: _.keyBy(users, "user").fred.age,
    chunk: _.chunk(_.range(7), 3),
    chain: _(users).filter("active").map("age").sum(),
    get: [get(deep, "a[0].b.c"), _.get(deep, ["x", "y"], "none")],
    set: _.set({}, "x[0].y.z", 5),
    merge: _.merge({ a: { b: 1 }, l: [1, 2] }, { a: { c: 2 }, l: [3] }),
    copy: [copy.a[0].b.c, copy.d.toISOString(), copy.m.get(1).x, copy.s.has(1), String(copy.r)],
    equal: [_.isEqual(copy, _.cloneDeep(copy)), _.isEqual([1, NaN], [1, NaN]), _.isEqual({ a: 1 }, { a: 2 })],
    text: [
      _.camelCase("Foo Bar-baz"),
      _.kebabCase("fooBar"),
      _.startCase("--foo-bar"),
      _.deburr("déjà vu"),
      _.truncate("a long text here", { length: 10 }),
    ],
    template: _.template("<% _.forEach(xs, function (x) { %>[<%- x %>]<% }) %>")({ xs: ["<", 2] }),
    difference: _.differenceBy([2.1, 1.2], [2.3], Math.floor),
    zip: _.zipObject(["a", "b"], [1, 2]),
    memo: [memo(2), memo(2), memo.cache.size],
    types: [
      _.isPlainObject({}),
      _.isPlainObject(new Map()),
      _.isTypedArray(new Uint8Array(1)),
      _.isBuffer(Buffer.from("x")),
      _.isArguments(
        (function () {
          return arguments;
        })(),
      ),
    ],
    fp: fp.flow(fp.filter("active"), fp.map("user"), fp.join("+"))(users),
    curry: _.curry((a, b, c) => a + b + c)(1)(2)(3),
    pick: [_.pick(users[0], ["user"]), _.omit(users[0], ["tags", "age"]), _.invert({ a: "x" })],
    number: [_.clamp(10, 0, 5), _.round(4.006, 2), _.inRange(3, 2, 4), _.parseInt("08"), _.padStart("7", 3, "0")],
    calls,
    version: _.VERSION,
  };
};
