import { DataError, RecordValueError } from '../../api/index.ts';
import { type ColumnInput, javaTypeOf } from './column-input.ts';
import type { TypedColumn } from './typed-column.ts';

const refused = 'The given row cannot be converted to the internal format';

/** The validator's words for a value that is not what the column's type takes. `type` is its own name of the type: `STRING`, `REAL`. */
export const invalidValue = ({ name }: TypedColumn, type: string, reason: string): DataError =>
  new DataError(invalidText(name, type, reason));

const invalidText = (column: string, type: string, reason: string): string =>
  `${refused} due to invalid value: Value cannot be ingested into Snowflake column ${column} of type ${type}, rowIndex:0, reason: ${reason}`;

/** … for a value of a Java type that the column's type never takes. */
export const typeNotAllowed = ({ name }: TypedColumn, type: string, input: ColumnInput, allowed: string): DataError =>
  new DataError(
    `${refused}: Object of type ${javaTypeOf(input)} cannot be ingested into Snowflake column ${name} of type ${type}, rowIndex:0. Allowed Java types: ${allowed}`,
  );

/** … for a value beyond the type's range: quotes it, so logs leave it out. */
export const outOfRange = ({ name }: TypedColumn, what: string, value: string): RecordValueError => {
  const words = `${what}, rowIndex:0, column:${name}`;
  return new RecordValueError(`${refused} due to invalid value: ${words}, value:${value}`, `${refused}: ${words}`);
};

export const numberOutOfRange = (column: TypedColumn, digits: number, value: string): NarrowColumnError => {
  const words = `${refused}: Number out of representable exclusive range of (-1e${digits}..1e${digits}), rowIndex:0, column:${column.name}`;
  return new NarrowColumnError(column, `${words}, value:${value}. {1}`, words);
};

export const tooLong = (column: TypedColumn, type: string, reason: string): ValueTooLongError => {
  const text = invalidText(column.name, type, reason);
  return new ValueTooLongError(column, text, text);
};

/** The value is longer than the column; a wider one might take it. */
export class NarrowColumnError extends RecordValueError {
  override readonly name: string = 'NarrowColumnError';
  readonly column: string;
  /** The type that would take it; null: none. */
  wider: string | null = null;
  constructor(column: TypedColumn, message: string, withoutValue: string) {
    super(message, withoutValue);
    this.column = column.name;
  }
}

/** … in characters or bytes. */
export class ValueTooLongError extends NarrowColumnError {
  override readonly name = 'ValueTooLongError';
}

/** A structured value has fields that the column's type lacks. */
export class ExtraFieldsError extends NarrowColumnError {
  override readonly name: string = 'ExtraFieldsError';
  /** @param fields dotted: `ADDRESS.street` @param wider the type that has them */
  constructor(column: TypedColumn, fields: readonly string[], wider: string) {
    const words = `${refused}: Extra columns: [${fields.join(', ')}]. Columns not present in the table shouldn't be specified, rowIndex:0`;
    super(column, words, words);
    this.wider = wider;
  }
}
