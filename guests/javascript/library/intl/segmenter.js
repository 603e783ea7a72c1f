// Intl.Segmenter: FormatJS's, one for each granularity, with a short way for what is ASCII.

import { getCanonicalLocales, Segmenter as Plain } from "./formatjs.js";
import { adopt, members, of } from "./shape.js";

const CR = 13,
  LF = 10;

// English has no rules of its own, so no locale changes what these do.
const byGranularity = new Map(
  ["grapheme", "word", "sentence"].map((granularity) => [granularity, new Plain("en", { granularity })]),
);

// It names all locales, though it has rules for a few.
Plain.availableLocales = new Set(["en", "en-US"]);

function resolve(locales, options) {
  const [supported = "en-US"] = Plain.supportedLocalesOf(getCanonicalLocales(locales));
  if (options !== undefined && (options === null || typeof options !== "object"))
    throw new TypeError("Incorrect options argument");
  const granularity = options?.granularity === undefined ? "grapheme" : String(options.granularity);
  const plain = byGranularity.get(granularity);
  if (plain === undefined)
    throw new RangeError(`Value ${granularity} out of range for Intl.Segmenter options property granularity`);
  return { plain, shown: { locale: supported, granularity } };
}

// Between two ASCII characters there is always a boundary, but for CR LF. What lies between such boundaries and is
// more than one character is taken apart by FormatJS.
function* graphemes(plain, input) {
  const code = (index) => input.charCodeAt(index);
  for (let from = 0; from < input.length;) {
    let to = from + 1;
    while (to < input.length && !(code(to - 1) < 128 && code(to) < 128 && !(code(to - 1) === CR && code(to) === LF)))
      to++;
    const piece = input.slice(from, to);
    if (to - from === 1 || piece === "\r\n") yield { segment: piece, index: from, input };
    else for (const { segment, index } of plain.segment(piece)) yield { segment, index: from + index, input };
    from = to;
  }
}

class Segments {
  #plain;
  #input;
  constructor(plain, input) {
    this.#plain = plain;
    this.#input = input;
  }
  [Symbol.iterator]() {
    const isGraphemes = this.#plain.resolvedOptions().granularity === "grapheme";
    return isGraphemes ? graphemes(this.#plain, this.#input) : this.#plain.segment(this.#input)[Symbol.iterator]();
  }
  containing(index) {
    return this.#plain.segment(this.#input).containing(index);
  }
}
// What `segment` returns has no name and cannot be made in another way.
Object.defineProperty(Segments.prototype, "constructor", { value: Object });

export class Segmenter {
  constructor(locales, options) {
    adopt(this, resolve(locales, options));
  }
}

members(Segmenter, "Segmenter", {
  methods: {
    segment(input) {
      return new Segments(of(this, Segmenter, "segment").plain, String(input));
    },
    resolvedOptions() {
      return { ...of(this, Segmenter, "resolvedOptions").shown };
    },
  },
  statics: {
    supportedLocalesOf: {
      supportedLocalesOf(locales, options) {
        return Plain.supportedLocalesOf(locales, options);
      },
    }.supportedLocalesOf,
  },
});
Object.defineProperty(Segmenter.supportedLocalesOf, "length", { value: 1, configurable: true });
