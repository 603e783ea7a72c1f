// Persistent collections.

import { fromJS, is, List, Map, OrderedMap, Range, Record, Seq, Set, Stack } from "immutable";

export const handler = async () => {
  const one = Map({ a: 1, b: List([1, 2]) });
  const two = one
    .set("a", 2)
    .updateIn(["b", 0], (n) => n + 10)
    .setIn(["c", "d"], "deep");
  const Point = Record({ x: 0, y: 0 }, "Point");
  const big = List(Range(0, 2000))
    .map((n) => n * 2)
    .push(-1);
  return {
    one: one.toJS(),
    two,
    same: [is(fromJS({ a: [1] }), fromJS({ a: [1] })), one.set("a", 1) === one, Map([[List([1]), "k"]]).get(List([1]))],
    big: [big.size, big.get(1500), big.last(), big.slice(-3).toArray()],
    lazy: Seq(Range(1, Infinity))
      .filter((n) => n % 7 === 0)
      .map((n) => n * n)
      .take(3)
      .toArray(),
    group: List(["a", "bb", "cc"])
      .groupBy((text) => text.length)
      .toJS(),
    set: [Set([1, 2]).union([2, 3]).sort().toArray(), Set([1, 2]).isSubset([1, 2, 3])],
    stack: Stack([1, 2]).push(0).toArray(),
    ordered: OrderedMap({ z: 1, a: 2 }).keySeq().toArray(),
    record: [new Point({ x: 3 }).set("y", 4).toJS(), String(new Point())],
    batch: Map().withMutations((map) => {
      for (let i = 0; i < 100; i++) map.set("k" + i, i);
    }).size,
    merge: fromJS({ a: { b: 1 } })
      .mergeDeep({ a: { c: 2 } })
      .toJS(),
    text: String(List([Map({ k: 1 })])),
    hash: [Map({ a: 1 }).hashCode() === Map({ a: 1 }).hashCode(), List([1, "a"]).hashCode()],
  };
};
