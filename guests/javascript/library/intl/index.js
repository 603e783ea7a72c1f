// `Intl` in English, and what the built-ins say by locale. Importing this installs both.
//
// FormatJS does the work. Its data is for `en` alone: any other locale is answered in English, as an engine does for
// locales that it has no data of. Time zones are those of the IANA database, with their offsets until 2037.

import "./formatjs.js";
import "@formatjs/intl-datetimeformat/locale-data/en.js";
import "@formatjs/intl-datetimeformat/add-all-tz.js";
import "@formatjs/intl-listformat/locale-data/en.js";
import "@formatjs/intl-numberformat/locale-data/en.js";
import "@formatjs/intl-pluralrules/locale-data/en.js";
import "@formatjs/intl-relativetimeformat/locale-data/en.js";

import { forget } from "./cache.js";
import { Collator, localeCompare } from "./collator.js";
import { DateTimeFormat, dateToLocaleString } from "./datetime.js";
import {
  DateTimeFormat as PlainDateTimeFormat,
  Intl,
  ListFormat,
  Locale,
  NumberFormat as PlainNumberFormat,
  PluralRules,
  RelativeTimeFormat,
} from "./formatjs.js";
import { NumberFormat, numberToLocaleString } from "./number.js";
import { Segmenter } from "./segmenter.js";
import { supportedValuesOf } from "./supported.js";

export { forget, Intl };

const hidden = (value) => ({ value, writable: true, enumerable: false, configurable: true });

// ---- one default locale ----------------------------------------------------------------------------------------

for (const Class of [PlainDateTimeFormat, PlainNumberFormat, ListFormat, PluralRules, RelativeTimeFormat]) {
  Class.localeData["en-US"] = Class.localeData.en;
  Class.availableLocales.add("en-US");
  Class.__defaultLocale = "en-US";
}

// ---- Intl ------------------------------------------------------------------------------------------------------

for (const [name, value] of Object.entries({ Collator, DateTimeFormat, NumberFormat, Segmenter, supportedValuesOf })) {
  Object.defineProperty(Intl, name, hidden(value));
}
// The bundle may give its classes other names; their data hangs on them.
for (const [name, Class] of Object.entries({ ListFormat, Locale, PluralRules, RelativeTimeFormat })) {
  Object.defineProperty(Class, "name", { value: name, configurable: true });
  for (const key of Object.keys(Class)) Object.defineProperty(Class, key, { enumerable: false });
}

// ---- the built-ins ---------------------------------------------------------------------------------------------

function replace(object, methods) {
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(value, "length", { value: name === "localeCompare" ? 1 : 0, configurable: true });
    Object.defineProperty(object, name, hidden(value));
  }
}

const { valueOf: numberOf } = Number.prototype;
const { valueOf: bigintOf } = BigInt.prototype;
const { getTime } = Date.prototype;

replace(Number.prototype, {
  toLocaleString(locales, options) {
    return numberToLocaleString(numberOf.call(this), locales, options);
  },
});
replace(BigInt.prototype, {
  toLocaleString(locales, options) {
    return numberToLocaleString(bigintOf.call(this), locales, options);
  },
});
replace(Date.prototype, {
  toLocaleString(locales, options) {
    return dateToLocaleString(getTime.call(this), locales, options, "any");
  },
  toLocaleDateString(locales, options) {
    return dateToLocaleString(getTime.call(this), locales, options, "date");
  },
  toLocaleTimeString(locales, options) {
    return dateToLocaleString(getTime.call(this), locales, options, "time");
  },
});
replace(String.prototype, {
  localeCompare(that, locales, options) {
    if (this === null || this === undefined)
      throw new TypeError("String.prototype.localeCompare called on null or undefined");
    return localeCompare(String(this), String(that), locales, options);
  },
});
replace(Array.prototype, {
  toLocaleString(locales, options) {
    let text = "";
    for (let i = 0; i < this.length; i++) {
      const item = this[i];
      text +=
        (i > 0 ? "," : "") + (item === undefined || item === null ? "" : String(item.toLocaleString(locales, options)));
    }
    return text;
  },
});

// ---- warm ------------------------------------------------------------------------------------------------------
// What FormatJS prepares at its first use takes half a second; here it becomes part of the image that all share.

new Date(0).toLocaleString();
new Date(0).toLocaleDateString();
new Date(0).toLocaleTimeString();
new DateTimeFormat("en-US", { dateStyle: "full", timeStyle: "long", timeZone: "UTC" }).format(0);
new NumberFormat("en-US", { style: "currency", currency: "USD" }).format(0.5);
for (const granularity of ["grapheme", "word", "sentence"]) [...new Segmenter("en", { granularity }).segment("a b")];
new RelativeTimeFormat("en").format(1, "day");
new PluralRules("en").select(1);
