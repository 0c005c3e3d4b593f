/** Kafka Connect's data model (org.apache.kafka.connect.data). */
export type SchemaType =
  | 'INT8'
  | 'INT16'
  | 'INT32'
  | 'INT64'
  | 'FLOAT32'
  | 'FLOAT64'
  | 'BOOLEAN'
  | 'STRING'
  | 'BYTES'
  | 'ARRAY'
  | 'MAP'
  | 'STRUCT';

export interface Schema {
  readonly type: SchemaType;
  readonly optional: boolean;
  readonly defaultValue?: unknown;
  readonly name?: string;
  readonly version?: number;
  readonly doc?: string;
  readonly parameters?: ReadonlyMap<string, string>;
  /** STRUCT only, in order. */
  readonly fields?: readonly Field[];
  /** MAP only. */
  readonly keySchema?: Schema;
  /** MAP and ARRAY (the element). ARRAY and MAP without one: mixed types. */
  readonly valueSchema?: Schema;
}

export interface Field {
  readonly name: string;
  readonly index: number;
  readonly schema: Schema;
}

export const logicalNames = {
  decimal: 'org.apache.kafka.connect.data.Decimal',
  date: 'org.apache.kafka.connect.data.Date',
  time: 'org.apache.kafka.connect.data.Time',
  timestamp: 'org.apache.kafka.connect.data.Timestamp',
} as const;

export interface SchemaAndValue {
  readonly schema: Schema | null;
  readonly value: unknown;
}

export const nullValue: SchemaAndValue = { schema: null, value: null };
