import { zoneOffsets } from './names.ts';

export interface ParsedZone {
  readonly minutes: number;
  readonly end: number;
}

/** `z` and `Z`: `-0800`, `GMT`, `GMT+1:00`, `PST`. */
export const parseZone = (text: string, from: number): ParsedZone | null => {
  const rest = text.slice(from);
  if (/^[+-]/.test(rest)) return signed(/^([+-])(\d\d)(\d\d)/.exec(rest), from);
  if (/^gmt/i.test(rest)) {
    if (!/^gmt[+-]/i.test(rest)) return { minutes: 0, end: from + 3 };
    return signed(/^gmt([+-])(\d\d?):(\d\d)/i.exec(rest), from);
  }
  const names = [...zoneOffsets.keys()].filter((name) => rest.toLowerCase().startsWith(name.toLowerCase()));
  const name = names.sort((a, b) => b.length - a.length).at(0);
  return name === undefined ? null : { minutes: zoneOffsets.get(name) ?? 0, end: from + name.length };
};

const isoPatterns = [/^([+-])(\d\d)()/, /^([+-])(\d\d)(\d\d)/, /^([+-])(\d\d?):(\d\d)/];

/** `X` (hours), `XX` (hhmm), `XXX` (hh:mm); each also reads `Z`. */
export const parseIsoZone = (text: string, from: number, count: number): ParsedZone | null => {
  const rest = text.slice(from);
  if (rest.startsWith('Z')) return { minutes: 0, end: from + 1 };
  return signed(isoPatterns[count - 1]?.exec(rest) ?? null, from);
};

const signed = (match: RegExpExecArray | null, from: number): ParsedZone | null => {
  if (match === null) return null;
  const [whole, sign, hours, minutes] = match;
  if (Number(hours) > 23 || Number(minutes) > 59) return null;
  const offset = Number(hours) * 60 + Number(minutes);
  return { minutes: sign === '-' ? -offset : offset, end: from + whole.length };
};
