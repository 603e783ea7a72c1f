// Random identifiers, judged by their shape.

import { customAlphabet, customRandom, nanoid, urlAlphabet } from "nanoid";
import { nanoid as weak } from "nanoid/non-secure";

export const handler = async () => {
  const many = Array.from({ length: 200 }, () => nanoid());
  let seed = 1;
  const repeatable = customRandom("abcdef", 10, (size) =>
    Uint8Array.from({ length: size }, () => (seed = (seed * 75) % 65537) % 256),
  );
  return {
    lengths: [nanoid().length, nanoid(10).length, weak(12).length],
    unique: new Set(many).size,
    alphabet: many
      .join("")
      .split("")
      .every((letter) => urlAlphabet.includes(letter)),
    custom: /^[01]{16}$/.test(customAlphabet("01", 16)()),
    repeatable: [repeatable(), repeatable()],
  };
};
