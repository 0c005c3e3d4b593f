import { FetchedPartition } from '../fetched-partition.ts';
import type { Override } from './override.ts';

interface Decoder {
  readInt32(): number;
  readBytes(length: number): Buffer;
}
const nothing = Buffer.alloc(0);

/**
 * K5, K10, K13, K14: record batches stay bytes. Every Fetch version from 4 to 11 takes its records from `decodeMessages`, and
 * the runner asks its `Batch` class for the rest; both are ours now. Gone with the stock ones: the read_committed filter that
 * leaks, the spread that dies of 125,000 records in a batch, the crawl over compacted ranges, an object per record.
 */
export const handOverRawBatches: Override = {
  name: 'hand-over-raw-batches',
  patches: [
    { path: 'protocol/requests/fetch/v4/decodeMessages', sha256: 'd9fede59bebf84ee' },
    { path: 'consumer/batch', sha256: '04ee865724744159' },
    { path: 'consumer/filterAbortedMessages', sha256: '54ce50f2a41ee168' },
  ],
  install(modules) {
    modules.replace('protocol/requests/fetch/v4/decodeMessages', (decoder: Decoder) => {
      const size = decoder.readInt32();
      return size > 0 ? decoder.readBytes(size) : nothing;
    });
    modules.replace('consumer/batch', FetchedPartition);
  },
};
