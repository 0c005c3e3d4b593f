import type { AccountObject, ObjectKind } from '../../catalog/account-object.ts';
import { listResult, type ResultSet } from '../result-set.ts';
import type { CommandContext } from './command.ts';
import { createdOn, type Filter, selects, within } from './show-filter.ts';

type Cell = (object: AccountObject) => string | null;
const property =
  (name: string, fallback = ''): Cell =>
  ({ properties }) =>
    properties[name] ?? fallback;
const createdOnCell: Cell = ({ createdOnMs }) => createdOn(createdOnMs);
const nameCell: Cell = ({ name }) => name.at(-1) ?? '';
const inSchema: Readonly<Record<string, Cell>> = {
  created_on: createdOnCell,
  name: nameCell,
  database_name: ({ name }) => name[0] ?? '',
  schema_name: ({ name }) => name[1] ?? '',
};
const owned: Readonly<Record<string, Cell>> = { owner: ({ owner }) => owner, comment: ({ comment }) => comment };

/** The documented columns that the emulator can fill, in their order. */
const columnsOf: Readonly<Record<ObjectKind, Readonly<Record<string, Cell>>>> = {
  SEQUENCE: {
    name: nameCell,
    database_name: inSchema['database_name'] ?? nameCell,
    schema_name: inSchema['schema_name'] ?? nameCell,
    next_value: property('START', '1'),
    interval: property('INCREMENT', '1'),
    created_on: createdOnCell,
    ...owned,
  },
  STREAM: {
    ...inSchema,
    ...owned,
    table_name: property('TABLE'),
    source_type: () => 'Table',
    type: () => 'DELTA',
    stale: () => 'false',
    mode: ({ properties }) => (properties['APPEND_ONLY'] === 'TRUE' ? 'APPEND_ONLY' : 'DEFAULT'),
  },
  TASK: {
    ...inSchema,
    ...owned,
    warehouse: property('WAREHOUSE'),
    schedule: property('SCHEDULE'),
    predecessors: property('AFTER', '[]'),
    state: property('STATE'),
    definition: property('DEFINITION'),
    condition: property('CONDITION'),
  },
  'FILE FORMAT': {
    ...inSchema,
    type: property('TYPE'),
    ...owned,
    format_options: ({ properties }) => JSON.stringify(properties),
  },
  WAREHOUSE: {
    name: nameCell,
    state: () => 'STARTED',
    type: property('WAREHOUSE_TYPE', 'STANDARD'),
    size: property('WAREHOUSE_SIZE', 'X-Small'),
    auto_suspend: property('AUTO_SUSPEND', '600'),
    created_on: createdOnCell,
    ...owned,
  },
  USER: {
    name: nameCell,
    created_on: createdOnCell,
    login_name: (user) => property('LOGIN_NAME')(user) || nameCell(user),
    default_warehouse: property('DEFAULT_WAREHOUSE'),
    default_role: property('DEFAULT_ROLE'),
    ...owned,
  },
};

/** SHOW SEQUENCES | STREAMS | TASKS | FILE FORMATS | WAREHOUSES | USERS. */
export const showObjects =
  (kind: ObjectKind) =>
  ({ catalog }: CommandContext, filter: Filter): ResultSet => {
    const columns = columnsOf[kind];
    const isVisible = ({ name }: AccountObject): boolean => {
      const [database, schema] = name;
      return name.length < 3 || within(filter, database ?? '', schema ?? '');
    };
    return listResult(
      Object.keys(columns),
      catalog
        .objects(kind)
        .filter((object) => isVisible(object) && selects(filter, object.name.at(-1) ?? ''))
        .slice(0, filter.limit)
        .map((object) => Object.values(columns).map((cell) => cell(object))),
    );
  };
