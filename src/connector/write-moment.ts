import { writePadded } from './write-text.ts';

const millisPerDay = 86_400_000;
/** 15 October 1582, where java.util's calendars begin to agree with everybody's, to the end of 9999. */
const first = -12_219_292_800_000;
const last = 253_402_300_799_999;

/** Whether the functions below can write this moment. */
export const isPlainMoment = (epochMillis: number): boolean => epochMillis >= first && epochMillis <= last;

/** `2024-01-15`, UTC. Gregorian date of a day count: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
export const writeDate = (epochMillis: number, out: Uint8Array, at: number): number => {
  const shifted = Math.floor(epochMillis / millisPerDay) + 719_468;
  const era = (shifted / 146_097) | 0;
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra =
    ((dayOfEra - ((dayOfEra / 1460) | 0) + ((dayOfEra / 36_524) | 0) - ((dayOfEra / 146_096) | 0)) / 365) | 0;
  const dayOfYear = dayOfEra - (365 * yearOfEra + (yearOfEra >> 2) - ((yearOfEra / 100) | 0));
  const fromMarch = ((5 * dayOfYear + 2) / 153) | 0;
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  let to = writePadded(era * 400 + yearOfEra + (month <= 2 ? 1 : 0), 4, out, at);
  out[to++] = 0x2d;
  to = writePadded(month, 2, out, to);
  out[to++] = 0x2d;
  return writePadded(dayOfYear - (((153 * fromMarch + 2) / 5) | 0) + 1, 2, out, to);
};

/** `06:30:01`, UTC. */
export const writeSeconds = (epochMillis: number, out: Uint8Array, at: number): number => {
  const seconds = ((epochMillis - Math.floor(epochMillis / millisPerDay) * millisPerDay) / 1000) | 0;
  const minutes = (seconds / 60) | 0;
  const hours = (minutes / 60) | 0;
  let to = writePadded(hours, 2, out, at);
  out[to++] = 0x3a;
  to = writePadded(minutes - hours * 60, 2, out, to);
  out[to++] = 0x3a;
  return writePadded(seconds - minutes * 60, 2, out, to);
};

/** `2024-01-15T06:30:01` */
export const writeDateAndSeconds = (epochMillis: number, out: Uint8Array, at: number): number => {
  const to = writeDate(epochMillis, out, at);
  out[to] = 0x54;
  return writeSeconds(epochMillis, out, to + 1);
};

/** From 0 to 999. */
export const millisOf = (epochMillis: number): number => epochMillis - Math.floor(epochMillis / 1000) * 1000;
