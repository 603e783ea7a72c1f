// `node:util`, against what Node answers.

const assert = require("node:assert");
const util = require("node:util");

const tests = {
  "inspect shows what there is"() {
    const cases = [
      [{ a: 1, b: "x", c: [1, 2, { d: {} }] }, "{ a: 1, b: 'x', c: [ 1, 2, { d: {} } ] }"],
      [new Map([["a", { b: 1 }]]), "Map(1) { 'a' => { b: 1 } }"],
      [new Set([1, "b"]), "Set(2) { 1, 'b' }"],
      [[1, , 3], "[ 1, <1 empty item>, 3 ]"],
      [Symbol("s"), "Symbol(s)"],
      [10n, "10n"],
      [-0, "-0"],
      [null, "null"],
      [function named() {}, "[Function: named]"],
      [class A {}, "[class A]"],
      [class B extends Array {}, "[class B extends Array]"],
      [
        new (class Point {
          constructor() {
            this.x = 1;
          }
        })(),
        "Point { x: 1 }",
      ],
      [Object.create(null), "[Object: null prototype] {}"],
      [new Date(0), "1970-01-01T00:00:00.000Z"],
      [/a/g, "/a/g"],
      [new Uint8Array([1, 2]), "Uint8Array(2) [ 1, 2 ]"],
      [
        {
          get a() {
            return 1;
          },
          set b(v) {},
        },
        "{ a: [Getter], b: [Setter] }",
      ],
      [{ a: { b: { c: { d: 1 } } } }, "{ a: { b: { c: [Object] } } }"],
      ["it's", '"it\'s"'],
      [{ "a-b": 2 }, "{ 'a-b': 2 }"],
      [new Number(3), "[Number: 3]"],
      [[undefined, NaN], "[ undefined, NaN ]"],
    ];
    for (const [value, text] of cases) assert.strictEqual(util.inspect(value), text);
    const loop = { name: "loop" };
    loop.self = loop;
    assert.strictEqual(util.inspect(loop), "<ref *1> { name: 'loop', self: [Circular *1] }");
    assert.strictEqual(
      util.inspect({ [util.inspect.custom]: (depth, options, inspect) => `<${inspect === util.inspect}>` }),
      "<true>",
    );
    assert.strictEqual(
      util.inspect({ a: 1n, b: "c" }, { colors: true }),
      "{ a: \u001b[33m1n\u001b[39m, b: \u001b[32m'c'\u001b[39m }",
    );
    assert.strictEqual(util.inspect({ a: { b: { c: {} } } }, { depth: 0 }), "{ a: [Object] }");
    assert.match(util.inspect(new Error("boo")), /^Error: boo\n\s+at /);
    assert.match(
      util.inspect(Object.assign(new TypeError("boo"), { code: "E" })),
      /^TypeError: boo\n[^]*\{\n\s+code: 'E'\n\}$/,
    );
    assert.match(util.inspect(new Error("out", { cause: new Error("in") })), /\[cause\]: Error: in\n/);
  },
  format() {
    assert.strictEqual(
      util.format("%s %d %i %f %j %o %O %%", "a", 1.5, 1.5, "1.5", { a: 1 }, [1], { b: 1 }),
      'a 1.5 1 1.5 {"a":1} [ 1, [length]: 1 ] { b: 1 } %',
    );
    assert.strictEqual(util.format("a", 1, { b: 2 }), "a 1 { b: 2 }");
    assert.strictEqual(util.format("%s", null, undefined, 5n, Symbol("x")), "null undefined 5n Symbol(x)");
    assert.strictEqual(util.format(1, 2), "1 2");
    assert.strictEqual(util.format("%d", "0x10"), "16");
  },
  async "promisify and callbackify"() {
    const add = (a, b, done) => done(null, a + b);
    assert.strictEqual(await util.promisify(add)(1, 2), 3);
    await assert.rejects(util.promisify((done) => done(new Error("no")))(), /no/);
    const own = () => {};
    own[util.promisify.custom] = async () => "own";
    assert.strictEqual(await util.promisify(own)(), "own");
    assert.strictEqual(await util.promisify(setTimeout)(1, "later"), "later");
    assert.strictEqual(
      await new Promise((resolve) => util.callbackify(async (a) => a * 2)(4, (error, value) => resolve(value))),
      8,
    );
    const error = await new Promise((resolve) => util.callbackify(() => Promise.reject(null))(resolve));
    assert.strictEqual(error.code, "ERR_FALSY_VALUE_REJECTION");
    assert.throws(() => util.promisify(1), { code: "ERR_INVALID_ARG_TYPE" });
  },
  types() {
    const { types } = util;
    const yes = {
      isDate: new Date(),
      isRegExp: /a/,
      isMap: new Map(),
      isSet: new Set(),
      isPromise: Promise.resolve(),
      isNativeError: new RangeError(),
      isUint8Array: new Uint8Array(),
      isTypedArray: new Float32Array(),
      isArrayBuffer: new ArrayBuffer(1),
      isDataView: new DataView(new ArrayBuffer(1)),
      isAsyncFunction: async () => {},
      isGeneratorFunction: function* () {},
      isGeneratorObject: (function* () {})(),
      isWeakMap: new WeakMap(),
      isWeakSet: new WeakSet(),
      isBoxedPrimitive: Object(1n),
      isNumberObject: new Number(1),
      isStringObject: new String(""),
      isSymbolObject: Object(Symbol()),
      isArgumentsObject: (function () {
        return arguments;
      })(),
      isMapIterator: new Map().keys(),
      isSetIterator: new Set().values(),
      isBigInt64Array: new BigInt64Array(),
      isAnyArrayBuffer: new ArrayBuffer(1),
      isArrayBufferView: new DataView(new ArrayBuffer(1)),
    };
    const fakes = [
      {},
      [],
      null,
      1,
      "x",
      () => {},
      { [Symbol.toStringTag]: "Date" },
      Object.create(Map.prototype),
      Object.create(Date.prototype),
    ];
    for (const [name, value] of Object.entries(yes)) {
      assert.ok(types[name](value), name);
      for (const fake of fakes) assert.strictEqual(types[name](fake), false, name);
    }
    assert.strictEqual(require("node:util/types"), types);
  },
  isDeepStrictEqual() {
    const same = [
      [{ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }],
      [new Map([[{ a: 1 }, 1]]), new Map([[{ a: 1 }, 1]])],
      [new Set([[1], [2]]), new Set([[2], [1]])],
      [NaN, NaN],
      [new Date(5), new Date(5)],
      [Buffer.from("a"), Buffer.from("a")],
    ];
    for (const [a, b] of same) assert.strictEqual(util.isDeepStrictEqual(a, b), true);
    const other = [
      [0, -0],
      [{ a: 1 }, { a: "1" }],
      [[1], { 0: 1 }],
      [new Set([1]), new Set([2])],
      [{ a: undefined }, {}],
      [new Error("a"), new Error("b")],
      [/a/, /a/g],
      [new Map([[1, 1]]), new Map([[1, 2]])],
      [
        [1, , 2],
        [1, undefined, 2],
      ],
      [{ [Symbol.for("a")]: 1 }, { [Symbol.for("a")]: 2 }],
      [Object.create(null), {}],
      [new Uint8Array(1), Buffer.alloc(1)],
    ];
    for (const [a, b] of other) assert.strictEqual(util.isDeepStrictEqual(a, b), false, util.inspect([a, b]));
    const [x, y] = [{}, {}];
    x.x = x;
    y.x = y;
    assert.strictEqual(util.isDeepStrictEqual(x, y), true);
  },
  parseArgs() {
    const options = {
      verbose: { type: "boolean", short: "v" },
      out: { type: "string", short: "o", default: "x" },
      tag: { type: "string", multiple: true },
    };
    const { values, positionals } = util.parseArgs({
      args: ["-v", "--out=y", "--tag", "a", "--tag=b", "p", "--", "-q"],
      options,
      allowPositionals: true,
    });
    assert.deepStrictEqual({ ...values }, { verbose: true, out: "y", tag: ["a", "b"] });
    assert.deepStrictEqual(positionals, ["p", "-q"]);
    assert.deepStrictEqual({ ...util.parseArgs({ args: ["-vo", "z"], options }).values }, { verbose: true, out: "z" });
    assert.throws(() => util.parseArgs({ args: ["--nope"], options }), {
      code: "ERR_PARSE_ARGS_UNKNOWN_OPTION",
      message: "Unknown option '--nope'",
    });
    assert.throws(() => util.parseArgs({ args: ["p"], options }), { code: "ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL" });
    assert.throws(() => util.parseArgs({ args: ["--out"], options }), {
      code: "ERR_PARSE_ARGS_INVALID_OPTION_VALUE",
      message: "Option '-o, --out <value>' argument missing",
    });
  },
  "the rest"() {
    assert.strictEqual(util.stripVTControlCharacters("\u001b[31mred\u001b[39m"), "red");
    assert.strictEqual(util.toUSVString("a\ud800"), "a\ufffd");
    let calls = 0;
    const old = util.deprecate(
      (a) => {
        calls++;
        return a;
      },
      "old",
      "DEP0",
    );
    process.noDeprecation = true;
    assert.strictEqual(old(5) + old(6), 11);
    assert.strictEqual(calls, 2);
    process.noDeprecation = false;
    class P {}
    class C {}
    util.inherits(C, P);
    assert.ok(new C() instanceof P && C.super_ === P);
    assert.strictEqual(util.styleText("red", "x", { validateStream: false }), "\u001b[31mx\u001b[39m");
    assert.strictEqual(
      util.styleText(["bold", "green"], "x", { validateStream: false }),
      "\u001b[1m\u001b[32mx\u001b[39m\u001b[22m",
    );
    const mime = new util.MIMEType('text/HTML; charset="utf 8";x=y');
    assert.strictEqual(String(mime), 'text/html;charset="utf 8";x=y');
    assert.strictEqual(mime.params.get("x"), "y");
    assert.strictEqual(util.getSystemErrorName(-2), "ENOENT");
    assert.strictEqual(util.debuglog("x").enabled, false);
    assert.strictEqual(util.TextEncoder, TextEncoder);
    assert.ok(util.isArray([]));
  },
  "stacks begin with the error"() {
    const error = new TypeError("boo");
    assert.match(error.stack, /^TypeError: boo\n\s+at /);
    const holder = { name: "N", message: "m" };
    Error.captureStackTrace(holder);
    assert.match(holder.stack, /\n\s+at /);
    class Own extends Error {
      constructor(message) {
        super(message);
        this.name = "Own";
        Error.captureStackTrace(this, Own);
      }
    }
    assert.match(new Own("x").stack, /^(Own|Error): x\n\s+at /);
    error.stack = "mine";
    assert.strictEqual(error.stack, "mine");
    assert.ok(!Object.keys(new Error("x")).includes("stack"));
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
