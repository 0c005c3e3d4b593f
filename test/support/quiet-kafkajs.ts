import { createRequire } from 'node:module';

interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
}

/**
 * The stock kafkajs 2.2.4 of tests and the demo: `throttledUntil` is -1 when nothing is throttled, so each idle connection
 * re-arms a timer of minus the current time, which Node runs every millisecond and warns of. No timer while nothing waits.
 * (The worker's own copy has the same cure, src/kafka/hardening/rest-idle-connections.ts.)
 */
const { prototype }: { prototype: { scheduleCheckPendingRequests(this: RequestQueue): void } } = createRequire(
  import.meta.url,
)('kafkajs/src/network/requestQueue');
const stock = prototype.scheduleCheckPendingRequests;
prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
  if (this.pending.length > 0 || this.throttledUntil > Date.now()) stock.call(this);
};
