// Intl.supportedValuesOf, told from the data that is there.

import { NumberFormat } from "./formatjs.js";
import { zoneNames } from "./zones.js";

const UNITS = (
  "acre bit byte celsius centimeter day degree fahrenheit fluid-ounce foot gallon gigabit gigabyte gram hectare hour " +
  "inch kilobit kilobyte kilogram kilometer liter megabit megabyte meter microsecond mile mile-scandinavian " +
  "milliliter millimeter millisecond minute month nanosecond ounce percent petabyte pound second stone terabit " +
  "terabyte week yard year"
).split(" ");

/** The values that options of the name `key` may have, sorted. */
export function supportedValuesOf(key) {
  switch (String(key)) {
    case "calendar":
      return ["gregory", "iso8601"];
    case "collation":
      return [];
    case "currency":
      return Object.keys(NumberFormat.localeData.en.currencies)
        .filter((code) => /^[A-Z]{3}$/.test(code))
        .sort();
    case "numberingSystem":
      return ["latn"];
    case "timeZone":
      return zoneNames();
    case "unit":
      return [...UNITS];
    default:
      throw new RangeError(`Invalid key : ${key}`);
  }
}
