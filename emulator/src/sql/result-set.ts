/** One column of a result, as `rowtype` describes it. */
export interface ResultColumn {
  readonly name: string;
  readonly type:
    | 'fixed'
    | 'real'
    | 'text'
    | 'boolean'
    | 'date'
    | 'time'
    | 'timestamp_ntz'
    | 'timestamp_ltz'
    | 'timestamp_tz'
    | 'variant'
    | 'object'
    | 'array'
    | 'binary';
  readonly precision: number | null;
  readonly scale: number | null;
  readonly length: number | null;
  readonly nullable: boolean;
}

export interface ResultSet {
  readonly columns: readonly ResultColumn[];
  /** Cells in the JSON row set encoding. */
  readonly rows: readonly (readonly (string | null)[])[];
  readonly statementTypeId: number;
  /** More of the reply: what the driver must upload, and where to; what a description says of bind variables. */
  readonly transfer?: Readonly<Record<string, unknown>>;
}

/** `statementTypeId` decides in drivers what counts as DML. [read in the drivers' source] */
export const statementType = {
  select: 0x1000,
  insert: 0x3100,
  update: 0x3200,
  delete: 0x3300,
  merge: 0x3400,
  transaction: 0x5100,
  ddl: 0x6000,
  command: 0x4000,
} as const;

export const textColumn = (name: string, nullable = true): ResultColumn => ({
  name,
  type: 'text',
  precision: null,
  scale: null,
  length: 16_777_216,
  nullable,
});

export const fixedColumn = (name: string, precision = 38, scale = 0): ResultColumn => ({
  name,
  type: 'fixed',
  precision,
  scale,
  length: null,
  nullable: true,
});

/** DDL and settings answer one row: `status`. */
export const statusResult = (status: string, statementTypeId: number = statementType.ddl): ResultSet => ({
  columns: [textColumn('status')],
  rows: [[status]],
  statementTypeId,
});

/** SHOW and DESCRIBE: everything is text. */
export const listResult = (names: readonly string[], rows: readonly (readonly (string | null)[])[]): ResultSet => ({
  columns: names.map((name) => textColumn(name)),
  rows,
  statementTypeId: statementType.command,
});

export const countResult = (counts: Readonly<Record<string, number>>, statementTypeId: number): ResultSet => ({
  columns: Object.keys(counts).map((name) => fixedColumn(name)),
  rows: [Object.values(counts).map(String)],
  statementTypeId,
});
