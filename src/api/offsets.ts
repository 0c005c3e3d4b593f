declare const offsetKind: unique symbol;

/** The offset to read next: what Kafka commits, what a consumer seeks to. */
export type NextOffset = bigint & { readonly [offsetKind]: 'next' };

/** The offset of the last record that something holds: what a Snowflake offset token carries. */
export type LastOffset = bigint & { readonly [offsetKind]: 'last' };

export const asNextOffset = (offset: bigint): NextOffset => offset as NextOffset;
export const asLastOffset = (offset: bigint): LastOffset => offset as LastOffset;

/** The one place where a last offset becomes a next one. */
export const nextAfter = (last: LastOffset): NextOffset => (last + 1n) as NextOffset;
