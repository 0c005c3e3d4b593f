import { instantOf, type LocalDate, type LocalTime } from './java-time.ts';

let format: Intl.DateTimeFormat | undefined;

/** Snowflake's default time zone, which the validator takes for timestamps without one. Made when it is needed: it weighs 8 MB. */
const zoneFormat = (): Intl.DateTimeFormat => {
  format ??= new Intl.DateTimeFormat('en-US', {
    timeZone: 'America/Los_Angeles',
    hourCycle: 'h23',
    era: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return format;
};
/** Local mean time, before the railways; Intl and Java agree on the zone's history from here on. */
const localMeanTime = -(7 * 3600 + 52 * 60 + 58);
const standardTimeSince = -2_717_640_000;
/** 400 years of the calendar, in seconds; whatever lies beyond this limit of JavaScript's Date is as many cycles earlier the same. */
const calendarCycle = 12_622_780_800;
const farthest = 8_000_000_000_000;

/** Seconds east of UTC on that wall clock; of two (clocks set back) the earlier offset, in a gap the one before it, as ZonedDateTime.of does. */
export const defaultZoneOffset = (date: LocalDate, time: LocalTime): number => {
  const seconds = Number(instantOf(date, time, 0).seconds);
  const wall = seconds > farthest ? (seconds % calendarCycle) + calendarCycle : seconds;
  if (wall < standardTimeSince) return localMeanTime;
  const daylight = offsetAt(wall + 7 * 3600);
  return offsetAt(wall - daylight) === daylight ? daylight : offsetAt(wall - 86_400);
};

const offsetAt = (epochSeconds: number): number => {
  const parts: Record<string, number> = {};
  for (const { type, value } of zoneFormat().formatToParts(epochSeconds * 1000)) parts[type] = Number(value);
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - epochSeconds;
};
