import { JsonNumber } from '../api/index.ts';
import type { PlannedField, RowColumns } from '../kernel/index.ts';
import type { PlainRow } from './plain-row.ts';
import type { TableColumns } from './table-columns.ts';
import { takenAsIs } from './taken-as-is.ts';

const metadataColumn = 'RECORD_METADATA';
const metadataPrefix = `"${metadataColumn}":`;

/** No record's fields have columns: all rows are made of objects. */
export const noColumns: RowColumns = { requiredCount: 0, fieldOf: () => null, valueJson: () => null };

/**
 * What the kernel needs to know of a table to make rows of schemaless JSON. Whatever is not plain (a field without a column, a value that its
 * column refuses) is for the object path; a property test holds both side by side.
 */
export const jsonRowColumns = (plain: PlainRow, table: TableColumns, withMetadata: boolean): RowColumns => {
  const metadata = plain.columnOf(metadataColumn, table);
  if (withMetadata && metadata?.prefix !== metadataPrefix) return noColumns;
  const isCounted = withMetadata && metadata !== null && table.isRequired(metadata.column);
  return {
    requiredCount: table.requiredCount - (isCounted ? 1 : 0),
    fieldOf: (name): PlannedField | null => {
      const found = plain.columnOf(name, table);
      if (found === null || (withMetadata && found.column === metadata?.column)) return null;
      const { column, prefix } = found;
      const taken = takenAsIs(column, plain.settings.validation);
      return { column, prefix, taken, nullable: column.nullable, isRequired: table.isRequired(column) };
    },
    valueJson: (name, json) => {
      const value = scalar(json);
      return value === undefined ? null : plain.memberJson(name, value, table);
    },
  };
};

/** As the JSON converter reads it. Undefined: no scalar. */
const scalar = (json: string): string | boolean | JsonNumber | undefined => {
  switch (json[0]) {
    case '"':
      return String(JSON.parse(json));
    case 't':
    case 'f':
      return json === 'true';
    case 'n':
    case '{':
    case '[':
      return undefined;
    default:
      return new JsonNumber(json);
  }
};
