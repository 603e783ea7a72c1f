// `node:assert`, against what Node answers.

const assert = require("node:assert");
const strict = require("node:assert/strict");

// What `run` fails with; where it does not fail, that is the failure.
function failure(run) {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error(`nothing was thrown by ${run}`);
}

const tests = {
  "what holds passes"() {
    assert(1);
    assert.ok("x");
    assert.equal(1, "1");
    assert.equal(NaN, NaN);
    assert.notEqual(1, 2);
    assert.strictEqual(NaN, NaN);
    assert.notStrictEqual(0, -0);
    assert.deepEqual({ a: "1" }, { a: 1 });
    assert.deepStrictEqual([1, { a: new Set([1]) }], [1, { a: new Set([1]) }]);
    assert.notDeepStrictEqual({ a: "1" }, { a: 1 });
    assert.match("abc", /b/);
    assert.doesNotMatch("abc", /x/);
    assert.ifError(null);
    assert.doesNotThrow(() => {});
    strict.equal(1, 1);
    strict.deepEqual([1], [1]);
    assert.strictEqual(strict.strict, strict);
    assert.strictEqual(assert.strict, strict);
  },
  "what does not hold is an AssertionError"() {
    const runs = [
      [() => assert(0), "=="],
      [() => assert.equal(1, 2), "=="],
      [() => assert.notEqual(1, 1), "!="],
      [() => assert.strictEqual(1, 2), "strictEqual"],
      [() => assert.notStrictEqual(1, 1), "notStrictEqual"],
      [() => assert.deepEqual([1], [2]), "deepEqual"],
      [() => assert.deepStrictEqual([1], ["1"]), "deepStrictEqual"],
      [() => assert.notDeepStrictEqual([1], [1]), "notDeepStrictEqual"],
      [() => assert.notDeepEqual([1], ["1"]), "notDeepEqual"],
      [() => assert.fail(), "fail"],
      [() => assert.match("a", /b/), "match"],
      [() => assert.doesNotMatch("a", /a/), "doesNotMatch"],
      [() => strict.equal(1, "1"), "strictEqual"],
    ];
    for (const [run, operator] of runs) {
      const error = failure(run);
      assert.ok(error instanceof assert.AssertionError && error instanceof Error, `${run}`);
      assert.strictEqual(error.name, "AssertionError");
      assert.strictEqual(error.code, "ERR_ASSERTION");
      assert.strictEqual(error.operator, operator, `${run}`);
      assert.strictEqual(error.generatedMessage, true, `${run}`);
    }
    assert.strictEqual(failure(() => assert.throws(() => {})).operator, "throws");
    assert.strictEqual(failure(() => assert.ifError(new Error("x"))).operator, "ifError");
    assert.strictEqual(
      failure(() =>
        assert.doesNotThrow(() => {
          throw new Error("x");
        }),
      ).operator,
      "doesNotThrow",
    );
    const error = failure(() => assert.strictEqual(1, 2));
    assert.deepStrictEqual([error.actual, error.expected], [1, 2]);
    assert.match(failure(() => assert.strictEqual(1, 2, "mine")).message, /^mine/);
    assert.strictEqual(failure(() => assert.strictEqual(1, 2, "mine")).generatedMessage, false);
    assert.ok(failure(() => assert.ok(false, new RangeError("own"))) instanceof RangeError);
  },
  "messages say what differs"() {
    const cases = [
      [() => assert.strictEqual(1, 2), "Expected values to be strictly equal:\n\n1 !== 2\n"],
      [() => assert.equal(1, 2), "1 == 2"],
      [() => assert.strictEqual("a", 1), "Expected values to be strictly equal:\n\n'a' !== 1\n"],
      [() => assert.fail("mine"), "mine"],
      [() => assert.fail(), "Failed"],
      [() => assert.notStrictEqual(1, 1), 'Expected "actual" to be strictly unequal to: 1'],
      [() => assert.throws(() => {}), "Missing expected exception."],
      [() => assert.throws(() => {}, TypeError), "Missing expected exception (TypeError)."],
      [() => assert.ifError(new Error("bad")), "ifError got unwanted exception: bad"],
    ];
    for (const [run, message] of cases) assert.strictEqual(failure(run).message, message);
    const { message } = failure(() => assert.deepStrictEqual({ a: 1, b: [1, 2] }, { a: 1, b: [1, 3] }));
    assert.match(message, /^Expected values to be strictly deep-equal:\n\+ actual - expected/);
    assert.match(message, /\n\+ +2\n/);
    assert.match(message, /\n- +3\n/);
  },
  "throws checks what was thrown"() {
    const bad = () => {
      throw Object.assign(new TypeError("bad thing"), { code: "E_BAD" });
    };
    assert.throws(bad);
    assert.throws(bad, TypeError);
    assert.throws(bad, /bad/);
    assert.throws(bad, /^TypeError: bad thing$/);
    assert.throws(bad, { code: "E_BAD", message: /thing/ });
    assert.throws(bad, (error) => error.code === "E_BAD");
    assert.throws(bad, new TypeError("bad thing"));
    assert.ok(failure(() => assert.throws(bad, /good/)) instanceof assert.AssertionError);
    assert.ok(failure(() => assert.throws(bad, RangeError)) instanceof assert.AssertionError);
    assert.ok(failure(() => assert.throws(bad, { code: "E_GOOD" })) instanceof assert.AssertionError);
    assert.ok(failure(() => assert.throws(bad, () => false)) instanceof assert.AssertionError);
    assert.strictEqual(failure(() => assert.throws("x")).code, "ERR_INVALID_ARG_TYPE");
    assert.strictEqual(failure(() => assert.throws(bad, "bad thing")).code, "ERR_AMBIGUOUS_ARGUMENT");
  },
  async "rejects checks what was rejected"() {
    await assert.rejects(Promise.reject(new Error("no")), /no/);
    await assert.rejects(async () => {
      throw new TypeError("no");
    }, TypeError);
    await assert.doesNotReject(Promise.resolve());
    const error = await assert.rejects(Promise.resolve()).then(
      () => null,
      (e) => e,
    );
    assert.strictEqual(error.message, "Missing expected rejection.");
    assert.strictEqual(
      (
        await assert
          .rejects(() => 5)
          .then(
            () => null,
            (e) => e,
          )
      ).code,
      "ERR_INVALID_RETURN_VALUE",
    );
    assert.strictEqual(
      (
        await assert.rejects(5).then(
          () => null,
          (e) => e,
        )
      ).code,
      "ERR_INVALID_ARG_TYPE",
    );
  },
  "loose equality is loose"() {
    assert.deepEqual([1, "2"], ["1", 2]);
    assert.deepEqual(new Map([[1, "a"]]), new Map([[1, "a"]]));
    assert.notDeepEqual({ a: 1 }, { a: 1, b: undefined });
    assert.deepEqual(Object.create(null), {});
    assert.throws(() => assert.deepEqual(new Date(1), new Date(2)));
    assert.throws(() => assert.equal(), { code: "ERR_MISSING_ARGS" });
  },
};
if (assert.partialDeepStrictEqual) {
  tests["parts are found"] = () => {
    assert.partialDeepStrictEqual({ a: 1, b: { c: 2, d: 3 } }, { b: { c: 2 } });
    assert.partialDeepStrictEqual(new Set([1, 2]), new Set([2]));
    assert.partialDeepStrictEqual([1, 2, 3], [1, 3]);
    assert.throws(() => assert.partialDeepStrictEqual({ a: 1 }, { a: 2 }), assert.AssertionError);
    assert.throws(() => assert.partialDeepStrictEqual({ a: 1 }, { b: 2 }), assert.AssertionError);
  };
}

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
