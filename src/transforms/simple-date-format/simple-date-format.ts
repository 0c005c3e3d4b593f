import { fieldsAt } from './calendar.ts';
import { eras, halfDays, months, shortNames, weekdays } from './names.ts';
import { parseDate } from './parse-date.ts';
import { type PatternPart, patternParts } from './pattern-parts.ts';

export { FormatError } from './pattern-parts.ts';

/** java.text.SimpleDateFormat in UTC and US English, lenient. Throws FormatError where the pattern is none. */
export class SimpleDateFormat {
  readonly pattern: string;
  readonly #parts: readonly PatternPart[];

  readonly #centuryStart: number;

  /** Years of two digits lie between 80 years before `createdAt` and 20 years after. */
  constructor(pattern: string, createdAt: Date = new Date()) {
    this.#parts = patternParts(pattern);
    this.pattern = pattern;
    this.#centuryStart = createdAt.getUTCFullYear() - 80;
  }

  /** Milliseconds since 1970 to text. */
  format(millis: bigint | number): string {
    const at = fieldsAt(BigInt(millis));
    return this.#parts
      .map((part) => (part.letter === null ? part.text : (formatters[part.letter]?.(at, part.count) ?? '')))
      .join('');
  }

  /** Text to milliseconds since 1970; what follows the date is ignored. Null: not of this pattern. */
  parse(text: string): number | null {
    return parseDate(this.#parts, text, this.#centuryStart);
  }
}

type Formatter = (at: ReturnType<typeof fieldsAt>, count: number) => string;

const padded = (value: number, count: number): string =>
  value < 0 ? `-${padded(-value, count)}` : String(value).padStart(count, '0');
const yearOfEra = (year: number): number => (year > 0 ? year : 1 - year);
const yearText = (year: number, count: number): string => (count === 2 ? padded(year % 100, 2) : padded(year, count));
const named = (names: readonly string[], index: number, count: number): string =>
  (count >= 4 ? names : shortNames(names))[index] ?? '';
const month: Formatter = (at, count) => (count >= 3 ? named(months, at.month, count) : padded(at.month + 1, count));

const formatters: Readonly<Record<string, Formatter>> = {
  G: ({ year }) => eras[year > 0 ? 1 : 0] ?? '',
  y: ({ year }, count) => yearText(yearOfEra(year), count),
  Y: ({ weekYear }, count) => yearText(weekYear, count),
  M: month,
  L: month,
  w: ({ weekOfYear }, count) => padded(weekOfYear, count),
  W: ({ weekOfMonth }, count) => padded(weekOfMonth, count),
  D: ({ dayOfYear }, count) => padded(dayOfYear, count),
  d: ({ day }, count) => padded(day, count),
  F: ({ day }, count) => padded(Math.floor((day - 1) / 7) + 1, count),
  E: ({ dayOfWeek }, count) => named(weekdays, dayOfWeek, count),
  u: ({ dayOfWeek }, count) => padded(dayOfWeek === 0 ? 7 : dayOfWeek, count),
  a: ({ hour }) => halfDays[hour < 12 ? 0 : 1] ?? '',
  H: ({ hour }, count) => padded(hour, count),
  k: ({ hour }, count) => padded(hour === 0 ? 24 : hour, count),
  K: ({ hour }, count) => padded(hour % 12, count),
  h: ({ hour }, count) => padded(hour % 12 === 0 ? 12 : hour % 12, count),
  m: ({ minute }, count) => padded(minute, count),
  s: ({ second }, count) => padded(second, count),
  S: ({ milli }, count) => padded(milli, count),
  z: (_at, count) => (count >= 4 ? 'Coordinated Universal Time' : 'UTC'),
  Z: () => '+0000',
  X: () => 'Z',
};
