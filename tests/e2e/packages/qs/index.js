// Query strings: nesting, arrays, charsets, limits, and back.

const qs = require("qs");

exports.handler = async () => ({
  parsed: [
    "a=b&c[d]=e&c[f][]=1&c[f][]=2",
    "x[0]=a&x[2]=b&x[25]=z",
    "a.b=c&plus=1+2&pct=%C3%A4%20%26",
    "a=1&a=2&b=&c",
    "__proto__[x]=1&constructor=2",
  ].map((text) => qs.parse(text)),
  options: [
    qs.parse("?a.b=c", { allowDots: true, ignoreQueryPrefix: true }),
    qs.parse("a=1;b=2", { delimiter: ";" }),
    qs.parse("a=%e4", { charset: "iso-8859-1" }),
    qs.parse("a,b=1,2", { comma: true }),
    qs.parse("a[b][c][d][e][f][g]=1", { depth: 2 }),
    qs.parse("a=1&b=2&c=3", { parameterLimit: 2 }),
  ],
  written: [
    qs.stringify({ a: { b: [1, 2], c: { d: "ü &" } }, e: null, f: undefined, g: "" }),
    qs.stringify({ a: [1, 2] }, { arrayFormat: "brackets" }),
    qs.stringify({ a: [1, 2] }, { arrayFormat: "comma", encode: false }),
    qs.stringify({ b: 1, a: 2 }, { sort: (x, y) => x.localeCompare(y), addQueryPrefix: true }),
    qs.stringify({ d: new Date(0), b: Buffer.from("x y") }),
    qs.stringify({ a: "b c" }, { format: "RFC1738" }),
    qs.stringify({ a: null, b: "x" }, { skipNulls: true, filter: ["a", "b"] }),
  ],
});
