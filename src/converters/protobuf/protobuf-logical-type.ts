import type { DescMessage } from '@bufbuild/protobuf';
import { DataError, Decimal, logicalNames, type Schema } from '../../api/index.ts';
import { decimalOfBytes, decimalSchema } from '../decimal-logical-type.ts';

/** A field's value by name, as a message has them. */
export type MessageValues = ReadonlyMap<string, unknown>;

/** A message that Connect has a type for: its schema, and the value made of the message's. */
export interface LogicalMessage {
  readonly schema: Schema;
  value(message: MessageValues): unknown;
}

const named = (type: 'INT32' | 'INT64', name: string): Schema => ({ type, optional: false, name, version: 1 });
const numberOf = (message: MessageValues, name: string): number => Number(message.get(name) ?? 0);

const timestamp: LogicalMessage = {
  schema: named('INT64', logicalNames.timestamp),
  value: (message) => {
    const date = new Date(numberOf(message, 'seconds') * 1000 + Math.trunc(numberOf(message, 'nanos') / 1e6));
    if (!Number.isNaN(date.getTime())) return date;
    throw new DataError('Invalid Timestamp: further than 100,000,000 days from 1970');
  },
};

const date: LogicalMessage = {
  schema: named('INT32', logicalNames.date),
  value: (message) => {
    const [year, month, day] = [numberOf(message, 'year'), numberOf(message, 'month'), numberOf(message, 'day')];
    const result = new Date(0);
    result.setUTCFullYear(year, month - 1, day);
    const isReal = year > 0 && result.getUTCMonth() === month - 1 && result.getUTCDate() === day;
    if (isReal) return result;
    throw new DataError('Invalid google.type.Date: there is no such day');
  },
};

const timeOfDay: LogicalMessage = {
  schema: named('INT32', logicalNames.time),
  value: (message) => {
    const seconds =
      (numberOf(message, 'hours') * 60 + numberOf(message, 'minutes')) * 60 + numberOf(message, 'seconds');
    const millis = seconds * 1000 + Math.trunc(numberOf(message, 'nanos') / 1e6);
    if (millis >= 0 && millis < 86_400_000) return new Date(millis);
    throw new DataError('Invalid google.type.TimeOfDay: there is no such time');
  },
};

const integerText = /^\d{1,5}$/;

/** Scale and precision of the schema are the field's; those of the value are its own. */
const decimal = (params: ReadonlyMap<string, string> | undefined): LogicalMessage => {
  const scale = params?.get('scale') ?? '0';
  const precision = params?.get('precision');
  const schema = decimalSchema(integerText.test(scale) ? Number(scale) : 0);
  const parameters = new Map(schema.parameters);
  if (precision !== undefined && integerText.test(precision)) parameters.set('connect.decimal.precision', precision);
  return {
    schema: { ...schema, parameters },
    value: (message) => {
      const bytes = message.get('value');
      const { unscaled } = decimalOfBytes(
        schema,
        bytes instanceof Uint8Array && bytes.length > 0 ? bytes : Uint8Array.of(0),
      );
      return new Decimal(unscaled, numberOf(message, 'scale'));
    },
  };
};

/** Null: a message like any other. */
export const logicalMessage = (
  { typeName }: DescMessage,
  params: ReadonlyMap<string, string> | undefined,
): LogicalMessage | null => {
  switch (typeName) {
    case 'google.protobuf.Timestamp':
      return timestamp;
    case 'google.type.Date':
      return date;
    case 'google.type.TimeOfDay':
      return timeOfDay;
    case 'confluent.type.Decimal':
      return decimal(params);
    default:
      return null;
  }
};

export const isWrapper = ({ typeName }: DescMessage): boolean =>
  /^google\.protobuf\.(?:Double|Float|U?Int(?:64|32)|Bool|String|Bytes)Value$/.test(typeName);
