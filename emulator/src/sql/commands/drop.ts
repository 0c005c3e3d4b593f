import { displayIdentifier } from '../../catalog/identifier.ts';
import { requireAccess, requireTableAccess } from '../require-access.ts';
import { statusResult } from '../result-set.ts';
import { doesNotExist, notEmulated, SqlError } from '../sql-error.ts';
import { dropObject } from './account-objects.ts';
import type { Command } from './command.ts';
import { removeFiles } from './stages.ts';

/** [documented code; the text is ours] */
const wrongKind = (name: string, kind: string): SqlError =>
  new SqlError('001998', '42710', `SQL compilation error:\nObject '${displayIdentifier(name)}' is not a ${kind}.`);

/** DROP kind [IF EXISTS] name. */
export const drop: Command = async (context, cursor) => {
  const { session, catalog } = context;
  cursor.accept('ICEBERG');
  const first = cursor.next().text;
  const kind = first === 'FILE' && cursor.accept('FORMAT') ? 'FILE FORMAT' : first;
  const ifExists = cursor.accept('IF', 'EXISTS');
  const parts = cursor.name();
  const shown = parts.map(displayIdentifier).join('.');
  const missing = (what: string): ReturnType<typeof statusResult> => {
    if (!ifExists) throw doesNotExist(what, shown);
    return statusResult('Drop statement executed successfully (object already dropped or does not exist).');
  };
  switch (kind) {
    case 'TABLE':
    case 'VIEW': {
      const name = session.tableName(parts);
      const table = catalog.table(name);
      if (table === null) return missing(kind === 'VIEW' ? 'View' : 'Table');
      if ((table.viewQuery !== undefined) !== (kind === 'VIEW')) throw wrongKind(parts.at(-1) ?? '', kind);
      requireTableAccess(session, catalog, table, 'OWNERSHIP');
      await catalog.dropTable(name);
      break;
    }
    case 'PIPE': {
      const { table: pipe, ...schema } = session.tableName(parts);
      if (catalog.pipe({ ...schema, pipe }) === null) return missing('Pipe');
      requireAccess(session, catalog, 'PIPE', [schema.database, schema.schema, pipe], 'OWNERSHIP');
      await catalog.dropPipe({ ...schema, pipe });
      break;
    }
    case 'ROLE': {
      const [role = ''] = parts;
      if (!catalog.hasRole(role)) return missing('Role');
      await catalog.dropRole(role);
      break;
    }
    case 'STAGE': {
      const { table: stage, ...schema } = session.tableName(parts);
      const found = catalog.stage({ ...schema, stage });
      if (found === null) return missing('Stage');
      requireAccess(session, catalog, 'STAGE', [schema.database, schema.schema, stage], 'OWNERSHIP');
      await removeFiles(context, found.prefix);
      await catalog.dropStage(found.name);
      break;
    }
    case 'SEQUENCE':
    case 'STREAM':
    case 'TASK':
    case 'FILE FORMAT':
    case 'WAREHOUSE':
    case 'USER': {
      const absent = await dropObject(context, kind, parts);
      if (absent !== null) return missing(absent);
      break;
    }
    case 'SCHEMA': {
      const name = session.schemaName(parts);
      if (!catalog.hasSchema(name)) return missing('Schema');
      requireAccess(session, catalog, 'SCHEMA', [name.database, name.schema], 'OWNERSHIP');
      await catalog.dropSchema(name);
      break;
    }
    case 'DATABASE': {
      const [name = ''] = parts;
      if (!catalog.hasDatabase(name)) return missing('Database');
      requireAccess(session, catalog, 'DATABASE', [name], 'OWNERSHIP');
      await catalog.dropDatabase(name);
      break;
    }
    default:
      throw notEmulated(`DROP ${kind}`);
  }
  return statusResult(`${displayIdentifier(parts.at(-1) ?? '')} successfully dropped.`);
};
