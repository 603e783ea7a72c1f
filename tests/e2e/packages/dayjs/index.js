// Dates with plugins: UTC, time zones, durations, relative time, custom formats.

const dayjs = require("dayjs");
const plugin = (name) => dayjs.extend(require("dayjs/plugin/" + name));
[
  "utc",
  "timezone",
  "duration",
  "relativeTime",
  "customParseFormat",
  "advancedFormat",
  "isoWeek",
  "weekOfYear",
  "isBetween",
].forEach(plugin);
require("dayjs/locale/de");

exports.handler = async () => {
  const day = dayjs.utc("2024-02-29T13:45:30.123Z");
  return {
    iso: day.toISOString(),
    format: day.format("dddd, MMMM D, YYYY h:mm:ss.SSS A Z Q Do wo X"),
    add: day.add(1, "year").format("YYYY-MM-DD"),
    end: day.endOf("month").toISOString(),
    diff: [day.diff(dayjs.utc("2023-01-31"), "month", true), day.diff("2024-02-28T00:00:00Z", "hour")],
    zones: ["America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Europe/London"].map((zone) =>
      day.tz(zone).format(),
    ),
    summer: dayjs.tz("2024-07-01 12:00", "America/Los_Angeles").toISOString(),
    duration: [
      dayjs.duration(90, "minutes").format("HH:mm"),
      dayjs.duration({ days: 3, hours: 2 }).toISOString(),
      dayjs.duration(3661000).humanize(),
    ],
    relative: [day.from(dayjs.utc("2024-03-05")), day.to(dayjs.utc("2024-02-29T15:00:00Z"))],
    parse: [
      dayjs.utc("31/12/2023 23-59", "DD/MM/YYYY HH-mm").toISOString(),
      dayjs.utc("2023-13-40", "YYYY-MM-DD", true).isValid(),
    ],
    locale: day.locale("de").format("dddd, D. MMMM YYYY"),
    week: [day.isoWeek(), day.day(), day.daysInMonth()],
    between: day.isBetween("2024-01-01", "2024-12-31"),
    json: JSON.stringify({ day }),
  };
};
