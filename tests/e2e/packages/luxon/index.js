// Dates over Intl: zones, locales, intervals, durations.

import { DateTime, Duration, FixedOffsetZone, IANAZone, Info, Interval, Settings } from "luxon";

export const handler = async () => {
  Settings.defaultZone = "utc";
  const day = DateTime.fromISO("2024-02-29T13:45:30.123Z");
  const berlin = day.setZone("Europe/Berlin");
  return {
    zones: ["America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns"].map((zone) =>
      day.setZone(zone).toISO(),
    ),
    summer: [
      DateTime.fromISO("2024-03-31T01:30", { zone: "Europe/Berlin" }).plus({ hours: 1 }).toISO(),
      berlin.isInDST,
      berlin.offset,
    ],
    local: DateTime.fromObject({ year: 2024, month: 7, day: 1, hour: 9 }, { zone: "America/Los_Angeles" })
      .toUTC()
      .toISO(),
    format: [day.toFormat("cccc, d LLLL yyyy HH:mm:ss.SSS ZZ 'w'W o"), berlin.toFormat("ffff"), day.toFormat("D t")],
    styles: [DateTime.DATE_FULL, DateTime.DATETIME_MED, DateTime.TIME_WITH_SECONDS].map((style) =>
      day.toLocaleString(style, { locale: "en-US" }),
    ),
    parts: day.setLocale("en-US").toLocaleParts({ month: "short", day: "numeric" }),
    parsed: [
      DateTime.fromFormat("31/12/2023 11:59 PM", "dd/MM/yyyy hh:mm a").toISO(),
      DateTime.fromRFC2822("Tue, 01 Nov 2016 13:23:12 +0630").toISO(),
      DateTime.fromSQL("2017-05-15 09:24:15").toISO(),
      DateTime.fromISO("2024-13-01").invalidReason,
      DateTime.fromISO("2016-W05-4").toISODate(),
    ],
    math: [
      day.plus({ months: 1 }).toISODate(),
      day.endOf("quarter").toISO(),
      day.diff(DateTime.utc(2023, 1, 1), ["months", "days"]).toObject(),
    ],
    interval: [
      Interval.fromDateTimes(day, day.plus({ days: 3 })).splitBy({ days: 1 }).length,
      Interval.after(day, { hours: 1 }).toISO(),
    ],
    duration: [
      Duration.fromISO("PT1H30M").as("minutes"),
      Duration.fromObject({ days: 1, hours: 25 }).normalize().toHuman(),
      Duration.fromMillis(3661000).toFormat("hh:mm:ss"),
    ],
    relative: [
      day.toRelative({ base: day.plus({ days: 2 }), locale: "en" }),
      day.toRelativeCalendar({ base: day.plus({ days: 1 }), locale: "en" }),
    ],
    info: [
      Info.months("short", { locale: "en" }),
      Info.weekdays("long", { locale: "en" }),
      Info.hasDST("Europe/Paris"),
      IANAZone.isValidZone("Mars/Base"),
      FixedOffsetZone.instance(90).name,
    ],
    features: Info.features().relative,
  };
};
