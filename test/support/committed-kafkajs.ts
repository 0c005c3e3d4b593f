import { createRequire } from 'node:module';

interface FetchedMessage {
  readonly offset: string;
  readonly key: Buffer | null;
  isControlRecord: boolean;
  readonly batchContext: { readonly producerId?: string; readonly inTransaction?: boolean };
}
interface FetchedPartition {
  readonly messages: readonly FetchedMessage[];
  abortedTransactions?: readonly { readonly producerId: string; readonly firstOffset: string }[];
}
interface FetchAnswer {
  readonly responses: readonly { readonly partitions: readonly FetchedPartition[] }[];
}

const isAbortMarker = ({ isControlRecord, key }: FetchedMessage): boolean =>
  isControlRecord && key !== null && key.readInt16BE(2) === 0;

/** The Java client's rule (KIP-98). What was aborted passes for control records: those have offsets, and nobody gets to see them. */
export const hideAborted = (partition: FetchedPartition): void => {
  const waiting = (partition.abortedTransactions ?? [])
    .map(({ producerId, firstOffset }) => ({ producerId, firstOffset: BigInt(firstOffset) }))
    .sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
  partition.abortedTransactions = [];
  const aborting = new Set<string>();
  for (const message of partition.messages) {
    while (waiting[0] !== undefined && waiting[0].firstOffset <= BigInt(message.offset))
      aborting.add(waiting.shift()?.producerId ?? '');
    const { producerId = '', inTransaction = false } = message.batchContext;
    if (isAbortMarker(message)) aborting.delete(producerId);
    else if (inTransaction && aborting.has(producerId)) message.isControlRecord = true;
  }
};

/**
 * Stock kafkajs 2.2.4 takes the list of aborted transactions to be in the order of their first offsets; brokers list them in the order in which
 * they ended. Where transactions overlap it then shows records of aborted ones.
 */
const { prototype }: { prototype: { fetch(this: object, request: object): Promise<FetchAnswer> } } = createRequire(
  import.meta.url,
)('kafkajs/src/broker');
const stock = prototype.fetch;
let goesByJavasRule = true;

/** What the stock kafkajs makes of it, for tests that show just that. */
export const withStockRule = async <T>(work: () => Promise<T>): Promise<T> => {
  goesByJavasRule = false;
  try {
    return await work();
  } finally {
    goesByJavasRule = true;
  }
};

prototype.fetch = async function (request) {
  const answer = await stock.call(this, request);
  if (!goesByJavasRule) return answer;
  for (const { partitions } of answer.responses) for (const partition of partitions) hideAborted(partition);
  return answer;
};
