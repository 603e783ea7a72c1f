// Intl.DateTimeFormat, time zones, and what dates say by locale. The expected values are those of Node 20.

const LEAP_DAY = new Date(Date.UTC(2024, 1, 29, 13, 5, 9, 87));

const SUMMER = new Date(Date.UTC(2024, 6, 1, 0, 30));

const date = (options, day = LEAP_DAY) => new Intl.DateTimeFormat("en-US", options).format(day);
const inZone = (timeZone, day) => date({ dateStyle: "short", timeStyle: "medium", timeZone }, day);

function failure(run, more) {
  try {
    run();
  } catch (error) {
    return more ? `${error.name}: ${error.message}` : error.name;
  }
  return "no failure";
}

const table = [
  ["2/29/2024", () => date({})],
  ["2/29/2024, 1:05:09 PM", () => LEAP_DAY.toLocaleString()],
  ["2/29/2024", () => LEAP_DAY.toLocaleDateString()],
  ["1:05:09 PM", () => LEAP_DAY.toLocaleTimeString()],
  ["2/29/2024, 1:05:09 PM", () => LEAP_DAY.toLocaleString("en-US")],
  ["Thursday, February 29, 2024", () => date({ dateStyle: "full" })],
  ["February 29, 2024", () => date({ dateStyle: "long" })],
  ["Feb 29, 2024", () => date({ dateStyle: "medium" })],
  ["2/29/24", () => date({ dateStyle: "short" })],
  ["1:05:09 PM Coordinated Universal Time", () => date({ timeStyle: "full" })],
  ["1:05:09 PM UTC", () => date({ timeStyle: "long" })],
  ["1:05:09 PM", () => date({ timeStyle: "medium" })],
  ["1:05 PM", () => date({ timeStyle: "short" })],
  ["Thursday, February 29, 2024 at 1:05 PM", () => date({ dateStyle: "full", timeStyle: "short" })],
  ["February 29, 2024 at 1:05 PM", () => date({ dateStyle: "long", timeStyle: "short" })],
  ["Feb 29, 2024, 1:05 PM", () => date({ dateStyle: "medium", timeStyle: "short" })],
  ["2/29/24, 1:05 PM", () => date({ dateStyle: "short", timeStyle: "short" })],
  [
    "Thursday, February 29, 2024 at 8:05:09 AM Eastern Standard Time",
    () => date({ dateStyle: "full", timeStyle: "full", timeZone: "America/New_York" }),
  ],
  ["February 29, 2024", () => date({ year: "numeric", month: "long", day: "numeric" })],
  ["Feb 2024", () => date({ year: "numeric", month: "short" })],
  ["February", () => date({ month: "long" })],
  ["Thursday", () => date({ weekday: "long" })],
  ["Thu, Feb 29", () => date({ weekday: "short", month: "short", day: "numeric" })],
  [
    "Thursday, February 29, 2024 at 1:05 PM",
    () => date({ weekday: "long", year: "numeric", month: "long", day: "numeric", hour: "numeric", minute: "2-digit" }),
  ],
  ["02/29/24", () => date({ year: "2-digit", month: "2-digit", day: "2-digit" })],
  ["02/29/2024", () => date({ year: "numeric", month: "2-digit", day: "2-digit" })],
  ["F 29", () => date({ month: "narrow", day: "numeric" })],
  ["2/29/2024 AD", () => date({ era: "short" })],
  ["1200 Before Christ", () => date({ year: "numeric", era: "long" }, new Date(-1e14))],
  ["1 PM", () => date({ hour: "numeric" })],
  ["01 PM", () => date({ hour: "2-digit" })],
  ["1:05 PM", () => date({ hour: "numeric", minute: "numeric" })],
  ["13:05:09", () => date({ hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false })],
  ["13:05", () => date({ hour: "numeric", minute: "2-digit", hourCycle: "h23" })],
  ["24", () => date({ hour: "numeric", hourCycle: "h24" }, new Date(0))],
  ["24", () => date({ hour: "numeric", hour12: false }, new Date(0))],
  ["0 PM", () => date({ hour: "numeric", hourCycle: "h11" }, new Date(43200000))],
  ["5", () => date({ minute: "2-digit" })],
  ["05:09", () => date({ minute: "numeric", second: "numeric" })],
  ["9", () => date({ second: "2-digit" })],
  ["087", () => date({ fractionalSecondDigits: 3 })],
  ["1:05:09.08 PM", () => date({ hour: "numeric", minute: "numeric", second: "numeric", fractionalSecondDigits: 2 })],
  ["1 in the afternoon", () => date({ hour: "numeric", dayPeriod: "short" })],
  ["1:05 in the afternoon", () => date({ hour: "numeric", minute: "2-digit", dayPeriod: "long" })],
  ["2/29/2024, PST", () => date({ timeZone: "America/Los_Angeles", timeZoneName: "short" })],
  ["2/29/2024, GMT", () => date({ timeZone: "Europe/London", timeZoneName: "short" })],
  ["2/29/2024, GMT+5:30", () => date({ timeZone: "Asia/Kolkata", timeZoneName: "short" })],
  ["2/29/2024, UTC", () => date({ timeZone: "UTC", timeZoneName: "short" })],
  ["2/29/2024, Pacific Standard Time", () => date({ timeZone: "America/Los_Angeles", timeZoneName: "long" })],
  ["2/29/2024, Greenwich Mean Time", () => date({ timeZone: "Europe/London", timeZoneName: "long" })],
  ["2/29/2024, India Standard Time", () => date({ timeZone: "Asia/Kolkata", timeZoneName: "long" })],
  ["2/29/2024, Coordinated Universal Time", () => date({ timeZone: "UTC", timeZoneName: "long" })],
  ["2/29/2024, GMT-8", () => date({ timeZone: "America/Los_Angeles", timeZoneName: "shortOffset" })],
  ["2/29/2024, GMT+0", () => date({ timeZone: "Europe/London", timeZoneName: "shortOffset" })],
  ["2/29/2024, GMT+5:30", () => date({ timeZone: "Asia/Kolkata", timeZoneName: "shortOffset" })],
  ["2/29/2024, GMT+0", () => date({ timeZone: "UTC", timeZoneName: "shortOffset" })],
  ["2/29/2024, GMT-08:00", () => date({ timeZone: "America/Los_Angeles", timeZoneName: "longOffset" })],
  ["2/29/2024, GMT+00:00", () => date({ timeZone: "Europe/London", timeZoneName: "longOffset" })],
  ["2/29/2024, GMT+05:30", () => date({ timeZone: "Asia/Kolkata", timeZoneName: "longOffset" })],
  ["2/29/2024, GMT+00:00", () => date({ timeZone: "UTC", timeZoneName: "longOffset" })],
  ["2/29/2024, PT", () => date({ timeZone: "America/Los_Angeles", timeZoneName: "shortGeneric" })],
  ["2/29/2024, Pacific Time", () => date({ timeZone: "America/Los_Angeles", timeZoneName: "longGeneric" })],
  ["2/29/2024, India Standard Time", () => date({ timeZone: "Asia/Kolkata", timeZoneName: "longGeneric" })],
  ["2/29/24, 8:05:09 AM", () => inZone("America/New_York")],
  ["6/30/24, 8:30:00 PM", () => inZone("America/New_York", SUMMER)],
  ["2/29/24, 2:05:09 PM", () => inZone("Europe/Berlin")],
  ["7/1/24, 2:30:00 AM", () => inZone("Europe/Berlin", SUMMER)],
  ["2/29/24, 10:05:09 PM", () => inZone("Asia/Tokyo")],
  ["7/1/24, 9:30:00 AM", () => inZone("Asia/Tokyo", SUMMER)],
  ["2/29/24, 6:35:09 PM", () => inZone("Asia/Kolkata")],
  ["7/1/24, 6:00:00 AM", () => inZone("Asia/Kolkata", SUMMER)],
  ["2/29/24, 6:50:09 PM", () => inZone("Asia/Kathmandu")],
  ["7/1/24, 6:15:00 AM", () => inZone("Asia/Kathmandu", SUMMER)],
  ["3/1/24, 12:05:09 AM", () => inZone("Australia/Lord_Howe")],
  ["7/1/24, 11:00:00 AM", () => inZone("Australia/Lord_Howe", SUMMER)],
  ["2/29/24, 9:35:09 AM", () => inZone("America/St_Johns")],
  ["6/30/24, 10:00:00 PM", () => inZone("America/St_Johns", SUMMER)],
  ["3/1/24, 2:05:09 AM", () => inZone("Pacific/Auckland")],
  ["7/1/24, 12:30:00 PM", () => inZone("Pacific/Auckland", SUMMER)],
  ["3/1/24, 2:50:09 AM", () => inZone("Pacific/Chatham")],
  ["7/1/24, 1:15:00 PM", () => inZone("Pacific/Chatham", SUMMER)],
  ["3/1/24, 2:05:09 AM", () => inZone("Pacific/Apia")],
  ["7/1/24, 1:30:00 PM", () => inZone("Pacific/Apia", SUMMER)],
  ["2/29/24, 10:05:09 AM", () => inZone("America/Sao_Paulo")],
  ["6/30/24, 9:30:00 PM", () => inZone("America/Sao_Paulo", SUMMER)],
  ["2/29/24, 2:05:09 PM", () => inZone("Africa/Casablanca")],
  ["7/1/24, 1:30:00 AM", () => inZone("Africa/Casablanca", SUMMER)],
  ["2/29/24, 8:05:09 AM", () => inZone("Etc/GMT+5")],
  ["6/30/24, 7:30:00 PM", () => inZone("Etc/GMT+5", SUMMER)],
  ["2/29/24, 8:05:09 AM", () => inZone("US/Eastern")],
  ["6/30/24, 8:30:00 PM", () => inZone("US/Eastern", SUMMER)],
  ["2/29/24, 8:05:09 AM", () => inZone("EST5EDT")],
  ["6/30/24, 8:30:00 PM", () => inZone("EST5EDT", SUMMER)],
  ["2/29/24, 8:05:09 AM", () => inZone("EST")],
  ["6/30/24, 7:30:00 PM", () => inZone("EST", SUMMER)],
  ["2/29/24, 1:05:09 PM", () => inZone("GMT")],
  ["7/1/24, 12:30:00 AM", () => inZone("GMT", SUMMER)],
  ["2/29/24, 1:05:09 PM", () => inZone("Zulu")],
  ["7/1/24, 12:30:00 AM", () => inZone("Zulu", SUMMER)],
  ["2/29/24, 6:35:09 PM", () => inZone("Asia/Calcutta")],
  ["7/1/24, 6:00:00 AM", () => inZone("Asia/Calcutta", SUMMER)],
  ["2/29/24, 3:05:09 PM", () => inZone("Europe/Kiev")],
  ["7/1/24, 3:30:00 AM", () => inZone("Europe/Kiev", SUMMER)],
  ["2/29/24, 2:05:09 PM", () => inZone("europe/paris")],
  ["7/1/24, 2:30:00 AM", () => inZone("europe/paris", SUMMER)],
  ["12/31/99, 7:00:00 PM", () => inZone("America/New_York", new Date("1900-01-01"))],
  ["1/1/00, 12:00:00 AM", () => inZone("Europe/London", new Date("1900-01-01"))],
  ["1/1/00, 8:05:43 AM", () => inZone("Asia/Shanghai", new Date("1900-01-01"))],
  ["5/31/50, 8:00:00 PM", () => inZone("America/New_York", new Date("1950-06-01"))],
  ["6/1/50, 1:00:00 AM", () => inZone("Europe/London", new Date("1950-06-01"))],
  ["6/1/50, 8:00:00 AM", () => inZone("Asia/Shanghai", new Date("1950-06-01"))],
  ["6/30/85, 8:00:00 PM", () => inZone("America/New_York", new Date("1985-07-01"))],
  ["7/1/85, 1:00:00 AM", () => inZone("Europe/London", new Date("1985-07-01"))],
  ["7/1/85, 8:00:00 AM", () => inZone("Asia/Shanghai", new Date("1985-07-01"))],
  ["3/11/07, 3:30:00 AM", () => inZone("America/New_York", new Date("2007-03-11T07:30:00Z"))],
  ["3/11/07, 7:30:00 AM", () => inZone("Europe/London", new Date("2007-03-11T07:30:00Z"))],
  ["3/11/07, 3:30:00 PM", () => inZone("Asia/Shanghai", new Date("2007-03-11T07:30:00Z"))],
  ["6/30/30, 8:00:00 PM", () => inZone("America/New_York", new Date("2030-07-01"))],
  ["7/1/30, 1:00:00 AM", () => inZone("Europe/London", new Date("2030-07-01"))],
  ["7/1/30, 8:00:00 AM", () => inZone("Asia/Shanghai", new Date("2030-07-01"))],
  ["6/30/37, 8:00:00 PM", () => inZone("America/New_York", new Date("2037-07-01"))],
  ["7/1/37, 1:00:00 AM", () => inZone("Europe/London", new Date("2037-07-01"))],
  ["7/1/37, 8:00:00 AM", () => inZone("Asia/Shanghai", new Date("2037-07-01"))],
  [
    `[{"type":"month","value":"Feb"},{"type":"literal","value":" "},{"type":"day","value":"29"},` +
      `{"type":"literal","value":", "},{"type":"year","value":"2024"},{"type":"literal","value":", "},` +
      `{"type":"hour","value":"1"},{"type":"literal","value":":"},{"type":"minute","value":"05"},` +
      `{"type":"literal","value":"\u202f"},{"type":"dayPeriod","value":"PM"}]`,
    () =>
      JSON.stringify(
        new Intl.DateTimeFormat("en-US", { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" }).formatToParts(
          LEAP_DAY,
        ),
      ),
  ],
  [
    `[{"type":"month","value":"02"},{"type":"literal","value":"/"},{"type":"day","value":"29"},` +
      `{"type":"literal","value":"/"},{"type":"year","value":"2024"},{"type":"literal","value":" "},` +
      `{"type":"era","value":"AD"},{"type":"literal","value":", "},{"type":"hour","value":"08"},` +
      `{"type":"literal","value":":"},{"type":"minute","value":"05"},{"type":"literal","value":":"},` +
      `{"type":"second","value":"09"}]`,
    () =>
      JSON.stringify(
        new Intl.DateTimeFormat("en-US", {
          year: "numeric",
          month: "2-digit",
          day: "2-digit",
          hour: "2-digit",
          minute: "2-digit",
          second: "2-digit",
          hour12: false,
          timeZone: "America/New_York",
          era: "short",
        }).formatToParts(LEAP_DAY),
      ),
  ],
  [
    `{"locale":"en-US","calendar":"gregory","numberingSystem":"latn","timeZone":"UTC","year":"numeric",` +
      `"month":"numeric","day":"numeric"}`,
    () => JSON.stringify(new Intl.DateTimeFormat("en-US", { timeZone: "UTC" }).resolvedOptions()),
  ],
  [
    `{"locale":"en-US","calendar":"gregory","numberingSystem":"latn","timeZone":"UTC","hourCycle":"h12",` +
      `"hour12":true,"dateStyle":"short","timeStyle":"long"}`,
    () =>
      JSON.stringify(
        new Intl.DateTimeFormat("en-US", { timeZone: "UTC", dateStyle: "short", timeStyle: "long" }).resolvedOptions(),
      ),
  ],
  [
    `{"locale":"en-US","calendar":"gregory","numberingSystem":"latn","timeZone":"America/New_York",` +
      `"hourCycle":"h12","hour12":true,"month":"short","hour":"numeric","timeZoneName":"short"}`,
    () =>
      JSON.stringify(
        new Intl.DateTimeFormat("en-US", {
          timeZone: "America/New_York",
          hour: "numeric",
          month: "short",
          timeZoneName: "short",
        }).resolvedOptions(),
      ),
  ],
  ["UTC", () => new Intl.DateTimeFormat().resolvedOptions().timeZone],
  ["en-US", () => new Intl.DateTimeFormat().resolvedOptions().locale],
  [
    "Feb 29 – Mar 3, 2024",
    () =>
      new Intl.DateTimeFormat("en-US", { dateStyle: "medium", timeZone: "UTC" }).formatRange(
        LEAP_DAY,
        new Date(Date.UTC(2024, 2, 3)),
      ),
  ],
  [
    "Feb 29, 2024",
    () =>
      new Intl.DateTimeFormat("en-US", { dateStyle: "medium", timeZone: "UTC" }).formatRange(
        LEAP_DAY,
        new Date(Date.UTC(2024, 1, 29, 20)),
      ),
  ],
  [
    "Feb 29, 2024 – Feb 1, 2025",
    () =>
      new Intl.DateTimeFormat("en-US", {
        year: "numeric",
        month: "short",
        day: "numeric",
        timeZone: "UTC",
      }).formatRange(LEAP_DAY, new Date(Date.UTC(2025, 1, 1))),
  ],
  [
    "Thursday, February 29, 2024",
    () => LEAP_DAY.toLocaleDateString("en-US", { weekday: "long", year: "numeric", month: "long", day: "numeric" }),
  ],
  ["01:05 PM", () => LEAP_DAY.toLocaleTimeString("en-US", { hour: "2-digit", minute: "2-digit" })],
  ["1:05 PM", () => LEAP_DAY.toLocaleTimeString([], { timeStyle: "short" })],
  ["2/29/2024, 8:05:09 AM", () => LEAP_DAY.toLocaleString("en-US", { timeZone: "America/New_York" })],
  ["Feb", () => LEAP_DAY.toLocaleString("en-US", { month: "short" })],
  ["2/29/2024, 1 PM", () => LEAP_DAY.toLocaleDateString(undefined, { hour: "numeric" })],
  ["2/29/2024, 1:05:09 PM UTC", () => LEAP_DAY.toLocaleString("en-US", { timeZoneName: "short" })],
  ["2/29/2024", () => LEAP_DAY.toLocaleDateString("en-US", { timeZone: "Asia/Tokyo" })],
  ["Invalid Date", () => new Date(NaN).toLocaleString()],
  [
    "RangeError: Invalid time value",
    () =>
      failure(() => {
        new Intl.DateTimeFormat().format(NaN);
      }, "message"),
  ],
  [
    "RangeError: Invalid time zone specified: Mars/Base",
    () =>
      failure(() => {
        new Intl.DateTimeFormat("en", { timeZone: "Mars/Base" });
      }, "message"),
  ],
  [
    "TypeError",
    () =>
      failure(() => {
        new Intl.DateTimeFormat("en", { dateStyle: "short", year: "numeric" });
      }),
  ],
  [
    "TypeError: Invalid option : timeStyle",
    () =>
      failure(() => {
        new Date(0).toLocaleDateString("en", { timeStyle: "short" });
      }, "message"),
  ],
  [
    "TypeError: Invalid option : dateStyle",
    () =>
      failure(() => {
        new Date(0).toLocaleTimeString("en", { dateStyle: "short" });
      }, "message"),
  ],
  ["1/1/1970", () => Intl.DateTimeFormat("en-US", { timeZone: "UTC" }).format(0)],
  ["[object Intl.DateTimeFormat]", () => Object.prototype.toString.call(new Intl.DateTimeFormat())],
  [
    "1/1/2024, 12:00:00 AM",
    () => String(new Date(Date.UTC(2024, 0, 1)).toLocaleString("en-US", { calendar: "gregory" })),
  ],
  ["1/1/2", () => date({ timeZone: "UTC" }, new Date(-62198755200000))],
  ["9/13/275760", () => date({ timeZone: "UTC" }, 8.64e15)],
];

exports.handler = () => {
  for (const [expected, run] of table) {
    const found = String(run());
    if (found !== expected) throw new Error(`${run} is ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
  }
  return { checks: table.length };
};
