import { parseDecimal, plainText } from '../../util/big-decimal.ts';
import { jsonString } from '../renderer.ts';
import { kindOf, textOf } from './column-input.ts';
import type { ColumnRule } from './column-json.ts';
import { invalidValue, tooLong, typeNotAllowed } from './refusal.ts';
import type { TypedColumn } from './typed-column.ts';

const maxVarchar = 16_777_216;
const maxBinary = 8_388_608;

/** Text, or the JSON of what is not; bytes are refused (Snowflake would keep their base64). */
export const varcharColumn: ColumnRule = (column, input) => {
  const [most = maxVarchar] = column.typeArguments;
  const { value, json } = input;
  if (typeof value === 'string' && value.length <= most && value.length <= maxVarchar / 3) return json;
  if (kindOf(input) === 'bytes') throw typeNotAllowed(column, 'STRING', input, 'String, Number, boolean, char');
  const text = input.generation === 'v4' && kindOf(input) === 'number' ? plainNumber(column, json) : textOf(input);
  const bytes = Buffer.byteLength(text);
  if (bytes > maxVarchar)
    throw tooLong(column, 'STRING', `String too long: length=${bytes} bytes maxLength=${maxVarchar} bytes`);
  if (text.length > most && codePoints(text) > most) throw longerThan(column, codePoints(text), most);
  return json.startsWith('"') ? json : jsonString(text);
};

/** v4: BigDecimal.stripTrailingZeros().toPlainString(). */
const plainNumber = (column: TypedColumn, json: string): string => {
  const decimal = parseDecimal(json);
  if (decimal === null) return json;
  if (Math.abs(decimal.scale) > maxVarchar)
    throw tooLong(column, 'STRING', `String too long: more than ${maxVarchar} digits`);
  return plainText(decimal);
};

const codePoints = (text: string): number => {
  let count = 0;
  for (const _ of text) count++;
  return count;
};

const longerThan = (column: TypedColumn, length: number, most: number): Error => {
  const error = tooLong(column, 'STRING', `String too long: length=${length} characters maxLength=${most} characters`);
  // The next power of two, so that a growing text does not alter the table each time.
  error.wider = `VARCHAR(${Math.min(maxVarchar, 2 ** Math.ceil(Math.log2(length)))})`;
  return error;
};

const hexadecimal = /^(?:[0-9a-fA-F]{2})*$/;

/** Bytes, or hexadecimal text; Snowflake reads base64. */
export const binaryColumn: ColumnRule = (column, input) => {
  const { value, json } = input;
  const kind = kindOf(input);
  if (value instanceof Uint8Array) {
    checkLength(column, value.length);
    return json;
  }
  if (kind !== 'text') throw typeNotAllowed(column, 'BINARY', input, 'byte[], String');
  const text = textOf(input).trim();
  if (!hexadecimal.test(text)) throw invalidValue(column, 'BINARY', 'Not a valid hex string');
  checkLength(column, text.length / 2);
  return `"${Buffer.from(text, 'hex').toString('base64')}"`;
};

const checkLength = (column: TypedColumn, length: number): void => {
  const [most = maxBinary] = column.typeArguments;
  if (length > most) throw tooLong(column, 'BINARY', `Binary too long: length=${length} maxLength=${most}`);
};

const truths: ReadonlyMap<string, 'true' | 'false'> = new Map([
  ...['1', 'yes', 'y', 't', 'true', 'on'].map((word) => [word, 'true'] as const),
  ...['0', 'no', 'n', 'f', 'false', 'off'].map((word) => [word, 'false'] as const),
]);
const formats =
  'see https://docs.snowflake.com/en/sql-reference/data-types-logical.html#conversion-to-boolean for the list of supported formats';

export const booleanColumn: ColumnRule = (column, input) => {
  switch (kindOf(input)) {
    case 'boolean':
      return input.json;
    case 'number': {
      const truth = numericTruths.get(input.json) ?? numericTruths.get(String(Number(input.json)));
      if (truth !== undefined) return truth;
      throw invalidValue(column, 'BOOLEAN', 'Only 0 and 1 are accepted for numeric boolean values');
    }
    case 'text': {
      const truth = truths.get(textOf(input).trim().toLowerCase());
      if (truth !== undefined) return truth;
      throw invalidValue(column, 'BOOLEAN', `Not a valid boolean, ${formats}`);
    }
    default:
      throw typeNotAllowed(column, 'BOOLEAN', input, 'boolean, Number, String');
  }
};

const numericTruths: ReadonlyMap<string, 'true' | 'false'> = new Map([
  ['0', 'false'],
  ['1', 'true'],
]);
