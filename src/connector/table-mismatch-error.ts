import { DataError, type TableChange } from '../api/index.ts';

/** A record that fits its table only once the table is changed. Tells people what is missing; evolution, what to do. */
export class TableMismatchError extends DataError {
  override readonly name: string = 'TableMismatchError';
  readonly table: string;
  readonly change: TableChange;

  constructor(table: string, change: TableChange) {
    super(mismatchText(table, change));
    this.table = table;
    this.change = change;
  }
}

const mismatchText = (table: string, { add, dropNotNull, widen }: TableChange): string =>
  [
    ...lacking(add.map(({ name }) => name)),
    ...dropNotNull.map((name) => `has nothing for column ${name}, which is NOT NULL and without default`),
    ...widen.map(({ name, type }) => `has a value for column ${name} that needs type ${type}`),
  ]
    .map((what) => `The record ${what}`)
    .join('. ')
    .concat(` (table ${table})`);

const lacking = (names: readonly string[]): string[] => {
  if (names.length === 0) return [];
  return [`has ${names.length === 1 ? 'a field' : 'fields'} that the table has no column for: ${names.join(', ')}`];
};
