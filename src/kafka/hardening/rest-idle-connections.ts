import type { Override } from './override.ts';

interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
}
interface RequestQueuePrototype {
  scheduleCheckPendingRequests(this: RequestQueue): void;
}

/**
 * K12: kafkajs 2.2.4 re-arms a 1 ms timer per connection for ever, with a negative delay that Node 24 warns of. No timer while
 * nothing waits.
 */
export const restIdleConnections: Override = {
  name: 'rest-idle-connections',
  patches: [{ path: 'network/requestQueue/index', method: 'scheduleCheckPendingRequests', sha256: '04347ea969c6f2e3' }],
  install(modules) {
    const { prototype } = modules.load<{ prototype: RequestQueuePrototype }>('network/requestQueue/index');
    const stock = prototype.scheduleCheckPendingRequests;
    prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
      if (this.pending.length > 0 || this.throttledUntil > Date.now()) stock.call(this);
    };
  },
};
