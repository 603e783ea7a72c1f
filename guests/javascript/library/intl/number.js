// Intl.NumberFormat: FormatJS's, kept by options, with a short way for numbers that need no rounding.

import { cached } from "./cache.js";
import { NumberFormat as Plain } from "./formatjs.js";
import { adopt, create, members, of } from "./shape.js";

const OPTIONS = [
  "localeMatcher",
  "numberingSystem",
  "style",
  "currency",
  "currencyDisplay",
  "currencySign",
  "unit",
  "unitDisplay",
  "notation",
  "minimumIntegerDigits",
  "minimumFractionDigits",
  "maximumFractionDigits",
  "minimumSignificantDigits",
  "maximumSignificantDigits",
  "roundingIncrement",
  "roundingMode",
  "roundingPriority",
  "trailingZeroDisplay",
  "compactDisplay",
  "useGrouping",
  "signDisplay",
];
const DIGITS = /^\d+$/;

const formatter = cached(OPTIONS, (locales, options) => {
  const plain = new Plain(locales, options);
  return { plain, short: shortOf(plain) };
});

// What a number is wrapped in, where that does not depend on the number; else `undefined`.
function shortOf(plain) {
  const {
    style,
    notation,
    currencyDisplay,
    numberingSystem,
    signDisplay,
    roundingIncrement,
    roundingPriority,
    trailingZeroDisplay,
    useGrouping,
    maximumSignificantDigits,
    minimumIntegerDigits,
    minimumFractionDigits,
    maximumFractionDigits,
  } = plain.resolvedOptions();
  const simple =
    (style === "decimal" || (style === "currency" && currencyDisplay !== "name")) &&
    notation === "standard" &&
    numberingSystem === "latn" &&
    signDisplay === "auto" &&
    (roundingIncrement ?? 1) === 1 &&
    (roundingPriority ?? "auto") === "auto" &&
    (trailingZeroDisplay ?? "auto") === "auto" &&
    maximumSignificantDigits === undefined;
  if (!simple) return undefined;
  const around = (number) => {
    const parts = plain.formatToParts(number);
    const isDigits = ({ type }) => type === "integer" || type === "decimal" || type === "fraction" || type === "group";
    const [first, last] = [parts.findIndex(isDigits), parts.findLastIndex(isDigits)];
    const join = (some) => some.map(({ value }) => value).join("");
    return [join(parts.slice(0, first)), join(parts.slice(last + 1))];
  };
  return {
    positive: around(1),
    negative: around(-1),
    groupFrom: useGrouping === false ? Infinity : useGrouping === "min2" ? 5 : 4,
    minimumIntegerDigits,
    minimumFractionDigits,
    maximumFractionDigits,
  };
}

// The number as text, or `undefined` where it has to be rounded or is written in another way.
function shortly(short, value) {
  if (typeof value === "number" ? !Number.isFinite(value) || Object.is(value, -0) : typeof value !== "bigint")
    return undefined;
  let text = String(value);
  const [before, after] = value < 0 ? short.negative : short.positive;
  if (value < 0) text = text.slice(1);
  const point = text.indexOf(".");
  let integer = point < 0 ? text : text.slice(0, point);
  let fraction = point < 0 ? "" : text.slice(point + 1);
  if (fraction.length > short.maximumFractionDigits || !DIGITS.test(integer) || (point >= 0 && !DIGITS.test(fraction)))
    return undefined;
  fraction = fraction.padEnd(short.minimumFractionDigits, "0");
  integer = integer.padStart(short.minimumIntegerDigits, "0");
  if (integer.length >= short.groupFrom) {
    let grouped = "";
    for (let end = integer.length; end > 0; end -= 3)
      grouped = `,${integer.slice(Math.max(0, end - 3), end)}${grouped}`;
    integer = grouped.slice(1);
  }
  return before + integer + (fraction && `.${fraction}`) + after;
}

function format({ plain, short }, value) {
  const quick = short && shortly(short, value);
  return quick === undefined ? plain.format(value) : quick;
}

export function NumberFormat(locales, options) {
  const object = create(NumberFormat, new.target);
  adopt(object, { ...formatter(locales, options), bound: undefined });
  return object;
}

const self = (object, method) => of(object, NumberFormat, method);

members(NumberFormat, "NumberFormat", {
  getters: {
    format() {
      const mine = self(this, "format");
      return (mine.bound ??= Object.defineProperty((value) => format(mine, value), "name", { value: "" }));
    },
  },
  methods: {
    formatToParts(value) {
      return self(this, "formatToParts").plain.formatToParts(value);
    },
    formatRange(start, end) {
      return self(this, "formatRange").plain.formatRange(start, end);
    },
    formatRangeToParts(start, end) {
      return self(this, "formatRangeToParts").plain.formatRangeToParts(start, end);
    },
    resolvedOptions() {
      return self(this, "resolvedOptions").plain.resolvedOptions();
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
Object.defineProperty(NumberFormat.supportedLocalesOf, "length", { value: 1, configurable: true });

/** What `toLocaleString` of a number or a BigInt returns. */
export const numberToLocaleString = (value, locales, options) => format(formatter(locales, options), value);
