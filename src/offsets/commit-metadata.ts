import { asLastOffset, type LastOffset } from '../api/index.ts';

/**
 * What is written beside each Kafka commit (broker limit offset.metadata.max.bytes, 4,096 by default), so that the next owner can
 * tell "filtered" from "lost" without a store of our own: the channel's token at that moment, the topic's id and the
 * channel's incarnation.
 */
export interface CommitMetadata {
  readonly token: LastOffset | null;
  readonly topicId: string | null;
  readonly incarnation: string;
}

export const encodeCommitMetadata = ({ token, topicId, incarnation }: CommitMetadata): string =>
  JSON.stringify({ snowsink: 1, token: token === null ? null : String(token), topicId, incarnation });

/** Null for what somebody else wrote: Java's Connect (''), an operator's tool, a later version of ours. */
export const decodeCommitMetadata = (text: string | null): CommitMetadata | null => {
  if (text === null || !text.startsWith('{"snowsink":1,')) return null;
  try {
    const { token, topicId, incarnation } = JSON.parse(text) as Record<string, unknown>;
    if (token !== null && (typeof token !== 'string' || !/^\d+$/.test(token))) return null;
    return {
      token: token === null ? null : asLastOffset(BigInt(token)),
      topicId: typeof topicId === 'string' ? topicId : null,
      incarnation: typeof incarnation === 'string' ? incarnation : '',
    };
  } catch {
    return null;
  }
};
