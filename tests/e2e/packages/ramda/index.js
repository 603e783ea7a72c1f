// Functions over data.

import * as R from "ramda";

export const handler = async () => {
  const people = [
    { n: "ada", a: 36, t: ["x"] },
    { n: "bob", a: 20, t: [] },
    { n: "cy", a: 36, t: ["y", "z"] },
  ];
  const lens = R.lensPath(["a", 0, "b"]);
  const total = R.transduce(
    R.compose(
      R.filter((n) => n % 2),
      R.map((n) => n * n),
    ),
    R.add,
    0,
    R.range(0, 10),
  );
  return {
    pipe: R.pipe(R.filter(R.propEq(36, "a")), R.map(R.prop("n")), R.join("-"))(people),
    group: R.groupBy(R.pipe(R.prop("a"), String), people),
    sort: R.sortWith([R.descend(R.prop("a")), R.ascend(R.prop("n"))], people).map(R.prop("n")),
    curry: [R.curry((a, b, c) => a + b + c)(1)(2, 3), R.add(R.__, 1)(2), R.flip(R.subtract)(1, 10)],
    lens: [R.view(lens, { a: [{ b: 1 }] }), R.over(lens, R.inc, { a: [{ b: 1 }] })],
    merge: R.mergeDeepRight({ a: { b: 1, c: 2 } }, { a: { b: 3 } }),
    equals: [
      R.equals({ a: [1, { b: NaN }] }, { a: [1, { b: NaN }] }),
      R.equals(new Set([1]), new Set([1])),
      R.equals(0, -0),
    ],
    evolve: R.evolve({ a: R.toUpper }, { a: "x", b: 1 }),
    either: [
      R.cond([
        [R.lt(R.__, 5), R.always("few")],
        [R.T, R.always("many")],
      ])(7),
      R.defaultTo(1, NaN),
    ],
    converge: R.converge(R.divide, [R.sum, R.length])([1, 2, 3]),
    path: [R.pathOr("none", ["x", "y"], {}), R.assocPath(["a", "b"], 1, {})],
    total,
    type: [R.type([]), R.type(null), R.type(/x/), R.type(async () => {})],
    uniq: R.uniqBy(Math.abs, [-1, 1, 2]),
    text: R.toString({ a: [new Date(0), /r/, "s"] }),
    awaited: await R.pipeWith(R.andThen, [async (n) => n + 1, (n) => n * 2])(4),
  };
};
