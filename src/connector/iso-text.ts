/** A date and a time as Snowflake's AUTO formats read them, cut into parts that were checked against the calendar. */
export interface IsoText {
  /** `2024-01-15`; null where the text is a time alone. */
  readonly date: string | null;
  /** `13:45`, `13:45:30.123456789`; null where the text is a date alone. */
  readonly time: string | null;
  /** `Z`, `+05:00`; '' for none. */
  readonly zone: string;
}

const pattern =
  /^(?:(\d{4})-(\d{2})-(\d{2}))?(?:(?:^|[T ])((\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?)\s?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** Null for text that is no ISO 8601 date, time or both (with a blank for the T, too), or none of the calendar. */
export const parseIsoText = (text: string): IsoText | null => {
  const match = text === '' ? null : pattern.exec(text);
  if (match === null) return null;
  const [, year, month, day, time, hour = '0', minute = '0', second = '0', zone = ''] = match;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  if (year === undefined) return time === undefined ? null : { date: null, time, zone };
  if (!isInCalendar(Number(year), Number(month), Number(day))) return null;
  return { date: `${year}-${month}-${day}`, time: time ?? null, zone };
};

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const isInCalendar = (year: number, month: number, day: number): boolean => {
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 && isLeapYear ? 29 : (monthDays[month - 1] ?? 0);
  return day >= 1 && day <= days;
};
