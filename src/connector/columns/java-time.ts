/** java.time's ISO parsers and texts, as far as the validator uses them: strict, nanoseconds, years of any sign. */
export interface LocalDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}
export interface LocalTime {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nano: number;
}
export interface DateTimeText {
  readonly date: LocalDate;
  readonly time: LocalTime;
  /** Seconds east; null: none given. */
  readonly offset: number | null;
}

const datePart = String.raw`([+-]?\d{4,9})-(\d{2})-(\d{2})`;
const timePart = String.raw`(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{0,9}))?)?`;
const offsetPart = String.raw`(Z|[+-]\d{2}:\d{2}(?::\d{2})?)`;
const dateOnly = new RegExp(`^${datePart}$`);
const dateTime = new RegExp(`^${datePart}T${timePart}(?:${offsetPart}(?:\\[[A-Za-z][\\w~/+.-]+\\])?)?$`, 'i');
const timeOnly = new RegExp(`^${timePart}${offsetPart}?$`, 'i');

/** LocalDate.parse. */
export const parseDate = (text: string): LocalDate | null => {
  const match = dateOnly.exec(text);
  return match === null ? null : dateOf(match[1], match[2], match[3]);
};

/** ZonedDateTime.parse, else LocalDateTime.parse. */
export const parseDateTime = (text: string): DateTimeText | null => {
  const match = dateTime.exec(text);
  if (match === null) return null;
  const date = dateOf(match[1], match[2], match[3]);
  const time = timeOf(match[4], match[5], match[6], match[7]);
  const offset = match[8] === undefined ? null : offsetOf(match[8]);
  return date === null || time === null || offset === undefined ? null : { date, time, offset };
};

/** LocalTime.parse, else OffsetTime.parse, whose offset means nothing here. */
export const parseTime = (text: string): LocalTime | null => {
  const match = timeOnly.exec(text);
  if (match === null || (match[5] !== undefined && offsetOf(match[5]) === undefined)) return null;
  return timeOf(match[1], match[2], match[3], match[4]);
};

/** A year of more than four digits needs its sign, one of four has none but a minus. */
const dateOf = (yearText = '', monthText = '', dayText = ''): LocalDate | null => {
  const digits = yearText.replace(/^[+-]/, '').length;
  if (digits > 4 ? !/^[+-]/.test(yearText) : yearText.startsWith('+')) return null;
  const [year, month, day] = [Number(yearText), Number(monthText), Number(dayText)];
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return null;
  return { year, month, day };
};

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const daysIn = (year: number, month: number): number =>
  month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : (monthDays[month - 1] ?? 0);

const timeOf = (hourText = '', minuteText = '', secondText = '0', fraction = ''): LocalTime | null => {
  const [hour, minute, second] = [Number(hourText), Number(minuteText), Number(secondText)];
  if (hour > 23 || minute > 59 || second > 59) return null;
  return { hour, minute, second, nano: Number(fraction.padEnd(9, '0')) };
};

const offsetOf = (text: string): number | undefined => {
  if (text === 'Z' || text === 'z') return 0;
  const [hours = 0, minutes = 0, seconds = 0] = text.slice(1).split(':').map(Number);
  const total = hours * 3600 + minutes * 60 + seconds;
  if (minutes > 59 || seconds > 59 || total > 18 * 3600) return undefined;
  return text.startsWith('-') ? -total : total;
};

const secondsPerDay = 86_400n;

/** Days since 1970-01-01, proleptic Gregorian. */
export const epochDay = ({ year, month, day }: LocalDate): bigint => {
  const y = BigInt(month <= 2 ? year - 1 : year);
  const era = (y >= 0n ? y : y - 399n) / 400n;
  const yearOfEra = y - era * 400n;
  const dayOfYear = BigInt(Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1);
  return era * 146_097n + yearOfEra * 365n + yearOfEra / 4n - yearOfEra / 100n + dayOfYear - 719_468n;
};

