import { DataError, type Schema, Struct, type ValueInput, type ValueLayout } from '../../api/index.ts';

/** Reads one value of a schema. */
export type Read = ValueLayout['read'];

export const readBoolean: Read = (input) => input.boolean();
export const readInt: Read = (input) => input.int();
export const readLong: Read = (input) => input.long();
export const readFloat: Read = (input) => input.float();
export const readDouble: Read = (input) => input.double();
export const readString: Read = (input) => input.string();
export const readBytes: Read = (input) => input.bytes();

export const branchOf = (input: ValueInput, count: number): number => {
  const index = input.int();
  if (index >= 0 && index < count) return index;
  throw new DataError('The Avro data names a branch that its union does not have');
};

export const arrayReader =
  (read: Read): Read =>
  (input) => {
    const items: unknown[] = [];
    for (let left = input.block(); left > 0; left = input.block()) {
      for (; left > 0; left--) {
        const before = input.position;
        items.push(read(input));
        if (input.position === before) input.emptyItem();
      }
    }
    return items;
  };

export const mapReader =
  (readKey: Read, readValue: Read): Read =>
  (input) => {
    const entries = new Map<unknown, unknown>();
    for (let left = input.block(); left > 0; left = input.block()) {
      for (; left > 0; left--) {
        const before = input.position;
        const key = readKey(input);
        entries.set(key, readValue(input));
        if (input.position === before) input.emptyItem();
      }
    }
    return entries;
  };

export const recordReader =
  (schema: Schema, reads: readonly Read[]): Read =>
  (input) => {
    input.enter();
    const values: unknown[] = [];
    for (let index = 0; index < reads.length; index++) values.push((reads[index] as Read)(input));
    input.leave();
    return new Struct(schema, values);
  };
