// FormatJS's classes under a global `Intl`, so that its data files, which look for one, find where to put the data.
//
// The rest of this folder replaces what is slow or is shown to functions otherwise: see index.js.

import { DateTimeFormat } from "@formatjs/intl-datetimeformat";
import { getCanonicalLocales } from "@formatjs/intl-getcanonicallocales";
import ListFormat from "@formatjs/intl-listformat";
import { Locale } from "@formatjs/intl-locale";
import { NumberFormat } from "@formatjs/intl-numberformat";
import { PluralRules } from "@formatjs/intl-pluralrules";
import RelativeTimeFormat from "@formatjs/intl-relativetimeformat";
import { Segmenter } from "@formatjs/intl-segmenter";

import { addZones } from "./zones.js";

const plain = {
  DateTimeFormat,
  getCanonicalLocales,
  ListFormat,
  Locale,
  NumberFormat,
  PluralRules,
  RelativeTimeFormat,
  Segmenter,
};
export {
  DateTimeFormat,
  getCanonicalLocales,
  ListFormat,
  Locale,
  NumberFormat,
  PluralRules,
  RelativeTimeFormat,
  Segmenter,
};

/** What functions see as `Intl`. */
export const Intl = {};

// Its own way would take every zone's every transition apart.
DateTimeFormat.__addTZData = (data) => {
  DateTimeFormat.tzData = addZones(data);
};

const hidden = (value) => ({ value, writable: true, enumerable: false, configurable: true });
for (const [name, value] of Object.entries(plain)) Object.defineProperty(Intl, name, hidden(value));
Object.defineProperty(Intl, Symbol.toStringTag, { value: "Intl", configurable: true });
Object.defineProperty(globalThis, "Intl", hidden(Intl));
