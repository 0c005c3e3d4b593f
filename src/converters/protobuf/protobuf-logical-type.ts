import type { DescMessage } from '@bufbuild/protobuf';
import { DataError, Decimal, logicalNames, type Schema, type Struct } from '../../api/index.ts';
import { decimalOfBytes, decimalSchema } from '../decimal-logical-type.ts';

/** A message that Connect has a type for: its schema, and the value made of its plain struct. */
export interface LogicalMessage {
  readonly schema: Schema;
  value(struct: Struct): unknown;
}

const named = (type: 'INT32' | 'INT64', name: string): Schema => ({ type, optional: false, name, version: 1 });
const numberOf = (struct: Struct, name: string): number => Number(struct.get(name) ?? 0);

const timestamp: LogicalMessage = {
  schema: named('INT64', logicalNames.timestamp),
  value: (struct) => {
    const date = new Date(numberOf(struct, 'seconds') * 1000 + Math.trunc(numberOf(struct, 'nanos') / 1e6));
    if (!Number.isNaN(date.getTime())) return date;
    throw new DataError('Invalid Timestamp: further than 100,000,000 days from 1970');
  },
};

const date: LogicalMessage = {
  schema: named('INT32', logicalNames.date),
  value: (struct) => {
    const [year, month, day] = [numberOf(struct, 'year'), numberOf(struct, 'month'), numberOf(struct, 'day')];
    const result = new Date(0);
    result.setUTCFullYear(year, month - 1, day);
    const isReal = year > 0 && result.getUTCMonth() === month - 1 && result.getUTCDate() === day;
    if (isReal) return result;
    throw new DataError('Invalid google.type.Date: there is no such day');
  },
};

const timeOfDay: LogicalMessage = {
  schema: named('INT32', logicalNames.time),
  value: (struct) => {
    const seconds = (numberOf(struct, 'hours') * 60 + numberOf(struct, 'minutes')) * 60 + numberOf(struct, 'seconds');
    const millis = seconds * 1000 + Math.trunc(numberOf(struct, 'nanos') / 1e6);
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
    value: (struct) => {
      const bytes = struct.get('value');
      const { unscaled } = decimalOfBytes(
        schema,
        bytes instanceof Uint8Array && bytes.length > 0 ? bytes : Uint8Array.of(0),
      );
      return new Decimal(unscaled, numberOf(struct, 'scale'));
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
