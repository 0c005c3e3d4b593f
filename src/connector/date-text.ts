const millisPerDay = 86_400_000;
/** 15 October 1582: java.util.GregorianCalendar counts by the Julian calendar before it. */
const gregorianStart = -12_219_292_800_000;

/** `2017-01-03T06:30:01.864Z`: v4's way (proleptic Gregorian, year of era, `+` before years beyond 9999). */
export const isoText = (date: Date): string => {
  const eraYear = yearOfEra(date.getUTCFullYear());
  const month = date.getUTCMonth() + 1;
  return `${eraYear > 9999 ? '+' : ''}${calendarText(eraYear, month, date.getUTCDate())}T${timeText(date)}`;
};

/** The same as v3 writes it: SimpleDateFormat, so Julian before 1582 and no sign. */
export const legacyIsoText = (date: Date): string => {
  if (date.getTime() >= gregorianStart) {
    return `${calendarText(yearOfEra(date.getUTCFullYear()), date.getUTCMonth() + 1, date.getUTCDate())}T${timeText(date)}`;
  }
  const { year, month, day } = julianDate(Math.floor(date.getTime() / millisPerDay));
  return `${calendarText(yearOfEra(year), month, day)}T${timeText(date)}`;
};

/** `06:30:01.864Z` */
export const timeText = (date: Date): string =>
  `${padded(date.getUTCHours(), 2)}:${padded(date.getUTCMinutes(), 2)}:${padded(date.getUTCSeconds(), 2)}.${padded(date.getUTCMilliseconds(), 3)}Z`;

const yearOfEra = (year: number): number => (year > 0 ? year : 1 - year);

const calendarText = (year: number, month: number, day: number): string =>
  `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}`;

const padded = (value: number, length: number): string => String(value).padStart(length, '0');

/** Day, month and year of the Julian calendar for a day counted from 1970-01-01 (Richards' algorithm). */
const julianDate = (epochDay: number): { readonly year: number; readonly month: number; readonly day: number } => {
  const fromMarch = epochDay + 2_440_588 + 32_082;
  const cycleYear = Math.floor((4 * fromMarch + 3) / 1461);
  const dayOfYear = fromMarch - Math.floor((1461 * cycleYear) / 4);
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  return {
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
    month: monthFromMarch + 3 - 12 * Math.floor(monthFromMarch / 10),
    year: cycleYear - 4800 + Math.floor(monthFromMarch / 10),
  };
};
