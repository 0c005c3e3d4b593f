import { logicalNames, type Schema, type SchemaAndValue } from '../api/index.ts';

const dateSchema: Schema = { type: 'INT32', optional: false, name: logicalNames.date, version: 1 };
const timeSchema: Schema = { type: 'INT32', optional: false, name: logicalNames.time, version: 1 };
const timestampSchema: Schema = { type: 'INT64', optional: false, name: logicalNames.timestamp, version: 1 };

const datePattern = /^(\d+)-(\d+)-(\d+)/;
const timePattern = /^(\d+):(\d+):(\d+)\.(\d+)Z/;
const timestampPattern = /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)\.(\d+)Z/;

/**
 * `yyyy-MM-dd`, `HH:mm:ss.SSSZ` or `yyyy-MM-ddTHH:mm:ss.SSSZ`, told apart by length; `\:` counts as a colon. Lenient as
 * Java's SimpleDateFormat: 2019-02-30 is 2 March. UTC (Java: the machine's zone). Null: none of them.
 */
export const parseTemporal = (token: string): SchemaAndValue | null => {
  const text = token.replaceAll('\\:', ':');
  switch (text.length) {
    case 10:
      return dated(dateSchema, datePattern.exec(text));
    case 13:
      return dated(timeSchema, timePattern.exec(text), true);
    case 24:
      return dated(timestampSchema, timestampPattern.exec(text));
    default:
      return null;
  }
};

const dated = (schema: Schema, match: RegExpExecArray | null, timeOnly = false): SchemaAndValue | null => {
  if (match === null) return null;
  const parts = match.slice(1).map(Number);
  const [year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0, milli = 0] = timeOnly
    ? [1970, 1, 1, ...parts]
    : parts;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, milli);
  return { schema, value: date };
};
