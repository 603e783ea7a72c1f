// Intl.Collator for English: by base letters, then accents, then case, as the root collation of Unicode has it for
// Latin, Greek and Cyrillic. Other scripts stand in the order of their code points.

import { getCanonicalLocales } from "./formatjs.js";
import { NumberFormat } from "./number.js";
import { adopt, create, members, of } from "./shape.js";

// ASCII in the order of the root collation: white space, punctuation, symbols, digits, letters.
const ORDER = "\t\n\v\f\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789";
const PUNCTUATION_MAX = ORDER.indexOf("%") + 1;
const DIGIT_MIN = ORDER.indexOf("0") + 1;
const LETTER_MIN = DIGIT_MIN + 10;
const OTHER_MIN = 1000;
const OTHER_PUNCTUATION = /^[\p{P}\p{Z}]$/u;
const OTHER_SYMBOL = /^\p{S}$/u;
const MARK = /^\p{M}$/u;

// Primary weight by character code; 0 for what counts for nothing.
const ranks = new Uint16Array(128);
for (let i = 0; i < ORDER.length; i++) ranks[ORDER.charCodeAt(i)] = i + 1;
for (let i = 0; i < 26; i++) ranks[65 + i] = ranks[97 + i] = LETTER_MIN + i;

// Letters that no decomposition takes apart.
const EXPANDED = {
  ß: "ss",
  ẞ: "SS",
  æ: "ae",
  Æ: "AE",
  œ: "oe",
  Œ: "OE",
  ø: "o",
  Ø: "O",
  đ: "d",
  Đ: "D",
  ł: "l",
  Ł: "L",
  ħ: "h",
  Ħ: "H",
  ı: "i",
};

const isAscii = (text) => {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
};

// Three weights for every base character, one after another.
function elements(text) {
  const out = [];
  const push = (primary, secondary, tertiary) => out.push(primary, secondary, tertiary);
  for (const character of isAscii(text) ? text : text.normalize("NFD")) {
    const code = character.codePointAt(0);
    if (code < 128) {
      if (ranks[code] > 0) push(ranks[code], 0, code >= 65 && code <= 90 ? 1 : 0);
    } else if (EXPANDED[character] !== undefined) {
      for (const letter of EXPANDED[character]) {
        push(ranks[letter.charCodeAt(0)], code, letter < "a" ? 1 : 0);
      }
    } else if (MARK.test(character)) {
      // Of the letter before it.
      if (out.length > 0) out[out.length - 2] = out[out.length - 2] * 31 + code;
    } else if (OTHER_PUNCTUATION.test(character)) {
      push(PUNCTUATION_MAX - 0.5 + code / 0x300000, 0, 0);
    } else if (OTHER_SYMBOL.test(character)) {
      push(DIGIT_MIN - 0.5 + code / 0x300000, 0, 0);
    } else {
      const lower = character.toLowerCase();
      push(OTHER_MIN + lower.codePointAt(0), 0, lower === character ? 0 : 1);
    }
  }
  return out;
}

const isDigit = (primary) => primary >= DIGIT_MIN && primary < LETTER_MIN;

// Runs of digits become one weight each, in the place of the digits: by length, then by value.
function withNumbers(list) {
  const out = [];
  for (let i = 0; i < list.length; i += 3) {
    if (!isDigit(list[i])) {
      out.push(list[i], list[i + 1], list[i + 2]);
      continue;
    }
    let digits = "";
    for (; i < list.length && isDigit(list[i]); i += 3) digits += list[i] - DIGIT_MIN;
    i -= 3;
    digits = digits.replace(/^0+/, "");
    out.push(DIGIT_MIN, 0, 0, OTHER_MIN + digits.length, 0, 0);
    for (const digit of digits) out.push(OTHER_MIN + Number(digit), 0, 0);
  }
  return out;
}

function compareAscii(a, b, { levels, upperFirst }) {
  let i = 0;
  let j = 0;
  let third = 0;
  for (;;) {
    while (i < a.length && ranks[a.charCodeAt(i)] === 0) i++;
    while (j < b.length && ranks[b.charCodeAt(j)] === 0) j++;
    if (i >= a.length || j >= b.length) break;
    const [x, y] = [a.charCodeAt(i++), b.charCodeAt(j++)];
    if (x === y) continue;
    if (ranks[x] !== ranks[y]) return ranks[x] < ranks[y] ? -1 : 1;
    // The same letter in another case: codes of capitals are smaller.
    if (third === 0) third = x < y ? 1 : -1;
  }
  if (i < a.length) return 1;
  if (j < b.length) return -1;
  return levels.includes(2) ? (upperFirst ? -third : third) : 0;
}

