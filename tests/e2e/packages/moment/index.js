// Dates: formats, arithmetic, locales, durations.

const moment = require("moment");
require("moment/locale/fr");

exports.handler = async () => {
  moment.locale("en");
  const day = moment.utc("2024-02-29T13:45:30.123Z");
  return {
    format: day.format("dddd, MMMM Do YYYY, h:mm:ss.SSS a Z [week] w"),
    french: day.clone().locale("fr").format("LLLL"),
    iso: day.toISOString(),
    add: day.clone().add(1, "month").subtract(3, "days").toISOString(),
    diff: [day.diff(moment.utc("2023-01-01"), "days"), day.diff("2024-02-28T00:00:00Z", "hours", true)],
    from: [day.from(moment.utc("2024-03-05")), moment.duration(-90, "seconds").humanize(true)],
    duration: [moment.duration("P1Y2M3DT4H").asDays(), moment.duration(3, "hours").toISOString()],
    offset: [day.clone().utcOffset(330).format(), moment.parseZone("2024-01-01T00:00:00-07:00").utcOffset()],
    calendar: day.calendar(moment.utc("2024-03-01")),
    parsed: [
      moment.utc("31-12-2023", "DD-MM-YYYY", true).isValid(),
      moment.utc("2023-02-30").isValid(),
      moment.utc("12/25/95", "MM/DD/YY").year(),
    ],
    ranges: [
      day.isBetween("2024-01-01", "2025-01-01"),
      day.isSame("2024-02-29", "day"),
      day.daysInMonth(),
      day.isLeapYear(),
    ],
    edges: [day.clone().startOf("isoWeek").toJSON(), day.clone().endOf("quarter").toJSON()],
    names: [moment.months().length, moment.weekdaysShort()],
  };
};
