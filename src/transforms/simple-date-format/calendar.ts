/**
 * java.util.GregorianCalendar in UTC: Julian before 15 October 1582, Gregorian from then on; weeks as in the United States (from
 * Sunday, the first one holds 1 January).
 */
export interface CalendarFields {
  /** 1 BC is 0. */
  readonly year: number;
  /** From 0. */
  readonly month: number;
  readonly day: number;
  readonly dayOfYear: number;
  /** Sunday is 0. */
  readonly dayOfWeek: number;
  readonly weekOfYear: number;
  readonly weekYear: number;
  readonly weekOfMonth: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly milli: number;
}

const millisPerDay = 86_400_000;
const bigDay = BigInt(millisPerDay);
/** 15 October 1582, the first Gregorian day, in days since 1970. */
const cutoverDay = -141_427;
/** Julian dates are counted from this day: 1 January of the year 1 BC, Julian, in days since 1970. */
const julianEpochDay = -719_530;

/** The Gregorian calendar repeats itself: JavaScript's dates, which end before Java's, need to reach no further than one cycle. */
const cycle = { years: 400, days: 146_097 };

const gregorianDay = (year: number, month: number, day: number): number => {
  const cycles = Math.floor(year / cycle.years);
  const date = new Date(0);
  date.setUTCFullYear(year - cycles * cycle.years, month, day);
  return cycles * cycle.days + date.getTime() / millisPerDay;
};

const cumulative = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

const julianDay = (year: number, month: number, day: number): number => {
  const wholeYear = year + Math.floor(month / 12);
  const inYear = ((month % 12) + 12) % 12;
  const isLeap = wholeYear % 4 === 0;
  const leapDays = Math.floor((wholeYear + 3) / 4);
  const before = (cumulative[inYear] ?? 0) + (isLeap && inYear > 1 ? 1 : 0);
  return julianEpochDay + wholeYear * 365 + leapDays + before + day - 1;
};

/**
 * Days since 1970 of a date; out-of-range months and days roll over (lenient). 5 to 14 October 1582, which never were, are read
 * as Julian.
 */
export const dayOf = (year: number, month: number, day: number): number => {
  const gregorian = gregorianDay(year, month, day);
  return gregorian < cutoverDay ? julianDay(year, month, day) : gregorian;
};

const dateOfDay = (day: number): { year: number; month: number; day: number } => {
  if (day >= cutoverDay) {
    const cycles = Math.floor(day / cycle.days);
    const date = new Date((day - cycles * cycle.days) * millisPerDay);
    return { year: cycles * cycle.years + date.getUTCFullYear(), month: date.getUTCMonth(), day: date.getUTCDate() };
  }
  let year = Math.floor((day - julianEpochDay) / 365.25);
  while (julianDay(year + 1, 0, 1) <= day) year++;
  while (julianDay(year, 0, 1) > day) year--;
  let month = 11;
  while (julianDay(year, month, 1) > day) month--;
  return { year, month, day: day - julianDay(year, month, 1) + 1 };
};

const weekday = (day: number): number => (((day + 4) % 7) + 7) % 7;

/** `millis`: any 64-bit integer. */
export const fieldsAt = (millis: bigint): CalendarFields => {
  const inDay = Number(((millis % bigDay) + bigDay) % bigDay);
  const days = Number((millis - BigInt(inDay)) / bigDay);
  const { year, month, day } = dateOfDay(days);
  const dayOfYear = days - dayOf(year, 0, 1) + 1;
  const dayOfWeek = weekday(days);
  const daysLeft = dayOf(year + 1, 0, 1) - days;
  // The week that holds the next 1 January is the next year's first.
  const inNextYear = daysLeft <= 6 - dayOfWeek;
  return {
    year,
    month,
    day,
    dayOfYear,
    dayOfWeek,
    weekOfYear: inNextYear ? 1 : Math.ceil((dayOfYear + weekday(dayOf(year, 0, 1))) / 7),
    weekYear: inNextYear ? year + 1 : year,
    weekOfMonth: Math.ceil((day + weekday(dayOf(year, month, 1))) / 7),
    hour: Math.floor(inDay / 3_600_000),
    minute: Math.floor(inDay / 60_000) % 60,
    second: Math.floor(inDay / 1000) % 60,
    milli: inDay % 1000,
  };
};
