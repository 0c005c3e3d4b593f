import { eras, halfDays, months, shortNames, weekdays } from './names.ts';
import { parseIsoZone, parseZone } from './parse-zone.ts';
import { dateMillis, type ParsedFields } from './parsed-fields.ts';
import type { PatternPart } from './pattern-parts.ts';

/**
 * Text by the parts of a pattern, as SimpleDateFormat.parse reads it; null: it does not fit. `centuryStart`: the first of the
 * hundred years that two digits may mean.
 */
export const parseDate = (parts: readonly PatternPart[], text: string, centuryStart: number): number | null => {
  const fields: ParsedFields = { order: [], values: new Map(), centuryStart };
  let at = 0;
  for (const [index, part] of parts.entries()) {
    if (part.letter === null) {
      if (!text.startsWith(part.text, at)) return null;
      at += part.text.length;
      continue;
    }
    const next = parts[index + 1];
    const end = parseField({ text, start: at, letter: part.letter, count: part.count, next }, fields);
    if (end === null) return null;
    at = end;
  }
  return dateMillis(fields);
};

interface FieldText {
  readonly text: string;
  readonly start: number;
  readonly letter: string;
  readonly count: number;
  readonly next: PatternPart | undefined;
}

/** Where the field ends; null: it does not fit. Blanks before it are passed over. */
const parseField = (field: FieldText, fields: ParsedFields): number | null => {
  const { text, start, letter, count } = field;
  const blanks = /[ \t]*/y;
  blanks.lastIndex = start;
  const from = start + (blanks.exec(text)?.[0].length ?? 0);
  if (from >= text.length) return null;
  switch (letter) {
    case 'G':
      return parseName(text, from, [eras], 'G', fields);
    case 'E':
      return parseName(text, from, [weekdays, shortNames(weekdays)], 'E', fields);
    case 'a':
      return parseName(text, from, [halfDays], 'a', fields);
    case 'M':
    case 'L':
      if (count > 2) return parseName(text, from, [months, shortNames(months)], 'M', fields);
      return parseNumber(field, from, fields);
    case 'z':
    case 'Z':
      return storeZone(parseZone(text, from), fields);
    case 'X':
      return storeZone(parseIsoZone(text, from, count), fields);
    default:
      return parseNumber(field, from, fields);
  }
};

const store = ({ values, order }: ParsedFields, letter: string, value: number): void => {
  values.set(letter, value);
  order.push(letter);
};

const storeZone = (
  zone: { readonly minutes: number; readonly end: number } | null,
  fields: ParsedFields,
): number | null => {
  if (zone === null) return null;
  store(fields, 'Z', zone.minutes);
  return zone.end;
};

/** The longest name that stands there, in any case; of several lists the first that has one. */
const parseName = (
  text: string,
  from: number,
  lists: readonly (readonly string[])[],
  letter: string,
  fields: ParsedFields,
): number | null => {
  const rest = text.slice(from).toLowerCase();
  for (const names of lists) {
    const found = names
      .filter((name) => rest.startsWith(name.toLowerCase()))
      .sort((a, b) => b.length - a.length)
      .at(0);
    if (found === undefined) continue;
    store(fields, letter, names.indexOf(found));
    return from + found.length;
  }
  return null;
};

const numericLetters = 'yYwWDdFuHkKhmsS';
const isNumeric = (part: PatternPart | undefined): boolean => {
  if (part === undefined || part.letter === null) return false;
  return numericLetters.includes(part.letter) || ('ML'.includes(part.letter) && part.count <= 2);
};

/** A field that a number follows at once has exactly as many digits as letters; any other as many as there are. */
const parseNumber = (field: FieldText, from: number, fields: ParsedFields): number | null => {
  const { text, start, letter, count, next } = field;
  const limited = isNumeric(next);
  if (limited && start + count > text.length) return null;
  const digits = /-?\d+/y;
  digits.lastIndex = from;
  const matched = digits.exec(limited ? text.slice(0, start + count) : text)?.[0];
  if (matched === undefined) return null;
  const end = from + matched.length;
  const number = Number(BigInt.asIntN(32, BigInt(matched)));
  store(fields, letter === 'L' ? 'M' : letter, adjusted(field, matched, number, fields.centuryStart));
  return end;
};

const adjusted = ({ letter, count }: FieldText, digits: string, value: number, centuryStart: number): number => {
  if (letter === 'M' || letter === 'L') return value - 1;
  if ((letter === 'y' || letter === 'Y') && count <= 2 && /^\d\d$/.test(digits)) return inCentury(value, centuryStart);
  if (letter === 'k' && value === 24) return 0;
  return letter === 'h' && value === 12 ? 0 : value;
};

const inCentury = (twoDigits: number, start: number): number => {
  const year = Math.floor(start / 100) * 100 + twoDigits;
  return year < start ? year + 100 : year;
};