export const dateOfEpochDay = (days: bigint): LocalDate => {
  const z = days + 719_468n;
  const era = (z >= 0n ? z : z - 146_096n) / 146_097n;
  const doe = z - era * 146_097n;
  const yoe = (doe - doe / 1460n + doe / 36_524n - doe / 146_096n) / 365n;
  const doy = Number(doe - (365n * yoe + yoe / 4n - yoe / 100n));
  const mp = Math.floor((5 * doy + 2) / 153);
  const month = mp < 10 ? mp + 3 : mp - 9;
  return {
    year: Number(yoe + era * 400n) + (month <= 2 ? 1 : 0),
    month,
    day: doy - Math.floor((153 * mp + 2) / 5) + 1,
  };
};

export interface Instant {
  readonly seconds: bigint;
  readonly nano: number;
}

/** Limits of a guess of the epoch's unit, in seconds: what is smaller counts in seconds, then milliseconds, and so on. */
const secondsLimit = 31_536_000_000n;
const integerText = /^[+-]?\d+$/;
/** java.time.Instant's range, ±10^9 years; in nanoseconds as text nobody comes near it by accident. */
const maxSeconds = 31_556_889_864_403_199n;

/** An integer as an epoch of seconds, milli-, micro- or nanoseconds, by its size; null for other text and for what no Instant holds. */
export const instantOfEpoch = (text: string): Instant | null => {
  if (!integerText.test(text)) return null;
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  const magnitude = value < 0n ? -value : value;
  const digits = [0n, 3n, 6n].find((power) => magnitude < secondsLimit * 10n ** power) ?? 9n;
  const unit = 10n ** digits;
  const rest = ((value % unit) + unit) % unit;
  const seconds = (value - rest) / unit;
  if (seconds > maxSeconds || seconds < -maxSeconds) return null;
  return { seconds, nano: Number(rest * 10n ** (9n - digits)) };
};

export const instantOf = (date: LocalDate, time: LocalTime, offset: number): Instant => ({
  seconds: epochDay(date) * secondsPerDay + BigInt(time.hour * 3600 + time.minute * 60 + time.second - offset),
  nano: time.nano,
});

export const utcOf = ({ seconds, nano }: Instant): { readonly date: LocalDate; readonly time: LocalTime } => {
  const ofDay = Number(((seconds % secondsPerDay) + secondsPerDay) % secondsPerDay);
  const time = { hour: Math.floor(ofDay / 3600), minute: Math.floor(ofDay / 60) % 60, second: ofDay % 60, nano };
  return { date: dateOfEpochDay((seconds - BigInt(ofDay)) / secondsPerDay), time };
};

/** Digits behind `scale` are cut off, as Snowflake does. */
export const truncated = (time: LocalTime, scale: number): LocalTime =>
  scale >= 9 ? time : { ...time, nano: time.nano - (time.nano % 10 ** (9 - scale)) };

const two = (value: number): string => String(value).padStart(2, '0');

/** LocalDate.toString. */
export const dateText = ({ year, month, day }: LocalDate): string => {
  const digits = String(Math.abs(year)).padStart(4, '0');
  return `${year < 0 ? '-' : year > 9999 ? '+' : ''}${digits}-${two(month)}-${two(day)}`;
};

/** `13:45:30`, with the digits of the fraction that are needed. */
export const timeText = ({ hour, minute, second, nano }: LocalTime): string => {
  const fraction = nano === 0 ? '' : `.${String(nano).padStart(9, '0').replace(/0+$/, '')}`;
  return `${two(hour)}:${two(minute)}:${two(second)}${fraction}`;
};

/** LocalTime.toString: no seconds where there are none. */
export const javaTimeText = (time: LocalTime): string => {
  if (time.second === 0 && time.nano === 0) return timeText(time).slice(0, 5);
  if (time.nano === 0) return timeText(time);
  const digits = time.nano % 1_000_000 === 0 ? 3 : time.nano % 1000 === 0 ? 6 : 9;
  return `${timeText({ ...time, nano: 0 })}.${String(time.nano).padStart(9, '0').slice(0, digits)}`;
};

export const offsetText = (offset: number): string => {
  if (offset === 0) return 'Z';
  const size = Math.abs(offset);
  const seconds = size % 60 === 0 ? '' : `:${two(size % 60)}`;
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(size / 3600))}:${two(Math.floor(size / 60) % 60)}${seconds}`;
};
