import { displayIdentifier } from '../catalog/identifier.ts';
import { requireObject } from './account-object-lookup.ts';
import type { CommandContext } from './commands/command.ts';
import { doesNotExist, notEmulated, SqlError } from './sql-error.ts';
import { streamHasData } from './streams.ts';
import { child, isNode, mapTree, stringNode, type TreeNode } from './syntax-tree.ts';
import { TokenCursor } from './token-cursor.ts';

type Answer = string | boolean;
type SystemFunction = (context: CommandContext, args: readonly string[]) => Answer | Promise<Answer>;

/** `{"executionState":"RUNNING","pendingFileCount":0}` of a pipe. [documented fields] */
const pipeStatus: SystemFunction = ({ session, catalog }, [name = '']) => {
  const { table: pipe, ...schema } = session.tableName(new TokenCursor(name).name());
  if ('missing' in catalog.resolvePipe({ ...schema, pipe })) throw doesNotExist('Pipe', displayIdentifier(pipe));
  return JSON.stringify({ executionState: 'RUNNING', pendingFileCount: 0 });
};

/**
 * (table, source channel, destination channel): the destination takes over the source's committed token. Result codes 50
 * (done), 51 (no such source), 53 (the same channel), 4 (no such table). [codes observed in the Kafka connector; here both
 * are channels of the table's default pipe]
 */
const migrateOffsetToken: SystemFunction = async (context, [tableName = '', source = '', destination = '']) => {
  const { session, catalog, channels, seedChannel } = context;
  const answer = (responseCode: number, responseMessage: string): string =>
    JSON.stringify({ responseCode, responseMessage });
  const table = catalog.table(session.tableName(new TokenCursor(tableName).name()));
  if (table === null) return answer(4, 'The supplied table does not exist or is not authorized');
  if (source === destination) return answer(53, 'Source and destination channel are the same');
  const found = [...channels()].find(({ record }) => record.tableId === table.id && record.channel === source);
  if (found === undefined) return answer(51, 'Source channel does not exist');
  await seedChannel(found.record.pipe, destination, found.record.committedToken);
  return answer(50, 'Success');
};

/** (table, channel, token): the channel has that token from now on; whoever holds it is fenced. [documented arguments; the answer's text is inferred] */
const updateOffsetToken: SystemFunction = async (context, [tableName = '', channel = '', token = '']) => {
  const { session, catalog, channels, seedChannel } = context;
  const name = session.tableName(new TokenCursor(tableName).name());
  const table = catalog.table(name);
  if (table === null) throw doesNotExist('Table', displayIdentifier(name.table));
  const found = [...channels()].find(({ record }) => record.tableId === table.id && record.channel === channel);
  if (found === undefined) throw doesNotExist('Channel', displayIdentifier(channel));
  await seedChannel(found.record.pipe, channel, token);
  return 'Success';
};

/** Rolls another session's transaction back. [documented] */
const abortTransaction: SystemFunction = async ({ database }, [id = '']) => {
  const found = database.activity.transactions().find((transaction) => transaction.id === id);
  // [the code is inferred]
  if (found === undefined) throw new SqlError('000628', '42501', `Transaction '${id}' does not exist or is finished.`);
  await found.abort();
  return 'Transaction aborted.';
};

/** Are there changes that nobody has consumed? [documented] */
const hasData: SystemFunction = async ({ session, catalog }, [name = '']) => {
  const stream = requireObject({ session, catalog }, 'STREAM', new TokenCursor(name).name());
  return streamHasData(session.connection, catalog, stream);
};

/** Hosts that clients must reach: the one that they have reached. [documented fields] */
const allowlist: SystemFunction = ({ origin }) => {
  const { hostname, port, protocol } = new URL(origin);
  const number = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
  return JSON.stringify([{ type: 'SNOWFLAKE_DEPLOYMENT', host: hostname, port: number }]);
};

const functions: Readonly<Record<string, SystemFunction>> = {
  SYSTEM$PIPE_STATUS: pipeStatus,
  SYSTEM$SNOWPIPE_STREAMING_MIGRATE_CHANNEL_OFFSET_TOKEN: migrateOffsetToken,
  SYSTEM$SNOWPIPE_STREAMING_UPDATE_CHANNEL_OFFSET_TOKEN: updateOffsetToken,
  SYSTEM$ABORT_TRANSACTION: abortTransaction,
  SYSTEM$ALLOWLIST: allowlist,
  SYSTEM$STREAM_HAS_DATA: hasData,
};

interface Call {
  readonly name: string;
  readonly args: readonly string[];
}

const callOf = (node: TreeNode): Call | null => {
  const name = child(node, 'function', 'name');
  const args = child(node, 'function', 'args');
  if (typeof name !== 'string' || !Array.isArray(args) || functions[name.toUpperCase()] === undefined) return null;
  return { name: name.toUpperCase(), args: args.map(literalText) };
};

const literalText = (node: unknown): string => {
  if (isNode(child(node, 'paren'))) return literalText(child(node, 'paren', 'this'));
  const text = child(node, 'literal', 'value');
  if (typeof text !== 'string') throw notEmulated('SYSTEM$ functions of anything but constants');
  return text;
};

/** Calls each SYSTEM$ function of a statement once, and puts its answer in its place. */
export const evaluateSystemFunctions = async (context: CommandContext, tree: TreeNode): Promise<TreeNode> => {
  const calls = new Map<string, Call>();
  mapTree(tree, (node) => {
    const call = callOf(node);
    if (call !== null) calls.set(JSON.stringify(call), call);
    return node;
  });
  if (calls.size === 0) return tree;
  const answers = new Map<string, Answer>();
  for (const [key, { name, args }] of calls) answers.set(key, (await functions[name]?.(context, args)) ?? '');
  const answered = mapTree(tree, (node) => {
    const call = callOf(node);
    if (call === null) return node;
    const answer = answers.get(JSON.stringify(call)) ?? '';
    return typeof answer === 'boolean' ? { boolean: { value: answer } } : stringNode(answer);
  });
  return answered as TreeNode;
};
