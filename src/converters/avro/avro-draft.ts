import { DataError, logicalNames, type Schema, type ValueLayout, type ValueShape } from '../../api/index.ts';
import { decimalSchema } from '../decimal-logical-type.ts';
import { type AvroObject, integerAttribute } from './avro-node.ts';

/** A schema before what its attributes add to it, and how its values are read. */
export interface Plain extends Pick<ValueLayout, 'read' | 'shape'> {
  readonly draft: Draft;
}
/** Values that become objects, not rows, at once. */
export const asObject: ValueShape = { kind: 'object' };

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
export type Draft = Mutable<Schema>;

/** `optional`: a branch of a union. */
export interface Place {
  readonly optional: boolean;
}
export const required: Place = { optional: false };
export const branch: Place = { optional: true };

export const parameter = (draft: Draft, name: string, value: string): void => {
  draft.parameters = new Map([...(draft.parameters ?? []), [name, value]]);
};

export const simpleName = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

export const logicalDraft = (type: 'INT32' | 'INT64', name: string): Draft => ({
  type,
  optional: false,
  name,
  version: 1,
});

export const intDraft = (logicalType: string | null): Draft => {
  if (logicalType === 'date') return logicalDraft('INT32', logicalNames.date);
  if (logicalType === 'time-millis') return logicalDraft('INT32', logicalNames.time);
  return { type: 'INT32', optional: false };
};

export const smallInt = (connectType: string): Plain => {
  if (connectType === 'int8')
    return { draft: { type: 'INT8', optional: false }, read: (input) => (input.int() << 24) >> 24, shape: asObject };
  if (connectType === 'int16')
    return { draft: { type: 'INT16', optional: false }, read: (input) => (input.int() << 16) >> 16, shape: asObject };
  throw new DataError('Connect type annotation for Avro int field is null');
};

/** Precision that AvroConverter takes for none given. */
const anyPrecision = 64;

export const bytesDraft = (attributes: AvroObject, logicalType: string | null): Draft => {
  if (logicalType !== 'decimal') return { type: 'BYTES', optional: false };
  const draft: Draft = {
    ...decimalSchema(integerAttribute(attributes, 'scale') ?? 0),
    parameters: new Map([['scale', String(integerAttribute(attributes, 'scale') ?? 0)]]),
  };
  if (attributes.get('precision') !== undefined) {
    const precision = integerAttribute(attributes, 'precision');
    if (precision === null) throw new DataError('precision property must be a JSON Integer');
    if (precision !== anyPrecision) parameter(draft, 'connect.decimal.precision', String(precision));
  }
  return draft;
};
