import { dayOf } from './calendar.ts';

/** What a text said, by pattern letter (months from 0, weekdays from Sunday 0, the zone as `Z` in minutes), and in which order. */
export interface ParsedFields {
  readonly values: Map<string, number>;
  readonly order: string[];
  readonly centuryStart: number;
}

const millisPerDay = 86_400_000;

/** Calendar.getTime, lenient: fields out of range roll over, fields not given are those of 1970-01-01T00:00:00.000Z. */
export const dateMillis = (fields: ParsedFields): number | null => {
  const { values } = fields;
  const time =
    hourOf(fields) * 3_600_000 +
    (values.get('m') ?? 0) * 60_000 +
    (values.get('s') ?? 0) * 1000 +
    (values.get('S') ?? 0) -
    (values.get('Z') ?? 0) * 60_000;
  const millis = dayOfFields(fields) * millisPerDay + time;
  return Number.isNaN(new Date(millis).getTime()) ? null : millis;
};

const lastOf = ({ order }: ParsedFields, letters: string): number =>
  Math.max(...[...letters].map((letter) => order.lastIndexOf(letter)));

/** Of the hour of the day and the hour of the half day the one given later counts. */
const hourOf = (fields: ParsedFields): number => {
  const { values } = fields;
  const given = (letters: string): number =>
    values.get([...letters].find((letter) => lastOf(fields, letter) === lastOf(fields, letters)) ?? '') ?? 0;
  const halfDay = lastOf(fields, 'hK') < 0 && lastOf(fields, 'Hk') >= 0 ? -1 : lastOf(fields, 'hKa');
  return lastOf(fields, 'Hk') > halfDay ? given('Hk') : given('hK') + 12 * (values.get('a') ?? 0);
};

const dayOfFields = (fields: ParsedFields): number => {
  const { values } = fields;
  const year = yearOf(fields);
  const month = values.get('M') ?? 0;
  const weekday = values.get('E') ?? (values.has('u') ? (values.get('u') ?? 0) % 7 : null);
  const weekStamp = weekday === null ? -1 : lastOf(fields, 'wWFuE');
  const inWeeks = ['w', 'W', 'F'].find(
    (letter) => lastOf(fields, letter) === lastOf(fields, 'wWF') && values.has(letter),
  );
  const dayStamp = lastOf(fields, 'd');
  if (inWeeks !== undefined && (weekStamp > Math.max(dayStamp, lastOf(fields, 'D')) || lastOf(fields, 'dD') < 0)) {
    return dayInWeeks(inWeeks, values.get(inWeeks) ?? 1, weekday ?? 0, year, month);
  }
  if (values.has('D') && lastOf(fields, 'D') > dayStamp) return dayOf(year, 0, 1) + (values.get('D') ?? 1) - 1;
  if (dayStamp < 0 && weekday !== null && !values.has('M')) return dayInWeeks('F', 1, weekday, year, 0);
  return dayOf(year, month, values.get('d') ?? 1);
};

const yearOf = (fields: ParsedFields): number => {
  const { values } = fields;
  const year = values.get(lastOf(fields, 'Y') > lastOf(fields, 'y') ? 'Y' : 'y') ?? 1970;
  return values.get('G') === 0 ? 1 - year : year;
};

/** Weeks start on Sunday; the first holds the first day of the year or month. `F`: the n-th such weekday of the month. */
const dayInWeeks = (letter: string, week: number, weekday: number, year: number, month: number): number => {
  const first = dayOf(year, letter === 'w' ? 0 : month, 1);
  const firstWeekday = (((first + 4) % 7) + 7) % 7;
  if (letter === 'F') return first + ((weekday - firstWeekday + 7) % 7) + 7 * (week - 1);
  return first - firstWeekday + 7 * (week - 1) + weekday;
};
