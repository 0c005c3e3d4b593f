/** Kinds of objects that are kept with their properties and have no storage of their own. */
export type ObjectKind = 'SEQUENCE' | 'STREAM' | 'TASK' | 'FILE FORMAT' | 'WAREHOUSE' | 'USER';

/** A sequence, stream, task, file format, warehouse or user. */
export interface AccountObject {
  readonly kind: ObjectKind;
  /** Database, schema and name; of warehouses and users the name alone. */
  readonly name: readonly string[];
  /** What the statement said, names upper-cased. */
  readonly properties: Readonly<Record<string, string>>;
  readonly owner: string;
  readonly comment: string;
  readonly createdOnMs: number;
}

/** The DuckDB table behind a stream: rows and their ids as the stream last saw them. */
export const storedSnapshot = ({ properties }: AccountObject): string => `_emulator."${properties['STORED'] ?? ''}"`;

/** Warehouses and users belong to the account, everything else to a schema. [documented] */
export const isAccountLevel = (kind: ObjectKind): boolean => kind === 'WAREHOUSE' || kind === 'USER';
