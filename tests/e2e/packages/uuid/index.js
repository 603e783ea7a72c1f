// Random, name-based and time-based identifiers. Random ones are judged, not shown.

import { MAX, NIL, parse, stringify, v1, v3, v4, v5, v6, v7, validate, version } from "uuid";

export const handler = async () => {
  const made = Array.from({ length: 100 }, () => v4());
  const random = new Uint8Array([
    0x10, 0x91, 0x56, 0xbe, 0xc4, 0xfb, 0xc1, 0xea, 0x71, 0xb4, 0xef, 0xe1, 0x67, 0x1c, 0x58, 0x36,
  ]);
  const later = [v7(), v7(), v7()];
  return {
    v3: v3("hello.example", v3.DNS),
    v5: v5("hello.example", v5.URL),
    v5own: v5("name", "1b671a64-40d5-491e-99b0-da01ff1f3341"),
    fixed: v4({ random }),
    v1: v1({ node: [1, 2, 3, 4, 5, 6], clockseq: 0x1234, msecs: 1321644961388, nsecs: 5678 }),
    v6: v6({ node: [1, 2, 3, 4, 5, 6], clockseq: 0x1234, msecs: 1321644961388, nsecs: 5678 }),
    v7: v7({ random, msecs: 1645557742000, seq: 0x7fffffff }),
    unique: new Set(made).size,
    all: made.every((id) => validate(id) && version(id) === 4),
    ordered: [...later].sort().join() === later.join() && later.every((id) => version(id) === 7),
    parsed: [...parse("6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b")],
    text: stringify(
      Uint8Array.of(0x6e, 0xc0, 0xbd, 0x7f, 0x11, 0xc0, 0x43, 0xda, 0x97, 0x5e, 0x2a, 0x8a, 0xd9, 0xeb, 0xae, 0x0b),
    ),
    invalid: [validate("nonsense"), validate(NIL), validate(MAX), version(NIL)],
  };
};
