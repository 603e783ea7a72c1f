// Intl.DateTimeFormat: FormatJS's, kept by options. It formats in UTC what the clock in the zone shows; zones, their
// names and offsets are looked up here, since FormatJS would need milliseconds for every new zone.

import { cached } from "./cache.js";
import { DateTimeFormat as Plain } from "./formatjs.js";
import { adopt, create, members, of } from "./shape.js";
import { addName, FORMERLY, offsetAt, zoneNamed } from "./zones.js";

const OPTIONS = [
  "localeMatcher",
  "calendar",
  "numberingSystem",
  "hour12",
  "hourCycle",
  "weekday",
  "era",
  "year",
  "month",
  "day",
  "dayPeriod",
  "hour",
  "minute",
  "second",
  "fractionalSecondDigits",
  "timeZoneName",
  "formatMatcher",
  "dateStyle",
  "timeStyle",
];
const OFFSET = /^([+-])(\d\d)(?::?(\d\d))?$/;

for (const [name, formerly] of Object.entries(FORMERLY)) {
  const { timeZoneName } = Plain.localeData.en;
  timeZoneName[name] ??= timeZoneName[formerly];
}

function zoneOf(wanted) {
  const name = String(wanted);
  const offset = OFFSET.exec(name);
  if (offset && offset[2] < 24 && (offset[3] ?? 0) < 60) return `${offset[1]}${offset[2]}:${offset[3] ?? "00"}`;
  const known = zoneNamed(name);
  if (known !== undefined) return known;
  let zone;
  try {
    // It knows older names too.
    zone = new Plain("en", { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    throw new RangeError(`Invalid time zone specified: ${name}`);
  }
  addName(name, zone);
  return zone;
}

const DATE = ["weekday", "year", "month", "day"];
const TIME = ["dayPeriod", "hour", "minute", "second", "fractionalSecondDigits"];
// What a formatter of one of these alone shows; FormatJS adds more.
const ALONE = { minute: "minute", second: "second", fractionalSecondDigits: "fractionalSecond" };

// FormatJS's formatter, and what its parts still lack to be what engines show.
const formatter = cached(OPTIONS, (locales, options) => {
  const given = {};
  for (const name of OPTIONS) if (options?.[name] !== undefined) given[name] = options[name];
  const wanted = [...DATE, ...TIME].filter((name) => given[name] !== undefined);
  const alone =
    wanted.length === 1 && given.dateStyle === undefined && given.timeStyle === undefined
      ? ALONE[wanted[0]]
      : undefined;
  if (alone) Object.assign(given, { hour: "numeric", minute: "2-digit", second: "2-digit" });
  // In English, engines count such hours from 1 to 24.
  if (given.hour12 === false) given.hourCycle = "h24";
  else if (given.hour12 !== undefined) delete given.hourCycle;
  if (given.hourCycle !== undefined) delete given.hour12;
  const { timeZoneName } = given;
  const hasTime = given.timeStyle !== undefined || TIME.some((name) => given[name] !== undefined);
  if (timeZoneName !== undefined && !hasTime) delete given.timeZoneName;
  if (options === null) return new Plain(locales, options);
  const plain = new Plain(locales, given);
  return {
    plain,
    alone,
    timeZoneName,
    nameStyle: timeZoneName ?? (given.timeStyle === "full" ? "long" : "short"),
    addsName: timeZoneName !== undefined && !hasTime,
    says: plain.resolvedOptions().month === "long" || ["full", "long"].includes(given.dateStyle) ? " at " : undefined,
  };
});

const recordOf = (locales, options) => ({
  ...formatter(locales, options),
  zone: options?.timeZone === undefined ? "UTC" : zoneOf(options.timeZone),
});

function gmt(seconds, isLong) {
  const pad = (number) => String(number).padStart(2, "0");
  const [hours, minutes, rest] = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map((part) =>
    Math.trunc(Math.abs(part)),
  );
  const small = (isLong || minutes > 0 || rest > 0 ? `:${pad(minutes)}` : "") + (rest > 0 ? `:${pad(rest)}` : "");
  return `GMT${seconds < 0 ? "-" : "+"}${isLong ? pad(hours) : hours}${small}`;
}

// What a zone is called at a time.
function nameOf(zone, style, time) {
  const { seconds, isSummer } = offsetAt(zone, time);
  const names = Plain.localeData.en.timeZoneName[zone] ?? {};
  const isLong = style.startsWith("long");
  if (style.endsWith("Offset")) return gmt(seconds, isLong);
  if (style.endsWith("Generic")) {
    if (!isLong && /^[A-Z]ST$/.test(names.short?.[0])) return names.short[0].replace("ST", "T");
    if (names.long !== undefined)
      return names.long[0] === names.long[1] ? names.long[0] : names.long[0].replace(" Standard ", " ");
  } else {
    const found = names[style];
    if (found !== undefined && !(isSummer && found[0] === found[1])) return found[Number(isSummer)];
  }
  return seconds === 0 ? "GMT" : gmt(seconds, isLong);
}

// What the clock in the zone shows, as if it were UTC.
const clock = (zone, time) => (zone === "UTC" ? time : time + offsetAt(zone, time).seconds * 1000);

function partsOf(record, time, parts = record.plain.formatToParts(clock(record.zone, time))) {
  const out = [];
  for (let i = 0; i < parts.length; i++) {
    let { type, value } = parts[i];
    if (type === "literal") {
      if (value === ", " && record.says && parts[i + 1]?.type === "hour") value = record.says;
    } else if (type === "timeZoneName") {
      value = nameOf(record.zone, record.nameStyle, time);
    }
    out.push({ ...parts[i], value });
  }
  if (record.alone) {
    const found = out.find(({ type }) => type === record.alone);
    return [record.alone === "fractionalSecond" ? found : { ...found, value: String(Number(found.value)) }];
  }
  if (record.addsName)
    out.push(
      { type: "literal", value: ", " },
      { type: "timeZoneName", value: nameOf(record.zone, record.nameStyle, time) },
    );
  return out;
}

// Narrow spaces stand before AM and PM; in whole texts engines show plain ones.
const join = (parts) => parts.reduce((text, { value }) => text + value, "").replaceAll("\u202f", " ");

function timeOf(date) {
  const time = date === undefined ? Date.now() : Number(date);
  if (!(Math.abs(time) <= 8.64e15)) throw new RangeError("Invalid time value");
  return Math.trunc(time);
}

export function DateTimeFormat(locales, options) {
  const object = create(DateTimeFormat, new.target);
  adopt(object, { record: recordOf(locales, options), bound: undefined });
  return object;
}

const self = (object, method) => of(object, DateTimeFormat, method);

members(DateTimeFormat, "DateTimeFormat", {
  getters: {
    format() {
      const mine = self(this, "format");
      return (mine.bound ??= Object.defineProperty((date) => join(partsOf(mine.record, timeOf(date))), "name", {
        value: "",
      }));
    },
  },
  methods: {
    formatToParts(date) {
      return partsOf(self(this, "formatToParts").record, timeOf(date));
    },
    formatRange(start, end) {
      return join(range(self(this, "formatRange").record, start, end));
    },
    formatRangeToParts(start, end) {
      return range(self(this, "formatRangeToParts").record, start, end);
    },
    resolvedOptions() {
      const {
        record: { plain, timeZoneName, alone, zone },
      } = self(this, "resolvedOptions");
      const shown = plain.resolvedOptions();
      shown.timeZone = zone;
      if (timeZoneName !== undefined) shown.timeZoneName = timeZoneName;
      if (alone)
        for (const name of ["hour", "hourCycle", "hour12", ...Object.keys(ALONE)])
          if (ALONE[name] !== alone) delete shown[name];
      return shown;
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
Object.defineProperty(DateTimeFormat.supportedLocalesOf, "length", { value: 1, configurable: true });

function range(record, start, end) {
  if (start === undefined || end === undefined) throw new TypeError("startDate or endDate cannot be undefined");
  const [from, to] = [timeOf(start), timeOf(end)];
  return partsOf(
    { ...record, alone: undefined, addsName: false },
    from,
    record.plain.formatRangeToParts(clock(record.zone, from), clock(record.zone, to)),
  );
}

/** A time in ms as text; `fields` says of what: `"date"`, `"time"` or `"any"`. */
export function dateToLocaleString(time, locales, options, fields) {
  if (Number.isNaN(time)) return "Invalid Date";
  const given = options === undefined ? {} : Object.create(options);
  const has = (names) => names.some((name) => given[name] !== undefined);
  const { dateStyle, timeStyle } = given;
  if (fields === "date" && timeStyle !== undefined) throw new TypeError("Invalid option : timeStyle");
  if (fields === "time" && dateStyle !== undefined) throw new TypeError("Invalid option : dateStyle");
  const wanted = fields === "any" ? [...DATE, ...TIME] : fields === "date" ? DATE : TIME;
  if (dateStyle === undefined && timeStyle === undefined && !has(wanted)) {
    if (fields !== "time") given.year = given.month = given.day = "numeric";
    if (fields !== "date") given.hour = given.minute = given.second = "numeric";
  }
  return join(partsOf(recordOf(locales, given), time));
}
