import { child, isNode, type TreeNode } from './syntax-tree.ts';

/** `SET t.a = 1` and `INSERT (t.a)` of MERGE and UPDATE name the target's columns; DuckDB takes them bare. */
export const rewriteAssignments = (node: TreeNode): TreeNode => {
  const when = node['when'];
  if (isNode(when)) return { when: Object.fromEntries([...Object.entries(when), ['then', bareColumns(when['then'])]]) };
  const update = node['update'];
  if (!isNode(update) || !Array.isArray(update['set'])) return node;
  const set = update['set'].map((assignment: unknown) => {
    if (!Array.isArray(assignment)) return assignment;
    const [column, ...value] = assignment;
    return [bareIdentifier(column), ...value];
  });
  return { update: { ...update, set } };
};

const bareIdentifier = (identifier: unknown): unknown => {
  const name = child(identifier, 'name');
  if (!isNode(identifier) || typeof name !== 'string' || identifier['quoted'] === true) return identifier;
  return { ...identifier, name: name.slice(name.lastIndexOf('.') + 1) };
};

const bareColumns = (then: unknown): unknown => {
  const parts = child(then, 'tuple', 'expressions');
  if (!isNode(then) || !Array.isArray(parts)) return then;
  const [action, targets, ...rest] = parts;
  const isInsert = child(action, 'var', 'this') === 'INSERT';
  const columns = child(targets, 'tuple', 'expressions');
  if (!Array.isArray(columns)) return then;
  const bare = columns.map((column: unknown) => {
    if (isInsert) return columnName(column);
    const left = child(column, 'eq', 'left');
    return left === undefined ? column : { eq: { ...Object(child(column, 'eq')), left: columnName(left) } };
  });
  const tuple = { ...Object(child(targets, 'tuple')), expressions: bare };
  return { tuple: { ...Object(then['tuple']), expressions: [action, { tuple }, ...rest] } };
};

const columnName = (value: unknown): unknown => {
  const name = child(value, 'column', 'name');
  return isNode(name) ? { identifier: name } : value;
};
