// Dates as functions over `Date`.

import {
  add,
  addBusinessDays,
  areIntervalsOverlapping,
  compareAsc,
  differenceInCalendarDays,
  differenceInMonths,
  eachDayOfInterval,
  endOfMonth,
  format,
  formatDistance,
  formatDuration,
  formatISO,
  formatRelative,
  getISOWeek,
  intervalToDuration,
  isLeapYear,
  isValid,
  parse,
  parseISO,
  startOfWeek,
  sub,
} from "date-fns";
import { de } from "date-fns/locale";

export const handler = async () => {
  const day = new Date("2024-02-29T13:45:30.123Z");
  const base = new Date("2024-03-05T00:00:00Z");
  return {
    format: format(day, "EEEE, do MMMM yyyy HH:mm:ss.SSS xxx 'week' I, QQQ"),
    german: format(day, "EEEE, d. MMMM yyyy", { locale: de }),
    iso: formatISO(day),
    add: add(day, { years: 1, months: 2, weeks: 1, days: 3, hours: 4 }),
    sub: sub(day, { days: 30 }),
    business: addBusinessDays(day, 5),
    differences: [differenceInCalendarDays(base, day), differenceInMonths(base, new Date("2022-01-31T00:00:00Z"))],
    each: eachDayOfInterval({ start: day, end: base }).length,
    edges: [endOfMonth(day), startOfWeek(day, { weekStartsOn: 1 })],
    distance: [
      formatDistance(day, base, { addSuffix: true }),
      formatDistance(day, base, { locale: de }),
      formatRelative(day, base),
    ],
    duration: formatDuration(intervalToDuration({ start: day, end: base })),
    parsed: [
      parse("31.12.2023 23:59", "dd.MM.yyyy HH:mm", base),
      parseISO("2024-W09-4"),
      isValid(parse("x", "yyyy", base)),
    ],
    order: [base, day].sort(compareAsc).map((date) => date.getTime()),
    other: [
      isLeapYear(day),
      getISOWeek(day),
      areIntervalsOverlapping({ start: day, end: base }, { start: base, end: new Date(2e12) }),
    ],
  };
};
