import { type AccountObject, isAccountLevel, type ObjectKind } from '../catalog/account-object.ts';
import type { EmulatorCatalog } from '../catalog/catalog.ts';
import { displayIdentifier, quoteIdentifier } from '../catalog/identifier.ts';
import type { Session } from './session.ts';
import { doesNotExist } from './sql-error.ts';

export const shownKind: Readonly<Record<ObjectKind, string>> = {
  SEQUENCE: 'Sequence',
  STREAM: 'Stream',
  TASK: 'Task',
  'FILE FORMAT': 'File format',
  WAREHOUSE: 'Warehouse',
  USER: 'User',
};

export const objectName = (session: Session, kind: ObjectKind, parts: readonly string[]): readonly string[] => {
  if (isAccountLevel(kind)) return parts;
  const { database, schema, table } = session.tableName(parts);
  return [database, schema, table];
};

/** The object that the statement names, or Snowflake's 002003. */
export const requireObject = (
  { session, catalog }: { readonly session: Session; readonly catalog: EmulatorCatalog },
  kind: ObjectKind,
  parts: readonly string[],
): AccountObject => {
  const found = catalog.object(kind, objectName(session, kind, parts));
  if (found === null) throw doesNotExist(shownKind[kind], parts.map(displayIdentifier).join('.'));
  return found;
};

/** The DuckDB sequence behind a sequence. */
export const storedSequence = ({ properties }: AccountObject): string =>
  `_emulator.${quoteIdentifier(properties['STORED'] ?? '')}`;