function compare(options, a, b) {
  if (a === b) return 0;
  if (!options.numeric && !options.ignorePunctuation && isAscii(a) && isAscii(b)) return compareAscii(a, b, options);
  let [left, right] = [elements(a), elements(b)];
  if (options.ignorePunctuation) {
    const drop = (list) => {
      const out = [];
      for (let i = 0; i < list.length; i += 3)
        if (list[i] > PUNCTUATION_MAX) out.push(list[i], list[i + 1], list[i + 2]);
      return out;
    };
    [left, right] = [drop(left), drop(right)];
  }
  if (options.numeric) [left, right] = [withNumbers(left), withNumbers(right)];
  for (const level of options.levels) {
    const sign = level === 2 && options.upperFirst ? -1 : 1;
    for (let i = level; i < left.length && i < right.length; i += 3) {
      if (left[i] !== right[i]) return left[i] < right[i] ? -sign : sign;
    }
    if (left.length !== right.length) return left.length < right.length ? -1 : 1;
  }
  return 0;
}

// Which of the three weights each sensitivity looks at.
const LEVELS = { base: [0], accent: [0, 1], case: [0, 2], variant: [0, 1, 2] };

function option(options, name, allowed, fallback) {
  const value = options[name];
  if (value === undefined) return fallback;
  const text = String(value);
  if (!allowed.includes(text))
    throw new RangeError(`Value ${text} out of range for Intl.Collator options property ${name}`);
  return text;
}

// What a locale asks for behind `-u-`.
function extension(locale, key) {
  const [, rest] = locale.split("-u-");
  const found = rest && new RegExp(`(?:^|-)${key}(?:-([a-z0-9]{3,8}))?(?:-|$)`).exec(rest);
  return found ? (found[1] ?? "true") : undefined;
}

function resolve(locales, given) {
  const [requested = "en-US"] = getCanonicalLocales(locales);
  const options = given === undefined ? {} : Object(given);
  if (given === null) throw new TypeError("Cannot convert undefined or null to object");
  option(options, "localeMatcher", ["lookup", "best fit"], "best fit");
  const usage = option(options, "usage", ["sort", "search"], "sort");
  const numeric = options.numeric === undefined ? extension(requested, "kn") === "true" : Boolean(options.numeric);
  const caseFirst = option(options, "caseFirst", ["upper", "lower", "false"], extension(requested, "kf") ?? "false");
  const sensitivity = option(options, "sensitivity", Object.keys(LEVELS), "variant");
  const [supported = "en-US"] = NumberFormat.supportedLocalesOf([requested.split("-u-")[0]]);
  const asked = [];
  if (caseFirst !== "false" && extension(requested, "kf") === caseFirst) asked.push(`kf-${caseFirst}`);
  if (numeric && extension(requested, "kn") === "true") asked.push("kn");
  return {
    shown: {
      locale: asked.length > 0 ? `${supported}-u-${asked.join("-")}` : supported,
      usage,
      sensitivity,
      ignorePunctuation: Boolean(options.ignorePunctuation),
      collation: "default",
      numeric,
      caseFirst,
    },
    levels: LEVELS[sensitivity],
    upperFirst: caseFirst === "upper",
    numeric,
    ignorePunctuation: Boolean(options.ignorePunctuation),
  };
}

export function Collator(locales, options) {
  const object = create(Collator, new.target);
  adopt(object, { ...resolve(locales, options), bound: undefined });
  return object;
}

members(Collator, "Collator", {
  getters: {
    compare() {
      const mine = of(this, Collator, "compare");
      return (mine.bound ??= Object.defineProperty((a, b) => compare(mine, String(a), String(b)), "name", {
        value: "",
      }));
    },
  },
  methods: {
    resolvedOptions() {
      return { ...of(this, Collator, "resolvedOptions").shown };
    },
  },
  statics: {
    supportedLocalesOf: {
      supportedLocalesOf(locales, options) {
        return NumberFormat.supportedLocalesOf(locales, options);
      },
    }.supportedLocalesOf,
  },
});
Object.defineProperty(Collator.supportedLocalesOf, "length", { value: 1, configurable: true });

const usual = resolve();

/** What `localeCompare` returns. */
export function localeCompare(a, b, locales, options) {
  return compare(locales === undefined && options === undefined ? usual : resolve(locales, options), a, b);
}
